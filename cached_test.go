package signet_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

// TestS18_RememberedCookieDoesNotOutliveItsSession: cookies opened before are opened from
// memory, and a session that was ended stays ended.
func TestS18_RememberedCookieDoesNotOutliveItsSession(t *testing.T) {
	ends := map[string]func(*testing.T, *house, *courier){
		"signed out": func(t *testing.T, h *house, c *courier) {
			c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
		},
		"user disabled": func(t *testing.T, h *house, c *courier) {
			u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
			if err != nil {
				t.Fatal(err)
			}
			u.Disabled, u.Updated = true, h.clock.Now()
			if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		},
		"keys changed": func(t *testing.T, h *house, _ *courier) {
			if err := h.Rekey(secretsOf(newSecret)); err != nil {
				t.Fatal(err)
			}
		},
		"time is up": func(_ *testing.T, h *house, _ *courier) { h.clock.Advance(days(30)) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			c := h.courier(t)
			c.signIn()
			thief := c.copied()
			for range 3 {
				if got := thief.who(); !strings.Contains(got, minsuEmail) {
					t.Fatalf("session = %s", got)
				}
			}
			end(t, h, c)
			soon(t, "the cookie is still good", func() bool { return thief.copied().who() == "null" })
		})
	}
}
