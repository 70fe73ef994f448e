package token_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/token"
)

// placeTest is what every Place does.
func placeTest(t *testing.T, open func() token.Place) {
	full := expired()
	full.State, full.Tries, full.By, full.Beat = token.Asked, 2, "me", 7
	t.Run("what was saved is loaded", func(t *testing.T) {
		p := open()
		saved, err := p.Save(t.Context(), "k", full)
		if err != nil || saved.Version == 0 {
			t.Fatalf("Save = %v, %v", saved, err)
		}
		want := full
		want.Version = saved.Version
		if got := stored(t, p); got != want || saved != want {
			t.Errorf("Load = %v, want %v", got, want)
		}
	})
	t.Run("nothing is there", func(t *testing.T) {
		p := open()
		_, err := p.Load(t.Context(), "k")
		wantErr(t, err, token.ErrNone)
	})
	t.Run("a row that is gone stays gone", func(t *testing.T) {
		p := open()
		r := full
		r.Version = 3
		_, err := p.Save(t.Context(), "k", r)
		wantErr(t, err, token.ErrNone)
		_, err = p.Load(t.Context(), "k")
		wantErr(t, err, token.ErrNone)
	})
	t.Run("only over the version stored", func(t *testing.T) {
		p := open()
		first, _ := p.Save(t.Context(), "k", full)
		second, err := p.Save(t.Context(), "k", first)
		if err != nil || second.Version <= first.Version {
			t.Fatalf("Save = %v, %v", second, err)
		}
		for _, r := range []token.Record{first, full, {Version: second.Version + 1}} {
			_, err = p.Save(t.Context(), "k", r)
			wantErr(t, err, token.ErrStale)
		}
		if got := stored(t, p); got != second {
			t.Errorf("Load = %v, want %v", got, second)
		}
	})
	t.Run("keys are apart to the letter", func(t *testing.T) {
		p := open()
		for _, key := range []string{"k", "K", "k\x00", "", "ㅋ"} {
			r := full
			r.By = key
			if _, err := p.Save(t.Context(), key, r); err != nil {
				t.Fatalf("Save(%q): %v", key, err)
			}
		}
		if r := stored(t, p); r.By != "k" {
			t.Errorf("under k there is the record of %q", r.By)
		}
	})
	t.Run("of many writers one wins", func(t *testing.T) {
		p := open()
		r, _ := p.Save(t.Context(), "k", full)
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := p.Save(t.Context(), "k", r); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d won", won.Load())
		}
	})
}

func TestMemory(t *testing.T) { placeTest(t, func() token.Place { return new(token.Memory) }) }

func generation(n int64) token.Record {
	return token.Record{Generation: n, Set: token.Set{Access: fmt.Sprint("access-", n)}}
}

func TestF09_AnOldCookieGetsTheNewGeneration(t *testing.T) {
	m := new(token.Memory)
	for _, test := range []struct {
		name        string
		seed, there int64
	}{
		{"the first cookie", 3, 3},
		{"the same again", 3, 3},
		{"an older cookie", 2, 3},
		{"a cookie of a newer sign-in", 5, 5},
		{"an old one after that", 3, 5},
	} {
		r := m.Seed("k", generation(test.seed))
		if r.Generation != test.there || r != stored(t, m) {
			t.Errorf("%s: %v, stored %v", test.name, r, stored(t, m))
		}
	}
}

func TestF09_ASeedDoesNotDisturbARefresh(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.delay = 300 * time.Millisecond
		time.AfterFunc(100*time.Millisecond, func() {
			for range 100 {
				h.place.Seed("k", expired())
			}
		})
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
		wantCalls(t, &h.provider, 1)
		if h.log.count(token.StaleWrite) > 0 {
			t.Error("the refresh was disturbed")
		}
	})
	asked := generation(1)
	asked.State, asked.Tries = token.Asked, 1
	m := holding(asked)
	if r := m.Seed("k", generation(1)); r.State != token.Asked || r.Tries != 1 || r != stored(t, m) {
		t.Errorf("the same cookie made a record that is asked for into %v", r)
	}
}

func TestAKeyThatComesBackHasNoOldVersion(t *testing.T) {
	m := new(token.Memory)
	old := m.Seed("k", generation(1))
	m.Drop("k")
	m.Drop("k")
	m.Seed("k", generation(1))
	_, err := m.Save(t.Context(), "k", old)
	wantErr(t, err, token.ErrStale)
}

func TestMemoryIsBounded(t *testing.T) {
	m := &token.Memory{Keys: 10}
	asked := generation(1)
	asked.State = token.Asked
	m.Seed("asked", asked)
	m.Seed("used", generation(1))
	for i := range 100 {
		m.Seed(fmt.Sprint(i), generation(1))
		m.Load(t.Context(), "used")
	}
	for key, want := range map[string]error{"asked": nil, "used": nil, "99": nil, "92": nil, "91": token.ErrNone, "0": token.ErrNone} {
		_, err := m.Load(t.Context(), key)
		if (err == nil) != (want == nil) {
			t.Errorf("Load(%q): %v, want %v", key, err, want)
		}
	}
	for i := range 100 {
		m.Seed(fmt.Sprint("asked", i), asked)
	}
	for i := range 100 {
		if _, err := m.Load(t.Context(), fmt.Sprint("asked", i)); err != nil {
			t.Errorf("a refresh under way was forgotten: %v", err)
		}
	}
}
