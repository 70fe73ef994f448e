package signet_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// What a user changes on the account page.

// change posts to the account page.
func (c *courier) change(what string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{"csrfToken": {c.csrf()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.post("/api/auth/account/"+what, form)
}

// outcome is what the account page is told: "done=…" or "error=…".
func outcome(w *httptest.ResponseRecorder) string {
	_, q, _ := strings.Cut(w.Header().Get("Location"), "?")
	return q
}

// TestS17_ChangesNeedAFreshSignIn.
func TestS17_ChangesNeedAFreshSignIn(t *testing.T) {
	for what, pairs := range map[string][]string{
		"verify": nil, "email": {"email", "new@example.com"}, "password": {"password", "a fresh passphrase 92"}, "unlink": {"provider", "corp"},
	} {
		t.Run(what, func(t *testing.T) {
			post := &postman{}
			h := open(t, with(post, somewhere("corp", false)))
			c := h.courier(t)
			c.signIn()
			c.come("corp", c.depart("corp"))
			h.clock.Advance(10*time.Minute + time.Second)
			before := post.count()
			if got := outcome(c.change(what, pairs...)); got != "error=SessionRequired" {
				t.Errorf("%q", got)
			}
			w := c.send(http.MethodPost, "/api/auth/account/"+what, "application/json", `{"csrfToken":"`+c.csrf()+`"}`)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "reauth_required") {
				t.Errorf("to a script: %d %s", w.Code, w.Body)
			}
			if n := post.count() - before; n != 0 {
				t.Errorf("%d letters", n)
			}
		})
	}
}

func TestChangesNeedTheUserAndTheToken(t *testing.T) {
	h := open(t)
	c := h.courier(t)
	if w := c.change("password", "password", "a fresh passphrase 92"); w.Code == http.StatusSeeOther && strings.Contains(w.Header().Get("Location"), "done=") {
		t.Errorf("nobody changed a password: %d %s", w.Code, w.Header().Get("Location"))
	}
	c.signIn()
	w := c.post("/api/auth/account/password", url.Values{"csrfToken": {"wrong"}, "password": {"a fresh passphrase 92"}})
	if got := outcome(w); got != "error=MissingCSRF" {
		t.Errorf("%q", got)
	}
	if w := c.change("everything"); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown change: %d", w.Code)
	}
}

func TestVerifyAddress(t *testing.T) {
	post := &postman{}
	h := open(t, with(post))
	c := h.courier(t)
	c.signIn()
	if page := c.get("/api/auth/account").Body.String(); !strings.Contains(page, "/api/auth/account/verify") {
		t.Error("the account page offers no link to verify")
	}
	if got := outcome(c.change("verify")); got != "done=MailSent" {
		t.Fatalf("%q", got)
	}
	l := post.got(t, 1)
	if l.Kind != signet.LetterVerify || l.To != minsuEmail {
		t.Fatalf("letter: %+v", l)
	}
	other := h.courier(t)
	other.press(l.Link)
	verified := func() bool {
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
		if err != nil {
			t.Fatal(err)
		}
		return !u.EmailVerified.IsZero()
	}
	if verified() {
		t.Error("a click of somebody who is not signed in verifies the address")
	}
	if got := outcome(c.press(l.Link)); got != "done=EmailVerified" || !verified() {
		t.Errorf("%q, verified %t", got, verified())
	}
	if page := c.get("/api/auth/account").Body.String(); strings.Contains(page, "/api/auth/account/verify") {
		t.Error("the account page still offers it")
	}
}

