package sqlite

import (
	"context"
	"errors"
	"time"

	"zombiezen.com/go/sqlite"
)

// onWriter calls do on the writer's goroutine, outside of any transaction.
func onWriter(s *Store, do func()) error {
	return change(context.Background(), s, &job{what: "test"}, func(c *sqlite.Conn) error {
		if _, err := exec(c, "COMMIT"); err != nil {
			return err
		}
		do()
		_, err := exec(c, "BEGIN IMMEDIATE")
		return err
	})
}

// Checkpoint writes the log back now.
func Checkpoint(s *Store) error { return onWriter(s, s.checkpoint) }

// Pragma sets something up for the connection that writes.
func Pragma(s *Store, pragma string) error {
	return change(context.Background(), s, &job{what: "test"}, func(c *sqlite.Conn) error {
		return transient(c, pragma, nil)
	})
}

// Hang keeps the writer from writing until release is called.
func Hang(s *Store) (release func()) {
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		_ = onWriter(s, func() { close(begun); <-end }) // what shares its batch may break it
		close(ended)
	}()
	<-begun
	return func() { close(end); <-ended }
}

// Panic is a change that panics.
func Panic(s *Store) error {
	return change(context.Background(), s, &job{what: "test"}, func(*sqlite.Conn) error { panic("in a test") })
}

// Waiting is how many changes wait for the writer.
func Waiting(s *Store) int { return len(s.queue) }

// SetLockWait sets how long the writer waits for the lock of another process.
func SetLockWait(s *Store, d time.Duration) error { return onWriter(s, func() { s.wait = d }) }

// Queued is how many changes can wait.
const Queued = queued

// Sync says when changes reach the disk: "full", or "off" for tests that write much and lose
// nothing.
func Sync(s *Store, mode string) error {
	var failed error
	err := onWriter(s, func() { failed = transient(s.writer, "PRAGMA synchronous = "+mode, nil) })
	return errors.Join(err, failed)
}

// Setting reads a number from the connection that writes.
func Setting(s *Store, pragma string) (n int64, err error) {
	err = change(context.Background(), s, &job{what: "test"}, func(c *sqlite.Conn) error {
		return transient(c, pragma, func(stmt *sqlite.Stmt) { n = stmt.ColumnInt64(0) })
	})
	return n, err
}

// Snapshot is the number that the snapshots of look-ups have.
func Snapshot(s *Store) uint64 { return s.recent.number() }

// How many sessions may have changed beside a snapshot, and for how long.
const (
	RecentMost = recentMost
	RecentLong = recentLong
)
