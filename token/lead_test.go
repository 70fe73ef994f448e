package token_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signet-auth/signet/token"
)

// virtual runs f in virtual time with a keeper on a place that holds r.
func virtual(t *testing.T, r func() token.Record, f func(t *testing.T, h *hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hall{place: holding(r())}
		h.process = &process{Place: h.place}
		h.keeper = &token.Keeper{Place: h.process, OnDemand: true, Report: h.log.report}
		f(t, h)
		h.keeper.Close(t.Context())
	})
}

type hall struct {
	provider provider
	place    *token.Memory
	process  *process
	keeper   *token.Keeper
	log      logbook
}

func (h *hall) fresh(t *testing.T) (token.Record, error) {
	return h.keeper.Fresh(t.Context(), "k", h.provider.refresh)
}

// write is a sign-in of another process: newer tokens.
func write(t *testing.T, p token.Place, change func(*token.Record)) {
	t.Helper()
	r := stored(t, p)
	change(&r)
	if _, err := p.Save(t.Context(), "k", r); err != nil {
		t.Fatalf("Save: %v", err)
	}
}

func signIn(r *token.Record) {
	r.Set = token.Set{Access: "access-new", Refresh: "refresh-new", Expires: time.Now().Add(time.Hour)}
	r.Since, r.Generation, r.State, r.Tries = time.Now(), r.Generation+1, token.Live, 0
}

func TestS84_TheAttemptIsRecordedBeforeTheCall(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		_, err := h.keeper.Fresh(t.Context(), "k", func(ctx context.Context, old token.Set) (token.Set, error) {
			if r := stored(t, h.place); r.State != token.Asked || r.Tries != 1 || len(r.By) < 20 {
				t.Errorf("while the provider is asked: %v by %q", r, r.By)
			}
			return h.provider.refresh(ctx, old)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestS84_ALeaderThatBeatsIsNotTakenForDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place, p := holding(expired()), &provider{delay: time.Minute}
		var seen logbook
		wide := func() *token.Keeper {
			return &token.Keeper{Place: place, Timeout: 2 * time.Minute, Report: seen.report, OnDemand: true}
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				r, err := wide().Fresh(t.Context(), "k", p.refresh)
				if err != nil || r.Set.Access != "access-1" {
					t.Errorf("%v %v", r, err)
				}
			})
		}
		wg.Wait()
		wantCalls(t, p, 1)
		if seen.count(token.TakenOver) != 0 {
			t.Error("a leader that lives was taken for dead")
		}
	})
}

func TestS84_ALateWriteIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		with func(*token.Record)
	}{
		{"by a sign-in", signIn},
		{"by the refresh of another", func(r *token.Record) {
			signIn(r)
			r.Set.Access = "access-new"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, expired, func(t *testing.T, h *hall) {
				h.provider.delay = 300 * time.Millisecond
				time.AfterFunc(100*time.Millisecond, func() { write(t, h.place, test.with) })
				r, err := h.fresh(t)
				wantAccess(t, r, err, "access-new")
				if r := stored(t, h.place); r.Set.Access != "access-new" {
					t.Errorf("stored: %q", r.Set.Access)
				}
				wantCalls(t, &h.provider, 1)
				if h.log.count(token.StaleWrite) != 1 {
					t.Error("nobody was told")
				}
			})
		})
	}
}

func TestS84_ALateRefreshRevivesNothing(t *testing.T) {
	for _, delay := range []time.Duration{300 * time.Millisecond, 2500 * time.Millisecond} {
		virtual(t, expired, func(t *testing.T, h *hall) {
			h.provider.delay = delay
			time.AfterFunc(100*time.Millisecond, func() { h.place.Drop("k") })
			_, err := h.fresh(t)
			wantErr(t, err, token.ErrNone)
			_, err = h.place.Load(t.Context(), "k")
			wantErr(t, err, token.ErrNone)
		})
	}
	t.Run("nor a tombstone", func(t *testing.T) {
		virtual(t, expired, func(t *testing.T, h *hall) {
			h.provider.delay = 300 * time.Millisecond
			time.AfterFunc(100*time.Millisecond, func() {
				write(t, h.place, func(r *token.Record) { r.State = token.Ended })
			})
			_, err := h.fresh(t)
			wantErr(t, err, token.ErrEnded)
			if r := stored(t, h.place); r.State != token.Ended {
				t.Errorf("stored: %v", r)
			}
		})
	})
}

