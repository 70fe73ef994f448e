package token_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signet-auth/signet/token"
)

func TestFresh(t *testing.T) {
	long := func(left time.Duration) func() token.Record { return func() token.Record { return ending(left) } }
	with := func(r func() token.Record, change func(*token.Record)) func() token.Record {
		return func() token.Record { r := r(); change(&r); return r }
	}
	for _, test := range []struct {
		name   string
		record func() token.Record
		bare   bool // without a Refresh
		access string
		want   error
		calls  int64 // in the end
	}{
		{"far from its end", long(time.Minute + time.Second), false, "access-0", nil, 0},
		{"inside the margin it is served and renewed", long(59 * time.Second), false, "access-0", nil, 1},
		{"in the last quarter of the margin callers wait", long(15 * time.Second), false, "access-1", nil, 1},
		{"expired", long(0), false, "access-1", nil, 1},
		{"expired, nobody renews it", long(0), true, "", token.ErrExpired, 0},
		{"inside the margin, nobody renews it", long(time.Second), true, "access-0", nil, 0},
		{"expired, no refresh token", with(expired, func(r *token.Record) { r.Set.Refresh = "" }), false, "", token.ErrExpired, 0},
		{"expired, the refresh token too", with(expired, func(r *token.Record) { r.Set.RefreshExpires = time.Now() }), false, "", token.ErrExpired, 0},
		{"without an end", with(expired, func(r *token.Record) { r.Set.Expires = time.Time{} }), false, "access-0", nil, 0},
		{"without an access token", with(long(time.Hour), func(r *token.Record) { r.Set.Access = "" }), false, "access-1", nil, 1},
		{"a short life: the margin is a fifth", with(long(21*time.Second), func(r *token.Record) { r.Since = time.Now().Add(-79 * time.Second) }), false, "access-0", nil, 0},
		{"nobody knows since when", with(long(59*time.Second), func(r *token.Record) { r.Since = time.Time{} }), false, "access-0", nil, 1},
		{"ended, however long the token has", with(long(time.Hour), func(r *token.Record) { r.State = token.Ended }), false, "", token.ErrEnded, 0},
		{"in doubt, the token is good", with(long(time.Second), func(r *token.Record) { r.State = token.InDoubt }), false, "access-0", nil, 0},
		{"in doubt, the token is over", with(expired, func(r *token.Record) { r.State = token.InDoubt }), false, "", token.ErrInDoubt, 0},
		{"asked by another, far from its end", with(long(time.Hour), func(r *token.Record) { r.State = token.Asked }), false, "access-0", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, test.record, func(t *testing.T, h *hall) {
				h.provider.delay = 300 * time.Millisecond
				how := h.provider.refresh
				if test.bare {
					how = nil
				}
				r, err := h.keeper.Fresh(t.Context(), "k", how)
				wantErr(t, err, test.want)
				if r.Set.Access != test.access {
					t.Errorf("access token = %q, want %q", r.Set.Access, test.access)
				}
				synctest.Wait()
				time.Sleep(time.Second)
				wantCalls(t, &h.provider, test.calls)
			})
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		_, err := new(token.Keeper).Fresh(t.Context(), "k", nil)
		wantErr(t, err, token.ErrNone)
	})
}

func TestEarly(t *testing.T) {
	for _, test := range []struct {
		early, left time.Duration
		calls       int64
	}{{10 * time.Minute, 9 * time.Minute, 1}, {10 * time.Minute, 11 * time.Minute, 0}, {2 * time.Hour, 31 * time.Minute, 0}} {
		virtual(t, func() token.Record { return ending(test.left) }, func(t *testing.T, h *hall) {
			h.keeper.Early = test.early
			h.fresh(t)
			time.Sleep(time.Second)
			wantCalls(t, &h.provider, test.calls)
		})
	}
}

func TestAClockOfItsOwn(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
		var ahead time.Duration
		h.keeper.Now = func() time.Time { return time.Now().Add(ahead) }
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-0")
		ahead, h.provider.life = 2*time.Hour, 4*time.Hour
		r, err = h.fresh(t)
		wantAccess(t, r, err, "access-1")
		if !r.Since.Equal(h.keeper.Now()) {
			t.Errorf("the new tokens came at %v, by a clock that says %v", r.Since, h.keeper.Now())
		}
	})
}

