package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha256"
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

func TestCarryBodiesOfAllSizes(t *testing.T) {
	goroutinesReturn(t)
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		h := sha256.New()
		n, _ := io.Copy(h, r.Body)
		text := fmt.Sprintf("%d %d %v %x", r.ContentLength, n, r.TransferEncoding, h.Sum(nil))
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	for _, size := range []int{1, smallBodyLimit, smallBodyLimit + 1, 32 << 10, 100001, 3 << 20} {
		body := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		for _, known := range []bool{true, false} {
			var src io.Reader = bytes.NewReader(body)
			length, coding := size, "[]"
			if !known {
				src, length, coding = io.MultiReader(src), -1, "[chunked]"
			}
			_, got, err := do(t, "POST", f.URL, src)
			if want := fmt.Sprintf("%d %d %s %x", length, size, coding, sha256.Sum256(body)); err != nil || got != want {
				t.Errorf("%d bytes, known %v: %s, %v, want %s", size, known, got, err, want)
			}
		}
	}
	if up.accepted() != 1 {
		t.Errorf("%d connections", up.accepted())
	}
}

// An upstream that answers before it has read the body, and goes on or closes, deadlocks a
// gateway that writes first and reads then.
func TestCarryPassesEarlyAnswersOn(t *testing.T) {
	goroutinesReturn(t)
	large := repeat("x", 1<<20)
	for _, test := range []struct{ name, answer string }{
		{"a short one", "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge"},
		{"a chunked one", "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlarge\r\n0\r\n\r\n"},
		{"a large one", "HTTP/1.1 400 Bad Request\r\nContent-Length: 1048576\r\n\r\n" + large},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, ", chunked ", chunked), func(t *testing.T) {
				t.Parallel() // the server waits half a second before it closes
				answered := make(chan struct{})
				up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
					io.WriteString(c, test.answer)
					<-answered
					return false
				})
				f := newFront(t, up.url(), upstreamOptions{}, nil)
				c, err := net.Dial("tcp", f.addr())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				// Half of the body is sent, and the answer must come all the same.
				framing, body := "Content-Length: 1000000", repeat("y", 500000)
				if chunked {
					framing, body = "Transfer-Encoding: chunked", "7a120\r\n"+body+"\r\n"
				}
				go io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\n"+framing+"\r\n\r\n"+body)
				c.SetReadDeadline(time.Now().Add(5 * time.Second))
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				close(answered)
				if err != nil || !resp.Close || !strings.HasSuffix(test.answer, "\r\n\r\n"+string(got)) && string(got) != "large" {
					t.Errorf("%v %d bytes, close %v", err, len(got), resp.Close)
				}
				eventually(t, "the end", func() bool { return f.u.stats().Open == 0 })
			})
		}
	}
}

// Both directions at once: each line of the body is answered before the next is sent.
func TestCarryStreamsBothWays(t *testing.T) {
	goroutinesReturn(t)
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(c, "%x\r\n%s\n\r\n", len(lines.Text())+1, lines.Text())
		}
		io.WriteString(c, "0\r\n\r\n")
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	body, send := io.Pipe()
	r, _ := http.NewRequest("POST", f.URL, body)
	resp, err := testClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answers := bufio.NewScanner(resp.Body)
	for i := range 5 {
		fmt.Fprintf(send, "line %d\n", i)
		if !answers.Scan() || answers.Text() != fmt.Sprint("line ", i) {
			t.Fatalf("%q, %v", answers.Text(), answers.Err())
		}
	}
	send.Close()
	if answers.Scan() || answers.Err() != nil {
		t.Errorf("%q, %v", answers.Text(), answers.Err())
	}
}

type brokenBody struct {
	good io.Reader
	err  error
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if n, err := b.good.Read(p); err == nil {
		return n, nil
	}
	if b.err == nil {
		panic("a foreign reader")
	}
	return 0, b.err
}

