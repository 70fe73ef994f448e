package oauth2_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// F-08 at the token and userinfo end points: the visitor can try again, sees nothing of the
// provider's, and a hostile answer costs little.
func TestProviderFaults(t *testing.T) {
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		blanks := []byte(strings.Repeat(" ", 1<<16))
		for range 100 {
			if _, err := z.Write(blanks); err != nil {
				return
			}
		}
		_ = z.Close()
	}
	flood := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 1600 {
			if _, err := io.WriteString(w, strings.Repeat("[", 1<<16)); err != nil {
				return
			}
		}
	}
	faults := map[string]http.HandlerFunc{
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"500":     answer(500, "text/html", "<h1>stack trace"), "429": answer(429, "application/json", `{"error":"slow_down"}`),
		"302 to HTML": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"200 HTML":    answer(200, "text/html", "<h1>maintenance"), "204": answer(204, "", ""),
		"JSON of the wrong type": answer(200, "application/json", `[1]`), "100 MiB": flood, "gzip bomb": bomb,
	}
	for name, fault := range faults {
		for _, place := range []string{"token", "userinfo"} {
			t.Run(name+" at "+place, func(t *testing.T) {
				f := newFake(t)
				if place == "token" {
					f.token = fault
				} else {
					f.userInfo = fault
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := finish(t, oauth2.New(f.config()), attempt())
				runtime.ReadMemStats(&after)
				if kindOf(err) != oauth2.Kind {
					t.Errorf("error = %v", err)
				}
				tidy(t, err)
				if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 4<<20 {
					t.Errorf("%d bytes", used)
				}
				if f.count("/elsewhere") != 0 {
					t.Error("the redirect was followed")
				}
			})
		}
	}
}

func TestCallsHaveADeadline(t *testing.T) {
	f := newFake(t)
	left := map[string]time.Duration{}
	a := attempt()
	a.World.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		end, ok := r.Context().Deadline()
		if !ok {
			t.Errorf("%s has no deadline", r.URL.Path)
		}
		left[r.URL.Path] = time.Until(end)
		return http.DefaultTransport.RoundTrip(r)
	})}
	if _, err := finish(t, oauth2.New(f.config()), a); err != nil {
		t.Fatal(err)
	}
	if d := left["/token"]; d > 10*time.Second || d < 8*time.Second {
		t.Errorf("the token end point has %v", d)
	}
	if d := left["/me"]; d > 5*time.Second || d < 3*time.Second {
		t.Errorf("the userinfo end point has %v", d)
	}
}

// F-08: the circuit opens after five failures and lets one call through ten seconds later.
func TestDeadTokenEndPoint(t *testing.T) {
	f := newFake(t)
	good := f.token
	f.token = answer(503, "text/html", "")
	p := oauth2.New(f.config())
	now := noon
	try := func() error {
		a := attempt()
		a.World.Now = func() time.Time { return now }
		_, err := finish(t, p, a)
		return err
	}
	for range 8 {
		if err := try(); kindOf(err) != oauth2.Kind {
			t.Fatal(err)
		}
	}
	if n := f.count("/token"); n != 5 {
		t.Fatalf("%d calls, want 5", n)
	}
	var no *signet.Refused
	if err := try(); !errors.Is(err, oauth2.ErrOpen) || !errors.As(err, &no) || no.RetryAfter != 10*time.Second {
		t.Errorf("error = %#v", err)
	}
	now = now.Add(10 * time.Second)
	for range 3 {
		_ = try()
	}
	if n := f.count("/token"); n != 6 {
		t.Errorf("%d calls, want 6", n)
	}
	now = now.Add(10 * time.Second)
	f.token = good
	for range 3 {
		if err := try(); err != nil {
			t.Error(err)
		}
	}
}

// A refusal is an answer: it opens no circuit, nor does a visitor who goes away.
func TestWhatOpensNoCircuit(t *testing.T) {
	f := newFake(t)
	good := f.token
	p := oauth2.New(f.config())
	f.token = answer(400, "application/json", `{"error":"invalid_grant"}`)
	for range 10 {
		if _, err := finish(t, p, attempt()); kindOf(err) != "Configuration" { // as Auth.js
			t.Fatal(err)
		}
	}
	f.token = good
	for range 10 {
		a := attempt()
		begin(t, p, a)
		a.Fields = map[string][]string{"code": {"c"}, "state": {a.ID}}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := p.Finish(ctx, a); err == nil {
			t.Fatal("signed in")
		}
	}
	if _, err := finish(t, p, attempt()); err != nil {
		t.Error(err)
	}
}

