// Package sqlite keeps users, accounts, sessions, tickets, errands and revocations in one
// SQLite file, without cgo.
//
// What a call has acknowledged survives a crash of the process and a loss of power: each
// batch of changes is synced before its callers are answered. Several processes may open
// the same file, a server and a command line beside it: each sees the other's changes
// within a second, its own at once. The file must be on a local disk; network file
// systems do not keep the promises that SQLite's locks rest on.
//
// Inside are one goroutine that writes and a few connections that read. The writer takes
// all changes that wait into one transaction, so that many sign-ins share one sync, and
// does not wait for more when there are none. Readers keep their snapshot from one
// look-up to the next, since taking and dropping SQLite's locks costs more than finding a
// row; look-ups of sessions keep it even when other sessions change.
//
// The package owns no clock: times come in with the calls. It stores them in milliseconds.
// Nothing is swept by itself; [Store.SweepSessions] and [Store.Sweep] are for whoever has
// a clock.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// Options change how a store is opened. The zero value is right for most.
type Options struct {
	// NoMigrate makes Open fail with [ErrPending] where it would bring an older file up
	// to date. A new file is an old one without anything in it.
	NoMigrate bool

	// Readers is how many look-ups of sessions can be in SQLite at the same time, and how
	// many other reads. 0 means one per processor, four at most.
	Readers int
}

// A Store keeps everything in one SQLite file. Its methods may be called from several
// goroutines. Errors that are not among those of package signet start with what was tried
// and wrap [ErrFull], [ErrReadOnly] or [ErrBusy] where they are one of these; then nothing
// was stored. A call whose context ends while its batch is being committed returns the
// context's error, and what it wanted may be stored.
type Store struct {
	path string

	// The writer's own. Nobody else may touch them.
	writer *sqlite.Conn
	seen   int64 // data_version: changes when another process commits
	jobs   []*job
	since  int // pages written since the last checkpoint, as an estimate
	quiet  int // looks around since the last change
	wait   time.Duration

	queue   chan *job
	closing chan struct{} // closed by Close
	stopped chan struct{} // closed when the writer has gone
	once    sync.Once

	// commits counts what was committed, by us or others. A fresh reader whose snapshot is
	// of an earlier count takes a new one.
	commits atomic.Uint64
	failed  atomic.Bool // the last commit failed

	// still serves look-ups of sessions, from snapshots that are kept as long as recent
	// allows; fresh serves everything else.
	still, fresh pool
	recent       recent
	news         news
}

var (
	_ signet.UserStore      = (*Store)(nil)
	_ signet.UserLister     = (*Store)(nil)
	_ signet.AccountStore   = (*Store)(nil)
	_ signet.SessionStore   = (*Store)(nil)
	_ signet.SessionLister  = (*Store)(nil)
	_ signet.SessionFinder  = (*Store)(nil)
	_ signet.SessionSweeper = (*Store)(nil)
	_ signet.Feed           = (*Store)(nil)
	_ signet.TicketStore    = (*Store)(nil)
	_ signet.ErrandStore    = (*Store)(nil)
)

// Open opens the database at path and brings its schema up to date. Where there is no
// file it makes one that only its owner can read, and the folder above it likewise. The
// context bounds the opening only. Close the store when done.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := place(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open database: %w", err)
	}
	c, err := dial(path)
	if err != nil {
		return nil, explain("open "+path, err)
	}
	if err := prepareWriter(ctx, c, o); err != nil {
		c.Close()
		return nil, explain("open "+path, err)
	}
	if o.Readers <= 0 {
		o.Readers = min(4, runtime.GOMAXPROCS(0))
	}
	s := &Store{
		path:    path,
		writer:  c,
		wait:    lockWait,
		queue:   make(chan *job, queued),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		still:   newPool(o.Readers, path, true),
		fresh:   newPool(o.Readers, path, false),
		news:    news{changed: make(chan struct{})},
	}
	if s.seen, err = dataVersion(c); err != nil {
		c.Close()
		return nil, explain("open "+path, err)
	}
	go s.serve()
	return s, nil
}

