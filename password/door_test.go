package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signet-auth/signet/password"
)

// gated returns a Hasher whose hashes wait for a word on the channel, one for each.
func gated(h *password.Hasher) (*password.Hasher, chan struct{}) {
	h.Cost = cheap
	let := make(chan struct{})
	h.SetGate(func(string) { <-let })
	return h, let
}

// TestS48_AStormIsBounded: of 2,000 callers as many run as there are slots, 64 wait, and
// the others hear ErrBusy without waiting at all.
func TestS48_AStormIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, let := gated(&password.Hasher{Slots: 2})
		stored := mustHash(t, &password.Hasher{Cost: cheap}, phrase)
		var busy, done atomic.Int64
		var all sync.WaitGroup
		begin := time.Now()
		for i := range 2000 {
			all.Go(func() {
				var err error
				switch i % 3 {
				case 0:
					_, err = h.Verify(t.Context(), stored, phrase)
				case 1:
					err = h.Decoy(t.Context(), phrase)
				default:
					_, err = h.Hash(t.Context(), phrase)
				}
				switch {
				case errors.Is(err, password.ErrBusy):
					busy.Add(1)
				case err == nil:
					done.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		c := h.Counts()
		if c.Running < 1 || c.Running > 2 || c.Waiting != 64 || c.Refused != uint64(2000-64-c.Running) {
			t.Errorf("in the storm: %+v", c)
		}
		if n := busy.Load(); n != int64(c.Refused) {
			t.Errorf("%d heard ErrBusy, %d are counted", n, c.Refused)
		}
		close(let)
		all.Wait()
		if took := time.Since(begin); took != 0 {
			t.Errorf("somebody waited %v for an answer", took)
		}
		if done.Load()+busy.Load() != 2000 || h.Counts().Hashes != uint64(done.Load()) {
			t.Errorf("%d done, %d busy, %+v", done.Load(), busy.Load(), h.Counts())
		}
		if c := h.Counts(); c.Running != 0 || c.Waiting != 0 {
			t.Errorf("after the storm: %+v", c)
		}
	})
}

// TestS48_PatienceEnds after two seconds, and a place in the line is free again.
func TestS48_PatienceEnds(t *testing.T) {
	for name, c := range map[string]struct {
		patience, want time.Duration
	}{"by default": {0, 2 * time.Second}, "as told": {time.Minute, time.Minute}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, let := gated(&password.Hasher{Slots: 1, Waiting: 1, Patience: c.patience})
				first := make(chan error)
				go func() { first <- h.Decoy(t.Context(), phrase) }()
				synctest.Wait()
				begin := time.Now()
				if err := h.Decoy(t.Context(), phrase); !errors.Is(err, password.ErrBusy) {
					t.Errorf("Decoy = %v", err)
				}
				if took := time.Since(begin); took != c.want {
					t.Errorf("waited %v, want %v", took, c.want)
				}
				if c := h.Counts(); c.Waiting != 0 || c.Refused != 1 || c.Running != 1 {
					t.Errorf("then: %+v", c)
				}
				let <- struct{}{}
				if err := <-first; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestS48_NobodyWaitsIfNobodyMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, let := gated(&password.Hasher{Slots: 1, Waiting: -1})
		first := make(chan error)
		go func() { first <- h.Decoy(t.Context(), phrase) }()
		synctest.Wait()
		if err := h.Decoy(t.Context(), phrase); !errors.Is(err, password.ErrBusy) {
			t.Errorf("Decoy = %v", err)
		}
		let <- struct{}{}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

// TestS48_TheCancelledLeaveTheLine, and do not hash when their turn comes.
func TestS48_TheCancelledLeaveTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, let := gated(&password.Hasher{Slots: 1, Waiting: 2})
		answers := make(chan error, 3)
		enter := func(ctx context.Context) {
			go func() { answers <- h.Decoy(ctx, phrase) }()
			synctest.Wait()
		}
		leaving, leave := context.WithCancel(t.Context())
		enter(t.Context())
		enter(leaving)
		enter(t.Context())
		if c := h.Counts(); c.Running != 1 || c.Waiting != 2 {
			t.Fatalf("at first: %+v", c)
		}
		leave()
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled heard %v", err)
		}
		if c := h.Counts(); c.Waiting != 1 || c.Refused != 0 {
			t.Errorf("then: %+v", c)
		}
		close(let)
		for range 2 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		if c := h.Counts(); c != (password.Counts{Hashes: 2}) {
			t.Errorf("in the end: %+v", c)
		}
		if err := h.Decoy(leaving, phrase); !errors.Is(err, context.Canceled) || h.Counts().Hashes != 2 {
			t.Errorf("begun with a dead context: %v, %+v", err, h.Counts())
		}
	})
}

