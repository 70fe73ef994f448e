package token_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signet-auth/signet/token"
)

// A storm is many callers at once for one expired token.
type storm struct {
	keepers, callers int
	delay            time.Duration
	provider         provider

	// kill lets the process that leads die in the middle of its first call.
	kill bool

	processes []*process
}

// A caught is what one caller got.
type caught struct {
	process int
	record  token.Record
	err     error
	took    time.Duration
}

// rage runs a storm and returns the place, the provider, and what those got whose process did
// not die.
func (s *storm) rage(t *testing.T) (*token.Memory, *provider, []caught) {
	place, p := holding(expired()), &s.provider
	p.delay = s.delay
	keepers := make([]*token.Keeper, s.keepers)
	s.processes = make([]*process, s.keepers)
	hows := make([]token.Refresh, s.keepers)
	for i := range keepers {
		s.processes[i] = &process{Place: place}
		keepers[i] = &token.Keeper{Place: s.processes[i], OnDemand: true}
		hows[i] = p.refresh
		if s.kill {
			hows[i] = p.killing(s.processes[i])
		}
	}
	all := make([]caught, s.callers)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			at, begun := i%s.keepers, time.Now()
			r, err := keepers[at].Fresh(t.Context(), "k", hows[at])
			all[i] = caught{at, r, err, time.Since(begun)}
		})
	}
	wg.Wait()
	var alive []caught
	for _, c := range all {
		if !s.processes[c.process].dead.Load() {
			alive = append(alive, c)
		}
	}
	return place, p, alive
}

// killing kills the process of the first caller half-way through its call.
func (p *provider) killing(victim *process) token.Refresh {
	return func(ctx context.Context, old token.Set) (token.Set, error) {
		if p.calls.Load() == 0 {
			time.AfterFunc(p.delay/2, func() { victim.dead.Store(true) })
		}
		return p.refresh(ctx, old)
	}
}

// eachStorm runs f in virtual time for all numbers of keepers and all delays.
func eachStorm(t *testing.T, f func(t *testing.T, s *storm)) {
	for _, keepers := range []int{1, 3, 8} {
		for _, delay := range []time.Duration{1, 300, 2500, 8000} {
			t.Run(fmt.Sprintf("%d processes, %d ms", keepers, delay), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f(t, &storm{keepers: keepers, callers: 1000, delay: delay * time.Millisecond})
				})
			})
		}
	}
}

func wantAll(t *testing.T, got []caught, access string, want error, within time.Duration) {
	t.Helper()
	for i, c := range got {
		if !errors.Is(c.err, want) || errors.Is(c.err, token.ErrEnded) || c.record.Set.Access != access {
			t.Fatalf("caller %d of %d got %q, %v; want %q, %v", i, len(got), c.record.Set.Access, c.err, access, want)
		}
		if c.took > within {
			t.Fatalf("caller %d of %d waited for %v, want %v at most", i, len(got), c.took, within)
		}
	}
}

func TestF09_OneCallAndAThousandServed(t *testing.T) {
	eachStorm(t, func(t *testing.T, s *storm) {
		place, p, got := s.rage(t)
		wantCalls(t, p, 1)
		if len(got) != s.callers {
			t.Fatalf("%d callers", len(got))
		}
		slack := 150 * time.Millisecond
		if s.keepers > 1 {
			slack = 400 * time.Millisecond
		}
		wantAll(t, got, "access-1", nil, s.delay+slack)
		for _, p := range s.processes {
			// Callers are woken by the result; one looks for all of them, every 25 ms at most.
			if n := p.loads.Load(); n > 10+int64(s.delay/(25*time.Millisecond)) || s.keepers == 1 && n != 1 {
				t.Errorf("a process read the place %d times", n)
			}
		}
		if r := stored(t, place); r.State != token.Live || r.Tries != 0 || r.Generation != 2 || r.By != "" {
			t.Errorf("stored: %v", r)
		}
	})
}

