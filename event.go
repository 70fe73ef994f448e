package signet

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// tell runs an event of the application; its panic is logged and changes nothing.
func (a *Auth) tell(event func()) {
	defer func() {
		if p := recover(); p != nil {
			a.stats.panics.Add(1)
			a.log.Error("event panicked", "panic", fmt.Sprint(p))
		}
	}()
	event()
}

// start reads the revocations that are known, then follows the feed and sweeps in the
// background.
func (a *Auth) start() error {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	feeds := a.feeds()
	a.revoked.broken = make([]atomic.Int64, len(feeds))
	for i, feed := range feeds {
		first, cancel := context.WithTimeout(ctx, 30*time.Second)
		news, cursor, err := feed.Since(first, "")
		cancel()
		if err != nil {
			stop()
			return fmt.Errorf("signet: revocations cannot be read: %w", err)
		}
		a.revoked.add(news...)
		a.done.Go(func() { a.follow(ctx, feed, cursor, &a.revoked.broken[i]) })
	}
	if a.config.Session.Strategy == JWT && a.config.Stores.Sessions == nil {
		a.log.Warn("sessions are stateless and there is no store: a sign-out is remembered by this process only, until it ends")
	}
	a.outbox.start(ctx)
	look := a.watchClock()
	a.done.Go(func() {
		a.every(ctx, time.Minute, look)
	})
	a.done.Go(func() {
		a.every(ctx, time.Hour, func() { a.sweep(ctx) })
	})
	return nil
}

// feeds asks the stores for news; one store that serves both is asked once.
func (a *Auth) feeds() []Feed {
	var feeds []Feed
	if f, ok := a.config.Stores.Sessions.(Feed); ok {
		feeds = append(feeds, f)
	}
	if f, ok := a.config.Stores.Users.(Feed); ok && (len(feeds) == 0 || feeds[0] != f) {
		feeds = append(feeds, f)
	}
	return feeds
}

// every calls do after each pause until ctx ends.
func (a *Auth) every(ctx context.Context, pause time.Duration, do func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// sweep forgets what no session can need any more.
func (a *Auth) sweep(ctx context.Context) {
	now := a.world.Now()
	old := now.Add(-a.config.Session.Absolute - time.Hour)
	a.revoked.forget(old)
	stores := a.config.Stores
	if s, ok := stores.Sessions.(SessionSweeper); ok {
		if _, err := s.SweepSessions(ctx, now, old); err != nil {
			a.log.Warn("sweep", "error", err)
		}
	}
	for _, t := range []TicketStore{stores.Tickets, stores.Counters} {
		if t == nil {
			continue
		}
		if _, err := t.Sweep(ctx, now); err != nil {
			a.log.Warn("sweep", "error", err)
		}
	}
}
