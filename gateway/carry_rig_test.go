package gateway

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/server"
)

// A script plays one connection of an upstream: it is called for each request that came
// whole, with the number of the request on this connection.
type script func(c net.Conn, r *http.Request, n int) (goOn bool)

// A rawUpstream is a server that says what its script says, byte for byte.
type rawUpstream struct {
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	served   sync.WaitGroup
	requests []string // method and target of each
}

func newRawUpstream(t testing.TB, play script) *rawUpstream {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawUpstream{listener: l}
	s.served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.served.Go(func() { s.serve(c, play) })
		}
	})
	t.Cleanup(s.close)
	return s
}

func (s *rawUpstream) serve(c net.Conn, play script) {
	defer c.Close()
	br := bufio.NewReader(c)
	for n := 0; ; n++ {
		r, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.RequestURI)
		s.mu.Unlock()
		if !play(c, r, n) {
			return
		}
		io.Copy(io.Discard, r.Body)
	}
}

func (s *rawUpstream) close() {
	s.listener.Close()
	s.closeConns()
	s.served.Wait()
}

func (s *rawUpstream) closeConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

func (s *rawUpstream) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *rawUpstream) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *rawUpstream) url() string { return "http://" + s.listener.Addr().String() }

// oneConn listens, gives the first connection to play and returns the address.
func oneConn(t *testing.T, play func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		play(c)
	}()
	return l.Addr().String()
}

// says is a script that gives the same bytes to everybody.
func says(answer string) script {
	return func(c net.Conn, r *http.Request, _ int) bool {
		io.Copy(io.Discard, r.Body)
		io.WriteString(c, answer)
		return true
	}
}

// A front is a gateway with nothing but carry in it.
type front struct {
	URL    string
	u      *upstream
	change func(r *http.Request, out *outgoing) *http.Request
	mu     sync.Mutex
	errs   []*carryError
}

func newFront(t testing.TB, upstreamURL string, o upstreamOptions, change func(*http.Request, *outgoing) *http.Request) *front {
	t.Helper()
	target, err := url.Parse(upstreamURL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := newUpstream(target, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{u: u, change: change}
	t.Cleanup(u.close)
	f.URL = startServer(t, &http.Server{Handler: f})
	return f
}

// startServer serves until the end of the test, and returns the URL.
func startServer(t testing.TB, hs *http.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs.ErrorLog = quietLog
	s, done := &server.Server{HTTP: hs}, make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

func (f *front) addr() string { return strings.TrimPrefix(f.URL, "http://") }

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := linesOf(r.Header)
	out := &outgoing{Method: r.Method, Target: r.URL.RequestURI(), Header: &header, Body: r.Body, Length: r.ContentLength}
	if r.Body == http.NoBody {
		out.Body, out.Length = nil, 0
	}
	if f.change != nil {
		r = f.change(r, out)
	}
	err := f.u.carry(w, r, out)
	if err == nil {
		return
	}
	var failed *carryError
	if !errors.As(err, &failed) {
		panic(fmt.Sprintf("carry returned %T", err))
	}
	f.mu.Lock()
	f.errs = append(f.errs, failed)
	f.mu.Unlock()
	w.Header().Set("X-Kind", failed.Kind)
	w.WriteHeader(failed.Status)
}

func (f *front) lastError() *carryError {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.errs) == 0 {
		return nil
	}
	return f.errs[len(f.errs)-1]
}

// eventually waits for something that another goroutine does.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 5 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// goroutinesReturn fails the test if more goroutines are left at its end than there were at
// this call. Call it first, so that it runs last.
func goroutinesReturn(t testing.TB) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		end := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before {
			if time.Now().After(end) {
				buf := make([]byte, 1<<20)
				t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// get asks the front and reads the whole answer. The error is that of the request or of
// the body.
func get(t testing.TB, target string) (*http.Response, string, error) {
	t.Helper()
	return do(t, http.MethodGet, target, nil)
}

func do(t testing.TB, method, target string, body io.Reader) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	// Without this the client itself would repeat requests.
	r.GetBody = nil
	resp, err := testClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	return resp, string(read), err
}

var testClient = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       20 * time.Second,
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// quietLog is for servers whose clients break off on purpose.
var quietLog = log.New(io.Discard, "", 0)
