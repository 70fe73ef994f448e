package signettest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

// all are the providers of the file, with where their subject and their address are shown.
var all = []struct{ id, subject, email string }{
	{"google", "sub", "email"}, {"github", "id", ""}, {"kakao", "id", "kakao_account.email"}, {"naver", "response.id", "response.email"},
	{"apple", "", ""}, {"discord", "id", "email"}, {"microsoft-entra-id", "sub", "email"}, {"gitlab", "id", "email"},
	{"facebook", "id", "email"}, {"line", "sub", ""}, {"x", "data.id", "data.confirmed_email"}, {"linkedin", "sub", "email"},
	{"slack", "sub", "email"}, {"twitch", "sub", "email"}, {"spotify", "id", "email"}, {"generic-oidc", "sub", "email"},
	{"generic-oauth2", "user.uid", "user.mail"},
}

func at(body map[string]any, path string) string {
	var v any = body
	for _, name := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func TestEveryProvider(t *testing.T) {
	for _, test := range all {
		for _, real := range []bool{false, true} {
			name := test.id + " on loopback"
			if real {
				name = test.id + " by its real name"
			}
			t.Run(name, func(t *testing.T) {
				p := signettest.NewProvider(t, test.id)
				n := newNaive(t, p)
				n.real = real
				person := p.Person()
				q := n.question()
				back := n.ask(q)
				if back.Get("state") != "the-state" || back.Get("code") == "" {
					t.Fatalf("came back with %v", back)
				}
				first := n.exchange(back.Get("code"))
				if first.json["access_token"] == nil {
					t.Fatalf("token: %d %s; %q", first.status, first.text, p.Refused())
				}
				checkIDToken(t, p, first.json, real)
				if test.id == "apple" {
					return
				}
				info := n.userinfo(first.json["access_token"])
				if info.status != 200 || at(info.json, test.subject) != person.Subject || test.email != "" && at(info.json, test.email) != person.Email {
					t.Errorf("user info: %d %s, want %+v", info.status, info.text, person)
				}
				if again := n.exchange(back.Get("code")); again.json["access_token"] != nil {
					t.Errorf("a code worked twice: %s", again.text)
				}
				if dead := n.userinfo(first.json["access_token"]); dead.status == 200 && dead.json["ok"] != false {
					t.Errorf("tokens outlive the second use of their code: %s", dead.text)
				}
			})
		}
	}
}

// checkIDToken looks at what every ID token has.
func checkIDToken(t *testing.T, p *signettest.Provider, tokens map[string]any, real bool) {
	t.Helper()
	if tokens["id_token"] == nil {
		if slices.Contains([]string{"google", "apple", "microsoft-entra-id", "line", "linkedin", "slack", "twitch", "generic-oidc"}, p.ID) {
			t.Fatal("no ID token")
		}
		return
	}
	_, c := claims(t, tokens["id_token"])
	issuer, nonce := p.Issuer(), any("the-nonce")
	if real {
		issuer = p.RealIssuer()
	}
	if p.ID == "linkedin" {
		nonce = nil
	}
	if c["iss"] != issuer || c["aud"] != p.ClientID || c["sub"] != p.Person().Subject || c["nonce"] != nonce {
		t.Errorf("claims %v, want issuer %s", c, issuer)
	}
	if exp, _ := c["exp"].(float64); exp == 0 || exp <= c["iat"].(float64) {
		t.Errorf("times %v %v", c["iat"], c["exp"])
	}
	for name, v := range c {
		if s, _ := v.(string); strings.HasPrefix(s, "<") {
			t.Errorf("%s was not filled in: %s", name, s)
		}
	}
}

func TestRevoke(t *testing.T) {
	for _, test := range all {
		if slices.Contains([]string{"apple", "microsoft-entra-id", "spotify", "linkedin"}, test.id) {
			continue // without an end point for tokens, or without user info to see it
		}
		t.Run(test.id, func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			n := newNaive(t, p)
			tokens := n.signIn()
			if a := n.revoke(tokens); a.status/100 != 2 || a.json["error"] != nil {
				t.Fatalf("revoke: %d %s; %q", a.status, a.text, p.Refused())
			}
			if a := n.userinfo(tokens["access_token"]); a.status == 200 && a.json["ok"] != false {
				t.Errorf("the token lives on: %s", a.text)
			}
			if refresh, ok := tokens["refresh_token"].(string); ok {
				if a := n.renew(refresh); a.json["access_token"] != nil {
					t.Errorf("the refresh token lives on: %s", a.text)
				}
			}
		})
	}
	t.Run("apple", func(t *testing.T) {
		n := newNaive(t, signettest.NewApple(t))
		tokens := n.signIn()
		refresh := tokens["refresh_token"].(string)
		header, body := n.form(url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}})
		if a := n.must(http.MethodPost, n.url(signettest.Revocation), header, body); a.status != 200 {
			t.Fatalf("revoke: %d %s", a.status, a.text)
		}
		if a := n.renew(refresh); a.status != 400 || n.ask(n.question()).Get("user") == "" {
			t.Errorf("after revoking: %d %s", a.status, a.text)
		}
	})
}

