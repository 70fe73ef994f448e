package signet_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet"
)

// drying is a source of randomness that dries up.
type drying struct{ left atomic.Int64 }

func (d *drying) Read(b []byte) (int, error) {
	if d.left.Add(-int64(len(b))) < 0 {
		return 0, errors.New("no randomness left")
	}
	return rand.Read(b)
}

// TestS103_WithoutRandomnessNothingIsMade takes the randomness away at every place: what
// needs it fails as a whole, and nothing predictable is handed out instead.
func TestS103_WithoutRandomnessNothingIsMade(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		made := 0
		for left := int64(0); left < 160; left += 8 {
			d := &drying{}
			d.left.Store(1 << 40)
			h := open(t, strategy, func(c *signet.Config) { c.World.Rand = d })
			old, c := h.courier(t), h.courier(t)
			old.signIn()
			c.cookies = old.copied().cookies
			token := c.csrf()
			d.left.Store(left)
			w := c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {minsuPassword}})
			d.left.Store(1 << 40)
			in := w.Code == http.StatusSeeOther && !strings.Contains(w.Header().Get("Location"), "error=")
			if in {
				made++
			}
			if got := setCookie(w.Header(), sessionName) != ""; got != in {
				t.Errorf("%d bytes: %d %s, and a session: %v", left, w.Code, w.Header().Get("Location"), got)
			}
			if alive := old.who() != "null"; alive == in {
				t.Errorf("%d bytes: signed in %v, and the session before is alive: %v", left, in, alive)
			}
			if c.who() == "null" {
				t.Errorf("%d bytes: the browser is nobody", left)
			}
			d.left.Store(0)
			guest := h.courier(t)
			for _, path := range []string{"/csrf", "/signin", "/signup", "/signout"} {
				if w := guest.get("/api/auth" + path); w.Code != http.StatusServiceUnavailable || len(guest.cookies) > 0 {
					t.Errorf("%s: %d, cookies %v", path, w.Code, guest.cookies)
				}
			}
		}
		if made == 0 || made == 20 {
			t.Errorf("%d of 20 sign-ins succeeded: the bounds miss the place", made)
		}
	})
}
