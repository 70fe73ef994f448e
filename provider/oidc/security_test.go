package oidc_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/signettest"
)

// S-61, S-63: PKCE and nonce go out though the document does not speak of S256, fresh for
// each attempt.
func TestS61_S63_PKCEAndNonceAlways(t *testing.T) {
	i := newIssuer(t)
	i.document["code_challenge_methods_supported"] = []string{"plain"}
	p := oidc.New(i.config())
	a, b := i.attempt(), i.attempt()
	q, r := must(i.begin(p, a)), must(i.begin(p, b))
	if q.Get("code_challenge_method") != "S256" || q.Get("nonce") == r.Get("nonce") || q.Get("code_challenge") == r.Get("code_challenge") {
		t.Errorf("%v\n%v", q, r)
	}
	b.Fields = url.Values{"code": {"c"}, "state": {state}}
	if _, err := p.Finish(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(i.forms["/token"].Get("code_verifier")))
	if b64(sum[:]) != r.Get("code_challenge") {
		t.Error("the verifier is of another challenge")
	}
	// The ID token of the one attempt is none for the other.
	a.Fields = b.Fields
	if _, err := p.Finish(t.Context(), a); err == nil || !strings.Contains(err.Error(), "nonce") {
		t.Errorf("with the nonce of another attempt: %v", err)
	}
}

// S-64: two issuers, their answers swapped, with and without iss.
func TestS64_MixUp(t *testing.T) {
	honest, evil := newIssuer(t), newIssuer(t)
	honest.document["authorization_response_iss_parameter_supported"] = true
	p, other := oidc.New(honest.config()), oidc.New(evil.config())
	for _, test := range []struct {
		name string
		i    *issuer
		p    *oidc.Provider
		iss  []string
		good bool
	}{
		{"its own", honest, p, []string{honest.URL}, true},
		{"of the other", honest, p, []string{evil.URL}, false},
		{"none where it is announced", honest, p, nil, false},
		{"twice", honest, p, []string{honest.URL, honest.URL}, false},
		{"both", honest, p, []string{honest.URL, evil.URL}, false},
		{"empty", honest, p, []string{""}, false},
		{"none where it is not announced", evil, other, nil, true},
		{"its own where it is not announced", evil, other, []string{evil.URL}, true},
		{"of the other where it is not announced", evil, other, []string{honest.URL}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := test.i.attempt()
			if _, err := test.i.begin(test.p, a); err != nil {
				t.Fatal(err)
			}
			calls := honest.count("/token") + evil.count("/token")
			a.Fields = url.Values{"code": {"c"}, "state": {state}}
			if test.iss != nil {
				a.Fields["iss"] = test.iss
			}
			_, err := test.p.Finish(t.Context(), a)
			if (err == nil) != test.good || !test.good && kindOf(err) != again {
				t.Errorf("error = %v", err)
			}
			if n := honest.count("/token") + evil.count("/token") - calls; (n == 1) != test.good {
				t.Errorf("%d codes exchanged", n)
			}
		})
	}
	// A token of the other issuer, even if a key of this one signed it.
	honest.set(func() { honest.claims["iss"] = evil.URL })
	a := honest.attempt()
	_ = must(honest.begin(p, a))
	a.Fields = url.Values{"code": {"c"}, "state": {state}, "iss": {honest.URL}}
	if _, err := p.Finish(t.Context(), a); err == nil {
		t.Error("signed in with a token of another issuer")
	}
}

// S-66 here: one token request for one answer, whatever the ID token is like.
func TestS66_TheCodeIsSentOnce(t *testing.T) {
	i := newIssuer(t)
	i.key = rsaKey2
	if _, err := i.signIn(oidc.New(i.config())); err == nil || i.count("/token") != 1 {
		t.Errorf("%d requests, %v", i.count("/token"), err)
	}
}

