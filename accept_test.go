package signet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

func TestAcceptTheSameFormatWithOtherSecrets(t *testing.T) {
	const name, theirSecret = "authjs.session-token", "uX4nB8cQ1zR6kT9mW3vJ7hD2gS5pL0yF"
	theirs := signet.AuthJS
	theirs.Keys = seal.Secrets(theirSecret)
	h := open(t, func(c *signet.Config) { c.Session.Accept = []signet.Format{theirs} })
	c := h.courier(t)
	c.plant(name, sealed(t, authjs.V5, name, foreignUser, month(noon), theirSecret))
	for visit := range 2 {
		if got := c.who(); !strings.Contains(got, "Lee Jieun") {
			t.Fatalf("visit %d: session = %s", visit, got)
		}
		opened(t, c, name) // sealed with our own secret now, and there once
	}
	if w := c.post("/api/auth/signout", map[string][]string{"csrfToken": {c.csrf()}}); strings.Count(strings.Join(w.Header()["Set-Cookie"], "\n"), name+"=;") != 1 {
		t.Errorf("sign-out clears the cookie not once: %v", w.Header()["Set-Cookie"])
	}
	if got := c.who(); got != "null" {
		t.Errorf("session after sign-out = %s", got)
	}
}

// A cookie that an Auth.js app makes after we disabled the user does not know it.
func TestS14_DisabledUserWithACookieOfAnotherLibrary(t *testing.T) {
	const name = "authjs.session-token"
	h := open(t)
	u := h.addUser(t, "jieun@example.com", "a passphrase of jieun")
	u.Disabled, u.Updated = true, noon
	if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	c := h.courier(t)
	claims := strings.Replace(foreignUser, `"sub":"77"`, `"sub":"`+u.ID+`"`, 1)
	c.plant(name, sealed(t, authjs.V5, name, claims, month(noon.Add(time.Hour)), secret))
	if got := c.who(); got != "null" {
		t.Errorf("session = %s", got)
	}
}
