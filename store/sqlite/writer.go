package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

const (
	// queued is how many changes can wait. Who comes then waits for a place, as long as
	// its context allows.
	queued = 1024

	// together is how many changes share a commit at most, so that none waits long.
	together = 512

	// lookout is how often the writer looks for commits of other processes, and lets idle
	// readers go on to what is new.
	lookout = 250 * time.Millisecond
)

// A job is one caller's change. It becomes part of a batch, and is answered when that has
// been committed.
type job struct {
	what    string                   // for errors
	run     func(*sqlite.Conn) error // its error leaves the rest of the batch alone
	several bool                     // has more than one statement that changes something
	feeds   bool                     // adds revocations
	touches []signet.SessionID       // the sessions it changes; run may add some
	ends    bool                     // may change sessions that it does not name
	bytes   int                      // how much it stores, where that can be much

	begun atomic.Bool // by the writer, or given up by the caller: who sets it owns the job
	err   error       // of run
	done  chan error  // how the commit went
}

// write hands a change to the writer and waits until it is committed. What run returns,
// value and error, comes back unless the commit failed or ctx ended. Run is called on the
// writer's goroutine, perhaps after write has returned: it must not use memory that the
// caller may change meanwhile.
func write[T any](ctx context.Context, s *Store, j *job, run func(*sqlite.Conn) (T, error)) (T, error) {
	var out, nothing T
	j.done = make(chan error, 1)
	j.run = func(c *sqlite.Conn) (err error) {
		out, err = run(c)
		return err
	}
	if err := s.submit(ctx, j); err != nil {
		return nothing, err
	}
	return out, j.err
}

// change is write for what returns no value.
func change(ctx context.Context, s *Store, j *job, run func(*sqlite.Conn) error) error {
	_, err := write(ctx, s, j, func(c *sqlite.Conn) (none, error) { return none{}, run(c) })
	return err
}

type none struct{}

