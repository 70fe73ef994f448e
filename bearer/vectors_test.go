package bearer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A packageCase is a token of jose or jsonwebtoken with what should be made of it.
type packageCase struct {
	ID, Name, Group, Token, Why string

	Key struct {
		Kind, UTF8 string
		JWK        json.RawMessage
	}
	Verify struct {
		Algorithms       []string
		Now              int64
		Tolerance        int64 `json:"clock_tolerance_s"`
		Issuer, Audience string
	}
	Expect struct {
		Accept bool
		Reason string
		Claims json.RawMessage
	}
}

func (c packageCase) keys(t *testing.T) bearer.Keys {
	t.Helper()
	if c.Key.Kind != "public" {
		return bearer.SharedWeak(c.Key.UTF8)
	}
	k, err := jwt.ParseKey(c.Key.JWK)
	if err != nil {
		if c.Expect.Accept {
			t.Errorf("the key is refused: %v", err)
		}
		return &jwt.Set{} // whoever has no key refuses every token
	}
	set, err := jwt.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Tokens of Node's packages behind a guard of plain tokens.
func TestVectorsOfThePackages(t *testing.T) {
	var file struct{ Cases []packageCase }
	readFile(t, "jwt.json", &file)
	let := 0
	for _, c := range file.Cases {
		t.Run(c.ID+"/"+c.Name, func(t *testing.T) {
			accept := c.Expect.Accept && c.ID != "j046" // its iat is far ahead: S-96
			guard := func(plain bool) *bearer.Guard {
				return &bearer.Guard{
					Keys: c.keys(t), Algorithms: c.Verify.Algorithms, Issuer: c.Verify.Issuer, Audience: c.Verify.Audience, Plain: plain,
					Leeway: time.Duration(c.Verify.Tolerance) * time.Second, Now: func() time.Time { return time.Unix(c.Verify.Now, 0) },
				}
			}
			got, err := guard(true).Verify(t.Context(), c.Token)
			if (err == nil) != accept {
				t.Fatalf("Verify: %v: %s", err, c.Why)
			}
			if _, err := guard(false).Verify(t.Context(), c.Token); err == nil {
				t.Error("it passes for an access token of RFC 9068")
			}
			if err != nil {
				var refusal *bearer.Refusal
				if !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized {
					t.Errorf("%#v", err)
				}
				return
			}
			let++
			var g1, w1 any
			if json.Unmarshal(got.JSON, &g1) != nil || json.Unmarshal(c.Expect.Claims, &w1) != nil || !sameJSON(g1, w1) {
				t.Errorf("claims %s, want %s", got.JSON, c.Expect.Claims)
			}
		})
	}
	if let < 10 {
		t.Errorf("only %d are let in", let)
	}
}

func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// A hostileCase is one of testdata/hostile.json.
type hostileCase struct {
	ID, Category, Token, Expect, Why string

	TokenGen *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	} `json:"token_gen"`
	Key    json.RawMessage
	Policy struct {
		Algs     []string
		Iss, Aud string
		Leeway   int64 `json:"leeway_s"`
		Now      int64
		Profile  string
	}
}

func (c hostileCase) text() string {
	if g := c.TokenGen; g != nil {
		return g.Prefix + strings.Repeat(g.Repeat, g.Count) + g.Suffix
	}
	return c.Token
}

func (c hostileCase) guard(t testing.TB, plain bool) *bearer.Guard {
	t.Helper()
	raw := c.Key
	if !bytes.Contains(raw, []byte(`"keys"`)) {
		raw = slices.Concat([]byte(`{"keys":[`), raw, []byte(`]}`))
	}
	set, err := jwt.ParseKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	g := &bearer.Guard{
		Keys: set, Algorithms: c.Policy.Algs, Issuer: c.Policy.Iss, Audience: c.Policy.Aud, Plain: plain, Subject: "sub",
		Leeway: time.Duration(c.Policy.Leeway) * time.Second, Now: func() time.Time { return time.Unix(c.Policy.Now, 0) },
	}
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	return g
}

// accepts tells what a guard should say to a case, and whether the case can tell: those of
// other kinds of tokens are for the matrix.
func (c hostileCase) accepts(plain bool) (accept, tells bool) {
	kind := c.Policy.Profile
	switch {
	case kind == "at+jwt":
		return c.Expect == "valid", !plain // an ID token that is plain is told by its nonce below
	case kind != "":
		return false, !plain && c.ID != "id-is-access-token"
	}
	return plain && c.Expect == "valid", true
}

