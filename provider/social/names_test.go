package social_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/social"
)

// moved is a company one of whose addresses is somewhere else.
type moved struct {
	c        *company
	from, to string
}

func (m moved) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, m.from) {
		return reply(sample{200, "application/json", m.c.document()})
	}
	return m.c.RoundTrip(r)
}

// What Auth.js calls them, and what people do.
func TestNames(t *testing.T) {
	shown := map[string]string{
		"kakao": "Kakao", "naver": "Naver", "google": "Google", "github": "GitHub", "apple": "Apple", "discord": "Discord",
		"microsoft-entra-id": "Microsoft", "azure-ad": "Microsoft", "gitlab": "GitLab", "facebook": "Facebook", "line": "LINE",
		"twitter": "X", "x": "X", "linkedin": "LinkedIn", "slack": "Slack", "twitch": "Twitch", "spotify": "Spotify",
	}
	marks := map[string]string{"microsoft-entra-id": "microsoft", "azure-ad": "microsoft", "twitter": "x"}
	if len(social.Names()) != len(shown) {
		t.Errorf("%d names", len(social.Names()))
	}
	for _, name := range social.Names() {
		p, err := social.New(name, social.Settings{ClientID: "a", ClientSecret: "a-secret-of-sixteen", Tenants: []string{tenant}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mark := marks[name]
		if mark == "" {
			mark = name
		}
		i := p.Info()
		if i.ID != name || i.Name != shown[name] || i.Mark != mark || (i.Region == "ko") != (name == "kakao" || name == "naver") {
			t.Errorf("%s: %+v", name, i)
		}
		if i.FormPost != (name == "apple") || i.RevokeAtSignOut || len(i.Origins) == 0 {
			t.Errorf("%s: %+v", name, i)
		}
		for _, o := range i.Origins {
			if !strings.HasPrefix(o, "https://") || strings.Count(o, "/") != 2 {
				t.Errorf("%s: origin %s", name, o)
			}
		}
	}
}

func TestRenewal(t *testing.T) {
	single := []string{"github", "kakao", "discord", "gitlab", "twitter", "x", "slack", "twitch", "spotify"}
	for _, name := range social.Names() {
		p, err := social.New(name, social.Settings{ClientID: "a", ClientSecret: "a-secret-of-sixteen", Tenants: []string{tenant}})
		if err != nil {
			t.Fatal(err)
		}
		want := oauth2.Repeatable
		if slices.Contains(single, name) {
			want = oauth2.SingleUse
		}
		if p.Renewal() != want {
			t.Errorf("%s: %v", name, p.Renewal())
		}
	}
}

func TestFromEnv(t *testing.T) {
	const issuer = "https://login.microsoftonline.com/"
	for _, test := range []struct {
		name string
		env  map[string]string
		says string // of the error; "" is none, "-" that there is nothing
	}{
		{"kakao", map[string]string{"AUTH_KAKAO_ID": "a", "AUTH_KAKAO_SECRET": "b"}, ""},
		{"kakao", map[string]string{"AUTH_KAKAO_ID": "a"}, ""},
		{"kakao", nil, "-"},
		{"naver", map[string]string{"AUTH_NAVER_ID": "a"}, "needs a client secret (from AUTH_NAVER_ID)"},
		{"naver", map[string]string{"AUTH_NAVER_SECRET": "b"}, "AUTH_NAVER_SECRET is set, and AUTH_NAVER_ID is not"},
		{"google", map[string]string{"AUTH_GOOGLE_ID": "a", "AUTH_GOOGLE_SECRET": "b", "AUTH_GOOGLE_ISSUER": "https://evil.example"}, ""},
		{"twitter", map[string]string{"AUTH_TWITTER_ID": "a", "AUTH_TWITTER_SECRET": "b"}, ""},
		{"microsoft-entra-id", map[string]string{"AUTH_MICROSOFT_ENTRA_ID_ID": "a", "AUTH_MICROSOFT_ENTRA_ID_SECRET": "b", "AUTH_MICROSOFT_ENTRA_ID_ISSUER": issuer + tenant + "/v2.0/"}, ""},
		{"microsoft-entra-id", map[string]string{"AUTH_MICROSOFT_ENTRA_ID_ID": "a", "AUTH_MICROSOFT_ENTRA_ID_SECRET": "b", "AUTH_MICROSOFT_ENTRA_ID_ISSUER": issuer + "common/v2.0"}, ""},
		{"microsoft-entra-id", map[string]string{"AUTH_MICROSOFT_ENTRA_ID_ID": "a", "AUTH_MICROSOFT_ENTRA_ID_SECRET": "b", "AUTH_MICROSOFT_ENTRA_ID_ISSUER": issuer + "consumers/v2.0"}, ""},
		{"microsoft-entra-id", map[string]string{"AUTH_MICROSOFT_ENTRA_ID_ID": "a", "AUTH_MICROSOFT_ENTRA_ID_SECRET": "b"}, "who may come in"},
		{"azure-ad", map[string]string{"AUTH_AZURE_AD_ID": "a", "AUTH_AZURE_AD_SECRET": "b", "AUTH_AZURE_AD_ISSUER": issuer + tenant + "/v2.0"}, ""},
		{"gitlab", map[string]string{"AUTH_GITLAB_ID": "a", "AUTH_GITLAB_SECRET": "b", "AUTH_GITLAB_ISSUER": "http://git.example"}, "not https"},
		{"github", map[string]string{"AUTH_GITHUB_ID": "a", "AUTH_GITHUB_SECRET": "b", "AUTH_GITHUB_ISSUER": "https://github.com/login/oauth"}, ""},
		{"apple", map[string]string{"AUTH_APPLE_ID": "a", "AUTH_APPLE_SECRET": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"}, ""},
		{"apple", map[string]string{"AUTH_APPLE_ID": "a", "AUTH_APPLE_SECRET": strings.ReplaceAll(applePEM(), "\n", `\n`), "AUTH_APPLE_TEAM_ID": "T", "AUTH_APPLE_KEY_ID": "K"}, ""},
		{"apple", map[string]string{"AUTH_APPLE_ID": "a", "AUTH_APPLE_SECRET": applePEM()}, "key ID and the team ID"},
		{"line", map[string]string{"AUTH_LINE_ID": "a", "AUTH_LINE_SECRET": "short"}, "too short"},
		{"myspace", map[string]string{"AUTH_MYSPACE_ID": "a"}, `no provider "myspace"; there are kakao, naver,`},
	} {
		p, found, err := social.FromEnv(test.name, func(name string) string { return test.env[name] })
		switch {
		case test.says == "":
			if err != nil || !found || p.Check() != nil || p.Info().ID != test.name {
				t.Errorf("%s, %v: %t, %v", test.name, test.env, found, err)
			}
		case test.says == "-":
			if p != nil || found || err != nil {
				t.Errorf("%s, %v: %v, %t, %v", test.name, test.env, p, found, err)
			}
		case err == nil || p != nil || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "social: ") && !strings.HasPrefix(err.Error(), "o"):
			t.Errorf("%s, %v: %v", test.name, test.env, err)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	curve := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	p384 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(curve))}))
	for name, p := range map[string]*social.Provider{
		"no secret":                social.Google("a", ""),
		"no client":                social.Kakao("", "b"),
		"Apple without a key":      social.Apple(social.AppleKey{ClientID: "a"}),
		"Apple with half a key":    social.Apple(social.AppleKey{ClientID: "a", PEM: applePEM(), KeyID: "K"}),
		"Apple with no PEM":        social.Apple(social.AppleKey{ClientID: "a", PEM: "AuthKey.p8", KeyID: "K", TeamID: "T"}),
		"Apple with another curve": social.Apple(social.AppleKey{ClientID: "a", PEM: p384, KeyID: "K", TeamID: "T"}),
		"Entra for nobody":         social.Entra("a", "b"),
		"Entra for a domain":       social.Entra("a", "b", social.EntraOptions{Tenants: []string{"corp.example"}}),
		"GitLab by http":           social.GitLab("a", "b", social.GitLabOptions{Base: "http://git.example"}),
		"GitLab nowhere":           social.GitLab("a", "b", social.GitLabOptions{Base: "git.example"}),
	} {
		if err := p.Check(); err == nil {
			t.Errorf("%s: nothing is wrong", name)
		}
		if step, err := p.Begin(t.Context(), newCompany(t, "kakao").attempt()); err == nil {
			t.Errorf("%s: %v", name, step)
		}
	}
	if _, err := social.New("kakao", social.Settings{ClientID: "a", Issuer: "https://x.example"}); err == nil {
		t.Error("an issuer of Kakao's")
	}
	if _, err := social.New("kakao", social.Settings{}); err == nil {
		t.Error("no client")
	}
	var _ signet.Checker = (*social.Provider)(nil)
}
