package signet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/signettest"
)

// granted is the answer of the token end point.
type granted struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
}

func askToken(t *testing.T, b *signettest.Browser, body map[string]any) (granted, int) {
	t.Helper()
	page := b.PostJSON("/api/auth/token", body)
	var g granted
	if err := json.Unmarshal([]byte(page.Body), &g); err != nil {
		t.Fatalf("%d %s: %v", page.Status, page.Body, err)
	}
	if page.Header.Get("Cache-Control") != "private, no-cache, no-store" {
		t.Errorf("Cache-Control = %q", page.Header.Get("Cache-Control"))
	}
	return g, page.Status
}

func refreshed(t *testing.T, h *house, token string) (granted, int) {
	t.Helper()
	page := h.browser(t).Post("/api/auth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	var g granted
	if err := json.Unmarshal([]byte(page.Body), &g); err != nil {
		t.Fatalf("%d %s: %v", page.Status, page.Body, err)
	}
	return g, page.Status
}

// withTokens is a site whose API is called posts.
func withTokens(c *signet.Config) {
	c.Access = signet.AccessConfig{Audiences: []string{"posts", "files"}, RefreshLife: 24 * time.Hour, Claims: []string{"email", "name", "groups"}}
	c.Limits = signet.Limits{AccountFree: 1e6, AccountHard: 1e6, NetworkPerMinute: 1e6, GlobalPerMinute: 1e6, RefreshTokensPerHour: 1e6}
}

// api is a resource server of another program: it knows the address of the keys and no more.
func api(t *testing.T, h *house, audience string) *httptest.Server {
	guard := &bearer.Guard{
		Keys: bearer.Remote(h.origin+"/api/auth/jwks", nil), Issuer: "signet", Audience: audience, Now: h.clock.Now,
	}
	s := httptest.NewServer(guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := bearer.From(r.Context())
		fmt.Fprint(w, c.Text("email"))
	})))
	t.Cleanup(s.Close)
	return s
}

func call(t *testing.T, url, token string) (int, string) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var b [512]byte
	n, _ := answer.Body.Read(b[:])
	return answer.StatusCode, string(b[:n])
}

func TestAccessTokenOpensAnAPIThatKnowsTheKeysOnly(t *testing.T) {
	for _, algorithm := range []string{"", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			h := open(t, withTokens, func(c *signet.Config) { c.Access.Algorithm = algorithm })
			posts, files := api(t, h, "posts"), api(t, h, "files")
			b := h.browser(t)
			if g, status := askToken(t, b, map[string]any{}); status != http.StatusUnauthorized || g.Access != "" {
				t.Errorf("nobody got %d %+v", status, g)
			}
			signIn(b, minsuPassword)
			g, status := askToken(t, b, map[string]any{"audience": "posts"})
			if status != http.StatusOK || g.Type != "Bearer" || g.Expires != 600 {
				t.Fatalf("%d %+v", status, g)
			}
			if status, body := call(t, posts.URL, g.Access); status != http.StatusOK || body != minsuEmail {
				t.Errorf("posts: %d %s", status, body)
			}
			if status, _ := call(t, files.URL, g.Access); status != http.StatusUnauthorized {
				t.Errorf("a token for posts opens files: %d", status)
			}
			h.clock.Advance(11 * time.Minute)
			if status, _ := call(t, posts.URL, g.Access); status != http.StatusUnauthorized {
				t.Errorf("an old token: %d", status)
			}
		})
	}
}

func TestAccessTokensAreForTheAudiencesListed(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	if g, status := askToken(t, b, map[string]any{"audience": "bank"}); status != http.StatusBadRequest || g.Error != "invalid_target" {
		t.Errorf("%d %+v", status, g)
	}
	closed := open(t)
	b = closed.browser(t)
	signIn(b, minsuPassword)
	if g, status := askToken(t, b, map[string]any{}); status != http.StatusBadRequest || g.Access != "" { // S-74
		t.Errorf("without audiences: %d %+v", status, g)
	}
}

func TestS22_TokensAreForOurOwnPages(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	if page := b.Post("/api/auth/token", url.Values{"audience": {"posts"}}); page.Status != http.StatusForbidden {
		t.Errorf("a form, as any site can send it: %d %s", page.Status, page.Body)
	}
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Header.Set("Origin", "https://evil.example")
	if page := b.PostJSON("/api/auth/token", map[string]any{}); page.Status != http.StatusForbidden || strings.Contains(page.Body, "access_token") {
		t.Errorf("another site: %d %s", page.Status, page.Body)
	}
}

