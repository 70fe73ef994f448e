package bearer_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/jwt"
)

// S-95: tokens of other kinds do not pass for access tokens, though they were signed with the
// key of the guard, by the right issuer for the right audience; and no access token passes
// for another kind.
func TestS95_KindsOfTokensAreApart(t *testing.T) {
	hostile(t, "typ", "logout-token", "oidc")
	common := `"iss":"` + issuer + `","aud":"` + audience + `","sub":"7"`
	signed := func(typ, claims string) string {
		t.Helper()
		codec, err := jwt.Options{Typ: typ}.New(seal.Secrets(secret), "")
		if err != nil {
			t.Fatal(err)
		}
		text, err := codec.Seal([]byte("{"+common+claims+"}"), seal.Life{Issued: now, Expires: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	carrier, err := authjs.V5(seal.Secrets(secret), "authjs.session-token")
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := carrier.Seal([]byte("{"+common+"}"), seal.Life{Issued: now, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	const event = `,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}`
	access := sign(t, mintOf(t, "HS256"), usual)
	plainMint := newMint(t, func(c *bearer.MintConfig) { c.Algorithm, c.Plain = "HS256", true })
	for name, test := range map[string]struct {
		token         string
		strict, plain bool // who lets it in
	}{
		"an access token":                  {access, true, true},
		"with the long form of its typ":    {signed("application/at+jwt", ""), true, true},
		"in capitals":                      {signed("AT+JWT", ""), true, true},
		"a plain token":                    {sign(t, plainMint, usual), false, true},
		"one without a typ":                {signed("", ""), false, true},
		"one of typ application/jwt":       {signed("application/jwt", ""), false, true},
		"a session":                        {signed("", `,"signet":{"sid":1}`), false, false},
		"a session of typ JWT":             {signed("JWT", `,"signet":{"sid":1}`), false, false},
		"a session under our typ":          {signed("at+jwt", `,"signet":{"sid":1}`), false, false},
		"a session of Auth.js":             {encrypted, false, false},
		"an ID token":                      {signed("JWT", `,"nonce":"n"`), false, false},
		"an ID token of the code flow":     {signed("", `,"at_hash":"x"`), false, false},
		"an ID token of the hybrid flow":   {signed("", `,"c_hash":"x"`), false, false},
		"a log-out token":                  {signed("logout+jwt", event), false, false},
		"a log-out token of an old issuer": {signed("JWT", event), false, false},
		"a typ of nobody":                  {signed("at+jwt+x", ""), false, false},
		"a DPoP proof":                     {signed("dpop+jwt", ""), false, false},
		"a client assertion":               {signed("client-authentication+jwt", ""), false, false},
	} {
		for _, cache := range []int{0, 16} {
			for plain, want := range map[bool]bool{false: test.strict, true: test.plain} {
				g := guard(bearer.Shared(secret))
				g.Plain, g.Cache = plain, cache
				for range 2 {
					if _, err := g.Verify(t.Context(), test.token); (err == nil) != want {
						t.Errorf("%s, plain %t, cache %d: %v", name, plain, cache, err)
					}
				}
			}
		}
	}

	// The other way round.
	codec, err := jwt.HS256(seal.Secrets(secret), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Open(access, now); !errors.Is(err, seal.ErrUnsupported) {
		t.Errorf("as a session: %v", err)
	}
	for _, profile := range []jwt.Profile{"", jwt.IDToken, jwt.LogoutToken, jwt.AccessToken} {
		v := jwt.Verifier{Keys: mintOf(t, "HS256"), Issuer: issuer, Audience: audience, Profile: profile, WithoutNonce: true}
		if _, err := v.Verify(t.Context(), access, now); (err == nil) != (profile == jwt.AccessToken) {
			t.Errorf("as %q: %v", profile, err)
		}
	}
}

// S-97: what one guard has let in is nothing to another, and what a key vouched for goes with
// the key.
func TestS97_MemoryIsOfOneGuard(t *testing.T) {
	m := mintOf(t, "EdDSA")
	token := sign(t, m, usual)
	first := guard(m)
	first.Cache = 16
	for range 2 {
		if _, err := first.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(g *bearer.Guard){
		"another audience":  func(g *bearer.Guard) { g.Audience = "mail" },
		"another issuer":    func(g *bearer.Guard) { g.Issuer = "https://other.example" },
		"another algorithm": func(g *bearer.Guard) { g.Algorithms = []string{"HS256"} },
		"another key": func(g *bearer.Guard) {
			g.Keys = newMint(t, func(c *bearer.MintConfig) { c.Ring = seal.Secrets(another) })
		},
		"a later time": func(g *bearer.Guard) { g.Now = func() time.Time { return now.Add(time.Hour) } },
	} {
		g := guard(m)
		g.Cache = 16
		change(g)
		for range 2 {
			if _, err := g.Verify(t.Context(), token); err == nil {
				t.Error(name)
			}
		}
	}
	// A text that differs in nothing but spelling is another text: none of them passes.
	for _, other := range []string{token + "=", token + "\n", token[:len(token)-1], strings.ToUpper(token), " " + token} {
		if _, err := first.Verify(t.Context(), other); err == nil {
			t.Errorf("%q passes", other)
		}
	}
	scoped := guard(m)
	scoped.Cache, scoped.Scopes = 16, []string{"all"}
	for range 2 {
		if _, err := scoped.Authenticate(bearing(token)); !errors.Is(err, bearer.ErrScope) {
			t.Errorf("a scope: %v", err)
		}
	}
}

func TestMemoryKeepsClaimsApart(t *testing.T) {
	g := guard(mintOf(t, "EdDSA"))
	g.Cache = 16
	tokens := map[string]string{}
	for _, sub := range []string{"7", "8", "9"} {
		tokens[sub] = sign(t, mintOf(t, "EdDSA"), bearer.Token{Subject: sub, Audience: usual.Audience})
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				for sub, token := range tokens {
					c, err := g.Verify(t.Context(), token)
					if err != nil || c.Subject != sub || c.Text("sub") != sub {
						t.Errorf("%s: %+v, %v", sub, c, err)
						return
					}
					clear(c.JSON) // it is the caller's own
				}
			}
		})
	}
	all.Wait()
}
