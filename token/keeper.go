package token

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// A Keeper hands out access tokens that are usable now, and renews them once per expiry. Any
// number of goroutines may use it, and any number of keepers, in this and other processes, the
// same [Place]. All fields are set before the first call; the zero value of each works, but
// nothing is found in the place of a keeper that has none.
//
// Within a process one flight per key does the work, and all who wait get its result. Between
// processes the one whose compare-and-swap marks the record as [Asked] leads, before it calls;
// the others watch the record. A leader that is not heard of for Lease is dead: another takes
// over, and calls once more with the same refresh token. There is no third call.
type Keeper struct {
	// Place keeps the records.
	Place Place

	// Now is the clock that expiry is judged by; nil means time.Now. All waiting is counted
	// by the clock of the machine, which never jumps.
	Now func() time.Time

	// Early is how long before its end a token is renewed; zero means one minute, or a fifth
	// of the token's life where that is less. It is never more than half of the life.
	Early time.Duration

	// Timeout bounds one call of a Refresh; zero means 10 seconds.
	Timeout time.Duration

	// Lease is how long a record in state Asked may stand still until its leader is taken for
	// dead; zero means 5 seconds. Keepers on one place have the same.
	Lease time.Duration

	// Recall is for how long a record is served from memory before the place is asked again;
	// zero means 1 second, less than zero never. What another process wrote is seen that much
	// later. At most 10,000 records are remembered.
	Recall time.Duration

	// Backoff is how long no call is made after one that failed and spent nothing; zero means
	// 1 second. It doubles up to 30 seconds while calls go on to fail.
	Backoff time.Duration

	// OnDemand switches off the timers that renew the tokens of busy keys before anybody has
	// to wait. There are at most 10,000.
	OnDemand bool

	// Report, if set, is told what happens, from any goroutine. It must not block.
	Report func(Event)

	once     sync.Once
	memories table
	shut     chan struct{} // closed by Close

	mu      sync.Mutex
	closed  bool
	flights map[string]*flight   // who joins finds the flight of its key here
	running map[*flight]struct{} // also those that are forgotten
	alarms  map[string]*alarm
	pauses  map[string]*pause
}

const (
	defaultTimeout = 10 * time.Second
	defaultLease   = 5 * time.Second
	defaultRecall  = time.Second
	defaultBackoff = time.Second
	defaultMargin  = time.Minute
	longestBackoff = 30 * time.Second

	// maxKeys bounds memories, alarms and pauses, each.
	maxKeys = 10_000

	// forceGap is the least age of a token that a 401 may have renewed. An API that says 401
	// to everything costs one refresh in that time and no more, whatever process is asked,
	// since the age is in the record.
	forceGap = 5 * time.Second
)

// start makes what the zero value lacks.
func (k *Keeper) start() {
	k.once.Do(func() {
		if k.Place == nil {
			k.Place = new(Memory)
		}
		k.shut = make(chan struct{})
		k.flights = map[string]*flight{}
		k.running = map[*flight]struct{}{}
		k.alarms = map[string]*alarm{}
		k.pauses = map[string]*pause{}
		if k.recall() > 0 {
			k.memories = newTable(maxKeys)
		}
	})
}

func (k *Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}

func (k *Keeper) timeout() time.Duration { return cmp.Or(k.Timeout, defaultTimeout) }
func (k *Keeper) lease() time.Duration   { return cmp.Or(k.Lease, defaultLease) }
func (k *Keeper) recall() time.Duration  { return cmp.Or(k.Recall, defaultRecall) }

// patience is how long a flight may take: two calls of its own or of others, with what it takes
// to find out that somebody died.
func (k *Keeper) patience() time.Duration { return 4*k.timeout() + 4*k.lease() }

// margin is how long before its end a token is renewed.
func (k *Keeper) margin(r *Record) time.Duration {
	life := r.Set.Expires.Sub(r.Since)
	if r.Since.IsZero() || life <= 0 {
		return cmp.Or(k.Early, defaultMargin)
	}
	if k.Early > 0 {
		return min(k.Early, life/2)
	}
	return min(defaultMargin, life/5)
}

// goodUntil is a moment up to which r is good, whoever asks.
func (k *Keeper) goodUntil(r *Record) time.Time {
	if r.State == Ended || r.Set.Access == "" || r.Set.Expires.IsZero() {
		return time.Time{}
	}
	return r.Set.Expires.Add(-k.margin(r))
}

