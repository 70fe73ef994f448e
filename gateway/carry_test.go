package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCarryPassesRequestAndAnswer(t *testing.T) {
	goroutinesReturn(t)
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		body, _ := io.ReadAll(r.Body)
		text := fmt.Sprintf("%s %s %s %q %v %d", r.Method, r.RequestURI, r.Host, body, r.Header["X-One"], r.ContentLength)
		fmt.Fprintf(c, "HTTP/1.1 201 Created\r\nX-Up: a\r\nX-Up: b\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		return true
	})
	f := newFront(t, up.url()+"/base/", upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
		out.Target = "/x%20y/a;b?q=%41&z"
		out.Header.Set("X-One", "1")
		out.Edit = func(status int, h http.Header, _ func() context.CancelCauseFunc) {
			h.Set("X-Edit", fmt.Sprint(status, h["X-Up"]))
			h.Del("X-Up")
		}
		return r
	})
	for _, test := range []struct{ method, body, want string }{
		{"GET", "", `GET /base/x%20y/a;b?q=%41&z HOST "" [1] 0`},
		{"POST", "", `POST /base/x%20y/a;b?q=%41&z HOST "" [1] 0`},
		{"POST", "hello", `POST /base/x%20y/a;b?q=%41&z HOST "hello" [1] 5`},
		{"DELETE", "x", `DELETE /base/x%20y/a;b?q=%41&z HOST "x" [1] 1`},
	} {
		t.Run(test.method+" "+test.body, func(t *testing.T) {
			resp, body, err := do(t, test.method, f.URL, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(test.want, "HOST", up.listener.Addr().String(), 1)
			if resp.StatusCode != 201 || body != want {
				t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
			}
			if got := resp.Header.Get("X-Edit"); got != "201 [a b]" || resp.Header.Get("X-Up") != "" {
				t.Errorf("Edit: %q and %q", got, resp.Header.Get("X-Up"))
			}
		})
	}
	if up.accepted() != 1 {
		t.Errorf("%d connections for four requests one after another", up.accepted())
	}
}

