package sqlite

import (
	"bytes"
	"context"
	"math"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

const sessionColumns = `id, version, epoch, start, auth_time, seen, expires,
	secret, handle, user_id, provider, agent, network, claims`

const findSession = "SELECT " + sessionColumns + " FROM sessions WHERE id = ?1"

// Session implements [signet.SessionStore].
func (s *Store) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	const what = "find session"
	p := s.still
	number, changed := s.recent.ask(id)
	if changed {
		p, number = s.fresh, s.commits.Load()
	}
	r, err := s.take(ctx, p, what)
	if err != nil {
		return signet.SessionRow{}, err
	}
	row, found, err := r.findSession(number, id)
	p.giveBack(r, err)
	if err != nil {
		return signet.SessionRow{}, explain(what, err)
	}
	if !found {
		return signet.SessionRow{}, signet.ErrNotFound
	}
	return row, nil
}

// findSession is what each request with a stored session costs, so it keeps its statement
// and does without closures.
func (r *reader) findSession(number uint64, id signet.SessionID) (row signet.SessionRow, found bool, err error) {
	if err := r.renew(number); err != nil {
		return row, false, err
	}
	if r.session == nil {
		if r.session, err = r.conn.Prepare(findSession); err != nil {
			return row, false, err
		}
	}
	r.session.BindInt64(1, int64(id))
	if found, err = r.session.Step(); err != nil {
		return row, false, err
	}
	if found {
		row = sessionAt(r.session)
	}
	return row, found, r.session.Reset()
}

func sessionAt(stmt *sqlite.Stmt) signet.SessionRow {
	row := signet.SessionRow{
		ID:       signet.SessionID(stmt.ColumnInt64(0)),
		Version:  stmt.ColumnInt64(1),
		Epoch:    stmt.ColumnInt64(2),
		Start:    moment(stmt.ColumnInt64(3)),
		AuthTime: moment(stmt.ColumnInt64(4)),
		Seen:     moment(stmt.ColumnInt64(5)),
		Expires:  moment(stmt.ColumnInt64(6)),
		Handle:   stmt.ColumnText(8),
		UserID:   stmt.ColumnText(9),
		Provider: stmt.ColumnText(10),
		Agent:    stmt.ColumnText(11),
		Network:  stmt.ColumnText(12),
		Claims:   bytesAt(stmt, 13),
	}
	stmt.ColumnBytes(7, row.Secret[:])
	return row
}

// What a new session costs is mostly its entry in sessions_of: another page for each user,
// where the rows themselves share theirs. Hand-made ways to put that off (entries gathered
// and merged later, a short hash in place of the user's ID) would make lists slower, or the
// triggers depend on a function that a SQL shell does not have.
const insertSession = "INSERT INTO sessions (" + sessionColumns + `)
	VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`

// CreateSession implements [signet.SessionStore]. The revocation of old is dated row.Seen.
func (s *Store) CreateSession(ctx context.Context, row signet.SessionRow, old signet.SessionID) error {
	row.Claims = bytes.Clone(row.Claims)
	j := &job{what: "create session", several: old != 0, feeds: old != 0, bytes: len(row.Claims),
		touches: []signet.SessionID{row.ID, old}}
	return change(ctx, s, j, func(c *sqlite.Conn) error {
		_, err := exec(c, insertSession, int64(row.ID), row.Epoch,
			row.Start.UnixMilli(), row.AuthTime.UnixMilli(), row.Seen.UnixMilli(), row.Expires.UnixMilli(),
			secretColumn(row.Secret), row.Handle, row.UserID, row.Provider, row.Agent, row.Network, row.Claims)
		if isTaken(err) {
			return signet.ErrTaken
		}
		if err != nil || old == 0 {
			return err
		}
		return endSession(c, old, row.Seen.UnixMilli())
	})
}

// secretColumn keeps 32 zeros out of each row of a session that cannot be opened.
func secretColumn(secret [32]byte) []byte {
	if secret == ([32]byte{}) {
		return nil
	}
	return secret[:]
}

const updateSession = `UPDATE sessions SET version = version + 1, epoch = ?3, auth_time = ?4,
	seen = ?5, expires = ?6, agent = ?7, network = ?8, claims = ?9 WHERE id = ?1 AND version = ?2`

// UpdateSession implements [signet.SessionStore].
func (s *Store) UpdateSession(ctx context.Context, row signet.SessionRow) error {
	row.Claims = bytes.Clone(row.Claims)
	j := &job{what: "update session", bytes: len(row.Claims), touches: []signet.SessionID{row.ID}}
	return change(ctx, s, j, func(c *sqlite.Conn) error {
		n, err := exec(c, updateSession, int64(row.ID), row.Version, row.Epoch,
			row.AuthTime.UnixMilli(), row.Seen.UnixMilli(), row.Expires.UnixMilli(),
			row.Agent, row.Network, row.Claims)
		if err != nil || n > 0 {
			return err
		}
		return staleOrGone(c, "SELECT 1 FROM sessions WHERE id = ?1", int64(row.ID))
	})
}

