package signet_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/store/memory"
)

// foreign is a browser with a cookie that another app with the same secret sealed then.
func (h *house) foreign(t *testing.T, sub string, then time.Time) *courier {
	t.Helper()
	const name = "authjs.session-token"
	c := h.courier(t)
	c.plant(name, sealed(t, authjs.V5, name, strings.Replace(foreignUser, `"77"`, `"`+sub+`"`, 1), month(then), secret))
	return c
}

// jieun stores the user whom the cookies of the other app name.
func (h *house) jieun(t *testing.T) signet.User {
	t.Helper()
	u, err := h.stores.Users.CreateUser(t.Context(), signet.User{ID: "77", Email: "jieun@example.com", Created: noon, Updated: noon}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestS15_TheOthersOfAnotherLibraryEndToo(t *testing.T) {
	for _, known := range []bool{true, false} {
		for _, visited := range []bool{true, false} {
			t.Run(fmt.Sprintf("user of ours %v, cookie written back %v", known, visited), func(t *testing.T) {
				// This process hears no news: it must know by itself what it has ended.
				store := memory.New()
				h := open(t, func(c *signet.Config) {
					c.Stores = store.Stores()
					c.Stores.Users, c.Stores.Sessions = deaf{store}, deaf{store}
				})
				if known {
					h.jieun(t)
				}
				second := h.another(t, func(c *signet.Config) { c.Stores = store.Stores() })
				before := noon.Add(-time.Hour)
				mine, seen := h.foreign(t, "77", before), h.foreign(t, "77", before.Add(time.Second))
				others := map[string]*courier{
					"one never seen": h.foreign(t, "77", before.Add(2*time.Second)),
					"one seen":       seen, "a copy of one seen": seen.copied(),
					"one never seen, in another process": h.foreign(t, "77", before.Add(3*time.Second)),
				}
				others["one never seen, in another process"].handler = second.handler
				somebody := h.foreign(t, "78", before)
				if visited && mine.who() == "null" || seen.who() == "null" {
					t.Fatal("not adopted")
				}
				w := mine.postJSON("/api/auth/sessions/others", map[string]string{"csrfToken": mine.csrf()})
				if w.Code != http.StatusOK {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if got := others["one never seen"].copied().who(); got != "null" {
					t.Errorf("one never seen, at once: %s", got)
				}
				for name, c := range others {
					soon(t, name+" is over", func() bool { return c.copied().who() == "null" })
				}
				if got := somebody.who(); !strings.Contains(got, "Lee Jieun") {
					t.Errorf("somebody else is %s", got)
				}
				for range 3 {
					if got := mine.who(); !strings.Contains(got, "Lee Jieun") {
						t.Errorf("the one that asked is %s", got)
					}
					h.clock.Advance(days(2)) // renewed
				}
				if got := h.foreign(t, "77", h.clock.Now()).who(); !strings.Contains(got, "Lee Jieun") {
					t.Errorf("one sealed afterwards is %s", got)
				}
			})
		}
	}
}

// TestAdoptedSessionKeepsUpWithEpochs: one that was written back is judged as any of ours,
// also where the user's sessions had been ended before, and a process starts anew.
func TestAdoptedSessionKeepsUpWithEpochs(t *testing.T) {
	h := open(t)
	u := h.jieun(t)
	for round := range 3 {
		if err := h.EndSessions(t.Context(), u.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		c := h.foreign(t, "77", h.clock.Now())
		for visit := range 3 {
			if got := c.who(); !strings.Contains(got, "Lee Jieun") {
				t.Fatalf("round %d, visit %d: %s", round, visit, got)
			}
			h.clock.Advance(time.Hour)
		}
		c.handler = h.another(t).handler
		if got := c.who(); !strings.Contains(got, "Lee Jieun") {
			t.Errorf("round %d, after a restart: %s", round, got)
		}
		c.handler = h.handler
		if err := h.EndSessions(t.Context(), u.ID, 0); err != nil {
			t.Fatal(err)
		}
		if got := c.copied().who(); got != "null" {
			t.Errorf("round %d, after the end: %s", round, got)
		}
	}
}

func TestEndSessionsButOneNeedsSessions(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Stores.Sessions = nil })
	if err := h.EndSessions(t.Context(), h.minsu(t).ID, 5); err == nil {
		t.Error("nothing was ended, and nothing was said")
	}
	if err := h.EndSessions(t.Context(), h.minsu(t).ID, 0); err != nil {
		t.Error(err)
	}
}

func TestS14_DeletedUserStaysOutWithNewCookiesOfAnotherLibrary(t *testing.T) {
	h := open(t)
	u := h.jieun(t)
	c := h.foreign(t, u.ID, h.clock.Now())
	if !strings.Contains(c.who(), "Lee Jieun") {
		t.Fatal("not adopted")
	}
	if err := h.stores.Users.DeleteUser(t.Context(), u.ID, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	soon(t, "the session is over", func() bool { return c.copied().who() == "null" })
	for _, later := range []time.Duration{time.Second, time.Hour, days(30), days(88)} {
		h.clock.Advance(later)
		for name, house := range map[string]*house{"here": h, "after a restart": h.another(t)} {
			c := house.foreign(t, u.ID, h.clock.Now())
			if got := c.who(); got != "null" {
				t.Errorf("%s %s: %s", later, name, got)
			}
			if code := c.get("/mine/").Code; code != http.StatusFound {
				t.Errorf("%s %s: a protected page answers %d", later, name, code)
			}
		}
		h.clock.Advance(-later)
	}
	if got := h.foreign(t, "78", h.clock.Now()).who(); !strings.Contains(got, "Lee Jieun") {
		t.Errorf("a user that only the other app knows is %s", got)
	}
}

// TestS18_GroupsThatAreTakenAway: a sealed session carries its groups, so it must not
// outlive one of them. A group that is added leaves the sessions alone.
func TestS18_GroupsThatAreTakenAway(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		second := h.another(t)
		set := func(groups ...string) {
			u := h.minsu(t)
			u.Groups, u.Updated = groups, h.clock.Now()
			if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		set("editors", "admins")
		c := h.courier(t)
		c.signIn()
		there := c.copied()
		there.handler = second.handler
		set("admins", "editors", "new")
		if got := c.who() + there.who(); strings.Count(got, "Kim Minsu") != 2 {
			t.Fatalf("a group was added: %s", got)
		}
		set("editors", "new")
		soon(t, "no browser is signed in any more", func() bool { return c.copied().who() == "null" && there.copied().who() == "null" })
		c.signIn()
		if got := c.who(); !strings.Contains(got, "Kim Minsu") {
			t.Errorf("signed in again: %s", got)
		}
	})
}
