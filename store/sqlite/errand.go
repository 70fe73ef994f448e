package sqlite

import (
	"bytes"
	"context"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// PutErrand implements [signet.ErrandStore].
func (s *Store) PutErrand(ctx context.Context, e signet.Errand) error {
	e.Sealed = bytes.Clone(e.Sealed)
	return change(ctx, s, &job{what: "put errand", bytes: len(e.Sealed)}, func(c *sqlite.Conn) error {
		_, err := exec(c, `INSERT OR REPLACE INTO errands (id, kind, tries, due, until, sealed)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
			e.ID, e.Kind, int64(e.Tries), e.Due.UnixMilli(), e.Until.UnixMilli(), e.Sealed)
		return err
	})
}

// TakeErrands implements [signet.ErrandStore]. With nothing due it writes nothing; what
// another process has put in is due here a little later than there.
func (s *Store) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	const what = "take errands"
	at, some := now.UnixMilli(), false
	err := s.read(ctx, what, func(c *sqlite.Conn) (err error) {
		some, err = one(c, func(*sqlite.Stmt) {}, "SELECT 1 FROM errands WHERE due <= ?1 LIMIT 1", at)
		return err
	})
	if err != nil || !some || limit <= 0 {
		return nil, err
	}
	// The transaction that looks is the one that puts off, so that nobody comes between.
	return write(ctx, s, &job{what: what}, func(c *sqlite.Conn) (list []signet.Errand, err error) {
		err = each(c, func(stmt *sqlite.Stmt) {
			list = append(list, signet.Errand{
				ID: stmt.ColumnText(0), Kind: stmt.ColumnText(1), Tries: int(stmt.ColumnInt64(2)),
				Due: moment(stmt.ColumnInt64(3)), Until: moment(stmt.ColumnInt64(4)), Sealed: bytesAt(stmt, 5),
			})
		}, `UPDATE errands SET due = ?2
			WHERE id IN (SELECT id FROM errands WHERE due <= ?1 ORDER BY due LIMIT ?3)
			RETURNING id, kind, tries, due, until, sealed`, at, now.Add(hold).UnixMilli(), int64(limit))
		return list, err
	})
}

// DropErrand implements [signet.ErrandStore].
func (s *Store) DropErrand(ctx context.Context, id string) error {
	return change(ctx, s, &job{what: "drop errand"}, func(c *sqlite.Conn) error {
		_, err := exec(c, "DELETE FROM errands WHERE id = ?1", id)
		return err
	})
}
