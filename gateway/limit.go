package gateway

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// A limiter counts requests by client in a table of fixed size, so that no number of
// addresses costs more memory.
type limiter struct {
	each  time.Duration // between two requests in the long run
	ahead time.Duration // how far a burst may run ahead

	mu    sync.Mutex
	seed  maphash.Seed
	slots [limitSlots]slot
}

// limitSlots is how many clients are told apart; limitTries how many places a client may
// have in the table.
const (
	limitSlots = 8192
	limitTries = 4
)

// A slot is one client, and when its last request would have come had they come evenly
// (the generic cell rate algorithm). A slot of which that time is past tells nothing any
// more and may be taken by another.
type slot struct {
	client uint64
	next   time.Time
}

func newLimiter(l Limit) *limiter {
	if l.PerMinute == 0 {
		return nil
	}
	burst := l.Burst
	if burst == 0 {
		burst = l.PerMinute
	}
	each := time.Minute / time.Duration(l.PerMinute)
	return &limiter{each: each, ahead: each * time.Duration(burst-1), seed: maphash.MakeSeed()}
}

// take counts one request. Where it is one too many it returns how long to wait.
func (l *limiter) take(address string, now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	client := maphash.String(l.seed, network(address))
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.find(client)
	next := s.next
	if s.client != client || next.Before(now) {
		next = now
	}
	if wait = next.Sub(now) - l.ahead; wait > 0 {
		return wait
	}
	*s = slot{client, next.Add(l.each)}
	return 0
}

// find returns the slot of a client: its own, or the one of its places that has been idle
// longest.
func (l *limiter) find(client uint64) *slot {
	best := &l.slots[client%limitSlots]
	for i := range uint64(limitTries) {
		s := &l.slots[(client+i)%limitSlots]
		if s.client == client {
			return s
		}
		if s.next.Before(best.next) {
			best = s
		}
	}
	return best
}

// network is what a client is counted by: an IPv4 address, or the /64 that one customer of
// an IPv6 provider has to himself.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err == nil && ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return address
}
