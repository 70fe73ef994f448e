package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestDiskFull is F-05 by SQLite's own limit: a full database refuses what needs room and
// nothing else, stores nothing by half, and works again as soon as there is room.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	u, err := s.CreateUser(ctx, signet.User{Email: "ada@example.com"}, nil)
	ok(t, err)
	ok(t, s.CreateSession(ctx, testRow(1, u.ID), 0))
	ok(t, sqlite.Pragma(s, "PRAGMA max_page_count = 30"))

	big := testRow(2, u.ID)
	big.Claims = make([]byte, 200_000)
	err = s.CreateSession(ctx, big, 1)
	if !errors.Is(err, sqlite.ErrFull) || !strings.HasPrefix(err.Error(), "sqlite: create session: disk full: ") {
		t.Fatalf("error = %v, want ErrFull", err)
	}
	// Neither the new session nor the end of the old one.
	if _, err := s.Session(ctx, 1); err != nil {
		t.Fatalf("the old session: %v", err)
	}
	if _, err := s.Session(ctx, 2); !errors.Is(err, signet.ErrNotFound) {
		t.Fatalf("the new session: %v", err)
	}
	if news, _, err := s.Since(ctx, ""); err != nil || len(news) != 0 {
		t.Fatalf("news = %+v, %v", news, err)
	}
	// What fits still works.
	ok(t, s.CreateSession(ctx, testRow(3, u.ID), 0))

	ok(t, sqlite.Pragma(s, "PRAGMA max_page_count = 1000000"))
	ok(t, s.CreateSession(ctx, big, 1))
	if _, err := s.Session(ctx, 1); !errors.Is(err, signet.ErrNotFound) {
		t.Fatalf("the old session: %v", err)
	}
	ok(t, s.Close())
	integrity(t, path)
}

func TestReadOnly(t *testing.T) {
	s := openTemp(t)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
	ok(t, sqlite.Pragma(s, "PRAGMA query_only = on"))
	if err := s.CreateSession(ctx, testRow(2, "u"), 0); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Fatalf("error = %v, want ErrReadOnly", err)
	}
	if _, err := s.Session(ctx, 1); err != nil {
		t.Fatalf("reading: %v", err)
	}
	if err := s.Healthy(ctx); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Fatalf("Healthy = %v, want ErrReadOnly", err)
	}
}

// lock holds the write lock of the file as another process would, until unlock.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	c, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	ok(t, err)
	ok(t, sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil))
	return func() {
		ok(t, sqlitex.ExecuteTransient(c, "ROLLBACK", nil))
		ok(t, c.Close())
	}
}

func TestLockedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
	unlock := lock(t, path)

	// The deadline of a request holds, although nothing can be written.
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := s.CreateSession(short, testRow(2, "u"), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error = %v, want the deadline", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Fatalf("took %v", took)
	}
	// Reading goes on.
	if _, err := s.Session(ctx, 1); err != nil {
		t.Fatal(err)
	}
	// A caller without a deadline waits for the lock, also behind one who gave up …
	done := make(chan error)
	go func() { done <- s.CreateSession(ctx, testRow(3, "u"), 0) }()
	select {
	case err := <-done:
		t.Fatalf("answered while another process has the lock: %v", err)
	case <-time.After(400 * time.Millisecond): // longer than one attempt
	}
	unlock()
	ok(t, <-done)
	// … and what was given up before it was begun is not stored later.
	if _, err := s.Session(ctx, 2); !errors.Is(err, signet.ErrNotFound) {
		t.Fatalf("session 2: %v", err)
	}
}

func TestLockedForTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, sqlite.SetLockWait(s, 10*time.Millisecond))
	defer lock(t, path)()
	if err := s.CreateSession(ctx, testRow(1, "u"), 0); !errors.Is(err, sqlite.ErrBusy) {
		t.Fatalf("error = %v, want ErrBusy", err)
	}
	if err := s.Healthy(ctx); !errors.Is(err, sqlite.ErrBusy) {
		t.Fatalf("Healthy = %v, want ErrBusy", err)
	}
}

