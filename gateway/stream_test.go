package gateway

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// An event arrives while the stream is open, however it is framed, and also when the server
// would have closed a slow answer long ago.
func TestStreamEventsArriveAtOnce(t *testing.T) {
	goroutinesReturn(t)
	for _, test := range []struct {
		name, head string
		event      func(string) string
	}{
		{"chunked", "Transfer-Encoding: chunked", func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }},
		{"until close", "Content-Type: text/event-stream", func(s string) string { return s }},
		{"with a length", "Content-Type: Text/Event-Stream; charset=utf-8\r\nContent-Length: 1000", func(s string) string { return s }},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := make(chan int)
			up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
				io.WriteString(c, "HTTP/1.1 200 OK\r\n"+test.head+"\r\n\r\n")
				for i := range next {
					io.WriteString(c, test.event(fmt.Sprintf("data: %d\n\n", i)))
				}
				return false
			})
			f := newFront(t, up.url(), upstreamOptions{HeaderTimeout: 100 * time.Millisecond}, nil)
			impatient := startServer(t, &http.Server{Handler: f, WriteTimeout: 100 * time.Millisecond})
			defer close(next)
			resp, err := testClient.Get(impatient)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			lines := bufio.NewReader(resp.Body)
			for i := range 3 {
				if i == 2 {
					time.Sleep(200 * time.Millisecond) // beyond both timeouts
				}
				next <- i
				if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
					t.Fatalf("event %d: %q, %v", i, line, err)
				}
				lines.ReadString('\n')
			}
		})
	}
}

func TestCarryPassesHintsOn(t *testing.T) {
	up := newRawUpstream(t, says("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\nSet-Cookie: session=stolen\r\nX-A: b\r\n\r\n"+
		"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n"+okAnswer))
	f := newFront(t, up.url(), upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
		out.Edit = func(_ int, h http.Header, _ func() context.CancelCauseFunc) { h.Set("X-Edit", "1") }
		return r
	})
	var hints []string
	r, _ := http.NewRequest("GET", f.URL, nil)
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			hints = append(hints, fmt.Sprint(code, len(h), h["Link"]))
			return nil
		},
	}))
	resp, err := testClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if want := "[103 1 [</a.css>; rel=preload </b.js>]]"; fmt.Sprint(hints) != want {
		t.Errorf("%v, want %s", hints, want)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Link") != "" || resp.Header.Get("X-Edit") != "1" {
		t.Errorf("%v", resp)
	}
}

func TestCarryPassesTrailersOn(t *testing.T) {
	for _, test := range []struct{ name, answer, want string }{
		{"announced", "Trailer: grpc-status, X-Sum\r\n|5\r\nhello\r\n0\r\ngrpc-status: 0\r\nX-Sum: a\r\nX-Sum: b\r\n\r\n", "map[Grpc-Status:[0] X-Sum:[a b]]"},
		{"not announced", "|5\r\nhello\r\n0\r\nX-Sum: a\r\n\r\n", "map[X-Sum:[a]]"},
		{"announced and not sent", "Trailer: X-Sum\r\n|5\r\nhello\r\n0\r\n\r\n", "map[X-Sum:[]]"},
		{"harmful ones", "Trailer: Set-Cookie, Content-Length, X-Sum\r\n|5\r\nhello\r\n0\r\nSet-Cookie: a=b\r\nContent-Type: text/html\r\n" +
			"Transfer-Encoding: chunked\r\nConnection: close\r\nX-Sum: a\r\n\r\n", "map[X-Sum:[a]]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			head, body, _ := strings.Cut(test.answer, "|")
			up := newRawUpstream(t, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"+head+"\r\n"+body))
			f := newFront(t, up.url(), upstreamOptions{}, nil)
			resp, got, err := get(t, f.URL)
			if err != nil || got != "hello" || fmt.Sprint(resp.Trailer) != test.want || resp.Header.Get("Set-Cookie") != "" {
				t.Errorf("%q, %v, %v", got, resp.Trailer, err)
			}
		})
	}
}

func TestChunksReadsAnyPieces(t *testing.T) {
	const body = "4\r\nWiki\r\n6;a=b\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nX-A: b\r\n\r\nrest"
	for name, cut := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
		"the error with the data": iotest.DataErrReader,
	} {
		br := bufio.NewReaderSize(cut(strings.NewReader(body)), 64)
		c := chunks{br: br}
		got, err := io.ReadAll(cut(&c))
		if string(got) != "Wikipedia in \r\n\r\nchunks." || err != nil || len(c.trailers) != 1 {
			t.Errorf("%s: %q, %v, %v", name, got, err, c.trailers)
		}
		if rest, _ := io.ReadAll(br); string(rest) != "rest" {
			t.Errorf("%s: %q is left", name, rest)
		}
	}
}

// A body of known length goes to any ResponseWriter, also one that cannot take it from a
// socket.
func TestCarryToPlainWriters(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789"), 50000)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(large)))
		w.Write(large)
	}))
	defer up.Close()
	f := newFront(t, up.URL, upstreamOptions{}, nil)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), large) {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	second := httptest.NewUnstartedServer(f)
	second.EnableHTTP2 = true
	second.StartTLS()
	defer second.Close()
	for _, method := range []string{"GET", "POST"} {
		r, _ := http.NewRequest(method, second.URL, strings.NewReader(repeat("x", 100000)))
		resp, err := second.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.ProtoMajor != 2 || !bytes.Equal(got, large) {
			t.Errorf("%s: %v, %v, %d bytes", method, resp, err, len(got))
		}
	}
}