func TestTheExchangeIsStrict(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(url.Values)
		why    string
	}{
		{"another redirect URI", func(v url.Values) { v.Set("redirect_uri", callback+"/") }, "redirect_uri is not that"},
		{"no redirect URI", func(v url.Values) { v.Del("redirect_uri") }, "redirect_uri is not that"},
		{"another verifier", func(v url.Values) { v.Set("code_verifier", verifier+"x") }, "code_verifier does not fit"},
		{"no verifier", func(v url.Values) { v.Del("code_verifier") }, "code_verifier does not fit"},
		{"another code", func(v url.Values) { v.Set("code", "c0") }, "the code is unknown"},
		{"another grant", func(v url.Values) { v.Set("grant_type", "password") }, "unsupported grant_type"},
		{"a code twice", func(v url.Values) { v.Add("code", "x") }, "came twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewIssuer(t)
			n := newNaive(t, p)
			v := url.Values{
				"grant_type": {"authorization_code"}, "code": {n.ask(n.question()).Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier},
			}
			test.change(v)
			a := n.token(v)
			if a.status != 400 || a.json["error"] == nil || !strings.Contains(p.Last(signettest.Token).Refused, test.why) {
				t.Errorf("%d %s, refused for %q", a.status, a.text, p.Last(signettest.Token).Refused)
			}
		})
	}
	t.Run("a verifier without a challenge", func(t *testing.T) {
		p := signettest.NewIssuer(t)
		n := newNaive(t, p)
		q := n.question()
		q.Del("code_challenge")
		if a := n.exchange(n.ask(q).Get("code")); a.status != 400 {
			t.Errorf("%d %s", a.status, a.text)
		}
	})
}

func TestTheClientIsChecked(t *testing.T) {
	for _, id := range []string{"google", "github", "kakao", "naver", "x", "linkedin", "slack", "twitch", "facebook", "generic-oidc"} {
		t.Run(id, func(t *testing.T) {
			p := signettest.NewProvider(t, id)
			n := newNaive(t, p)
			code := n.ask(n.question()).Get("code")
			secret := p.ClientSecret
			p.ClientSecret = "wrong" // as the client thinks
			header, body := n.form(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
			p.ClientSecret = secret
			a := n.must(http.MethodPost, n.url(signettest.Token), header, body)
			if a.json["access_token"] != nil || a.json["error"] == nil && a.json["message"] == nil {
				t.Errorf("%d %s", a.status, a.text)
			}
			if a := n.exchange(code); a.json["access_token"] == nil {
				t.Errorf("the code was spent by a stranger: %s", a.text)
			}
		})
	}
	p := signettest.NewProvider(t, "x")
	n := newNaive(t, p)
	a := n.must(http.MethodPost, p.URL(signettest.Token), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		url.Values{"client_id": {p.ClientID}, "client_secret": {p.ClientSecret}}.Encode())
	if a.status != 401 || p.Last(signettest.Token).Auth != "client_secret_post" || !strings.Contains(p.Refused()[0], "not taken here") {
		t.Errorf("X took %s: %d; %q", p.Last(signettest.Token).Auth, a.status, p.Refused())
	}
}

func TestTheRequestForACodeIsChecked(t *testing.T) {
	for _, test := range []struct {
		name, id string
		change   func(url.Values)
		error    string // that comes back to the site; empty for a page of the provider's
		why      string
	}{
		{"an unknown client", "generic-oidc", func(q url.Values) { q.Set("client_id", "x") }, "", "client_id"},
		{"no redirect URI", "generic-oidc", func(q url.Values) { q.Del("redirect_uri") }, "", "redirect_uri"},
		{"an unregistered redirect URI", "kakao", func(q url.Values) { q.Set("redirect_uri", callback+"2") }, "", "KOE006"},
		{"two states", "generic-oidc", func(q url.Values) { q.Add("state", "2") }, "", "state came twice"},
		{"a token for the asking", "generic-oidc", func(q url.Values) { q.Set("response_type", "token") }, "unsupported_response_type", ""},
		{"no openid", "generic-oidc", func(q url.Values) { q.Set("scope", "email") }, "invalid_scope", ""},
		{"a plain challenge", "generic-oidc", func(q url.Values) { q.Set("code_challenge_method", "plain") }, "invalid_request", ""},
		{"no challenge at X", "x", func(q url.Values) { q.Del("code_challenge") }, "invalid_request", ""},
		{"no state at Naver", "naver", func(q url.Values) { q.Del("state") }, "", "state is missing"},
		{"openid at Kakao while it is off", "kakao", func(q url.Values) { q.Set("scope", "openid") }, "", "KOE205"},
		{"a name from Apple in the query", "apple", func(q url.Values) { q.Del("response_mode") }, "", "form_post"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			p.RedirectURIs = []string{callback}
			n := newNaive(t, p)
			q := n.question()
			test.change(q)
			a := n.must(http.MethodGet, p.URL(signettest.Authorization)+"?"+q.Encode(), nil, "")
			u, _ := url.Parse(a.header.Get("Location"))
			if test.error != "" && (a.status != 302 || u.Query().Get("error") != test.error || u.Query().Get("state") != "the-state") {
				t.Errorf("%d %s, want %s", a.status, u, test.error)
			}
			if why := p.Last(signettest.Authorization).Refused; test.error == "" && (a.status != 400 || !strings.Contains(why, test.why)) {
				t.Errorf("%d, refused for %q", a.status, why)
			}
		})
	}
}