// S-68: an issuer of many tenants lets in those on the list, each under its own name.
func TestS68_Tenants(t *testing.T) {
	const home, guest = "11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"
	i := newIssuer(t)
	i.document["issuer"] = i.URL + "/{tenantid}/v2.0"
	c := i.config()
	c.Issuer, c.Discovery, c.Tenants = i.URL+"/{tenantid}/v2.0", i.URL+wellKnown, []string{home}
	everybody := c
	everybody.Tenants, everybody.AnyTenant = nil, true
	for _, test := range []struct {
		name       string
		tid        any
		iss        string
		listed     bool // is good with the list
		everywhere bool // is good with AnyTenant
	}{
		{"on the list", home, "/" + home + "/v2.0", true, true},
		{"not on the list", guest, "/" + guest + "/v2.0", false, true},
		{"on the list, with the issuer of another", home, "/" + guest + "/v2.0", false, false},
		{"of another, with the issuer of one on the list", guest, "/" + home + "/v2.0", false, false},
		{"the mark itself", "{tenantid}", "/{tenantid}/v2.0", false, false},
		{"a path", "../" + home, "/../" + home + "/v2.0", false, false},
		{"none", nil, "/" + home + "/v2.0", false, false},
		{"empty", "", "//v2.0", false, false},
		{"a list", []string{home}, "/" + home + "/v2.0", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i.set(func() { i.claims["tid"], i.claims["iss"] = test.tid, i.URL+test.iss })
			if _, err := i.signIn(oidc.New(c)); (err == nil) != test.listed {
				t.Errorf("with the list: %v", err)
			}
			if _, err := i.signIn(oidc.New(everybody)); (err == nil) != test.everywhere {
				t.Errorf("with any tenant: %v", err)
			}
		})
	}
}

// S-64 with many tenants: the iss of the answer is that of the ID token.
func TestS64_TenantsAnswer(t *testing.T) {
	i := newIssuer(t)
	i.document["issuer"] = i.URL + "/{tenantid}"
	c := i.config()
	c.Issuer, c.Discovery, c.AnyTenant = i.URL+"/{tenantid}", i.URL+wellKnown, true
	i.claims["tid"], i.claims["iss"] = "home", i.URL+"/home"
	p := oidc.New(c)
	for iss, good := range map[string]bool{"/home": true, "/guest": false, "/{tenantid}": false} {
		a := i.attempt()
		_ = must(i.begin(p, a))
		a.Fields = url.Values{"code": {"c"}, "state": {state}, "iss": {i.URL + iss}}
		if _, err := p.Finish(t.Context(), a); (err == nil) != good {
			t.Errorf("%s: %v", iss, err)
		}
	}
}

