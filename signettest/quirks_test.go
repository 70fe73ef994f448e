package signettest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

func TestGitHubAnswersAForm(t *testing.T) {
	p := signettest.NewGitHub(t)
	n := newNaive(t, p)
	header, body := n.form(url.Values{"grant_type": {"authorization_code"}, "code": {n.ask(n.question()).Get("code")}, "code_verifier": {verifier}})
	header.Del("Accept")
	a := n.must(http.MethodPost, p.URL(signettest.Token), header, body)
	v, err := url.ParseQuery(a.text)
	if err != nil || v.Get("access_token") == "" || v.Get("scope") != "read:user,user:email" || !strings.Contains(a.header.Get("Content-Type"), "urlencoded") {
		t.Errorf("%s %s", a.header.Get("Content-Type"), a.text)
	}
	if a := n.must(http.MethodPost, p.URL(signettest.Token), header, body); a.status != 200 || !strings.Contains(a.text, "error=bad_verification_code") {
		t.Errorf("an error: %d %s", a.status, a.text)
	}
	if a := n.must(http.MethodGet, p.URL(signettest.Userinfo), http.Header{"User-Agent": {""}, "Authorization": {"Bearer " + v.Get("access_token")}}, ""); a.status != 403 {
		t.Errorf("without a User-Agent: %d", a.status)
	}
	q := n.question()
	q.Set("scope", "read:user")
	few := n.exchange(n.ask(q).Get("code")).json["access_token"]
	if a := n.must(http.MethodGet, p.URL(signettest.Emails), bearer(few), ""); a.status != 404 {
		t.Errorf("addresses without their scope: %d", a.status)
	}
}

func TestAGitHubAppsOldAccessTokenDies(t *testing.T) {
	p := signettest.NewGitHub(t)
	p.Refresh = signettest.SingleUse
	n := newNaive(t, p)
	tokens := n.signIn()
	n.renew(tokens["refresh_token"].(string))
	if a := n.userinfo(tokens["access_token"]); a.status != 401 {
		t.Errorf("%d", a.status)
	}
}

func TestKakao(t *testing.T) {
	p := signettest.NewKakao(t)
	p.OpenIDConnect = true
	n := newNaive(t, p)
	q := n.question()
	q.Set("scope", "openid,account_email")
	tokens := n.exchange(n.ask(q).Get("code")).json
	checkIDToken(t, p, tokens, false)
	if tokens["id_token"] == nil || !verifies(t, keysOf(t, n), tokens["id_token"].(string)) {
		t.Errorf("ID token: %v", tokens)
	}
	if a := n.must(http.MethodGet, p.URL(signettest.OIDCUserinfo), bearer(tokens["access_token"]), ""); a.json["sub"] != p.Person().Subject {
		t.Errorf("%s", a.text)
	}
	if a := n.must(http.MethodGet, p.URL(signettest.TokenInfo), bearer(tokens["access_token"]), ""); a.json["expires_in"] == nil {
		t.Errorf("%s", a.text)
	}
	if a := n.must(http.MethodPost, p.URL(signettest.Logout), bearer(tokens["access_token"]), ""); at(a.json, "id") != p.Person().Subject {
		t.Errorf("logout: %s", a.text)
	}
	if a := n.userinfo(tokens["access_token"]); a.status != 401 || at(a.json, "code") != "-401" {
		t.Errorf("after logout: %s", a.text)
	}
	to := p.URL(signettest.AccountLogout) + "?" + url.Values{"client_id": {p.ClientID}, "logout_redirect_uri": {callback}, "state": {"s"}}.Encode()
	if a := n.must(http.MethodGet, to, nil, ""); a.header.Get("Location") != callback+"?state=s" {
		t.Errorf("account logout: %d %s", a.status, a.header.Get("Location"))
	}
	if a := n.exchange("gone"); a.json["error_code"] != "KOE320" {
		t.Errorf("%s", a.text)
	}
}

func TestNaverAnswersErrorsWith200(t *testing.T) {
	p := signettest.NewNaver(t)
	n := newNaive(t, p)
	if a := n.exchange("gone"); a.status != 200 || a.json["error"] != "invalid_request" {
		t.Errorf("%d %s", a.status, a.text)
	}
	v := url.Values{"grant_type": {"authorization_code"}, "code": {n.ask(n.question()).Get("code")}, "client_id": {p.ClientID}, "client_secret": {p.ClientSecret}, "state": {"s"}}
	a := n.must(http.MethodGet, p.URL(signettest.Token)+"?"+v.Encode(), nil, "")
	if a.json["expires_in"] != "3600" || p.Last(signettest.Token).Auth != "query" {
		t.Errorf("%s", a.text)
	}
}

