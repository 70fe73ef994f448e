package jwt_test

import (
	"crypto/ecdsa"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// Each kind of token offered to each judge.
func TestS95_KindsOfTokensAreKeptApart(t *testing.T) {
	const base = `"iss":"https://idp.test","aud":"signet-app","sub":"u-1","sid":"s","iat":1767225600,"exp":1767225700,"jti":"j","client_id":"c"`
	const event = `"events":{"http://schemas.openid.net/event/backchannel-logout":{}}`
	kinds := []struct{ name, typ, claims string }{
		{"id", `"JWT"`, `{` + base + `,"nonce":"n-1"}`},
		{"access", `"at+jwt"`, `{` + base + `}`},
		{"logout", `"logout+jwt"`, `{` + base + `,` + event + `}`},
		{"logout of an older provider", `"JWT"`, `{` + base + `,` + event + `}`},
		{"invitation", `"invite+jwt"`, `{` + base + `}`},
	}
	keys, err := jwt.RingKeys(seal.Ring{newest})
	if err != nil {
		t.Fatal(err)
	}
	policy := jwt.Verifier{Keys: keys, Issuer: issuer, Audience: audience}
	id, access, logout, invite, refreshed := policy, policy, policy, policy, policy
	id.Profile, id.Nonce = jwt.IDToken, "n-1"
	refreshed.Profile, refreshed.WithoutNonce = jwt.IDToken, true
	access.Profile, logout.Profile, invite.Typ = jwt.AccessToken, jwt.LogoutToken, "invite+jwt"
	for _, judge := range []struct {
		name  string
		v     jwt.Verifier
		takes []string
	}{
		{"id", id, []string{"id"}},
		{"id of a refresh", refreshed, []string{"id"}},
		{"access", access, []string{"access"}},
		{"logout", logout, []string{"logout"}},
		{"invitation", invite, []string{"invitation"}},
		{"plain", policy, []string{"id"}}, // by nothing but its audience
	} {
		for _, kind := range kinds {
			_, err := judge.v.Verify(t.Context(), hs256(t, `{"alg":"HS256","typ":`+kind.typ+`}`, kind.claims), now)
			if (err == nil) != slices.Contains(judge.takes, kind.name) {
				t.Errorf("%s offered as %s: %v", kind.name, judge.name, err)
			}
		}
	}
	codec := newCodec(t, jwt.Options{}, newest)
	for _, typ := range []string{"at+jwt", "logout+jwt", "application/at+jwt", "invite+jwt", "JWT", "application/jwt", ""} {
		_, err := codec.Open(hs256(t, `{"alg":"HS256","typ":"`+typ+`"}`, good), now)
		if ours := typ == "" || strings.HasSuffix(strings.ToLower("/"+typ), "/jwt"); (err == nil) != ours {
			t.Errorf("typ %q as a session: %v", typ, err)
		}
	}
}

func TestS96_SessionsEnd(t *testing.T) {
	for _, claims := range []string{`{"sub":"u"}`, `{"exp":null}`, `{"exp":"1767229200"}`, `{"exp":true}`, `{"exp":[1767229200]}`, `{"exp":9223372036854775808}`} {
		refused(t, claims, hs256(t, `{"alg":"HS256"}`, claims), "malformed")
	}
	refused(t, "exp 0", hs256(t, `{"alg":"HS256"}`, `{"exp":0}`), "expired")
	refused(t, "exp negative", hs256(t, `{"alg":"HS256"}`, `{"exp":-1}`), "expired")
	refused(t, "exp now", hs256(t, `{"alg":"HS256"}`, `{"exp":1767225600}`), "expired")
	refused(t, "nbf", hs256(t, `{"alg":"HS256"}`, `{"exp":1767229200,"nbf":1767225601}`), "not-yet")
	refused(t, "sub", hs256(t, `{"alg":"HS256"}`, `{"exp":1767229200,"sub":7}`), "malformed")
	refused(t, "iat", hs256(t, `{"alg":"HS256"}`, `{"exp":1767229200,"iat":"7"}`), "malformed")
}

// A verdict belongs to its policy: one verifier's does not leak into another's, in
// whatever order they are asked.
func TestS97_OneTokenThroughTwoPolicies(t *testing.T) {
	keys := newSet(t, publicKey(t, "k", "ES256"))
	token := forge(t, "ES256", privateKeys()["ES256"], `{"alg":"ES256","kid":"k"}`,
		`{"iss":"https://idp.test","aud":"signet-app","sub":"u-1","iat":1767225600,"exp":1767229200,"nonce":"n-1"}`)
	good := jwt.Verifier{Keys: keys, Issuer: issuer, Audience: audience, Profile: jwt.IDToken, Nonce: "n-1"}
	others := map[string]jwt.Verifier{}
	for name, change := range map[string]func(*jwt.Verifier){
		"issuer": func(v *jwt.Verifier) { v.Issuer = "https://other.test" }, "audience": func(v *jwt.Verifier) { v.Audience = "other" },
		"nonce": func(v *jwt.Verifier) { v.Nonce = "n-2" }, "algorithms": func(v *jwt.Verifier) { v.Algorithms = []string{"RS256"} },
		"keys":    func(v *jwt.Verifier) { v.Keys = newSet(t, publicKey(t, "k", "RS256")) },
		"profile": func(v *jwt.Verifier) { v.Profile = jwt.AccessToken }, "required claim": func(v *jwt.Verifier) { v.Require = []string{"email"} },
		"latest end": func(v *jwt.Verifier) { v.Latest = now }, "length": func(v *jwt.Verifier) { v.MaxTokenBytes = 16 },
		"age of sign-in": func(v *jwt.Verifier) { v.MaxAge = time.Hour },
	} {
		v := good
		change(&v)
		others[name] = v
	}
	for range 3 {
		if _, err := good.Verify(t.Context(), token, now); err != nil {
			t.Fatal(err)
		}
		for name, v := range others {
			if _, err := v.Verify(t.Context(), token, now); err == nil {
				t.Errorf("accepted under another %s", name)
			}
		}
		if _, err := good.Verify(t.Context(), token, now.Add(2*time.Hour)); !errors.Is(err, seal.ErrExpired) {
			t.Errorf("later: %v", err)
		}
	}
}

// Of each ECDSA signature anybody can make a second one: (r, n-s) for (r, s). Both are
// valid (vector j070), so both must have one print.
func TestS97_TwinsHaveOnePrint(t *testing.T) {
	private := privateKeys()["ES256"].(*ecdsa.PrivateKey)
	token := forge(t, "ES256", private, `{"alg":"ES256","kid":"k"}`, good)
	cut := strings.LastIndexByte(token, '.') + 1
	signature, err := b64.DecodeString(token[cut:])
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(signature[32:])
	s.Sub(private.Params().N, s).FillBytes(signature[32:])
	twin := token[:cut] + b64.EncodeToString(signature)
	v := jwt.Verifier{Keys: newSet(t, publicKey(t, "k", "ES256"))}
	prints := map[string]bool{}
	for _, text := range []string{token, twin} {
		got, err := v.Verify(t.Context(), text, now)
		if err != nil {
			t.Fatal(err)
		}
		prints[got.Print()] = true
	}
	if twin == token || len(prints) != 1 {
		t.Errorf("prints: %v", prints)
	}
	other, err := v.Verify(t.Context(), forge(t, "ES256", private, `{"alg":"ES256","kid":"k"}`, good+" "), now)
	if err != nil || prints[other.Print()] {
		t.Errorf("another token has the same print: %v", err)
	}
}

// All that a stranger can learn without a key is about the form.
func TestAStrangerLearnsNothingOfThePolicy(t *testing.T) {
	v := jwt.Verifier{Keys: newSet(t, publicKey(t, "k", "ES256")), Issuer: issuer, Audience: audience, Profile: jwt.IDToken, Nonce: "n"}
	thief, err := strange()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, claims := range []string{good, `{}`, `[]`, `{"exp":1}`, `{"iss":"https://idp.test"}`, `{"nbf":99999999999}`, `not json`} {
		_, err := v.Verify(t.Context(), forge(t, "ES256", thief, `{"alg":"ES256","kid":"k","typ":"x"}`, claims), now)
		texts[err.Error()] = true
	}
	if len(texts) != 1 || !texts["seal: open jwt: foreign"] {
		t.Errorf("answers: %v", texts)
	}
}
