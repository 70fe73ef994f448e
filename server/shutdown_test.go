package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/server"
)

// ends waits for the result of Shutdown, which has to come.
func ends(t testing.TB, result <-chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(generous):
		t.Fatalf("Shutdown goes on\n%s", stacks())
		return nil
	}
}

// shutDown begins to shut down, and returns once nobody listens any more.
func shutDown(t testing.TB, ctx context.Context, r *running) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- r.ours.Shutdown(ctx) }()
	eventually(t, "the listener to close", func() bool {
		c, err := net.Dial("tcp", r.addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	return result
}

// nothingLeft waits until no goroutine of any server is there, and r knows of nothing. Close and
// Shutdown may return before Serve does.
func nothingLeft(t testing.TB, r *running) {
	t.Helper()
	eventually(t, "the last goroutine", func() bool {
		all := stacks()
		return !strings.Contains(all, "server.(*conn).serve") && !strings.Contains(all, "net/http.(*conn).serve") &&
			!strings.Contains(all, "server.(*passage)") && !strings.Contains(all, watches)
	})
	eventually(t, "no listener and no connection", func() bool {
		listeners, conns := r.ours.Held()
		return listeners+conns == 0
	})
}

// requestsOf is a plain request, and odd ones that net/http serves.
var requestsOf = map[string]string{
	"plain":           one,
	"chunked":         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"plain, then odd": "GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nUpgrade: a\r\n\r\n",
}

func TestShutdownWaitsForRequests(t *testing.T) {
	for name, raw := range requestsOf {
		t.Run(name, func(t *testing.T) {
			begun, end := make(chan struct{}), make(chan struct{})
			ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/first" {
					begun <- struct{}{}
					<-end
				}
				hello(w, r)
			}))
			c := ours.dial(t)
			io.WriteString(c, raw)
			<-begun
			result := shutDown(t, t.Context(), ours)
			select {
			case err := <-result:
				t.Fatalf("Shutdown = %v while a handler works", err)
			case <-time.After(20 * time.Millisecond):
			}
			close(end)
			got := untilClosed(t, ours, c)
			if !strings.HasSuffix(got, "hello") || strings.Count(got, "Connection: close\r\n") != 1 {
				t.Errorf("answer %q", got)
			}
			if err := ends(t, result); err != nil {
				t.Errorf("Shutdown = %v", err)
			}
			nothingLeft(t, ours)
		})
	}
}

func TestShutdownClosesWhatIsIdle(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(hello))
	var all []*net.TCPConn
	for _, raw := range requestsOf {
		for _, more := range []string{"", "GET", one[:9]} { // half a request is none
			c := ours.dial(t)
			io.WriteString(c, raw+more)
			from := bufio.NewReader(c)
			for range strings.Count(raw, "HTTP/1.1") {
				readAnswer(from, http.MethodGet)
			}
			all = append(all, c)
		}
	}
	begun := time.Now()
	if err := ends(t, shutDown(t, t.Context(), ours)); err != nil || time.Since(begun) > 4*time.Second {
		t.Errorf("Shutdown = %v after %v", err, time.Since(begun))
	}
	for _, c := range all {
		untilClosed(t, ours, c)
	}
	nothingLeft(t, ours)
}

// Clients that have just connected are given some time, as by net/http.
func TestShutdownClosesWhatIsNewAfterAWhile(t *testing.T) {
	t.Parallel()
	ours := serveOurs(t, http.HandlerFunc(hello))
	silent, half, asks := ours.dial(t), ours.dial(t), ours.dial(t)
	silent.SetDeadline(time.Now().Add(generous))
	half.SetDeadline(time.Now().Add(generous))
	io.WriteString(half, one[:9])
	eventually(t, "connections", func() bool { _, n := ours.ours.Held(); return n == 3 })
	result := shutDown(t, t.Context(), ours)
	io.WriteString(asks, one)
	if got := untilClosed(t, ours, asks); !strings.HasSuffix(got, "hello") || !strings.Contains(got, "Connection: close") {
		t.Errorf("answer during Shutdown: %q", got)
	}
	untilClosed(t, ours, silent)
	untilClosed(t, ours, half)
	if err := ends(t, result); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	for name, raw := range requestsOf {
		begun, end := make(chan struct{}, 2), make(chan struct{})
		ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/first" {
				begun <- struct{}{}
				<-end
			}
		}))
		c := ours.dial(t)
		io.WriteString(c, raw)
		<-begun
		ctx, cancel := context.WithCancel(t.Context())
		result := shutDown(t, ctx, ours)
		cancel()
		if err := ends(t, result); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Shutdown = %v", name, err)
		}
		if err := ours.ours.Close(); err != nil {
			t.Errorf("%s: Close = %v", name, err)
		}
		untilClosed(t, ours, c) // though the handler works
		close(end)
		nothingLeft(t, ours)
	}
}

