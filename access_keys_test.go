package signet_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

func TestRequireTokenOutlivesARotation(t *testing.T) {
	h := open(t, withTokens, func(c *signet.Config) { c.Secrets, c.Keys = nil, seal.Ring{oldKey} })
	guard := httptest.NewServer(h.RequireToken("posts").Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	defer guard.Close()
	b := h.browser(t)
	signIn(b, minsuPassword)
	before, _ := askToken(t, b, map[string]any{})
	if err := h.Rekey(signet.Config{Keys: seal.Ring{newKey, oldKey}}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(2 * time.Minute)
	after, _ := askToken(t, b, map[string]any{})
	for name, token := range map[string]string{"before": before.Access, "after": after.Access} {
		if status, _ := call(t, guard.URL, token); status != http.StatusOK {
			t.Errorf("a token from %s: %d", name, status)
		}
	}
	if strings.Split(before.Access, ".")[0] == strings.Split(after.Access, ".")[0] {
		t.Error("the new key does not sign")
	}
}

func TestAccessConfigErrors(t *testing.T) {
	for name, change := range map[string]func(*signet.Config){
		"an empty audience":                func(c *signet.Config) { c.Access.Audiences = []string{"posts", ""} },
		"refresh tokens without a store":   func(c *signet.Config) { c.Access.RefreshLife, c.Stores = time.Hour, signet.Stores{} },
		"HS256 with the secret of cookies": func(c *signet.Config) { c.Access.Algorithm = "HS256" },
		"an algorithm of nobody":           func(c *signet.Config) { c.Access.Algorithm = "none" },
		"HS256 with a secret of cookies as its key": func(c *signet.Config) {
			c.Access.Algorithm, c.Access.Keys = "HS256", seal.Secrets(newSecret, secret)
		},
		"a claim that the token itself says": func(c *signet.Config) { c.Access.Claims = []string{"name", "Exp"} },
		"the subject as a claim":             func(c *signet.Config) { c.Access.Claims = []string{"sub"} },
		"a life of two days":                 func(c *signet.Config) { c.Access.Life = 48 * time.Hour },
	} {
		c := signet.Config{Secrets: []string{secret}, World: quiet}
		change(&c)
		if _, err := signet.New(c); err == nil || !strings.Contains(err.Error(), "Access") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAudienceIsOneName(t *testing.T) {
	h := open(t, withTokens, func(c *signet.Config) { c.Access.Audiences = []string{"posts", "files"} })
	b := h.browser(t)
	signIn(b, minsuPassword)
	for _, c := range []struct {
		audience any
		status   int
	}{{"posts", 200}, {"files", 200}, {"", 200}, {nil, 200}, {[]string{"files"}, 400}, {map[string]any{"a": "files"}, 400}, {7, 400}, {true, 400}} {
		if g, status := askToken(t, b, map[string]any{"audience": c.audience}); status != c.status || status == 400 && g.Error != "invalid_target" {
			t.Errorf("%v: %d %s", c.audience, status, g.Error)
		}
	}
}

// Keys of their own for access tokens change while requests are served, as secrets do.
func TestRekeyChangesTheKeysOfAccessTokens(t *testing.T) {
	older, newer := seal.Key{ID: "1", Secret: []byte("Gs3Jf0PeZc7Lq1Wm9Tr4Yh6Nk2Vx8Bd5")}, seal.Key{ID: "2", Secret: []byte("Nk2Vx8Bd5Gs3Jf0PeZc7Lq1Wm9Tr4Yh6")}
	h := open(t, withTokens, func(c *signet.Config) { c.Access.Keys = seal.Ring{older} })
	b := h.browser(t)
	signIn(b, minsuPassword)
	kid := func() string {
		g, _ := askToken(t, b, map[string]any{})
		head, _, _ := strings.Cut(g.Access, ".")
		text, _ := base64.RawURLEncoding.DecodeString(head)
		return string(text)
	}
	published := func() int { return strings.Count(b.Get("/api/auth/jwks").Body, `"kid"`) }
	rekey := func(ring ...seal.Key) {
		t.Helper()
		if err := h.Rekey(signet.Config{Secrets: h.config.Secrets, Access: signet.AccessConfig{Keys: ring}}); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := askToken(t, b, map[string]any{})
	before := kid()
	rekey(newer, older)
	if kid() != before || published() != 2 {
		t.Errorf("at first: %s signs, %d are published", kid(), published())
	}
	h.clock.Advance(time.Minute)
	after := kid()
	if after == before {
		t.Error("after a minute the old key signs")
	}
	guard := h.RequireToken("posts")
	if _, err := guard.Verify(t.Context(), first.Access); err != nil {
		t.Errorf("a token of the old key: %v", err)
	}
	rekey() // nothing is said of them
	if kid() != after || published() != 2 {
		t.Error("a change of secrets alone changed the keys of access tokens")
	}
	rekey(newer)
	if _, err := guard.Verify(t.Context(), first.Access); err == nil || kid() != after || published() != 1 {
		t.Errorf("without the old key: %v, %d are published", err, published())
	}
}

func TestJWKSTakesHead(t *testing.T) {
	h := open(t, withTokens)
	for path, status := range map[string]int{"/api/auth/jwks": 200, "/api/auth/session": 400} {
		answer, err := http.Head(h.origin + path)
		if err != nil || answer.StatusCode != status || status == 200 && answer.Header.Get("ETag") == "" {
			t.Errorf("%s: %v %v", path, answer, err)
		}
	}
}

// TestS32_TheKeySetIsPublicOnlyByItself: a middleware around it may renew a session, and no
// cache may give that to others.
func TestS32_TheKeySetIsPublicOnlyByItself(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	h.clock.Advance(5 * 24 * time.Hour)
	all := httptest.NewServer(h.Middleware(h.Handler()))
	defer all.Close()
	v := visitor(t, all.URL, b.Cookies())
	page := v.Get("/api/auth/jwks")
	if lines := page.Header["Set-Cookie"]; len(lines) > 0 || page.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("%q with %q", page.Header.Get("Cache-Control"), lines)
	}
	if page := v.Get("/api/auth/providers"); lineOf(page.Header, sessionName) == "" {
		t.Error("the next answer does not renew the session")
	}
}
