package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// short is a timeout that a test waits for.
const short = 100 * time.Millisecond

// one is a plain request.
const one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func hello(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }

// untilClosed reads all that comes. The server has to close, and not the test.
func untilClosed(t *testing.T, r *running, c net.Conn) string {
	t.Helper()
	got, err := io.ReadAll(c)
	if err != nil && !isReset(err) {
		t.Fatalf("%s: not closed: %v", r.name, err)
	}
	return string(got)
}

// Those who say little, or nothing, are not waited for longer than is allowed.
func TestS112_SlowClientsAreLeft(t *testing.T) {
	forHeads := func(s *http.Server) { s.ReadHeaderTimeout = short }
	forAll := func(s *http.Server) { s.ReadTimeout = short }
	forIdle := func(s *http.Server) { s.IdleTimeout = short }
	longer := func(s *http.Server) { s.ReadTimeout = time.Hour }
	slow := strings.TrimSuffix(one, "\r\n") + "A: " + strings.Repeat("b", 3000)
	for _, c := range []struct {
		name    string
		set     []func(*http.Server)
		at      string // once, then
		drip    string // byte by byte
		answers int
	}{
		{"a silent one, heads", []func(*http.Server){forHeads}, "", "", 0},
		{"a silent one, reads", []func(*http.Server){forAll}, "", "", 0},
		{"one byte", []func(*http.Server){forHeads}, "G", "", 0},
		{"half a head", []func(*http.Server){forHeads, longer}, one[:20], "", 0},
		{"a slow head", []func(*http.Server){forHeads, longer}, "", slow, 0},
		{"a slow head, reads", []func(*http.Server){forAll}, "", slow, 0},
		{"idle", []func(*http.Server){forIdle}, one, "", 1},
		{"idle, reads", []func(*http.Server){forAll}, one, "", 1},
		{"idle after two", []func(*http.Server){forIdle, longer}, one + one, "", 2},
		{"idle with three bytes", []func(*http.Server){forIdle}, one + "GET", "", 1},
		{"a slow second head", []func(*http.Server){forHeads}, one, slow, 1},
		{"half a second head", []func(*http.Server){forHeads}, one + one[:9], "", 1},
		{"half a head after another with a body", []func(*http.Server){forHeads}, crlf("POST / HTTP/1.1\nHost: x\nContent-Length: 2\n\nab\n\n") + one[:9], "", 1},
		{"a slow odd head", []func(*http.Server){forHeads}, "", strings.Replace(slow, "GET /", "LIST /", 1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ours, stock := serveBoth(t, http.HandlerFunc(hello), c.set...)
			for _, r := range []*running{ours, stock} {
				conn := r.dial(t)
				io.WriteString(conn, c.at)
				sent := make(chan int)
				go func() {
					n := 0
					for ; n < len(c.drip); n++ {
						if _, err := conn.Write([]byte(c.drip[n : n+1])); err != nil {
							break
						}
						time.Sleep(2 * time.Millisecond)
					}
					sent <- n
				}()
				if got := strings.Count(untilClosed(t, r, conn), "HTTP/1.1 200 OK\r\n"); got != c.answers {
					t.Errorf("%s: %d answers, want %d", r.name, got, c.answers)
				}
				if n := <-sent; c.drip != "" && n == len(c.drip) {
					t.Errorf("%s: took all %d bytes", r.name, n)
				}
			}
		})
	}
}

// A body that stops is not waited for longer than ReadTimeout.
func TestS112_SlowBodiesAreLeft(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		note(r, "%q %v", b, errors.Is(err, os.ErrDeadlineExceeded))
	}), func(s *http.Server) { s.ReadTimeout = 3 * short })
	for _, r := range []*running{ours, stock} {
		conn := r.dial(t)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
		untilClosed(t, r, conn)
		if got := r.said.take(); got != "\"hello\" true\n" {
			t.Errorf("%s: the handler read %s", r.name, got)
		}
	}
}

// A client that does not read is not written to longer than WriteTimeout.
func TestS112_SlowReadersAreLeft(t *testing.T) {
	over := make(chan string, 2)
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		for piece := make([]byte, 64<<10); err == nil; {
			_, err = w.Write(piece)
		}
		_, again := w.Write([]byte("again"))
		<-r.Context().Done()
		over <- fmt.Sprintf("%v %v %v", errors.Is(err, os.ErrDeadlineExceeded), again != nil, r.Context().Err())
	}), func(s *http.Server) { s.WriteTimeout = short })
	for _, r := range []*running{ours, stock} {
		conn := r.dial(t)
		io.WriteString(conn, one)
		select {
		case got := <-over:
			if got != "true true context canceled" {
				t.Errorf("%s: %s", r.name, got)
			}
		case <-time.After(patience):
			t.Fatalf("%s: the handler goes on", r.name)
		}
		untilClosed(t, r, conn)
	}
}

// The time for the answer does not run while the request comes.
func TestWriteTimeoutBeginsAfterTheHead(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(hello), func(s *http.Server) { s.WriteTimeout = short })
	for _, r := range []*running{ours, stock} {
		for _, first := range []string{"", one} {
			got := r.say(t, 2*short, first+one[:9], one[9:]+one+goodbye)
			if n, want := strings.Count(got, "hello"), 3+strings.Count(first, "GET"); n != want {
				t.Errorf("%s: %d answers, want %d", r.name, n, want)
			}
		}
	}
}

// Timeouts of one request are over with it.
func TestTimeoutsDoNotRunOn(t *testing.T) {
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/long" {
			time.Sleep(3 * short / 2) // works longer than a request may take to be read
		}
		if r.URL.Path == "/deadline" {
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(short / 2))
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(short / 2))
		}
		hello(w, r)
	}), func(s *http.Server) { s.ReadTimeout, s.IdleTimeout = short, time.Hour })
	body := "POST /long HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
	got := ours.say(t, short+short/2, strings.Replace(one, "/", "/long", 1)+body, "ab"+one) // the body is late
	if n := strings.Count(got, "hello"); n != 2 && n != 3 {
		t.Errorf("%d answers: %q", n, got)
	}
	for _, path := range []string{"/long", "/deadline", "/"} {
		got := ours.say(t, short, strings.Replace(one, "/", path, 1), one, one)
		if n := strings.Count(got, "hello"); n != 3 {
			t.Errorf("after %s: %d answers: %q", path, n, got)
		}
		got = ours.say(t, short, strings.Replace(one, "/", path, 1), strings.Replace(one, "GET", "LIST", 1))
		if n := strings.Count(got, "hello"); n != 2 {
			t.Errorf("after %s, an odd one: %d answers: %q", path, n, got)
		}
	}
}

// Zero timeouts are none.
func TestNoTimeoutIsNone(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(hello), func(s *http.Server) {
		s.ReadHeaderTimeout, s.IdleTimeout, s.WriteTimeout = -1, -1, -1
	})
	zero, _ := serveBoth(t, http.HandlerFunc(hello))
	for _, r := range []*running{ours, stock, zero} {
		got := r.say(t, short, one[:9], one[9:]+"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n", "ab", one, goodbye)
		if n := bytes.Count([]byte(got), []byte("hello")); n != 4 {
			t.Errorf("%s: %d answers: %q", r.name, n, got)
		}
	}
}