// S-69: what the userinfo end point says counts only if it is JSON about the same subject.
func TestS69_UserInfo(t *testing.T) {
	i := newIssuer(t)
	c := i.config()
	c.UserInfo = true
	for body, good := range map[string]bool{
		`{"sub":"7f0c"}`: true, `{"sub":"7F0C"}`: false, `{"sub":"7f0c","sub":"x"}`: false, `{"sub":["7f0c"]}`: false, `{}`: false, `[]`: false, ``: false,
		`{"sub":"7f0c","x":"` + strings.Repeat("x", 64<<10) + `"}`: false,
	} {
		i.set(func() {
			i.handle["/userinfo"] = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer at-1" {
					t.Errorf("header = %v", r.Header)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(body))
			}
		})
		if _, err := i.signIn(oidc.New(c)); (err == nil) != good {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

// S-69: a userinfo answer that is signed counts only if the issuer's key signed it, for us.
func TestS69_SignedUserInfo(t *testing.T) {
	fake := signettest.NewIssuer(t)
	mine := func(change func(header, claims map[string]any)) signettest.Fault {
		header := map[string]any{}
		claims := map[string]any{"iss": fake.Issuer(), "aud": fake.ClientID, "sub": fake.Person().Subject, "nickname": "signed"}
		change(header, claims)
		alg, _ := header["alg"].(string)
		return signettest.Answer(http.StatusOK, "application/jwt; charset=utf-8", fake.Sign(alg, header, claims))
	}
	claim := func(name string, v any) signettest.Fault {
		return mine(func(_, claims map[string]any) {
			claims[name] = v
			if v == nil {
				delete(claims, name)
			}
		})
	}
	now := time.Now().Unix()
	for name, test := range map[string]struct {
		fault signettest.Fault
		good  bool
	}{
		"as the issuer signs it":      {signettest.SignedUserinfo(), true},
		"as little as there may be":   {mine(func(_, _ map[string]any) {}), true},
		"with an end to come":         {claim("exp", now+60), true},
		"of a time that is over":      {claim("exp", now-3600), false},
		"with an end that is none":    {claim("exp", "soon"), false},
		"of another issuer":           {claim("iss", "https://evil.test"), false},
		"of nobody":                   {claim("iss", nil), false},
		"for another client":          {claim("aud", "somebody-else"), false},
		"for nobody":                  {claim("aud", nil), false},
		"about somebody else":         {claim("sub", "424242"), false},
		"about nobody":                {claim("sub", nil), false},
		"of another kind":             {mine(func(header, _ map[string]any) { header["typ"] = "at+jwt" }), false},
		"signed by nobody":            {signettest.Answer(200, "application/jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."), false},
		"a JSON object, said to be":   {signettest.Answer(200, "application/jwt", `{"sub":"`+fake.Person().Subject+`"}`), false},
		"signed, and said to be JSON": {signettest.Answer(200, "application/json", fake.Sign("", map[string]any{}, map[string]any{"sub": fake.Person().Subject})), false},
		"nothing":                     {signettest.Answer(200, "application/jwt", ""), false},
	} {
		p := oidc.New(oidc.Config{ID: "corp", Issuer: fake.Issuer(), ClientID: fake.ClientID, ClientSecret: fake.ClientSecret, UserInfo: true})
		fake.Next(signettest.Userinfo, test.fault)
		a := &signet.Attempt{ID: strings.Repeat("s", 43), Callback: "https://app.test/api/auth/callback/corp", World: signet.World{HTTP: signettest.Client(fake)}}
		step, err := p.Begin(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		to := step.(signet.Redirect)
		a.Keep = to.Keep
		res, err := signettest.Client(fake).Get(to.To)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		back, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		a.Fields = back.Query()
		if step, err = p.Finish(t.Context(), a); (err == nil) != test.good {
			t.Errorf("%s: %v", name, err)
		}
		if id, ok := step.(signet.Identity); ok && id.Subject != fake.Person().Subject {
			t.Errorf("%s: %+v", name, id)
		}
	}
}

// S-73: what the header says decides nothing: a key serves the algorithms of its own kind
// that are configured.
func TestS73_AlgorithmsAreConfigured(t *testing.T) {
	i := newIssuer(t)
	i.keys = append(i.keys, jwkOf("e1", ecKey))
	c := i.config()
	c.Algorithms = []string{"ES256"}
	p := oidc.New(c)
	if _, err := i.signIn(p); err == nil {
		t.Error("RS256 though only ES256 is configured")
	}
	i.set(func() { i.key, i.header = ecKey, map[string]any{"alg": "ES256", "kid": "e1"} })
	if _, err := i.signIn(p); err != nil {
		t.Error(err)
	}
	i.set(func() { i.header["kid"] = "k1" })
	if _, err := i.signIn(p); err == nil {
		t.Error("ES256 under the name of an RSA key")
	}
}

// S-75: an error shows no token.
func TestS75_ErrorsHoldNoTokens(t *testing.T) {
	i := newIssuer(t)
	i.claims["aud"] = "other"
	_, err := i.signIn(oidc.New(i.config()))
	if err == nil || strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "at-1") {
		t.Errorf("error = %v", err)
	}
}

// S-76: the address that ends the provider's own session.
func TestS76_EndSession(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	to, err := p.EndSession(t.Context(), i.world(), "the-token", "https://app.test/bye?a=b", "s-1")
	if err != nil {
		t.Fatal(err)
	}
	u := must(url.Parse(to))
	q := u.Query()
	if u.Path != "/logout" || q.Get("x") != "1" || q.Get("id_token_hint") != "the-token" || q.Get("client_id") != clientID || q.Get("post_logout_redirect_uri") != "https://app.test/bye?a=b" || q.Get("state") != "s-1" {
		t.Errorf("to %s", to)
	}
	if to, err = p.EndSession(t.Context(), i.world(), "", "", ""); err != nil || strings.Contains(to, "id_token_hint") || strings.Contains(to, "state") {
		t.Errorf("to %s, %v", to, err)
	}
	delete(i.document, "end_session_endpoint")
	if to, err = oidc.New(i.config()).EndSession(t.Context(), i.world(), "", "", ""); to != "" || err != nil {
		t.Errorf("to %q, %v", to, err)
	}
}

// S-87: the ID token of a refresh has to be genuine and about the same person.
func TestS87_RefreshedIDToken(t *testing.T) {
	i := newIssuer(t)
	i.claims["azp"] = clientID
	p := oidc.New(i.config())
	id, err := i.signIn(p)
	if err != nil {
		t.Fatal(err)
	}
	old := *id.Tokens
	for _, test := range []struct {
		name   string
		claims map[string]any
		key    any
		good   bool
	}{
		{"the same", nil, rsaKey, true},
		{"without nonce", map[string]any{"nonce": nil}, rsaKey, true},
		{"another nonce", map[string]any{"nonce": "x"}, rsaKey, false},
		{"another subject", map[string]any{"sub": "other"}, rsaKey, false},
		{"another issuer", map[string]any{"iss": "https://other.test"}, rsaKey, false},
		{"another audience", map[string]any{"aud": "other"}, rsaKey, false},
		{"one audience more", map[string]any{"aud": []string{clientID, "other"}}, rsaKey, false},
		{"another azp", map[string]any{"azp": "other"}, rsaKey, false},
		{"over", map[string]any{"exp": 1}, rsaKey, false},
		{"at_hash of another token", map[string]any{"at_hash": atHash("x")}, rsaKey, false},
		{"another key", nil, rsaKey2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i.set(func() {
				i.key, i.claims = test.key, map[string]any{"azp": clientID}
				for name, v := range test.claims {
					i.claims[name] = v
				}
			})
			now, err := p.Refresh(t.Context(), i.world(), old)
			if (err == nil) != test.good || !test.good && (!errors.Is(err, signet.ErrEnded) || !now.IsZero()) {
				t.Errorf("%v, %v", now, err)
			}
		})
	}
	i.set(func() { i.noToken = true })
	if now, err := p.Refresh(t.Context(), i.world(), old); err != nil || now.ID != old.ID || now.Access != "at-1" {
		t.Errorf("without an ID token: %v, %v", now, err)
	}
	i.set(func() {
		i.handle["/token"] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]string{"access_token": "at-3", "scope": "openid admin"})
		}
	})
	if _, err := p.Refresh(t.Context(), i.world(), old); !errors.Is(err, signet.ErrEnded) {
		t.Errorf("with more scope: %v", err)
	}
}