func TestF09_TheLeaderDiesBeforeTheProviderTurned(t *testing.T) {
	eachStorm(t, func(t *testing.T, s *storm) {
		s.kill, s.provider.lostFirst = true, true
		place, p, got := s.rage(t)
		got = s.restart(t, place, p, got)
		wantCalls(t, p, 2)
		wantAll(t, got, "access-1", nil, 2*s.delay+5*time.Second+400*time.Millisecond)
		late := &token.Keeper{Place: place, OnDemand: true}
		r, err := late.Fresh(t.Context(), "k", p.refresh)
		wantAccess(t, r, err, "access-1")
		wantCalls(t, p, 2)
	})
}

// restart asks once more where nobody has survived.
func (s *storm) restart(t *testing.T, place *token.Memory, p *provider, got []caught) []caught {
	if len(got) > 0 {
		return got
	}
	k, begun := &token.Keeper{Place: place, OnDemand: true}, time.Now()
	r, err := k.Fresh(t.Context(), "k", p.refresh)
	return []caught{{0, r, err, time.Since(begun)}}
}

func TestF09_TheLeaderDiesAfterTheProviderTurned(t *testing.T) {
	eachStorm(t, func(t *testing.T, s *storm) {
		s.kill = true
		place, p, got := s.rage(t)
		got = s.restart(t, place, p, got)
		wantCalls(t, p, 2)
		wantAll(t, got, "", token.ErrInDoubt, 2*s.delay+5*time.Second+400*time.Millisecond)
		wantInDoubt(t, place, p)
	})
}

func TestF09_TheAnswerIsDropped(t *testing.T) {
	eachStorm(t, func(t *testing.T, s *storm) {
		s.provider.answer = drop(1)
		place, p, got := s.rage(t)
		wantCalls(t, p, 2)
		wantAll(t, got, "", token.ErrInDoubt, 2*s.delay+400*time.Millisecond)
		wantInDoubt(t, place, p)
	})
}

func TestF09_TheAnswerIsDroppedByAProviderWithGrace(t *testing.T) {
	eachStorm(t, func(t *testing.T, s *storm) {
		s.provider.answer, s.provider.grace = drop(1), 10*time.Second
		place, p, got := s.rage(t)
		wantCalls(t, p, 2)
		wantAll(t, got, "access-1", nil, 2*s.delay+400*time.Millisecond)
		if p.killed || stored(t, place).State != token.Live {
			t.Errorf("killed %t, stored %v", p.killed, stored(t, place))
		}
	})
}

// wantInDoubt: the record is there with its tokens, and no third call is made.
func wantInDoubt(t *testing.T, place *token.Memory, p *provider) {
	t.Helper()
	r := stored(t, place)
	if r.State != token.InDoubt || r.Set.Refresh != "refresh-0" || r.Generation != 1 {
		t.Errorf("stored: %v", r)
	}
	for range 3 {
		k := &token.Keeper{Place: place, OnDemand: true}
		_, err := k.Fresh(t.Context(), "k", p.refresh)
		wantErr(t, err, token.ErrInDoubt)
		if errors.Is(err, token.ErrEnded) {
			t.Errorf("a loss is taken for the end of the grant: %v", err)
		}
		time.Sleep(time.Minute)
	}
	wantCalls(t, p, 2)
}

func TestF09_ManySessionsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sessions, requests = 50, 50
		place := new(token.Memory)
		keepers := []*token.Keeper{{Place: place}, {Place: place}, {Place: place}}
		providers := make([]provider, sessions)
		var wg sync.WaitGroup
		for i := range providers {
			key, p := fmt.Sprint(i), &providers[i]
			p.delay = 300 * time.Millisecond
			place.Seed(key, expired())
			for j := range requests {
				wg.Go(func() {
					r, err := keepers[j%3].Fresh(t.Context(), key, p.refresh)
					if err != nil || r.Set.Access != "access-1" {
						t.Errorf("session %s: %v %v", key, r, err)
					}
				})
			}
		}
		wg.Wait()
		for i := range providers {
			wantCalls(t, &providers[i], 1)
		}
		for _, k := range keepers {
			k.Close(t.Context())
		}
	})
}
