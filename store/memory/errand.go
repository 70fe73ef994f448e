package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

// errands has a lock of its own, as tickets has.
type errands struct {
	mu sync.Mutex
	m  map[string]signet.Errand
}

// PutErrand implements [signet.ErrandStore].
func (s *Store) PutErrand(ctx context.Context, e signet.Errand) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.errands.mu.Lock()
	defer s.errands.mu.Unlock()
	e.Sealed = bytes.Clone(e.Sealed)
	s.errands.m[e.ID] = e
	return nil
}

// TakeErrands implements [signet.ErrandStore].
func (s *Store) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.errands.mu.Lock()
	defer s.errands.mu.Unlock()
	var due []signet.Errand
	for _, e := range s.errands.m {
		if !now.Before(e.Due) {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(a, b signet.Errand) int { return a.Due.Compare(b.Due) })
	due = due[:min(len(due), max(0, limit))]
	for i := range due {
		due[i].Due = now.Add(hold)
		s.errands.m[due[i].ID] = due[i]
		due[i].Sealed = bytes.Clone(due[i].Sealed)
	}
	return due, nil
}

// DropErrand implements [signet.ErrandStore].
func (s *Store) DropErrand(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.errands.mu.Lock()
	defer s.errands.mu.Unlock()
	delete(s.errands.m, id)
	return nil
}
