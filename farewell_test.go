package signet_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet"
)

// A leaver is a provider with a session of its own, and tokens to give back.
type leaver struct {
	*elsewhere
	revoked atomic.Value
}

func (l *leaver) Revoke(_ context.Context, _ signet.World, t signet.Tokens) error {
	l.revoked.Store(t.Access)
	return nil
}

func (l *leaver) EndSession(_ context.Context, _ signet.World, idToken, back, _ string) (string, error) {
	return "https://corp.example/end?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {back}}.Encode(), nil
}

func TestSignOutAtTheProviderToo(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for _, test := range []struct {
			name         string
			leave, revok bool
		}{{"neither", false, false}, {"leave", true, false}, {"revoke", false, true}, {"both", true, true}} {
			t.Run(test.name, func(t *testing.T) {
				corp := &leaver{elsewhere: somewhere("corp", true).is(signet.Identity{Subject: "1", Tokens: &signet.Tokens{Access: "the-access", ID: "the-id"}})}
				corp.info.LeaveAtSignOut, corp.info.RevokeAtSignOut = test.leave, test.revok
				h := open(t, strategy, with(corp))
				c := h.courier(t)
				c.come("corp", c.depart("corp"))
				w := c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}, "callbackUrl": {"http://localhost/bye"}})
				to := w.Header().Get("Location")
				if left := strings.HasPrefix(to, "https://corp.example/end?id_token_hint=the-id"); w.Code != http.StatusSeeOther || left != test.leave || !strings.Contains(to, "bye") {
					t.Errorf("%d %s", w.Code, to)
				}
				if c.who() != "null" {
					t.Error("still signed in here")
				}
				if !test.revok {
					if got := corp.revoked.Load(); got != nil {
						t.Errorf("revoked %v", got)
					}
					return
				}
				soon(t, "not revoked", func() bool { return corp.revoked.Load() == "the-access" })
			})
		}
	})
}

func TestUnlinkGivesTokensBack(t *testing.T) {
	corp := &leaver{elsewhere: somewhere("corp", false).is(signet.Identity{Subject: "1", Tokens: &signet.Tokens{Access: "the-access"}})}
	h := open(t, with(corp))
	c := h.courier(t)
	c.signIn()
	c.come("corp", c.depart("corp"))
	if got := outcome(c.change("unlink", "provider", "corp")); got != "done=WayRemoved" {
		t.Fatalf("%q", got)
	}
	soon(t, "not revoked", func() bool { return corp.revoked.Load() == "the-access" })
}

// What the user row lacks is filled in at a later sign-in.
func TestProfileIsCompleted(t *testing.T) {
	corp := somewhere("corp", true).is(signet.Identity{Subject: "1"})
	h := open(t, with(corp))
	c := h.courier(t)
	c.come("corp", c.depart("corp"))
	id := sessionUser(t, h, c)
	corp.is(signet.Identity{Subject: "1", Name: "Lee Jieun", Email: "jieun@example.com", EmailVerified: true, Image: "https://img.example/j.png"})
	again := h.courier(t)
	again.come("corp", again.depart("corp"))
	u, err := h.stores.Users.User(t.Context(), signet.By{ID: id})
	if err != nil || u.Name != "Lee Jieun" || u.Email != "jieun@example.com" || u.EmailVerified.IsZero() || u.Image == "" {
		t.Errorf("user = %+v, %v", u, err)
	}
	corp.is(signet.Identity{Subject: "1", Name: "Another Name", Email: minsuEmail, EmailVerified: true})
	third := h.courier(t)
	third.come("corp", third.depart("corp"))
	if u, err = h.stores.Users.User(t.Context(), signet.By{ID: id}); err != nil || u.Name != "Lee Jieun" || u.Email != "jieun@example.com" {
		t.Errorf("user = %+v, %v", u, err)
	}
}