// TestSlowDisk is F-06: while a commit hangs, deadlines hold, reading goes on, and the queue
// has an end. What was given up before it was begun is not stored later.
func TestSlowDisk(t *testing.T) {
	s := openTemp(t)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
	release := sqlite.Hang(s)
	patient, giveUp := context.WithCancel(ctx)
	var group sync.WaitGroup
	for id := signet.SessionID(2); id < sqlite.Queued+50; id++ {
		group.Go(func() {
			if err := s.CreateSession(patient, testRow(id, "u"), 0); !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want Canceled", err)
			}
		})
	}
	within(t, 10*time.Second, func() bool { return sqlite.Waiting(s) == sqlite.Queued })
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	err := s.CreateSession(short, testRow(5000, "u"), 0)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "too many changes waiting") {
		t.Errorf("error = %v, want the deadline", err)
	}
	if _, err := s.Session(ctx, 1); err != nil {
		t.Errorf("reading: %v", err)
	}
	giveUp()
	group.Wait()
	release()
	ok(t, s.Healthy(ctx)) // behind all that was queued
	list, err := s.SessionsOf(ctx, "u")
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("%d sessions were stored although their callers were told that they were not", len(list)-1)
	}
}

// queue hands changes to the writer while it hangs, in their order, and returns where
// their answers come.
func queue(t *testing.T, s *sqlite.Store, changes ...func() error) (answers []chan error) {
	t.Helper()
	release := sqlite.Hang(s)
	defer release()
	for i, do := range changes {
		answer := make(chan error, 1)
		answers = append(answers, answer)
		go func() { answer <- do() }()
		within(t, 5*time.Second, func() bool { return sqlite.Waiting(s) == i+1 })
	}
	return answers
}

// TestBatch: of changes that share a commit, one that fails takes nothing along.
func TestBatch(t *testing.T) {
	s := openTemp(t)
	for id := signet.SessionID(1); id <= 3; id++ {
		ok(t, s.CreateSession(ctx, testRow(id, "u"), 0))
	}
	answers := queue(t, s,
		func() error { return s.CreateSession(ctx, testRow(10, "u"), 1) },
		func() error { return s.CreateSession(ctx, testRow(3, "u"), 2) },
		func() error { return s.UpdateSession(ctx, testRow(3, "u")) },
		func() error { return s.CreateSession(ctx, testRow(11, "u"), 0) },
	)
	for i, want := range []error{nil, signet.ErrTaken, signet.ErrStale, nil} {
		if err := <-answers[i]; !errors.Is(err, want) {
			t.Errorf("change %d: error = %v, want %v", i, err, want)
		}
	}
	for id, want := range map[signet.SessionID]bool{1: false, 2: true, 3: true, 10: true, 11: true} {
		if _, err := s.Session(ctx, id); (err == nil) != want {
			t.Errorf("session %d: %v", int64(id), err)
		}
	}
	if news, _, err := s.Since(ctx, ""); err != nil || len(news) != 1 || news[0].Session != 1 {
		t.Errorf("news = %+v, %v", news, err)
	}
}

// TestPanicInBatch: a panic while writing ends that batch and not the process.
func TestPanicInBatch(t *testing.T) {
	s := openTemp(t)
	answers := queue(t, s,
		func() error { return s.CreateSession(ctx, testRow(1, "u"), 0) },
		func() error { return sqlite.Panic(s) },
		func() error { return s.CreateSession(ctx, testRow(2, "u"), 0) },
	)
	for i, want := range []bool{false, false, true} {
		err := <-answers[i]
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "panic") {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if _, err := s.Session(ctx, 1); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("session of the broken batch: %v", err)
	}
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
}

