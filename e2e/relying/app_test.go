package relying_test

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"sync"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oidc"
)

// An app is the application.
type app struct {
	url  string
	auth *signet.Auth
	corp *oidc.Provider

	mu     sync.Mutex
	tokens map[string][]signet.Tokens // by user, the latest last
}

// routes are all pages of the application.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", a.auth.Handler())
	mux.Handle("GET /userposts", http.HandlerFunc(a.posts))
	mux.Handle("POST /renew", a.auth.Require(http.HandlerFunc(a.renew)))
	mux.Handle("POST /leave", http.HandlerFunc(a.leave))
	return a.auth.Middleware(http.NewCrossOriginProtection().Handler(mux))
}

// remember keeps what the provider gave at a sign-in.
func (a *app) remember(_ context.Context, s *signet.Session, in *signet.SignIn) {
	if in.Identity.Tokens == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens[s.UserID] = append(a.tokens[s.UserID], *in.Identity.Tokens)
}

func (a *app) of(s *signet.Session) []signet.Tokens {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens[s.UserID]
}

var posts = template.Must(template.New("posts").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>posts</title></head>
<body><h1 id="who">{{.}}</h1><form method="post" action="/leave"><button id="leave">Leave</button></form></body></html>
`))

func (a *app) posts(w http.ResponseWriter, r *http.Request) {
	s, _ := signet.SessionFrom(r.Context())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = posts.Execute(w, s.Email)
}

// A renewal tells what became of the tokens, without them.
type renewal struct {
	Ended   bool   `json:"ended"`             // the grant is over
	Fault   string `json:"fault,omitempty"`   // what else went wrong
	Access  bool   `json:"access,omitempty"`  // there is another access token
	Refresh bool   `json:"refresh,omitempty"` // there is another refresh token
}

// renew asks the provider for new tokens: with the latest, or with ?old those before them.
func (a *app) renew(w http.ResponseWriter, r *http.Request) {
	s, _ := signet.SessionFrom(r.Context())
	sets := a.of(s)
	back := 1
	if r.URL.Query().Has("old") {
		back = 2
	}
	if len(sets) < back {
		http.Error(w, "no such tokens", http.StatusConflict)
		return
	}
	old := sets[len(sets)-back]
	now, err := a.corp.Refresh(r.Context(), signet.World{}, old)
	answer := renewal{Ended: errors.Is(err, signet.ErrEnded)}
	if err != nil && !answer.Ended {
		answer.Fault = err.Error()
	}
	if err == nil {
		answer.Access, answer.Refresh = now.Access != old.Access, now.Refresh != old.Refresh
		a.mu.Lock()
		a.tokens[s.UserID] = append(a.tokens[s.UserID], now)
		a.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// leave signs out here, then at the provider.
func (a *app) leave(w http.ResponseWriter, r *http.Request) {
	var hint string
	if s := a.auth.Session(r); s != nil {
		if sets := a.of(s); len(sets) > 0 {
			hint = sets[len(sets)-1].ID
		}
	}
	if err := a.auth.SignOut(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	to, err := a.corp.EndSession(r.Context(), signet.World{}, hint, a.url+"/?left", "bye")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