func TestRefresh(t *testing.T) {
	f := newFake(t)
	old := signet.Tokens{Access: "at-1", Refresh: "rt-1", ID: "it-1", Scope: "email", Type: "bearer", RefreshExpires: noon.Add(time.Hour)}
	life := 90 * 24 * time.Hour
	for _, test := range []struct {
		name, body  string
		life        time.Duration
		fixed       bool
		refresh     string
		refreshEnds time.Time
	}{
		{"the refresh token stays", `{"access_token":"at-2","expires_in":60}`, life, false, "rt-1", old.RefreshExpires},
		{"the same refresh token again", `{"access_token":"at-2","refresh_token":"rt-1"}`, life, false, "rt-1", old.RefreshExpires},
		{"a new one whose end is known", `{"access_token":"at-2","refresh_token":"rt-2"}`, life, false, "rt-2", noon.Add(life)},
		{"a new one with its end", `{"access_token":"at-2","refresh_token":"rt-2","refresh_token_expires_in":60}`, life, false, "rt-2", noon.Add(time.Minute)},
		{"a new one whose end nobody knows", `{"access_token":"at-2","refresh_token":"rt-2"}`, 0, false, "rt-2", time.Time{}},
		{"a new one in a grant with a fixed end", `{"access_token":"at-2","refresh_token":"rt-2"}`, life, true, "rt-2", old.RefreshExpires},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := f.config()
			c.RefreshLife, c.FixedEnd = test.life, test.fixed
			f.token = answer(200, "application/json", test.body)
			now, err := oauth2.New(c).Refresh(context.Background(), world(), old)
			if err != nil {
				t.Fatal(err)
			}
			if now.Access != "at-2" || now.Refresh != test.refresh || !now.RefreshExpires.Equal(test.refreshEnds) || now.ID != "it-1" || now.Scope != "email" {
				t.Errorf("tokens = %+v, refresh token until %v", now, now.RefreshExpires)
			}
			if form, _ := f.last(); form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "rt-1" || form.Has("redirect_uri") {
				t.Errorf("form = %v", form)
			}
		})
	}
}

func TestRefreshThatEndsTheGrant(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.Ended = func(e *oauth2.Error) bool { return e.Code == "190" }
	p := oauth2.New(c)
	old := signet.Tokens{Refresh: "rt-1"}
	for _, test := range []struct {
		status int
		body   string
		ended  bool
	}{
		{400, `{"error":"invalid_grant"}`, true}, {200, `{"error":"bad_refresh_token"}`, true}, {200, `{"ok":false,"error":"invalid_refresh_token"}`, true},
		{400, `{"error":"interaction_required"}`, true}, {400, `{"error":{"code":190}}`, true}, {400, `{"error":{"code":4}}`, false},
		{400, `{"error":"invalid_client"}`, false}, {400, `{"error":"invalid_request"}`, false}, {429, `{"error":"invalid_grant"}`, false},
		{500, `{"error":"invalid_grant"}`, false}, {200, `{`, false}, {404, ``, false},
	} {
		f.token = answer(test.status, "application/json", test.body)
		_, err := p.Refresh(context.Background(), world(), old)
		if err == nil || errors.Is(err, signet.ErrEnded) != test.ended {
			t.Errorf("%d %s: %v", test.status, test.body, err)
		}
	}
	calls := f.count("/token")
	for _, old := range []signet.Tokens{{Access: "at"}, {Refresh: "rt", RefreshExpires: noon}} {
		if _, err := p.Refresh(context.Background(), world(), old); !errors.Is(err, signet.ErrEnded) {
			t.Errorf("%v: %v", old, err)
		}
	}
	if f.count("/token") != calls {
		t.Error("the provider was asked though there is nothing to ask with")
	}
	f.Close()
	if _, err := p.Refresh(context.Background(), world(), old); err == nil || errors.Is(err, signet.ErrEnded) {
		t.Errorf("a dead provider: %v", err)
	}
}
