package signet_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Who somebody from another site is here.

// person adds somebody with a password whose address has been proved, or not.
func (h *house) person(t *testing.T, email string, verified bool) signet.User {
	t.Helper()
	u := h.addUser(t, email, minsuPassword)
	if verified {
		u = h.prove(t, email)
	}
	return u
}

// prove makes an address a proved one.
func (h *house) prove(t *testing.T, email string) signet.User {
	t.Helper()
	u, err := h.stores.Users.User(t.Context(), signet.By{Email: email})
	if err == nil {
		u.EmailVerified, u.Updated = noon, noon
		u, err = h.stores.Users.UpdateUser(t.Context(), u)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// errorOf is the error that an answer leads to, "" for none.
func errorOf(t *testing.T, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("error")
}

// identityOf makes everybody at p the one given.
func (p *elsewhere) is(id signet.Identity) *elsewhere {
	p.identity = func(*signet.Attempt) (signet.Step, error) { return id, nil }
	return p
}

// TestS78_OnlyAProvenAddressOpensAProvenAccount: provider trusted, address verified there,
// and verified here; all eight ways.
func TestS78_OnlyAProvenAddressOpensAProvenAccount(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		for _, there := range []bool{false, true} {
			for _, here := range []bool{false, true} {
				h := open(t, with(somewhere("corp", trusted).is(signet.Identity{Subject: "1", Email: "Jieun@example.com", EmailVerified: there})),
					func(c *signet.Config) { c.Session.Expose = map[string]string{"id": "sub"} })
				u := h.person(t, "jieun@example.com", here)
				c := h.courier(t)
				w := c.come("corp", c.depart("corp"))
				opened := strings.Contains(c.who(), `"id":"`+u.ID+`"`)
				if want := trusted && there && here; opened != want {
					t.Errorf("trusted %t, verified there %t, here %t: opened %t", trusted, there, here, opened)
				}
				if e := errorOf(t, w.Header().Get("Location")); !opened && (e != "OAuthAccountNotLinked" || c.who() != "null") {
					t.Errorf("trusted %t, verified there %t, here %t: error %q, session %s", trusted, there, here, e, c.who())
				}
			}
		}
	}
}

// An address that nobody proved does not become anybody's: its owner can still sign up.
func TestS78_UnprovenAddressIsNotTaken(t *testing.T) {
	for name, p := range map[string]*elsewhere{
		"provider not trusted":   somewhere("corp", false).is(signet.Identity{Subject: "1", Email: "jieun@example.com", EmailVerified: true}),
		"not verified there":     somewhere("corp", true).is(signet.Identity{Subject: "1", Email: "jieun@example.com"}),
		"an address and no more": somewhere("corp", false).is(signet.Identity{Subject: "1", Email: "jieun@example.com", Name: "Not Jieun"}),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, with(p))
			attacker := h.courier(t)
			attacker.come("corp", attacker.depart("corp"))
			if got := attacker.who(); !strings.Contains(got, "jieun@example.com") {
				t.Fatalf("session = %s", got)
			}
			victim := h.courier(t)
			w := victim.post("/api/auth/signup", url.Values{"csrfToken": {victim.csrf()}, "email": {"jieun@example.com"}, "name": {"Jieun"}, "password": {"a passphrase of jieun"}})
			if w.Code != http.StatusSeeOther || victim.who() == "null" {
				t.Fatalf("sign-up of the owner: %d %s", w.Code, w.Body)
			}
			again := h.courier(t)
			again.come("corp", again.depart("corp"))
			if got := again.who(); strings.Contains(got, `"name":"Jieun"`) {
				t.Errorf("the attacker is in the owner's account: %s", got)
			}
		})
	}
}

