package signet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Tokens are given back although a provider, or the process, is down meanwhile.

// TestS88_RevokedLater: a provider that is down at the moment is asked again, whatever was
// the reason to give tokens back.
func TestS88_RevokedLater(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *house){
		"unlink": func(t *testing.T, h *house) { unlinked(t, h, "corp") },
		"sign-out": func(t *testing.T, h *house) {
			c := h.courier(t)
			c.come("corp", c.depart("corp"))
			c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			if c.who() != "null" {
				t.Error("still signed in")
			}
		},
		"sign-out by a handler": func(t *testing.T, h *house) {
			c := h.courier(t)
			c.come("corp", c.depart("corp"))
			if err := h.SignOut(httptest.NewRecorder(), httpRequest(c)); err != nil {
				t.Error(err)
			}
		},
		"user deleted": func(t *testing.T, h *house) {
			c := h.courier(t)
			c.come("corp", c.depart("corp"))
			id := sessionUser(t, h, c)
			if err := h.GiveBack(t.Context(), id); err == nil || !strings.Contains(err.Error(), "tokens of corp not revoked, and tried again until 2035-11-28 12:00:00 UTC") {
				t.Errorf("GiveBack: %v", err)
			}
			if err := h.stores.Users.DeleteUser(t.Context(), id, noon); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			corp, d, log := newBank("corp"), &drawer{}, &logbook{}
			corp.info.RevokeAtSignOut = true
			corp.answers(errDial)
			h := open(t, with(corp), d.use, log.use)
			leave(t, h)
			d.tried(t, 1, 1)
			h.LookForErrands() // not yet
			h.clock.Advance(29 * time.Second)
			h.LookForErrands()
			corp.wants(t, 1, 0)
			h.clock.Advance(time.Second)
			h.LookForErrands()
			corp.wants(t, 2, 0)
			corp.answers(nil)
			h.clock.Advance(59 * time.Second) // the second pause is a minute
			h.LookForErrands()
			corp.wants(t, 2, 0)
			h.clock.Advance(time.Second)
			h.LookForErrands()
			corp.wants(t, 3, 1)
			h.clock.Advance(time.Hour)
			h.LookForErrands()
			corp.wants(t, 3, 1)
			if got := log.String(); strings.Contains(got, "CANARY") || strings.Count(got, "provider=corp") == 0 {
				t.Errorf("log: %s", got)
			}
		})
	}
}

// TestS88_RevokedByTheNextProcess: whoever is killed in the middle of a call leaves it to
// the next, which starts by itself.
func TestS88_RevokedByTheNextProcess(t *testing.T) {
	corp := newBank("corp")
	begun, killed := make(chan bool), make(chan bool)
	corp.fails = func(signet.Tokens) error {
		close(begun)
		<-killed
		return errDial
	}
	h := open(t, with(corp))
	t.Cleanup(func() { close(killed) })
	unlinked(t, h, "corp")
	<-begun
	corp.answers(nil)
	next := h.another(t)
	h.clock.Advance(59 * time.Second) // the first may be alive, for all that is known
	next.LookForErrands()
	corp.wants(t, 1, 0)
	h.clock.Advance(time.Second)
	h.another(t)
	soon(t, "revoked", func() bool { _, taken := corp.counts(); return taken == 1 })
	next.LookForErrands()
	corp.wants(t, 2, 1)
}

// TestS88_NothingIsAcknowledgedThatIsNotStored: while errands cannot be stored, nothing
// happens that would need one, and the visitor is told.
func TestS88_NothingIsAcknowledgedThatIsNotStored(t *testing.T) {
	corp, d := newBank("corp"), &drawer{}
	corp.info.RevokeAtSignOut = true
	h := open(t, with(corp), d.use)
	c := h.courier(t)
	c.signIn()
	c.come("corp", c.depart("corp"))
	d.jams.Store(true)
	if w := c.change("unlink", "provider", "corp"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("unlink: %d %s", w.Code, w.Header().Get("Location"))
	}
	id := sessionUser(t, h, c)
	if list, err := h.stores.Accounts.AccountsOf(t.Context(), id); err != nil || len(list) != 2 {
		t.Errorf("accounts = %v, %v", list, err)
	}
	if err := h.GiveBack(t.Context(), id); !errors.Is(err, errDown) {
		t.Errorf("GiveBack: %v", err)
	}
	b := h.courier(t)
	b.come("corp", b.depart("corp"))
	if w := b.post("/api/auth/signout", url.Values{"csrfToken": {b.csrf()}}); w.Code != http.StatusServiceUnavailable || b.who() == "null" {
		t.Errorf("sign-out: %d, session %s", w.Code, b.who())
	}
	corp.wants(t, 0, 0)
}