// The upstream must not take a part for the whole.
func TestS113_ABrokenBodyStopsOneRequest(t *testing.T) {
	goroutinesReturn(t)
	for _, test := range []struct {
		name   string
		body   func(good io.Reader) io.Reader
		length int64
		status int
	}{
		{"too large", func(r io.Reader) io.Reader { return http.MaxBytesReader(nil, io.NopCloser(r), 50000) }, -1, 413},
		{"too large, with a length", func(r io.Reader) io.Reader { return http.MaxBytesReader(nil, io.NopCloser(r), 50000) }, 1 << 20, 413},
		{"too large and small", func(r io.Reader) io.Reader { return http.MaxBytesReader(nil, io.NopCloser(r), 10) }, 100, 413},
		{"an error", func(r io.Reader) io.Reader { return &brokenBody{io.LimitReader(r, 100), errors.New("bad chunk")} }, -1, 400},
		{"too short", func(r io.Reader) io.Reader { return io.LimitReader(r, 90000) }, 1 << 20, 400},
		{"too short and small", func(r io.Reader) io.Reader { return io.LimitReader(r, 9) }, 100, 400},
		{"too late", func(r io.Reader) io.Reader { return &brokenBody{io.LimitReader(r, 100), timeoutError{}} }, -1, 408},
		{"a panic", func(r io.Reader) io.Reader { return &brokenBody{io.LimitReader(r, 100), nil} }, -1, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // the server waits half a second before it closes
			whole := make(chan bool, 1)
			up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
				_, err := io.Copy(io.Discard, r.Body)
				whole <- err == nil
				return false
			})
			f := newFront(t, up.url(), upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
				out.Body, out.Length = test.body(strings.NewReader(repeat("x", 1<<20))), test.length
				return r
			})
			resp, _, err := do(t, "POST", f.URL, nil)
			if err != nil || resp.StatusCode != test.status || resp.Header.Get("X-Kind") != "body" {
				t.Errorf("%v, %v", resp, err)
			}
			if len(up.seen()) > 0 && <-whole {
				t.Error("the upstream took the part for the whole")
			}
		})
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "too slow" }
func (timeoutError) Is(e error) bool { return e == os.ErrDeadlineExceeded }

func TestCarryWaitsWithTheBodyForContinue(t *testing.T) {
	goroutinesReturn(t)
	large := repeat("x", smallBodyLimit+1)
	for _, test := range []struct {
		name, first, body string
		status            int
		expect            string // what the upstream sees
		sent              bool
	}{
		{"the upstream says go on", "HTTP/1.1 100 Continue\r\n\r\n", large, 200, "100-continue", true},
		{"the upstream says no", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", large, 401, "100-continue", false},
		{"the upstream says nothing", "", large, 200, "100-continue", true},
		{"a small body does not wait", "", "x", 200, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect := make(chan string, 1)
			address := oneConn(t, func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				expect <- r.Header.Get("Expect")
				io.WriteString(c, test.first)
				if n, _ := io.Copy(io.Discard, r.Body); int(n) == len(test.body) {
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
			f := newFront(t, "http://"+address, upstreamOptions{}, nil)
			client, err := net.Dial("tcp", f.addr())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			client.SetDeadline(time.Now().Add(5 * time.Second))
			fmt.Fprintf(client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(test.body))
			br := bufio.NewReader(client)
			resp, err := http.ReadResponse(br, nil)
			if err != nil {
				t.Fatal(err)
			}
			asked := resp.StatusCode == 100
			if asked {
				io.WriteString(client, test.body)
				if resp, err = http.ReadResponse(br, nil); err != nil {
					t.Fatal(err)
				}
			}
			if resp.StatusCode != test.status || asked != test.sent {
				t.Errorf("%d, body asked for %v", resp.StatusCode, asked)
			}
			if got := <-expect; got != test.expect {
				t.Errorf("the upstream saw Expect: %q", got)
			}
		})
	}
}

// TestF12_AReaderThatStopsIsCutOff: a whole answer may take any time, one write may not.
func TestF12_AReaderThatStopsIsCutOff(t *testing.T) {
	goroutinesReturn(t)
	for _, head := range []string{"Content-Length: 1000000000", "Content-Type: text/event-stream"} {
		closed := make(chan struct{})
		up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
			defer close(closed)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n"+head+"\r\n\r\n")
			block := make([]byte, 1<<20)
			for {
				if _, err := c.Write(block); err != nil {
					return false
				}
			}
		})
		f := newFront(t, up.url(), upstreamOptions{StallTimeout: 100 * time.Millisecond}, nil)
		client, err := net.Dial("tcp", f.addr())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: still writing after 10 s", head)
		}
	}
}
