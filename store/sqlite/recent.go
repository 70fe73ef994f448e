package sqlite

import (
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

// recent knows the sessions that we have changed since look-ups took their snapshots.
//
// A new snapshot costs SQLite the whole mapping of the file, which has to be built up again
// page by page: far more than the look-up. So look-ups keep theirs although something was
// committed, as long as it was about other sessions.
type recent struct {
	mu    sync.RWMutex
	base  uint64 // number of the snapshots that are right for every session not in ids
	ids   map[signet.SessionID]struct{}
	since time.Time // when the first of ids was added
}

const (
	// recentMost is how many sessions may have changed before new snapshots are better.
	recentMost = 10_000

	// recentLong is how long a snapshot is kept beside changes at most.
	recentLong = time.Second
)

// number returns the number that the snapshots of look-ups must have.
func (r *recent) number() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.base
}

// ask returns the number that a snapshot must have for a look-up, and whether the session
// has changed since, so that it does not do.
func (r *recent) ask(id signet.SessionID) (base uint64, changed bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, changed = r.ids[id]
	return r.base, changed
}

// add notes that sessions have changed.
func (r *recent) add(ids ...signet.SessionID) {
	if len(ids) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ids)+len(ids) > recentMost {
		r.reset()
		return
	}
	if len(r.ids) == 0 {
		r.since = time.Now()
	}
	if r.ids == nil {
		r.ids = map[signet.SessionID]struct{}{}
	}
	for _, id := range ids {
		r.ids[id] = struct{}{}
	}
}

// all notes that any session may have changed.
func (r *recent) all() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reset()
}

// age lets go of snapshots that have been kept for long.
func (r *recent) age() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ids) > 0 && time.Since(r.since) >= recentLong {
		r.reset()
	}
}

func (r *recent) reset() {
	r.base++
	clear(r.ids)
}