// TestS95_TokensDoNotStandInForEachOther: a session cookie is no access token, and back.
func TestS95_TokensDoNotStandInForEachOther(t *testing.T) {
	for _, format := range formatsWritten {
		h := open(t, withTokens, func(c *signet.Config) { c.Session.Format = format })
		guard := httptest.NewServer(h.RequireToken("posts").Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		b := h.browser(t)
		signIn(b, minsuPassword)
		g, _ := askToken(t, b, map[string]any{})
		for _, c := range b.Cookies() {
			if status, _ := call(t, guard.URL, c.Value); status == http.StatusOK {
				t.Errorf("%s: the cookie %s opens an API", format.Name, c.Name)
			}
			thief := h.browser(t)
			thief.SetCookies(&http.Cookie{Name: c.Name, Value: g.Access, Path: "/"})
			if got := thief.Get("/api/auth/session").Body; strings.Contains(got, minsuEmail) {
				t.Errorf("%s: an access token opens a session as %s", format.Name, c.Name)
			}
		}
		guard.Close()
	}
}

func TestInternalAttachesATokenForTheAudience(t *testing.T) {
	h := open(t, withTokens)
	posts := api(t, h, "posts")
	client := &http.Client{Transport: h.Internal("posts")}
	page := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, posts.URL, nil)
		answer, err := client.Do(ask)
		if err != nil {
			fmt.Fprint(w, "nobody")
			return
		}
		answer.Body.Close()
		fmt.Fprint(w, answer.StatusCode)
	})))
	defer page.Close()
	b := h.browser(t)
	signIn(b, minsuPassword)
	if got := visitor(t, page.URL, b.Cookies()).Get("/").Body; got != "200" {
		t.Errorf("answer %s", got)
	}
	if got := visitor(t, page.URL, nil).Get("/").Body; got != "nobody" {
		t.Errorf("nobody's call: %s", got)
	}
}

func ExampleAuth_RequireToken() {
	auth, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet})
	if err != nil {
		panic(err)
	}
	defer auth.Close()
	mux := http.NewServeMux()
	mux.Handle("GET /user/{id}", auth.RequireToken("posts").Owner("id")(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "your posts") })))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/user/5", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	// Output: 401 Bearer
}

func ExampleAuth_Mint() {
	auth, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet})
	if err != nil {
		panic(err)
	}
	defer auth.Close()
	_, err = auth.Mint(context.Background(), "posts")
	fmt.Println(err)
	// Output: signet: not found
}

func TestIntrospectionKnowsOfSignOuts(t *testing.T) {
	h := open(t, withTokens)
	ask := httptest.NewServer(h.Introspection(func(r *http.Request) bool {
		_, secret, _ := r.BasicAuth()
		return secret == "the API's own"
	}))
	defer ask.Close()
	active := func(token, secret string) string {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, ask.URL, strings.NewReader(url.Values{"token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("posts", secret)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var v struct {
			Active bool   `json:"active"`
			Aud    string `json:"aud"`
			Error  string `json:"error"`
		}
		json.NewDecoder(answer.Body).Decode(&v)
		return fmt.Sprint(answer.StatusCode, v)
	}
	b := h.browser(t)
	signIn(b, minsuPassword)
	g, _ := askToken(t, b, map[string]any{"audience": "files"})
	for _, c := range []struct{ name, token, secret, want string }{
		{"a good token", g.Access, "the API's own", "200 {true files }"},
		{"asked by a stranger", g.Access, "guess", "401 {false  invalid_client}"},
		{"no token", "", "the API's own", "400 {false  invalid_request}"},
		{"another site's", strings.Replace(g.Access, ".", ".e30.", 1), "the API's own", "200 {false  }"},
		{"cut off", g.Access[:len(g.Access)-4], "the API's own", "200 {false  }"},
	} {
		if got := active(c.token, c.secret); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	if got := active(g.Access, "the API's own"); got != "200 {false  }" {
		t.Errorf("after the sign-out: %s", got)
	}
}

// TestS13_ADeafProcessGivesNoTokens: whether the session lives is not known, and the token
// would outlive the answer to that.
func TestS13_ADeafProcessGivesNoTokens(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		store := newBrittle()
		h := open(t, withTokens, store.use, strategy)
		b := h.browser(t)
		signIn(b, minsuPassword)
		store.mute.Store(true)
		soon(t, "the feed is found dead", func() bool {
			h.clock.Advance(time.Minute)
			return b.Post("/mine/", nil).Status == http.StatusServiceUnavailable
		})
		if page := b.PostJSON("/api/auth/token", map[string]any{}); page.Status != http.StatusServiceUnavailable || strings.Contains(page.Body, "access_token") {
			t.Errorf("%d %s", page.Status, page.Body)
		}
	})
}
