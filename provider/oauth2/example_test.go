package oauth2_test

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// A provider that has no package of its own is data.
func ExampleNew() {
	p := oauth2.New(oauth2.Config{
		ID: "forum", Name: "Our forum",
		ClientID: "app", ClientSecret: "secret",
		Authorize: "https://forum.test/oauth/authorize",
		Token:     "https://forum.test/oauth/token",
		UserInfo:  "https://forum.test/api/me",
		Scopes:    []string{"profile", "email"},
		Map:       oauth2.Mapping{Subject: "/user/uid", Name: "/user/display", Email: "/user/mail"},
	})
	fmt.Println(p.Check())

	step, err := p.Begin(context.Background(), &signet.Attempt{ID: "state", Callback: "https://app.test/api/auth/callback/forum"})
	if err != nil {
		fmt.Println(err)
		return
	}
	to, err := url.Parse(step.(signet.Redirect).To)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(to.Host, to.Query().Get("scope"), to.Query().Get("code_challenge_method"))
	// Output:
	// <nil>
	// forum.test profile email S256
}

func ExampleMapping_Identity() {
	m := oauth2.Mapping{Subject: "/id", Name: "/kakao_account/profile/nickname", Email: "/kakao_account/email"}
	id := m.Identity(oauth2.Object(`{"id":3141592653,"kakao_account":{"profile":{"nickname":"민지"}}}`))
	fmt.Printf("%s %s %q\n", id.Subject, id.Name, id.Email)
	// Output: 3141592653 민지 ""
}

func ExampleObject() {
	o := oauth2.Object(`{"data":[{"id":9007199254740993,"verified":"true"}]}`)
	fmt.Println(o.ID("/data/0/id"), o.True("/data/0/verified"), o.Text("/data/7/id") == "")
	// Output: 9007199254740993 false true
}

func ExampleTidy() {
	id, err := oauth2.Tidy(signet.Identity{Subject: "1", Email: "nonsense", EmailVerified: true, Image: "http://x.test/p.png"})
	fmt.Printf("%q %t %q %v\n", id.Email, id.EmailVerified, id.Image, err)
	// Output: "" false "" <nil>
}

// After five failures in a row nobody waits for a dead provider, until a trial succeeds.
func ExampleBreaker() {
	var b oauth2.Breaker
	for range 5 {
		b.Done(noon, false)
	}
	later := noon.Add(10 * time.Second)
	fmt.Println(b.Allow(noon), b.Allow(later), b.Allow(later))
	b.Done(later, true)
	fmt.Println(b.Allow(later))
	// Output:
	// false true false
	// true
}
