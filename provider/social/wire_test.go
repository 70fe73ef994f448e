package social_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/social"
)

var update = flag.Bool("update", false, "write the files in testdata anew; look at the difference before you keep it")

// golden compares text with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = "testdata/" + file
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(must(os.ReadFile(file))); got != want {
		t.Errorf("%s differs; run with -update and look at the difference. Now:\n%s", file, got)
	}
}

// nothing is randomness for golden files.
type nothing struct{}

func (nothing) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func beginURL(t *testing.T, c *company, p *social.Provider) *url.URL {
	t.Helper()
	a := c.attempt()
	a.World.Rand = nothing{}
	step, err := p.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return must(url.Parse(step.(signet.Redirect).To))
}

// Every authorization URL as a whole, and each against what the company is known to take.
func TestAuthorizationURL(t *testing.T) {
	var all strings.Builder
	for _, v := range vectors(t) {
		c := newCompany(t, v.ID)
		to := beginURL(t, c, c.provider())
		q := to.Query()
		fmt.Fprintf(&all, "%s\n  %s://%s%s\n", v.ID, to.Scheme, to.Host, to.Path)
		for _, name := range slices.Sorted(maps.Keys(q)) {
			fmt.Fprintf(&all, "  %s=%s\n", name, q.Get(name))
		}
		if got := to.Scheme + "://" + to.Host + to.Path; got != c.endpoint("authorization") {
			t.Errorf("%s: %s, want %s", v.ID, got, c.endpoint("authorization"))
		}
		scopes := v.Scopes
		if v.ID == "apple" {
			scopes = append([]string{"openid"}, scopes...) // announced in its discovery document
		}
		if got := q.Get("scope"); got != strings.Join(scopes, v.Separator) || q.Has("scope") != (len(scopes) > 0) {
			t.Errorf("%s: scope %q, want %q", v.ID, got, scopes)
		}
		if q.Get("state") != state || q.Get("redirect_uri") != callback || q.Get("client_id") != clientID || q.Get("response_type") != "code" {
			t.Errorf("%s: %v", v.ID, q)
		}
		if wants := v.Nonce == true; wants != q.Has("nonce") {
			t.Errorf("%s: nonce %q", v.ID, q.Get("nonce"))
		}
		for name, value := range v.Extra {
			if v.ID != "google" && q.Get(name) != value {
				t.Errorf("%s: %s=%s", v.ID, name, q.Get(name))
			}
		}
	}
	golden(t, "authorize.txt", all.String())
}

func TestOptions(t *testing.T) {
	c := newCompany(t, "google")
	q := beginURL(t, c, c.provider(func(s *social.Settings) {
		s.Offline, s.Scopes, s.Extra = true, []string{"openid", "email"}, url.Values{"hd": {"corp.example"}}
	})).Query()
	if q.Get("access_type") != "offline" || q.Has("prompt") || q.Get("scope") != "openid email" || q.Get("hd") != "corp.example" {
		t.Errorf("google: %v", q)
	}
	c = newCompany(t, "twitch")
	if q = beginURL(t, c, c.provider(func(s *social.Settings) { s.Extra = url.Values{"force_verify": {"true"}} })).Query(); !q.Has("claims") || !q.Has("force_verify") {
		t.Errorf("twitch: %v", q)
	}
	c = newCompany(t, "kakao")
	p := c.provider(func(s *social.Settings) {
		s.Scopes, s.ID, s.Name, s.RevokeAtSignOut = []string{"openid", "account_email"}, "kakao-2", "카카오", true
	})
	if q = beginURL(t, c, p).Query(); q.Get("scope") != "openid,account_email" {
		t.Errorf("kakao: %v", q)
	}
	if i := p.Info(); i.ID != "kakao-2" || i.Name != "카카오" || i.Mark != "kakao" || i.Region != "ko" || !i.RevokeAtSignOut || !i.TrustEmail {
		t.Errorf("%+v", i)
	}
	c = newCompany(t, "discord")
	if q = beginURL(t, c, c.provider(func(s *social.Settings) { s.Scopes = []string{} })).Query(); q.Has("scope") {
		t.Errorf("discord: %v", q)
	}
	if !social.Discord("a", "b", social.Options{TrustEmail: true}).Info().TrustEmail {
		t.Error("discord is not trusted, though it is said")
	}
}

