package oauth2_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

const (
	stateOfTest = "8FQnR9k1Yw2vG7sJ0aLxT4bZcD6eH3mPqUiOyVrNtSk"
	callback    = "https://app.test/api/auth/callback/fake"
)

// fake is a provider. Its fields may be changed between calls.
type fake struct {
	*httptest.Server
	token, userInfo http.HandlerFunc

	mu    sync.Mutex
	calls map[string]int
	forms []url.Values
	heads []http.Header
}

func newFake(t *testing.T) *fake {
	f := &fake{calls: map[string]int{}}
	f.token = answer(200, "application/json", `{"access_token":"at-1","token_type":"bearer","expires_in":3600,"refresh_token":"rt-1","scope":"email,profile"}`)
	f.userInfo = answer(200, "application/json", `{"id":42,"name":"Someone","mail":"s@x.test","ok":true,"picture":"https://x.test/p.png"}`)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		f.mu.Lock()
		f.calls[r.URL.Path]++
		f.forms = append(f.forms, r.Form)
		f.heads = append(f.heads, r.Header)
		f.mu.Unlock()
		switch r.URL.Path {
		case "/token", "/revoke":
			f.token(w, r)
		case "/me":
			f.userInfo(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[path]
}

func (f *fake) last() (url.Values, http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.forms[len(f.forms)-1], f.heads[len(f.heads)-1]
}

func answer(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// config is that of a provider at the fake.
func (f *fake) config() oauth2.Config {
	return oauth2.Config{
		ID: "fake", ClientID: "app", ClientSecret: "a secret & more",
		Authorize: f.URL + "/authorize?tenant=1", Token: f.URL + "/token", UserInfo: f.URL + "/me", Revocation: f.URL + "/revoke",
		Scopes: []string{"email", "profile"},
		Map:    oauth2.Mapping{Subject: "/id", Name: "/name", Email: "/mail", EmailVerified: "/ok", Image: "/picture"},
	}
}

func world() signet.World {
	return signet.World{
		Now: func() time.Time { return noon }, Rand: rand.Reader,
		Log: slog.New(slog.DiscardHandler), HTTP: http.DefaultClient,
	}
}

func attempt() *signet.Attempt {
	return &signet.Attempt{ID: stateOfTest, Callback: callback, World: world(), Fields: url.Values{}, Extra: url.Values{}}
}

// begin gives the query that the visitor is sent away with.
func begin(t *testing.T, p signet.Provider, a *signet.Attempt) url.Values {
	t.Helper()
	step, err := p.Begin(context.Background(), a)
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	to, ok := step.(signet.Redirect)
	if !ok {
		t.Fatalf("Begin gives a %T", step)
	}
	if len(to.Keep) > 512 {
		t.Errorf("Keep has %d bytes", len(to.Keep))
	}
	a.Keep = to.Keep
	u, err := url.Parse(to.To)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// finish brings the visitor back with a good answer.
func finish(t *testing.T, p signet.Provider, a *signet.Attempt) (signet.Identity, error) {
	t.Helper()
	begin(t, p, a)
	a.Fields = url.Values{"code": {"the-code-of-it"}, "state": {a.ID}}
	return finished(p, a)
}

func finished(p signet.Provider, a *signet.Attempt) (signet.Identity, error) {
	step, err := p.Finish(context.Background(), a)
	id, _ := step.(signet.Identity)
	return id, err
}

// kindOf is the error of Auth.js that a visitor would see.
func kindOf(err error) string {
	var no *signet.Refused
	switch {
	case err == nil:
		return ""
	case errors.As(err, &no):
		return no.Kind
	}
	return "Configuration"
}

func object(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
