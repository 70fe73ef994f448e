package signet_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

// Two applications side by side, each with its own cookie for the same people.

// beside opens a house that writes the cookie of iron-session too.
func beside(t *testing.T, strategy func(*signet.Config)) *house {
	theirs := cart
	theirs.Beside = true
	return open(t, strategy, func(c *signet.Config) {
		c.Session.Accept = []signet.Format{theirs}
		c.Session.Expose = map[string]string{"visits": "visits"}
	})
}

// theirs is what the other application reads in its cookie.
func theirClaims(t *testing.T, h *house, c *courier) (signet.Claims, seal.Opened) {
	t.Helper()
	codec, err := iron.New(seal.Secrets(theirSecret), cart.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	o, err := codec.Open(c.cookie(cart.Cookie), h.clock.Now())
	if err != nil {
		t.Fatalf("the other application cannot read its cookie: %v", err)
	}
	claims, err := signet.ParseClaims(o.Claims)
	if err != nil {
		t.Fatal(err)
	}
	return claims, o
}

func TestBeside(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		t.Run("a sign-in here is one there", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			claims, o := theirClaims(t, h, c)
			var user struct{ Email string }
			if !claims.Get("user", &user) || user.Email != minsuEmail {
				t.Errorf("they read %s", o.Claims)
			}
		})
		t.Run("a session from there goes on in both", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.plant(cart.Cookie, sealed(t, iron.New, cart.Cookie, `{"user":{"id":7,"email":"a@b.example"},"visits":3}`, month(noon), theirSecret))
			for range 2 {
				if got := c.who(); !strings.Contains(got, "a@b.example") {
					t.Fatalf("session = %s", got)
				}
			}
			if claims, o := theirClaims(t, h, c); string(claims.Raw("visits")) != "3" || !strings.Contains(string(o.Claims), `"id":7,`) {
				t.Errorf("they read %s", o.Claims)
			}
			if len(c.cookies) < 2 {
				t.Errorf("no cookie of ours: %d", len(c.cookies))
			}
		})
		t.Run("what they write stays when ours is renewed", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			claims, o := theirClaims(t, h, c)
			if err := claims.Set("visits", 41); err != nil {
				t.Fatal(err)
			}
			payload, _ := claims.MarshalJSON()
			c.plant(cart.Cookie, sealed(t, iron.New, cart.Cookie, string(payload), o.Life, theirSecret))
			h.clock.Advance(days(2))
			c.who()
			claims, later := theirClaims(t, h, c)
			if string(claims.Raw("visits")) != "41" || !later.Expires.After(o.Expires) {
				t.Errorf("they read %s until %s", later.Claims, later.Expires)
			}
		})
		t.Run("a sign-out there is one here", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			c.drop(cart.Cookie)
			if got := c.who(); got != "null" {
				t.Errorf("session = %s", got)
			}
		})
		t.Run("and one here is one there", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			if c.cookie(cart.Cookie) != "" {
				t.Error("their cookie is still there")
			}
		})
		t.Run("somebody else signs in there", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			ours := c.copied()
			c.plant(cart.Cookie, sealed(t, iron.New, cart.Cookie, `{"user":{"id":8,"email":"else@example.com"}}`, month(noon), theirSecret))
			for range 2 {
				if got := c.who(); !strings.Contains(got, "else@example.com") {
					t.Errorf("session = %s", got)
				}
			}
			if got := ours.who(); got != "null" {
				t.Errorf("the session before goes on: %s", got)
			}
		})
		t.Run("their cookie cannot be read", func(t *testing.T) {
			h := beside(t, strategy)
			c := h.courier(t)
			c.signIn()
			c.plant(cart.Cookie, sealed(t, iron.New, cart.Cookie, `{"user":{"id":8}}`, month(noon), "of another application altogether"))
			if got := c.who(); !strings.Contains(got, minsuEmail) {
				t.Errorf("session = %s", got)
			}
			theirClaims(t, h, c)
		})
		t.Run("a session from before it was written beside", func(t *testing.T) {
			h := open(t, strategy)
			c := h.courier(t)
			c.signIn()
			both := h.another(t, func(c *signet.Config) {
				theirs := cart
				theirs.Beside = true
				c.Session.Accept = []signet.Format{theirs}
			})
			c.handler = both.handler
			if got := c.who(); !strings.Contains(got, minsuEmail) {
				t.Errorf("session = %s", got)
			}
			theirClaims(t, h, c)
		})
		t.Run("theirs has no room", func(t *testing.T) {
			theirs := cart
			theirs.Beside, theirs.Chunk = true, 1000
			h := open(t, strategy, func(c *signet.Config) {
				c.Session.Accept = []signet.Format{theirs}
				c.Callbacks.Claims = func(_ context.Context, s *signet.Session, _ signet.Change) error {
					return s.Claims.Set("big", strings.Repeat("x", 10000))
				}
			})
			c := h.courier(t)
			c.signIn()
			for range 2 {
				if got := c.who(); !strings.Contains(got, minsuEmail) {
					t.Errorf("session = %s", got)
				}
			}
			if c.cookie(cart.Cookie+".0") != "" {
				t.Error("half a session was written")
			}
		})
	})
}
