package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestNewUpstreamRefusesAddresses(t *testing.T) {
	for _, address := range []string{
		"", "ftp://a", "//a", "http://", "http:///x", "http://u:p@a", "http://a?b", "http://a#b", "http:a", "http://a/b%23\x7f",
	} {
		target, err := url.Parse(address)
		if err != nil {
			continue
		}
		if _, err := newUpstream(target, upstreamOptions{}); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
	if _, err := newUpstream(nil, upstreamOptions{}); err == nil {
		t.Error("nil was taken")
	}
	for address, want := range map[string]string{
		"http://a": "a:80", "https://a/": "a:443", "http://[::1]:81/b": "[::1]:81", "http://a:82": "a:82",
	} {
		target, _ := url.Parse(address)
		u, err := newUpstream(target, upstreamOptions{})
		if err != nil || u.address != want {
			t.Errorf("%q: %v, %v", address, u, err)
		}
	}
}

// A pool that was used is compared by what the upstream saw.
func TestPoolKeepsOnlyCleanConnections(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer string
		method string
		conns  int
	}{
		{"a whole answer", okAnswer, "GET", 1},
		{"the upstream wants to close", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", "GET", 2},
		{"the upstream wants to close, in a list", "HTTP/1.1 200 OK\r\nConnection: x-a, close\r\nContent-Length: 2\r\n\r\nok", "GET", 2},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", 2},
		{"bytes behind the answer", okAnswer + "HTTP/1.1 200 OK\r\nX-Evil: 1\r\nContent-Length: 2\r\n\r\nno", "GET", 2},
		{"no content with content", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "GET", 2},
		{"a body behind HEAD", okAnswer, "HEAD", 2},
		{"a hint of no time", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok", "GET", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			up := newRawUpstream(t, says(test.answer))
			f := newFront(t, up.url(), upstreamOptions{}, nil)
			for range 2 {
				resp, body, err := do(t, test.method, f.URL, nil)
				if err != nil || resp.StatusCode > 204 || resp.Header.Get("X-Evil") != "" || body == "no" {
					t.Fatalf("%v %q %v", resp, body, err)
				}
			}
			if up.accepted() != test.conns {
				t.Errorf("%d connections, want %d", up.accepted(), test.conns)
			}
		})
	}
}

// TestS110_OnlyAHarmlessRequestIsRepeated: the upstream closes the connection when the
// second request arrives on it, as one does whose keep-alive time ran out on the way.
func TestS110_OnlyAHarmlessRequestIsRepeated(t *testing.T) {
	for _, test := range []struct {
		name, method, body string
		begun              string // what the upstream still says
		status, seen       int
	}{
		{"GET", "GET", "", "", 200, 3},
		{"HEAD", "HEAD", "", "", 200, 3},
		{"DELETE without a body", "DELETE", "", "", 200, 3},
		{"POST without a body", "POST", "", "", 502, 2},
		{"PATCH without a body", "PATCH", "", "", 502, 2},
		{"POST", "POST", "x", "", 502, 2},
		{"PUT with a body", "PUT", "x", "", 502, 2},
		{"PUT with a large body", "PUT", repeat("x", smallBodyLimit+1), "", 502, 2},
		{"GET, and one byte of an answer", "GET", "", "H", 502, 2},
		{"GET, and an answer that informs", "GET", "", "HTTP/1.1 103 Early Hints\r\n\r\n", 502, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			up := newRawUpstream(t, func(c net.Conn, r *http.Request, n int) bool {
				io.Copy(io.Discard, r.Body)
				if n == 1 {
					io.WriteString(c, test.begun)
					return false
				}
				answer := okAnswer
				if r.Method == "HEAD" {
					answer = strings.TrimSuffix(answer, "ok")
				}
				io.WriteString(c, answer)
				return true
			})
			f := newFront(t, up.url(), upstreamOptions{}, nil)
			if _, _, err := get(t, f.URL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "an idle connection", func() bool { return f.u.stats().Idle == 1 })
			resp, _, err := do(t, test.method, f.URL, strings.NewReader(test.body))
			if err != nil || resp.StatusCode != test.status {
				t.Fatalf("%v, %v", resp, err)
			}
			if seen := up.seen(); len(seen) != test.seen {
				t.Errorf("the upstream saw %q", seen)
			}
		})
	}
}

