package storetest

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

func isErr(err, want error) bool { return errors.Is(err, want) }

// consume takes a use that must be there, and returns what is left.
func consume(t *testing.T, s signet.TicketStore, key string, u signet.Use, left int) signet.Taken {
	t.Helper()
	taken, err := s.Consume(t.Context(), key, u)
	ok(t, err)
	if taken.Left != left {
		t.Fatalf("left = %d, want %d", taken.Left, left)
	}
	return taken
}

func notConsumed(t *testing.T, s signet.TicketStore, key string, u signet.Use, want error) signet.Taken {
	t.Helper()
	taken, err := s.Consume(t.Context(), key, u)
	wantErr(t, "Consume", err, want)
	return taken
}

func sameTaken(t *testing.T, got signet.Taken, value string, expires time.Time, after string) {
	t.Helper()
	if string(got.Value) != value || !same(got.Expires, expires) || string(got.After) != after {
		t.Fatalf("taken = %+v, want value %q, expires %v, after %q", got, value, expires, after)
	}
}

// ticketCases are the same for tickets and counters.
func ticketCases(of func(signet.Stores) signet.TicketStore) []testCase {
	cases := make([]testCase, len(ticketTests))
	for i, c := range ticketTests {
		cases[i] = testCase{c.name, func(t *testing.T, s signet.Stores) { c.run(t, of(s)) }}
	}
	return cases
}

