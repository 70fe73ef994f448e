package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/server"
)

// Limits of a connection (security line S-112).
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeader     = 32 << 10
	maxQueryKeys  = 100 // of our own end points; the gateway has a limit of its own
)

type handler = http.Handler

// A listener is an address with the server behind it.
type listener struct {
	net.Listener
	asked  string // the address as it was typed
	server *server.Server
}

// url is where a browser on this machine finds the listener.
func (l *listener) url() string {
	address := l.Addr().String()
	if asked, port, all := l.all(); all {
		here := "127.0.0.1"
		if asked == "::" {
			here = "::1"
		}
		address = net.JoinHostPort(here, port)
	}
	return "http://" + address
}

// String is the listener in the words of whoever typed the address: the system calls
// 0.0.0.0 [::], which nobody asked for.
func (l *listener) String() string {
	if asked, port, all := l.all(); all {
		return l.url() + " and on all other addresses of this machine (" + net.JoinHostPort(asked, port) + ")"
	}
	return l.url()
}

// all tells whether the listener is on all addresses, how they were asked for, and which
// port it has.
func (l *listener) all() (asked, port string, all bool) {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil || !net.ParseIP(host).IsUnspecified() {
		return "", "", false
	}
	asked, _, _ = net.SplitHostPort(l.asked)
	return asked, port, true
}

func newServer(h http.Handler, log *slog.Logger) *server.Server {
	return &server.Server{HTTP: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		// net/http adds 4 KiB of slack for its own buffer.
		MaxHeaderBytes: maxHeader - 4<<10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// usual refuses methods that only proxies and probes use.
func usual(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodTrace || r.Method == http.MethodConnect { // TRACE would show cookies to scripts
			http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bounded refuses what no page of ours is ever asked for: queries that are there to make work.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tooManyKeys(r.URL.RawQuery) {
			http.Error(w, "Too many parameters.", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func tooManyKeys(query string) bool { return strings.Count(query, "&") >= maxQueryKeys }

// A recovery answers panics of handlers with 500 and a line in the log, and counts them.
type recovery struct {
	next   http.Handler
	log    *slog.Logger
	panics atomic.Int64
}

func (h *recovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		h.panics.Add(1)
		h.log.Error("panic", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
	}()
	h.next.ServeHTTP(w, r)
}

// A watch sees how each request ended: for the metrics and for the request log.
type watch struct {
	next http.Handler
	seen func(r *http.Request, status int, took time.Duration)
}

// statusGone is for the log alone: the client left before it was answered.
const statusGone = 499

func (h *watch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	s := &statusWriter{ResponseWriter: w}
	done := false
	// Deferred, so that a request that is aborted is seen as well.
	defer func() {
		status := s.sent()
		if !done && s.status == 0 { // nobody was answered
			status = statusGone
		}
		h.seen(r, status, time.Since(start))
	}()
	h.next.ServeHTTP(s, r)
	done = true
}

// A statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom keeps the way open on which the system itself moves a large answer.
func (w *statusWriter) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return io.Copy(w.ResponseWriter, r)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) sent() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
