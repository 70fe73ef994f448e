package token

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// want is what a flight sets out for.
type want struct {
	how   Refresh
	dead  string // the API refused this access token
	ahead *alarm // nobody waits: renew before the margin is reached
}

// A flight does the work of all who want the same key at the same time.
type flight struct {
	want
	key      string
	joined   atomic.Int64 // all callers
	waiting  atomic.Int64 // those who are still there
	offering sync.Once

	// Of the flight's own goroutine:
	renewed bool      // it has brought new tokens
	read    time.Time // when the place was last heard of
	by      string    // its attempt that leads, or led

	soft      chan struct{} // closed when meanwhile can be served
	meanwhile Record

	done   chan struct{} // closed when record and err are there
	record Record        // the newest known, also beside an error
	err    error
}

// errGone is the result of a flight whose goroutine was ended by its Refresh or its Place.
var errGone = errors.New("token: the refresh was abandoned")

// join finds the flight of a key or begins one. Anew, it finds only one that knows of the same
// dead token.
func (k *Keeper) join(ctx context.Context, key string, w want, anew bool) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.flights[key]
	if f == nil || anew && f.dead != w.dead {
		f = k.depart(ctx, key, w)
	}
	f.joined.Add(1)
	f.waiting.Add(1)
	return f
}

// depart begins a flight, which goes on when ctx ends. The caller has locked k.mu.
func (k *Keeper) depart(ctx context.Context, key string, w want) *flight {
	f := &flight{
		want: w,
		key:  strings.Clone(key), // may be a piece of a request's header, and is kept
		soft: make(chan struct{}),
		done: make(chan struct{}),
		err:  errGone,
	}
	k.flights[f.key] = f
	k.running[f] = struct{}{}
	go k.fly(context.WithoutCancel(ctx), f)
	return f
}

func (k *Keeper) fly(ctx context.Context, f *flight) {
	defer k.land(f)
	ctx, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	f.record, f.err = k.turn(ctx, f)
}

// land ends a flight: what it found is remembered, unless it was told to forget.
func (k *Keeper) land(f *flight) {
	k.mu.Lock()
	delete(k.running, f)
	if k.flights[f.key] == f {
		delete(k.flights, f.key)
		if f.renewed {
			delete(k.pauses, f.key)
		}
		if _, err := k.answer(f.record, f.err); err == nil {
			k.memories.put(&memory{
				key: f.key, record: f.record, at: f.read, good: k.goodUntil(&f.record), alarm: k.arm(f),
			})
		} else {
			k.memories.drop(f.key)
		}
	}
	k.mu.Unlock()
	if n := f.waiting.Load(); n > 0 {
		k.report(Event{Kind: Served, Key: f.key, Waiters: int(n)})
	}
	close(f.done)
}

// offer lets who joins have r while the flight goes on.
func (f *flight) offer(r Record) {
	f.offering.Do(func() {
		f.meanwhile = r
		close(f.soft)
	})
}

// meets tells, after waiting for either, whether the caller can go with what is there
// meanwhile.
func (f *flight) meets(ctx context.Context, k *Keeper) bool {
	select {
	case <-f.soft:
		if k.fair(&f.meanwhile, k.now()) {
			f.waiting.Add(-1)
			return true
		}
	case <-f.done:
	case <-ctx.Done():
	}
	return false
}

// wait waits for the result. Its error is that of ctx.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	default:
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		f.waiting.Add(-1)
		return context.Cause(ctx)
	}
}