// TestS48_FirstComeFirstServed.
func TestS48_FirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, let := gated(&password.Hasher{Slots: 1})
		var order []int
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := h.Decoy(t.Context(), phrase); err != nil {
					t.Error(err)
				}
				order = append(order, i) // one at a time: the next begins by let
			})
			synctest.Wait()
		}
		for range 20 {
			let <- struct{}{}
			synctest.Wait()
		}
		all.Wait()
		for i, n := range order {
			if n != i {
				t.Fatalf("served in the order %v", order)
			}
		}
	})
}

// TestS48_MemoryIsBounded: a stored hash that wants more memory or threads than ours takes
// more slots, and those behind it wait rather than starve it.
func TestS48_MemoryIsBounded(t *testing.T) {
	dearer := func(c password.Cost) string { return mustHash(t, &password.Hasher{Cost: c}, phrase) }
	for name, c := range map[string]struct {
		stored  string
		running int // of five that came at once, with four slots
	}{
		"as ours":            {dearer(cheap), 4},
		"twice the memory":   {dearer(password.Cost{Memory: 16, Time: 1}), 2},
		"a little more":      {dearer(password.Cost{Memory: 9, Time: 1}), 2},
		"more than there is": {dearer(password.Cost{Memory: 800, Time: 1}), 1},
		"three threads":      {dearer(password.Cost{Memory: 24, Time: 1, Threads: 3}), 1},
		"bcrypt":             {"$2b$04$" + strings.Repeat("a", 53), 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, let := gated(&password.Hasher{Slots: 4})
				var all sync.WaitGroup
				for range 5 {
					all.Go(func() {
						if _, err := h.Verify(t.Context(), c.stored, phrase); err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				if got := h.Counts(); got.Running != c.running || got.Waiting != 5-c.running {
					t.Errorf("%+v, want %d running", got, c.running)
				}
				// A small one must not overtake those who wait.
				all.Go(func() {
					if err := h.Decoy(t.Context(), phrase); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
				if got := h.Counts(); got.Running != c.running {
					t.Errorf("overtaken: %+v", got)
				}
				close(let)
				all.Wait()
				if got := h.Counts(); got.Running != 0 || got.Waiting != 0 || got.Hashes != 6 {
					t.Errorf("in the end: %+v", got)
				}
			})
		})
	}
}

// TestS48_TriesOfOneAttemptPassAsOne: three forms of a password do not need three turns.
func TestS48_TriesOfOneAttemptPassAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, let := gated(&password.Hasher{Slots: 1, Waiting: -1})
		done := make(chan error)
		go func() {
			_, err := h.Verify(t.Context(), "$2b$04$"+strings.Repeat("a", 53), "값\u1100\u1161\u11b9")
			done <- err
		}()
		for range 3 {
			let <- struct{}{}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if c := h.Counts(); c != (password.Counts{Hashes: 3}) {
			t.Errorf("%+v", c)
		}
	})
}

// TestS48_ATurnIsNeverLost: waiters whose time is up, who are cancelled or served in the
// same moment leave the counts as they were. Run with -race.
func TestS48_ATurnIsNeverLost(t *testing.T) {
	h := &password.Hasher{Cost: cheap, Slots: 3, Waiting: 40, Patience: 50 * time.Microsecond}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((i+j)%7)*20*time.Microsecond)
				h.Decoy(ctx, phrase)
				cancel()
			}
		})
	}
	all.Wait()
	c := h.Counts()
	if c.Running != 0 || c.Waiting != 0 {
		t.Errorf("%+v", c)
	}
	for range 3 {
		if err := h.Decoy(context.Background(), phrase); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}