// submit returns nil when j was run and committed.
func (s *Store) submit(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return explain(j.what, err)
	}
	select {
	case s.queue <- j:
	case <-ctx.Done():
		return fmt.Errorf("sqlite: %s: too many changes waiting: %w", j.what, ctx.Err())
	case <-s.closing:
		return ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.begun.CompareAndSwap(false, true) {
			return explain(j.what, ctx.Err())
		}
		return fmt.Errorf("sqlite: %s: not known whether stored: %w", j.what, ctx.Err())
	case <-s.stopped:
		select {
		case err := <-j.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// serve is the writer's goroutine.
func (s *Store) serve() {
	defer close(s.stopped)
	tick := time.NewTicker(lookout)
	defer tick.Stop()
	for {
		select {
		case j := <-s.queue:
			s.batch(j)
		case <-tick.C:
			s.lookAround()
		case <-s.closing:
			for j := s.next(); j != nil; j = s.next() {
				s.batch(j)
			}
			return
		}
	}
}

// next returns a job that waits, or nil.
func (s *Store) next() *job {
	select {
	case j := <-s.queue:
		return j
	default:
		return nil
	}
}

// batch commits first and whatever waits behind it, and answers them.
func (s *Store) batch(first *job) {
	if err := s.begin(first); err != nil {
		if !first.begun.Load() {
			s.refuse(first, err)
		}
		return // or else its caller has gone, and those behind it have a patience of their own
	}
	err := s.runAll(first)
	if err == nil {
		_, err = exec(s.writer, "COMMIT")
	}
	if err != nil {
		s.rollback()
		s.failed.Store(true)
	} else {
		s.publish()
	}
	feeds := false
	for i, j := range s.jobs {
		if err == nil && j.err == nil {
			s.failed.Store(false)
			feeds = feeds || j.feeds
			s.since += 2 + j.bytes/1024
		}
		j.done <- explain(j.what, err)
		s.jobs[i] = nil
	}
	if feeds {
		s.news.tell()
	}
	s.quiet = 0
	if s.since >= checkpointAfter {
		s.checkpoint()
	}
}

// publish lets readers see the jobs that were committed. It comes before anybody is
// answered: callers read what they wrote.
func (s *Store) publish() {
	s.commits.Add(1)
	for _, j := range s.jobs {
		if j.ends && j.err == nil {
			s.recent.all()
			return
		}
	}
	for _, j := range s.jobs {
		s.recent.add(j.touches...)
	}
}

// begin opens a transaction. It goes on trying for a while when another process has the
// lock, but not after the caller of j has gone.
func (s *Store) begin(j *job) error {
	for end := time.Now().Add(s.wait); ; {
		_, err := exec(s.writer, "BEGIN IMMEDIATE")
		if !isBusy(err) || j.begun.Load() || time.Now().After(end) {
			return err
		}
	}
}

// refuse answers everybody who waits: what keeps the first from being written keeps the
// others too.
func (s *Store) refuse(first *job, err error) {
	s.failed.Store(true)
	for j := first; j != nil; j = s.next() {
		if j.begun.CompareAndSwap(false, true) {
			j.done <- explain(j.what, err)
		}
	}
}

// runAll runs first and what waits behind it, and leaves in s.jobs whom to answer. Its
// error means that nothing of it can be committed.
func (s *Store) runAll(first *job) error {
	s.jobs = s.jobs[:0]
	for j := first; j != nil; j = s.next() {
		if !j.begun.CompareAndSwap(false, true) {
			continue // its caller has gone
		}
		s.jobs = append(s.jobs, j)
		if err := s.runOne(j); err != nil {
			return err
		}
		if len(s.jobs) == together {
			break
		}
	}
	return nil
}

// runOne runs j inside the batch. Its own error stays with it, and what it did is undone.
func (s *Store) runOne(j *job) (broken error) {
	defer func() {
		// The process serves others, and the transaction is in no known state.
		if p := recover(); p != nil {
			broken = fmt.Errorf("panic: %v", p)
		}
	}()
	if !j.several {
		// A single statement undoes itself.
		return s.run(j)
	}
	if _, err := exec(s.writer, "SAVEPOINT job"); err != nil {
		return err
	}
	if err := s.run(j); err != nil {
		return err
	}
	if j.err != nil {
		if _, err := exec(s.writer, "ROLLBACK TO job"); err != nil {
			return err
		}
	}
	_, err := exec(s.writer, "RELEASE job")
	return err
}

// run calls j.run and keeps its error. It returns that error only if SQLite has ended the
// whole transaction for it, as it does when the disk is full.
func (s *Store) run(j *job) error {
	err := j.run(s.writer)
	j.err = explain(j.what, err)
	if err != nil && s.writer.AutocommitEnabled() {
		return err
	}
	return nil
}

func (s *Store) rollback() {
	if s.writer.AutocommitEnabled() {
		return
	}
	// If this fails too, the next BEGIN will, and its callers are told.
	_, _ = exec(s.writer, "ROLLBACK")
}

// lookAround is done while nothing is written.
func (s *Store) lookAround() {
	version, err := dataVersion(s.writer)
	if err == nil && version != s.seen {
		s.seen = version
		s.commits.Add(1)
		s.recent.all()
		s.news.tell()
	}
	s.recent.age()
	s.still.releaseOld(s.recent.number())
	s.fresh.releaseOld(s.commits.Load())
	if s.quiet++; s.quiet >= quietTicks && s.since > 0 {
		s.checkpoint()
	}
}

// dataVersion returns a number that changes when another connection commits.
func dataVersion(c *sqlite.Conn) (v int64, err error) {
	_, err = one(c, func(stmt *sqlite.Stmt) { v = stmt.ColumnInt64(0) }, "PRAGMA data_version")
	return v, err
}

const (
	// checkpointAfter is how many pages, roughly, make the log long enough to be written
	// back to the database.
	checkpointAfter = 2000

	// quietTicks is how long nothing must have been written for that to happen before.
	quietTicks = 20
)

// checkpoint writes the log back and lets it begin anew. SQLite can only copy what no
// reader's snapshot is older than, and only start over when no reader looks at the log; so
// all of them drop their snapshots first, and again when everything has been copied.
// Otherwise the log would grow as long as anybody reads.
func (s *Store) checkpoint() {
	s.still.releaseAll()
	s.fresh.releaseAll()
	if _, err := one(s.writer, func(*sqlite.Stmt) {}, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return // it is tried again; until then the log serves
	}
	s.still.releaseAll()
	s.fresh.releaseAll()
	s.since = 0
}
