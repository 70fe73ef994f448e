package signet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Sign-in at another site, which sends the visitor back.

// An elsewhere is a provider whose answers a test chooses.
type elsewhere struct {
	info     signet.Info
	identity func(a *signet.Attempt) (signet.Step, error)
	finishes atomic.Int64
}

func (p *elsewhere) Info() signet.Info { return p.info }

func (p *elsewhere) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	to := "https://" + p.info.ID + ".example/authorize?" + url.Values{"state": {a.ID}, "redirect_uri": {a.Callback}}.Encode()
	return signet.Redirect{To: to, Keep: []byte("verifier of " + p.info.ID)}, nil
}

func (p *elsewhere) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	p.finishes.Add(1)
	if string(a.Keep) != "verifier of "+p.info.ID {
		return nil, fmt.Errorf("kept %q", a.Keep)
	}
	return p.identity(a)
}

// somewhere is a provider at which everybody is Jieun.
func somewhere(id string, trust bool) *elsewhere {
	return &elsewhere{
		info: signet.Info{ID: id, Type: "oauth", Name: strings.ToUpper(id), TrustEmail: trust},
		identity: func(*signet.Attempt) (signet.Step, error) {
			return signet.Identity{
				Subject: "4711", Name: "Lee Jieun", Email: "jieun@example.com", EmailVerified: true, Methods: []string{"fed"},
				Tokens:  &signet.Tokens{Access: "access-" + id, Refresh: "refresh-" + id, Expires: noon.Add(time.Hour)},
				Profile: json.RawMessage(`{"login":"jieun"}`),
			}, nil
		},
	}
}

// with adds providers to a house.
func with(list ...signet.Provider) func(*signet.Config) {
	return func(c *signet.Config) { c.Providers = append(c.Providers, list...) }
}

// depart begins a sign-in and returns where the visitor is sent.
func (c *courier) depart(provider string, more ...string) *url.URL {
	c.t.Helper()
	form := url.Values{"csrfToken": {c.csrf()}, "callbackUrl": {c.origin + "/posts"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	w := c.post("/api/auth/signin/"+provider, form)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		c.t.Fatalf("POST signin/%s: %d %s", provider, w.Code, w.Header().Get("Location"))
	}
	return to
}

// come comes back from there.
func (c *courier) come(provider string, from *url.URL, more ...string) *httptest.ResponseRecorder {
	q := url.Values{"code": {"a-code"}, "state": {from.Query().Get("state")}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return c.get("/api/auth/callback/" + provider + "?" + q.Encode())
}

func TestAway(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		corp := somewhere("corp", true)
		h := open(t, https, strategy, with(corp))
		c := h.courier(t)
		to := c.depart("corp")
		if to.Host != "corp.example" || to.Query().Get("redirect_uri") != site+"/api/auth/callback/corp" || len(to.Query().Get("state")) != 43 {
			t.Errorf("sent to %s", to)
		}
		w := c.come("corp", to)
		if w.Code != http.StatusFound || w.Header().Get("Location") != site+"/posts" {
			t.Fatalf("back: %d %s", w.Code, w.Header().Get("Location"))
		}
		if got := c.who(); !strings.Contains(got, `"name":"Lee Jieun","email":"jieun@example.com"`) {
			t.Errorf("session = %s", got)
		}
		if u, err := h.stores.Users.User(t.Context(), signet.By{Email: "jieun@example.com"}); err != nil || u.EmailVerified.IsZero() {
			t.Errorf("user = %+v, %v", u, err)
		}
		for _, pair := range c.cookies {
			if strings.Contains(pair, ".attempts") {
				t.Errorf("left over: %.40s", pair)
			}
		}
	})
}