// good tells whether r can be served without a thought of renewal.
func (k *Keeper) good(r *Record, now time.Time, how Refresh) bool {
	if r.State == Ended || !r.alive(now) {
		return false
	}
	return r.Set.Expires.IsZero() || r.Set.Expires.Sub(now) > k.margin(r) || !r.renewable(now, how)
}

// fair tells whether r can be served while it is being renewed.
func (k *Keeper) fair(r *Record, now time.Time) bool {
	return r.State != Ended && r.alive(now) && (r.Set.Expires.IsZero() || r.Set.Expires.Sub(now) > k.margin(r)/4)
}

// Fresh returns a record whose access token is usable now. Where it is about to expire it is
// renewed behind the caller's back; where it is too late for that, the caller waits. How may be
// nil: then the token is served until it expires. Callers that wait together share one how, so
// it belongs to the key.
//
// When ctx ends the caller leaves; the refresh goes on. Other errors wrap [ErrNone],
// [ErrExpired], [ErrEnded] or [ErrInDoubt], or what the provider or the place failed with.
func (k *Keeper) Fresh(ctx context.Context, key string, how Refresh) (Record, error) {
	k.start()
	clock := time.Now()
	now := clock
	if k.Now != nil {
		now = k.Now()
	}
	if m := k.memories.get(key); m != nil && clock.Sub(m.at) < k.recall() {
		if now.Before(m.good) || k.good(&m.record, now, how) {
			m.alarm.ask()
			return m.record, nil
		}
		if cause := k.paused(key); cause != nil {
			return k.answer(m.record, cause)
		}
	}
	f := k.join(ctx, key, want{how: how}, false)
	if f.meets(ctx, k) {
		return f.meanwhile, nil
	}
	if err := f.wait(ctx); err != nil {
		return Record{}, err
	}
	return k.answer(f.record, f.err)
}

// answer is what a caller gets that wants a token and not a reason: a token that has not
// expired, also when it could not be renewed. A grant that is over is over at once.
func (k *Keeper) answer(r Record, err error) (Record, error) {
	if err == nil || r.State != Ended && r.alive(k.now()) {
		return r, nil
	}
	return Record{}, err
}

// Again is for a caller whose API has said 401 to the access token dead. If the place holds
// another by now, that one is returned, else it is renewed. A token that is younger than five
// seconds is returned as it is: then the 401 has another cause.
func (k *Keeper) Again(ctx context.Context, key, dead string, how Refresh) (Record, error) {
	k.start()
	if dead == "" {
		return k.Fresh(ctx, key, how)
	}
	for anew := false; ; anew = true {
		f := k.join(ctx, key, want{how: how, dead: dead}, anew)
		if err := f.wait(ctx); err != nil {
			return Record{}, err
		}
		// A flight that was under way may not have known that the token is dead.
		if f.dead == dead || f.err != nil || f.record.Set.Access != dead {
			if f.err != nil {
				return Record{}, f.err
			}
			return f.record, nil
		}
	}
}

// Source gives the tokens of one key to a [Transport].
func (k *Keeper) Source(key string, how Refresh) func(ctx context.Context, dead string) (Set, error) {
	return func(ctx context.Context, dead string) (Set, error) {
		r, err := k.Again(ctx, key, dead, how)
		return r.Set, err
	}
}

// Forget drops what this process remembers of a key. Who writes or deletes its record past the
// keeper, at sign-in or unlink, calls it afterwards.
func (k *Keeper) Forget(key string) {
	k.start()
	k.mu.Lock()
	defer k.mu.Unlock()
	// A flight that is under way may have read the record of before. It ends alone.
	delete(k.flights, key)
	delete(k.pauses, key)
	k.disarm(key)
	k.memories.drop(key)
}

// Close begins no more refreshes, and returns when those under way have ended or ctx has. What
// is left then is found by other processes as a leader that died. Tokens that are good are
// served on.
func (k *Keeper) Close(ctx context.Context) error {
	k.start()
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.shut)
	}
	for key := range k.alarms {
		k.disarm(key)
	}
	var left []*flight
	for f := range k.running {
		left = append(left, f)
	}
	k.mu.Unlock()
	for _, f := range left {
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isClosed tells whether Close was called.
func (k *Keeper) isClosed() bool {
	select {
	case <-k.shut:
		return true
	default:
		return false
	}
}
