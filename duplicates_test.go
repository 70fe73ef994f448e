package signet_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/authjs"
)

// sessionCookies are the pairs of c that belong to the session.
func sessionCookies(c *courier) []string {
	var pairs []string
	for _, pair := range c.cookies {
		if strings.Contains(pair, "session-token") || strings.HasPrefix(pair, sessionName) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

func TestSignOutWithTheCookieTwiceEndsBoth(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for _, test := range []struct {
			name  string
			mixed func(a, b []string) []string
		}{
			{"one behind the other", func(a, b []string) []string { return append(append([]string{}, a...), b...) }},
			{"with a broken one, a planted one and the first once more", func(a, b []string) []string {
				mixed := append([]string{sessionName + "=eyJicm9rZW4", sessionName + "="}, a...)
				return append(append(mixed, b...), a...)
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				ended := 0
				h := open(t, strategy, roomy, func(c *signet.Config) {
					c.Events.SignOut = func(_ context.Context, _ *signet.Session) { ended++ }
				})
				h.addUser(t, "eve@example.com", "eves own passphrase")
				mine, hers, other := h.courier(t), h.courier(t), h.courier(t)
				mine.signIn()
				hers.post("/api/auth/callback/credentials", url.Values{
					"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {hers.csrf()},
				})
				other.signIn()
				both := h.courier(t)
				both.cookies = test.mixed(sessionCookies(mine), sessionCookies(hers))
				if got := both.who(); got != "null" {
					t.Fatalf("with both cookies: %s, want nobody", got)
				}
				both.cookies = append(both.cookies, test.mixed(sessionCookies(mine), sessionCookies(hers))...)
				w := both.post("/api/auth/signout", url.Values{"csrfToken": {both.csrf()}})
				if w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), "error") {
					t.Fatalf("sign-out: %d %s", w.Code, w.Header().Get("Location"))
				}
				if got := mine.who() + hers.who(); got != "nullnull" {
					t.Errorf("afterwards: %s", got)
				}
				if got := other.who(); !strings.Contains(got, "Kim Minsu") {
					t.Errorf("a session that was not sent is %s", got)
				}
				if left := sessionCookies(both); len(left) != 0 {
					t.Errorf("the browser keeps %d session cookies", len(left))
				}
				if ended != 2 {
					t.Errorf("%d sign-outs were told, want 2", ended)
				}
			})
		}
		t.Run("a store that fails clears nothing", func(t *testing.T) {
			b := newBrittle()
			h := open(t, b.use, strategy)
			mine, hers := h.courier(t), h.courier(t)
			mine.signIn()
			hers.signIn()
			both := h.courier(t)
			both.cookies = append(sessionCookies(mine), sessionCookies(hers)...)
			token := both.csrf()
			b.down.Store(true)
			w := both.post("/api/auth/signout", url.Values{"csrfToken": {token}})
			if w.Code != http.StatusServiceUnavailable || len(sessionCookies(both)) != 2 {
				t.Errorf("%d, %d cookies left", w.Code, len(sessionCookies(both)))
			}
		})
	})
	t.Run("in chunks", func(t *testing.T) {
		const name = "__Secure-authjs.session-token"
		for _, order := range []string{"a0 a1 b0 b1", "a0 b0 a1 b1", "b1 a1 a0 b0", "a0 a1 b0 b1 c0"} {
			h := open(t, https)
			parts := map[string]string{"c0": name + ".0=x"}
			var browsers []*courier
			for i, sub := range []string{"a", "b"} {
				c := h.courier(t)
				claims := strings.Replace(foreignUser, `"77"`, `"`+sub+`"`, 1)
				value := sealed(t, authjs.V5, name, claims, month(noon), secret)
				parts[sub+"0"], parts[sub+"1"] = name+".0="+value[:100+i], name+".1="+value[100+i:]
				c.cookies = []string{parts[sub+"0"], parts[sub+"1"]}
				browsers = append(browsers, c.copied())
				if c.who() == "null" {
					t.Fatal("the chunks do not open")
				}
			}
			both := h.courier(t)
			token := both.csrf()
			for _, part := range strings.Fields(order) {
				both.cookies = append(both.cookies, parts[part])
			}
			both.post("/api/auth/signout", url.Values{"csrfToken": {token}})
			for i, c := range browsers {
				if got := c.who(); got != "null" {
					t.Errorf("%s: session %d afterwards: %s", order, i, got)
				}
			}
		}
	})
	t.Run("many planted ones cost little", func(t *testing.T) {
		for _, pair := range []string{"n=x", "n.0=x; n.1=x; n.2=x; n.3=x"} {
			header := http.Header{"Cookie": {strings.Repeat(pair+"; ", 200/(1+strings.Count(pair, ";")))}}
			if n := signet.Spellings(header, "n"); n == 0 || n > 256 {
				t.Errorf("%s: %d values", pair, n)
			}
		}
	})
}