func TestAwayForClients(t *testing.T) {
	h := open(t, with(somewhere("corp", true)))
	for name, ask := range map[string]func(*courier) *httptest.ResponseRecorder{
		"v5": func(c *courier) *httptest.ResponseRecorder {
			token := c.csrf()
			c.header.Set("X-Auth-Return-Redirect", "1")
			defer c.header.Del("X-Auth-Return-Redirect")
			return c.post("/api/auth/signin/corp?prompt=login", url.Values{"csrfToken": {token}, "callbackUrl": {"/posts"}})
		},
		"v4": func(c *courier) *httptest.ResponseRecorder {
			return c.post("/api/auth/signin/corp?", url.Values{"csrfToken": {c.csrf()}, "callbackUrl": {"/posts"}, "json": {"true"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := h.courier(t)
			w := ask(c)
			var body struct{ URL string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			to, err := url.Parse(body.URL)
			if err != nil || to.Host != "corp.example" {
				t.Fatalf("url = %q", body.URL)
			}
			if back := c.come("corp", to); back.Header().Get("Location") != "http://localhost/posts" {
				t.Errorf("back: %d %s", back.Code, back.Header().Get("Location"))
			}
		})
	}
}

// TestS06_AnswersThatBelongToNoAttempt: state, provider, callback, browser and time have to
// be those of the attempt.
func TestS06_AnswersThatBelongToNoAttempt(t *testing.T) {
	for _, test := range []struct {
		name string
		come func(*house, *courier, *url.URL) *httptest.ResponseRecorder
	}{
		{"at another provider", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder { return c.come("other", to) }},
		{"in another browser", func(h *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			return h.courier(c.t).come("corp", to)
		}},
		{"a second too late", func(h *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			h.clock.Advance(15*time.Minute + time.Second)
			return c.come("corp", to)
		}},
		{"without state", func(_ *house, c *courier, _ *url.URL) *httptest.ResponseRecorder {
			return c.get("/api/auth/callback/corp?code=a-code")
		}},
		{"an empty state", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			return c.come("corp", to, "state", "")
		}},
		{"a state of somebody else", func(h *house, c *courier, _ *url.URL) *httptest.ResponseRecorder {
			return c.come("corp", h.courier(c.t).depart("corp"))
		}},
		{"state twice", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			s := to.Query().Get("state")
			return c.get("/api/auth/callback/corp?code=x&state=" + s + "&state=" + s)
		}},
		{"code twice", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			return c.get("/api/auth/callback/corp?code=x&code=y&state=" + to.Query().Get("state"))
		}},
		{"a broken query", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			return c.get("/api/auth/callback/corp?code=%zz&state=" + to.Query().Get("state"))
		}},
		{"as a post", func(_ *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			return c.post("/api/auth/callback/corp", url.Values{"code": {"x"}, "state": {to.Query().Get("state")}, "csrfToken": {c.csrf()}})
		}},
		{"with cookies of a secret that went", func(h *house, c *courier, to *url.URL) *httptest.ResponseRecorder {
			if err := h.Rekey(secretsOf(newSecret)); err != nil {
				c.t.Fatal(err)
			}
			return c.come("corp", to)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			corp, other := somewhere("corp", true), somewhere("other", true)
			h := open(t, with(corp, other))
			c := h.courier(t)
			w := test.come(h, c, c.depart("corp"))
			if n := corp.finishes.Load() + other.finishes.Load(); n != 0 {
				t.Errorf("the provider was asked %d times", n)
			}
			if got := c.who(); got != "null" || w.Code >= 500 || !strings.Contains(w.Header().Get("Location"), "error=") {
				t.Errorf("%d %s, session %s", w.Code, w.Header().Get("Location"), got)
			}
		})
	}
}

// TestS66_OneAnswerIsUsedOnce: fifty at once, and once more later.
func TestS66_OneAnswerIsUsedOnce(t *testing.T) {
	for name, change := range map[string]func(*signet.Config){
		"with a store": func(*signet.Config) {}, "without": func(c *signet.Config) { c.Stores, c.Providers = signet.Stores{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			corp := somewhere("corp", true)
			h := open(t, change, with(corp))
			c := h.courier(t)
			to := c.depart("corp")
			var signedIn atomic.Int64
			var all sync.WaitGroup
			for range 50 {
				mine := c.copied()
				all.Go(func() {
					mine.come("corp", to)
					if mine.who() != "null" {
						signedIn.Add(1)
					}
				})
			}
			all.Wait()
			if corp.finishes.Load() != 1 || signedIn.Load() != 1 {
				t.Errorf("asked %d times, %d signed in; want one each", corp.finishes.Load(), signedIn.Load())
			}
			late := c.copied()
			late.come("corp", to)
			if corp.finishes.Load() != 1 || late.who() != "null" {
				t.Error("the same answer was used again later")
			}
		})
	}
}

