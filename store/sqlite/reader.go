package sqlite

import (
	"context"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// A reader is a connection that reads. Whoever has taken it out of Store.readers owns it.
type reader struct {
	path    string
	conn    *sqlite.Conn // nil until it is first needed: a program starts faster with one file open
	session *sqlite.Stmt

	holds   bool   // has a transaction open, and with it a snapshot
	commits uint64 // Store.commits when the snapshot was taken, or before
}

// readWait is how long a look-up waits for a lock. Others hold one that concerns readers
// only for moments: when a file is recovered after a crash, or closed.
const readWait = time.Second

// take waits for a reader.
func (s *Store) take(ctx context.Context, what string) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, explain(what, err)
	}
	select {
	case <-s.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case r := <-s.readers:
		return r, nil
	default:
	}
	select {
	case r := <-s.readers:
		return r, nil
	case <-ctx.Done():
		return nil, explain(what, ctx.Err())
	case <-s.closing:
		return nil, ErrClosed
	}
}

// giveBack returns a reader after a call that ended with err. After a failure its snapshot
// is not trusted any more.
func (s *Store) giveBack(r *reader, err error) {
	if err != nil && !isAnswer(err) {
		r.release()
	}
	s.readers <- r
}

// read calls do with a connection whose snapshot has everything that was committed by us
// before, and by other processes up to a moment ago.
func (s *Store) read(ctx context.Context, what string, do func(*sqlite.Conn) error) error {
	r, err := s.take(ctx, what)
	if err != nil {
		return err
	}
	if err = r.renew(s.commits.Load()); err == nil {
		err = do(r.conn)
	}
	s.giveBack(r, err)
	return explain(what, err)
}

// find calls row for the row that query finds; signet.ErrNotFound when there is none.
func (s *Store) find(ctx context.Context, what string, row func(*sqlite.Stmt), query string, args ...any) error {
	return s.read(ctx, what, func(c *sqlite.Conn) error {
		found, err := one(c, row, query, args...)
		if err == nil && !found {
			return signet.ErrNotFound
		}
		return err
	})
}

// renew makes sure that the snapshot is not older than commits.
func (r *reader) renew(commits uint64) error {
	if r.holds && r.commits == commits {
		return nil
	}
	r.release()
	if r.conn == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	// SQLite takes the snapshot with the first SELECT behind it, so it has at least
	// those commits.
	if _, err := exec(r.conn, "BEGIN"); err != nil {
		return err
	}
	r.holds, r.commits = true, commits
	return nil
}

func (r *reader) open() error {
	c, err := dial(r.path)
	if err != nil {
		return err
	}
	for _, pragma := range []string{
		"PRAGMA query_only = on",
		mapped,
		// Pages of the file are read in place; only those in the log need room.
		"PRAGMA cache_size = -512",
	} {
		if err := transient(c, pragma, nil); err != nil {
			c.Close()
			return err
		}
	}
	c.SetBusyTimeout(readWait)
	r.conn = c
	return nil
}

// release drops the snapshot.
func (r *reader) release() {
	if !r.holds {
		return
	}
	r.holds = false
	if _, err := exec(r.conn, "ROLLBACK"); err != nil {
		// Better a new connection than a snapshot that never moves.
		_ = r.close()
	}
}

func (r *reader) close() error {
	if r.conn == nil {
		return nil
	}
	err := r.conn.Close()
	r.conn, r.session, r.holds = nil, nil, false
	return err
}

// releaseIdle makes readers that nobody uses let go of snapshots that are out of date.
// They would keep the log from being written back.
func (s *Store) releaseIdle() {
	commits := s.commits.Load()
	for range cap(s.readers) {
		select {
		case r := <-s.readers:
			if r.commits != commits {
				r.release()
			}
			s.readers <- r
		default:
			return
		}
	}
}

// releaseAll makes every reader let go of its snapshot. It waits for look-ups that are
// under way, which take microseconds.
func (s *Store) releaseAll() {
	var all []*reader
	for range cap(s.readers) {
		r := <-s.readers
		r.release()
		all = append(all, r)
	}
	for _, r := range all {
		s.readers <- r
	}
}
