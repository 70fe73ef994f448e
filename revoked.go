package signet

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// revoked is the set of sessions that are over although their cookie would still open. It
// is asked for every request, in memory: no store is looked up.
type revoked struct {
	sessions shards[SessionID, time.Time]
	users    shards[string, ended]

	brokenSince atomic.Int64 // Unix nanoseconds since when the feed fails, 0 = fine
}

// ended tells up to which epoch, and when, all sessions of a user were ended.
type ended struct {
	epoch int64
	at    time.Time
}

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
	if s.ID < 0 {
		// Another library made it and knows no epochs: its age has to do.
		return !s.issued.After(e.at)
	}
	return s.epoch < e.epoch
}

// add takes news in. Repeats and old news change nothing.
func (r *revoked) add(list ...Revocation) {
	for _, v := range list {
		if v.Session != 0 {
			r.sessions.put(v.Session, v.At)
			continue
		}
		if e, ok := r.users.get(v.UserID); !ok || v.Epoch >= e.epoch {
			r.users.put(v.UserID, ended{v.Epoch, v.At})
		}
	}
}

// forget drops what happened before t: no session of that time can be alive.
func (r *revoked) forget(t time.Time) {
	r.sessions.drop(func(at time.Time) bool { return at.Before(t) })
	r.users.drop(func(e ended) bool { return e.at.Before(t) })
}

// blind tells whether news has been missing for so long that a write should not rely on it.
func (r *revoked) blind(now time.Time) bool {
	since := r.brokenSince.Load()
	return since != 0 && now.UnixNano()-since > int64(blindAfter)
}

// errBlind: whether the session has been ended elsewhere is not known.
var errBlind = errors.New("signet: revocations cannot be read")

// blindAfter is how long a dead feed is tolerated for requests that change something.
const blindAfter = 30 * time.Second

// follow reads the feed until ctx ends.
func (a *Auth) follow(ctx context.Context, feed Feed, cursor string) {
	pause := 100 * time.Millisecond
	for ctx.Err() == nil {
		news, next, err := feed.Since(ctx, cursor)
		if err == nil {
			a.revoked.add(news...)
			cursor, pause = next, 100*time.Millisecond
			a.revoked.brokenSince.Store(0)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if a.revoked.brokenSince.CompareAndSwap(0, a.world.Now().UnixNano()) {
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

func (s *shards[K, V]) put(k K, v V) {
	p := &s.part[maphash.Comparable(s.seed, k)%uint64(len(s.part))]
	p.Lock()
	defer p.Unlock()
	if p.m == nil {
		p.m = map[K]V{}
	}
	if _, ok := p.m[k]; !ok {
		s.size.Add(1)
	}
	p.m[k] = v
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