// The tab that loses the race is signed in by the winner: reloading the answer goes on.
func TestAnswerReloadedAfterTheSignIn(t *testing.T) {
	h := open(t, with(somewhere("corp", true)))
	c := h.courier(t)
	to := c.depart("corp")
	before := c.copied()
	c.come("corp", to)
	for _, pair := range before.cookies {
		if name, value, _ := strings.Cut(pair, "="); strings.Contains(name, ".attempts") {
			c.plant(name, value)
		}
	}
	if w := c.come("corp", to); w.Header().Get("Location") != "http://localhost/posts" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

func TestManyTabs(t *testing.T) {
	corp := somewhere("corp", true)
	h := open(t, with(corp))
	c := h.courier(t)
	var tabs []*url.URL
	for range 9 {
		tabs = append(tabs, c.depart("corp", "callbackUrl", "http://localhost/"+strings.Repeat("x", 900)))
	}
	size := 0
	for _, pair := range c.cookies {
		size += len(pair)
	}
	if size > 8<<10 {
		t.Errorf("cookies of %d bytes", size)
	}
	if w := c.come("corp", tabs[0]); !strings.Contains(w.Header().Get("Location"), "error=OAuthCallback") {
		t.Errorf("the oldest of nine tabs: %s", w.Header().Get("Location"))
	}
	if w := c.come("corp", tabs[8]); strings.Contains(w.Header().Get("Location"), "error=") {
		t.Errorf("the newest of nine tabs: %s", w.Header().Get("Location"))
	}
}

// The answer of a provider that posts comes from another site, with a cookie made for that.
func TestS02_AnswerThatAnotherSitePosts(t *testing.T) {
	apple := somewhere("apple", true)
	apple.info.FormPost = true
	h := open(t, https, with(apple))
	c := h.courier(t)
	to := c.depart("apple")
	for _, pair := range c.cookies {
		if name, _, _ := strings.Cut(pair, "="); strings.HasSuffix(name, ".attempts") {
			t.Errorf("kept in %s, which a post from another site does not carry", name)
		}
	}
	c.header.Set("Origin", "https://apple.example")
	c.header.Set("Sec-Fetch-Site", "cross-site")
	w := c.post("/api/auth/callback/apple", url.Values{"code": {"x"}, "state": {to.Query().Get("state")}, "user": {`{"name":{}}`}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != site+"/posts" {
		t.Fatalf("%d %s %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if w := c.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}}); w.Code != http.StatusForbidden {
		t.Errorf("another site may post to other providers: %d", w.Code)
	}
}

func TestS83_TokensAtRest(t *testing.T) {
	corp := somewhere("corp", true)
	h := open(t, with(corp))
	c := h.courier(t)
	c.come("corp", c.depart("corp"))
	first, err := h.stores.Accounts.Account(t.Context(), "corp", "4711")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"access-corp", "refresh-corp", "jieun"} {
		if strings.Contains(string(first.Data), secret) {
			t.Errorf("the row shows %q", secret)
		}
	}
	if record, err := h.AccountRecord(first); err != nil || record.Tokens.Refresh != "refresh-corp" || string(record.Profile) != `{"login":"jieun"}` {
		t.Errorf("record = %v, %v", record, err)
	}
	for name, moved := range map[string]signet.Account{
		"another subject":  {Provider: "corp", Subject: "4712", Data: first.Data},
		"another provider": {Provider: "other", Subject: "4711", Data: first.Data},
		"a byte changed":   {Provider: "corp", Subject: "4711", Data: append(append([]byte(nil), first.Data[:len(first.Data)-1]...), first.Data[len(first.Data)-1]^1)},
		"cut":              {Provider: "corp", Subject: "4711", Data: first.Data[:10]},
		"none":             {Provider: "corp", Subject: "4711"},
	} {
		if _, err := h.AccountRecord(moved); err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
	// Sealed anew with the newest key at the next sign-in.
	if err := h.Rekey(secretsOf(newSecret, secret)); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
	c.come("corp", c.depart("corp"))
	if err := h.Rekey(secretsOf(newSecret)); err != nil {
		t.Fatal(err)
	}
	again, err := h.stores.Accounts.Account(t.Context(), "corp", "4711")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.AccountRecord(again); err != nil {
		t.Errorf("after the old secret went: %v", err)
	}
	if _, err := h.AccountRecord(first); err == nil {
		t.Error("what the old secret sealed opens without it")
	}
}

func TestExposedTokens(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, with(somewhere("corp", true)), func(c *signet.Config) {
			c.Session.Expose = map[string]string{"accessToken": "corp.access_token", "until": "corp.expires_at"}
		})
		c := h.courier(t)
		c.come("corp", c.depart("corp"))
		got := c.who()
		if !strings.Contains(got, `"accessToken":"access-corp"`) || !strings.Contains(got, fmt.Sprint(noon.Add(time.Hour).Unix())) || strings.Contains(got, "refresh-corp") {
			t.Errorf("session = %s", got)
		}
		c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
		c.signIn() // another way, without tokens
		if got := c.who(); strings.Contains(got, "access-corp") {
			t.Errorf("session of another sign-in = %s", got)
		}
	})
}

func TestS74_RefreshTokenCannotBeExposed(t *testing.T) {
	_, err := signet.New(signet.Config{
		Secrets: []string{secret}, Providers: []signet.Provider{somewhere("corp", true)}, World: quiet,
		Session: signet.SessionConfig{Expose: map[string]string{"x": "corp.refresh_token"}},
	})
	if err == nil || !strings.Contains(err.Error(), "corp.refresh_token") {
		t.Errorf("New: %v", err)
	}
}
