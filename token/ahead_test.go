package token_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signet-auth/signet/token"
)

// use asks for the token every seven seconds, for so long, and returns the longest wait.
func (h *hall) use(t *testing.T, k *token.Keeper, long time.Duration) (longest time.Duration) {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(7 * time.Second) {
		begun := time.Now()
		if _, err := k.Fresh(t.Context(), "k", h.provider.refresh); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(begun))
	}
	return longest
}

func TestASessionInUseNeverWaits(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
		h.provider.delay = 2500 * time.Millisecond
		h.keeper.OnDemand = false
		if wait := h.use(t, h.keeper, 3*time.Hour); wait > 0 {
			t.Errorf("a caller waited %v", wait)
		}
		// Renewed ahead of the margin: an hour less one to one and a half minutes.
		if n := h.provider.calls.Load(); n != 3 {
			t.Errorf("%d calls in three hours", n)
		}
		if r := stored(t, h.place); r.Generation != 4 {
			t.Errorf("stored: %v", r)
		}
	})
}

func TestRenewedBeforeTheMarginWithJitter(t *testing.T) {
	when := map[time.Duration]bool{}
	for range 20 {
		virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
			h.keeper.OnDemand = false
			begun := time.Now()
			h.fresh(t)
			time.Sleep(time.Hour)
			r := stored(t, h.place)
			at := r.Since.Sub(begun)
			if left := time.Hour - at; r.Generation != 2 || left < time.Minute || left > 90*time.Second {
				t.Errorf("renewed %v before the end: %v", left, r)
			}
			when[at] = true
		})
	}
	if len(when) < 10 {
		t.Errorf("always at the same moment: %v", when)
	}
}

func TestAnIdleSessionIsLeftAlone(t *testing.T) {
	virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
		h.keeper.OnDemand = false
		h.use(t, h.keeper, time.Minute)
		time.Sleep(24 * time.Hour)
		wantCalls(t, &h.provider, 1) // it was used before the first
	})
	t.Run("by two processes too", func(t *testing.T) {
		virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
			h.keeper.OnDemand = false
			other := &token.Keeper{Place: h.place}
			h.use(t, h.keeper, time.Minute)
			h.use(t, other, time.Minute)
			time.Sleep(24 * time.Hour)
			wantCalls(t, &h.provider, 1)
			other.Close(t.Context())
		})
	})
}

func TestTimersEnd(t *testing.T) {
	for name, end := range map[string]func(*token.Keeper){
		"with the keeper":  func(k *token.Keeper) { k.Close(t.Context()) },
		"with the key":     func(k *token.Keeper) { k.Forget("k") },
		"or are not begun": func(k *token.Keeper) {},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func() token.Record { return ending(time.Hour) }, func(t *testing.T, h *hall) {
				h.keeper.OnDemand = name == "or are not begun"
				h.fresh(t)
				h.fresh(t)
				end(h.keeper)
				time.Sleep(2 * time.Hour)
				wantCalls(t, &h.provider, 0)
				if n := h.process.loads.Load(); n != 1 {
					t.Errorf("the place was read %d times", n)
				}
			})
		})
	}
}

func TestProcessesAheadMakeOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hall{place: holding(ending(time.Hour)), provider: provider{delay: 2500 * time.Millisecond}}
		keepers := make([]token.Keeper, 8)
		var wg sync.WaitGroup
		for i := range keepers {
			keepers[i].Place = h.place
			wg.Go(func() {
				if wait := h.use(t, &keepers[i], 90*time.Minute); wait > 0 {
					t.Errorf("a caller waited %v", wait)
				}
			})
		}
		wg.Wait()
		wantCalls(t, &h.provider, 1)
		for i := range keepers {
			keepers[i].Close(t.Context())
		}
	})
}

func TestMoreKeysThanAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := &token.Memory{Keys: 30_000}
		k := &token.Keeper{Place: place}
		p := &provider{}
		for i := range 10_500 {
			key := fmt.Sprint(i)
			place.Seed(key, ending(time.Hour))
			if r, err := k.Fresh(t.Context(), key, p.refresh); err != nil || r.Set.Access != "access-0" {
				t.Fatal(r, err)
			}
		}
		wantErr(t, k.Close(t.Context()), nil)
	})
}
