package social_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
	"github.com/signet-auth/signet/signettest"
)

// Who signs out at Kakao keeps the consent: the tokens end, and nothing is unlinked.
func TestKakaoAtSignOut(t *testing.T) {
	s := newSite(t, "kakao", func(o *social.Settings) { o.RevokeAtSignOut = true })
	s.signIn(t)
	s.b.Post("/api/auth/signout", url.Values{"csrfToken": {s.b.CSRF("/api/auth")}})
	s.fake.Await(signettest.Logout, 1)
	if n := s.fake.Calls(signettest.Unlink); n != 0 || len(s.fake.Refused()) > 0 {
		t.Errorf("unlinked %d times, refused there: %q", n, s.fake.Refused())
	}
	s.signIn(t)
	if err := s.ours.Revoke(t.Context(), s.world, *s.came[1].Tokens); err != nil || s.fake.Calls(signettest.Unlink) != 1 {
		t.Errorf("unlinked %d times, %v", s.fake.Calls(signettest.Unlink), err)
	}
	if err := s.ours.SignedOut(t.Context(), s.world, signet.Tokens{Access: "gone"}); err == nil || strings.Contains(err.Error(), "gone") {
		t.Errorf("a token that is dead: %v", err)
	}
}

// Elsewhere tokens are given back at a sign-out as at any other time.
func TestSignedOutElsewhere(t *testing.T) {
	for _, v := range vectors(t) {
		if v.ID == "kakao" {
			continue
		}
		tokens := signet.Tokens{Access: "the-access", Refresh: "the-refresh", Expires: noon.Add(time.Hour)}
		c, d := newCompany(t, v.ID), newCompany(t, v.ID)
		if err := c.provider().SignedOut(t.Context(), c.world(), tokens); err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		if err := d.provider().Revoke(t.Context(), d.world(), tokens); err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		if a, b := c.last(""), d.last(""); a.url != b.url || a.method != b.method {
			t.Errorf("%s: %s %s, want %s %s", v.ID, a.method, a.url, b.method, b.url)
		}
	}
}