// hostile runs the cases of some categories, with and without Plain, in header and cookie.
func hostile(t *testing.T, categories ...string) {
	t.Helper()
	var file struct{ Cases []hostileCase }
	readFile(t, "hostile.json", &file)
	refused := 0
	for _, c := range file.Cases {
		if !slices.Contains(categories, c.Category) {
			continue
		}
		for _, plain := range []bool{true, false} {
			accept, tells := c.accepts(plain)
			if !tells {
				continue
			}
			g := c.guard(t, plain)
			if _, err := g.Verify(t.Context(), c.text()); (err == nil) != accept {
				t.Errorf("%s, plain %t: %v: %s", c.ID, plain, err, c.Why)
			}
			// RFC 9110 section 11.4: there may be more than one blank before a token.
			accept = accept || plain && c.ID == "ws-lead"
			want := http.StatusUnauthorized
			if accept {
				want = http.StatusOK
			}
			if w := ask(g.Require(subject), bearing(c.text())); w.Code != want {
				t.Errorf("%s, plain %t: %d %s: %s", c.ID, plain, w.Code, w.Body, c.Why)
			}
			if !accept {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("no case")
	}
}

func TestHostileControls(t *testing.T) { hostile(t, "control", "oidc") }

// S-73: the guard's list and the key say which algorithm; the header decides nothing.
func TestS73_AlgorithmOfListAndKey(t *testing.T) {
	hostile(t, "alg", "key-confusion")
	m := mintOf(t, "EdDSA")
	token := sign(t, m, usual)
	for name, test := range map[string]struct {
		algorithms []string
		want       int
	}{"no list": {nil, 200}, "listed": {[]string{"ES256", "EdDSA"}, 200}, "not listed": {[]string{"ES256", "RS256"}, 401}} {
		g := guard(m)
		g.Algorithms = test.algorithms
		if w := ask(g.Require(subject), bearing(token)); w.Code != test.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	// The set is published: what it holds is no secret to sign HS256 with.
	jwks := ask(m.JWKS(), request()).Body.Bytes()
	var set struct{ Keys []struct{ X, Kid string } }
	if err := json.Unmarshal(jwks, &set); err != nil {
		t.Fatal(err)
	}
	raw, err := b64.DecodeString(set.Keys[0].X)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{"bytes of x": raw, "text of x": []byte(set.Keys[0].X), "the set": jwks} {
		forger := newMint(t, func(c *bearer.MintConfig) { c.Algorithm, c.Ring = "HS256", seal.Ring{{ID: "1", Secret: secret}} })
		if w := ask(guard(m).Require(subject), bearing(sign(t, forger, usual))); w.Code != 401 {
			t.Errorf("HS256 by %s: %d", name, w.Code)
		}
	}
	// HS384 and HS512 of a shared secret need to be listed.
	codec, err := jwt.Options{Algorithm: "HS512"}.New(seal.Secrets(secret), "")
	if err != nil {
		t.Fatal(err)
	}
	long, err := codec.Seal([]byte(`{}`), seal.Life{Issued: now, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	g := &bearer.Guard{Keys: bearer.Shared(secret), Plain: true, Now: func() time.Time { return now }}
	if _, err := g.Verify(t.Context(), long); !errors.Is(err, seal.ErrUnsupported) {
		t.Errorf("HS512 without a list: %v", err)
	}
	g = &bearer.Guard{Keys: bearer.Shared(secret), Plain: true, Algorithms: []string{"HS512"}, Now: func() time.Time { return now }}
	if _, err := g.Verify(t.Context(), long); err != nil {
		t.Errorf("HS512 that is listed: %v", err)
	}
}

// S-89: one token, one spelling.
func TestS89_StrictForm(t *testing.T) {
	hostile(t, "encoding", "size", "sig-form")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for algorithm := range algorithms {
		m := mintOf(t, algorithm)
		token := sign(t, m, usual)
		end := len(token) - 1
		let := 0
		for _, last := range alphabet {
			if _, err := guard(m).Verify(t.Context(), token[:end]+string(last)); err == nil {
				let++
			}
		}
		if let != 1 {
			t.Errorf("%s: %d last characters pass", algorithm, let)
		}
		for _, more := range []string{"A", ".", "=", "\n", "\r\n", "\x00", " "} {
			for _, odd := range []string{token + more, more + token, strings.Replace(token, ".", more+".", 1)} {
				if _, err := guard(m).Verify(t.Context(), odd); !errors.Is(err, bearer.ErrInvalid) {
					t.Errorf("%s with %q: %v", algorithm, more, err)
				}
			}
		}
	}
}

// S-90: what two readers could read in two ways is refused.
func TestS90_StrictJSON(t *testing.T) { hostile(t, "json") }

// S-91: no extension of a header is known, so none is let in.
func TestS91_CritIsRefused(t *testing.T) { hostile(t, "crit") }

// S-96: names are exact, and times are judged without leeway unless one is given; an iat may
// be a minute ahead.
func TestS96_ClaimsAreExact(t *testing.T) {
	hostile(t, "claims")
	m := mintOf(t, "HS256")
	token := sign(t, m, usual) // from now, for 10 minutes
	for _, test := range []struct {
		at     time.Duration
		leeway time.Duration
		ok     bool
	}{
		{0, 0, true}, {10*time.Minute - time.Second, 0, true}, {10 * time.Minute, 0, false}, {10*time.Minute + 14*time.Second, 15 * time.Second, true},
		{10*time.Minute + 15*time.Second, 15 * time.Second, false}, {-time.Minute, 0, true}, {-time.Minute - time.Second, 0, false},
		{-75 * time.Second, 15 * time.Second, true}, {-76 * time.Second, 15 * time.Second, false},
	} {
		for _, cache := range []int{0, 8} {
			g := guard(m)
			g.Leeway, g.Cache, g.Now = test.leeway, cache, func() time.Time { return now.Add(test.at) }
			for range 2 {
				if _, err := g.Verify(t.Context(), token); (err == nil) != test.ok {
					t.Errorf("after %v with leeway %v, cache %d: %v", test.at, test.leeway, cache, err)
				}
			}
		}
	}
	for name, change := range map[string]func(g *bearer.Guard){
		"another issuer": func(g *bearer.Guard) { g.Issuer = issuer + "/" }, "another audience": func(g *bearer.Guard) { g.Audience = "post" },
		"no audience": func(g *bearer.Guard) { g.Audience = "" },
	} {
		g := guard(m)
		change(g)
		if _, err := g.Verify(t.Context(), token); !errors.Is(err, seal.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// S-92: what a header brings along is never fetched and never a key.
func TestS92_HeadersBringNoKeys(t *testing.T) {
	hostile(t, "header-key")
	trap := newKeyServer(t)
	m := mintOf(t, "ES256")
	trap.serve(ask(m.JWKS(), request()).Body.String())
	before := trap.asked()
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(ask(m.JWKS(), request()).Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	mine := mintOf(t, "EdDSA")
	for name, extra := range map[string]string{
		"jwk": `"jwk":` + string(set.Keys[0]), "jku": `"jku":"` + trap.URL + `"`, "x5u": `"x5u":"` + trap.URL + `"`,
		"kid as address": `"kid":"` + trap.URL + `"`, "kid as path": `"kid":"../../etc/passwd"`,
	} {
		for _, keys := range []bearer.Keys{mine, bearer.Shared(secret)} {
			token := resign(t, sign(t, m, usual), `{"alg":"ES256","typ":"at+jwt",`+extra+`}`)
			if w := ask(guard(keys).Require(subject), bearing(token)); w.Code != 401 {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	}
	if n := trap.asked() - before; n != 0 {
		t.Errorf("%d calls", n)
	}
}

// resign gives a token another header; its signature is left as it was.
func resign(t *testing.T, token, header string) string {
	t.Helper()
	_, rest, ok := strings.Cut(token, ".")
	if !ok {
		t.Fatal("no token")
	}
	return b64.EncodeToString([]byte(header)) + "." + rest
}

// S-93: weak keys are no keys; the algorithms of the list and none besides.
func TestS93_WeakKeysAndOddAlgorithms(t *testing.T) {
	if err := (&bearer.Guard{Keys: bearer.Shared(strings.Repeat("x", 31))}).Check(); err == nil {
		t.Error("a secret of 31 bytes is shared")
	}
	if err := (&bearer.Guard{Keys: bearer.SharedWeak(strings.Repeat("x", 15))}).Check(); err == nil {
		t.Error("a secret of 15 bytes is shared")
	}
	if m, err := bearer.NewMint(bearer.MintConfig{Issuer: issuer, Algorithm: "RS256", Ring: seal.Secrets(rsaPEM(1024))}); err == nil {
		t.Errorf("RSA of 1024 bits: %v", m)
	}
	m := mintOf(t, "EdDSA")
	token := sign(t, m, usual)
	header, _ := parts(t, token)
	for _, alg := range []string{"none", "None", "", "dir", "PBES2-HS256+A128KW", "HS256", "Ed25519", "ES256K", "eddsa"} {
		changed := resign(t, token, strings.Replace(header, "EdDSA", alg, 1))
		if w := ask(guard(m).Require(subject), bearing(changed)); w.Code != 401 {
			t.Errorf("alg %q: %d", alg, w.Code)
		}
	}
	zipped := resign(t, token, strings.Replace(header, "{", `{"zip":"DEF",`, 1))
	if w := ask(guard(m).Require(subject), bearing(zipped)); w.Code != 401 {
		t.Errorf("zip: %d", w.Code)
	}
}
