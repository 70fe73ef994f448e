package oidc_test

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

func atHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return b64(sum[:16])
}

// The cases of the OpenID Connect conformance tests for relying parties, basic and config
// profile, against our own issuer. good says whether somebody is signed in.
func TestRelyingPartyList(t *testing.T) {
	type side struct {
		i *issuer
		c *oidc.Config
	}
	claims := func(pairs ...any) func(side) {
		return func(s side) {
			for n := 0; n < len(pairs); n += 2 {
				s.i.claims[pairs[n].(string)] = pairs[n+1]
			}
		}
	}
	head := func(alg, kid any) func(side) {
		return func(s side) {
			s.i.header = map[string]any{"alg": alg}
			if kid != nil {
				s.i.header["kid"] = kid
			}
		}
	}
	askUserInfo := func(s side) { s.c.UserInfo = true }
	both := func(list ...func(side)) func(side) {
		return func(s side) {
			for _, f := range list {
				f(s)
			}
		}
	}
	for _, test := range []struct {
		name string
		set  func(side)
		good bool
	}{
		// rp-response_type-code, rp-token_endpoint-*, rp-scope-userinfo-claims
		{"response type code", func(side) {}, true},
		{"client_secret_basic", func(s side) { s.c.Auth = oauth2.AuthBasic }, true},
		{"client_secret_post", func(s side) { s.c.Auth = oauth2.AuthPost }, true},
		{"userinfo with a bearer header", askUserInfo, true},
		{"userinfo of another subject", both(askUserInfo, func(s side) { s.i.userinfo["sub"] = "another" }), false},
		{"userinfo without a subject", both(askUserInfo, func(s side) { delete(s.i.userinfo, "sub") }), false},
		{"userinfo whose subject is a number", both(askUserInfo, claims("sub", "7"), func(s side) { s.i.userinfo["sub"] = 7 }), false},
		// rp-id_token-sig-*
		{"signed with RS256", func(side) {}, true},
		{"signed with PS256", head("PS256", "k1"), true},
		{"signed with ES256", both(head("ES256", "e1"), func(s side) { s.i.key = ecKey; s.i.keys = append(s.i.keys, jwkOf("e1", ecKey)) }), true},
		{"signed with EdDSA", both(head("EdDSA", "d1"), func(s side) { s.i.key = edKey; s.i.keys = append(s.i.keys, jwkOf("d1", edKey)) }), true},
		{"signed with the secret, which is configured", both(head("HS256", nil), func(s side) { s.i.key = []byte(clientSecret); s.c.Algorithms = []string{"HS256"} }), true},
		{"signed with the secret, which is not configured", both(head("HS256", nil), func(s side) { s.i.key = []byte(clientSecret) }), false},
		{"signed with another secret", both(head("HS256", nil), func(s side) { s.i.key = []byte("another secret of enough bytes"); s.c.Algorithms = []string{"HS256"} }), false},
		{"signed with the public key as a secret", both(head("HS256", "k1"), func(s side) {
			s.i.key = rsaKey.N.Bytes()
			s.c.Algorithms = []string{"HS256", "RS256"}
		}), false},
		{"not signed", both(head("none", nil), func(s side) { s.i.key = nil }), false},
		{"signed with another key", func(s side) { s.i.key = rsaKey2 }, false},
		{"signed with another key, whose name is not in the set", both(head("RS256", "k9"), func(s side) { s.i.key = rsaKey2 }), false},
		{"signed by the key's other algorithm", both(head("RS512", "k1")), false},
		// rp-id_token-kid-absent-*
		{"no kid and one key", head("RS256", nil), true},
		{"no kid and several keys, the wrong one first", both(head("RS256", nil), func(s side) { s.i.keys = []any{jwkOf("k0", rsaKey2), jwkOf("k1", rsaKey)} }), false},
		// rp-id_token-iss, -aud, -sub, -iat, -issuer-mismatch
		{"another issuer", claims("iss", "https://other.test"), false},
		{"an issuer with a slash behind", func(s side) { s.i.claims["iss"] = s.i.URL + "/" }, false},
		{"no issuer", claims("iss", nil), false},
		{"another audience", claims("aud", "other"), false},
		{"several audiences without azp", claims("aud", []string{clientID, "other"}), false},
		{"several audiences with azp", claims("aud", []string{clientID, "other"}, "azp", clientID), true},
		{"azp of another client", claims("azp", "other"), false},
		{"no subject", claims("sub", nil), false},
		{"no iat", claims("iat", nil), false},
		{"no exp", claims("exp", nil), false},
		{"over, beyond the leeway", func(s side) { s.i.claims["exp"] = s.i.now.Unix() - 61 }, false},
		{"over, within the leeway", func(s side) { s.i.claims["exp"] = s.i.now.Unix() - 59 }, true},
		{"of the future", func(s side) { s.i.claims["iat"] = s.i.now.Unix() + 61 }, false},
		{"no ID token", func(s side) { s.i.noToken = true }, false},
		// rp-nonce-*
		{"another nonce", claims("nonce", "another"), false},
		{"no nonce", claims("nonce", nil), false},
		{"no nonce, as configured", both(claims("nonce", nil), func(s side) { s.c.NoNonce = true }), true},
		// rp-id_token-bad-at_hash
		{"at_hash", claims("at_hash", atHash("at-1")), true},
		{"at_hash of another token", claims("at_hash", atHash("at-2")), false},
		// another kind of token
		{"a log-out token", claims("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}), false},
		{"an access token", func(s side) { s.i.header["typ"] = "at+jwt" }, false},
		// max_age
		{"max_age, signed in just now", func(s side) { s.c.MaxAge = time.Hour; s.i.claims["auth_time"] = s.i.now.Unix() - 10 }, true},
		{"max_age, signed in too long ago", func(s side) { s.c.MaxAge = time.Hour; s.i.claims["auth_time"] = s.i.now.Unix() - 3661 }, false},
		{"max_age and no auth_time", func(s side) { s.c.MaxAge = time.Hour }, false},
		// rp-discovery-*
		{"a document of another issuer", func(s side) { s.i.document["issuer"] = "https://other.test" }, false},
		{"a document whose issuer has a slash more", func(s side) { s.i.document["issuer"] = s.i.URL + "/" }, false},
		{"a document without issuer", func(s side) { delete(s.i.document, "issuer") }, false},
		{"a document without jwks_uri", func(s side) { delete(s.i.document, "jwks_uri") }, false},
		{"a document without authorization_endpoint", func(s side) { delete(s.i.document, "authorization_endpoint") }, false},
		{"a document that offers post alone", func(s side) {
			s.i.document["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"}
		}, true},
		{"keys of which one cannot be read", func(s side) {
			s.i.keys = append([]any{map[string]any{"kty": "RSA", "kid": "bad", "n": "!", "e": "AQAB"}, "nonsense"}, s.i.keys...)
		}, true},
		{"a key for encryption", func(s side) { s.i.keys[0].(map[string]any)["use"] = "enc" }, false},
		{"no keys", func(s side) { s.i.keys = []any{} }, false},
		// RFC 9207
		{"iss announced and missing", func(s side) { s.i.document["authorization_response_iss_parameter_supported"] = true }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIssuer(t)
			c := i.config()
			test.set(side{i, &c})
			id, err := i.signIn(oidc.New(c))
			if (err == nil) != test.good || test.good && id.Subject == "" {
				t.Errorf("identity %+v, error %v", id, err)
			}
		})
	}
}

func TestClientProofFollowsTheDocument(t *testing.T) {
	for _, test := range []struct {
		offer any
		basic bool
	}{{nil, true}, {[]string{"client_secret_post"}, false}, {[]string{"client_secret_post", "client_secret_basic"}, true}, {[]string{"private_key_jwt"}, true}} {
		i := newIssuer(t)
		if delete(i.document, "token_endpoint_auth_methods_supported"); test.offer != nil {
			i.document["token_endpoint_auth_methods_supported"] = test.offer
		}
		if _, err := i.signIn(oidc.New(i.config())); err != nil {
			t.Fatal(err)
		}
		if got := i.forms["/token"].Get("client_secret") == ""; got != test.basic {
			t.Errorf("%v: basic %t", test.offer, got)
		}
	}
}

func TestAuthorizationURL(t *testing.T) {
	i := newIssuer(t)
	c := i.config()
	c.Extra, c.MaxAge, c.Scopes = url.Values{"acr_values": {"x"}}, 90*time.Second, []string{"email"}
	p := oidc.New(c)
	a := i.attempt()
	q := must(i.begin(p, a))
	for name, want := range map[string]string{"scope": "openid email", "acr_values": "x", "max_age": "90", "response_type": "code", "client_id": clientID, "redirect_uri": callback, "state": state} {
		if q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("nonce")) != 43 || len(a.Keep) > 512 {
		t.Errorf("nonce %q, %d bytes kept", q.Get("nonce"), len(a.Keep))
	}
	a.Extra = url.Values{"scope": {"calendar"}, "nonce": {"mine"}}
	if q := must(i.begin(p, a)); q.Get("scope") != "openid calendar" || q.Get("nonce") == "mine" {
		t.Errorf("query = %v", q)
	}
}

// A visitor who asks for max_age gets it.
func TestMaxAgeOfTheVisitor(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	for age, good := range map[string]bool{"60": true, "0": true, "": true} {
		for _, since := range []int64{0, 3600} {
			a := i.attempt()
			if age != "" {
				a.Extra = url.Values{"max_age": {age}}
			}
			i.set(func() { i.claims["auth_time"] = i.now.Unix() - since })
			_, err := i.signInAs(p, a)
			if want := good && (since == 0 || age == ""); (err == nil) != want {
				t.Errorf("max_age=%q, signed in %d s ago: %v", age, since, err)
			}
		}
	}
}

func TestIdentity(t *testing.T) {
	i := newIssuer(t)
	i.claims = map[string]any{"email": "token@idp.test", "amr": []any{"pwd", "otp", 3}, "sid": "s-1"}
	c := i.config()
	p := oidc.New(c)
	id, err := i.signIn(p)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "7f0c" || id.Name != "Generic User" || id.Email != "token@idp.test" || id.EmailVerified || strings.Join(id.Methods, " ") != "pwd otp" {
		t.Errorf("identity = %+v", id)
	}
	if id.Tokens.Access != "at-1" || id.Tokens.Refresh != "rt-1" || id.Tokens.ID == "" || id.Tokens.Scope != "openid profile email" {
		t.Errorf("tokens = %v", id.Tokens)
	}
	c.UserInfo = true
	p = oidc.New(c)
	if id, err = i.signIn(p); err != nil {
		t.Fatal(err)
	}
	// The address of the token must not get the "verified" of the other.
	if id.Email != "token@idp.test" || id.EmailVerified || id.Image != "https://idp.test/p.png" || id.Name != "Generic User" {
		t.Errorf("identity = %+v", id)
	}
	var profile map[string]any
	if err := json.Unmarshal(id.Profile, &profile); err != nil || profile["sid"] != "s-1" || profile["groups"] == nil || profile["email"] != "token@idp.test" {
		t.Errorf("profile = %s, %v", id.Profile, err)
	}
	i.set(func() { delete(i.claims, "email") })
	if id, err = i.signIn(p); err != nil || id.Email != "g@idp.test" || !id.EmailVerified {
		t.Errorf("identity = %+v, %v", id, err)
	}
}

// The verdicts of the project's hostile tokens, through a provider.
func TestS63_S67_HostileIDTokens(t *testing.T) {
	text, err := os.ReadFile("testdata/hostile.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Token, Expect, Why string
			Key                    json.RawMessage
			Policy                 struct {
				Iss, Aud, Nonce string
				AccessToken     string `json:"access_token"`
				MaxAge          int    `json:"max_age_s"`
				Now             int64
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Cases) < 11 {
		t.Fatal(len(file.Cases), err)
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			i := newIssuer(t)
			i.now = time.Unix(c.Policy.Now, 0)
			i.keys = []any{c.Key}
			if c.Policy.AccessToken == "" {
				c.Policy.AccessToken = "at-1"
			}
			i.handle["/token"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(map[string]string{"access_token": c.Policy.AccessToken, "id_token": c.Token})
			}
			p := oidc.New(oidc.Config{
				ID: "corp", Issuer: c.Policy.Iss, ClientID: c.Policy.Aud, MaxAge: time.Duration(c.Policy.MaxAge) * time.Second,
				Endpoints: oidc.Endpoints{Authorization: i.URL + "/authorize", Token: i.URL + "/token", Keys: i.URL + "/jwks"},
			})
			a := i.attempt()
			if _, err := i.begin(p, a); err != nil {
				t.Fatal(err)
			}
			a.Keep = must(json.Marshal(oauth2.Kept{Verifier: "v", Nonce: c.Policy.Nonce}))
			a.Fields = url.Values{"code": {"c"}, "state": {state}}
			_, err := p.Finish(t.Context(), a)
			if (err == nil) != (c.Expect == "valid") {
				t.Errorf("%s: %v", c.Why, err)
			}
		})
	}
}
