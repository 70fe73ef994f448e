package signet

import (
	"context"
	"errors"
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// revoked is the set of sessions that are over although their cookie would still open. It
// is asked for every request, in memory: no store is looked up.
type revoked struct {
	sessions shards[SessionID, time.Time]
	users    shards[string, ended]

	broken []atomic.Int64 // of each feed: Unix nanoseconds since when it fails, 0 = fine

	watchers     watchers
	forgetGrants func(SessionID) // of sessions that carry theirs; nil where none does
}

// ended tells up to which epoch, and when last, all sessions of a user were ended.
type ended struct {
	epoch int64
	at    time.Time
}

// deletedEpoch is the epoch of users who were deleted.
const deletedEpoch = math.MaxInt64

func newRevoked() *revoked {
	seed := maphash.MakeSeed()
	r := &revoked{}
	r.sessions.seed, r.users.seed = seed, seed
	return r
}

// over tells whether s has been ended.
func (r *revoked) over(s *Session) bool {
	if _, ok := r.sessions.get(s.ID); ok {
		return true
	}
	e, ok := r.users.get(s.UserID)
	if !ok {
		return false
	}
	if s.foreign {
		// Another library made it and knows no epochs: its age has to do. It makes new
		// ones for a deleted user too, as long as it is not told.
		return e.epoch == deletedEpoch || s.undated || !s.Start.After(e.at)
	}
	return s.epoch < e.epoch
}

// epoch is the one that a session begins in that has not been over so far.
func (r *revoked) epoch(userID string) int64 {
	e, _ := r.users.get(userID)
	return e.epoch
}

// add takes news in. Repeats and old news change nothing.
func (r *revoked) add(list ...Revocation) {
	for _, v := range list {
		if v.Session != 0 {
			r.sessions.put(v.Session, v.At)
			if r.forgetGrants != nil {
				r.forgetGrants(v.Session)
			}
			continue
		}
		r.users.merge(v.UserID, func(e ended) ended {
			if v.At.After(e.at) {
				e.at = v.At
			}
			return ended{max(e.epoch, v.Epoch), e.at}
		})
	}
	for _, v := range list {
		r.watchers.tell(r, v)
	}
}

// forget drops what happened before t: no session of that time can be alive.
func (r *revoked) forget(t time.Time) {
	r.sessions.drop(func(at time.Time) bool { return at.Before(t) })
	r.users.drop(func(e ended) bool { return e.at.Before(t) })
}

// blind tells whether news has been missing for so long that a write should not rely on it.
func (r *revoked) blind(now time.Time) bool {
	for i := range r.broken {
		if since := r.broken[i].Load(); since != 0 && now.UnixNano()-since > int64(blindAfter) {
			return true
		}
	}
	return false
}

// errBlind: whether the session has been ended elsewhere is not known.
var errBlind = errors.New("signet: revocations cannot be read")

// blindAfter is how long a dead feed is tolerated for requests that change something.
const blindAfter = 30 * time.Second

// follow reads the feed until ctx ends. It keeps in broken since when the feed fails.
func (a *Auth) follow(ctx context.Context, feed Feed, cursor string, broken *atomic.Int64) {
	pause := 100 * time.Millisecond
	for ctx.Err() == nil {
		news, next, err := feed.Since(ctx, cursor)
		if err == nil {
			a.revoked.add(news...)
			cursor, pause = next, 100*time.Millisecond
			broken.Store(0)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if broken.CompareAndSwap(0, a.world.Now().UnixNano()) {
			a.log.Error("revocations cannot be read", "error", err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, 2*time.Second)
	}
}

// shards is a map for many readers on many cores. Most of the time it is empty, which
// costs one atomic read.
type shards[K comparable, V any] struct {
	seed maphash.Seed
	size atomic.Int64
	part [64]struct {
		sync.RWMutex
		m map[K]V
		_ [64]byte // a core that reads one shard does not disturb its neighbours
	}
}

func (s *shards[K, V]) get(k K) (v V, ok bool) {
	if s.size.Load() == 0 {
		return v, false
	}
	p := &s.part[maphash.Comparable(s.seed, k)%uint64(len(s.part))]
	p.RLock()
	v, ok = p.m[k]
	p.RUnlock()
	return v, ok
}

func (s *shards[K, V]) put(k K, v V) { s.merge(k, func(V) V { return v }) }

// merge replaces what is there, or the zero value, by what change makes of it.
func (s *shards[K, V]) merge(k K, change func(V) V) {
	p := &s.part[maphash.Comparable(s.seed, k)%uint64(len(s.part))]
	p.Lock()
	defer p.Unlock()
	if p.m == nil {
		p.m = map[K]V{}
	}
	old, ok := p.m[k]
	if !ok {
		s.size.Add(1)
	}
	p.m[k] = change(old)
}

func (s *shards[K, V]) drop(old func(V) bool) {
	for i := range s.part {
		p := &s.part[i]
		p.Lock()
		for k, v := range p.m {
			if old(v) {
				delete(p.m, k)
				s.size.Add(-1)
			}
		}
		p.Unlock()
	}
}