func TestPlacesOfTheirOwn(t *testing.T) {
	for _, test := range []struct {
		name   string
		p      *social.Provider
		begins string
		trust  bool
	}{
		{"GitLab below a path", social.GitLab("a", "b", social.GitLabOptions{Base: "https://corp.example/gitlab/"}), "https://corp.example/gitlab/oauth/authorize?", false},
		{"GitLab of ours, trusted", social.GitLab("a", "b", social.GitLabOptions{Base: "https://git.example", Options: social.Options{TrustEmail: true}}), "https://git.example/oauth/authorize?", true},
		{"gitlab.com, written out", social.GitLab("a", "b", social.GitLabOptions{Base: "https://gitlab.com/"}), "https://gitlab.com/oauth/authorize?", true},
		{"GitHub Enterprise", social.GitHub("a", "b", social.GitHubOptions{Base: "https://git.example/"}), "https://git.example/login/oauth/authorize?", true},
		{"Facebook of a year", social.Facebook("a", "b", social.FacebookOptions{Version: "v19.0"}), "https://www.facebook.com/v19.0/dialog/oauth?", false},
	} {
		to := beginURL(t, newCompany(t, "kakao"), test.p).String()
		if i := test.p.Info(); !strings.HasPrefix(to, test.begins) || i.TrustEmail != test.trust || !strings.HasPrefix(to, i.Origins[0]) {
			t.Errorf("%s: %s, %+v", test.name, to, i)
		}
	}
}

// wantTokens compares tokens with an answer.
func wantTokens(t *testing.T, got signet.Tokens, s sample) {
	t.Helper()
	body, ok := s.Body.(map[string]any)
	if !ok {
		form := must(url.ParseQuery(s.Body.(string)))
		body = map[string]any{}
		for name := range form {
			body[name] = form.Get(name)
		}
	}
	ends := func(name string) time.Time {
		if body[name] == nil {
			return time.Time{}
		}
		return noon.Add(time.Duration(must(strconv.Atoi(fmt.Sprint(body[name])))) * time.Second)
	}
	if got.Access != body["access_token"] || !got.Expires.Equal(ends("expires_in")) {
		t.Errorf("access token until %v, want %v", got.Expires, ends("expires_in"))
	}
	if refresh, _ := body["refresh_token"].(string); refresh != "" && got.Refresh != refresh {
		t.Errorf("refresh token %t", got.Refresh != "")
	}
	if end := ends("refresh_token_expires_in"); !end.IsZero() && !got.RefreshExpires.Equal(end) {
		t.Errorf("refresh token until %v, want %v", got.RefreshExpires, end)
	}
	scope := strings.NewReplacer(",", " ", "[", "", "]", "").Replace(fmt.Sprint(body["scope"]))
	if body["scope"] != nil && scope != "" && got.Scope != scope {
		t.Errorf("scope %q, want %q", got.Scope, scope)
	}
}

func TestTokenAnswers(t *testing.T) {
	for _, v := range vectors(t) {
		all := maps.Clone(v.TokenMore)
		if all == nil {
			all = map[string]sample{}
		}
		all["as usual"] = v.Token
		for name, s := range all {
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				c.token = s
				id, err := c.signIn(c.provider(), nil)
				if err != nil {
					t.Fatal(err)
				}
				wantTokens(t, *id.Tokens, s)
			})
		}
	}
}

