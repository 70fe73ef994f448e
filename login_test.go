package signet_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
)

// nest is a back end that checks passwords and gives tokens.
func nest() signet.Provider {
	return credentials.New(func(_ context.Context, f url.Values) (signet.Identity, error) {
		if f.Get("password") != "1234" {
			return signet.Identity{}, &signet.Refused{}
		}
		return signet.Identity{
			Subject: "7", UserID: "7", Name: "Jieun", Email: f.Get("email"), Methods: []string{"pwd"},
			Tokens:  &signet.Tokens{Access: "token-of-nest", Refresh: "refresh-of-nest", Expires: noon.Add(time.Hour)},
			Profile: json.RawMessage(`{"id":7,"email":"` + f.Get("email") + `","password":"$2b$10$x","posts":[]}`),
		}, nil
	}, credentials.Options{ID: "nest"})
}

func logIn(t *testing.T, h *house, c *courier, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/api/login", h.LogIn("nest", http.StatusCreated))
	mux.Handle("/api/logout", h.LogOut())
	mux.Handle("/api/auth/", h.Handler())
	c.handler = mux
	for i := 0; i+1 < len(header); i += 2 {
		c.header.Set(header[i], header[i+1])
	}
	return c.send(http.MethodPost, "/api/login", "application/json", body)
}

func TestLogInOfScripts(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, with(nest()), func(c *signet.Config) {
			c.Session.Expose = map[string]string{"accessToken": "nest.access_token", "user.id": "sub"}
		})
		c := h.courier(t)
		w := logIn(t, h, c, `{"email":"jieun@example.com","password":"1234"}`)
		if want := `{"id":7,"email":"jieun@example.com","posts":[],"accessToken":"token-of-nest"}`; w.Code != http.StatusCreated || w.Body.String() != want {
			t.Fatalf("%d %s, want %s", w.Code, w.Body, want)
		}
		got := c.who()
		for _, part := range []string{`"id":"7"`, `"name":"Jieun"`, `"accessToken":"token-of-nest"`} {
			if !strings.Contains(got, part) {
				t.Errorf("session lacks %s: %s", part, got)
			}
		}
		account, err := h.stores.Accounts.Account(t.Context(), "nest", "7")
		if err != nil {
			t.Fatal(err)
		}
		if r, err := h.AccountRecord(account); err != nil || r.Tokens.Refresh != "refresh-of-nest" {
			t.Errorf("record = %v, %v", r, err)
		}
		again := h.courier(t)
		logIn(t, h, again, `{"email":"jieun@example.com","password":"1234"}`)
		if a, b := sessionUser(t, h, c), sessionUser(t, h, again); a != "7" || a != b {
			t.Errorf("users %q and %q", a, b)
		}
		thief := c.copied()
		if w := c.send(http.MethodPost, "/api/logout", "application/json", "null"); w.Code != http.StatusOK || w.Body.String() != "null" {
			t.Errorf("log-out: %d %s", w.Code, w.Body)
		}
		if c.who() != "null" || thief.who() != "null" {
			t.Error("signed in after the log-out")
		}
	})
}

func TestLogInRefuses(t *testing.T) {
	h := open(t, with(nest()))
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
	}{
		{"wrong password", `{"email":"jieun@example.com","password":"x"}`, nil, http.StatusUnauthorized},
		{"nothing", `{}`, nil, http.StatusUnauthorized},
		{"no object", `[]`, nil, http.StatusBadRequest},
		{"a name twice", `{"password":"1234","password":"x"}`, nil, http.StatusBadRequest},
		{"from another site", `{"email":"jieun@example.com","password":"1234"}`, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"from another site without Sec-Fetch", `{"email":"jieun@example.com","password":"1234"}`, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := h.courier(t)
			if w := logIn(t, h, c, test.body, test.header...); w.Code != test.status || w.Body.String() != "null" && w.Code == http.StatusUnauthorized {
				t.Errorf("%d %s, want %d", w.Code, w.Body, test.status)
			}
			c.header = http.Header{}
			if c.who() != "null" {
				t.Error("signed in")
			}
		})
	}
	c := h.courier(t)
	logIn(t, h, c, "{}")
	if w := c.post("/api/login", url.Values{"email": {"a@b.example"}, "password": {"1234"}}); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", w.Code)
	}
	if w := c.get("/api/login"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}