// Close waits for the changes that were handed in, and closes the file. Calls that come
// later, and followers that wait in [Store.Since], get [ErrClosed]. Closing again does
// nothing.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		<-s.stopped
		errs := append(s.still.close(), s.fresh.close()...)
		errs = append(errs, s.writer.Close())
		err = explain("close "+s.path, errors.Join(errs...))
	})
	return err
}

// Stores returns s in every part but Counters, which then are tickets.
func (s *Store) Stores() signet.Stores {
	return signet.Stores{Users: s, Accounts: s, Sessions: s, Tickets: s, Errands: s}
}

// Healthy tells whether the store can be read and written: it asks both sides. After a
// failed commit it writes 64 KiB and takes them away again, so that a server finds out by
// itself when a full disk has room.
func (s *Store) Healthy(ctx context.Context) error {
	const what = "check"
	err := s.read(ctx, what, func(c *sqlite.Conn) error {
		_, err := one(c, func(*sqlite.Stmt) {}, "SELECT id FROM sessions LIMIT 1")
		return err
	})
	if err != nil {
		return err
	}
	if !s.failed.Load() {
		return change(ctx, s, &job{what: what}, func(*sqlite.Conn) error { return nil })
	}
	// A ticket that has ended: should it stay behind, a sweep finds it.
	const key = "\x00check"
	err = change(ctx, s, &job{what: what}, func(c *sqlite.Conn) error {
		return putTicket(c, key, &ticket{value: make([]byte, 64<<10)})
	})
	if err != nil {
		return err
	}
	return change(ctx, s, &job{what: what}, func(c *sqlite.Conn) error {
		_, err := exec(c, "DELETE FROM tickets WHERE key = ?1", key)
		return err
	})
}

// place makes path absolute, and the folder and the file where they are missing.
func place(path string) (string, error) {
	if path == "" {
		return "", errors.New("no path given")
	}
	path, err := filepath.Abs(path) // also turns :memory: into a file like any other
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	// SQLite would let everybody read it. A file that exists is not even opened: closing
	// it again would drop the locks that this process holds on it (POSIX).
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

// patience is how long one attempt to get a lock lasts, and lockWait how long the writer
// goes on trying.
const (
	patience = 250 * time.Millisecond
	lockWait = 5 * time.Second
)

// dial opens a connection.
func dial(path string) (*sqlite.Conn, error) {
	// No OpenURI: a path may contain a question mark.
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	c.SetBusyTimeout(lockWait)
	return c, nil
}

// prepareWriter brings the schema up to date and sets the connection up.
func prepareWriter(ctx context.Context, c *sqlite.Conn, o Options) error {
	if err := bringUp(ctx, c, o); err != nil {
		return err
	}
	if err := retry(ctx, func() error { return logAhead(c) }); err != nil {
		return err
	}
	for _, pragma := range []string{
		// A commit is on disk when it returns, also if the power fails then.
		"PRAGMA synchronous = full",
		// We checkpoint ourselves, at moments when no reader stands in the way.
		"PRAGMA wal_autocheckpoint = 0",
		mapped,
	} {
		if err := transient(c, pragma, nil); err != nil {
			return err
		}
	}
	c.SetBusyTimeout(patience)
	return nil
}

// logAhead switches the file to a write-ahead log, which is for good. Then those who read
// do not wait for those who write.
func logAhead(c *sqlite.Conn) error {
	mode := ""
	err := transient(c, "PRAGMA journal_mode = wal", func(stmt *sqlite.Stmt) { mode = stmt.ColumnText(0) })
	if err == nil && mode != "wal" {
		return fmt.Errorf("the file system allows no write-ahead log (journal mode %s)", mode)
	}
	return err
}

// mapped makes SQLite read the file where the system has it instead of copying pages. It
// is SQLite's own upper limit.
const mapped = "PRAGMA mmap_size = 2147418112"

// retry goes on while another process has the lock. SQLite does not wait by itself when
// two processes turn a new file into a WAL at the same time.
func retry(ctx context.Context, do func() error) error {
	for end := time.Now().Add(lockWait); ; {
		err := do()
		if !isBusy(err) || time.Now().After(end) {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
