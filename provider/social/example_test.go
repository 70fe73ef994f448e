package social_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
)

func ExampleKakao() {
	p := social.Kakao("rest-api-key", "secret")
	fmt.Println(p.Info().ID, p.Info().Region, p.Check())

	step, err := p.Begin(context.Background(), &signet.Attempt{ID: "state", Callback: "https://app.test/api/auth/callback/kakao"})
	if err != nil {
		fmt.Println(err)
		return
	}
	to, err := url.Parse(step.(signet.Redirect).To)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(to.Host, to.Query().Has("scope"))
	// Output:
	// kakao ko <nil>
	// kauth.kakao.com false
}

// Names of variables are those of Auth.js.
func ExampleFromEnv() {
	env := map[string]string{"AUTH_KAKAO_ID": "rest-api-key", "AUTH_NAVER_ID": "client"}
	for _, name := range []string{"kakao", "naver", "google"} {
		_, found, err := social.FromEnv(name, func(key string) string { return env[key] })
		fmt.Println(name, found, err)
	}
	// Output:
	// kakao true <nil>
	// naver true social: provider "naver" needs a client secret (from AUTH_NAVER_ID)
	// google false <nil>
}

func ExampleNew() {
	_, err := social.New("entra", social.Settings{})
	fmt.Println(err)
	p, err := social.New("discord", social.Settings{ClientID: "1", ClientSecret: "secret", Options: social.Options{TrustEmail: true}})
	fmt.Println(p.Info().Name, p.Info().TrustEmail, err)
	// Output:
	// social: there is no provider "entra"; there are kakao, naver, google, github, apple, discord, microsoft-entra-id, azure-ad, gitlab, facebook, line, twitter, x, linkedin, slack, twitch, spotify
	// Discord true <nil>
}

// One tenant, whose administrators are ours.
func ExampleEntra() {
	p := social.Entra("client", "secret", social.EntraOptions{Tenants: []string{"11111111-2222-3333-4444-555555555555"}, TrustDirectory: true})
	fmt.Println(p.Info().Name, p.Check())
	fmt.Println(social.Entra("client", "secret").Check())
	// Output:
	// Microsoft <nil>
	// social: Entra needs to know who may come in: tenants by their IDs, or an issuer
}

func ExampleAppleKey() {
	k := social.AppleKey{ClientID: "test.app.web", TeamID: "TEAM", KeyID: "KEY", PEM: "the text of AuthKey_KEY.p8"}
	fmt.Println(k)
	fmt.Println(social.Apple(k).Check())
	// Output:
	// Apple key of test.app.web
	// social: Apple's key is not PEM, which begins with -----BEGIN PRIVATE KEY-----
}

func ExampleGitLab() {
	p := social.GitLab("client", "secret", social.GitLabOptions{Base: "https://corp.example/gitlab"})
	fmt.Println(p.Info().Origins, p.Info().TrustEmail)
	// Output: [https://corp.example] false
}

func ExampleOptions() {
	p := social.Google("client", "secret", social.Options{Offline: true, Extra: url.Values{"hd": {"corp.example"}}})
	fmt.Println(p.Info().Name, p.Check())
	// Output: Google <nil>
}