// Every answer here has more than one meaning, or none.
func TestCarryRefusesMalformedAnswers(t *testing.T) {
	for _, test := range []struct{ name, answer string }{
		{"length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
		{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
		{"a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello"},
		{"a signed length", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"},
		{"an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello"},
		{"a length beyond all numbers", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello"},
		{"a hexadecimal length", "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello"},
		{"chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a list of codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
		{"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a folded line", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
		{"a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"},
		{"a blank before the first name", "HTTP/1.1 200 OK\r\n X-A: b\r\n\r\n"},
		{"a line without a colon", "HTTP/1.1 200 OK\r\nX-A\r\n\r\n"},
		{"an empty name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"},
		{"a control byte in a value", "HTTP/1.1 200 OK\r\nX-A: b\x00c\r\n\r\n"},
		{"a lone line feed", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"},
		{"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"},
		{"an end of line feeds alone", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\n"},
		{"line feeds alone in a long head", "HTTP/1.1 200 OK\r\nX-A: " + repeat("a", 2*readBuffer) + "\nContent-Length: 2\n\nok"},
		{"a lone carriage return", "HTTP/1.1 200 OK\r\nX-A: b\rX-B: c\r\n\r\n"},
		{"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
		{"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
		{"a status of zeros", "HTTP/1.1 000 OK\r\n\r\n"},
		{"a signed status", "HTTP/1.1 +20 OK\r\n\r\n"},
		{"two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n"},
		{"another version", "HTTP/1.2 200 OK\r\n\r\n"},
		{"the second version", "HTTP/2.0 200 OK\r\n\r\n"},
		{"a lower-case protocol", "http/1.1 200 OK\r\n\r\n"},
		{"another protocol", "220 mail.example ESMTP\r\n"},
		{"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
		{"a switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"a huge line", "HTTP/1.1 200 OK\r\nX-A: " + repeat("a", maxHeadBytes) + "\r\n\r\n"},
		{"too many lines", "HTTP/1.1 200 OK\r\n" + repeat("X-A: b\r\n", maxHeadLines+1) + "\r\n"},
		{"informing without end", repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", maxInformational+1) + "HTTP/1.1 200 OK\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			up := newRawUpstream(t, says(test.answer))
			f := newFront(t, up.url(), upstreamOptions{HeaderTimeout: 10 * time.Second}, nil)
			start := time.Now()
			resp, body, err := get(t, f.URL)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 502 || resp.Header.Get("X-Kind") != "answer" || body != "" {
				t.Errorf("%d %s %q", resp.StatusCode, resp.Header.Get("X-Kind"), body)
			}
			if time.Since(start) > 5*time.Second {
				t.Error("refused by the timeout only")
			}
			if s := f.u.stats(); s.Idle != 0 || s.Errors != 1 {
				t.Errorf("afterwards: %+v", s)
			}
		})
	}
}

// A body that breaks after the head was passed on must not look whole to the client.
func TestCarryCutsBrokenBodies(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct{ name, answer string }{
		{"closed in the middle", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"},
		{"closed in the middle of a large one", "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + repeat("x", 200000)},
		{"closed before the first chunk", chunked},
		{"closed in a chunk", chunked + "5\r\nhel"},
		{"closed before the last chunk", chunked + "5\r\nhello\r\n"},
		{"closed in the trailers", chunked + "5\r\nhello\r\n0\r\nX-A: b\r\n"},
		{"a chunk size of letters", chunked + "5\r\nhello\r\nxyz\r\n"},
		{"an empty chunk size", chunked + "5\r\nhello\r\n\r\n0\r\n\r\n"},
		{"a negative chunk size", chunked + "-5\r\nhello\r\n0\r\n\r\n"},
		{"a chunk size beyond all numbers", chunked + "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
		{"a blank before the chunk size", chunked + " 5\r\nhello\r\n0\r\n\r\n"},
		{"a chunk that is longer than said", chunked + "5\r\nhello!\r\n0\r\n\r\n"},
		{"a lone line feed behind the size", chunked + "5\nhello\r\n0\r\n\r\n"},
		{"a lone line feed behind the chunk", chunked + "5\r\nhello\n0\r\n\r\n"},
		{"an extension without end", chunked + "5;" + repeat("x", 9000) + "\r\nhello\r\n0\r\n\r\n"},
		{"an extension with a lone carriage return", chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n"},
		{"a folded trailer", chunked + "0\r\nX-A: b\r\n c\r\n\r\n"},
		{"too many trailers", chunked + "0\r\n" + repeat("X-A: b\r\n", maxHeadLines+1) + "\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
				io.WriteString(c, test.answer)
				return false
			})
			f := newFront(t, up.url(), upstreamOptions{}, nil)
			resp, body, err := get(t, f.URL)
			if err == nil {
				t.Errorf("a whole answer: %d, %d bytes", resp.StatusCode, len(body))
			}
			if s := f.u.stats(); s.Idle != 0 {
				t.Errorf("afterwards: %+v", s)
			}
		})
	}
}

func TestCarryAcceptsWhatIsOnlyUnusual(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		status       int
		body         string
	}{
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		{"an empty reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		{"an unknown status", "HTTP/1.1 799 Hm\r\nContent-Length: 2\r\n\r\nok", 799, "ok"},
		{"lower-case names", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"},
		{"tabs around a value", "HTTP/1.1 200 OK\r\nContent-Length:\t2\t\r\n\r\nok", 200, "ok"},
		{"upper-case chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"},
		{"chunk extensions", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 ; a=\"b\"\r\nok\r\n000;c\r\n\r\n", 200, "ok"},
		{"a header of many buffers", "HTTP/1.1 200 OK\r\nX-A: " + repeat("a", 40000) + "\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		{"a head that ends at the end of the buffer", "HTTP/1.1 200 OK\r\nX-A: " + repeat("a", 8192-46) + "\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		{"a body behind continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		{"no body and a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 200\r\nETag: \"a\"\r\n\r\n", 304, ""},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
	} {
		for _, piece := range []int{1 << 20, 1, 7} {
			if piece == 1 && len(test.answer) > 1000 {
				continue // pieces of 7 end everywhere, too
			}
			t.Run(fmt.Sprint(test.name, " in pieces of ", piece), func(t *testing.T) {
				up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
					for rest := test.answer; rest != ""; {
						n := min(piece, len(rest))
						io.WriteString(c, rest[:n])
						rest = rest[n:]
					}
					return true
				})
				f := newFront(t, up.url(), upstreamOptions{}, nil)
				for range 2 {
					resp, body, err := get(t, f.URL)
					if err != nil || resp.StatusCode != test.status || body != test.body {
						t.Fatalf("%v %v %q", resp, err, body)
					}
				}
				if up.accepted() != 1 {
					t.Errorf("%d connections", up.accepted())
				}
			})
		}
	}
}

func TestCarryUntilClose(t *testing.T) {
	up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
		io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n"+repeat("x", 100000))
		return false
	})
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	_, body, err := get(t, f.URL)
	if err != nil || len(body) != 100000 || f.u.stats().Idle != 0 {
		t.Errorf("%v, %d bytes, %+v", err, len(body), f.u.stats())
	}
}

func TestCarryTimesOut(t *testing.T) {
	hang := make(chan struct{})
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		switch r.URL.Path {
		case "/ok":
			io.WriteString(c, okAnswer)
			return true
		case "/half":
			io.WriteString(c, "HTTP/1.1 200 OK\r\nX-A")
		}
		<-hang
		return false
	})
	defer close(hang)
	f := newFront(t, up.url(), upstreamOptions{HeaderTimeout: 50 * time.Millisecond}, nil)
	for _, test := range []struct{ method, path, body string }{
		{"GET", "/", ""}, {"GET", "/half", ""}, {"POST", "/", "x"}, {"POST", "/", repeat("x", smallBodyLimit+1)},
	} {
		for _, used := range []bool{false, true} {
			if used {
				warm(t, f)
			}
			resp, _, err := do(t, test.method, f.URL+test.path, strings.NewReader(test.body))
			if err != nil || resp.StatusCode != 504 || resp.Header.Get("X-Kind") != "timeout" {
				t.Errorf("%+v: %v, %v", test, resp, err)
			}
		}
	}
	if n := f.u.stats().Retries; n != 0 {
		t.Errorf("%d repetitions of a request that took too long", n)
	}
}

// warm leaves one connection that has been used.
func warm(t *testing.T, f *front) {
	t.Helper()
	if _, body, err := get(t, f.URL+"/ok"); err != nil || body != "ok" {
		t.Fatal(body, err)
	}
	eventually(t, "an idle connection", func() bool { return f.u.stats().Idle == 1 })
}

func TestCarryRefusesWhatCannotBeSent(t *testing.T) {
	up := newRawUpstream(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	for _, test := range []struct {
		name   string
		change func(*outgoing)
	}{
		{"a blank in the method", func(o *outgoing) { o.Method = "GET /x" }},
		{"an empty method", func(o *outgoing) { o.Method = "" }},
		{"connect", func(o *outgoing) { o.Method = "CONNECT" }},
		{"a line end in the target", func(o *outgoing) { o.Target = "/a\r\nX-A: b" }},
		{"a blank in the target", func(o *outgoing) { o.Target = "/a HTTP/1.1" }},
		{"a fragment", func(o *outgoing) { o.Target = "/a#b" }},
		{"an absolute target", func(o *outgoing) { o.Target = "http://b/a" }},
		{"an empty target", func(o *outgoing) { o.Target = "" }},
		{"a line end in the host", func(o *outgoing) { o.Host = "a\r\nX-A: b" }},
		{"a user in the host", func(o *outgoing) { o.Host = "u@a" }},
		{"a line end in a name", func(o *outgoing) { o.Header.add("X\r\nA", "b") }},
		{"a colon in a name", func(o *outgoing) { o.Header.add("X-A:", "b") }},
		{"a line end in a value", func(o *outgoing) { o.Header.Set("X-A", "b\r\nX-B: c") }},
		{"a lone carriage return in a value", func(o *outgoing) { o.Header.Set("X-A", "b\rX-B: c") }},
		{"a zero byte in a value", func(o *outgoing) { o.Header.Set("X-A", "b\x00") }},
		{"another upgrade", func(o *outgoing) { o.Upgrade = "h2c" }},
		{"a length without a body", func(o *outgoing) { o.Length = 5 }},
		{"an upgrade with a body", func(o *outgoing) { o.Upgrade, o.Body, o.Length = "websocket", strings.NewReader("x"), 1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFront(t, up.url(), upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
				test.change(out)
				return r
			})
			resp, _, err := get(t, f.URL)
			if err != nil || resp.StatusCode != 400 || resp.Header.Get("X-Kind") != "request" {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
	if seen := up.seen(); len(seen) != 0 {
		t.Errorf("the upstream saw %q", seen)
	}
}

// TestS110_FramingNamesAreNotSent gives the framing and hop-by-hop names in spellings that
// a map lets through.
func TestS110_FramingNamesAreNotSent(t *testing.T) {
	var got string
	address := oneConn(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		got = string(buf[:n])
		io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	f := newFront(t, "http://"+address, upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
		out.Header = &lines{list: []field{{"X-Good", "1"}}}
		for _, name := range []string{
			"Content-Length", "content-length", "TRANSFER-ENCODING", "transfer-Encoding", "connection", "Keep-Alive",
			"upgrade", "te", "Trailer", "proxy-connection", "host", "Expect",
		} {
			out.Header.add(name, "7")
		}
		return r
	})
	if _, _, err := get(t, f.URL+"/a"); err != nil {
		t.Fatal(err)
	}
	want := "GET /a HTTP/1.1\r\nHost: " + address + "\r\nX-Good: 1\r\n\r\n"
	if got != want {
		t.Errorf("the upstream read\n%q, want\n%q", got, want)
	}
}