// Five ways to lie in wait for somebody who has no account yet (USENIX Security 2022).
func TestS78_PreHijack(t *testing.T) {
	const victimEmail = "victim@example.com"
	victimAt := func() *elsewhere {
		return somewhere("corp", true).is(signet.Identity{Subject: "victim", Email: victimEmail, EmailVerified: true, Name: "Victim"})
	}
	signUp := func(t *testing.T, c *courier) {
		t.Helper()
		w := c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {victimEmail}, "name": {"Attacker"}, "password": {"a passphrase of the attacker"}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("sign-up: %d %s", w.Code, w.Body)
		}
	}
	t.Run("classic-federated merge", func(t *testing.T) {
		h := open(t, with(victimAt()))
		signUp(t, h.courier(t))
		victim := h.courier(t)
		w := victim.come("corp", victim.depart("corp"))
		if got := victim.who(); strings.Contains(got, "Attacker") || errorOf(t, w.Header().Get("Location")) != "OAuthAccountNotLinked" {
			t.Errorf("the victim is in the attacker's account: %s", got)
		}
	})
	t.Run("trojan identifier", func(t *testing.T) {
		h := open(t, with(victimAt(), somewhere("evil", false).is(signet.Identity{Subject: "attacker", Email: victimEmail})))
		c := h.courier(t)
		signUp(t, c)
		if w := c.come("evil", c.depart("evil")); errorOf(t, w.Header().Get("Location")) != "" {
			t.Fatalf("the attacker cannot add a way to their own account: %s", w.Header().Get("Location"))
		}
		victim := h.courier(t)
		victim.come("corp", victim.depart("corp"))
		attacker := h.courier(t)
		attacker.come("evil", attacker.depart("evil"))
		if got := attacker.who(); strings.Contains(got, `"name":"Victim"`) {
			t.Errorf("the attacker is in the victim's account: %s", got)
		}
	})
	t.Run("non-verifying provider", func(t *testing.T) {
		h := open(t, with(victimAt(), somewhere("evil", false).is(signet.Identity{Subject: "attacker", Email: victimEmail, EmailVerified: true})))
		attacker := h.courier(t)
		attacker.come("evil", attacker.depart("evil"))
		victim := h.courier(t)
		victim.come("corp", victim.depart("corp"))
		mine, theirs := sessionUser(t, h, victim), sessionUser(t, h, attacker)
		if mine == "" || mine == theirs {
			t.Errorf("victim %q, attacker %q", mine, theirs)
		}
	})
	t.Run("unexpired session", func(t *testing.T) {
		h := open(t, with(victimAt()))
		attacker := h.courier(t)
		signUp(t, attacker)
		victim := h.courier(t)
		victim.come("corp", victim.depart("corp"))
		if sessionUser(t, h, victim) != "" && sessionUser(t, h, victim) == sessionUser(t, h, attacker) {
			t.Error("one user for both")
		}
	})
	t.Run("unexpired change of address", func(t *testing.T) {
		// The attacker's identity changes its address to the victim's after it was linked.
		evil := somewhere("evil", true).is(signet.Identity{Subject: "attacker", Email: "attacker@example.com", EmailVerified: true})
		h := open(t, with(victimAt(), evil))
		attacker := h.courier(t)
		attacker.come("evil", attacker.depart("evil"))
		evil.is(signet.Identity{Subject: "attacker", Email: victimEmail, EmailVerified: true})
		attacker.come("evil", attacker.depart("evil"))
		victim := h.courier(t)
		victim.come("corp", victim.depart("corp"))
		if mine := sessionUser(t, h, victim); mine == "" || mine == sessionUser(t, h, attacker) {
			t.Errorf("victim is %q", mine)
		}
	})
}

func sessionUser(t *testing.T, h *house, c *courier) string {
	t.Helper()
	r := httpRequest(c)
	if s := h.Session(r); s != nil {
		return s.UserID
	}
	return ""
}

func httpRequest(c *courier) *http.Request {
	r, _ := http.NewRequest(http.MethodGet, c.origin+"/", nil)
	r.Header.Set("Cookie", strings.Join(c.cookies, "; "))
	return r
}

func TestAddAWayToSignIn(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		corp := somewhere("corp", false)
		h := open(t, strategy, with(corp))
		c := h.courier(t)
		c.signIn()
		before, was := h.Session(httpRequest(c)), c.copied()
		w := c.come("corp", c.depart("corp"))
		if e := errorOf(t, w.Header().Get("Location")); e != "" {
			t.Fatalf("error %s", e)
		}
		after := h.Session(httpRequest(c))
		if after == nil || after.UserID != before.UserID || after.Email != minsuEmail {
			t.Fatalf("session = %+v", after)
		}
		if after.ID == before.ID || was.who() != "null" {
			t.Error("the session kept its ID")
		}
		other := h.courier(t)
		other.come("corp", other.depart("corp"))
		if got := sessionUser(t, h, other); got != before.UserID {
			t.Errorf("by the new way: %q, want %q", got, before.UserID)
		}
	})
}

