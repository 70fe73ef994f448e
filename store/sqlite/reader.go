package sqlite

import (
	"context"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// A reader is a connection that reads. Whoever has taken it out of its pool owns it.
type reader struct {
	path    string
	mapped  bool         // reads the file in place
	conn    *sqlite.Conn // nil until it is first needed: a program starts faster with one file open
	session *sqlite.Stmt

	holds  bool   // has a transaction open, and with it a snapshot
	number uint64 // of the snapshot: what it has at least
}

// A pool is the readers that nobody uses at the moment. Those that have a connection come
// first: a program that starts opens no more than it needs.
type pool struct{ warm, cold chan *reader }

func newPool(n int, path string, mapped bool) pool {
	p := pool{make(chan *reader, n), make(chan *reader, n)}
	for range n {
		p.put(&reader{path: path, mapped: mapped})
	}
	return p
}

func (p pool) put(r *reader) {
	if r.conn == nil {
		p.cold <- r
		return
	}
	p.warm <- r
}

// get waits for a reader.
func (p pool) get() *reader {
	select {
	case r := <-p.warm:
		return r
	case r := <-p.cold:
		return r
	}
}

// readWait is how long a look-up waits for a lock. Others hold one that concerns readers
// only for moments: when a file is recovered after a crash, or closed.
const readWait = time.Second

// take waits for a reader of p.
func (s *Store) take(ctx context.Context, p pool, what string) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, explain(what, err)
	}
	select {
	case <-s.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case r := <-p.warm:
		return r, nil
	default:
	}
	select {
	case r := <-p.warm:
		return r, nil
	case r := <-p.cold:
		return r, nil
	case <-ctx.Done():
		return nil, explain(what, ctx.Err())
	case <-s.closing:
		return nil, ErrClosed
	}
}

// giveBack returns a reader after a call that ended with err. After a failure its snapshot
// is not trusted any more.
func (p pool) giveBack(r *reader, err error) {
	if err != nil && !isAnswer(err) {
		r.release()
	}
	p.put(r)
}

// read calls do with a connection whose snapshot has everything that was committed by us
// before, and by other processes up to a moment ago.
func (s *Store) read(ctx context.Context, what string, do func(*sqlite.Conn) error) error {
	r, err := s.take(ctx, s.fresh, what)
	if err != nil {
		return err
	}
	if err = r.renew(s.commits.Load()); err == nil {
		err = do(r.conn)
	}
	s.fresh.giveBack(r, err)
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

// renew makes sure that the snapshot has the number.
func (r *reader) renew(number uint64) error {
	if r.holds && r.number == number {
		return nil
	}
	r.release()
	if r.conn == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	// SQLite takes the snapshot with the first SELECT behind it, so it has at least what
	// was committed when the number was read.
	if _, err := exec(r.conn, "BEGIN"); err != nil {
		return err
	}
	r.holds, r.number = true, number
	return nil
}

func (r *reader) open() error {
	c, err := dial(r.path)
	if err != nil {
		return err
	}
	// A few pages are enough: the cache is emptied with each new snapshot, and filling
	// and freeing a large one would cost more than it saves.
	pragmas := []string{"PRAGMA query_only = on", "PRAGMA cache_size = -256"}
	if r.mapped {
		pragmas = append(pragmas, mapped)
	}
	for _, pragma := range pragmas {
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

// releaseOld makes readers that nobody uses let go of snapshots without the number. They
// would keep the log from being written back.
func (p pool) releaseOld(number uint64) {
	for range cap(p.warm) {
		select {
		case r := <-p.warm:
			if r.number != number {
				r.release()
			}
			p.put(r)
		default:
			return
		}
	}
}

// releaseAll makes every reader let go of its snapshot. It waits for look-ups that are
// under way, which take microseconds.
func (p pool) releaseAll() {
	all := make([]*reader, cap(p.warm))
	for i := range all {
		all[i] = p.get()
		all[i].release()
	}
	for _, r := range all {
		p.put(r)
	}
}

// close waits for all readers and closes them.
func (p pool) close() (errs []error) {
	for range cap(p.warm) {
		errs = append(errs, p.get().close())
	}
	return errs
}
