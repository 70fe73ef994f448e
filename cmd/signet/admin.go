package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// healthPatience is how long the database may take to answer a question about its health.
const healthPatience = 2 * time.Second

// newAdmin serves what operators ask: /livez (the process runs), /readyz (send it
// requests) and /metrics. It asks nobody who they are, so it only listens on loopback
// ([adminAddress]) and knows no sessions, users or secrets.
func newAdmin(o *opened, f *front, l *life) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if why := l.notReady(r.Context(), o); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
	mux.Handle("GET /metrics", newMetrics(o, f))
	return local(bounded(&recovery{next: mux, log: l.log}))
}

// notReady tells why requests should go elsewhere, or "".
func (l *life) notReady(ctx context.Context, o *opened) string {
	if l.draining.Load() {
		return "stopping"
	}
	if !healthy(ctx, o) {
		return "the database cannot be used"
	}
	return ""
}

func healthy(ctx context.Context, o *opened) bool {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	return o.store.Healthy(ctx) == nil
}

// local refuses requests for any name but those of this machine. Without it a web page
// could have its own name point at 127.0.0.1 and read what is here with the visitor's
// browser (DNS rebinding).
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !isLoopbackHost(strings.Trim(host, "[]")) {
			http.Error(w, fmt.Sprintf("%q is no name of this machine; ask for 127.0.0.1.", host), http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
