package signet_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/signettest"
)

// The five ways of "Pre-hijacked accounts" (USENIX Security 2022) to lie in wait for somebody
// who has no account yet, through every provider.

const attackerPassword = "a passphrase of the attacker"

// A trap is a house with one provider, a provider that proves nothing, and letters.
type trap struct {
	*house
	e      *entrance
	post   *postman
	victim *courier
}

func newTrap(t *testing.T, makeEntrance func(*testing.T, *signettest.Clock) *entrance) *trap {
	tr := &trap{post: &postman{signUp: true}}
	tr.house = open(t, https, func(c *signet.Config) {
		tr.e = makeEntrance(t, signettest.NewClock(noon))
		c.World.HTTP = tr.e.http
		c.Providers = append(c.Providers, tr.e.provider, tr.post, somewhere("evil", false).is(signet.Identity{Subject: "attacker", Email: tr.e.address, EmailVerified: true}))
	})
	tr.victim = tr.courier(t)
	return tr
}

// plants opens an account with the victim's address, as sign-up without letters does.
func (tr *trap) plants(t *testing.T) *courier {
	t.Helper()
	tr.addUser(t, tr.e.address, attackerPassword)
	attacker := tr.courier(t)
	attacker.byPassword(tr.e.address)
	if attacker.who() == "null" {
		t.Fatal("the attacker cannot plant an account")
	}
	return attacker
}

func (c *courier) byPassword(email string) {
	c.post("/api/auth/callback/credentials", url.Values{"email": {email}, "password": {attackerPassword}, "csrfToken": {c.csrf()}})
}

// lies is the attacker at the provider, who says that the victim's address is theirs.
func (tr *trap) lies() somebody {
	who := somebody{email: tr.e.address}
	if tr.e.proves != nil {
		who.verified = false
	}
	return who
}

// owns is the victim at the provider, with all that proves the address.
func (tr *trap) owns() somebody {
	return somebody{victim: true, email: tr.e.address, verified: tr.e.proves}
}

// arrives is the victim's first sign-in through the provider.
func (tr *trap) arrives() { tr.e.signIn(tr.victim, tr.owns()) }

// recovers is the victim who proves the address by a letter.
func (tr *trap) recovers(t *testing.T) {
	t.Helper()
	n := tr.post.count()
	tr.victim.askLetter(tr.e.address)
	tr.victim.press(tr.post.got(t, n+1).Link)
	if sessionUser(t, tr.house, tr.victim) == "" {
		t.Fatal("the victim cannot recover the address")
	}
}

// safe looks into every browser of the attacker's, and tries every way in that they had.
func (tr *trap) safe(t *testing.T, browsers ...*courier) {
	t.Helper()
	theirs := sessionUser(t, tr.house, tr.victim)
	if theirs == "" {
		return // told to sign in otherwise: nothing can have been taken over
	}
	byPassword, byProvider, byEvil := tr.courier(t), tr.courier(t), tr.courier(t)
	byPassword.byPassword(tr.e.address)
	tr.e.signIn(byProvider, tr.lies())
	byEvil.come("evil", byEvil.depart("evil"))
	for i, c := range append(browsers, byPassword, byProvider, byEvil) {
		end := time.Now().Add(2 * time.Second) // news of an end may take a moment
		for sessionUser(t, tr.house, c) == theirs {
			if time.Now().After(end) {
				t.Fatalf("the attacker's browser %d is in the victim's account: %s", i, c.who())
			}
			time.Sleep(time.Millisecond)
		}
	}
	u, err := tr.stores.Users.User(t.Context(), signet.By{ID: theirs})
	if err != nil || u.Email != "" && u.Email != tr.e.address {
		t.Errorf("the victim's address is now %q, %v", u.Email, err)
	}
}

var preHijacks = map[string]func(t *testing.T, tr *trap){
	"classic-federated merge": func(t *testing.T, tr *trap) {
		attacker := tr.plants(t)
		tr.arrives()
		tr.safe(t, attacker)
		tr.recovers(t)
		tr.arrives()
		tr.safe(t, attacker)
	},
	"unexpired session": func(t *testing.T, tr *trap) {
		attacker := tr.plants(t)
		stolen := attacker.copied()
		tr.recovers(t)
		tr.safe(t, attacker, stolen)
		tr.arrives()
		tr.safe(t, attacker, stolen)
	},
	"trojan identifier": func(t *testing.T, tr *trap) {
		attacker := tr.plants(t)
		for range 2 { // by the provider itself, and by one that proves nothing
			if tr.e.away {
				tr.e.signIn(attacker, tr.lies())
			}
			attacker.come("evil", attacker.depart("evil"))
		}
		tr.recovers(t)
		tr.safe(t, attacker)
		tr.arrives()
		tr.safe(t, attacker)
	},
	"unexpired change of address": func(t *testing.T, tr *trap) {
		attacker := tr.plants(t)
		n := tr.post.count()
		if got := outcome(attacker.change("email", "email", "attacker@example.com")); got != "done=MailSent" {
			t.Fatal(got)
		}
		link := tr.post.got(t, n+1).Link
		before := attacker.copied()
		tr.recovers(t)
		tr.arrives()
		fresh := tr.courier(t)
		tr.e.signIn(fresh, tr.lies())
		for _, c := range []*courier{attacker, before, fresh} {
			c.press(link)
		}
		tr.safe(t, attacker, before, fresh)
	},
	"provider that proves nothing": func(t *testing.T, tr *trap) {
		first, evil := tr.courier(t), tr.courier(t)
		tr.e.signIn(first, tr.lies())
		evil.come("evil", evil.depart("evil"))
		tr.arrives()
		tr.safe(t, first, evil)
		tr.recovers(t)
		tr.safe(t, first, evil)
		late := tr.courier(t) // and once the address is proved
		tr.e.signIn(late, tr.lies())
		tr.safe(t, first, evil, late)
	},
}

