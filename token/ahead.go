package token

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// An alarm renews a key before its margin begins, if the key was asked for since it was set: a
// session in use never waits, and one that nobody uses is left alone.
type alarm struct {
	key        string
	how        Refresh
	generation int64
	asked      atomic.Bool
	timer      *time.Timer
}

// ask notes that the key is in use.
func (a *alarm) ask() {
	if a != nil && !a.asked.Load() { // all cores read it; it is written once
		a.asked.Store(true)
	}
}

// arm sets the alarm for the record that a flight ends with, or returns the one that is set.
// The caller has locked k.mu.
func (k *Keeper) arm(f *flight) *alarm {
	r := &f.record
	a := k.alarms[f.key]
	if a == nil || a.generation != r.Generation {
		k.disarm(f.key)
		if a = k.newAlarm(f.key, f.how, r); a == nil {
			return nil
		}
		k.alarms[f.key] = a
	}
	// What was asked for before a refresh says nothing about what comes after it.
	inUse := f.joined.Load() > 0 || f.ahead != nil && f.ahead.generation == r.Generation
	if inUse && !f.renewed {
		a.ask()
	}
	return a
}

// newAlarm starts the timer. It is nil where there is nothing to renew, or no time left for it.
func (k *Keeper) newAlarm(key string, how Refresh, r *Record) *alarm {
	now := k.now()
	if k.OnDemand || k.closed || len(k.alarms) >= maxKeys ||
		r.State == InDoubt || r.Set.Expires.IsZero() || !r.renewable(now, how) {
		return nil
	}
	margin := k.margin(r)
	left := r.Set.Expires.Sub(now) - margin
	if half := margin / 2; half > 0 {
		// Sessions that began together, and processes that share them, spread.
		left -= rand.N(half)
	}
	if left <= 0 {
		return nil
	}
	a := &alarm{key: key, how: how, generation: r.Generation}
	a.timer = time.AfterFunc(left, func() { k.ring(a) })
	return a
}

// disarm stops the alarm of a key. The caller has locked k.mu.
func (k *Keeper) disarm(key string) {
	if a := k.alarms[key]; a != nil {
		a.timer.Stop()
		delete(k.alarms, key)
	}
}

func (k *Keeper) ring(a *alarm) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.alarms[a.key] != a {
		return
	}
	delete(k.alarms, a.key)
	if a.asked.Load() && k.flights[a.key] == nil {
		k.depart(context.Background(), a.key, want{how: a.how, ahead: a})
	}
}
