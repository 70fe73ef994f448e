package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sourceHandlings let the answer read from something.
func sourceHandlings(t *testing.T) (all []handling) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("file "), 4000), 0o600); err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			c.Write(bytes.Repeat([]byte("splice"), 3000))
			c.Close()
		}
	}()
	sources := []struct {
		name string
		size int
		open func() (io.Reader, error)
	}{
		{"nothing", 0, func() (io.Reader, error) { return strings.NewReader(""), nil }},
		{"few bytes", 5, func() (io.Reader, error) { return io.LimitReader(strings.NewReader("bytes"), 9), nil }},
		{"many bytes", 20_000, func() (io.Reader, error) {
			return struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 20_000))}, nil
		}},
		{"a part", 700, func() (io.Reader, error) {
			return io.LimitReader(strings.NewReader(strings.Repeat("x", 20_000)), 700), nil
		}},
		{"a file", 20_000, func() (io.Reader, error) { return os.Open(file) }},
		{"a connection", 18_000, func() (io.Reader, error) { return net.Dial("tcp", tcp.Addr().String()) }},
		{"what fails", 700, func() (io.Reader, error) {
			return io.MultiReader(strings.NewReader(strings.Repeat("x", 600)), badReader{}), nil
		}},
		{"what fails at once", 0, func() (io.Reader, error) { return badReader{}, nil }},
	}
	for _, s := range sources {
		for _, told := range []string{"", "type", "length", "type and length", "type and a longer length", "204"} {
			for _, before := range []int{0, 3} {
				all = append(all, handling{fmt.Sprintf("read from %s, told %q, after %d bytes", s.name, told, before), func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(told, "type") {
						w.Header().Set("Content-Type", "text/x")
					}
					if strings.Contains(told, "longer") {
						w.Header().Set("Content-Length", fmt.Sprint(s.size+before+2))
					} else if strings.Contains(told, "length") {
						w.Header().Set("Content-Length", fmt.Sprint(s.size+before))
					}
					if told == "204" {
						w.WriteHeader(204)
					}
					src, err := s.open()
					if err != nil {
						note(r, "open: %v", err)
						return
					}
					if c, ok := src.(io.Closer); ok {
						defer c.Close()
					}
					if before > 0 {
						write(w, r, before)
					}
					n, err := w.(io.ReaderFrom).ReadFrom(src)
					note(r, "read %d, error %s", n, kindOf(err))
					if strings.Contains(told, "longer") {
						write(w, r, 2)
					}
				}})
			}
		}
	}
	return all
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, errors.New("cannot be read") }

func deadlineHandlings() []handling {
	deadline := func(w http.ResponseWriter, r *http.Request, at time.Time) {
		note(r, "deadline %v", http.NewResponseController(w).SetWriteDeadline(at))
	}
	return []handling{
		{"a write deadline ahead", func(w http.ResponseWriter, r *http.Request) {
			deadline(w, r, time.Now().Add(time.Minute))
			write(w, r, 5)
		}},
		{"a write deadline that is over", func(w http.ResponseWriter, r *http.Request) {
			deadline(w, r, time.Now().Add(-time.Minute))
			write(w, r, 5)
			note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
			note(r, "context %v", r.Context().Err())
		}},
		{"a write deadline that is over and none again", func(w http.ResponseWriter, r *http.Request) {
			deadline(w, r, time.Now().Add(-time.Minute))
			write(w, r, 5)
			deadline(w, r, time.Time{})
			note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
		}},
		{"a write deadline that is over after the last byte", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
			deadline(w, r, time.Now().Add(-time.Minute))
		}},
		{"full duplex", func(w http.ResponseWriter, r *http.Request) {
			note(r, "duplex %v", http.NewResponseController(w).EnableFullDuplex())
			write(w, r, 5)
			io.Copy(w, r.Body)
		}},
	}
}

// bodyHandlings do something with the body of the request.
func bodyHandlings() []handling {
	return []handling{
		{"an echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }},
		{"an echo after the body was closed", func(w http.ResponseWriter, r *http.Request) {
			note(r, "close %v", r.Body.Close())
			n, err := r.Body.Read(make([]byte, 10))
			if r.Method == "POST" {
				note(r, "read %d, %v", n, err)
			}
			write(w, r, 5)
		}},
		{"a body within its limit", func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(w, http.MaxBytesReader(w, r.Body, 6))
			note(r, "read %v", err)
		}},
	}
}

func libraryHandlings(t *testing.T) []handling {
	file := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(file, bytes.Repeat([]byte("0123456789"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Behind", r.Method)
		w.Header().Set("Trailer", "X-After")
		w.WriteHeader(103)
		w.Write(bytes.Repeat([]byte("b"), 3000))
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
		w.Header().Set("X-After", "1")
	}))
	t.Cleanup(behind.Close)
	to, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}
	nobody := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}) },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			note(r, "proxy %s", kindOf(err))
			w.WriteHeader(502)
		},
	}
	ranges := func(value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Range", value)
			w.Header().Set("Last-Modified", "x")
			http.ServeFile(w, r, file)
		}
	}
	return []handling{
		{"Error", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			http.Error(w, "no", http.StatusForbidden)
		}},
		{"Redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there?a=b", http.StatusSeeOther) }},
		{"Redirect to a hostile place", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/there\r\nX-Injected: 1", http.StatusFound)
		}},
		{"NotFound", http.NotFound},
		{"SetCookie", func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.SetCookie(w, &http.Cookie{Name: "c", Value: "d", HttpOnly: true})
			w.WriteHeader(204)
		}},
		{"ServeFile", ranges("")},
		{"ServeFile, a range", ranges("bytes=10-19")},
		{"ServeFile, the end", ranges("bytes=-3000")},
		{"ServeFile, no such range", ranges("bytes=20000-")},
		{"ServeFile, not modified", func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("If-None-Match", "*")
			w.Header().Set("Etag", `"x"`)
			http.ServeFile(w, r, file)
		}},
		{"TimeoutHandler in time", http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-A", "1")
			w.Write(make([]byte, 3000))
		}), time.Minute, "late").ServeHTTP},
		{"TimeoutHandler too late", http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), time.Millisecond, "late").ServeHTTP},
		{"ReverseProxy", proxy.ServeHTTP},
		{"ReverseProxy to nobody", nobody.ServeHTTP},
		{"ServeMux", func(w http.ResponseWriter, r *http.Request) {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /some", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Pattern) })
			mux.ServeHTTP(w, r)
		}},
	}
}