// staleOrGone tells why a compare-and-swap changed no row: query looks for it.
func staleOrGone(c *sqlite.Conn, query string, args ...any) error {
	found, err := one(c, func(*sqlite.Stmt) {}, query, args...)
	switch {
	case err != nil:
		return err
	case found:
		return signet.ErrStale
	}
	return signet.ErrNotFound
}

// EndSessions implements [signet.SessionStore]. An Ending with an ID returns that ID also
// when there was no row: what the feed was told is over.
func (s *Store) EndSessions(ctx context.Context, e signet.Ending) ([]signet.SessionID, error) {
	j := &job{what: "end sessions", several: true, feeds: true}
	return write(ctx, s, j, func(c *sqlite.Conn) ([]signet.SessionID, error) {
		ended, err := named(c, e)
		if err != nil {
			return nil, err
		}
		j.touches = ended
		for _, id := range ended {
			if err := endSession(c, id, e.At.UnixMilli()); err != nil {
				return nil, err
			}
		}
		if e.ID == 0 && e.UserID != "" {
			_, err = exec(c, "INSERT INTO revocations (session, user_id, epoch, at) VALUES (0, ?1, 0, ?2)", e.UserID, e.At.UnixMilli())
		}
		return ended, err
	})
}

// named returns the sessions that e names.
func named(c *sqlite.Conn, e signet.Ending) (ids []signet.SessionID, err error) {
	if e.ID != 0 {
		return []signet.SessionID{e.ID}, nil
	}
	err = each(c, func(stmt *sqlite.Stmt) { ids = append(ids, signet.SessionID(stmt.ColumnInt64(0))) },
		"SELECT id FROM sessions WHERE user_id = ?1 AND id <> ?2", e.UserID, int64(e.Except))
	return ids, err
}

// endSession removes a session, if there is such a row, and feeds its revocation.
func endSession(c *sqlite.Conn, id signet.SessionID, at int64) error {
	if _, err := exec(c, "DELETE FROM sessions WHERE id = ?1", int64(id)); err != nil {
		return err
	}
	_, err := exec(c, "INSERT INTO revocations (session, user_id, epoch, at) VALUES (?1, '', 0, ?2)", int64(id), at)
	return err
}

// SessionsOf implements [signet.SessionLister].
func (s *Store) SessionsOf(ctx context.Context, userID string) ([]signet.SessionRow, error) {
	var list []signet.SessionRow
	err := s.read(ctx, "list sessions", func(c *sqlite.Conn) error {
		return each(c, func(stmt *sqlite.Stmt) { list = append(list, sessionAt(stmt)) },
			"SELECT "+sessionColumns+" FROM sessions WHERE user_id = ?1 ORDER BY start DESC, id DESC", userID)
	})
	return list, err
}

// AllSessions implements [signet.SessionFinder].
func (s *Store) AllSessions(ctx context.Context, after signet.SessionID, limit int) ([]signet.SessionRow, error) {
	const what = "list all sessions"
	from := int64(math.MinInt64)
	if after == math.MaxInt64 {
		return nil, explain(what, ctx.Err()) // nothing comes behind it
	}
	if after != 0 {
		from = int64(after) + 1
	}
	var list []signet.SessionRow
	err := s.read(ctx, what, func(c *sqlite.Conn) error {
		return each(c, func(stmt *sqlite.Stmt) { list = append(list, sessionAt(stmt)) },
			"SELECT "+sessionColumns+" FROM sessions WHERE id >= ?1 ORDER BY id LIMIT ?2",
			from, int64(max(0, limit))) // less than 0 would be no limit at all
	})
	return list, err
}

// handleWindow looks for a handle among 1000 rows and finds the last of them.
const handleWindow = `SELECT max(id), max(CASE WHEN handle = ?2 THEN id END)
	FROM (SELECT id, handle FROM sessions WHERE id >= ?1 ORDER BY id LIMIT 1000)`

// SessionByHandle implements [signet.SessionFinder]. It reads through the whole table, in
// pieces that hold nobody up: an index would cost each sign-in more than the row itself.
func (s *Store) SessionByHandle(ctx context.Context, handle string) (signet.SessionRow, error) {
	if handle == "" {
		return signet.SessionRow{}, signet.ErrNotFound
	}
	for from := int64(math.MinInt64); ; {
		var last, id int64
		var more, found bool
		err := s.read(ctx, "find session by handle", func(c *sqlite.Conn) error {
			_, err := one(c, func(stmt *sqlite.Stmt) {
				last, more = stmt.ColumnInt64(0), !stmt.ColumnIsNull(0)
				id, found = stmt.ColumnInt64(1), !stmt.ColumnIsNull(1)
			}, handleWindow, from, handle)
			return err
		})
		switch {
		case err != nil:
			return signet.SessionRow{}, err
		case found:
			return s.Session(ctx, signet.SessionID(id))
		case !more || last == math.MaxInt64:
			return signet.SessionRow{}, signet.ErrNotFound
		}
		from = last + 1
	}
}
