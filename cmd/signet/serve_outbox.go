package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// outboxPath is where letters are shown that are not sent.
const outboxPath = "/outbox"

// onlyHere shows next to programs on this machine that ask for it by one of its own names.
// What is on the page lets in whoever reads it: a proxy in front of the listener, or a site
// that points its name at this machine (DNS rebinding), gets what is not there.
func onlyHere(next, missing http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		passedOn := r.Header["X-Forwarded-For"] != nil || r.Header["Forwarded"] != nil
		if !isLoopback(r.RemoteAddr) || !isLoopbackHost(host) || passedOn {
			missing.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "private, no-store")
		next.ServeHTTP(w, r)
	})
}

// greetOutbox says where the letters are, when nothing else does.
func greetOutbox(w io.Writer, url string) {
	fmt.Fprintf(w, "letters are not sent; read them at %s\n", url+outboxPath)
}
