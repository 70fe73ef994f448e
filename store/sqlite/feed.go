package sqlite

import (
	"context"
	"strconv"
	"sync"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// news wakes those who wait for revocations.
type news struct {
	mu      sync.Mutex
	changed chan struct{} // closed when there may be some
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *news) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

// Since implements [signet.Feed]. A cursor that this file did not make counts as the
// beginning: better to hear it all again than to miss something. It returns everything
// there is at once.
func (s *Store) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	number, ok := parseCursor(cursor)
	for {
		changed := s.news.wait() // before looking: what comes in between must wake us
		last, list, err := s.revocations(ctx, number)
		if err != nil {
			return nil, cursor, err
		}
		if number > last {
			// Of another file, perhaps a backup has been put back.
			number, ok = 0, false
			continue
		}
		if len(list) > 0 || !ok {
			s.heard(list)
			return list, strconv.FormatInt(last, 10), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, cursor, ctx.Err()
		case <-s.closing:
			return nil, cursor, ErrClosed
		}
	}
}

// heard makes sure that who has heard of an end finds nothing older afterwards: another
// process's commit may be in one snapshot and not yet in others.
func (s *Store) heard(list []signet.Revocation) {
	s.commits.Add(1)
	var ids []signet.SessionID
	for _, r := range list {
		if r.Session == 0 {
			s.recent.all()
			return
		}
		ids = append(ids, r.Session)
	}
	s.recent.add(ids...)
}

// revocations returns those behind number, and the last number there ever was. Numbers are
// given out in the order of commits, so a follower skips nothing.
func (s *Store) revocations(ctx context.Context, number int64) (last int64, list []signet.Revocation, err error) {
	err = s.read(ctx, "read revocations", func(c *sqlite.Conn) error {
		_, err := one(c, func(stmt *sqlite.Stmt) { last = stmt.ColumnInt64(0) },
			"SELECT seq FROM sqlite_sequence WHERE name = 'revocations'")
		if err != nil || last <= number {
			return err
		}
		return each(c, func(stmt *sqlite.Stmt) { list = append(list, revocationAt(stmt)) },
			"SELECT session, user_id, epoch, at FROM revocations WHERE number > ?1 ORDER BY number", number)
	})
	return last, list, err
}

func revocationAt(stmt *sqlite.Stmt) signet.Revocation {
	return signet.Revocation{
		Session: signet.SessionID(stmt.ColumnInt64(0)),
		UserID:  stmt.ColumnText(1),
		Epoch:   stmt.ColumnInt64(2),
		At:      moment(stmt.ColumnInt64(3)),
	}
}

// parseCursor reads what Since wrote: the number of a revocation.
func parseCursor(cursor string) (int64, bool) {
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != cursor {
		return 0, false
	}
	return n, true
}
