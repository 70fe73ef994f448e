package token

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// turn brings a flight home: it reads the record until nothing is left to do about it, and
// watches or leads in between.
func (k *Keeper) turn(ctx context.Context, f *flight) (Record, error) {
	r, err := k.load(ctx, f)
	for err == nil {
		if done, err := k.settled(f, r); done {
			return r, err
		}
		if r.State == Asked {
			var moved bool
			if r, moved, err = k.watch(ctx, f, r); moved || err != nil {
				continue
			}
			k.report(Event{Kind: TakenOver, Key: f.key})
		}
		r, err = k.lead(ctx, f, r)
		if !errors.Is(err, ErrStale) {
			return r, err
		}
		k.report(Event{Kind: StaleWrite, Key: f.key})
		r, err = k.load(ctx, f)
	}
	return r, err
}

func (k *Keeper) load(ctx context.Context, f *flight) (Record, error) {
	f.read = time.Now()
	return k.Place.Load(ctx, f.key)
}

// settled tells whether r is what the flight ends with, and the error beside it. A record that
// is still served while it is renewed is offered to those who wait.
func (k *Keeper) settled(f *flight, r Record) (bool, error) {
	now := k.now()
	switch {
	case r.State == Ended:
		return true, ErrEnded
	case r.State == InDoubt:
		return true, ErrInDoubt
	case !k.due(f, &r, now):
		return true, nil
	case !r.renewable(now, f.how):
		return true, ErrExpired
	}
	if cause := k.paused(f.key); cause != nil {
		return true, cause
	}
	if k.isClosed() {
		return true, ErrClosed
	}
	if f.dead == "" && k.fair(&r, now) {
		f.offer(r)
	}
	return false, nil
}

// due tells whether r has to be renewed for this flight.
func (k *Keeper) due(f *flight, r *Record, now time.Time) bool {
	switch {
	case !r.alive(now):
		return true
	case f.dead != "" && f.dead == r.Set.Access:
		age := now.Sub(r.Since)
		// Age is by the clocks of two processes, which differ by less than a minute.
		return age >= forceGap || age < -time.Minute
	case r.Set.Expires.IsZero():
		return false
	case f.ahead != nil:
		return r.renewable(now, f.how) && r.Set.Expires.Sub(now) <= k.margin(r)+k.margin(r)/2
	}
	return !k.good(r, now, f.how)
}

const (
	firstPoll = 10 * time.Millisecond
	lastPoll  = 50 * time.Millisecond
)

// watch follows a record in state Asked until somebody moves it on, which moved tells, or until
// it has stood still for as long as a leader may be silent: then nobody leads, and r is as it
// was at last.
//
// Standing still is counted by the clock of who watches, from the moment at which he saw the
// last change. No time is read from the record, so clocks that differ change nothing. One who
// takes over too early all the same, as the leader or the place is slow, finds another version
// when he writes.
func (k *Keeper) watch(ctx context.Context, f *flight, r Record) (_ Record, moved bool, err error) {
	since, poll := time.Now(), firstPoll
	for {
		// Others poll too; half of the time is left to chance, so that they spread.
		if err := sleep(ctx, poll/2+rand.N(poll/2)); err != nil {
			return r, false, err
		}
		if k.isClosed() && f.waiting.Load() == 0 {
			return r, false, ErrClosed
		}
		still := time.Since(since) >= k.lease() // counted before the record is read
		now, err := k.load(ctx, f)
		switch {
		case err != nil:
			if errors.Is(err, ErrNone) || still {
				return r, false, err
			}
		case now.State != Asked || now.Generation != r.Generation:
			return now, true, nil
		case now.Version != r.Version:
			r, since = now, time.Now()
		case still:
			return r, false, nil
		}
		poll = min(poll+poll/4, lastPoll)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A pause keeps a key from making calls after one that failed.
type pause struct {
	until time.Time
	last  time.Duration
	cause error
}

// paused returns the error of the call that failed, while no other may be made.
func (k *Keeper) paused(key string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.pauses[key]; p != nil && time.Now().Before(p.until) {
		return p.cause
	}
	return nil
}

// rest begins a pause, which is twice as long as one that has just ended.
func (k *Keeper) rest(key string, cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	p := k.pauses[key]
	if p == nil && len(k.pauses) >= maxKeys {
		for key, old := range k.pauses {
			if now.Sub(old.until) > 0 {
				delete(k.pauses, key)
			}
		}
		if len(k.pauses) >= maxKeys {
			return
		}
	}
	first := k.Backoff
	if first <= 0 {
		first = defaultBackoff
	}
	if p == nil || now.Sub(p.until) > longestBackoff {
		p = &pause{last: first / 2}
	}
	p.last = min(2*p.last, max(longestBackoff, first))
	p.until, p.cause = now.Add(p.last), cause
	k.pauses[key] = p
}
