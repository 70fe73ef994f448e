package oauth2_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

func TestSignIn(t *testing.T) {
	f := newFake(t)
	p := oauth2.New(f.config())
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	id, err := finish(t, p, attempt())
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "42" || id.Name != "Someone" || id.Email != "s@x.test" || !id.EmailVerified || id.Image != "https://x.test/p.png" {
		t.Errorf("identity = %+v", id)
	}
	want := signet.Tokens{Access: "at-1", Refresh: "rt-1", Type: "bearer", Scope: "email profile", Expires: noon.Add(time.Hour)}
	if *id.Tokens != want {
		t.Errorf("tokens = %v, %q", id.Tokens, id.Tokens.Scope)
	}
	if _, head := f.last(); head.Get("Authorization") != "Bearer at-1" || head.Get("User-Agent") == "" {
		t.Errorf("userinfo was asked with %v", head)
	}
}

func TestClientProof(t *testing.T) {
	for _, test := range []struct {
		name                string
		auth                oauth2.Auth
		secret              string
		basic               bool
		user, id, posted    string
		inQuery, hasNothing bool
	}{
		{name: "basic by default", secret: "a secret & more", basic: true},
		{name: "nothing by default without a secret", auth: oauth2.AuthDefault, id: "app"},
		{name: "post", auth: oauth2.AuthPost, secret: "a secret & more", id: "app", posted: "a secret & more"},
		{name: "post without a secret", auth: oauth2.AuthPost, id: "app"},
		{name: "query", auth: oauth2.AuthQuery, secret: "a secret & more", id: "app", posted: "a secret & more", inQuery: true},
		{name: "none, though there is a secret", auth: oauth2.AuthNone, secret: "a secret & more", id: "app"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			good := f.token
			f.token = func(w http.ResponseWriter, r *http.Request) {
				user, pass, basic := r.BasicAuth()
				// RFC 6749 section 2.3.1 wants both form-encoded before they are put together.
				if basic != test.basic || basic && (user != "app" || pass != "a+secret+%26+more") {
					t.Errorf("basic %t: %q %q", basic, user, pass)
				}
				if r.Form.Get("client_id") != test.id || r.Form.Get("client_secret") != test.posted {
					t.Errorf("form = %v", r.Form)
				}
				if (len(r.PostForm) == 0) != test.inQuery || (r.URL.RawQuery != "") != test.inQuery {
					t.Errorf("query %q, body %v", r.URL.RawQuery, r.PostForm)
				}
				good(w, r)
			}
			c := f.config()
			c.Auth, c.ClientSecret = test.auth, test.secret
			if _, err := finish(t, oauth2.New(c), attempt()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestASecretIsMadeForEachCall(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.Auth = oauth2.AuthPost
	c.Secret = func(_ context.Context, w signet.World) (string, error) { return "made at " + w.Now().Format("15"), nil }
	if _, err := finish(t, oauth2.New(c), attempt()); err != nil {
		t.Fatal(err)
	}
	if got := f.forms[0].Get("client_secret"); got != "made at 12" {
		t.Errorf("client_secret = %q", got)
	}
	c.Secret = func(context.Context, signet.World) (string, error) { return "", errors.New("no key") }
	if _, err := finish(t, oauth2.New(c), attempt()); kindOf(err) != "Configuration" || f.count("/token") != 1 {
		t.Errorf("error = %v after %d calls", err, f.count("/token"))
	}
}

func TestAuthorizationURL(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.Extra = url.Values{"access_type": {"offline"}, "redirect_uri": {"https://evil.test"}}
	c.ScopeSeparator, c.FormPost = ",", true
	a := attempt()
	a.Extra = url.Values{"prompt": {"consent"}, "login_hint": {"a", "b"}}
	q := begin(t, oauth2.New(c), a)
	for name, want := range map[string]string{
		"tenant": "1", "access_type": "offline", "prompt": "consent", "login_hint": "b", "scope": "email,profile",
		"response_mode": "form_post", "response_type": "code", "client_id": "app", "redirect_uri": callback,
	} {
		if got := q[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if q.Has("nonce") {
		t.Error("a nonce without an ID token")
	}
}

// Kakao and Naver fail on a scope parameter that they do not expect.
func TestNoScopeIsNoParameter(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.Scopes = nil
	if q := begin(t, oauth2.New(c), attempt()); q.Has("scope") {
		t.Errorf("scope = %q", q.Get("scope"))
	}
}

func TestStateAtTheTokenEndPoint(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.StateAtToken = true
	c.TokenExtra = url.Values{"service_provider": {"X"}, "grant_type": {"password"}}
	if _, err := finish(t, oauth2.New(c), attempt()); err != nil {
		t.Fatal(err)
	}
	if form := f.forms[0]; form.Get("state") != stateOfTest || form.Get("service_provider") != "X" || form.Get("grant_type") != "authorization_code" {
		t.Errorf("form = %v", form)
	}
}

// RFC 6749 section 5.1: an answer without scope gave what was asked for.
func TestScopeThatIsNotSaidIsTheOneAskedFor(t *testing.T) {
	f := newFake(t)
	f.token = answer(200, "application/json", `{"access_token":"at-1"}`)
	a := attempt()
	a.Extra.Set("scope", "email calendar")
	id, err := finish(t, oauth2.New(f.config()), a)
	if err != nil || id.Tokens.Scope != "email calendar" {
		t.Errorf("scope = %q, %v", id.Tokens.Scope, err)
	}
}

func TestCheck(t *testing.T) {
	good := newFake(t).config()
	for _, test := range []struct {
		name   string
		change func(*oauth2.Config)
		want   string
	}{
		{"no ID", func(c *oauth2.Config) { c.ID = "" }, "needs an ID"},
		{"http away from loopback", func(c *oauth2.Config) { c.Token = "http://idp.test/token" }, "Token: not https"},
		{"no scheme", func(c *oauth2.Config) { c.Authorize = "idp.test" }, "Authorize: not an absolute URL"},
		{"a password in the URL", func(c *oauth2.Config) { c.UserInfo = "https://a:b@idp.test" }, "UserInfo: not an absolute URL"},
		{"no subject", func(c *oauth2.Config) { c.Map.Subject = "" }, "Map.Subject"},
		{"no pointer", func(c *oauth2.Config) { c.Map.Name = "name" }, "JSON pointer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			p := oauth2.New(c)
			if err := p.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check = %v", err)
			}
			if _, err := p.Begin(context.Background(), attempt()); err == nil {
				t.Error("Begin works")
			}
		})
	}
}

func TestInfo(t *testing.T) {
	info := oauth2.New(oauth2.Config{ID: "corp", Authorize: "https://login.corp.test/a"}).Info()
	if info.Name != "corp" || info.Type != "oauth" || len(info.Origins) != 1 || info.Origins[0] != "https://login.corp.test" {
		t.Errorf("Info = %+v", info)
	}
}

func TestRevoke(t *testing.T) {
	f := newFake(t)
	f.token = answer(200, "application/json", "")
	p := oauth2.New(f.config())
	for _, test := range []struct {
		tokens      signet.Tokens
		token, hint string
	}{
		{signet.Tokens{Access: "at", Refresh: "rt"}, "rt", "refresh_token"},
		{signet.Tokens{Access: "at"}, "at", "access_token"},
	} {
		if err := p.Revoke(context.Background(), world(), test.tokens); err != nil {
			t.Fatal(err)
		}
		if form, _ := f.last(); form.Get("token") != test.token || form.Get("token_type_hint") != test.hint {
			t.Errorf("form = %v", form)
		}
	}
	f.token = answer(400, "application/json", `{"error":"unsupported_token_type"}`)
	if err := p.Revoke(context.Background(), world(), signet.Tokens{Access: "at"}); err == nil {
		t.Error("a refusal is no error")
	}
	f.token = answer(503, "text/html", `<p>`)
	if err := p.Revoke(context.Background(), world(), signet.Tokens{Access: "at"}); err == nil {
		t.Error("an outage is no error")
	}
	c := f.config()
	c.Revocation = ""
	if err := oauth2.New(c).Revoke(context.Background(), world(), signet.Tokens{Access: "at"}); err != nil {
		t.Errorf("without an end point: %v", err)
	}
}