// An error instead of tokens, whatever the status, signs nobody in and does not repeat the
// secret.
func TestTokenErrors(t *testing.T) {
	for _, v := range vectors(t) {
		all := maps.Clone(v.TokenErrors)
		if all == nil {
			all = map[string]sample{}
		}
		all["a code that is none"] = v.TokenError
		all["out of order"] = sample{503, "text/html", "<html>"}
		for name, s := range all {
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				c.token = s
				id, err := c.signIn(c.provider(), nil)
				var e *oauth2.Error
				if !errors.As(err, &e) || id.Subject != "" || strings.Contains(err.Error(), secret) {
					t.Fatalf("%+v, %v", id, err)
				}
				var no *signet.Refused
				if errors.As(err, &no) != (s.Status == 503) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// old are tokens that were given an hour ago.
func old(c *company) signet.Tokens {
	t := signet.Tokens{Access: "old-access", Refresh: "old-refresh", ID: "old.id.token", Type: "Bearer", Expires: noon.Add(time.Minute), RefreshExpires: noon.Add(30 * 24 * time.Hour)}
	if c.ID == "facebook" {
		t.Refresh, t.RefreshExpires = "", time.Time{}
	}
	if c.IDToken != nil {
		c.nonce = "of-the-sign-in"
		t.ID = c.idToken(t.Access)
	}
	return t
}

func TestRefresh(t *testing.T) {
	for _, v := range vectors(t) {
		answers := map[string]sample{"as usual": v.Refresh.Response}
		if v.Refresh.NearExpiry != nil {
			answers["near the end"] = *v.Refresh.NearExpiry
		}
		for name, s := range answers {
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				before := old(c)
				c.token = s
				got, err := c.provider().Refresh(t.Context(), c.world(), before)
				if err != nil {
					t.Fatal(err)
				}
				wantTokens(t, got, s)
				if body := s.Body.(map[string]any); body["refresh_token"] == nil && (got.Refresh != before.Refresh || !got.RefreshExpires.Equal(before.RefreshExpires)) {
					t.Errorf("the refresh token is lost: %v", got)
				}
				if got.ID == "" {
					t.Error("the ID token is lost")
				}
				grant, token := "refresh_token", "refresh_token"
				if v.ID == "facebook" {
					grant, token = "fb_exchange_token", "fb_exchange_token"
				}
				form := c.last("grant_type").form
				if form.Get("grant_type") != grant || form.Get(token) != "old-"+map[bool]string{true: "access", false: "refresh"}[v.ID == "facebook"] {
					t.Errorf("asked with %v", form)
				}
			})
		}
		t.Run(v.ID+", over", func(t *testing.T) {
			c := newCompany(t, v.ID)
			c.token = v.Refresh.Error
			if _, err := c.provider().Refresh(t.Context(), c.world(), old(c)); !errors.Is(err, signet.ErrEnded) {
				t.Errorf("%v", err)
			}
		})
		for name, s := range map[string]sample{
			"out of order": {503, "text/html", "<html>"}, "too busy": {429, "application/json", v.Refresh.Error.Body},
			"a secret that is wrong": {401, "application/json", map[string]any{"error": "invalid_client"}},
		} {
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				c.token = s
				if _, err := c.provider().Refresh(t.Context(), c.world(), old(c)); err == nil || errors.Is(err, signet.ErrEnded) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// Ends that no answer tells.
func TestEndsOfRefreshTokens(t *testing.T) {
	day := 24 * time.Hour
	for id, life := range map[string]time.Duration{"line": 90 * day, "microsoft-entra-id": 90 * day, "spotify": 181 * day, "google": 0} {
		c := newCompany(t, id)
		who, err := c.signIn(c.provider(), nil)
		if err != nil {
			t.Fatal(err)
		}
		end := who.Tokens.RefreshExpires
		if life == 0 && !end.IsZero() || life != 0 && !end.Equal(noon.Add(life)) {
			t.Errorf("%s: until %v", id, end)
		}
		if id != "spotify" {
			continue
		}
		c.now = noon.Add(100 * day)
		c.token.Body = map[string]any{"access_token": "a", "refresh_token": "another", "expires_in": 3600}
		next, err := c.provider().Refresh(t.Context(), c.world(), *who.Tokens)
		if err != nil || !next.RefreshExpires.Equal(end) {
			t.Errorf("spotify, renewed: until %v, %v", next.RefreshExpires, err)
		}
	}
}

func TestFacebookExtendsLiveTokensOnly(t *testing.T) {
	c := newCompany(t, "facebook")
	before := old(c)
	before.Expires = noon
	if _, err := c.provider().Refresh(t.Context(), c.world(), before); !errors.Is(err, signet.ErrEnded) || len(c.calls) > 0 {
		t.Errorf("%v after %d calls", err, len(c.calls))
	}
	c.token = sample{200, "application/json", map[string]any{"token_type": "bearer"}}
	if _, err := c.provider().Refresh(t.Context(), c.world(), old(c)); err == nil || errors.Is(err, signet.ErrEnded) {
		t.Errorf("an answer without a token: %v", err)
	}
}
