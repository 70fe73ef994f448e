package main

import (
	"encoding/json"
	"net/http"

	"github.com/signet-auth/signet/bearer"
)

// The API of the second tutorial: it knows no sessions, only the token that the log-in
// answered with, and gives whoever shows it their own posts.
const (
	demoAPI   = "/demo/token/"
	demoLogIn = demoAPI + "login"
	demoUsers = demoAPI + "user/"
)

func (d *demo) tokenAPI() http.Handler {
	guard := d.opened.auth.RequireToken(demoAudience)
	// The tutorial sends the bare token, and has words of its own for a no.
	guard.AllowBare, guard.Refuse = true, bearer.NoAuthorization
	mux := http.NewServeMux()
	mux.Handle("POST "+demoLogIn, d.opened.auth.LogIn(d.site.config.passwordProvider(), 0))
	mux.Handle("GET "+demoUsers+"{id}", guard.Owner("id")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := bearer.From(r.Context())
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "private, no-store")
		json.NewEncoder(w).Encode(d.posts.of(c.Subject, c.Text("name"), c.Text("email"))) // fails only when the visitor has gone
	})))
	return mux
}