// TestS80_AddingIsBoundToTheSessionThatBegan.
func TestS80_AddingIsBoundToTheSessionThatBegan(t *testing.T) {
	begin := func(t *testing.T) (*house, *courier, *url.URL) {
		h := open(t, with(somewhere("corp", false).is(signet.Identity{Subject: "4711"})))
		h.person(t, "jieun@example.com", true)
		c := h.courier(t)
		c.signIn()
		return h, c, c.depart("corp")
	}
	unlinked := func(t *testing.T, h *house) {
		t.Helper()
		if _, err := h.stores.Accounts.Account(t.Context(), "corp", "4711"); err == nil {
			t.Error("the way was added")
		}
	}
	t.Run("another session of another user", func(t *testing.T) {
		h, c, to := begin(t)
		other := h.courier(t)
		other.post("/api/auth/callback/credentials", url.Values{"email": {"jieun@example.com"}, "password": {minsuPassword}, "csrfToken": {other.csrf()}})
		for _, pair := range other.cookies {
			name, value, _ := strings.Cut(pair, "=")
			c.plant(name, value)
		}
		c.come("corp", to)
		unlinked(t, h)
	})
	t.Run("another session of the same user", func(t *testing.T) {
		h, c, to := begin(t)
		c.signIn()
		c.come("corp", to)
		unlinked(t, h)
	})
	t.Run("signed out meanwhile", func(t *testing.T) {
		h, c, to := begin(t)
		c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
		c.come("corp", to)
		unlinked(t, h)
		if c.who() != "null" {
			t.Error("signed in")
		}
	})
	t.Run("a sign-in of more than ten minutes ago", func(t *testing.T) {
		h, c, _ := begin(t)
		h.clock.Advance(10*time.Minute + time.Second)
		w := c.come("corp", c.depart("corp"))
		if e := errorOf(t, w.Header().Get("Location")); e != "SessionRequired" {
			t.Errorf("error %q", e)
		}
		unlinked(t, h)
	})
	t.Run("an identity of another user", func(t *testing.T) {
		h, c, _ := begin(t)
		theirs := h.courier(t)
		theirs.come("corp", theirs.depart("corp"))
		before := h.Session(httpRequest(c))
		w := c.come("corp", c.depart("corp"))
		if e := errorOf(t, w.Header().Get("Location")); e != "OAuthAccountNotLinked" {
			t.Errorf("error %q", e)
		}
		if after := h.Session(httpRequest(c)); after == nil || after.ID != before.ID {
			t.Error("the session did not go on")
		}
	})
	t.Run("disabled meanwhile", func(t *testing.T) {
		h, c, to := begin(t)
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
		if err != nil {
			t.Fatal(err)
		}
		u.Disabled, u.Updated = true, noon.Add(time.Second)
		if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		soon(t, "still signed in", func() bool { return c.copied().who() == "null" })
		c.come("corp", to)
		unlinked(t, h)
	})
}

func TestS70_SameSubjectAtTwoProviders(t *testing.T) {
	for name, change := range map[string]func(*signet.Config){
		"with a store": func(*signet.Config) {}, "without": func(c *signet.Config) { c.Stores, c.Providers = signet.Stores{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, change, with(somewhere("one", false), somewhere("two", false)))
			a, b := h.courier(t), h.courier(t)
			a.come("one", a.depart("one"))
			b.come("two", b.depart("two"))
			if x, y := sessionUser(t, h, a), sessionUser(t, h, b); x == "" || x == y {
				t.Errorf("users %q and %q", x, y)
			}
		})
	}
}

func TestSecondSignInKeepsTheNewestTokens(t *testing.T) {
	corp := somewhere("corp", true)
	h := open(t, with(corp))
	c := h.courier(t)
	c.come("corp", c.depart("corp"))
	corp.is(signet.Identity{Subject: "4711", Email: "jieun@example.com", EmailVerified: true, Tokens: &signet.Tokens{Access: "newer"}})
	again := h.courier(t)
	again.come("corp", again.depart("corp"))
	account, err := h.stores.Accounts.Account(t.Context(), "corp", "4711")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := h.AccountRecord(account); err != nil || r.Tokens.Access != "newer" || r.Tokens.Refresh != "refresh-corp" {
		t.Errorf("record = %v, %v", r, err)
	}
	if x, y := sessionUser(t, h, c), sessionUser(t, h, again); x != y {
		t.Errorf("users %q and %q", x, y)
	}
}