func TestATokenThatIsNotOverOutlivesAFailedRefresh(t *testing.T) {
	virtual(t, func() token.Record { return ending(14 * time.Second) }, func(t *testing.T, h *hall) {
		down := h.provider.fail(100)
		for range 10 {
			r, err := h.keeper.Fresh(t.Context(), "k", down)
			wantAccess(t, r, err, "access-0")
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Second)
		_, err := h.keeper.Fresh(t.Context(), "k", down)
		wantErr(t, err, errProvider)
		if n := h.log.count(token.Failed); n != 5 { // at 0, 1, 3, 7 and 15 seconds
			t.Errorf("%d calls", n)
		}
	})
}

func TestACallerLeavesAlone(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 300 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			begun := time.Now()
			_, err := h.keeper.Fresh(ctx, "k", h.provider.refresh) // the first: its context must not be the call's
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 110*time.Millisecond {
				t.Errorf("%v after %v", err, time.Since(begun))
			}
		})
		time.Sleep(time.Millisecond)
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
		wg.Wait()
		wantCalls(t, &h.provider, 1)
	})
}

func TestKeysAreApart(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		var others [2]provider
		h.provider.delay = 300 * time.Millisecond
		h.place.Seed("k\x00", expired())
		h.place.Seed("K", expired())
		var wg sync.WaitGroup
		wg.Go(func() { h.fresh(t) })
		for i, key := range []string{"k\x00", "K"} {
			wg.Go(func() { h.keeper.Fresh(t.Context(), key, others[i].refresh) })
		}
		wg.Wait()
		for _, p := range []*provider{&h.provider, &others[0], &others[1]} {
			wantCalls(t, p, 1)
		}
	})
}

func TestABusyKeyIsRemembered(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
		for range 100 {
			h.fresh(t)
			time.Sleep(100 * time.Millisecond)
		}
		if n := h.process.loads.Load(); n != 10 {
			t.Errorf("%d reads in ten seconds", n)
		}
		write(t, h.place, signIn)
		h.keeper.Forget("k")
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-new")
		h.keeper.Recall = -1
	})
	t.Run("or not", func(t *testing.T) {
		virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
			h.keeper.Recall = -1
			for range 10 {
				h.fresh(t)
			}
			if n := h.process.loads.Load(); n != 10 {
				t.Errorf("%d reads for ten calls", n)
			}
		})
	})
}

func TestWhatIsRememberedIsServedNoLongerThanItIsGood(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Minute + 100*time.Millisecond) }, func(t *testing.T, h *hall) {
		h.keeper.Recall = time.Hour
		h.fresh(t)
		wantCalls(t, &h.provider, 0)
		time.Sleep(200 * time.Millisecond)
		h.fresh(t)
		time.Sleep(time.Millisecond)
		wantCalls(t, &h.provider, 1)
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
	})
}

func TestForgetDuringARefresh(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 300 * time.Millisecond
		go h.fresh(t)
		time.Sleep(100 * time.Millisecond)
		write(t, h.place, signIn)
		h.keeper.Forget("k")
		begun := time.Now()
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-new")
		if time.Since(begun) > 0 {
			t.Error("a caller waited for a refresh of tokens that are no more")
		}
		time.Sleep(time.Second)
		r, err = h.fresh(t)
		wantAccess(t, r, err, "access-new")
	})
}

// slow answers late with what it read early.
type slow struct{ token.Place }

func (s slow) Load(ctx context.Context, key string) (token.Record, error) {
	r, err := s.Place.Load(ctx, key)
	time.Sleep(100 * time.Millisecond)
	return r, err
}

func TestForgetDuringARead(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
		k := &token.Keeper{Place: slow{h.place}, OnDemand: true}
		var wg sync.WaitGroup
		wg.Go(func() { k.Fresh(t.Context(), "k", h.provider.refresh) })
		time.Sleep(50 * time.Millisecond)
		write(t, h.place, signIn)
		k.Forget("k")
		wg.Wait()
		r, err := k.Fresh(t.Context(), "k", h.provider.refresh)
		wantAccess(t, r, err, "access-new")
	})
}

