package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/server"
)

func TestServeAfterTheEnd(t *testing.T) {
	for _, end := range []func(*server.Server) error{(*server.Server).Close, func(s *server.Server) error { return s.Shutdown(context.Background()) }} {
		var s server.Server
		if err := errors.Join(end(&s), end(&s)); err != nil {
			t.Errorf("twice: %v", err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(l); err != http.ErrServerClosed {
			t.Errorf("Serve = %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is open: %v", err)
		}
	}
}

// A listener that fails as often as it is told, and then for ever.
type failing struct {
	net.Listener
	temporary atomic.Int32
	fatal     error
}

type passing struct{ error }

func (passing) Timeout() bool   { return false }
func (passing) Temporary() bool { return true }

func (l *failing) Accept() (net.Conn, error) {
	if l.temporary.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: passing{errors.New("too many")}}
	}
	if l.fatal != nil {
		return nil, l.fatal
	}
	return l.Listener.Accept()
}

func TestListenersThatFail(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(hello))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	bad := &failing{Listener: l, fatal: broken}
	if err := ours.ours.Serve(bad); err != broken {
		t.Errorf("Serve = %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is open: %v", err)
	}
	if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	slow := &failing{Listener: l}
	slow.temporary.Store(3)
	go ours.ours.Serve(slow)
	other := &running{name: "ours", addr: l.Addr().String()}
	if got := other.ask(t, goodbye); !strings.HasSuffix(got, "hello") {
		t.Errorf("answer %q", got)
	}
	if got := strings.Count(ours.logs.String(), "http: Accept error: accept: too many; retrying in "); got != 3 {
		t.Errorf("%d lines in the log: %s", got, ours.logs.String())
	}
}

// A pipes listener hands out connections that are no sockets.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func TestWhatIsNoTCPIsServedByNetHTTP(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%T", w)
	}))
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	results := make(chan error, 2)
	go func() { results <- ours.ours.Serve(l) }()
	go func() { results <- ours.ours.Serve(p) }()
	socket, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	p.conns <- there
	for _, c := range []net.Conn{socket, here} {
		defer c.Close()
		c.SetDeadline(time.Now().Add(generous))
		io.WriteString(c, one)
		if a := readAnswer(bufio.NewReader(c), http.MethodGet); string(a.body) != "*http.response" {
			t.Errorf("answer %s", a)
		}
	}
	if err := ends(t, shutDown(t, t.Context(), ours)); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	for range 2 {
		if err := ends(t, results); err != http.ErrServerClosed {
			t.Errorf("Serve = %v", err)
		}
	}
	nothingLeft(t, ours)
}

// Each listener has its own base context, also for what is handed over.
func TestListenersAreNotMixedUp(t *testing.T) {
	type where struct{}
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Context().Value(where{}).(string))
	}), func(s *http.Server) {
		s.BaseContext = func(l net.Listener) context.Context {
			return context.WithValue(context.Background(), where{}, l.Addr().String())
		}
	})
	addrs := []string{ours.addr}
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go ours.ours.Serve(l)
		addrs = append(addrs, l.Addr().String())
	}
	for range 10 {
		for _, addr := range addrs {
			other := &running{name: "ours", addr: addr}
			for _, fields := range []string{"", "Upgrade: a\r\n"} {
				if got := other.ask(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+fields+"\r\n"); !strings.HasSuffix(got, "\r\n\r\n"+addr) {
					t.Fatalf("on %s: %q", addr, got)
				}
			}
		}
	}
}

// A listener need not be comparable.
func TestListenerOfAnyType(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server.Server{HTTP: &http.Server{}}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(listenerWithSlice{Listener: l}); err != http.ErrServerClosed {
		t.Errorf("Serve = %v", err)
	}
	s = &server.Server{HTTP: &http.Server{}}
	if err := s.Serve(listenerWithSlice{Listener: l}); !errors.Is(err, net.ErrClosed) { // and has panicked
		t.Errorf("Serve = %v", err)
	}
	s.Close()
}

type listenerWithSlice struct {
	net.Listener
	_ []int
}
