package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/signet-auth/signet"
)

// CreateSession implements [signet.SessionStore]. The revocation of old is dated row.Seen.
func (s *Store) CreateSession(ctx context.Context, row signet.SessionRow, old signet.SessionID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	row.Version = 1
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.sessions.Load(row.ID); taken {
		return signet.ErrTaken
	}
	if old != 0 {
		s.endOne(old)
		s.news.tell(signet.Revocation{Session: old, At: row.Seen})
	}
	s.putSession(row)
	if s.ofUser[row.UserID] == nil {
		s.ofUser[row.UserID] = map[signet.SessionID]bool{}
	}
	s.ofUser[row.UserID][row.ID] = true
	return nil
}

// Session implements [signet.SessionStore]. It takes no lock.
func (s *Store) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	if err := ctx.Err(); err != nil {
		return signet.SessionRow{}, err
	}
	v, ok := s.sessions.Load(id)
	if !ok {
		return signet.SessionRow{}, signet.ErrNotFound
	}
	row := *v.(*signet.SessionRow)
	row.Claims = bytes.Clone(row.Claims)
	return row, nil
}

// UpdateSession implements [signet.SessionStore].
func (s *Store) UpdateSession(ctx context.Context, row signet.SessionRow) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions.Load(row.ID)
	if !ok {
		return signet.ErrNotFound
	}
	kept := *v.(*signet.SessionRow)
	if kept.Version != row.Version {
		return signet.ErrStale
	}
	kept.Version++
	kept.Seen, kept.Expires, kept.AuthTime, kept.Epoch = row.Seen, row.Expires, row.AuthTime, row.Epoch
	kept.Agent, kept.Network, kept.Claims = row.Agent, row.Network, row.Claims
	s.putSession(kept)
	return nil
}

// EndSessions implements [signet.SessionStore]. An Ending with an ID returns that ID also
// when there was no row: what the feed was told is over.
func (s *Store) EndSessions(ctx context.Context, e signet.Ending) ([]signet.SessionID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := []signet.SessionID{e.ID}
	if e.ID == 0 {
		ended = nil
		for id := range s.ofUser[e.UserID] {
			if id != e.Except {
				ended = append(ended, id)
			}
		}
	}
	for _, id := range ended {
		s.endOne(id)
		s.news.tell(signet.Revocation{Session: id, At: e.At})
	}
	if e.ID == 0 && e.UserID != "" {
		s.news.tell(signet.Revocation{UserID: e.UserID, At: e.At})
	}
	return ended, nil
}

// SessionsOf implements [signet.SessionLister].
func (s *Store) SessionsOf(ctx context.Context, userID string) ([]signet.SessionRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []signet.SessionRow
	for id := range s.ofUser[userID] {
		v, _ := s.sessions.Load(id)
		list = append(list, copySession(*v.(*signet.SessionRow)))
	}
	slices.SortFunc(list, func(a, b signet.SessionRow) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(b.ID, a.ID))
	})
	return list, nil
}

// SessionByHandle implements [signet.SessionFinder]. It looks at every session.
func (s *Store) SessionByHandle(ctx context.Context, handle string) (signet.SessionRow, error) {
	if err := ctx.Err(); err != nil {
		return signet.SessionRow{}, err
	}
	var found *signet.SessionRow
	s.sessions.Range(func(_, v any) bool {
		if row := v.(*signet.SessionRow); handle != "" && row.Handle == handle {
			found = row
		}
		return found == nil
	})
	if found == nil {
		return signet.SessionRow{}, signet.ErrNotFound
	}
	return copySession(*found), nil
}

// AllSessions implements [signet.SessionFinder]. It looks at every session for each page.
func (s *Store) AllSessions(ctx context.Context, after signet.SessionID, limit int) ([]signet.SessionRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var rows []*signet.SessionRow
	s.sessions.Range(func(_, v any) bool {
		if row := v.(*signet.SessionRow); after == 0 || row.ID > after {
			rows = append(rows, row)
		}
		return true
	})
	slices.SortFunc(rows, func(a, b *signet.SessionRow) int { return cmp.Compare(a.ID, b.ID) })
	rows = rows[:max(0, min(limit, len(rows)))]
	list := make([]signet.SessionRow, len(rows))
	for i, row := range rows {
		list[i] = copySession(*row)
	}
	return list, nil
}

// SweepSessions implements [signet.SessionSweeper].
func (s *Store) SweepSessions(ctx context.Context, expired, revoked time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.news.forget(revoked)
	s.sessions.Range(func(id, v any) bool {
		if v.(*signet.SessionRow).Expires.Before(expired) {
			s.endOne(id.(signet.SessionID))
			n++
		}
		return true
	})
	return n, nil
}

func (s *Store) putSession(row signet.SessionRow) {
	row = copySession(row)
	s.sessions.Store(row.ID, &row)
}

// endOne removes a session, if there is such a row.
func (s *Store) endOne(id signet.SessionID) {
	v, ok := s.sessions.LoadAndDelete(id)
	if !ok {
		return
	}
	user := v.(*signet.SessionRow).UserID
	delete(s.ofUser[user], id)
	if len(s.ofUser[user]) == 0 {
		delete(s.ofUser, user)
	}
}

func (s *Store) endAllOf(userID string) {
	for id := range s.ofUser[userID] {
		s.endOne(id)
	}
}

func copySession(row signet.SessionRow) signet.SessionRow {
	row.Claims = bytes.Clone(row.Claims)
	return row
}
