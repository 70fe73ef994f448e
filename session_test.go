package signet_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

func TestSignInSessionSignOut(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		b := h.browser(t)
		if got := who(b); got != "null" {
			t.Errorf("session of nobody = %s, want null", got)
		}
		if p := signIn(b, "wrong password"); p.Location() != h.origin+"/api/auth/signin?code=credentials&error=CredentialsSignin" {
			t.Errorf("wrong password leads to %s", p.Location())
		}
		if p := signIn(b, minsuPassword, "callbackUrl", "/posts?page=2"); p.Status != http.StatusSeeOther || p.Location() != h.origin+"/posts?page=2" {
			t.Fatalf("sign-in: %d %s %s", p.Status, p.Location(), p.Body)
		}
		want := `{"user":{"name":"Kim Minsu","email":"minsu@example.com","image":null},"expires":"2035-12-25T12:00:00.000Z"}`
		if got := who(b); got != want {
			t.Errorf("session = %s, want %s", got, want)
		}
		old := b.Cookies()
		if p := b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}}); p.Status != http.StatusSeeOther {
			t.Fatalf("sign-out: %d", p.Status)
		}
		if got := who(b); got != "null" {
			t.Errorf("session after sign-out = %s, want null", got)
		}
		for _, c := range b.Cookies() {
			if strings.Contains(c.Name, "session") {
				t.Errorf("sign-out left the cookie %s", c.Name)
			}
		}
		thief := h.browser(t)
		thief.SetCookies(old...)
		if got := who(thief); got != "null" {
			t.Errorf("a cookie copied before the sign-out still opens: %s", got)
		}
	})
}

func TestSlidingAndAbsoluteEnd(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) {
			c.Session.MaxAge, c.Session.Absolute = 10*time.Second, 25*time.Second
		})
		b := h.signedIn(t)
		for i := range 3 {
			h.clock.Advance(8 * time.Second)
			if got := who(b); got == "null" {
				t.Fatalf("visit %d within the idle limit found nobody", i)
			}
		}
		if got := who(b); !strings.Contains(got, "12:00:25") {
			t.Errorf("renewal passed the absolute end: %s", got)
		}
		h.clock.Advance(time.Second)
		if got := who(b); got != "null" {
			t.Errorf("session at its absolute end = %s, want null", got)
		}
		b = h.signedIn(t)
		h.clock.Advance(9 * time.Second)
		if who(b) == "null" {
			t.Error("one second before the idle limit: nobody")
		}
		h.clock.Advance(10 * time.Second)
		if got := who(b); got != "null" {
			t.Errorf("session at its idle limit = %s, want null", got)
		}
	})
}
