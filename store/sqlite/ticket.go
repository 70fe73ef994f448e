package sqlite

import (
	"bytes"
	"context"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

// A ticket is a row of the table. Its times are milliseconds.
type ticket struct {
	value   []byte
	uses    int64
	expires int64
	ends    int64 // when it can be forgotten
	after   []byte
}

func newTicket(t signet.Ticket) *ticket {
	expires := t.Expires.UnixMilli()
	return &ticket{value: bytes.Clone(t.Value), uses: int64(max(0, t.Uses)), expires: expires, ends: expires}
}

// taken is what a use that left the ticket like this has found.
func (t *ticket) taken(spent bool) (signet.Taken, error) {
	taken := signet.Taken{Value: t.value, Left: int(t.uses), Expires: moment(t.expires)}
	if spent {
		taken.After = t.after
		return taken, signet.ErrSpent
	}
	return taken, nil
}

// Issue implements [signet.TicketStore].
func (s *Store) Issue(ctx context.Context, key string, t signet.Ticket) error {
	row := newTicket(t)
	return change(ctx, s, &job{what: "issue ticket", bytes: len(t.Value)}, func(c *sqlite.Conn) error {
		return putTicket(c, key, row)
	})
}

// Consume implements [signet.TicketStore]. A ticket is expired from the very moment
// Expires on. Look with Fresh puts Fresh in place too; Look alone writes nothing.
func (s *Store) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	if u.Back {
		return s.returnUse(ctx, key, u.Now.UnixMilli())
	}
	if u.Look && u.Fresh == nil {
		return s.look(ctx, key, u.Now.UnixMilli())
	}
	var fresh *ticket
	if u.Fresh != nil {
		fresh = newTicket(*u.Fresh)
	}
	u.After = bytes.Clone(u.After)
	return write(ctx, s, &job{what: "consume ticket", bytes: len(u.After)}, func(c *sqlite.Conn) (signet.Taken, error) {
		t, err := findTicket(c, key, u.Now.UnixMilli())
		if err != nil {
			return signet.Taken{}, err
		}
		changed := false
		if t == nil {
			if fresh == nil {
				return signet.Taken{}, signet.ErrNotFound
			}
			t, changed = fresh, true
		}
		spent := t.uses == 0
		if !spent && !u.Look {
			t.uses--
			changed = true
			if t.uses == 0 {
				t.after, t.ends = u.After, max(t.expires, u.Until.UnixMilli())
			}
		}
		if changed {
			if err := putTicket(c, key, t); err != nil {
				return signet.Taken{}, err
			}
		}
		return t.taken(spent)
	})
}

// returnUse returns a use to a ticket that has not expired.
func (s *Store) returnUse(ctx context.Context, key string, now int64) (signet.Taken, error) {
	return write(ctx, s, &job{what: "give ticket back"}, func(c *sqlite.Conn) (signet.Taken, error) {
		t, err := findTicket(c, key, now)
		if err != nil {
			return signet.Taken{}, err
		}
		if t == nil || t.expires <= now {
			return signet.Taken{}, signet.ErrNotFound
		}
		t.uses++
		t.ends = t.expires
		if err := putTicket(c, key, t); err != nil {
			return signet.Taken{}, err
		}
		return t.taken(false)
	})
}

// look reads a ticket without a transaction of the writer.
func (s *Store) look(ctx context.Context, key string, now int64) (taken signet.Taken, err error) {
	err = s.read(ctx, "look at ticket", func(c *sqlite.Conn) error {
		t, err := findTicket(c, key, now)
		if err != nil {
			return err
		}
		if t == nil {
			return signet.ErrNotFound
		}
		taken, err = t.taken(t.uses == 0)
		return err
	})
	return taken, err
}

// findTicket returns nil where there is none, or one that can be forgotten.
func findTicket(c *sqlite.Conn, key string, now int64) (*ticket, error) {
	var t ticket
	found, err := one(c, func(stmt *sqlite.Stmt) {
		t = ticket{
			uses:    stmt.ColumnInt64(0),
			expires: stmt.ColumnInt64(1),
			ends:    stmt.ColumnInt64(2),
			value:   bytesAt(stmt, 3),
			after:   bytesAt(stmt, 4),
		}
	}, "SELECT uses, expires, ends, value, after FROM tickets WHERE key = ?1", key)
	if err != nil || !found || t.ends <= now {
		return nil, err
	}
	return &t, nil
}

func putTicket(c *sqlite.Conn, key string, t *ticket) error {
	_, err := exec(c, `INSERT OR REPLACE INTO tickets (key, uses, expires, ends, value, after)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6)`, key, t.uses, t.expires, t.ends, t.value, t.after)
	return err
}
