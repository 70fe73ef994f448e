package signet_test

import (
	"context"
	"encoding/base64"
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
	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
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

func TestS86_RefreshTokensRotateAndAReplayEndsTheFamily(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	second, status := refreshed(t, h, first.Refresh)
	if status != http.StatusOK || second.Refresh == first.Refresh || second.Access == "" {
		t.Fatalf("%d %+v", status, second)
	}
	if again, _ := refreshed(t, h, first.Refresh); again.Refresh != second.Refresh {
		t.Error("within the grace the predecessor gives another successor")
	}
	third, _ := refreshed(t, h, second.Refresh)
	h.clock.Advance(11 * time.Second)
	if g, status := refreshed(t, h, second.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("reuse after the grace: %d %+v", status, g)
	}
	if g, status := refreshed(t, h, third.Refresh); status != http.StatusBadRequest || g.Access != "" {
		t.Errorf("the family lives on after a replay: %d %+v", status, g)
	}
	if h.Stats().ReusedTokens != 1 {
		t.Errorf("ReusedTokens = %d", h.Stats().ReusedTokens)
	}
}

func TestS86_AThousandPresentOneTokenAndOneSuccessorFollows(t *testing.T) {
	h := open(t, withTokens)
	second := h.another(t)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	var mu sync.Mutex
	successors := map[string]int{}
	var all sync.WaitGroup
	for i := range 1000 {
		at := h
		if i%2 == 1 {
			at = second
		}
		all.Go(func() {
			body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}}.Encode()
			r := httptest.NewRequest(http.MethodPost, at.origin+"/api/auth/token", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			at.handler.ServeHTTP(w, r)
			var g granted
			json.Unmarshal(w.Body.Bytes(), &g)
			mu.Lock()
			defer mu.Unlock()
			successors[g.Refresh]++
		})
	}
	all.Wait()
	if len(successors) != 1 || successors[""] != 0 {
		t.Errorf("%d different answers", len(successors))
	}
}

// gathered holds back who looks at a refresh token until as many have looked.
type gathered struct {
	signet.TicketStore
	wait  atomic.Int64
	ready chan struct{}
}

func (g *gathered) Consume(ctx context.Context, key string, use signet.Use) (signet.Taken, error) {
	taken, err := g.TicketStore.Consume(ctx, key, use)
	if use.Look && strings.HasPrefix(key, "access refresh ") {
		if n := g.wait.Add(-1); n == 0 {
			close(g.ready)
		} else if n > 0 {
			<-g.ready
		}
	}
	return taken, err
}

// However many show one token at the same moment, it is one new token, and counted once.
func TestS86_ManyAtOnceCostOneOfTheBudget(t *testing.T) {
	gate := &gathered{ready: make(chan struct{})}
	h := open(t, withTokens, func(c *signet.Config) {
		gate.TicketStore = c.Stores.Tickets
		c.Stores.Tickets, c.Limits.RefreshTokensPerHour = gate, 3
	})
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	gate.wait.Store(20)
	var all sync.WaitGroup
	answers := make([]granted, 20)
	for i := range answers {
		all.Go(func() { answers[i], _ = refreshed(t, h, first.Refresh) })
	}
	all.Wait()
	for _, g := range answers {
		if g.Refresh == "" || g.Refresh != answers[0].Refresh {
			t.Fatalf("%+v beside %+v", g, answers[0])
		}
	}
	third, status := refreshed(t, h, answers[0].Refresh)
	if status != http.StatusOK {
		t.Fatalf("the third: %d", status)
	}
	if _, status := refreshed(t, h, third.Refresh); status != http.StatusTooManyRequests {
		t.Errorf("the fourth: %d", status)
	}
}

// The grace is for an answer that got lost, so only for the token before the newest.
func TestS86_TheGraceIsForTheImmediatePredecessor(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	second, _ := refreshed(t, h, first.Refresh)
	third, _ := refreshed(t, h, second.Refresh)
	if again, _ := refreshed(t, h, second.Refresh); again.Refresh != third.Refresh {
		t.Error("the predecessor gives another successor")
	}
	if g, status := refreshed(t, h, first.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("the one before it: %d %+v", status, g)
	}
	if _, status := refreshed(t, h, third.Refresh); status != http.StatusBadRequest {
		t.Error("the family lives on")
	}
}

func TestS86_FamiliesSurviveARestartAndEndWithTheSession(t *testing.T) {
	ends := map[string]func(h *house, b *signettest.Browser){
		"sign-out": func(_ *house, b *signettest.Browser) {
			b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
		},
		"disabled": func(h *house, _ *signettest.Browser) {
			u, _ := h.stores.Users.User(context.Background(), signet.By{Email: minsuEmail})
			u.Disabled, u.Updated = true, h.clock.Now()
			h.stores.Users.UpdateUser(context.Background(), u)
		},
		"its time is up": func(h *house, _ *signettest.Browser) { h.clock.Advance(25 * time.Hour) },
	}
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				h := open(t, withTokens, strategy)
				b := h.browser(t)
				signIn(b, minsuPassword)
				first, _ := askToken(t, b, map[string]any{})
				restarted := h.another(t)
				second, status := refreshed(t, restarted, first.Refresh)
				if status != http.StatusOK {
					t.Fatalf("after a restart: %d %+v", status, second)
				}
				end(h, b)
				soon(t, "the refresh token lives on", func() bool {
					_, status := refreshed(t, restarted, second.Refresh)
					return status == http.StatusBadRequest
				})
			})
		}
	})
}