var ticketTests = []struct {
	name string
	run  func(t *testing.T, s signet.TicketStore)
}{
	{"a ticket is used once and then spent", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v\x00\xff"), Uses: 1, Expires: minute(10)}))
		notConsumed(t, s, "other", signet.Use{Now: minute(0)}, signet.ErrNotFound)
		taken := consume(t, s, "k", signet.Use{Now: minute(1), After: []byte("a\x00b")}, 0)
		sameTaken(t, taken, "v\x00\xff", minute(10), "")
		for range 3 {
			taken = notConsumed(t, s, "k", signet.Use{Now: minute(2), After: []byte("late")}, signet.ErrSpent)
			sameTaken(t, taken, "v\x00\xff", minute(10), "a\x00b")
			if taken.Left != 0 {
				t.Fatalf("left = %d", taken.Left)
			}
		}
	}},
	{"a ticket with several uses counts them down", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 3, Expires: minute(10)}))
		for left := 2; left >= 0; left-- {
			taken := consume(t, s, "k", signet.Use{Now: minute(1), After: []byte{byte('0' + left)}}, left)
			sameTaken(t, taken, "v", minute(10), "")
		}
		// Only the last one leaves something.
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(1)}, signet.ErrSpent), "v", minute(10), "0")
	}},
	{"a ticket ends at the moment it expires", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Uses: 5, Expires: minute(10)}))
		consume(t, s, "k", signet.Use{Now: minute(10).Add(-time.Millisecond)}, 4)
		notConsumed(t, s, "k", signet.Use{Now: minute(10)}, signet.ErrNotFound)
		notConsumed(t, s, "k", signet.Use{Now: minute(11)}, signet.ErrNotFound)
	}},
	{"a fresh ticket takes the place of none", func(t *testing.T, s signet.TicketStore) {
		fresh := &signet.Ticket{Value: []byte("v"), Uses: 2, Expires: minute(10)}
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(0), Fresh: fresh}, 1), "v", minute(10), "")
		// The one that is there stays.
		other := &signet.Ticket{Value: []byte("w"), Uses: 9, Expires: minute(20)}
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(1), Fresh: other, After: []byte("a")}, 0), "v", minute(10), "")
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(2), Fresh: other}, signet.ErrSpent), "v", minute(10), "a")
	}},
	{"a fresh ticket takes the place of an expired one", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 2, Expires: minute(10)}))
		fresh := &signet.Ticket{Value: []byte("w"), Uses: 5, Expires: minute(20)}
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(10), Fresh: fresh}, 4), "w", minute(20), "")
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(11)}, 3), "w", minute(20), "")
	}},
	{"a fresh ticket takes the place of a spent one once that is forgotten", func(t *testing.T, s signet.TicketStore) {
		fresh := func(expires int) *signet.Ticket { return &signet.Ticket{Uses: 1, Expires: minute(expires)} }
		consume(t, s, "k", signet.Use{Now: minute(0), Fresh: fresh(10), After: []byte("a")}, 0)
		notConsumed(t, s, "k", signet.Use{Now: minute(10).Add(-time.Millisecond), Fresh: fresh(20)}, signet.ErrSpent)
		consume(t, s, "k", signet.Use{Now: minute(10), Fresh: fresh(20)}, 0)
		// What the winner before has left is gone with it.
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(11)}, signet.ErrSpent), "", minute(20), "")
	}},
	{"a spent ticket is remembered until the later of two moments", func(t *testing.T, s signet.TicketStore) {
		for _, c := range []struct {
			name           string
			expires, until int
		}{{"expires later", 10, 5}, {"until later", 5, 10}} {
			ok(t, s.Issue(t.Context(), c.name, signet.Ticket{Uses: 1, Expires: minute(c.expires)}))
			consume(t, s, c.name, signet.Use{Now: minute(1), After: []byte("a"), Until: minute(c.until)}, 0)
			for _, now := range []time.Time{minute(4), minute(6), minute(10).Add(-time.Millisecond)} {
				taken := notConsumed(t, s, c.name, signet.Use{Now: now}, signet.ErrSpent)
				sameTaken(t, taken, "", minute(c.expires), "a")
			}
			notConsumed(t, s, c.name, signet.Use{Now: minute(10)}, signet.ErrNotFound)
		}
	}},
	{"a ticket that is not spent is not remembered any longer", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Uses: 2, Expires: minute(5)}))
		consume(t, s, "k", signet.Use{Now: minute(1), Until: minute(10)}, 1)
		notConsumed(t, s, "k", signet.Use{Now: minute(5)}, signet.ErrNotFound)
	}},
	{"looking takes nothing", func(t *testing.T, s signet.TicketStore) {
		notConsumed(t, s, "k", signet.Use{Now: minute(0), Look: true}, signet.ErrNotFound)
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 1, Expires: minute(10)}))
		for range 3 {
			taken := consume(t, s, "k", signet.Use{Now: minute(1), Look: true, After: []byte("no")}, 1)
			sameTaken(t, taken, "v", minute(10), "")
		}
		notConsumed(t, s, "k", signet.Use{Now: minute(10), Look: true}, signet.ErrNotFound)
		consume(t, s, "k", signet.Use{Now: minute(2), After: []byte("a"), Until: minute(20)}, 0)
		for _, now := range []time.Time{minute(3), minute(19)} {
			sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: now, Look: true}, signet.ErrSpent), "v", minute(10), "a")
		}
		notConsumed(t, s, "k", signet.Use{Now: minute(20), Look: true}, signet.ErrNotFound)
	}},
	{"looking with a fresh ticket puts it in place", func(t *testing.T, s signet.TicketStore) {
		fresh := &signet.Ticket{Value: []byte("v"), Uses: 2, Expires: minute(10)}
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(0), Fresh: fresh, Look: true}, 2), "v", minute(10), "")
		consume(t, s, "k", signet.Use{Now: minute(0)}, 1)
	}},
	{"giving a use back", func(t *testing.T, s signet.TicketStore) {
		notConsumed(t, s, "k", signet.Use{Now: minute(0), Back: true}, signet.ErrNotFound)
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 1, Expires: minute(10)}))
		consume(t, s, "k", signet.Use{Now: minute(1)}, 0)
		notConsumed(t, s, "k", signet.Use{Now: minute(1)}, signet.ErrSpent)
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(2), Back: true}, 1), "v", minute(10), "")
		consume(t, s, "k", signet.Use{Now: minute(3)}, 0)
		notConsumed(t, s, "k", signet.Use{Now: minute(10), Back: true}, signet.ErrNotFound)
		fresh := &signet.Ticket{Uses: 1, Expires: minute(30)}
		notConsumed(t, s, "k", signet.Use{Now: minute(20), Back: true, Fresh: fresh}, signet.ErrNotFound)
	}},
	{"issuing replaces whatever is there", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 1, Expires: minute(10)}))
		consume(t, s, "k", signet.Use{Now: minute(1), After: []byte("a"), Until: minute(30)}, 0)
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("w"), Uses: 2, Expires: minute(20)}))
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(2)}, 1), "w", minute(20), "")
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("x"), Uses: 1, Expires: minute(15)}))
		consume(t, s, "k", signet.Use{Now: minute(3)}, 0)
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(4)}, signet.ErrSpent), "x", minute(15), "")
	}},
	{"a ticket without uses is spent from the start", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Expires: minute(10)}))
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(1)}, signet.ErrSpent), "v", minute(10), "")
	}},
	{"of 500 parallel uses of one ticket one wins, and the others hear of it", func(t *testing.T, s signet.TicketStore) {
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: []byte("v"), Uses: 1, Expires: minute(10)}))
		race(t, s, signet.Use{Now: minute(1), Until: minute(20)}, 1)
	}},
	{"of 500 parallel uses of a fresh ticket one wins, and the others hear of it", func(t *testing.T, s signet.TicketStore) {
		race(t, s, signet.Use{Now: minute(1), Fresh: &signet.Ticket{Value: []byte("v"), Uses: 1, Expires: minute(10)}}, 1)
	}},
	{"of 500 parallel uses as many succeed as there are", func(t *testing.T, s signet.TicketStore) {
		race(t, s, signet.Use{Now: minute(1), Fresh: &signet.Ticket{Value: []byte("v"), Uses: 17, Expires: minute(10)}}, 17)
	}},
	{"a sweep forgets what is over, and nothing else", func(t *testing.T, s signet.TicketStore) {
		for key, expires := range map[string]int{"a": 1, "b": 2, "c": 3} {
			ok(t, s.Issue(t.Context(), key, signet.Ticket{Uses: 1, Expires: minute(expires)}))
		}
		ok(t, s.Issue(t.Context(), "spent", signet.Ticket{Uses: 1, Expires: minute(1)}))
		consume(t, s, "spent", signet.Use{Now: minute(0), After: []byte("a"), Until: minute(3)}, 0)
		n, err := s.Sweep(t.Context(), minute(2))
		ok(t, err)
		if n != 1 {
			t.Fatalf("forgot %d, want 1", n)
		}
		notConsumed(t, s, "a", signet.Use{Now: minute(0)}, signet.ErrNotFound)
		consume(t, s, "b", signet.Use{Now: minute(0)}, 0)
		consume(t, s, "c", signet.Use{Now: minute(0)}, 0)
		notConsumed(t, s, "spent", signet.Use{Now: minute(0)}, signet.ErrSpent)
		n, err = s.Sweep(t.Context(), minute(99))
		ok(t, err)
		if n != 3 {
			t.Fatalf("forgot %d, want 3", n)
		}
		notConsumed(t, s, "c", signet.Use{Now: minute(0)}, signet.ErrNotFound)
	}},
	{"what the caller does to its bytes changes nothing", func(t *testing.T, s signet.TicketStore) {
		value, fresh, after := []byte("v"), []byte("f"), []byte("a")
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: value, Uses: 2, Expires: minute(10)}))
		consume(t, s, "f", signet.Use{Now: minute(0), Fresh: &signet.Ticket{Value: fresh, Uses: 1, Expires: minute(10)}}, 0)
		value[0], fresh[0] = 'x', 'x'
		sameTaken(t, notConsumed(t, s, "f", signet.Use{Now: minute(0)}, signet.ErrSpent), "f", minute(10), "")
		taken := consume(t, s, "k", signet.Use{Now: minute(0)}, 1)
		sameTaken(t, taken, "v", minute(10), "")
		taken.Value[0] = 'y'
		sameTaken(t, consume(t, s, "k", signet.Use{Now: minute(0), After: after}, 0), "v", minute(10), "")
		after[0] = 'x'
		taken = notConsumed(t, s, "k", signet.Use{Now: minute(0)}, signet.ErrSpent)
		sameTaken(t, taken, "v", minute(10), "a")
		taken.Value[0], taken.After[0] = 'z', 'z'
		sameTaken(t, notConsumed(t, s, "k", signet.Use{Now: minute(0)}, signet.ErrSpent), "v", minute(10), "a")
	}},
	{"large values are kept", func(t *testing.T, s signet.TicketStore) {
		large := bytes.Repeat([]byte("0123456789abcde\x00"), 1<<14)
		ok(t, s.Issue(t.Context(), "k", signet.Ticket{Value: large, Uses: 1, Expires: minute(10)}))
		consume(t, s, "k", signet.Use{Now: minute(0), After: large}, 0)
		taken := notConsumed(t, s, "k", signet.Use{Now: minute(0)}, signet.ErrSpent)
		if !bytes.Equal(taken.Value, large) || !bytes.Equal(taken.After, large) {
			t.Fatal("value or after came back changed")
		}
	}},
}

