package gateway

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A pause keeps requests from waiting for an upstream that is not there: after some failed
// dials in a row dialing stops for a while, then one dial is let through to see.
type pause struct {
	after  int // dials; not above zero means never
	length time.Duration
	now    func() time.Time

	mu     sync.Mutex
	failed int // dials in a row
	until  time.Time
	trying bool
}

// enter returns zero when a dial may start, or else how long to wait. A dial that may start
// must be followed by leave.
func (p *pause) enter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.after <= 0 || p.failed < p.after {
		return 0
	}
	if left := p.until.Sub(p.now()); left > 0 {
		return left
	}
	if p.trying {
		return p.length
	}
	p.trying = true
	return 0
}

// leave counts a dial. One that its client gave up says nothing about the upstream.
func (p *pause) leave(err error, givenUp bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trying = false
	if err == nil {
		p.failed = 0
		return
	}
	if givenUp {
		return
	}
	p.failed++
	p.until = p.now().Add(p.length)
}

func (p *pause) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.after <= 0 || p.failed < p.after
}

// healthy is false while dialing pauses and after an active check that failed.
func (u *upstream) healthy() bool { return u.pause.open() && !u.sick.Load() }

// watch asks the health path until ctx ends.
func (u *upstream) watch(ctx context.Context) {
	tick := time.NewTicker(u.o.HealthEvery)
	defer tick.Stop()
	for {
		err := u.check(ctx)
		if ctx.Err() != nil {
			return
		}
		u.sick.Store(err != nil)
		if err == nil {
			u.pause.leave(nil, false)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// check asks once, on a connection of its own, so that it also proves that one can be made.
func (u *upstream) check(ctx context.Context) error {
	c, err := u.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	defer context.AfterFunc(ctx, c.close)()
	c.setDeadline(time.Now().Add(u.o.HeaderTimeout))
	c.bw.WriteString("GET " + u.base + u.o.HealthPath + " HTTP/1.1\r\nHost: " + u.host + "\r\nConnection: close\r\n\r\n")
	if err := c.bw.Flush(); err != nil {
		return err
	}
	h, err := c.readHead()
	if err != nil {
		return err
	}
	if h.status < 200 || h.status >= 400 {
		return errors.New("gateway: upstream: the health path answered with a failure")
	}
	return nil
}
