package signettest_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

func TestAppleGivesTheNameOnce(t *testing.T) {
	p := signettest.NewApple(t)
	n := newNaive(t, p)
	if got := n.ask(n.question()).Get("user"); got != `{"email":"x7fake@privaterelay.appleid.com","name":{"firstName":"Sora","lastName":"Kim"}}` {
		t.Errorf("user %s", got)
	}
	if again := n.ask(n.question()); again.Has("user") || !again.Has("code") {
		t.Errorf("the second time: %v", again)
	}
	other := p.Person()
	other.Subject, other.Name = "001234.other.0123", "Mina"
	p.SignIn(other)
	if got := n.ask(n.question()); !got.Has("user") {
		t.Error("another person's first time")
	}
	q := n.question()
	q.Set("scope", "name")
	if _, c := claims(t, n.exchange(n.ask(q).Get("code")).json["id_token"]); c["email"] != nil || c["email_verified"] != nil {
		t.Errorf("an address without its scope: %v", c)
	}
	p.Next(signettest.Authorization, signettest.Denied("user_cancelled_authorize"))
	if got := n.ask(n.question()); got.Get("error") != "user_cancelled_authorize" || got.Has("code") {
		t.Errorf("cancelled: %v", got)
	}
}

func TestAppleChecksTheClientSecret(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		name   string
		change func(header, claims map[string]any)
		good   bool
	}{
		{"as it should be", nil, true},
		{"half a year", func(_, c map[string]any) { c["exp"] = now.Add(180 * 24 * time.Hour).Unix() }, true},
		{"a whole year", func(_, c map[string]any) { c["exp"] = now.Add(365 * 24 * time.Hour).Unix() }, false},
		{"expired", func(_, c map[string]any) { c["exp"] = now.Add(-time.Second).Unix() }, false},
		{"another team", func(_, c map[string]any) { c["iss"] = "OTHER" }, false},
		{"another client", func(_, c map[string]any) { c["sub"] = "OTHER" }, false},
		{"another audience", func(_, c map[string]any) { c["aud"] = "https://appleid.example" }, false},
		{"another key's name", func(h, _ map[string]any) { h["kid"] = "OTHER" }, false},
		{"another algorithm", func(h, _ map[string]any) { h["alg"] = "HS256" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewApple(t)
			n := newNaive(t, p)
			v := url.Values{
				"grant_type": {"authorization_code"}, "code": {n.ask(n.question()).Get("code")}, "redirect_uri": {callback},
				"client_id": {p.ClientID}, "client_secret": {appleSecret(t, p, now, test.change)},
			}
			a := n.must("POST", p.URL(signettest.Token), map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}, v.Encode())
			if (a.json["access_token"] != nil) != test.good || !test.good && a.json["error"] != "invalid_client" {
				t.Errorf("%d %s; %q", a.status, a.text, p.Refused())
			}
		})
	}
	p, other := signettest.NewApple(t), signettest.NewApple(t)
	n := newNaive(t, p)
	v := url.Values{"grant_type": {"authorization_code"}, "client_id": {p.ClientID}, "client_secret": {appleSecret(t, other, now, nil)}}
	a := n.must("POST", p.URL(signettest.Token), map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}, v.Encode())
	if a.json["error"] != "invalid_client" || p.Refused()[0] != "token: the client secret's signature" {
		t.Errorf("another's key: %s; %q", a.text, p.Refused())
	}
}

func TestAppleKeyIsAPEMFile(t *testing.T) {
	p := signettest.NewApple(t)
	block, rest := pem.Decode(p.Apple.PEM())
	if block == nil || len(rest) > 0 {
		t.Fatal("no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil || !p.Apple.Private.Equal(key) {
		t.Errorf("%v", err)
	}
}
