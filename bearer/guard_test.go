package bearer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

func TestClaims(t *testing.T) {
	m := newMint(t, nil)
	token := usual
	token.Scopes, token.Claims = []string{"posts:read", "mail"}, []byte(`{"email":"h@example.com","groups":["a"]}`)
	g := guard(m)
	r := bearing(sign(t, m, token))
	c, err := g.Authenticate(r)
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != "7" || c.Issuer != issuer || len(c.ID) != 22 || c.Text("email") != "h@example.com" || c.Text("groups") != "" || c.Text("none") != "" {
		t.Errorf("%+v", c)
	}
	if !c.Has() || !c.Has("mail", "posts:read") || c.Has("mail", "posts:write") {
		t.Errorf("scopes %q", c.Scopes)
	}
	if !c.Issued.Equal(now) || !c.Expires.Equal(now.Add(10*time.Minute)) || c.Key == "" {
		t.Errorf("%+v", c)
	}
	if _, ok := bearer.From(r.Context()); ok {
		t.Error("claims without a guard")
	}
	if text := (bearer.Claims{}).Text("sub"); text != "" {
		t.Errorf("zero claims say %q", text)
	}
}

// What a request shows, and what is answered.
func TestRequests(t *testing.T) {
	m := mintOf(t, "HS256")
	good, other := sign(t, m, usual), sign(t, m, bearer.Token{Subject: "8", Audience: usual.Audience})
	challenge := `Bearer`
	invalid := `Bearer error="invalid_token", error_description="the access token is not valid"`
	request400 := `Bearer error="invalid_request", error_description="show one access token, in the Authorization header"`
	for name, test := range map[string]struct {
		lines     []string
		query     string
		change    func(g *bearer.Guard)
		status    int
		challenge string
	}{
		"Bearer":                         {lines: []string{"Authorization: Bearer " + good}, status: 200},
		"in another case":                {lines: []string{"Authorization: bEARER " + good}, status: 200},
		"with two blanks":                {lines: []string{"Authorization: Bearer  " + good}, status: 200},
		"nothing":                        {status: 401, challenge: challenge},
		"an empty header":                {lines: []string{"Authorization: "}, status: 401, challenge: challenge},
		"Basic":                          {lines: []string{"Authorization: Basic dTpw"}, status: 401, challenge: challenge},
		"Bearer alone":                   {lines: []string{"Authorization: Bearer"}, status: 401, challenge: invalid},
		"Bearer %":                       {lines: []string{"Authorization: Bearer %"}, status: 401, challenge: invalid},
		"Bearer undefined":               {lines: []string{"Authorization: Bearer undefined"}, status: 401, challenge: invalid},
		"two tokens in one header":       {lines: []string{"Authorization: Bearer " + good + ", Bearer " + good}, status: 401, challenge: invalid},
		"more behind it":                 {lines: []string{"Authorization: Bearer " + good + " x"}, status: 401, challenge: invalid},
		"quotes around it":               {lines: []string{`Authorization: Bearer "` + good + `"`}, status: 401, challenge: invalid},
		"a changed token":                {lines: []string{"Authorization: Bearer x" + good}, status: 401, challenge: invalid},
		"the header twice":               {lines: []string{"Authorization: Bearer " + good, "Authorization: Bearer " + good}, status: 400, challenge: request400},
		"Basic beside it":                {lines: []string{"Authorization: Basic dTpw", "Authorization: Bearer " + good}, status: 400, challenge: request400},
		"bare":                           {lines: []string{"Authorization: " + good}, status: 401, challenge: challenge},
		"bare where it may be":           {lines: []string{"Authorization: " + good}, change: bare, status: 200},
		"Bearer where it need not be":    {lines: []string{"Authorization: Bearer " + good}, change: bare, status: 200},
		"a bare word":                    {lines: []string{"Authorization: token"}, change: bare, status: 401, challenge: invalid},
		"in the query":                   {query: "?access_token=" + good, status: 400, challenge: request400},
		"in the query, spelt otherwise":  {query: "?%61ccess%5ftoken=" + good, status: 400, challenge: request400},
		"in query and header":            {query: "?access_token=" + good, lines: []string{"Authorization: Bearer " + good}, status: 400, challenge: request400},
		"another query":                  {query: "?q=%20&token=x", lines: []string{"Authorization: Bearer " + good}, status: 200},
		"a cookie nobody asked for":      {lines: []string{"Cookie: accessToken=" + good}, status: 401, challenge: challenge},
		"a cookie":                       {lines: []string{"Cookie: a=b; accessToken=" + good}, change: cookie, status: 200},
		"an empty cookie":                {lines: []string{"Cookie: accessToken="}, change: cookie, status: 401, challenge: challenge},
		"a bad cookie":                   {lines: []string{"Cookie: accessToken=x"}, change: cookie, status: 401, challenge: invalid},
		"the cookie twice":               {lines: []string{"Cookie: accessToken=" + good + "; accessToken=" + good}, change: cookie, status: 400, challenge: request400},
		"cookie and header agree":        {lines: []string{"Cookie: accessToken=" + good, "Authorization: Bearer " + good}, change: cookie, status: 200},
		"cookie and header differ":       {lines: []string{"Cookie: accessToken=" + other, "Authorization: Bearer " + good}, change: cookie, status: 400, challenge: request400},
		"an empty Bearer and a cookie":   {lines: []string{"Cookie: accessToken=" + good, "Authorization: Bearer"}, change: cookie, status: 400, challenge: request400},
		"Basic for a proxy and a cookie": {lines: []string{"Cookie: accessToken=" + good, "Authorization: Basic dTpw"}, change: cookie, status: 200},
		"a scope is missing": {lines: []string{"Authorization: Bearer " + good}, change: func(g *bearer.Guard) { g.Scopes = []string{"posts:write", "mail"} }, status: 403,
			challenge: `Bearer error="insufficient_scope", error_description="the access token does not have the scope", scope="posts:write mail"`},
		"expired": {lines: []string{"Authorization: Bearer " + good}, change: func(g *bearer.Guard) { g.Now = func() time.Time { return now.Add(10 * time.Minute) } }, status: 401,
			challenge: `Bearer error="invalid_token", error_description="the access token has expired"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(m)
			if test.change != nil {
				test.change(g)
			}
			r := request(test.lines...)
			r.URL.RawQuery = strings.TrimPrefix(test.query, "?")
			w := ask(g.Require(subject), r)
			if w.Code != test.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, test.status)
			}
			if test.status == 200 {
				if w.Body.String() != "7" {
					t.Errorf("%s came in", w.Body)
				}
				return
			}
			if got := w.Header().Get("WWW-Authenticate"); got != test.challenge {
				t.Errorf("challenge %s, want %s", got, test.challenge)
			}
			var body struct{ Error, Error_description string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error == "" || body.Error_description == "" {
				t.Errorf("%v: %s", err, w.Body)
			}
			if h := w.Header(); h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%v", h)
			}
			if strings.Contains(w.Body.String(), good) {
				t.Error("the answer repeats the token")
			}
		})
	}
}

func bare(g *bearer.Guard)   { g.AllowBare = true }
func cookie(g *bearer.Guard) { g.Cookie = "accessToken" }

// S-111, S-22: what browsers send along vouches for nothing that another site's page asks for.
func TestS111_CookiesOfOtherOrigins(t *testing.T) {
	m := mintOf(t, "HS256")
	g := guard(m)
	cookie(g)
	token := sign(t, m, usual)
	send := func(method string, lines ...string) int {
		r := request(append(lines, "Cookie: accessToken="+token)...)
		r.Method = method
		return ask(g.Require(subject), r).Code
	}
	for name, test := range map[string]struct {
		got, want int
	}{
		"POST of another site":          {send("POST", "Sec-Fetch-Site: cross-site"), 403},
		"POST of a sister host":         {send("POST", "Sec-Fetch-Site: same-site"), 403},
		"POST of another origin":        {send("POST", "Origin: https://evil.example"), 403},
		"POST of our own page":          {send("POST", "Sec-Fetch-Site: same-origin"), 200},
		"POST of a program":             {send("POST"), 200},
		"GET of another site":           {send("GET", "Sec-Fetch-Site: cross-site"), 200},
		"a WebSocket of another site":   {send("GET", "Upgrade: websocket", "Origin: https://evil.example"), 403},
		"a WebSocket of our own":        {send("GET", "Upgrade: websocket", "Origin: http://example.com"), 200},
		"POST with a header of its own": {send("POST", "Sec-Fetch-Site: cross-site", "Authorization: Bearer "+token), 200},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", name, test.got, test.want)
		}
	}
	trusting := guard(m)
	cookie(trusting)
	trusting.CrossOrigin = new(http.CrossOriginProtection)
	if err := trusting.CrossOrigin.AddTrustedOrigin("https://front.example"); err != nil {
		t.Fatal(err)
	}
	r := request("Cookie: accessToken="+token, "Origin: https://front.example", "Sec-Fetch-Site: same-site")
	r.Method = "POST"
	if w := ask(trusting.Require(subject), r); w.Code != 200 {
		t.Errorf("of a trusted origin: %d", w.Code)
	}
}

func TestOwner(t *testing.T) {
	m := mintOf(t, "HS256")
	g := guard(m)
	mux := http.NewServeMux()
	mux.Handle("GET /api/user/{id}", g.Owner("id")(subject))
	mux.Handle("GET /api/other/{name}", g.Owner("id")(subject))
	mux.Handle("GET /api/tutorial/{id}", (&bearer.Guard{Keys: m, Issuer: issuer, Audience: audience, Now: g.Now, Refuse: bearer.NoAuthorization}).Owner("id")(subject))
	token := sign(t, m, usual)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/api/user/7": {200, "7"}, "/api/user/8": {403, `{"error":"forbidden"}`}, "/api/user/07": {403, `{"error":"forbidden"}`}, "/api/user/%37": {200, "7"},
		"/api/other/7": {403, `{"error":"forbidden"}`}, "/api/tutorial/7": {200, "7"}, "/api/tutorial/8": {401, `{"error":"No Authorization"}`},
	} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if w := ask(mux, r); w.Code != want.status || w.Body.String() != want.body {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// What a guard's Refuse is told.
func TestRefusals(t *testing.T) {
	m := mintOf(t, "HS256")
	for name, test := range map[string]struct {
		request *http.Request
		reason  []error
	}{
		"nothing":   {request(), []error{bearer.ErrNoToken}},
		"two":       {request("Authorization: Bearer x", "Authorization: Bearer x"), []error{bearer.ErrRequest}},
		"malformed": {bearing("x"), []error{bearer.ErrInvalid, seal.ErrMalformed}},
		"expired": {bearing(sign(t, newMint(t, func(c *bearer.MintConfig) {
			c.Algorithm, c.Now = "HS256", func() time.Time { return now.Add(-time.Hour) }
		}), usual)), []error{bearer.ErrInvalid, seal.ErrExpired}},
		"of tomorrow": {bearing(sign(t, newMint(t, func(c *bearer.MintConfig) {
			c.Algorithm, c.Now = "HS256", func() time.Time { return now.Add(time.Hour) }
		}), usual)), []error{bearer.ErrInvalid, seal.ErrNotYet}},
		"foreign":       {bearing(sign(t, newMint(t, func(c *bearer.MintConfig) { c.Algorithm, c.Ring = "HS256", seal.Secrets(another) }), usual)), []error{bearer.ErrInvalid, seal.ErrForeign}},
		"without scope": {bearing(sign(t, m, usual)), []error{bearer.ErrScope}},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(m)
			g.Scopes = []string{"all"}
			called := false
			g.Refuse = func(w http.ResponseWriter, r *http.Request, err error) {
				called = true
				var refusal *bearer.Refusal
				if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), "bearer: ") {
					t.Errorf("%#v", err)
				}
				for _, want := range test.reason {
					if !errors.Is(err, want) {
						t.Errorf("%v is not %v", err, want)
					}
				}
			}
			ask(g.Require(subject), test.request)
			if !called {
				t.Error("let in")
			}
		})
	}
}

// The tutorial's own API: a plain token in a bare header, whose secret has 30 bytes, and its
// answer to everything else.
func TestTutorial1(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) {
		c.Ring, c.Algorithm, c.AllowWeakSecret, c.Plain, c.Issuer, c.Life = seal.Secrets(tutorial), "HS256", true, true, "", time.Hour
	})
	token := sign(t, m, bearer.Token{Claims: []byte(`{"id":2,"name":"홍길동","email":"hong@example.com"}`)})
	// What jsonwebtoken@9.0.3 signs of the same user at the same time: vector j004.
	if want := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6MiwibmFtZSI6Iu2Zjeq4uOuPmSIsImVtYWlsIjoiaG9uZ0BleGFtcGxlLmNvbSIsImlhdCI6MTc1MDAwMDAwMCwiZXhwIjoxNzUwMDAzNjAwfQ.3xdeuLhwOVQRwYyfM4lLlMIcKlnow2hem0cFPt-htiI"; token != want {
		t.Errorf("%s, want %s", token, want)
	}
	g := &bearer.Guard{
		Keys: bearer.SharedWeak(tutorial), Plain: true, Subject: "id", AllowBare: true, Refuse: bearer.NoAuthorization,
		Now: func() time.Time { return now.Add(time.Hour - time.Second) },
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/user/{id}", g.Owner("id")(subject))
	for name, test := range map[string]struct {
		path, authorization string
		status              int
	}{
		"bare": {"/api/user/2", token, 200}, "Bearer": {"/api/user/2", "Bearer " + token, 200}, "another user": {"/api/user/3", token, 401},
		"no header": {"/api/user/2", "", 401}, "a wrong token": {"/api/user/2", "wrong", 401}, "cut": {"/api/user/2", token[:len(token)-1], 401},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		w := ask(mux, r)
		if w.Code != test.status || test.status == 401 && w.Body.String() != `{"error":"No Authorization"}` {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	g.Now = nil // a guard whose time is not given goes by today's
	if _, err := (&bearer.Guard{Keys: bearer.SharedWeak(tutorial), Plain: true}).Verify(t.Context(), token); !errors.Is(err, seal.ErrExpired) {
		t.Errorf("today: %v", err)
	}
}

func TestSubjects(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) {
		c.Ring, c.Algorithm, c.Plain, c.Issuer = seal.Secrets(secret), "HS256", true, ""
	})
	for claims, want := range map[string]string{
		`{"id":7}`: "7", `{"id":"7"}`: "7", `{"id":9007199254740993}`: "9007199254740993", `{"id":-1}`: "-1", `{"id":0}`: "0",
		`{}`: "", `{"id":null}`: "", `{"id":""}`: "", `{"id":7.0}`: "", `{"id":7e0}`: "", `{"id":-0}`: "", `{"id":true}`: "", `{"id":[7]}`: "", `{"id":{}}`: "",
		`{"ID":7}`: "", `{"id":"` + strings.Repeat("x", 256) + `"}`: "", `{"id":` + strings.Repeat("1", 256) + `}`: "",
	} {
		g := &bearer.Guard{Keys: m, Plain: true, Subject: "id", Now: func() time.Time { return now }}
		c, err := g.Verify(t.Context(), sign(t, m, bearer.Token{Claims: []byte(claims)}))
		if c.Subject != want || (err == nil) != (want != "") {
			t.Errorf("%.40s: %q, %v", claims, c.Subject, err)
		}
	}
	g := &bearer.Guard{Keys: m, Plain: true, Now: func() time.Time { return now }}
	token := sign(t, m, bearer.Token{Claims: []byte(`{"id":7}`)})
	if c, err := g.Verify(t.Context(), token); err != nil || c.Subject != "" {
		t.Errorf("no subject asked for: %q, %v", c.Subject, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/user/", g.Owner("id")(subject))
	if w := ask(mux, bearing(token)); w.Code != 403 {
		t.Errorf("nobody owns nothing: %d", w.Code)
	}
}

func TestScopeClaims(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) {
		c.Ring, c.Algorithm, c.Plain, c.Issuer = seal.Secrets(secret), "HS256", true, ""
	})
	for claims, want := range map[string]string{
		`{"scope":"a b"}`: "a|b", `{"scope":["a","b"]}`: "a|b", `{"scp":["a"]}`: "a", `{"scp":"a b"}`: "a|b", `{"scope":"a","scp":["b"]}`: "a",
		`{"scope":""}`: "", `{"scope":"  a  "}`: "a", `{}`: "", `{"scope":7}`: "refused", `{"scope":[7]}`: "refused", `{"scope":null}`: "refused",
	} {
		c, err := (&bearer.Guard{Keys: m, Plain: true, Now: func() time.Time { return now }}).Verify(t.Context(), sign(t, m, bearer.Token{Claims: []byte(claims)}))
		got := strings.Join(c.Scopes, "|")
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: %s, %v", claims, got, err)
		}
	}
}

func TestGuardsThatCannotBe(t *testing.T) {
	for name, g := range map[string]*bearer.Guard{
		"no keys":               {},
		"no such algorithm":     {Keys: bearer.Shared(secret), Algorithms: []string{"none"}},
		"a short secret":        {Keys: bearer.Shared(tutorial)},
		"a very short secret":   {Keys: bearer.SharedWeak("short")},
		"no secret":             {Keys: bearer.Shared()},
		"five secrets":          {Keys: bearer.SharedWeak(secret+"1", secret+"2", secret+"3", secret+"4", secret+"5")},
		"a leeway of an hour":   {Keys: bearer.Shared(secret), Leeway: time.Hour},
		"a leeway below zero":   {Keys: bearer.Shared(secret), Leeway: -1},
		"a scope of two words":  {Keys: bearer.Shared(secret), Scopes: []string{"a b"}},
		"a cookie with a blank": {Keys: bearer.Shared(secret), Cookie: "a b"},
		"remote, no issuer":     {Keys: bearer.Remote("https://a.example/keys", nil), Audience: "a"},
		"remote, no audience":   {Keys: bearer.Remote("https://a.example/keys", nil), Issuer: "a"},
		"remote, http":          {Keys: bearer.Remote("http://a.example/keys", nil), Issuer: "a", Audience: "a"},
		"remote, a password":    {Keys: bearer.Remote("https://u:p@a.example/keys", nil), Issuer: "a", Audience: "a"},
		"remote, no host":       {Keys: bearer.Remote("https:///keys", nil), Issuer: "a", Audience: "a"},
		"remote, a file":        {Keys: bearer.Remote("file:///keys", nil), Issuer: "a", Audience: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := g.Check(); err == nil || !strings.HasPrefix(err.Error(), "bearer: ") {
				t.Errorf("Check: %v", err)
			}
			if _, err := g.Authenticate(bearing("x")); !errors.Is(err, bearer.ErrUnavailable) {
				t.Errorf("Authenticate: %v", err)
			}
			for _, make := range []func(){func() { g.Require(subject) }, func() { g.Owner("id") }, func() { g.Introspection(nil) }} {
				func() {
					defer func() {
						if recover() == nil {
							t.Error("no panic")
						}
					}()
					make()
				}()
			}
		})
	}
	for _, address := range []string{"http://localhost:1/k", "http://127.0.0.1/k", "http://[::1]/k", "http://10.0.0.1/k", "http://signet:3000/k", "http://a.internal/k", "https://a.example/k?a=b"} {
		if err := (&bearer.Guard{Keys: bearer.Remote(address, nil), Issuer: "a", Audience: "a"}).Check(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	set, err := jwt.RingKeys(seal.Secrets(secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&bearer.Guard{Keys: set}).Check(); err != nil {
		t.Errorf("keys of package jwt: %v", err)
	}
}
