package signet_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/signettest"
)

// shown is the cookie of a browser with that name, "" where there is none.
func shown(b *signettest.Browser, name string) string {
	for _, c := range b.Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func withTokenCookie(c *signet.Config) {
	c.TokenCookies = []signet.TokenCookie{{Provider: "backend", Name: "accessToken"}}
}

// TestTutorial2Cookie: the back end's token in an HttpOnly, SameSite=Strict cookie for a
// day, and what the tutorial still wishes for: the token is renewed.
func TestTutorial2Cookie(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, _ := nested(t, setup, withTokenCookie)
			mux := http.NewServeMux()
			mux.Handle("POST /api/login", h.LogIn("backend", http.StatusCreated))
			mux.Handle("POST /api/logout", h.LogOut())
			mux.Handle("GET /api/posts", h.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				set, err := h.Token(r.Context(), "backend")
				if err != nil {
					t.Error(err)
				}
				io.WriteString(w, set.Access)
			})))
			site := httptest.NewServer(mux)
			defer site.Close()
			b := signettest.NewBrowser(t, site.URL)
			page := b.PostJSON("/api/login", map[string]any{"email": "yuna@example.com", "password": "x"})
			line := lineOf(page.Header, "accessToken")
			if page.Status != http.StatusCreated || !strings.HasPrefix(line, "accessToken=access-2; ") {
				t.Fatalf("%d %s: %q", page.Status, page.Body, line)
			}
			for _, part := range []string{"HttpOnly", "SameSite=Strict", "Max-Age=86400", "Path=/"} {
				if !strings.Contains(line, part) {
					t.Errorf("the cookie lacks %s: %s", part, line)
				}
			}
			h.clock.Advance(2 * time.Hour)
			if got := b.Get("/api/posts").Body; got != "access-3" || shown(b, "accessToken") != "access-3" {
				t.Errorf("after its end: %s, and the cookie holds %s", got, shown(b, "accessToken"))
			}
			if n.calls.Load() != 1 {
				t.Errorf("%d refreshes", n.calls.Load())
			}
			if page := b.PostJSON("/api/logout", map[string]any{}); page.Status != http.StatusOK || shown(b, "accessToken") != "" {
				t.Errorf("log-out: %d, and the cookie holds %q", page.Status, shown(b, "accessToken"))
			}
		})
	}
}

// lineOf is the last line about a cookie.
func lineOf(h http.Header, name string) string {
	line := ""
	for _, l := range h["Set-Cookie"] {
		if strings.HasPrefix(l, name+"=") {
			line = l
		}
	}
	return line
}

