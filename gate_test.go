package signet_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/signettest"
)

// TestS110_EveryCookieOfOursIsKnownToBe: a gateway keeps them from the servers behind it, and
// from being set by them.
func TestS110_EveryCookieOfOursIsKnownToBe(t *testing.T) {
	issuer := signettest.NewIssuer(t)
	h := open(t, func(c *signet.Config) {
		c.Providers = append(c.Providers, oidc.New(oidc.Config{ID: "issuer", Issuer: issuer.Issuer(), ClientID: issuer.ClientID, ClientSecret: issuer.ClientSecret}))
	})
	b := h.browser(t)
	seen := map[string]bool{}
	note := func(page signettest.Page) {
		for _, line := range page.Header["Set-Cookie"] {
			name, _, _ := strings.Cut(line, "=")
			seen[name] = true
		}
	}
	token := func() url.Values { return url.Values{"csrfToken": {b.CSRF("/api/auth")}} }
	b.Header.Set("Sec-Fetch-Mode", "navigate")
	note(b.Get("/api/auth/signin?callbackUrl=/x"))
	wrong := token()
	wrong.Set("email", minsuEmail)
	wrong.Set("password", "wrong")
	note(b.Post("/api/auth/callback/credentials", wrong))
	note(b.Post("/api/auth/signin/issuer", token()))
	note(signIn(b, minsuPassword))
	for _, c := range b.Cookies() {
		seen[c.Name] = true
	}
	for name := range seen {
		for _, spelling := range []string{name, "__Host-" + name} {
			// With https, our names have a prefix; those of sessions and callbacks another one.
			if !h.OwnCookie(spelling) && !h.OwnCookie(strings.Replace(spelling, "__Host-", "__Secure-", 1)) {
				t.Errorf("%s is not known", spelling)
			}
		}
	}
	if len(seen) < 6 {
		t.Errorf("only %v were seen", seen)
	}
	if h.OwnCookie("theme") || h.OwnCookie(sessionName+".x") {
		t.Error("cookies of others are taken for ours")
	}
}
