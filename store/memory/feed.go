package memory

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/signet-auth/signet"
)

// feed is the list of revocations. Store.mu guards it.
type feed struct {
	list []event
	last int64 // number of the latest event ever; numbers are not used again

	changed chan struct{} // closed when something is added
}

type event struct {
	number int64
	signet.Revocation
}

// tell adds one and wakes whoever waits.
func (f *feed) tell(r signet.Revocation) {
	f.last++
	f.list = append(f.list, event{f.last, r})
	close(f.changed)
	f.changed = make(chan struct{})
}

// since returns what came after number.
func (f *feed) since(number int64) []signet.Revocation {
	first, _ := slices.BinarySearchFunc(f.list, number+1, func(e event, n int64) int { return cmp.Compare(e.number, n) })
	news := make([]signet.Revocation, 0, len(f.list)-first)
	for _, e := range f.list[first:] {
		news = append(news, e.Revocation)
	}
	return news
}

// forget drops what happened before t and returns how many that was.
func (f *feed) forget(t time.Time) int {
	before := len(f.list)
	f.list = slices.DeleteFunc(f.list, func(e event) bool { return e.At.Before(t) })
	return before - len(f.list)
}

// Since implements [signet.Feed]. A cursor that this store did not make counts as the
// beginning: better to hear it all again than to miss something.
func (s *Store) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, cursor, err
	}
	number, ok := parseCursor(cursor)
	for {
		s.mu.Lock()
		if number > s.news.last {
			number, ok = 0, false
		}
		news, next, changed := s.news.since(number), s.news.last, s.news.changed
		s.mu.Unlock()
		if len(news) > 0 || !ok {
			return news, strconv.FormatInt(next, 10), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, cursor, ctx.Err()
		}
	}
}

// parseCursor reads what Since wrote: the number of an event.
func parseCursor(cursor string) (int64, bool) {
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != cursor {
		return 0, false
	}
	return n, true
}
