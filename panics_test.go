package signet_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
)

func TestS113_Panics(t *testing.T) {
	boom := func() { panic("boom in the application") }
	for _, test := range []struct {
		name   string
		change func(*signet.Config)
		status int // of the sign-in
		signed bool
	}{
		{"in the provider", func(c *signet.Config) {
			c.Providers = []signet.Provider{credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
				boom()
				return signet.Identity{}, nil
			})}
		}, 500, false},
		{"in the SignIn callback", func(c *signet.Config) {
			c.Callbacks.SignIn = func(context.Context, *signet.SignIn) error { boom(); return nil }
		}, 500, false},
		{"in the Claims callback", func(c *signet.Config) {
			c.Callbacks.Claims = func(context.Context, *signet.Session, signet.Change) error { boom(); return nil }
		}, 500, false},
		{"in the Redirect callback", func(c *signet.Config) {
			c.Callbacks.Redirect = func(context.Context, string, string) string { boom(); return "" }
		}, 500, false},
		{"in an event", func(c *signet.Config) {
			c.Events.SignIn = func(context.Context, *signet.Session, *signet.SignIn) { boom() }
		}, 303, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &logbook{}
			quiet := true
			h := open(t, log.use, func(c *signet.Config) {
				was := c.Callbacks.Redirect
				test.change(c)
				if boomer := c.Callbacks.Redirect; boomer != nil {
					c.Callbacks.Redirect = func(ctx context.Context, to, base string) string {
						if quiet {
							return to
						}
						return boomer(ctx, to, base)
					}
				} else {
					c.Callbacks.Redirect = was
				}
			})
			c := h.courier(t)
			form := url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}}
			quiet = false
			w := c.post("/api/auth/callback/credentials", form)
			quiet = true
			if w.Code != test.status || strings.Contains(w.Body.String(), "boom") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if signed := c.cookie(sessionName) != ""; signed != test.signed {
				t.Errorf("signed in: %v", signed)
			}
			if n := strings.Count(log.String(), "boom in the application"); n != 1 {
				t.Errorf("%d lines in the log: %s", n, log)
			}
			if h.Stats().Panics != 1 {
				t.Errorf("%d panics counted", h.Stats().Panics)
			}
			if w := c.get("/api/auth/providers"); w.Code != 200 {
				t.Errorf("afterwards: %d", w.Code)
			}
		})
	}
	t.Run("in other events", func(t *testing.T) {
		h := open(t, func(c *signet.Config) {
			c.Events.SignOut = func(context.Context, *signet.Session) { boom() }
			c.Events.Session = func(context.Context, *signet.Session) { boom() }
			c.Events.CreateUser = func(context.Context, signet.User) { boom() }
		})
		c := h.courier(t)
		w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": "new@example.com", "password": "long enough 4 u all"})
		if got := c.who(); w.Code != 201 || !strings.Contains(got, "new@example.com") {
			t.Errorf("%d %s", w.Code, got)
		}
		if w := c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}); w.Code != 303 || c.who() != "null" {
			t.Errorf("sign-out: %d", w.Code)
		}
		if h.Stats().Panics != 3 {
			t.Errorf("%d panics counted", h.Stats().Panics)
		}
	})
}
