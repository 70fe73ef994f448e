package sqlite_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// TestSnapshotsOutliveOtherSessions: a look-up keeps its snapshot although other sessions
// change, and yet nobody sees anything old.
func TestSnapshotsOutliveOtherSessions(t *testing.T) {
	s := openTemp(t)
	for id := signet.SessionID(1); id <= 5; id++ {
		ok(t, s.CreateSession(ctx, testRow(id, "u"), 0))
	}
	see(t, s, 1, 1)
	start := time.Now()
	before := sqlite.Snapshot(s)
	for id := signet.SessionID(1); id <= 3; id++ {
		row, err := s.Session(ctx, id)
		ok(t, err)
		ok(t, s.UpdateSession(ctx, row))
		see(t, s, id, 2)
		see(t, s, 5, 1)
	}
	_, err := s.EndSessions(ctx, signet.Ending{ID: 4, At: noon})
	ok(t, err)
	see(t, s, 4, 0)
	see(t, s, 99, 0)
	ok(t, s.CreateSession(ctx, testRow(99, "u"), 5))
	see(t, s, 99, 1)
	see(t, s, 5, 0)
	if after := sqlite.Snapshot(s); after != before && time.Since(start) < sqlite.RecentLong {
		t.Errorf("snapshot %d was given up for %d", before, after)
	}
	// In the end it is, so that the log can be written back.
	within(t, 5*time.Second, func() bool { return sqlite.Snapshot(s) != before })
	see(t, s, 1, 2)
	see(t, s, 4, 0)
	see(t, s, 99, 1)
}

// see checks the version of a session, 0 for none, on every reader there is.
func see(t *testing.T, s *sqlite.Store, id signet.SessionID, version int64) {
	t.Helper()
	for range 8 {
		row, err := s.Session(ctx, id)
		if version == 0 && !errors.Is(err, signet.ErrNotFound) || version > 0 && (err != nil || row.Version != version) {
			t.Fatalf("session %d has version %d, %v; want %d", int64(id), row.Version, err, version)
		}
	}
}

// TestNothingIsStaleAfterOnesOwnCommit: whoever has changed a session sees that change at
// once, whatever others do meanwhile and however often snapshots are dropped.
func TestNothingIsStaleAfterOnesOwnCommit(t *testing.T) {
	s := openTemp(t)
	ok(t, sqlite.Sync(s, "off"))
	u, err := s.CreateUser(ctx, signet.User{ID: "other"}, nil)
	ok(t, err)
	var group sync.WaitGroup
	for id := signet.SessionID(1); id <= 8; id++ {
		ok(t, s.CreateSession(ctx, testRow(id, "u"), 0))
		group.Go(func() {
			for version := int64(1); version <= 100; version++ {
				row, err := s.Session(ctx, id)
				if err != nil || row.Version != version {
					t.Errorf("session %d has version %d, %v; want %d", int64(id), row.Version, err, version)
					return
				}
				if err := s.UpdateSession(ctx, row); err != nil {
					t.Error(err)
					return
				}
			}
			if _, err := s.EndSessions(ctx, signet.Ending{ID: id, At: noon}); err != nil {
				t.Error(err)
			}
			if _, err := s.Session(ctx, id); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("session %d has ended: %v", int64(id), err)
			}
		})
	}
	group.Go(func() {
		for range 50 {
			if u, err = s.UpdateUser(ctx, u); err != nil {
				t.Error(err)
			}
			if err := sqlite.Checkpoint(s); err != nil {
				t.Error(err)
			}
		}
	})
	group.Wait()
}

// TestManyEndAtOnce: more sessions change than are remembered one by one.
func TestManyEndAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, sqlite.Sync(s, "off"))
	const many = sqlite.RecentMost + 10
	shell(t, path, `WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10010)
		INSERT INTO sessions SELECT i, 1, 0, 0, 0, 0, i, x'', '', 'u', '', '', '', x'' FROM n`)
	within(t, 5*time.Second, func() bool { _, err := s.Session(ctx, many); return err == nil })
	for _, id := range []signet.SessionID{1, many / 2, many} {
		see(t, s, id, 1)
	}
	ended, err := s.EndSessions(ctx, signet.Ending{UserID: "u", At: noon})
	ok(t, err)
	if len(ended) != many {
		t.Fatalf("ended %d, want %d", len(ended), many)
	}
	for _, id := range []signet.SessionID{1, many / 2, many} {
		see(t, s, id, 0)
	}
}

// TestWhoHeardOfAnEndFindsNothing: news of another process may come with the first snapshot
// that has it, before anybody has looked whether there was a commit.
func TestWhoHeardOfAnEndFindsNothing(t *testing.T) {
	for name, about := range map[string]string{"a session": "1, '', 0", "a user": "0, 'u', 7"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signet.db")
			s := open(t, path)
			shell(t, path, `INSERT INTO sessions VALUES (1, 1, 0, 0, 0, 0, 9, x'', '', 'u', '', '', '', x'')`)
			see(t, s, 1, 1)
			shell(t, path, `DELETE FROM sessions`)
			shell(t, path, `INSERT INTO revocations (session, user_id, epoch, at) VALUES (`+about+`, 0)`)
			ok(t, s.CreateSession(ctx, testRow(2, "u"), 0)) // for a new snapshot
			list, _, err := s.Since(ctx, "")
			ok(t, err)
			if len(list) != 1 {
				t.Fatalf("news = %+v", list)
			}
			see(t, s, 1, 0)
		})
	}
}

// TestEndOfUserIsSeen: changes that name no session reach look-ups all the same.
func TestEndOfUserIsSeen(t *testing.T) {
	for name, end := range map[string]func(s *sqlite.Store, u signet.User) error{
		"disabled": func(s *sqlite.Store, u signet.User) error {
			u.Disabled = true
			_, err := s.UpdateUser(ctx, u)
			return err
		},
		"deleted": func(s *sqlite.Store, u signet.User) error { return s.DeleteUser(ctx, u.ID, noon) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signet.db")
			s := open(t, path)
			u, err := s.CreateUser(ctx, signet.User{ID: "u"}, nil)
			ok(t, err)
			// Not by us, or it would count as changed lately.
			shell(t, path, `INSERT INTO sessions VALUES (1, 1, 0, 0, 0, 0, 9, x'', '', 'u', '', '', '', x'')`)
			within(t, 5*time.Second, func() bool { _, err := s.Session(ctx, 1); return err == nil })
			see(t, s, 1, 1)
			ok(t, end(s, u))
			see(t, s, 1, 0)
		})
	}
}
