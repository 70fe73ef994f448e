package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A handling is a handler with a name.
type handling struct {
	name  string
	serve http.HandlerFunc
}

// said has a handler note what a write returned.
func said(r *http.Request, n int, err error) { note(r, "wrote %d, error %s", n, kindOf(err)) }

func write(w http.ResponseWriter, r *http.Request, size int) {
	n, err := w.Write(bytes.Repeat([]byte("a"), size))
	said(r, n, err)
}

// set is a handler that sets a field and writes a line.
func set(name string, values ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()[name] = values
		write(w, r, 5)
	}
}

func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	all := [][]handling{
		plainHandlings(), sizedHandlings(), lengthHandlings(), codedHandlings(), connectionHandlings(),
		flushHandlings(), fieldHandlings(), lateHandlings(), trailerHandlings(), panicHandlings(),
		sourceHandlings(t), deadlineHandlings(), bodyHandlings(), libraryHandlings(t),
	}
	for _, group := range all {
		for _, h := range group {
			t.Run(h.name, func(t *testing.T) {
				t.Parallel()
				ours, stock := serveBoth(t, withGoodbye(h.serve))
				for _, method := range []string{"GET", "HEAD", "POST"} {
					ask := request(method, "/some?where", "a body")
					last := request(method, "/some?where", "a body", "Connection: close")
					kept := request(method, "/some?where", "a body", "Connection: keep-alive")
					sameAnswers(t, ours, stock, []string{method}, false, ask)
					sameAnswers(t, ours, stock, []string{method}, true, last)
					sameAnswers(t, ours, stock, []string{method, method, method}, true, ask, kept, ask)
				}
			})
		}
	}
}

func plainHandlings() []handling {
	return []handling{
		{"nothing", func(http.ResponseWriter, *http.Request) {}},
		{"nothing, but the header was looked at", func(w http.ResponseWriter, r *http.Request) { w.Header() }},
		{"a small body", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5) }},
		{"nothing written, twice", func(w http.ResponseWriter, r *http.Request) { write(w, r, 0); write(w, r, 0) }},
		{"two writes", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); write(w, r, 6) }},
		{"a string", func(w http.ResponseWriter, r *http.Request) { n, err := io.WriteString(w, "<html>"); said(r, n, err) }},
		{"many small writes", func(w http.ResponseWriter, r *http.Request) {
			for range 1000 {
				write(w, r, 7)
			}
		}},
		{"103 before the answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(103)
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(103)
			w.Header().Del("Link")
			write(w, r, 5)
		}},
		{"100 and 102 before the answer", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(100)
			w.WriteHeader(102)
			w.WriteHeader(404)
			w.WriteHeader(103)
			write(w, r, 5)
		}},
		{"a status of our own", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(999); write(w, r, 5) }},
		{"101 and nothing else", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Upgrade", "x")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(101)
			write(w, r, 5)
		}},
	}
}

// sizedHandlings write bodies of sizes at which something changes.
func sizedHandlings() (all []handling) {
	for _, size := range []int{1, 511, 512, 513, 2047, 2048, 2049, 4095, 4096, 8190, 8191, 8192, 8193, 100_000} {
		for _, told := range []string{"", "length", "type", "length and type"} {
			all = append(all, handling{fmt.Sprintf("%d bytes, told %q", size, told), func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(told, "length") {
					w.Header().Set("Content-Length", fmt.Sprint(size))
				}
				if strings.Contains(told, "type") {
					w.Header().Set("Content-Type", "text/x")
				}
				write(w, r, size)
			}}, handling{fmt.Sprintf("%d bytes in two, told %q", size+1, told), func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(told, "length") {
					w.Header().Set("Content-Length", fmt.Sprint(size+1))
				}
				if strings.Contains(told, "type") {
					w.Header().Set("Content-Type", "text/x")
				}
				n, err := io.WriteString(w, strings.Repeat("s", size))
				said(r, n, err)
				write(w, r, 1)
			}})
		}
	}
	return all
}