// race uses the key "k" 500 times at once. As many must win as there are uses, each with
// another number left; all others must hear what the last winner left.
func race(t *testing.T, s signet.TicketStore, u signet.Use, uses int) {
	t.Helper()
	const callers = 500
	var mu sync.Mutex
	left, last := map[int]bool{}, ""
	heard := map[string]int{}
	var won, spent atomic.Int32
	together(callers, func(i int) {
		mine := u
		mine.After = []byte{byte(i >> 8), byte(i)}
		taken, err := s.Consume(soon(t), "k", mine)
		count(t, err, &won, signet.ErrSpent, &spent)
		mu.Lock()
		defer mu.Unlock()
		if string(taken.Value) != "v" || !same(taken.Expires, minute(10)) {
			t.Errorf("taken = %+v", taken)
		}
		if err != nil {
			heard[string(taken.After)]++
			return
		}
		left[taken.Left] = true
		if taken.Left == 0 {
			last = string(mine.After)
		}
	})
	if int(won.Load()) != uses || len(left) != uses {
		t.Fatalf("%d won with %d different numbers left, want %d", won.Load(), len(left), uses)
	}
	if int(spent.Load()) != callers-uses || heard[last] != callers-uses {
		t.Fatalf("%d of %d losers heard of the last winner", heard[last], spent.Load())
	}
}