func TestTokenCookieIsSecureOnHTTPS(t *testing.T) {
	h, _, _ := nested(t, withTokenCookie, func(c *signet.Config) { c.URL = "https://app.example.com" })
	r := httptest.NewRequest(http.MethodPost, "https://app.example.com/api/login", strings.NewReader(`{"email":"yuna@example.com"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.LogIn("backend", 0).ServeHTTP(w, r)
	if line := lineOf(w.Header(), "accessToken"); !strings.Contains(line, "; Secure") {
		t.Errorf("Set-Cookie: %q", line)
	}
	if !h.OwnCookie("accessToken") || !h.OwnCookie("__Secure-authjs.session-token.3") || h.OwnCookie("theme") {
		t.Error("OwnCookie does not know which cookies are ours")
	}
}

func TestTokenCookieErrors(t *testing.T) {
	for name, cookies := range map[string][]signet.TokenCookie{
		"of nobody":         {{Provider: "nest", Name: "accessToken"}},
		"with a bad name":   {{Provider: "credentials", Name: "a;b"}},
		"under our name":    {{Provider: "credentials", Name: "authjs.session-token"}},
		"with the same one": {{Provider: "credentials", Name: "x"}, {Provider: "credentials", Name: "x"}},
	} {
		check := credentials.New(nil)
		_, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet, Providers: []signet.Provider{check}, TokenCookies: cookies})
		if err == nil || !strings.Contains(err.Error(), "TokenCookies") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTutorial1API: log-in answers with a token of an hour, and the API asks for it.
func TestTutorial1API(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Access = signet.AccessConfig{
			Audiences: []string{"posts"}, Algorithm: "HS256", Life: time.Hour, RefreshLife: 12 * time.Hour, Claims: []string{"name", "email"},
			Keys: seal.Ring{{ID: "1", Secret: []byte("a secret that the API shares: 0123456789")}},
		}
		c.Session.Expose = map[string]string{"user.accessToken": "signet.access_token", "user.id": "sub"}
	})
	mux := http.NewServeMux()
	mux.Handle("POST /api/login", h.LogIn("credentials", 0))
	guard := h.RequireToken("posts")
	guard.AllowBare, guard.Refuse = true, bearer.NoAuthorization
	mux.Handle("GET /api/user/{id}", guard.Owner("id")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := bearer.From(r.Context())
		fmt.Fprintf(w, `[{"title":"Hello","author":{"name":%q,"email":%q}}]`, c.Text("name"), c.Text("email"))
	})))
	mux.Handle("/api/auth/", h.Handler())
	site := httptest.NewServer(mux)
	defer site.Close()
	b := signettest.NewBrowser(t, site.URL)
	var user struct{ ID, Email, AccessToken, RefreshToken string }
	b.PostJSON("/api/login", map[string]any{"email": minsuEmail, "password": minsuPassword}).JSON(t, &user)
	var view struct {
		User struct{ ID, AccessToken string }
	}
	b.Get("/api/auth/session").JSON(t, &view)
	if user.AccessToken == "" || view.User.AccessToken == "" || view.User.ID != user.ID {
		t.Fatalf("log-in: %+v, session: %+v", user, view)
	}
	renewed, status := refreshed(t, h, user.RefreshToken)
	if status != http.StatusOK || renewed.Refresh == "" {
		t.Fatalf("refresh token %q: %d", user.RefreshToken, status)
	}
	h.clock.Advance(59 * time.Minute)
	for _, c := range []struct {
		name, id, header string
		status           int
	}{
		{"as the tutorial sends it", user.ID, user.AccessToken, 200},
		{"with Bearer", user.ID, "Bearer " + user.AccessToken, 200},
		{"that of the session", user.ID, "Bearer " + view.User.AccessToken, 200},
		{"renewed by a program that keeps no cookies", user.ID, "Bearer " + renewed.Access, 200},
		{"none", user.ID, "", 401},
		{"a bad one", user.ID, "Bearer x.y.z", 401},
		{"for somebody else", "99", user.AccessToken, 401},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+"/api/user/"+c.id, nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.status || c.status == 401 && string(body) != `{"error":"No Authorization"}` {
			t.Errorf("%s: %d %s", c.name, answer.StatusCode, body)
		}
		var posts []struct{ Author struct{ Name, Email string } }
		if c.status == 200 && (json.Unmarshal(body, &posts) != nil || posts[0].Author.Email != minsuEmail) {
			t.Errorf("%s: %s", c.name, body)
		}
	}
	h.clock.Advance(2 * time.Minute)
	if status, body := call(t, site.URL+"/api/user/"+user.ID, user.AccessToken); status != 401 {
		t.Errorf("after an hour: %d %s", status, body)
	}
}

// TestS13_ALateTokenDoesNotUndoASignOut: while a request waits for the provider, its session is
// ended. It gets no token, and its answer, which comes last, does not bring the cookies back.
func TestS13_ALateTokenDoesNotUndoASignOut(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup, withTokenCookie)
			hold := make(chan struct{})
			n.set(func() { n.hold = hold })
			h.clock.Advance(2 * time.Hour)
			late := make(chan signettest.Page)
			v := visitor(t, h.tokenPage(t).URL, b.Cookies())
			go func() { late <- v.Get("/") }()
			soon(t, "the provider is asked", func() bool { return n.calls.Load() == 1 })
			b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
			close(hold)
			page := <-late
			if lines := page.Header["Set-Cookie"]; len(lines) > 0 {
				t.Errorf("after the sign-out: %q", lines)
			}
			if strings.Contains(page.Body, "access-") {
				t.Errorf("after the sign-out there is a token: %s", page.Body)
			}
		})
	}
}

// A token that does not fit takes the old one's cookie away: servers beside us would be shown
// one that is over.
func TestATokenThatDoesNotFitClearsItsCookie(t *testing.T) {
	var log logbook
	h, n, b := nested(t, setups["database"], withTokenCookie, log.use)
	n.set(func() { n.pad = strings.Repeat("x", 5000) })
	h.clock.Advance(2 * time.Hour)
	v := visitor(t, h.tokenPage(t).URL, b.Cookies())
	for range 5 {
		if got := v.Get("/").Body; !strings.HasPrefix(got, "access-2xxx") {
			t.Fatalf("%.40s", got)
		}
	}
	if got := shown(v, "accessToken"); got != "" {
		t.Errorf("the cookie holds %q", got)
	}
	if n := strings.Count(log.String(), "does not fit"); n != 1 {
		t.Errorf("it was logged %d times", n)
	}
}

// TestS09_TheTokenOfTheOneBeforeDoesNotStay: somebody else signs in at a browser, and brings
// no token. Servers beside us would take them for the one before.
func TestS09_TheTokenOfTheOneBeforeDoesNotStay(t *testing.T) {
	h, _, _ := nested(t, withTokenCookie)
	h = h.another(t, func(c *signet.Config) {
		c.Providers = append(c.Providers, credentials.Passwords(credentials.PasswordOptions{Hasher: h.hasher}))
	})
	b := h.browser(t)
	byForm("backend", "yuna@example.com", "x")(t, b)
	if shown(b, "accessToken") != "access-2" {
		t.Fatal("no cookie")
	}
	signIn(b, minsuPassword)
	if got := shown(b, "accessToken"); got != "" || !strings.Contains(who(b), minsuEmail) {
		t.Errorf("%s has %q", who(b), got)
	}
	byForm("backend", "yuna@example.com", "x")(t, b)
	if got := shown(b, "accessToken"); got != "access-3" {
		t.Errorf("who came back has %q", got)
	}
}