// Keys that cannot be fetched say nothing of the grant.
func TestRefreshWhileTheIssuerIsOutOfOrder(t *testing.T) {
	for _, place := range []string{"/jwks", wellKnown} {
		for name, fault := range map[string]http.HandlerFunc{
			"out of order": outOfOrder,
			"HTML":         func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<h1>")) },
		} {
			i := newIssuer(t)
			i.handle[place] = fault
			old := signet.Tokens{Access: "at", Refresh: "rt"}
			if _, err := oidc.New(i.config()).Refresh(t.Context(), i.world(), old); err == nil || errors.Is(err, signet.ErrEnded) {
				t.Errorf("%s %s: %v", place, name, err)
			}
		}
	}
}

func TestRevoke(t *testing.T) {
	i := newIssuer(t)
	if err := oidc.New(i.config()).Revoke(t.Context(), i.world(), signet.Tokens{Refresh: "rt"}); err != nil || i.forms["/revoke"].Get("token") != "rt" {
		t.Errorf("%v, %v", i.forms["/revoke"], err)
	}
	delete(i.document, "revocation_endpoint")
	if err := oidc.New(i.config()).Revoke(t.Context(), i.world(), signet.Tokens{Refresh: "rt"}); err != nil || i.count("/revoke") != 1 {
		t.Errorf("%d calls, %v", i.count("/revoke"), err)
	}
}

func TestProfileOfYourOwn(t *testing.T) {
	i := newIssuer(t)
	c := i.config()
	c.Profile = func(_ context.Context, who oidc.Person) (signet.Identity, error) {
		id := who.Identity()
		id.Name = who.Claims.Text("/name") + ", " + who.Fields.Get("code")
		return id, nil
	}
	if id, err := i.signIn(oidc.New(c)); err != nil || id.Name != "Generic User, c-1" || id.Tokens == nil {
		t.Errorf("%+v, %v", id, err)
	}
	c.Profile = func(context.Context, oidc.Person) (signet.Identity, error) {
		return signet.Identity{}, &signet.Refused{Code: "not-one-of-us", Kind: "AccessDenied"}
	}
	if _, err := i.signIn(oidc.New(c)); kindOf(err) != "AccessDenied" {
		t.Error(err)
	}
}

// F-08: a dead token end point leaves the keys and the document alone.
func TestDeadTokenEndPoint(t *testing.T) {
	i := newIssuer(t)
	i.handle["/token"] = outOfOrder
	p := oidc.New(i.config())
	for range 8 {
		if _, err := i.signIn(p); kindOf(err) != again {
			t.Fatal(err)
		}
	}
	if n := i.count("/token"); n != 5 {
		t.Errorf("%d calls", n)
	}
	i.set(func() { delete(i.handle, "/token"); i.now = i.now.Add(10 * time.Second) })
	if _, err := i.signIn(p); err != nil {
		t.Error(err)
	}
	var _ oauth2.Renewal = p.Renewal()
}
