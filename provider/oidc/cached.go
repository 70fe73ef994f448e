package oidc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

const (
	fresh   = time.Hour        // what was fetched is used without asking again
	stale   = 24 * time.Hour   // and so long when asking fails
	between = 30 * time.Second // from one forced try to the next, or from one failure to the next
)

// cached is something fetched from a provider, by one goroutine for all who need it. What
// goes wrong with a new one does not take away the old one. Its methods may be called from
// several goroutines.
type cached[T any] struct {
	// load fetches a new value; old is the one before, or zero.
	load func(ctx context.Context, w signet.World, old T) (T, error)

	mu      sync.Mutex
	value   T
	loaded  time.Time     // when value was fetched; zero: never
	tried   time.Time     // when somebody last began to fetch it
	forced  time.Time     // when renew last did
	flight  chan struct{} // closed when the one on its way is here; nil: there is none
	failure error         // of the last flight
}

// get gives the value, fetched within the last hour, or within the last day where the
// provider is out of order.
func (c *cached[T]) get(ctx context.Context, w signet.World) (T, error) {
	now := w.Now()
	c.mu.Lock()
	if c.good(now, fresh) || c.good(now, stale) && (c.flight != nil || now.Sub(c.tried) < between) {
		defer c.mu.Unlock()
		return c.value, nil
	}
	landed := c.fly(ctx, w, now)
	c.mu.Unlock()
	if err := wait(ctx, landed); err != nil {
		return *new(T), err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.good(now, stale) {
		return c.value, nil
	}
	return *new(T), c.failure
}

// renew fetches a new value because the one that is here does not do. Half a minute has to
// be between two such calls; who comes sooner gets none. It tells whether there may be a
// new one.
func (c *cached[T]) renew(ctx context.Context, w signet.World) bool {
	now := w.Now()
	c.mu.Lock()
	var landed <-chan struct{} = c.flight
	if c.flight == nil {
		if !c.forced.IsZero() && now.Sub(c.forced) < between {
			c.mu.Unlock()
			return false
		}
		c.forced = now
		landed = c.fly(ctx, w, now)
	}
	c.mu.Unlock()
	return wait(ctx, landed) == nil
}

// good tells whether the value is no older than age. mu is held.
func (c *cached[T]) good(now time.Time, age time.Duration) bool {
	return !c.loaded.IsZero() && now.Sub(c.loaded) < age
}

// fly begins to fetch, unless that is on its way. It does not stop when the one visitor goes
// away who happened to need it first. mu is held.
func (c *cached[T]) fly(ctx context.Context, w signet.World, now time.Time) <-chan struct{} {
	if c.flight != nil {
		return c.flight
	}
	landed := make(chan struct{})
	c.flight, c.tried = landed, now
	old := c.value
	go func() {
		value, err := c.try(context.WithoutCancel(ctx), w, old)
		c.mu.Lock()
		if c.failure = err; err == nil {
			c.value, c.loaded = value, now
		}
		c.flight = nil
		c.mu.Unlock()
		close(landed)
	}()
	return landed
}

var errPanic = errors.New("oidc: the HTTP client panicked")

// try is load; an HTTP client that panics is no reason to end the program.
func (c *cached[T]) try(ctx context.Context, w signet.World, old T) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return c.load(ctx, w, old)
}

func wait(ctx context.Context, landed <-chan struct{}) error {
	select {
	case <-landed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
