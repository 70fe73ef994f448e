package oidc_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oidc"
)

// An issuer and the credentials of a client are enough; the addresses are discovered when
// somebody signs in. Here they are configured, so that nobody has to be asked.
func ExampleNew() {
	p := oidc.New(oidc.Config{
		ID: "corp", Name: "Our company",
		Issuer:   "https://login.corp.test",
		ClientID: "app", ClientSecret: "secret",
		Endpoints: oidc.Endpoints{
			Authorization: "https://login.corp.test/authorize",
			Token:         "https://login.corp.test/token",
			Keys:          "https://login.corp.test/keys",
		},
	})
	fmt.Println(p.Check())

	step, err := p.Begin(context.Background(), &signet.Attempt{ID: "state", Callback: "https://app.test/api/auth/callback/corp"})
	if err != nil {
		fmt.Println(err)
		return
	}
	to, err := url.Parse(step.(signet.Redirect).To)
	if err != nil {
		fmt.Println(err)
		return
	}
	q := to.Query()
	fmt.Println(to.Host, q.Get("scope"), q.Get("code_challenge_method"), len(q.Get("nonce")))
	// Output:
	// <nil>
	// login.corp.test openid profile email S256 43
}

// Whoever the provider vouches for can be narrowed down, or named in another way.
func ExamplePerson_Identity() {
	who := oidc.Person{Claims: []byte(`{"sub":"7f0c","email":"hana@corp.test","email_verified":true,"department":"dev"}`)}
	id := who.Identity()
	fmt.Println(id.Subject, id.Email, id.EmailVerified, who.Claims.Text("/department"))
	// Output: 7f0c hana@corp.test true dev
}

// LINE signs its ID tokens with the secret of the client.
func ExampleConfig_algorithms() {
	p := oidc.New(oidc.Config{
		ID: "line", Issuer: "https://access.line.me", ClientID: "app",
		Algorithms: []string{"HS256"}, ClientSecret: "short",
	})
	fmt.Println(p.Check())
	// Output: oidc: provider "line": the client's secret is too short to sign ID tokens with
}
