package signet_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/signettest"
)

// rounds of a race: few in a test run, as many as SIGNET_RACE_ROUNDS says in a long one.
func rounds(t *testing.T, few int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("SIGNET_RACE_ROUNDS"))
	if err != nil {
		return few
	}
	return n
}

// TestRaceOfReadAndSignOut: each round is one sign-out among forty reads of the same
// session, each of which seals the cookie anew. In real Auth.js a late read undoes the
// sign-out in most rounds.
func TestRaceOfReadAndSignOut(t *testing.T) {
	const reads = 40
	always := time.Duration(0)
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, roomy, func(c *signet.Config) { c.Session.UpdateAge = &always })
		signedInAfter, replayed, written := 0, 0, 0
		n := rounds(t, 25)
		for range n {
			b := h.signedIn(t)
			token := b.CSRF("/api/auth")
			seen := &values{set: map[string]bool{}}
			for _, c := range b.Cookies() {
				if c.Name == sessionName {
					seen.add(c.Value)
				}
			}
			var all sync.WaitGroup
			for i := range reads {
				all.Go(func() {
					seen.take(b.Get("/api/auth/session").Header)
				})
				if i == reads/2 {
					all.Go(func() {
						if p := b.Post("/api/auth/signout", url.Values{"csrfToken": {token}}); p.Status != http.StatusSeeOther {
							t.Errorf("sign-out: %d", p.Status)
						}
					})
				}
			}
			all.Wait()
			if who(b) != "null" {
				signedInAfter++
			}
			for value := range seen.set {
				written++
				thief := h.courier(t)
				thief.plant(sessionName, value)
				if thief.who() != "null" {
					replayed++
				}
			}
		}
		if signedInAfter > 0 || replayed > 0 {
			t.Errorf("of %d rounds %d ended signed in; of %d cookies %d opened afterwards", n, signedInAfter, written, replayed)
		}
		if written < n {
			t.Errorf("%d cookies in %d rounds: nothing was tried", written, n)
		}
	})
}

// values are the session cookies that answers gave.
type values struct {
	mu  sync.Mutex
	set map[string]bool
}

func (v *values) add(value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set[value] = true
}

func (v *values) take(h http.Header) {
	for _, line := range h["Set-Cookie"] {
		if rest, ok := strings.CutPrefix(line, sessionName+"="); ok {
			if value, _, _ := strings.Cut(rest, ";"); value != "" {
				v.add(value)
			}
		}
	}
}

// TestRaceOfEverything lets one browser do all it can at once; the race detector looks on.
func TestRaceOfEverything(t *testing.T) {
	always := time.Duration(0)
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, roomy, func(c *signet.Config) { c.Session.UpdateAge = &always })
		b, other := h.signedIn(t), h.signedIn(t)
		token := b.CSRF("/api/auth")
		var all sync.WaitGroup
		for range rounds(t, 10) {
			for _, act := range []func() signettest.Page{
				func() signettest.Page { return b.Get("/api/auth/session") },
				func() signettest.Page { return b.Get("/api/auth/sessions") },
				func() signettest.Page { return b.Get("/api/auth/account") },
				func() signettest.Page { return b.Get("/mine/") },
				func() signettest.Page {
					return b.PostJSON("/api/auth/session", map[string]any{"csrfToken": token, "data": 1})
				},
				func() signettest.Page {
					return b.PostJSON("/api/auth/sessions/others", map[string]any{"csrfToken": token})
				},
				func() signettest.Page { return other.Get("/api/auth/session") },
				func() signettest.Page { return other.Get("/open") },
			} {
				all.Go(func() {
					if p := act(); p.Status >= 500 {
						t.Errorf("%d %s", p.Status, p.Body)
					}
				})
			}
			all.Go(func() { h.Stats() })
		}
		all.Wait()
		if who(b) == "null" || who(other) != "null" {
			t.Errorf("in the end: %s and %s", who(b), who(other))
		}
	})
}

// TestRaceOfSignOutEverywhere ends all sessions of a user while they are being renewed.
func TestRaceOfSignOutEverywhere(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, roomy, func(c *signet.Config) {
			always := time.Duration(0)
			c.Session.UpdateAge = &always
		})
		id := h.minsu(t).ID
		for range rounds(t, 5) {
			browsers := make([]*courier, 8)
			for i := range browsers {
				browsers[i] = h.courier(t)
				browsers[i].signIn()
			}
			var all sync.WaitGroup
			for _, c := range browsers {
				for range 5 {
					all.Go(func() { c.copied().who() })
				}
			}
			all.Go(func() {
				if err := h.EndSessions(t.Context(), id, 0); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			for _, c := range browsers {
				if got := c.who(); got != "null" {
					t.Fatalf("alive after all were ended: %s", got)
				}
			}
		}
	})
}

// A contested store is one in which other requests are quicker a number of times.
type contested struct {
	signet.SessionStore
	losses atomic.Int64
}

func (c *contested) UpdateSession(ctx context.Context, row signet.SessionRow) error {
	if c.losses.Add(-1) >= 0 {
		return signet.ErrStale
	}
	return c.SessionStore.UpdateSession(ctx, row)
}

// TestUpdateThatLosesRacesGetsThrough: requests that change one session at once start anew
// until they get through; none is told to come back later.
func TestUpdateThatLosesRacesGetsThrough(t *testing.T) {
	var store *contested
	changes := 0
	h := open(t, func(c *signet.Config) {
		store = &contested{SessionStore: c.Stores.Sessions}
		c.Stores.Sessions, c.Session.Strategy = store, signet.Database
		c.Session.Expose = map[string]string{"theme": "theme"}
		c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
			if change.Trigger != "update" {
				return nil
			}
			changes++
			return s.Claims.Set("theme", change.Data)
		}
	})
	b := h.signedIn(t)
	store.losses.Store(20)
	p := b.PostJSON("/api/auth/session", map[string]any{"csrfToken": b.CSRF("/api/auth"), "data": "dark"})
	if p.Status != http.StatusOK || !strings.Contains(p.Body, `"theme":"dark"`) || changes != 21 {
		t.Errorf("after %d changes: %d %s", changes, p.Status, p.Body)
	}
	if got := who(b); !strings.Contains(got, `"theme":"dark"`) {
		t.Errorf("session = %s", got)
	}
}
