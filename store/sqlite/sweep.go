package sqlite

import (
	"context"
	"math"
	"time"

	"zombiezen.com/go/sqlite"
)

// A sweep walks a table in the order of its key, a window at a time, so that it holds up
// neither readers nor the writer however large the table is. The reader finds windows
// that have something to forget; only these reach the writer.
type sweep struct {
	from   any    // before the first key
	window string // ?1 key, ?2 moment → last key of the window, how many rows are over
	remove string // ?1 key, ?2 moment, ?3 last key
}

var (
	sessionsSwept = sweep{
		from: int64(math.MinInt64),
		window: `SELECT max(id), total(expires < ?2)
			FROM (SELECT id, expires FROM sessions WHERE id > ?1 ORDER BY id LIMIT 1000)`,
		remove: "DELETE FROM sessions WHERE id > ?1 AND id <= ?3 AND expires < ?2",
	}
	revocationsSwept = sweep{
		from: int64(0),
		window: `SELECT max(number), total(at < ?2)
			FROM (SELECT number, at FROM revocations WHERE number > ?1 ORDER BY number LIMIT 1000)`,
		remove: "DELETE FROM revocations WHERE number > ?1 AND number <= ?3 AND at < ?2",
	}
	ticketsSwept = sweep{
		from: "",
		window: `SELECT max(key), total(ends < ?2)
			FROM (SELECT key, ends FROM tickets WHERE key > ?1 ORDER BY key LIMIT 1000)`,
		remove: "DELETE FROM tickets WHERE key > ?1 AND key <= ?3 AND ends < ?2",
	}
)

// SweepSessions implements [signet.SessionSweeper]. It reads through the whole table, in
// pieces, so that is for once an hour rather than for each minute.
func (s *Store) SweepSessions(ctx context.Context, expired, revoked time.Time) (int, error) {
	n, err := s.sweep(ctx, sessionsSwept, expired)
	if err != nil {
		return n, err
	}
	m, err := s.sweep(ctx, revocationsSwept, revoked)
	return n + m, err
}

// Sweep implements [signet.TicketStore]. It reads through the whole table, in pieces.
func (s *Store) Sweep(ctx context.Context, before time.Time) (int, error) {
	return s.sweep(ctx, ticketsSwept, before)
}

func (s *Store) sweep(ctx context.Context, w sweep, before time.Time) (removed int, err error) {
	moment := before.UnixMilli()
	for key := w.from; ; {
		last, over, err := s.window(ctx, w, key, moment)
		if err != nil || last == nil {
			return removed, err
		}
		if over {
			n, err := write(ctx, s, &job{what: "sweep", ends: true}, func(c *sqlite.Conn) (int, error) {
				return exec(c, w.remove, key, moment, last)
			})
			removed += n
			if err != nil {
				return removed, err
			}
		}
		key = last
	}
}

// window looks at the rows behind key. It returns the last key it saw, nil when there are
// no more rows, and whether some are over.
func (s *Store) window(ctx context.Context, w sweep, key any, moment int64) (last any, over bool, err error) {
	err = s.read(ctx, "sweep", func(c *sqlite.Conn) error {
		_, err := one(c, func(stmt *sqlite.Stmt) {
			switch stmt.ColumnType(0) {
			case sqlite.TypeInteger:
				last = stmt.ColumnInt64(0)
			case sqlite.TypeText:
				last = stmt.ColumnText(0)
			}
			over = stmt.ColumnFloat(1) > 0
		}, w.window, key, moment)
		return err
	})
	return last, over, err
}
