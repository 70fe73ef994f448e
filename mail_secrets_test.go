package signet_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Also one that needs no browser of its own.
func TestS51_AResetLinkWorksOnce(t *testing.T) {
	post := &postman{}
	h := open(t, with(post))
	c := h.courier(t)
	c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}})
	link, token := post.got(t, 1).Link, c.csrf()
	var set atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		mine := c.copied()
		all.Go(func() {
			w := mine.post("/api/auth/reset", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}, "password": {"a fresh passphrase 92"}})
			if w.Code == http.StatusSeeOther {
				set.Add(1)
			}
		})
	}
	all.Wait()
	late := c.post("/api/auth/reset", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}, "password": {"a fresh passphrase 93"}})
	if set.Load() != 1 || late.Code != http.StatusForbidden {
		t.Errorf("%d of 20 set a password, and later %d", set.Load(), late.Code)
	}
}

// TestS52_LifeOfWhatIsMailed: to the second, and a newer letter voids the older.
func TestS52_LifeOfWhatIsMailed(t *testing.T) {
	for _, test := range []struct {
		name string
		wait time.Duration
		code bool
		ok   bool
	}{
		{"a link in time", 15*time.Minute - time.Second, false, true},
		{"a link too late", 15 * time.Minute, false, false},
		{"a code in time", 10*time.Minute - time.Second, true, true},
		{"a code too late", 10 * time.Minute, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			post := &postman{signUp: true}
			h := open(t, with(post))
			c := h.courier(t)
			c.askLetter("jieun@example.com")
			l := post.got(t, 1)
			h.clock.Advance(test.wait)
			if test.code {
				c.post("/api/auth/callback/email", url.Values{"csrfToken": {c.csrf()}, "code": {l.Code}})
			} else {
				c.press(l.Link)
			}
			if ok := c.who() != "null"; ok != test.ok {
				t.Errorf("signed in %t", ok)
			}
		})
	}
	t.Run("a newer one was sent", func(t *testing.T) {
		post := &postman{signUp: true}
		h := open(t, with(post))
		c := h.courier(t)
		c.askLetter("jieun@example.com")
		c.askLetter("jieun@example.com")
		old, newer := post.got(t, 1), post.got(t, 2)
		if c.press(old.Link); c.who() != "null" {
			t.Error("the older link works")
		}
		if c.press(newer.Link); c.who() == "null" {
			t.Error("the newer link does not work")
		}
	})
}

// TestS54_GuessingACode: five tries, also at once, and three letters an hour.
func TestS54_GuessingACode(t *testing.T) {
	post := &postman{signUp: true}
	h := open(t, with(post))
	c := h.courier(t)
	c.askLetter("jieun@example.com")
	l := post.got(t, 1)
	wrong := "000000"
	if l.Code == wrong {
		wrong = "000001"
	}
	token := c.csrf()
	var all sync.WaitGroup
	for range 20 {
		mine := c.copied()
		all.Go(func() {
			mine.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "code": {wrong}})
			if mine.who() != "null" {
				t.Error("signed in with a wrong code")
			}
		})
	}
	all.Wait()
	if w := c.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "code": {l.Code}}); w.Code != http.StatusTooManyRequests || c.who() != "null" {
		t.Errorf("the right code after 20 wrong ones: %d, session %s", w.Code, c.who())
	}
	if c.press(l.Link); c.who() == "null" {
		t.Error("guessing codes broke the link")
	}
	other := h.courier(t)
	for range 2 {
		other.askLetter("jieun@example.com")
	}
	if w := other.askLetter("jieun@example.com"); !strings.Contains(w.Header().Get("Location")+w.Body.String(), "TooManyRequests") && w.Code != http.StatusTooManyRequests {
		t.Errorf("the fourth letter in an hour: %d %s", w.Code, w.Header().Get("Location"))
	}
	if n := post.count(); n != 3 {
		t.Errorf("%d letters", n)
	}
}

// TestS55_ForgottenPassword: the link sets one, signs nobody in, ends sessions, tells.
func TestS55_ForgottenPassword(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		post := &postman{}
		h := open(t, strategy, with(post))
		h.prove(t, minsuEmail) // what an unproven account loses is another matter
		old := h.courier(t)
		old.signIn()
		h.clock.Advance(time.Second)
		c := h.courier(t)
		c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}})
		l := post.got(t, 1)
		if l.Kind != signet.LetterReset || l.To != minsuEmail {
			t.Fatalf("letter: %+v", l)
		}
		if w := c.get(pathOf(l.Link)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "new-password") {
			t.Errorf("page: %d %s", w.Code, w.Body)
		}
		if w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {"short"}}); w.Code != http.StatusBadRequest {
			t.Errorf("weak password: %d", w.Code)
		}
		const fresh = "a fresh passphrase 92"
		w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {fresh}})
		if w.Code != http.StatusSeeOther || c.who() != "null" {
			t.Fatalf("%d %s, session %s", w.Code, w.Header().Get("Location"), c.who())
		}
		soon(t, "an old session goes on", func() bool { return old.copied().who() == "null" })
		if l := post.got(t, 2); l.Kind != signet.LetterNewPass || l.To != minsuEmail {
			t.Errorf("letter: %+v", l)
		}
		for plain, want := range map[string]bool{fresh: true, minsuPassword: false} {
			c := h.courier(t)
			c.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}, "password": {plain}, "csrfToken": {c.csrf()}})
			if in := c.who() != "null"; in != want {
				t.Errorf("with %q signed in %t", plain, in)
			}
		}
		if w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {"another passphrase 93"}}); w.Code != http.StatusForbidden {
			t.Errorf("the link again: %d", w.Code)
		}
	})
}