func TestSlackSaysOK(t *testing.T) {
	n := newNaive(t, signettest.NewProvider(t, "slack"))
	if a := n.exchange("gone"); a.status != 200 || a.json["ok"] != false || a.json["error"] != "invalid_code" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := n.userinfo("gone"); a.status != 200 || a.json["ok"] != false {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestFacebook(t *testing.T) {
	p := signettest.NewProvider(t, "facebook")
	n := newNaive(t, p)
	if a := n.exchange("gone"); at(a.json, "error.type") != "OAuthException" {
		t.Errorf("%s", a.text)
	}
	old := n.signIn()["access_token"].(string)
	a := n.token(url.Values{"grant_type": {"fb_exchange_token"}, "fb_exchange_token": {old}})
	if a.json["access_token"] == nil || a.json["access_token"] == old {
		t.Errorf("%s", a.text)
	}
	if a := n.must(http.MethodGet, strings.Replace(p.URL(signettest.Userinfo), "/me", "/v19.0/me", 1)+"&access_token="+old, nil, ""); a.json["id"] != p.Person().Subject {
		t.Errorf("another version: %s", a.text)
	}
	if a := n.must(http.MethodGet, p.URL(signettest.Userinfo)+"&appsecret_proof=00", bearer(old), ""); a.status != 400 {
		t.Errorf("a wrong proof: %d", a.status)
	}
}

func TestTwitch(t *testing.T) {
	p := signettest.NewProvider(t, "twitch")
	n := newNaive(t, p)
	tokens := n.signIn()
	if list, _ := tokens["scope"].([]any); len(list) != 2 {
		t.Errorf("scope %v", tokens["scope"])
	}
	if _, c := claims(t, tokens["id_token"]); c["email"] != p.Person().Email || c["picture"] != nil {
		t.Errorf("%v", c)
	}
	if a := n.must(http.MethodGet, p.URL(signettest.Helix), bearer(tokens["access_token"]), ""); a.status != 401 {
		t.Errorf("without Client-Id: %d", a.status)
	}
	h := bearer(tokens["access_token"])
	h.Set("Client-Id", p.ClientID)
	if a := n.must(http.MethodGet, p.URL(signettest.Helix), h, ""); a.status != 200 || !strings.Contains(a.text, p.Person().Email) {
		t.Errorf("%d %s", a.status, a.text)
	}
	for token, want := range map[any]int{tokens["access_token"]: 200, "gone": 401} {
		if a := n.must(http.MethodGet, p.URL(signettest.Validate), bearer(token), ""); a.status != want {
			t.Errorf("validate: %d %s", a.status, a.text)
		}
	}
	if a := n.exchange("gone"); a.json["message"] != "Invalid authorization code" || at(a.json, "status") != "400" {
		t.Errorf("%s", a.text)
	}
}

func TestXAndLINEKeepToTheScopes(t *testing.T) {
	p := signettest.NewProvider(t, "x")
	n := newNaive(t, p)
	q := n.question()
	q.Set("scope", "users.read")
	tokens := n.exchange(n.ask(q).Get("code")).json
	if a := n.userinfo(tokens["access_token"]); tokens["refresh_token"] != nil || at(a.json, "data.confirmed_email") != "" {
		t.Errorf("X: %v %s", tokens, a.text)
	}
	n = newNaive(t, signettest.NewProvider(t, "line"))
	q = n.question()
	q.Set("scope", "profile openid")
	if _, c := claims(t, n.exchange(n.ask(q).Get("code")).json["id_token"]); c["email"] != nil {
		t.Errorf("LINE: %v", c)
	}
}

func TestGitLabWithOpenID(t *testing.T) {
	p := signettest.NewProvider(t, "gitlab")
	n := newNaive(t, p)
	q := n.question()
	q.Set("scope", "openid profile email")
	tokens := n.exchange(n.ask(q).Get("code")).json
	checkIDToken(t, p, tokens, false)
	if tokens["id_token"] == nil {
		t.Errorf("%v", tokens)
	}
}