// TestLogStaysSmall: the log is written back and begins anew although somebody always reads.
func TestLogStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, sqlite.Sync(s, "off"))
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = s.Session(ctx, -1)
				}
			}
		})
	}
	const sessions, claims = 1500, 20_000 // more than 36 MB of pages
	for worker := range 30 {
		writers.Go(func() {
			for n := range sessions / 30 {
				row := testRow(signet.SessionID(1+worker*sessions+n), "u")
				row.Claims = make([]byte, claims)
				if err := s.CreateSession(ctx, row, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	info, err := os.Stat(path + "-wal")
	ok(t, err)
	if info.Size() > 16<<20 {
		t.Fatalf("log has %d bytes", info.Size())
	}
	ok(t, s.Close())
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("log is left behind")
	}
	integrity(t, path)
}

func TestClose(t *testing.T) {
	s := openTemp(t)
	_, cursor, err := s.Since(ctx, "")
	ok(t, err)
	following := make(chan error)
	go func() {
		_, _, err := s.Since(ctx, cursor)
		following <- err
	}()
	answers := queue(t, s, func() error { return s.CreateSession(ctx, testRow(1, "u"), 0) })
	ok(t, s.Close())
	ok(t, <-answers[0])
	ok(t, s.Close())
	if err := <-following; !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("Since = %v", err)
	}
	for what, do := range everyCall(s) {
		if err := do(ctx); !errors.Is(err, sqlite.ErrClosed) {
			t.Errorf("%s = %v, want ErrClosed", what, err)
		}
	}
}

// everyCall is each method once.
func everyCall(s *sqlite.Store) map[string]func(context.Context) error {
	return map[string]func(ctx context.Context) error{
		"User":            func(ctx context.Context) error { _, err := s.User(ctx, signet.By{ID: "u"}); return err },
		"Users":           func(ctx context.Context) error { _, err := s.Users(ctx, "", 9); return err },
		"CreateUser":      func(ctx context.Context) error { _, err := s.CreateUser(ctx, signet.User{}, nil); return err },
		"UpdateUser":      func(ctx context.Context) error { _, err := s.UpdateUser(ctx, signet.User{}); return err },
		"DeleteUser":      func(ctx context.Context) error { return s.DeleteUser(ctx, "u", noon) },
		"Account":         func(ctx context.Context) error { _, err := s.Account(ctx, "p", "s"); return err },
		"AccountsOf":      func(ctx context.Context) error { _, err := s.AccountsOf(ctx, "u"); return err },
		"SaveAccount":     func(ctx context.Context) error { _, err := s.SaveAccount(ctx, signet.Account{}); return err },
		"DeleteAccount":   func(ctx context.Context) error { return s.DeleteAccount(ctx, "p", "s") },
		"CreateSession":   func(ctx context.Context) error { return s.CreateSession(ctx, testRow(1, "u"), 0) },
		"Session":         func(ctx context.Context) error { _, err := s.Session(ctx, 1); return err },
		"UpdateSession":   func(ctx context.Context) error { return s.UpdateSession(ctx, testRow(1, "u")) },
		"EndSessions":     func(ctx context.Context) error { _, err := s.EndSessions(ctx, signet.Ending{ID: 1}); return err },
		"SessionByHandle": func(ctx context.Context) error { _, err := s.SessionByHandle(ctx, "h"); return err },
		"AllSessions":     func(ctx context.Context) error { _, err := s.AllSessions(ctx, 0, 9); return err },
		"SessionsOf":      func(ctx context.Context) error { _, err := s.SessionsOf(ctx, "u"); return err },
		"SweepSessions":   func(ctx context.Context) error { _, err := s.SweepSessions(ctx, noon, noon); return err },
		"Since":           func(ctx context.Context) error { _, _, err := s.Since(ctx, ""); return err },
		"Issue":           func(ctx context.Context) error { return s.Issue(ctx, "k", signet.Ticket{}) },
		"Consume":         func(ctx context.Context) error { _, err := s.Consume(ctx, "k", signet.Use{}); return err },
		"look":            func(ctx context.Context) error { _, err := s.Consume(ctx, "k", signet.Use{Look: true}); return err },
		"Sweep":           func(ctx context.Context) error { _, err := s.Sweep(ctx, noon); return err },
		"Healthy":         s.Healthy,
	}
}

func TestContextThatHasEnded(t *testing.T) {
	s := openTemp(t)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for what, do := range everyCall(s) {
		if err := do(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want Canceled", what, err)
		}
	}
	if _, err := s.Session(ctx, 1); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("something was stored: %v", err)
	}
}
