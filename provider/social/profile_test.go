package social_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
)

// wants compares an identity with members of "mapped".
func wants(t *testing.T, id signet.Identity, want map[string]any) {
	t.Helper()
	text := func(name string) string {
		s, _ := want[name].(string)
		return s
	}
	for name, got := range map[string]string{"id": id.Subject, "name": id.Name, "email": id.Email, "image": id.Image} {
		if _, ok := want[name]; !ok {
			continue
		}
		// Kakao writes http, and a page that is https would not show it.
		if expected := strings.Replace(text(name), "http://", "https://", 1); got != expected {
			t.Errorf("%s %q, want %q", name, got, expected)
		}
	}
	if verified, ok := want["emailVerified"]; ok && id.EmailVerified != verified {
		t.Errorf("emailVerified %t, want %v", id.EmailVerified, verified)
	}
}

// be makes the person of a variant the one who signs in.
func (c *company) be(name string) url.Values {
	if claims, ok := c.IDTokens[name]; ok {
		c.claims = map[string]any{"xms_edov": nil}
		maps.Copy(c.claims, claims)
		return nil
	}
	if name == "later sign-ins" {
		return nil
	}
	user := c.Users[name]
	c.user = &user
	body, _ := user.Body.(map[string]any)
	if c.IDToken != nil && user.Status == 200 && body["sub"] != nil { // the ID token says the same
		c.claims = map[string]any{"email": nil, "email_verified": nil, "name": nil, "picture": nil, "hd": nil}
		for name := range maps.Keys(body) {
			c.claims[name] = body[name]
		}
	}
	return nil
}

// first is what Apple posts at the first consent.
var first = url.Values{"user": {`{"name":{"firstName":"Sora","lastName":"Kim"},"email":"else@apple.test"}`}}

func TestProfiles(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			c := newCompany(t, v.ID)
			id, err := c.signIn(c.provider(), first)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, id, v.Mapped)
			if id.Tokens == nil || id.Tokens.Access == "" || !json.Valid(id.Profile) {
				t.Errorf("tokens %v, profile %s", id.Tokens, id.Profile)
			}
		})
		for name, want := range v.Variants {
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				c.be(name)
				id, err := c.signIn(c.provider(), nil)
				if err != nil {
					t.Fatal(err)
				}
				wants(t, id, want)
			})
		}
	}
}

// Answers of the user info end point that are no profile.
func TestNoProfile(t *testing.T) {
	for _, v := range vectors(t) {
		for name, s := range v.Users {
			if _, ok := s.Body.(map[string]any); s.Status == 200 && ok && name != "dead token" {
				continue
			}
			t.Run(v.ID+", "+name, func(t *testing.T) {
				c := newCompany(t, v.ID)
				c.user = &s
				id, err := c.signIn(c.provider(), nil)
				var no *signet.Refused
				if refused := errors.As(err, &no); err == nil || refused != (s.Status == 429) {
					t.Errorf("%+v, %v", id, err)
				}
			})
		}
	}
}

func TestAddressesThatGoogleVouchesFor(t *testing.T) {
	for _, test := range []struct {
		name   string
		claims map[string]any
		want   bool
	}{
		{"gmail", nil, true},
		{"gmail, in capitals", map[string]any{"email": "Jimin.Park@GMAIL.com"}, true},
		{"gmail, not verified", map[string]any{"email_verified": false}, false},
		{"a domain that only ends so", map[string]any{"email": "x@notgmail.com"}, false},
		{"gmail before the @", map[string]any{"email": "gmail.com@evil.test"}, false},
		{"a Workspace account", map[string]any{"email": "work@corp.example", "hd": "corp.example"}, true},
		{"another domain than the Workspace's", map[string]any{"email": "work@other.example", "hd": "corp.example"}, false},
		{"an empty hd", map[string]any{"email": "someone@naver.example", "hd": ""}, false},
		{"verified and elsewhere", map[string]any{"email": "someone@naver.example"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCompany(t, "google")
			maps.Copy(c.claims, test.claims)
			id, err := c.signIn(c.provider(), nil)
			if err != nil || id.EmailVerified != test.want {
				t.Errorf("verified %t, %v", id.EmailVerified, err)
			}
		})
	}
}

// The parameter alone is a hint, which a visitor can take away.
func TestOnlyOneDomainOrWorkspace(t *testing.T) {
	for _, test := range []struct {
		company, parameter, wanted string
		claims                     map[string]any
		good                       bool
	}{
		{"google", "hd", "corp.example", map[string]any{"hd": "corp.example"}, true},
		{"google", "hd", "corp.example", map[string]any{"hd": "other.example"}, false},
		{"google", "hd", "corp.example", nil, false},
		{"google", "hd", "*", nil, false},
		{"google", "hd", "*", map[string]any{"hd": "other.example"}, true},
		{"slack", "team", "T0FAKE222", nil, true},
		{"slack", "team", "T0OTHER", nil, false},
	} {
		c := newCompany(t, test.company)
		maps.Copy(c.claims, test.claims)
		id, err := c.signIn(c.provider(func(s *social.Settings) { s.Extra = url.Values{test.parameter: {test.wanted}} }), nil)
		var no *signet.Refused
		if refused := errors.As(err, &no) && no.Kind == "AccessDenied"; refused == test.good || test.good != (id.Subject != "") {
			t.Errorf("%s=%s and %v: %q, %v", test.parameter, test.wanted, test.claims, id.Subject, err)
		}
	}
}