// TestS88_WhatDidNotHappenIsNotDone: tokens of a way in that could not be taken away stay.
func TestS88_WhatDidNotHappenIsNotDone(t *testing.T) {
	corp, d := newBank("corp"), &drawer{}
	h := open(t, with(corp), d.use, func(c *signet.Config) { c.Stores.Accounts = keepsAccounts{c.Stores.Accounts} })
	c := h.courier(t)
	c.signIn()
	c.come("corp", c.depart("corp"))
	if w := c.change("unlink", "provider", "corp"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("unlink: %d", w.Code)
	}
	h.clock.Advance(time.Hour)
	h.LookForErrands()
	corp.wants(t, 0, 0)
	if list := d.list(); len(list) != 0 {
		t.Errorf("%d errands left", len(list))
	}
}

type keepsAccounts struct{ signet.AccountStore }

func (keepsAccounts) DeleteAccount(context.Context, string, string) error { return errDown }

// TestS88_TwoProcessesRevokeOnce: of processes on one store each errand has one.
func TestS88_TwoProcessesRevokeOnce(t *testing.T) {
	corp, d := newBank("corp"), &drawer{}
	corp.answers(errDial)
	h := open(t, with(corp), d.use, roomy)
	const users = 30
	for i := range users {
		corp.is(signet.Identity{Subject: fmt.Sprint(i), Tokens: &signet.Tokens{Refresh: fmt.Sprint("refresh ", i)}})
		c := h.courier(t)
		c.come("corp", c.depart("corp"))
		if err := h.GiveBack(t.Context(), sessionUser(t, h, c)); err == nil {
			t.Fatal("given back to a provider that is down")
		}
	}
	d.tried(t, users, 1)
	corp.answers(nil)
	processes := []*house{h, h.another(t), h.another(t)}
	h.clock.Advance(30 * time.Second)
	for range 10 { // a look that finds nothing, because others hold all that it asked for, ends
		var all sync.WaitGroup
		for _, p := range processes {
			all.Go(p.LookForErrands)
		}
		all.Wait()
	}
	// A process looks by itself, too, when it starts: it may still be at some.
	soon(t, "no errands left", func() bool { return len(d.list()) == 0 })
	corp.wants(t, 2*users, users)
}