func TestARequestIsNotRepeatedOnANewConnection(t *testing.T) {
	up := newRawUpstream(t, func(net.Conn, *http.Request, int) bool { return false })
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	resp, _, err := get(t, f.URL)
	if err != nil || resp.StatusCode != 502 || resp.Header.Get("X-Kind") != "closed" || len(up.seen()) != 1 {
		t.Errorf("%v, %v, %q", resp, err, up.seen())
	}
}

func TestPoolForgetsUnusedConnections(t *testing.T) {
	goroutinesReturn(t)
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(1e9, clock.Load()) }
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nKeep-Alive: "+r.Header.Get("X-Keep")+"\r\nContent-Length: 2\r\n\r\nok")
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{IdleTimeout: time.Minute, now: now}, func(r *http.Request, out *outgoing) *http.Request {
		out.Header.Set("X-Keep", r.URL.Query().Get("keep"))
		return r
	})
	ask := func(keep string) {
		t.Helper()
		if _, _, err := get(t, f.URL+"/?keep="+keep); err != nil {
			t.Fatal(err)
		}
		eventually(t, "an idle connection", func() bool { return f.u.stats().Idle == 1 })
	}
	for _, step := range []struct {
		keep  string
		after time.Duration
		conns int
	}{
		{"", 0, 1}, {"timeout=5", 59 * time.Second, 1}, {"timeout=5", 3900 * time.Millisecond, 1},
		{"timeout%3D5,max%3D100", 4100 * time.Millisecond, 2}, {"timeout%3D500", 3 * time.Second, 2}, {"", 61 * time.Second, 3},
	} {
		clock.Add(int64(step.after))
		ask(step.keep)
		if up.accepted() != step.conns {
			t.Fatalf("%+v: %d connections", step, up.accepted())
		}
	}
	clock.Add(int64(time.Minute))
	f.u.sweepNow()
	if n := f.u.stats().Idle; n != 0 {
		t.Errorf("%d unused connections after the sweep", n)
	}
}

func TestPoolKeepsNoMoreThanItMay(t *testing.T) {
	together := make(chan struct{})
	var arrived sync.WaitGroup
	arrived.Add(5)
	up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
		arrived.Done()
		<-together
		io.WriteString(c, okAnswer)
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{MaxIdle: 2}, nil)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, _, err := get(t, f.URL); err != nil {
				t.Error(err)
			}
		})
	}
	arrived.Wait()
	if s := f.u.stats(); s.Open != 5 {
		t.Errorf("during: %+v", s)
	}
	close(together)
	all.Wait()
	eventually(t, "the end of all", func() bool { return f.u.stats().Open == 0 })
	if s := f.u.stats(); s.Idle != 2 || s.Requests != 5 || s.Dials != 5 || s.Errors != 0 {
		t.Errorf("afterwards: %+v", s)
	}
}

// TestF13_CloseLetsRequestsFinish closes the upstream while an answer is under way.
func TestF13_CloseLetsRequestsFinish(t *testing.T) {
	goroutinesReturn(t)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
		close(arrived)
		<-goOn
		io.WriteString(c, okAnswer)
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	answer := make(chan string)
	go func() {
		_, body, _ := get(t, f.URL)
		answer <- body
	}()
	<-arrived
	f.u.close()
	close(goOn)
	if body := <-answer; body != "ok" {
		t.Errorf("%q", body)
	}
	eventually(t, "the end", func() bool { return f.u.stats().Open == 0 })
	if n := f.u.stats().Idle; n != 0 {
		t.Errorf("%d connections kept after close", n)
	}
}

func TestCarryErrorsAreErrors(t *testing.T) {
	err := error(&carryError{Status: 502, Kind: "answer", Err: malformed("two lengths").Err})
	if err.Error() != "gateway: upstream: answer (502): two lengths" {
		t.Error(err)
	}
	if err := error(&carryError{Status: 504, Kind: "timeout", Err: io.EOF}); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
