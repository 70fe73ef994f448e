package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A Server serves what comes to its listeners. The zero value serves [http.DefaultServeMux].
// Its methods may be called from several goroutines. It must not be copied.
type Server struct {
	// HTTP gets every connection on which more than plain requests arrive, and everything that
	// is no plain TCP. Its Handler, ErrorLog, MaxHeaderBytes, BaseContext, ConnContext and
	// timeouts hold for all requests, and are not changed once Serve was called; of ConnState
	// and SetKeepAlivesEnabled the connections that are served here know nothing. BaseContext
	// and ConnContext are asked again for what goes to HTTP, with a listener and connections
	// that are wrapped. It is served and shut down by the Server alone. Nil is the zero
	// http.Server.
	HTTP *http.Server

	once    sync.Once
	closing atomic.Bool

	mu        sync.Mutex
	listeners map[*net.Listener]struct{} // by pointer: not every listener can be a key
	conns     map[*conn]struct{}
}

func (s *Server) prepare() {
	s.once.Do(func() {
		if s.HTTP == nil {
			s.HTTP = &http.Server{}
		}
		s.listeners, s.conns = map[*net.Listener]struct{}{}, map[*conn]struct{}{}
	})
}

// Serve accepts connections until the listener fails or the Server is shut down, and returns
// [http.ErrServerClosed] then. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	s.prepare()
	defer l.Close()
	if !s.listen(&l) {
		return http.ErrServerClosed
	}
	defer s.unlisten(&l)
	base := context.Background()
	if s.HTTP.BaseContext != nil {
		base = s.HTTP.BaseContext(l)
	}
	p := newPassage(context.WithValue(base, http.ServerContextKey, s.HTTP), l.Addr())
	go s.HTTP.Serve(p)
	for pause := time.Duration(0); ; {
		c, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.start(p, c)
		case s.closing.Load():
			return http.ErrServerClosed
		case !passing(err):
			return err
		default: // as net/http does: too many open files, for one
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.logf("http: Accept error: %v; retrying in %v", err, pause)
			time.Sleep(pause)
		}
	}
}

// ListenAndServe serves on the address of HTTP, on all addresses and port 80 for none.
func (s *Server) ListenAndServe() error {
	s.prepare()
	address := s.HTTP.Addr
	if address == "" {
		address = ":http"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return s.Serve(l)
}

// passing tells errors of Accept that may be over soon.
func passing(err error) bool {
	var may interface{ Temporary() bool }
	return errors.As(err, &may) && may.Temporary()
}

func (s *Server) listen(l *net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) unlisten(l *net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// start serves a connection.
func (s *Server) start(p *passage, raw net.Conn) {
	tcp, ok := raw.(*net.TCPConn)
	if spoken := s.HTTP.Protocols; !ok || spoken != nil && !spoken.HTTP1() {
		p.handOver(raw)
		return
	}
	c := newConn(s, p, tcp)
	if !s.remember(c) {
		tcp.Close()
		return
	}
	go c.serve()
}

// remember is false where Shutdown has begun, and may have looked at all connections already.
func (s *Server) remember(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// RegisterOnShutdown has f called, in a goroutine of its own, when Shutdown begins. It is for
// what lasts, as streams and sockets do, and would be waited for in vain.
func (s *Server) RegisterOnShutdown(f func()) {
	s.prepare()
	s.HTTP.RegisterOnShutdown(f)
}

// Shutdown looks whether all requests have ended, at first often and then more rarely.
const (
	firstLook = time.Millisecond
	lastLook  = 100 * time.Millisecond
)

// Shutdown stops listening, closes what is idle, and waits until what has begun is answered or
// ctx ends, whose error it returns then. As with net/http, a request that is on its way to HTTP
// and has not begun gets no answer any more.
func (s *Server) Shutdown(ctx context.Context) error {
	s.prepare()
	err := s.stopListening()
	odd := make(chan error, 1)
	go func() { odd <- s.HTTP.Shutdown(ctx) }()
	for pause := firstLook; s.closeIdle() > 0; pause = min(2*pause, lastLook) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return cmp.Or(err, <-odd)
}

// Close closes all listeners and connections, but for those that were hijacked.
func (s *Server) Close() error {
	s.prepare()
	err := s.stopListening()
	s.mu.Lock()
	for c := range s.conns {
		c.tcp.Close()
	}
	s.mu.Unlock()
	return errors.Join(err, s.HTTP.Close())
}

func (s *Server) stopListening() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing.Store(true)
	for l := range s.listeners {
		if closed := (*l).Close(); closed != nil && !errors.Is(closed, net.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	return err
}

// newFor is how long a connection on which nothing has come yet is no idle one: the first
// request may be on its way.
const newFor = 5 * time.Second

// closeIdle closes connections on which nothing is asked, and returns how many are left.
func (s *Server) closeIdle() (left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		old := time.Since(c.born) > newFor
		if c.state.CompareAndSwap(stateIdle, stateClosed) || old && c.state.CompareAndSwap(stateNew, stateClosed) {
			c.tcp.Close()
		}
	}
	return len(s.conns)
}

// handler is asked for each request, as net/http has it.
func (s *Server) handler() http.Handler {
	if s.HTTP.Handler == nil {
		return http.DefaultServeMux
	}
	return s.HTTP.Handler
}

func (s *Server) logf(format string, args ...any) {
	if s.HTTP.ErrorLog != nil {
		s.HTTP.ErrorLog.Output(2, fmt.Sprintf(format, args...))
		return
	}
	log.Printf(format, args...)
}
