package signettest_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

var start = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

func TestRefresh(t *testing.T) {
	for _, test := range []struct {
		id     string
		as     signettest.Rotation // empty: as the provider does
		answer string              // what refresh token the answer has: new, old or none
		again  bool                // the first one still works afterwards
	}{
		{"google", "", "none", true},
		{"kakao", "", "none", true},
		{"naver", "", "none", true},
		{"discord", "", "new", false},
		{"microsoft-entra-id", "", "new", true},
		{"gitlab", "", "new", false},
		{"line", "", "old", true},
		{"x", "", "new", false},
		{"twitch", "", "old", true},
		{"spotify", "", "none", true},
		{"generic-oidc", "", "new", false},
		{"generic-oauth2", "", "new", false},
		{"github", signettest.SingleUse, "new", false},
		{"slack", signettest.SingleUse, "new", false},
		{"linkedin", signettest.Stays, "old", true},
		{"google", signettest.SingleUse, "new", false},
		{"generic-oidc", signettest.OldStays, "new", true},
		{"generic-oidc", signettest.MayBeAbsent, "none", true},
		{"generic-oidc", signettest.Stays, "old", true},
	} {
		t.Run(test.id+" "+string(test.as), func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			if test.as != "" {
				p.Refresh = test.as
			}
			n := newNaive(t, p)
			old, _ := n.signIn()["refresh_token"].(string)
			a := n.renew(old)
			fresh, _ := a.json["refresh_token"].(string)
			got := "new"
			switch fresh {
			case "":
				got = "none"
			case old:
				got = "old"
			}
			if a.json["access_token"] == nil || old == "" || got != test.answer {
				t.Fatalf("%d %s: %s, want %s; %q", a.status, a.text, got, test.answer, p.Refused())
			}
			if info := n.userinfo(a.json["access_token"]); info.status != 200 {
				t.Errorf("the new access token opens nothing: %s", info.text)
			}
			if b := n.renew(old); (b.json["access_token"] != nil) != test.again {
				t.Errorf("the first one again: %s", b.text)
			}
			if test.again {
				return
			}
			if b := n.renew(fresh); b.json["access_token"] != nil || p.Reuses() != 1 {
				t.Errorf("the grant outlives a reuse (%d): %s", p.Reuses(), b.text)
			}
			if info := n.userinfo(a.json["access_token"]); info.status == 200 && info.json["ok"] != false {
				t.Errorf("an access token outlives a reuse: %s", info.text)
			}
		})
	}
}

func TestKakaoGivesANewRefreshTokenInItsLastMonth(t *testing.T) {
	clock := signettest.NewClock(start)
	p := signettest.NewKakao(t)
	p.Now = clock.Now
	n := newNaive(t, p)
	old := n.signIn()["refresh_token"].(string)
	clock.Advance(29 * 24 * time.Hour)
	if a := n.renew(old); a.json["access_token"] == nil || a.json["refresh_token"] != nil {
		t.Fatalf("a month and a day before: %s", a.text)
	}
	clock.Advance(2 * 24 * time.Hour)
	a := n.renew(old)
	fresh, _ := a.json["refresh_token"].(string)
	if fresh == "" || a.json["refresh_token_expires_in"] == nil {
		t.Fatalf("in the last month: %s", a.text)
	}
	if b := n.renew(old); b.status != 400 || b.json["error_code"] != "KOE322" {
		t.Errorf("the replaced one: %d %s", b.status, b.text)
	}
	clock.Advance(50 * 24 * time.Hour)
	if b := n.renew(fresh); b.json["access_token"] == nil || p.Reuses() != 0 {
		t.Errorf("the new one: %s", b.text)
	}
}

func TestTokensEnd(t *testing.T) {
	clock := signettest.NewClock(start)
	p := signettest.NewProvider(t, "spotify")
	p.Now = clock.Now
	p.Lifetime = 90 * time.Second
	n := newNaive(t, p)
	tokens := n.signIn()
	clock.Advance(89 * time.Second)
	if a := n.userinfo(tokens["access_token"]); a.status != 200 {
		t.Errorf("a second before: %d", a.status)
	}
	clock.Advance(time.Second)
	if a := n.userinfo(tokens["access_token"]); a.status != 401 {
		t.Errorf("at its end: %d", a.status)
	}
	clock.Advance(6 * 30 * 24 * time.Hour)
	if a := n.renew(tokens["refresh_token"].(string)); a.json["error"] != "invalid_grant" {
		t.Errorf("after six months: %s", a.text)
	}
	code := n.ask(n.question()).Get("code")
	clock.Advance(10 * time.Minute)
	if a := n.exchange(code); a.json["error"] == nil {
		t.Errorf("a code of ten minutes ago: %s", a.text)
	}
}

func TestGraceGivesTheSameAnswer(t *testing.T) {
	clock := signettest.NewClock(start)
	p := signettest.NewIssuer(t)
	p.Now, p.Grace = clock.Now, 10*time.Second
	n := newNaive(t, p)
	old := n.signIn()["refresh_token"].(string)
	first := n.renew(old)
	clock.Advance(9 * time.Second)
	if again := n.renew(old); again.text != first.text || p.Reuses() != 0 {
		t.Errorf("%s, want %s", again.text, first.text)
	}
	clock.Advance(time.Second)
	if late := n.renew(old); late.json["error"] != "invalid_grant" || p.Reuses() != 1 {
		t.Errorf("later: %s", late.text)
	}
}

func TestOneOfManyRefreshesWins(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	old := n.signIn()["refresh_token"].(string)
	gate := make(chan struct{})
	p.Always(signettest.Token, signettest.Hold(gate))
	header, body := n.form(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}})
	var all sync.WaitGroup
	won := make(chan bool, 20)
	for range 20 {
		all.Go(func() {
			a, err := n.send(http.MethodPost, p.URL(signettest.Token), header, body)
			won <- err == nil && a.json["access_token"] != nil
		})
	}
	p.Await(signettest.Token, 21)
	close(gate)
	all.Wait()
	winners := 0
	for range 20 {
		if <-won {
			winners++
		}
	}
	if winners != 1 || p.Reuses() != 1 {
		t.Errorf("%d won, %d reuses: the first reuse ends the grant", winners, p.Reuses())
	}
}

func TestWithdraw(t *testing.T) {
	p := signettest.NewGoogle(t)
	n := newNaive(t, p)
	tokens := n.signIn()
	if again := n.signIn(); again["refresh_token"] != nil {
		t.Error("Google gives a refresh token at the second consent")
	}
	q := n.question()
	q.Set("prompt", "consent")
	if a := n.exchange(n.ask(q).Get("code")); a.json["refresh_token"] == nil {
		t.Errorf("with prompt=consent: %s", a.text)
	}
	p.Withdraw(p.Person())
	a := n.renew(tokens["refresh_token"].(string))
	if a.status != 400 || !strings.Contains(p.Last(signettest.Token).Refused, "over") {
		t.Errorf("after withdrawing: %d %s", a.status, a.text)
	}
}