// TestS88_Endings: what is final ends at once, all else after three days and with a line in
// the log that names the provider.
func TestS88_Endings(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		final bool
	}{
		{"the provider does not know the token", nil, true},
		{"it refuses", refusal{}, true},
		{"the grant is over", fmt.Errorf("bank: %w", signet.ErrEnded), true},
		{"it is down", refusal{true}, false},
		{"nobody knows", errDial, false},
		{"no answer in time", context.DeadlineExceeded, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			corp, d, log := newBank("corp"), &drawer{}, &logbook{}
			corp.answers(test.err)
			h := open(t, with(corp), d.use, log.use)
			unlinked(t, h, "corp")
			if test.final {
				soon(t, "forgotten", func() bool { asked, _ := corp.counts(); return asked == 1 && len(d.list()) == 0 })
				if told := strings.Contains(log.String(), "tokens not revoked"); told != (test.err != nil) {
					t.Errorf("log: %s", log)
				}
				return
			}
			d.tried(t, 1, 1)
			h.clock.Advance(72*time.Hour - time.Second)
			h.LookForErrands()
			d.tried(t, 1, 2)
			if strings.Contains(log.String(), "given up") {
				t.Errorf("given up too soon: %s", log)
			}
			h.clock.Advance(time.Second)
			h.LookForErrands()
			corp.wants(t, 3, 0)
			if len(d.list()) != 0 || !strings.Contains(log.String(), `level=ERROR msg="tokens not revoked: given up" provider=corp`+"\n") {
				t.Errorf("%d errands left, log: %s", len(d.list()), log)
			}
			if strings.Contains(log.String(), "CANARY") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// TestErrandPauses: they double, up to an hour.
func TestErrandPauses(t *testing.T) {
	corp, d := newBank("corp"), &drawer{}
	corp.answers(errDial)
	h := open(t, with(corp), d.use)
	unlinked(t, h, "corp")
	for try, seconds := range []int{30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600} {
		d.tried(t, 1, try+1)
		if got := d.list()[0].Due.Sub(h.clock.Now()); got != time.Duration(seconds)*time.Second {
			t.Fatalf("after try %d: %v, want %d s", try+1, got, seconds)
		}
		h.clock.Advance(time.Duration(seconds) * time.Second)
		h.LookForErrands()
	}
}

// TestErrandsOfAProviderThatWentWait until it is back, and the log says so once.
func TestErrandsOfAProviderThatWentWait(t *testing.T) {
	corp, d, log := newBank("corp"), &drawer{}, &logbook{}
	corp.answers(errDial)
	h := open(t, with(corp), d.use)
	unlinked(t, h, "corp")
	d.tried(t, 1, 1)
	without := h.another(t, log.use, func(c *signet.Config) { c.Providers = c.Providers[:1] })
	for range 5 {
		h.clock.Advance(time.Hour)
		without.LookForErrands()
	}
	if got := strings.Count(log.String(), "provider=corp"); got != 1 {
		t.Errorf("%d lines: %s", got, log)
	}
	d.tried(t, 1, 6)
	corp.answers(nil)
	h.clock.Advance(time.Hour)
	h.LookForErrands()
	corp.wants(t, 2, 1)
}

// TestErrandsOfAnOldSecretOpen as long as it is there, and are sealed with the new one when
// they have to wait on.
func TestErrandsOfAnOldSecretOpen(t *testing.T) {
	corp, d := newBank("corp"), &drawer{}
	corp.answers(errDial)
	h := open(t, with(corp), d.use)
	unlinked(t, h, "corp")
	d.tried(t, 1, 1)
	h.Close()
	both := h.another(t, func(c *signet.Config) { c.Secrets = []string{newSecret, secret} })
	h.clock.Advance(time.Hour)
	both.LookForErrands()
	d.tried(t, 1, 2)
	both.Close()
	corp.answers(nil)
	h.clock.Advance(time.Hour)
	h.another(t, func(c *signet.Config) { c.Secrets = []string{newSecret} }).LookForErrands()
	soon(t, "revoked", func() bool { _, taken := corp.counts(); return taken == 1 })
}

// TestS83_ErrandsOpenInTheirOwnRow and nowhere else; and no row shows what is in it.
func TestS83_ErrandsOpenInTheirOwnRow(t *testing.T) {
	ours, theirs, d, log := newBank("ours"), newBank("theirs"), &drawer{}, &logbook{}
	ours.answers(errDial)
	theirs.answers(errDial)
	h := open(t, with(ours, theirs), d.use, log.use)
	unlinked(t, h, "ours")
	unlinked(t, h, "theirs")
	d.tried(t, 2, 1)
	rows := d.list()
	for _, e := range rows {
		if row := e.ID + e.Kind + string(e.Sealed); strings.Contains(row, "CANARY") || strings.Contains(row, "ours") || strings.Contains(row, "theirs") {
			t.Errorf("a row shows its errand: %s", row)
		}
	}
	kind := rows[0]
	kind.ID, kind.Kind = "another", "another"
	swapped := []signet.Errand{rows[0], rows[1], kind}
	swapped[0].Sealed, swapped[1].Sealed = rows[1].Sealed, rows[0].Sealed
	for _, e := range swapped {
		if err := d.PutErrand(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	ours.answers(nil)
	theirs.answers(nil)
	h.clock.Advance(time.Hour)
	h.LookForErrands()
	ours.wants(t, 1, 0)
	theirs.wants(t, 1, 0)
	if len(d.list()) != 3 || strings.Contains(log.String(), "CANARY") {
		t.Errorf("%d errands left, log: %s", len(d.list()), log)
	}
	for _, e := range rows { // back in their places they open
		if err := d.PutErrand(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	h.LookForErrands()
	ours.wants(t, 2, 1)
	theirs.wants(t, 2, 1)
}

// TestErrandsThatPanic stop no process.
func TestErrandsThatPanic(t *testing.T) {
	corp, d, log := newBank("corp"), &drawer{}, &logbook{}
	corp.fails = func(t signet.Tokens) error { panic("with " + t.Refresh) }
	h := open(t, with(corp), d.use, log.use)
	unlinked(t, h, "corp")
	d.tried(t, 1, 1)
	if got := log.String(); strings.Contains(got, "CANARY") || !strings.Contains(got, "the provider panicked") {
		t.Errorf("log: %s", got)
	}
}

// TestStoreOfErrandsThatFails is told once, until it has worked again.
func TestStoreOfErrandsThatFails(t *testing.T) {
	corp, d, log := newBank("corp"), &drawer{}, &logbook{}
	h := open(t, with(corp), d.use, log.use)
	for range 2 {
		d.jams.Store(true)
		h.LookForErrands()
		h.LookForErrands()
		d.jams.Store(false)
		h.LookForErrands()
	}
	if got := strings.Count(log.String(), "errands cannot be read"); got != 2 {
		t.Errorf("%d lines: %s", got, log)
	}
}

// TestWithoutAStoreOfErrands tokens are given back in one try, and [signet.New] says so.
func TestWithoutAStoreOfErrands(t *testing.T) {
	none := func(c *signet.Config) { c.Stores.Errands = nil }
	corp, log := newBank("corp"), &logbook{}
	h := open(t, with(corp), none, log.use)
	if !strings.Contains(log.String(), "no store for errands") {
		t.Errorf("log: %s", log)
	}
	unlinked(t, h, "corp")
	soon(t, "revoked", func() bool { _, taken := corp.counts(); return taken == 1 })
	corp.answers(errDial)
	unlinked(t, h, "corp")
	soon(t, "told", func() bool { return strings.Contains(log.String(), "tokens not revoked") })
	h.Close()
	corp.wants(t, 2, 1)
	if strings.Contains(log.String(), "CANARY") {
		t.Errorf("log: %s", log)
	}
	quiet := &logbook{}
	open(t, none, quiet.use)
	if strings.Contains(quiet.String(), "errands") {
		t.Errorf("nobody takes tokens back, but: %s", quiet)
	}
}