func lengthHandlings() (all []handling) {
	for _, value := range []string{"", "-1", "abc", "5x", " 5", "5 ", "99999999999999999999", "0x5", "5,5", "5, 5"} {
		all = append(all, handling{fmt.Sprintf("Content-Length %q", value), func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "HEAD" { // see TestAnswerHasOneLength
				write(w, r, 5)
				return
			}
			w.Header().Set("Content-Length", value)
			write(w, r, 5)
		}}, handling{fmt.Sprintf("Content-Length %q and 304", value), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", value)
			w.WriteHeader(304)
		}})
	}
	for _, length := range []int{0, 3, 5, 7, 3000, 5000} {
		for _, size := range []int{0, 3, 5, 2047, 3000, 9000} {
			all = append(all, handling{fmt.Sprintf("%d bytes declared, %d written", length, size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(length))
				write(w, r, size)
				write(w, r, 1)
				write(w, r, 1)
			}}, handling{fmt.Sprintf("%d typed bytes declared, %d written", length, size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/x")
				w.Header().Set("Content-Length", fmt.Sprint(length))
				write(w, r, size)
				w.(http.Flusher).Flush()
				write(w, r, 2)
			}})
		}
	}
	return append(all,
		handling{"Content-Length nil", set("Content-Length")},
		handling{"content-length in small letters", set("content-type", "text/x")},
		handling{"204 with a length and a body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Content-Type", "text/x")
			w.WriteHeader(204)
			write(w, r, 5)
		}},
		handling{"304 with a length, a type and a body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Content-Type", "text/x")
			w.Header().Set("Etag", `"x"`)
			w.WriteHeader(304)
			write(w, r, 5)
		}},
	)
}

func codedHandlings() (all []handling) {
	for _, coding := range []string{"chunked", "identity", "gzip", "gzip, chunked", "", "Chunked"} {
		for _, length := range []string{"", "5", "abc"} {
			for _, size := range []int{0, 5, 5000} {
				all = append(all, handling{fmt.Sprintf("Transfer-Encoding %q with length %q, %d bytes", coding, length, size), func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Transfer-Encoding", coding)
					if length != "" && r.Method != "HEAD" && (coding != "identity" || length != "abc") {
						w.Header().Set("Content-Length", length)
					}
					write(w, r, size)
					w.(http.Flusher).Flush()
				}})
			}
		}
		all = append(all, handling{fmt.Sprintf("Transfer-Encoding %q of 204", coding), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Transfer-Encoding", coding)
			w.WriteHeader(204)
		}}, handling{fmt.Sprintf("Transfer-Encoding %q, keep-alive", coding), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Transfer-Encoding", coding)
			w.Header().Set("Connection", "keep-alive")
			write(w, r, 5)
		}}, handling{fmt.Sprintf("Transfer-Encoding %q taken back late", coding), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Transfer-Encoding", coding)
			write(w, r, 5)
			w.Header().Del("Transfer-Encoding")
		}})
	}
	return append(all,
		handling{"Transfer-Encoding nil", set("Transfer-Encoding")},
		handling{"Transfer-Encoding twice", set("Transfer-Encoding", "gzip", "chunked")},
		handling{"Transfer-Encoding set late", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			w.Header().Set("Transfer-Encoding", "chunked")
		}},
	)
}

func connectionHandlings() []handling {
	return []handling{
		{"Connection close", set("Connection", "close")},
		{"Connection Close", set("Connection", "Close")},
		{"Connection keep-alive", set("Connection", "keep-alive")},
		{"Connection close in a list", set("Connection", "foo, close")},
		{"Connection close first in a list", set("Connection", "close, foo")},
		{"Connection close second", set("Connection", "keep-alive", "close")},
		{"Connection close twice", set("Connection", "close", "close")},
		{"Connection nil", set("Connection")},
		{"Connection empty", set("Connection", "")},
		{"Connection disclosed", set("Connection", "disclosed")},
		{"Connection close, long body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			write(w, r, 10_000)
		}},
		{"Connection close set late", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			w.Header().Set("Connection", "close")
		}},
		{"Connection close and 204", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(204)
		}},
	}
}

// Each status has its own rules for the body, and there may be any.
func TestAnswerOfEachStatus(t *testing.T) {
	ours, stock := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscan(r.URL.RawQuery, &status)
		w.WriteHeader(status)
		if r.URL.Path == "/body" {
			write(w, r, 5)
		}
	})))
	for _, method := range []string{"GET", "HEAD", "POST"} {
		for _, path := range []string{"/", "/body"} {
			var methods, requests []string
			for status := 200; status < 600; status++ {
				methods = append(methods, method)
				requests = append(requests, request(method, fmt.Sprint(path, "?", status), "x"))
			}
			sameAnswers(t, ours, stock, methods, false, requests...)
		}
	}
}

// What a multipart form laid down on disk goes when the request ends.
func TestAnswerTakesFilesOfFormsAway(t *testing.T) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "name")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, strings.Repeat("x", 1000))
	form.Close()
	paths := make(chan string, 1)
	ours, stock := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(0); err != nil {
			t.Error(err)
			return
		}
		f, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		paths <- f.(*os.File).Name()
	})))
	ask := request("POST", "/", body.String(), "Content-Type: "+form.FormDataContentType())
	for _, server := range []*running{stock, ours} {
		server.ask(t, ask+goodbye)
		path := <-paths
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file of the form is still there: %v", server.name, err)
			os.Remove(path)
		}
	}
}
