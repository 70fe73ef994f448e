package sqlite

import (
	"errors"
	"fmt"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// What is wrong with the database, for callers that act on it. They come wrapped, with
// what was tried in front and SQLite's own words behind.
var (
	// ErrFull: the disk, the quota or SQLite's limit is reached. Nothing was stored;
	// writing works again once there is room.
	ErrFull = errors.New("disk full")

	// ErrReadOnly: the file or its file system cannot be written.
	ErrReadOnly = errors.New("database is read-only")

	// ErrBusy: another process held the write lock for too long. Nothing was stored.
	ErrBusy = errors.New("locked by another process")

	// ErrClosed: the store was closed.
	ErrClosed = errors.New("sqlite: store is closed")

	// ErrNewer: a newer version of this program has written the file.
	ErrNewer = errors.New("written by a newer version, which is needed to open it")

	// ErrPending: the file is older than this program and [Options.NoMigrate] is set.
	ErrPending = errors.New("needs to be brought up to date")

	// ErrForeign: the file is a database of some other program, or no database at all.
	ErrForeign = errors.New("not a Signet database")
)

// explain puts what was tried in front of err, and its kind where it has one. SQLite's
// messages name tables and columns but never hold a value. What the interfaces of package
// signet promise is an answer and stays as it is.
func explain(what string, err error) error {
	if err == nil || isAnswer(err) {
		return err
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("sqlite: %s: %w: %w", what, kind, err)
	}
	return fmt.Errorf("sqlite: %s: %w", what, err)
}

func isAnswer(err error) bool {
	return err == signet.ErrNotFound || err == signet.ErrTaken || err == signet.ErrStale || err == signet.ErrSpent
}

func kindOf(err error) error {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull:
		return ErrFull
	case sqlite.ResultReadOnly:
		return ErrReadOnly
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return ErrBusy
	case sqlite.ResultNotADB:
		return ErrForeign
	}
	return nil
}

// isBusy tells whether trying again may help.
func isBusy(err error) bool {
	return sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy
}

// isTaken tells whether err is a row that exists already.
func isTaken(err error) bool {
	switch sqlite.ErrCode(err) {
	case sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintUnique, sqlite.ResultConstraintRowID:
		return true
	}
	return false
}