func TestS84_AnEndThatIsOldNewsIsNotWritten(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay, h.provider.killed = 300*time.Millisecond, true
		time.AfterFunc(100*time.Millisecond, func() { write(t, h.place, signIn) })
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-new")
		if r := stored(t, h.place); r.State != token.Live {
			t.Errorf("stored: %v", r)
		}
	})
}

func TestARowMayHoldMoreThanTheRecord(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 8 * time.Second
		other := &token.Keeper{Place: h.place, OnDemand: true, Report: h.log.report}
		for _, after := range []time.Duration{500 * time.Millisecond, 7900 * time.Millisecond} {
			time.AfterFunc(after, func() { write(t, h.place, func(*token.Record) {}) })
		}
		begun := time.Now()
		var wg sync.WaitGroup
		for i, k := range []*token.Keeper{h.keeper, other} {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // or both may want to lead, and one write is stale
				r, err := k.Fresh(t.Context(), "k", h.provider.refresh)
				if took := time.Since(begun); err != nil || r.Set.Access != "access-1" || took > 8200*time.Millisecond {
					t.Errorf("%v %v after %v", r, err, took)
				}
			})
		}
		wg.Wait()
		wantCalls(t, &h.provider, 1)
		if h.log.count(token.TakenOver)+h.log.count(token.StaleWrite) > 0 {
			t.Errorf("events: %v", h.log.seen)
		}
	})
}

// pulse lets the leader beat at the last moment, once: just before somebody says that it died.
type pulse struct {
	token.Place
	refused atomic.Int64
}

func (p *pulse) Save(ctx context.Context, key string, r token.Record) (token.Record, error) {
	if r.State == token.InDoubt && p.refused.Load() == 0 {
		leader, err := p.Place.Load(ctx, key)
		if err == nil {
			_, err = p.Place.Save(ctx, key, leader)
		}
		if err != nil {
			return r, err
		}
		p.refused.Add(1)
	}
	return p.Place.Save(ctx, key, r)
}

func TestS84_NobodyIsBuriedAlive(t *testing.T) {
	virtual(t, func() token.Record {
		r := expired()
		r.State, r.Tries, r.By = token.Asked, 2, "one who lives"
		return r
	}, func(t *testing.T, h *hall) {
		k := &token.Keeper{Place: &pulse{Place: h.place}, OnDemand: true}
		begun := time.Now()
		_, err := k.Fresh(t.Context(), "k", h.provider.refresh)
		wantErr(t, err, token.ErrInDoubt)
		if took := time.Since(begun); took < 10*time.Second {
			t.Errorf("in doubt after %v, though the leader was heard of after five seconds", took)
		}
		wantCalls(t, &h.provider, 0)
	})
}

// A place that stops between two of its writes: the leader is silent, but not dead.
func TestS84_AnAnswerThatEverybodyMissedIsRescued(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 8 * time.Second
		frozen := &stuck{Place: h.place}
		slow := &token.Keeper{Place: frozen, OnDemand: true, Timeout: 20 * time.Second}
		var first token.Record
		var firstErr error
		var wg sync.WaitGroup
		wg.Go(func() { first, firstErr = slow.Fresh(t.Context(), "k", h.provider.refresh) })
		time.Sleep(time.Millisecond)
		frozen.beatless.Store(true)
		// The other takes over with the token that is used up, is refused, and is in doubt.
		_, err := h.keeper.Fresh(t.Context(), "k", func(context.Context, token.Set) (token.Set, error) {
			h.provider.calls.Add(1)
			return token.Set{}, token.ErrEnded
		})
		wantErr(t, err, token.ErrInDoubt)
		wg.Wait()
		wantAccess(t, first, firstErr, "access-1")
		wantCalls(t, &h.provider, 2)
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
	})
}