func TestGitHubAddresses(t *testing.T) {
	for _, test := range []struct {
		name     string
		emails   sample
		want     string
		verified bool
		fails    bool
	}{
		{"primary and verified", sample{200, "application/json", `[{"email":"a@h.example","primary":true,"verified":true}]`}, "a@h.example", true, false},
		{"primary and not verified", sample{200, "application/json", `[{"email":"a@h.example","primary":true,"verified":false},{"email":"b@h.example","verified":true}]`}, "a@h.example", false, false},
		{"none is primary", sample{200, "application/json", `[{"email":"b@h.example","verified":true}]`}, "public@h.example", false, false},
		{"none", sample{200, "application/json", `[]`}, "public@h.example", false, false},
		{"without the scope", sample{404, "application/json", `{"message":"Not Found"}`}, "public@h.example", false, false},
		{"not allowed", sample{403, "application/json", `{}`}, "public@h.example", false, false},
		{"a dead token", sample{401, "application/json", `[]`}, "", false, true},
		{"out of order", sample{502, "text/html", `<html>`}, "", false, true},
		{"no list", sample{200, "application/json", `{"email":"a@h.example"}`}, "", false, true},
		{"a list of no objects", sample{200, "application/json", `[1,null,"x"]`}, "public@h.example", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCompany(t, "github")
			c.emails = test.emails
			c.user = &sample{200, "application/json", `{"login":"hana","id":7,"email":"public@h.example"}`}
			id, err := c.signIn(c.provider(), nil)
			if (err != nil) != test.fails || id.Email != test.want || id.EmailVerified != test.verified {
				t.Errorf("%q %t, %v", id.Email, id.EmailVerified, err)
			}
		})
	}
}

func TestDiscordPictures(t *testing.T) {
	for profile, want := range map[string]string{
		`{"id":"802345678901234567","avatar":"abc","discriminator":"0"}`:              "avatars/802345678901234567/abc.png",
		`{"id":"802345678901234567","avatar":"a_abc"}`:                                "avatars/802345678901234567/a_abc.gif",
		`{"id":"802345678901234567","avatar":null,"discriminator":"0"}`:               "embed/avatars/1.png", // (id >> 22) mod 6
		`{"id":"802345678901234567"}`:                                                 "embed/avatars/1.png",
		`{"id":"80351110224678912","avatar":null,"discriminator":"1337"}`:             "embed/avatars/2.png",
		`{"id":"80351110224678912","avatar":null,"discriminator":"0004"}`:             "embed/avatars/4.png",
		`{"id":"80351110224678912","avatar":"../../x?y#z","discriminator":"0004"}`:    "avatars/80351110224678912/..%2F..%2Fx%3Fy%23z.png",
		`{"id":"99999999999999999999999","avatar":null,"discriminator":"not-a-name"}`: "",
	} {
		c := newCompany(t, "discord")
		c.user = &sample{200, "application/json", profile}
		id, err := c.signIn(c.provider(), nil)
		if want != "" {
			want = "https://cdn.discordapp.com/" + want
		}
		if err != nil || id.Image != want {
			t.Errorf("%s: %q, want %q; %v", profile, id.Image, want, err)
		}
	}
}

// A profile from which any level is missing, or of another type, signs in or is refused: it
// never ends the program, and without an ID nobody comes in.
func TestProfilesWithHoles(t *testing.T) {
	for _, v := range vectors(t) {
		if v.UserInfo == nil || v.Kind == "oidc" {
			continue
		}
		for _, hole := range []string{`{}`, `{"data":null}`, `{"response":[]}`, `{"kakao_account":"x","data":{"id":{}}}`, `{"id":{}}`, `{"id":null,"response":{"id":""}}`, `{"id":1.5}`} {
			c := newCompany(t, v.ID)
			c.user = &sample{200, "application/json", hole}
			if id, err := c.signIn(c.provider(), nil); err == nil {
				t.Errorf("%s: %s is %+v", v.ID, hole, id)
			}
		}
		subject := map[string]string{"naver": `{"response":{"id":"7","email":4}}`, "x": `{"data":{"id":"7","name":[]}}`}[v.ID]
		if subject == "" {
			subject = `{"id":"7","kakao_account":{"profile":7,"email":[]},"picture":{"data":"x"},"images":[{"url":7}],"avatar":{},"email":{}}`
		}
		c := newCompany(t, v.ID)
		c.user, c.emails = &sample{200, "application/json", subject}, sample{404, "", ""}
		if id, err := c.signIn(c.provider(), nil); err != nil || id.Subject != "7" || id.Name != "" || id.Email != "" || id.EmailVerified {
			t.Errorf("%s: %+v, %v", v.ID, id, err)
		}
	}
}
