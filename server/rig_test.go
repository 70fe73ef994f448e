package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signet-auth/signet/server"
)

// patience is how long a test waits for what has to come.
const patience = 5 * time.Second

// A running server listens on loopback until the test ends.
type running struct {
	name string // "ours" or "stock"
	addr string
	http *http.Server   // which has the handler; for both
	ours *server.Server // nil for the stock one
	logs pad            // what ErrorLog got
	said pad            // what handlers noted
}

// A pad is written on from several goroutines.
type pad struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *pad) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *pad) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// take returns what was written, and starts a new page.
func (p *pad) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

type runningKey struct{}

// note writes down what a handler saw, with the server that called it.
func note(r *http.Request, format string, args ...any) {
	fmt.Fprintf(&at(r).said, format+"\n", args...)
}

// at is the server that serves a request.
func at(r *http.Request) *running { return r.Context().Value(runningKey{}).(*running) }

// serveBoth serves h twice: by a server.Server, and by an http.Server alone. What is to be set
// in the http.Server of each is set by change.
func serveBoth(t testing.TB, h http.Handler, change ...func(*http.Server)) (ours, stock *running) {
	t.Helper()
	stock = newRunning("stock", h, change)
	stock.listen(t, stock.http.Serve, stock.http.Close)
	ours = newRunning("ours", h, change)
	ours.ours = &server.Server{HTTP: ours.http}
	ours.listen(t, ours.ours.Serve, ours.ours.Close)
	return ours, stock
}

func newRunning(name string, h http.Handler, change []func(*http.Server)) *running {
	r := &running{name: name, http: &http.Server{Handler: h}}
	r.http.ErrorLog = log.New(&r.logs, "", 0)
	for _, f := range change {
		f(r.http)
	}
	base := r.http.BaseContext
	r.http.BaseContext = func(l net.Listener) context.Context {
		ctx := context.Background()
		if base != nil {
			ctx = base(l)
		}
		return context.WithValue(ctx, runningKey{}, r)
	}
	return r
}

func (r *running) listen(t testing.TB, serve func(net.Listener) error, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- serve(l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("%s: Serve = %v, want ErrServerClosed", r.name, err)
		}
	})
}

// connects counts connections, which come from addresses that begin with clients.
var connects atomic.Uint32

const clients = "127.0.1."

// connect comes from all over the loopback net: a fuzzer opens more connections in a minute
// than one address has ports for.
func (r *running) connect() (*net.TCPConn, error) {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(clients + strconv.Itoa(int(1+connects.Add(1)%250)))}}
	c, err := from.Dial("tcp", r.addr)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// dial connects. The connection is closed when the test ends, and reads and writes that take
// too long fail.
func (r *running) dial(t testing.TB) *net.TCPConn {
	t.Helper()
	c, err := r.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// ask sends raw on a connection of its own, and returns all that comes until the server closes
// it. The last request in raw should ask for that, as goodbye does.
func (r *running) ask(t testing.TB, raw string) string {
	t.Helper()
	c := r.dial(t)
	defer c.Close()
	// A server may stop reading and close before all is sent: that is an answer too.
	if _, err := io.WriteString(c, raw); err != nil && !isReset(err) {
		t.Fatalf("%s: send: %v", r.name, err)
	}
	got, err := io.ReadAll(c)
	if err != nil && !isReset(err) {
		t.Fatalf("%s: %v, after %d bytes: %.300q\nasked: %.300q", r.name, err, len(got), got, raw)
	}
	return string(got)
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// goodbye is a request after which each server closes. If its answer is there, the connection
// was kept open up to it, and nobody lost count of the bytes before.
const goodbye = "GET /goodbye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// withGoodbye answers goodbye, and leaves everything else to h.
func withGoodbye(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/goodbye" {
			w.Header().Set("X-Goodbye", "1")
			io.WriteString(w, "goodbye")
			return
		}
		h.ServeHTTP(w, r)
	})
}
