// Package signettest helps to test what is built with Signet, on loopback and without the
// network: a [Clock] that stands still, a [Browser] that keeps cookies as browsers do, the
// sign-in servers of companies as a [Provider], with their quirks and with every [Fault] a
// test wants, and a [Mailbox] that takes letters.
//
// It does not own what the answers of real providers mean: that is the business of package
// signet's providers, which are tested against it.
package signettest

import (
	"sync"
	"time"
)

// A Clock stands still until it is told to move. Give Now to [signet.World]. Its zero value
// shows the year 1; use [NewClock]. It may be used by several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now is the time shown.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, also backwards.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