func TestRequestsAreWrittenDown(t *testing.T) {
	p := signettest.NewGoogle(t)
	n := newNaive(t, p)
	n.signIn()
	got := p.Last(signettest.Token)
	if got.Method != "POST" || got.Form.Get("code_verifier") != verifier || got.Auth != "client_secret_post" || got.Status != 200 || got.Refused != "" {
		t.Errorf("%+v", got)
	}
	if p.Calls(signettest.Authorization) != 1 || p.Calls(signettest.Userinfo) != 0 || p.Refused() != nil {
		t.Errorf("%d, %d, %q", p.Calls(signettest.Authorization), p.Calls(signettest.Userinfo), p.Refused())
	}
	n.must(http.MethodGet, p.Issuer()+"/nowhere", nil, "")
	if list := p.Requests(""); len(list) != 1 || list[0].Path != "/nowhere" {
		t.Errorf("%+v", list)
	}
	if a := n.must(http.MethodGet, "https://oauth2.googleapis.com/v1/userinfo", nil, ""); a.status != 404 {
		t.Errorf("a path of another of its hosts: %d", a.status)
	}
	if _, err := n.http.Get("https://example.com/"); err == nil || !strings.Contains(err.Error(), "none of the providers given") {
		t.Errorf("a stranger: %v", err)
	}
	if o := signettest.NewProvider(t, "generic-oauth2"); o.RealIssuer() != "https://oauth.example" || !strings.HasPrefix(o.URL(signettest.Token), o.Issuer()) {
		t.Errorf("a server without a name: %s, %s", o.RealIssuer(), o.Issuer())
	}
}

func FuzzProvider(f *testing.F) {
	f.Add("kakao", "client_id=kakao-client&response_type=code&redirect_uri=http://x/&scope=openid", "grant_type=refresh_token&refresh_token=x")
	f.Add("apple", "client_id=apple-client&response_type=code&response_mode=form_post&redirect_uri=a:b&scope=name", "client_secret=e30.e30.AA&client_id=apple-client")
	f.Add("twitch", "claims=%7B%22id_token%22%3A1%7D&client_id=twitch-client&response_type=code&redirect_uri=http://x/%00", "%zz&a=b&a=c")
	f.Add("generic-oidc", "id_token_hint=e30.e30.&post_logout_redirect_uri=:&fake_consent=deny&prompt=none", `{"token":1e400,"client_secret":[1]}`)
	f.Fuzz(func(t *testing.T, id, query, body string) {
		if !slices.ContainsFunc(all, func(p struct{ id, subject, email string }) bool { return p.id == id }) {
			t.Skip("no such provider")
		}
		p := signettest.NewProvider(t, id) // it fails the test when it panics
		n := newNaive(t, p)
		for _, e := range []signettest.Endpoint{signettest.Authorization, signettest.Token, signettest.Userinfo, signettest.Revocation, signettest.EndSession} {
			u, err := url.Parse(p.URL(e))
			if err != nil || u.Host == "" {
				continue
			}
			u.RawQuery = query
			for _, kind := range []string{"application/x-www-form-urlencoded", "application/json"} {
				r := &http.Request{Method: http.MethodPost, URL: u, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body))}
				if res, err := n.http.Do(r); err == nil {
					res.Body.Close()
				}
			}
		}
	})
}
