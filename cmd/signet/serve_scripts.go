package main

import (
	"net/http"

	"github.com/signet-auth/signet"
)

// scripts are the end points beside the base path at which programs log in and out: those
// that tutorials write as POST /api/login (ruling 22). They stand in front of `protect`: a
// rule for /api/:path* must not keep people from logging in.
func (c *config) scripts(auth *signet.Auth) map[string]http.Handler {
	ends := map[string]http.Handler{}
	for _, p := range c.providers {
		if p.loginPath != "" {
			ends[p.loginPath] = auth.LogIn(p.id, p.loginStatus)
		}
		if p.logoutPath != "" {
			ends[p.logoutPath] = auth.LogOut()
		}
	}
	return ends
}

// atPaths answers at exact paths, and sends the rest on.
func atPaths(ends map[string]http.Handler, next http.Handler) http.Handler {
	if len(ends) == 0 {
		return next
	}
	for path, end := range ends {
		ends[path] = bounded(end)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if end := ends[r.URL.Path]; end != nil {
			end.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