// stuck loses beats: all writes of a record that is asked for already.
type stuck struct {
	token.Place
	beatless atomic.Bool
}

func (s *stuck) Save(ctx context.Context, key string, r token.Record) (token.Record, error) {
	if s.beatless.Load() && r.State == token.Asked {
		return r, errors.New("the line is dead")
	}
	return s.Place.Save(ctx, key, r)
}

func TestThePlaceIsOutOfOrderWhenTheAnswerComes(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 300 * time.Millisecond
		broken := &shaky{Place: h.place}
		k := &token.Keeper{Place: broken, OnDemand: true, Report: h.log.report}
		time.AfterFunc(100*time.Millisecond, func() { broken.down.Store(true) })
		time.AfterFunc(3*time.Second, func() { broken.down.Store(false) })
		r, err := k.Fresh(t.Context(), "k", h.provider.refresh)
		wantAccess(t, r, err, "access-1")
		wantAccess(t, stored(t, h.place), nil, "access-1")
		if h.log.count(token.WriteFailed) == 0 {
			t.Error("nobody was told")
		}
	})
}

func TestAClaimOfWhichNobodyKnowsIsLookedUp(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		half := &shaky{Place: h.place}
		half.deaf.Store(true)
		k := &token.Keeper{Place: half, OnDemand: true}
		r, err := k.Fresh(t.Context(), "k", func(ctx context.Context, old token.Set) (token.Set, error) {
			half.deaf.Store(false)
			return h.provider.refresh(ctx, old)
		})
		wantAccess(t, r, err, "access-1")
		wantCalls(t, &h.provider, 1)
	})
}

// shaky fails: when down without having written, when deaf after it has.
type shaky struct {
	token.Place
	down, deaf atomic.Bool
}

var errShaky = errors.New("the place is out of order")

func (s *shaky) Save(ctx context.Context, key string, r token.Record) (token.Record, error) {
	if s.down.Load() {
		return r, errShaky
	}
	saved, err := s.Place.Save(ctx, key, r)
	if err == nil && s.deaf.Load() {
		return r, errShaky
	}
	return saved, err
}

func TestAResultOfWhichNobodyKnowsIsUsed(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		half := &shaky{Place: h.place}
		k := &token.Keeper{Place: half, OnDemand: true}
		r, err := k.Fresh(t.Context(), "k", func(ctx context.Context, old token.Set) (token.Set, error) {
			half.deaf.Store(true)
			return h.provider.refresh(ctx, old)
		})
		wantAccess(t, r, err, "access-1")
		wantCalls(t, &h.provider, 1)
	})
}

func TestARefreshThatPanicsOrHangs(t *testing.T) {
	for name, how := range map[string]token.Refresh{
		"panics": func(_ context.Context, s token.Set) (token.Set, error) { panic("with " + s.Refresh) },
		"hangs": func(context.Context, token.Set) (token.Set, error) {
			time.Sleep(time.Hour)
			return token.Set{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, expired, func(t *testing.T, h *hall) {
				_, err := h.keeper.Fresh(t.Context(), "k", how)
				wantErr(t, err, token.ErrInDoubt)
				if strings.Contains(err.Error(), "refresh-0") {
					t.Errorf("error: %v", err)
				}
				time.Sleep(3 * time.Hour)
			})
		})
	}
}

func TestAnAnswerWithoutATokenIsAnError(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		_, err := h.keeper.Fresh(t.Context(), "k", func(context.Context, token.Set) (token.Set, error) { return token.Set{}, nil })
		if r := stored(t, h.place); err == nil || r.State != token.Live || r.Set.Access != "access-0" {
			t.Errorf("%v, stored %v", err, r)
		}
	})
}

func TestATokenThatHasExpiredWhenItComesIsNoStorm(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.life = -time.Minute
		for range 10 {
			h.fresh(t)
		}
		wantCalls(t, &h.provider, 1)
	})
}
