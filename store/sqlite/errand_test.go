package sqlite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// TestErrandsOfOtherProcesses: what one process has put in the other finds, once; and what
// was put in survives them both.
func TestErrandsOfOtherProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	a, b := open(t, path), open(t, path)
	const errands = 60
	for i := range errands {
		ok(t, a.PutErrand(ctx, signet.Errand{ID: fmt.Sprint(i), Kind: "revoke", Sealed: []byte{1}, Due: noon, Until: noon.Add(time.Hour)}))
	}
	var mu sync.Mutex
	taken := map[string]int{}
	take := func(s *sqlite.Store) int {
		list, err := s.TakeErrands(ctx, noon, 5, time.Minute)
		if err != nil {
			t.Errorf("TakeErrands: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range list {
			taken[e.ID]++
		}
		return len(list)
	}
	within(t, time.Second, func() bool { return take(b) > 0 })
	var both sync.WaitGroup
	for i := range 16 {
		both.Go(func() { take([]*sqlite.Store{a, b}[i%2]) })
	}
	both.Wait()
	for id, n := range taken {
		if n != 1 {
			t.Errorf("errand %s was taken %d times", id, n)
		}
	}
	if len(taken) != errands {
		t.Errorf("%d errands taken of %d", len(taken), errands)
	}
	ok(t, b.Close())
	ok(t, a.DropErrand(ctx, "0"))
	ok(t, a.Close())
	list, err := open(t, path).TakeErrands(ctx, noon.Add(time.Minute), 1000, time.Minute)
	if err != nil || len(list) != errands-1 {
		t.Errorf("after all have gone: %d errands, %v", len(list), err)
	}
}

// TestErrandsNeedAMigration: a file of before there were errands is brought up to date, with
// all that it holds.
func TestErrandsNeedAMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
	ok(t, s.Close())
	shell(t, path, "DROP TABLE errands")
	shell(t, path, "PRAGMA user_version = 1")
	if pending, err := sqlite.Pending(ctx, path); err != nil || !slices.Contains(pending, "0002_errands") || slices.Contains(pending, "0001_start") {
		t.Fatalf("pending = %q, %v", pending, err)
	}
	s = open(t, path)
	ok(t, s.PutErrand(ctx, signet.Errand{ID: "a", Due: noon}))
	if list, err := s.TakeErrands(ctx, noon, 1, time.Minute); err != nil || len(list) != 1 {
		t.Errorf("errands = %+v, %v", list, err)
	}
	if _, err := s.Session(ctx, 1); err != nil {
		t.Errorf("what was there before: %v", err)
	}
}