// TestS78_PreHijackThroughEveryProvider: nobody is taken over, and S-79: of what was planted
// nothing works once the owner has proved the address.
func TestS78_PreHijackThroughEveryProvider(t *testing.T) {
	for id, make := range entrances {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for name, script := range preHijacks {
				t.Run(name, func(t *testing.T) { script(t, newTrap(t, make)) })
			}
		})
	}
	t.Run("letters alone", func(t *testing.T) {
		none := func(*testing.T, *signettest.Clock) *entrance {
			evil := somewhere("other", true).is(signet.Identity{Subject: "666", Email: "attacker@example.com"})
			return &entrance{id: "other", provider: evil, address: "victim@example.com", away: true,
				begin: func(*courier, ...string) *httptest.ResponseRecorder { return nil },
				enter: func(*courier, *httptest.ResponseRecorder, somebody) *httptest.ResponseRecorder { return nil },
			}
		}
		for name, script := range preHijacks {
			t.Run(name, func(t *testing.T) { script(t, newTrap(t, none)) })
		}
	})
}

// TestS79_PendingChangesEnd: a link that was asked for before all sessions were ended changes
// nothing, also for somebody who is signed in again.
func TestS79_PendingChangesEnd(t *testing.T) {
	for _, what := range []string{"email", "verify"} {
		post := &postman{}
		h := open(t, https, with(post))
		c := h.courier(t)
		c.signIn()
		user := sessionUser(t, h, c)
		c.change(what, "email", "attacker@example.com")
		link := post.got(t, 1).Link
		if err := h.EndSessions(t.Context(), user, 0); err != nil {
			t.Fatal(err)
		}
		c.signIn()
		c.press(link)
		if u, err := h.stores.Users.User(t.Context(), signet.By{ID: user}); err != nil || u.Email != minsuEmail || !u.EmailVerified.IsZero() {
			t.Errorf("%s: %q, verified %v, %v", what, u.Email, u.EmailVerified, err)
		}
	}
}

// TestS78_DoubtfulFlagsOfEveryProvider: an account of a proved address is opened by the flag
// that the provider documents, and by nothing that looks like it.
func TestS78_DoubtfulFlagsOfEveryProvider(t *testing.T) {
	documented := map[string][]any{
		"apple": {"true"}, "linkedin": {"true"}, // their documents have both spellings
		"microsoft-entra-id": {"1", 1}, // three spellings
	}
	for _, id := range companies {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			tr := newTrap(t, entrances[id])
			u := tr.person(t, tr.e.address, true)
			for _, flag := range []any{"true", "false", "1", 1, 0, "yes", "", []any{true}, map[string]any{"a": true}, nil, false} {
				c := tr.courier(t)
				tr.e.signIn(c, somebody{email: tr.e.address, verified: flag})
				opened := sessionUser(t, tr.house, c) == u.ID
				allowed := false
				for _, d := range documented[id] {
					allowed = allowed || d == flagOf(flag)
				}
				if opened && !allowed {
					t.Errorf("%T %v opens the account", flag, flag)
				}
				if opened {
					accounts, err := tr.stores.Accounts.AccountsOf(t.Context(), u.ID)
					if err != nil {
						t.Fatal(err)
					}
					for _, a := range accounts {
						if a.Provider == tr.e.provider.Info().ID {
							tr.stores.Accounts.DeleteAccount(t.Context(), a.Provider, a.Subject)
						}
					}
				}
			}
			owner := tr.courier(t)
			tr.e.signIn(owner, tr.owns())
			strong := map[string]bool{"google": true, "github": true, "kakao": true, "apple": true, "discord": true, "microsoft-entra-id": true,
				"gitlab": true, "x": true, "linkedin": true, "slack": true, "twitch": true, "generic-oidc": true}
			if got := sessionUser(t, tr.house, owner) == u.ID; got != strong[id] {
				t.Errorf("the owner, with all that proves it: opened %t (%s)", got, strings.TrimSpace(owner.who()))
			}
		})
	}
}

// flagOf makes a flag comparable.
func flagOf(v any) any {
	switch v.(type) {
	case string, int, bool:
		return v
	}
	return nil
}
