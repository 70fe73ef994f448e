package oauth2

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

const (
	// maxFailures in a row open the circuit, halfOpen later one call may try.
	maxFailures = 5
	halfOpen    = 10 * time.Second
)

// ErrOpen is the cause of an [*Error] for a call that was not made: the last five failed,
// less than ten seconds ago.
var ErrOpen = errors.New("not asked, since the last calls failed")

// A Breaker spares a dead provider further calls, and visitors the wait: it opens after
// five failures in a row, and lets one call through every ten seconds until one succeeds.
// The zero value is closed. Its methods may be called from several goroutines.
type Breaker struct {
	mu       sync.Mutex
	failures int
	next     time.Time // when the next one may try, while open
}

// Allow tells whether a call may be made. Who makes it says with Done how it went.
func (b *Breaker) Allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < maxFailures {
		return true
	}
	if now.Before(b.next) {
		return false
	}
	b.next = now.Add(halfOpen) // for everybody else; a trial that is lost ends by itself
	return true
}

// Done counts how a call went.
func (b *Breaker) Done(now time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		b.failures = 0
		return
	}
	if b.failures < maxFailures {
		b.failures++
	}
	b.next = now.Add(halfOpen)
}

// Send is [Send], unless the circuit is open, and counts how it went. Its error is an
// [*Error] with op.
func (b *Breaker) Send(w signet.World, op string, r *http.Request, within time.Duration, most int) (Reply, error) {
	w = Complete(w)
	if !b.Allow(w.Now()) {
		return Reply{}, &Error{Op: op, Err: ErrOpen}
	}
	reply, err := Send(w, r, within, most)
	e := &Error{Op: op, Status: reply.Status, Err: err}
	if r.Context().Err() == nil { // else the visitor went away, or had no time left
		b.Done(w.Now(), !e.Outage())
	}
	if err != nil {
		return Reply{}, e
	}
	return reply, nil
}