// TestS60_ChangeOfAddress: confirmed at the new address, told to the old, bound to both.
func TestS60_ChangeOfAddress(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		begin := func(t *testing.T) (*house, *postman, *courier, signet.Letter) {
			post := &postman{}
			h := open(t, strategy, with(post))
			h.prove(t, minsuEmail)
			c := h.courier(t)
			c.signIn()
			if got := outcome(c.change("email", "email", "minsu.new@example.com")); got != "done=MailSent" {
				t.Fatalf("%q", got)
			}
			l := post.got(t, 1)
			if l.Kind != signet.LetterChange || l.To != "minsu.new@example.com" || l.Was != minsuEmail {
				t.Fatalf("letter: %+v", l)
			}
			return h, post, c, l
		}
		t.Run("confirmed", func(t *testing.T) {
			h, post, c, l := begin(t)
			if got := outcome(c.press(l.Link)); got != "done=EmailChanged" {
				t.Fatalf("%q", got)
			}
			if told := post.got(t, 2); told.Kind != signet.LetterChanged || told.To != minsuEmail {
				t.Errorf("to the old address: %+v", told)
			}
			if got := c.who(); !strings.Contains(got, "minsu.new@example.com") {
				t.Errorf("session = %s", got)
			}
			for email, want := range map[string]bool{"minsu.new@example.com": true, minsuEmail: false} {
				again := h.courier(t)
				again.post("/api/auth/callback/credentials", url.Values{"email": {email}, "password": {minsuPassword}, "csrfToken": {again.csrf()}})
				if in := again.who() != "null"; in != want {
					t.Errorf("password with %s: signed in %t", email, in)
				}
			}
		})
		t.Run("by somebody else", func(t *testing.T) {
			h, _, _, l := begin(t)
			other := h.courier(t)
			other.press(l.Link)
			if _, err := h.stores.Users.User(t.Context(), signet.By{Email: "minsu.new@example.com"}); err == nil {
				t.Error("changed")
			}
		})
		t.Run("the address changed meanwhile", func(t *testing.T) {
			h, _, c, l := begin(t)
			u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
			if err != nil {
				t.Fatal(err)
			}
			u.Email, u.Updated = "minsu.third@example.com", noon
			if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if w := c.press(l.Link); w.Code != http.StatusForbidden {
				t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
			}
		})
		t.Run("taken meanwhile", func(t *testing.T) {
			h, _, c, l := begin(t)
			h.person(t, "minsu.new@example.com", false)
			if got := outcome(c.press(l.Link)); got != "error=EmailTaken" {
				t.Errorf("%q", got)
			}
		})
		t.Run("many clicks at once", func(t *testing.T) {
			h, _, c, l := begin(t)
			token := c.csrf()
			var changed atomic.Int64
			var all sync.WaitGroup
			for range 20 {
				mine := c.copied()
				all.Go(func() {
					w := mine.post("/api/auth/verify?kind=change", url.Values{"csrfToken": {token}, "token": {tokenOf(l.Link)}})
					if outcome(w) == "done=EmailChanged" {
						changed.Add(1)
					}
				})
			}
			all.Wait()
			if _, err := h.stores.Users.User(t.Context(), signet.By{Email: "minsu.new@example.com"}); err != nil || changed.Load() != 1 {
				t.Errorf("changed %d times, %v", changed.Load(), err)
			}
		})
	})
}

// TestS81_TheLastWayStays.
func TestS81_TheLastWayStays(t *testing.T) {
	corp, other := somewhere("corp", false).is(signet.Identity{Subject: "1", Tokens: &signet.Tokens{Access: "a1"}}), somewhere("other", false).is(signet.Identity{Subject: "2"})
	h := open(t, with(corp, other))
	c := h.courier(t)
	c.come("corp", c.depart("corp"))
	if page := c.get("/api/auth/account").Body.String(); !strings.Contains(page, "CORP") || strings.Contains(page, "/api/auth/account/unlink") {
		t.Error("the account page offers to remove the only way in, or does not show it")
	}
	if got := outcome(c.change("unlink", "provider", "corp")); got != "error=LastWay" {
		t.Fatalf("%q", got)
	}
	c.come("other", c.depart("other"))
	if got := outcome(c.change("unlink", "provider", "corp")); got != "done=WayRemoved" {
		t.Fatalf("%q", got)
	}
	if got := outcome(c.change("unlink", "provider", "corp")); got != "error=NotFound" {
		t.Errorf("again: %q", got)
	}
	if got := outcome(c.change("unlink", "provider", "other")); got != "error=LastWay" {
		t.Errorf("the last: %q", got)
	}
}

func TestPasswordOnTheAccountPage(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c, elsewhere := h.courier(t), h.courier(t)
		c.signIn()
		elsewhere.signIn()
		if got := outcome(c.change("password", "password", "short")); got != "error=too-short" {
			t.Errorf("weak: %q", got)
		}
		h.clock.Advance(time.Second)
		if got := outcome(c.change("password", "password", "a fresh passphrase 92")); got != "done=PasswordChanged" {
			t.Fatalf("%q", got)
		}
		soon(t, "the other session goes on", func() bool { return elsewhere.copied().who() == "null" })
		if c.who() == "null" {
			t.Error("the session that changed it is over")
		}
	})
}

// TestS82_NobodyVerifiesThemselves: whatever is posted, only a link does.
func TestS82_NobodyVerifiesThemselves(t *testing.T) {
	h := open(t)
	c := h.courier(t)
	c.signIn()
	more := []string{"emailVerified", "true", "EmailVerified", "2035-01-01", "email_verified", "1", "verified", "true", "groups", "admin", "epoch", "0"}
	c.change("password", append([]string{"password", "a fresh passphrase 92"}, more...)...)
	c.change("verify", more...)
	c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {"jieun@example.com"}, "password": {"a passphrase of jieun"}, "emailVerified": {"true"}, "groups": {"admin"}})
	for _, email := range []string{minsuEmail, "jieun@example.com"} {
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: email})
		if err != nil || !u.EmailVerified.IsZero() || len(u.Groups) > 0 {
			t.Errorf("%s: %+v, %v", email, u, err)
		}
	}
}
