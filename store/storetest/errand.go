package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// errand is one that is due at the minute given, and given up an hour later.
func errand(id string, due int) signet.Errand {
	return signet.Errand{ID: id, Kind: "revoke", Sealed: []byte("sealed\x00\xff" + id), Tries: 2, Due: minute(due), Until: minute(due + 60)}
}

// take takes up to limit errands, for five minutes, and gives their IDs in order.
func take(t *testing.T, s signet.Stores, at, limit int) []string {
	t.Helper()
	list, err := s.Errands.TakeErrands(t.Context(), minute(at), limit, 5*time.Minute)
	ok(t, err)
	var ids []string
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

func wantTaken(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("taken: %q, want %q", got, want)
	}
}

var errandCases = []testCase{
	{"an errand is kept with every field", func(t *testing.T, s signet.Stores) {
		want := errand("a", 1)
		ok(t, s.Errands.PutErrand(t.Context(), want))
		list, err := s.Errands.TakeErrands(t.Context(), minute(1), 10, 5*time.Minute)
		ok(t, err)
		if len(list) != 1 {
			t.Fatalf("%d errands", len(list))
		}
		got := list[0]
		if got.ID != want.ID || got.Kind != want.Kind || !bytes.Equal(got.Sealed, want.Sealed) || got.Tries != want.Tries || !same(got.Due, minute(6)) || !same(got.Until, want.Until) {
			t.Fatalf("errand = %+v, put in %+v, taken for five minutes", got, want)
		}
	}},
	{"an errand is due from the moment it says, to the millisecond", func(t *testing.T, s signet.Stores) {
		ok(t, s.Errands.PutErrand(t.Context(), errand("a", 1)))
		list, err := s.Errands.TakeErrands(t.Context(), minute(1).Add(-time.Millisecond), 10, time.Minute)
		ok(t, err)
		if len(list) != 0 {
			t.Fatalf("taken too soon: %+v", list)
		}
		wantTaken(t, take(t, s, 1, 10), "a")
	}},
	{"an errand that was taken is out of sight until the hold is over", func(t *testing.T, s signet.Stores) {
		ok(t, s.Errands.PutErrand(t.Context(), errand("a", 1)))
		wantTaken(t, take(t, s, 2, 10), "a")
		wantTaken(t, take(t, s, 2, 10))
		wantTaken(t, take(t, s, 6, 10))
		wantTaken(t, take(t, s, 7, 10), "a")
	}},
	{"an errand is still there after the moment to give up", func(t *testing.T, s signet.Stores) {
		ok(t, s.Errands.PutErrand(t.Context(), errand("a", 1)))
		wantTaken(t, take(t, s, 1000, 10), "a")
	}},
	{"an errand takes the place of the one of its ID", func(t *testing.T, s signet.Stores) {
		ok(t, s.Errands.PutErrand(t.Context(), errand("a", 1)))
		later := errand("a", 3)
		later.Tries, later.Sealed = 3, []byte("anew")
		ok(t, s.Errands.PutErrand(t.Context(), later))
		wantTaken(t, take(t, s, 2, 10))
		list, err := s.Errands.TakeErrands(t.Context(), minute(3), 10, time.Minute)
		ok(t, err)
		if len(list) != 1 || list[0].Tries != 3 || string(list[0].Sealed) != "anew" {
			t.Fatalf("errands = %+v", list)
		}
	}},
	{"an errand that is dropped is gone, and nothing else", func(t *testing.T, s signet.Stores) {
		ok(t, s.Errands.PutErrand(t.Context(), errand("a", 1)))
		ok(t, s.Errands.PutErrand(t.Context(), errand("b", 1)))
		ok(t, s.Errands.DropErrand(t.Context(), "a"))
		ok(t, s.Errands.DropErrand(t.Context(), "a"))
		ok(t, s.Errands.DropErrand(t.Context(), "never there"))
		wantTaken(t, take(t, s, 1, 10), "b")
	}},
	{"errands that are due longest come first, and no more than asked for", func(t *testing.T, s signet.Stores) {
		for i, id := range []string{"d", "b", "a", "c", "e"} {
			ok(t, s.Errands.PutErrand(t.Context(), errand(id, []int{4, 2, 1, 3, 9}[i])))
		}
		wantTaken(t, take(t, s, 5, 0))
		wantTaken(t, take(t, s, 5, -1))
		wantTaken(t, take(t, s, 5, 2), "a", "b")
		wantTaken(t, take(t, s, 5, 2), "c", "d")
		wantTaken(t, take(t, s, 5, 2))
	}},
	{"what the caller does to the bytes of an errand changes nothing", func(t *testing.T, s signet.Stores) {
		e := errand("a", 1)
		ok(t, s.Errands.PutErrand(t.Context(), e))
		clear(e.Sealed)
		for at := range 3 {
			list, err := s.Errands.TakeErrands(t.Context(), minute(10*at+1), 10, time.Minute)
			ok(t, err)
			if len(list) != 1 || !bytes.Equal(list[0].Sealed, errand("a", 1).Sealed) {
				t.Fatalf("errands = %+v", list)
			}
			clear(list[0].Sealed)
		}
	}},
	{"of 40 parallel takers each errand has one", func(t *testing.T, s signet.Stores) {
		const errands = 100
		for i := range errands {
			ok(t, s.Errands.PutErrand(t.Context(), errand(fmt.Sprint(i), 1)))
		}
		var mu sync.Mutex
		taken := map[string]int{}
		together(40, func(int) {
			list, err := s.Errands.TakeErrands(t.Context(), minute(1), 5, time.Minute)
			if err != nil {
				t.Errorf("TakeErrands: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, e := range list {
				taken[e.ID]++
			}
		})
		for id, n := range taken {
			if n != 1 {
				t.Errorf("errand %s was taken %d times", id, n)
			}
		}
		if len(taken) != errands {
			t.Errorf("%d errands taken of %d", len(taken), errands)
		}
	}},
}
