// Package storetest is the suite of tests that every store of Signet passes, ours and
// yours. It holds a store to each sentence of the interfaces in package signet, as far as
// that can be seen from outside: what is atomic, who wins a race, what a late call finds.
//
// It does not test that anything survives a restart; only the store knows how to stop.
package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Run runs the suite against stores that open makes. It is called once for each test and
// must return stores with nothing in them; they are used until that test ends, when
// t.Cleanup can close them. Members that are nil are left out, and so are methods that
// are optional and missing. Users, Accounts and Sessions must belong together, since
// ending one ends the others. Stores that share one process are enough; times are passed
// in and lie in the year 2031.
func Run(t *testing.T, open func(t *testing.T) signet.Stores) {
	has := open(t)
	for _, g := range []struct {
		name  string
		there bool
		cases []testCase
	}{
		{"users", has.Users != nil, userCases},
		{"list of users", is[signet.UserLister](has.Users), userListCases},
		{"accounts", has.Accounts != nil, accountCases},
		{"users with accounts", has.Users != nil && has.Accounts != nil, ownedAccountCases},
		{"sessions", has.Sessions != nil, sessionCases},
		{"list of sessions", is[signet.SessionLister](has.Sessions), sessionListCases},
		{"finding sessions", is[signet.SessionFinder](has.Sessions), sessionFinderCases},
		{"sweep of sessions", is[signet.SessionSweeper](has.Sessions), sessionSweepCases},
		{"users with sessions", has.Users != nil && has.Sessions != nil, ownedSessionCases},
		{"feed", has.Sessions != nil && feedOf(has) != nil, feedCases},
		{"feed of users", has.Users != nil && feedOf(has) != nil, userFeedCases},
		{"swept feed", is[signet.SessionSweeper](has.Sessions) && feedOf(has) != nil, sweptFeedCases},
		{"tickets", has.Tickets != nil, ticketCases(func(s signet.Stores) signet.TicketStore { return s.Tickets })},
		{"counters", has.Counters != nil, ticketCases(func(s signet.Stores) signet.TicketStore { return s.Counters })},
		{"errands", has.Errands != nil, errandCases},
	} {
		if !g.there {
			continue
		}
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, s signet.Stores)
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

// feedOf returns the feed of s, or nil.
func feedOf(s signet.Stores) signet.Feed {
	if f, ok := s.Sessions.(signet.Feed); ok {
		return f
	}
	f, _ := s.Users.(signet.Feed)
	return f
}

// minute is a moment of the tests. It has milliseconds, which a store must keep.
func minute(n int) time.Time {
	return time.Date(2031, 5, 6, 12, 0, 0, 123e6, time.UTC).Add(time.Duration(n) * time.Minute)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("error: %v", err)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: error = %v, want %v", what, err, want)
	}
}

// same compares moments as finely as a store has to keep them.
func same(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() && a.IsZero() == b.IsZero() }

// heard returns all that the feed keeps.
func heard(t *testing.T, s signet.Stores) []signet.Revocation {
	t.Helper()
	list, _, err := feedOf(s).Since(t.Context(), "")
	ok(t, err)
	return list
}

// told tells whether list has the end of a session at that moment.
func told(list []signet.Revocation, id signet.SessionID, at time.Time) bool {
	return slices.ContainsFunc(list, func(r signet.Revocation) bool { return r.Session == id && same(r.At, at) })
}

// toldUser returns the news about a user, and whether there is some dated at.
func toldUser(list []signet.Revocation, id string, at time.Time) (signet.Revocation, bool) {
	for _, r := range list {
		if r.Session == 0 && r.UserID == id && same(r.At, at) {
			return r, true
		}
	}
	return signet.Revocation{}, false
}

// together calls do n times at once, with numbers from 0, and waits for all.
func together(n int, do func(i int)) {
	start, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			<-start
			do(i)
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
}

// soon is a context for calls that must not block.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