func TestShutdownDoesNotWaitForHijackedConnections(t *testing.T) {
	for _, fields := range []string{"", "Connection: Upgrade\r\nUpgrade: echo\r\n"} {
		begun, end := make(chan struct{}, 1), make(chan struct{})
		ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			begun <- struct{}{}
			<-end
			if _, err := io.WriteString(c, "still here"); err != nil {
				t.Error(err)
			}
			c.Close()
			if err != nil {
				t.Error(err)
			}
		}))
		c := ours.dial(t)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n"+fields+"\r\n")
		<-begun
		if err := ends(t, shutDown(t, t.Context(), ours)); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := ours.ours.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		close(end)
		if got := untilClosed(t, ours, c); got != "still here" {
			t.Errorf("%q: got %q", fields, got)
		}
	}
}

func TestShutdownCallsWhatIsRegistered(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(hello))
	called := make(chan string, 2)
	ours.ours.RegisterOnShutdown(func() { called <- "ours" })
	ours.http.RegisterOnShutdown(func() { called <- "net/http's" })
	if err := ends(t, shutDown(t, t.Context(), ours)); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	if a, b := <-called, <-called; a == b {
		t.Errorf("%s was called twice", a)
	}
}

// A stream ends when it is told to, though the Server waits for it.
func TestShutdownHooksRunBeforeRequestsEnd(t *testing.T) {
	for _, raw := range requestsOf {
		begun, end := make(chan struct{}), make(chan struct{})
		ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/first" {
				close(begun)
				<-end
			}
		}))
		ours.ours.RegisterOnShutdown(func() { close(end) })
		io.WriteString(ours.dial(t), raw)
		<-begun
		if err := ends(t, shutDown(t, t.Context(), ours)); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
	}
}

// Nothing new begins on connections of net/http either, while ours are waited for.
func TestShutdownEndsKeepAliveForAll(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			begun <- struct{}{}
			<-end
		}
		hello(w, r)
	}))
	odd := ours.dial(t)
	io.WriteString(odd, requestsOf["chunked"])
	readAnswer(bufio.NewReader(odd), http.MethodGet)
	io.WriteString(ours.dial(t), "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
	<-begun
	result := shutDown(t, t.Context(), ours)
	untilClosed(t, ours, odd) // though a request of another connection goes on
	close(end)
	if err := ends(t, result); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

func TestCloseClosesAll(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			<-r.Context().Done()
		}
	}))
	var all []*net.TCPConn
	for _, raw := range []string{"", one, one[:9], "GET /long HTTP/1.1\r\nHost: x\r\n\r\n", "LIST /long HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c := ours.dial(t)
		io.WriteString(c, raw)
		all = append(all, c)
	}
	eventually(t, "a watch", func() bool { return goroutinesOf(watches) == 1 })
	if err := ours.ours.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	for _, c := range all {
		untilClosed(t, ours, c)
	}
	nothingLeft(t, ours)
}

// Whatever handler began is answered as a whole, however Shutdown and hand-over meet.
func TestShutdownAmidHandOvers(t *testing.T) {
	for round := range 20 {
		var begun, ended, answered atomic.Int32
		ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun.Add(1)
			defer ended.Add(1)
			time.Sleep(time.Duration(round%4) * time.Millisecond) // so that some are at work
			hello(w, r)
		}))
		var clients sync.WaitGroup
		for i := range 40 {
			clients.Go(func() {
				raw := one
				if i%2 == 0 {
					raw = requestsOf["chunked"]
				}
				c, err := net.Dial("tcp", ours.addr)
				if err != nil {
					return // too late
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(generous))
				from := bufio.NewReader(c)
				for {
					io.WriteString(c, raw)
					a := readAnswer(from, http.MethodGet)
					if string(a.body) == "hello" && a.broken == "" {
						answered.Add(1)
					} else if a.status != "" {
						t.Errorf("half an answer: %s", a)
					}
					if !a.goes() {
						return
					}
				}
			})
		}
		eventually(t, "some requests", func() bool { return begun.Load() > int32(10*round) })
		if err := ours.ours.Shutdown(t.Context()); err != nil {
			t.Fatalf("Shutdown = %v", err)
		}
		if b, e := begun.Load(), ended.Load(); b != e {
			t.Errorf("%d began, %d ended when Shutdown returned", b, e)
		}
		clients.Wait()
		if b, a := begun.Load(), answered.Load(); a != b {
			t.Errorf("%d began, %d were answered", b, a)
		}
		nothingLeft(t, ours)
	}
}

func TestConnectionsLeaveNothing(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			r.Context().Done()
		}
		hello(w, r)
	}))
	raws := []string{"", "G", one, one + one[:9], goodbye, requestsOf["chunked"], one + "LIST"}
	for i := range 2000 {
		c, err := net.Dial("tcp", ours.addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, raws[i%len(raws)])
		if i%3 == 0 {
			c.(*net.TCPConn).SetLinger(0)
		}
		c.Close()
	}
	eventually(t, "the last connection", func() bool { _, n := ours.ours.Held(); return n == 0 })
	if err := ends(t, shutDown(t, t.Context(), ours)); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	nothingLeft(t, ours)
}

// serveOurs is serveBoth where there is nothing to compare.
func serveOurs(t testing.TB, h http.Handler) *running {
	t.Helper()
	ours := newRunning("ours", h, nil)
	ours.ours = &server.Server{HTTP: ours.http}
	ours.listen(t, ours.ours.Serve, ours.ours.Close)
	return ours
}