func TestAgain(t *testing.T) {
	good := func() token.Record { return ending(30 * time.Minute) }
	t.Run("a thousand callers with the same dead token", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			h.provider.delay = 300 * time.Millisecond
			var wg sync.WaitGroup
			for i := range 1000 {
				wg.Go(func() {
					if i%2 == 0 {
						h.fresh(t)
					}
					r, err := h.keeper.Again(t.Context(), "k", "access-0", h.provider.refresh)
					if err != nil || r.Set.Access != "access-1" {
						t.Errorf("%v %v", r, err)
					}
				})
			}
			wg.Wait()
			wantCalls(t, &h.provider, 1)
		})
	})
	t.Run("beside those who do not know that it is dead", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			k := &token.Keeper{Place: slow{h.place}, OnDemand: true}
			go k.Fresh(t.Context(), "k", h.provider.refresh)
			time.Sleep(time.Millisecond)
			r, err := k.Again(t.Context(), "k", "access-0", h.provider.refresh)
			wantAccess(t, r, err, "access-1")
			wantCalls(t, &h.provider, 1)
		})
	})
	t.Run("another process has refreshed", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			h.fresh(t) // remembered
			write(t, h.place, signIn)
			r, err := h.keeper.Again(t.Context(), "k", "access-0", h.provider.refresh)
			wantAccess(t, r, err, "access-new")
			wantCalls(t, &h.provider, 0)
		})
	})
	t.Run("an API that always says 401", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			other := &token.Keeper{Place: h.place, OnDemand: true}
			for i := range 600 {
				k := []*token.Keeper{h.keeper, other}[i%2]
				r, err := k.Fresh(t.Context(), "k", h.provider.refresh)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := k.Again(t.Context(), "k", r.Set.Access, h.provider.refresh); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if n := h.provider.calls.Load(); n < 10 || n > 12 {
				t.Errorf("%d calls in a minute", n)
			}
		})
	})
	t.Run("the provider is out of order", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			_, err := h.keeper.Again(t.Context(), "k", "access-0", h.provider.fail(1))
			wantErr(t, err, errProvider)
			r, err := h.fresh(t) // who does not know that it is dead
			wantAccess(t, r, err, "access-0")
		})
	})
	t.Run("nobody renews it", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			_, err := h.keeper.Again(t.Context(), "k", "access-0", nil)
			wantErr(t, err, token.ErrExpired)
		})
	})
	t.Run("no dead token", func(t *testing.T) {
		virtual(t, good, func(t *testing.T, h *hall) {
			s, err := h.keeper.Source("k", h.provider.refresh)(t.Context(), "")
			wantAccess(t, token.Record{Set: s}, err, "access-0")
		})
	})
}

func TestF13_CloseWaitsForWhatIsUnderWay(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 2500 * time.Millisecond
		go h.fresh(t)
		time.Sleep(time.Millisecond)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantErr(t, h.keeper.Close(short), context.DeadlineExceeded)
		wantErr(t, h.keeper.Close(t.Context()), nil)
		wantAccess(t, stored(t, h.place), nil, "access-1")
		r, err := h.fresh(t) // what is good is served on
		wantAccess(t, r, err, "access-1")
		time.Sleep(2 * time.Hour)
		_, err = h.fresh(t)
		wantErr(t, err, token.ErrClosed)
		wantCalls(t, &h.provider, 1)
	})
}

func TestF13_CloseDoesNotWaitForOthers(t *testing.T) {
	virtual(t, func() token.Record { return ending(30 * time.Second) }, func(t *testing.T, h *hall) {
		h.provider.delay = 8 * time.Second
		other := &token.Keeper{Place: h.place, OnDemand: true}
		other.Fresh(t.Context(), "k", h.provider.refresh)
		time.Sleep(time.Millisecond)
		begun := time.Now()
		r, err := h.fresh(t) // watches the other behind the caller's back
		wantAccess(t, r, err, "access-0")
		wantErr(t, h.keeper.Close(t.Context()), nil)
		if took := time.Since(begun); took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		other.Close(t.Context())
	})
}