func TestS86_WhatIsNoRefreshToken(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	for _, value := range []string{
		"", "x", strings.Repeat("A", 65), first.Refresh[:64], first.Refresh + "A", first.Access,
		first.Refresh[:22] + strings.Repeat("A", 43), strings.Repeat("A", 22) + first.Refresh[22:], strings.Repeat("é", 33),
	} {
		if g, status := refreshed(t, h, value); status != http.StatusBadRequest || g.Error != "invalid_grant" {
			t.Errorf("%q: %d %+v", value, status, g)
		}
	}
	if _, status := refreshed(t, h, first.Refresh); status != http.StatusOK {
		t.Errorf("the true one afterwards: %d", status)
	}
}

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

func FuzzRefreshTokens(f *testing.F) {
	f.Add(strings.Repeat("A", 65))
	f.Add("")
	f.Add("\x00")
	h := fuzzed(f, withTokens).Handler()
	f.Fuzz(func(t *testing.T, presented string) {
		body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {presented}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/api/auth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", presented, w.Code)
		}
	})
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

// TestS11_AFamilyEndsWithTheTimeOfItsSession, also before its row is swept away.
func TestS11_AFamilyEndsWithTheTimeOfItsSession(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, withTokens, strategy, func(c *signet.Config) {
			c.Session.MaxAge, c.Session.Absolute = 24*time.Hour, 90*24*time.Hour
			c.Access.RefreshLife = 60 * 24 * time.Hour
		})
		b := h.browser(t)
		signIn(b, minsuPassword)
		g, _ := askToken(t, b, map[string]any{})
		h.clock.Advance(23 * time.Hour)
		g, status := refreshed(t, h, g.Refresh)
		if status != http.StatusOK {
			t.Fatalf("while it lives: %d", status)
		}
		h.clock.Advance(24 * time.Hour)
		if got := who(b); got != "null" {
			t.Fatalf("the session: %s", got)
		}
		if g, status := refreshed(t, h, g.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
			t.Errorf("after its time: %d %+v", status, g)
		}
	})
}

func TestAFamilyEndsWithItsAudience(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	files, _ := askToken(t, b, map[string]any{"audience": "files"})
	posts, _ := askToken(t, b, map[string]any{"audience": "posts"})
	later := h.another(t, func(c *signet.Config) { c.Access.Audiences = []string{"posts"} })
	if g, status := refreshed(t, later, files.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("an API that is no more: %d %+v", status, g)
	}
	if _, status := refreshed(t, later, posts.Refresh); status != http.StatusOK {
		t.Errorf("the other: %d", status)
	}
}

// TestS47_RefreshTokensHaveABudget: each one takes a place in the store until it could not have
// been used any more, so that one user could fill it.
func TestS47_RefreshTokensHaveABudget(t *testing.T) {
	h := open(t, withTokens, func(c *signet.Config) { c.Limits.RefreshTokensPerHour = 4 })
	b, other := h.browser(t), h.browser(t)
	signIn(b, minsuPassword)
	h.addUser(t, "jieun@example.com", minsuPassword)
	other.Post("/api/auth/callback/credentials", url.Values{"email": {"jieun@example.com"}, "password": {minsuPassword}, "csrfToken": {other.CSRF("/api/auth")}})
	first, _ := askToken(t, b, map[string]any{})
	second, _ := askToken(t, b, map[string]any{})
	for range 2 {
		var status int
		if second, status = refreshed(t, h, second.Refresh); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if g, status := askToken(t, b, map[string]any{}); status != http.StatusOK || g.Access == "" || g.Refresh != "" {
		t.Errorf("a fifth: %d, refresh token %t", status, g.Refresh != "") // whoever is signed in has the access token all the same
	}
	if g, status := refreshed(t, h, first.Refresh); status != http.StatusTooManyRequests || g.Error != "temporarily_unavailable" {
		t.Errorf("a fifth, by another: %d %+v", status, g)
	}
	if _, status := askToken(t, other, map[string]any{}); status != http.StatusOK {
		t.Errorf("another user: %d", status)
	}
	h.clock.Advance(time.Hour)
	for name, token := range map[string]string{"the first": first.Refresh, "the last": second.Refresh} { // none was spent in vain
		if _, status := refreshed(t, h, token); status != http.StatusOK {
			t.Errorf("%s, an hour later: %d", name, status)
		}
	}
}
