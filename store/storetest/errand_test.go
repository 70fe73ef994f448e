package storetest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
)

// Stores of errands that are broken, each in one way.

func withErrands(s *memory.Store, x signet.ErrandStore) signet.Stores {
	all := s.Stores()
	all.Errands = x
	return all
}

// shared finds what is due in one step and puts it off in another.
type shared struct{ *memory.Store }

func (s shared) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	list, err := s.Store.TakeErrands(ctx, now, limit, 0)
	time.Sleep(time.Millisecond)
	for i := range list {
		list[i].Due = now.Add(hold)
		_ = s.PutErrand(ctx, list[i])
	}
	return list, err
}

// lost forgets what it hands out, and with it what a process that is killed was doing.
type lost struct{ *memory.Store }

func (s lost) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	list, err := s.Store.TakeErrands(ctx, now, limit, hold)
	for _, e := range list {
		_ = s.DropErrand(ctx, e.ID)
	}
	return list, err
}

type stubborn struct {
	*memory.Store
	seen *sync.Map
}

func (s stubborn) PutErrand(ctx context.Context, e signet.Errand) error {
	if _, is := s.seen.LoadOrStore(e.ID, true); is {
		return nil
	}
	return s.Store.PutErrand(ctx, e)
}

type impatient struct{ *memory.Store }

func (s impatient) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	list, err := s.Store.TakeErrands(ctx, now, limit, hold)
	return slices.DeleteFunc(list, func(e signet.Errand) bool { return !now.Before(e.Until) }), err
}
