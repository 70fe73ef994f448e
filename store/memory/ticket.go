package memory

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

// tickets has a lock of its own: no move of a ticket touches anything else.
type tickets struct {
	mu sync.Mutex
	m  map[string]*ticket
}

type ticket struct {
	signet.Ticket
	after []byte
	until time.Time
}

// ends is when the ticket can be forgotten.
func (t *ticket) ends() time.Time {
	if t.Uses <= 0 && t.until.After(t.Expires) {
		return t.until
	}
	return t.Expires
}

func (t *ticket) taken() signet.Taken {
	return signet.Taken{Value: bytes.Clone(t.Value), Left: t.Uses, Expires: t.Expires}
}

func newTicket(t signet.Ticket) *ticket {
	t.Value = bytes.Clone(t.Value)
	t.Uses = max(0, t.Uses)
	return &ticket{Ticket: t}
}

// Issue implements [signet.TicketStore].
func (s *Store) Issue(ctx context.Context, key string, t signet.Ticket) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	s.tickets.m[key] = newTicket(t)
	return nil
}

// Consume implements [signet.TicketStore]. A ticket is expired from the very moment
// Expires on. Look with Fresh puts Fresh in place too.
func (s *Store) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	if err := ctx.Err(); err != nil {
		return signet.Taken{}, err
	}
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	t := s.tickets.m[key]
	if u.Back {
		return returnUse(t, u.Now)
	}
	if t == nil || !u.Now.Before(t.ends()) {
		if u.Fresh == nil {
			return signet.Taken{}, signet.ErrNotFound
		}
		t = newTicket(*u.Fresh)
		s.tickets.m[key] = t
	}
	if t.Uses == 0 {
		taken := t.taken()
		taken.After = bytes.Clone(t.after)
		return taken, signet.ErrSpent
	}
	if u.Look {
		return t.taken(), nil
	}
	t.Uses--
	if t.Uses == 0 {
		t.after, t.until = bytes.Clone(u.After), u.Until
	}
	return t.taken(), nil
}

// returnUse returns a use to a ticket that has not expired.
func returnUse(t *ticket, now time.Time) (signet.Taken, error) {
	if t == nil || !now.Before(t.Expires) {
		return signet.Taken{}, signet.ErrNotFound
	}
	t.Uses++
	return t.taken(), nil
}

// Sweep implements [signet.TicketStore].
func (s *Store) Sweep(ctx context.Context, before time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	n := 0
	for key, t := range s.tickets.m {
		if t.ends().Before(before) {
			delete(s.tickets.m, key)
			n++
		}
	}
	return n, nil
}
