package signet_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/signettest"
)

// TestS27_RedirectsThroughEveryProvider: whatever target a sign-in is begun with, at each of
// the providers, the visitor ends at our origin, and at the page that Signet makes of it.
// The whole list begins with each of them; a part of it, another for each, goes all the way.
func TestS27_RedirectsThroughEveryProvider(t *testing.T) {
	targets := browserTargets(t)
	offset := 0
	for id, make := range entrances {
		offset++
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			var e *entrance
			h := open(t, https, roomy, func(c *signet.Config) {
				e = make(t, signettest.NewClock(noon))
				c.World.HTTP = e.http
				c.Providers = append(c.Providers, e.provider)
			})
			ours := func(what, location string) {
				t.Helper()
				if got := browserOrigin(location, site+"/x"); got != site {
					t.Errorf("%s: the visitor is sent to %s", what, location)
				}
			}
			for i, target := range targets {
				c := h.courier(t)
				begun := e.begin(c, "callbackUrl", target.Input)
				if kept := c.cookie("__Secure-authjs.callback-url"); kept != "" {
					ours(target.Input, unescaped(t, kept))
				}
				if e.away {
					to := begun.Header().Get("Location")
					if begun.Code != http.StatusSeeOther || strings.HasPrefix(to, site) || strings.Contains(to, "evil.") {
						t.Errorf("%q: begun with %d %s", target.Input, begun.Code, to)
					}
				}
				if (i+offset)%16 != 0 {
					continue
				}
				w := e.enter(c, begun, somebody{victim: true, email: e.address, verified: e.proves})
				to := w.Header().Get("Location")
				ours(target.Input, to)
				want := site
				if target.To != nil {
					want = site + *target.To
				}
				if to != want || c.who() == "null" {
					t.Errorf("%q ends at %s, want %s; session %s", target.Input, to, want, c.who())
				}
			}
		})
	}
}

func unescaped(t *testing.T, cookie string) string {
	t.Helper()
	plain, err := url.PathUnescape(cookie)
	if err != nil {
		t.Errorf("the cookie %q: %v", cookie, err)
	}
	return plain
}
