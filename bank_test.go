package signet_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// A bank is a provider that takes tokens back, when it is open.
type bank struct {
	*elsewhere
	mu    sync.Mutex
	fails func(signet.Tokens) error // nil: it is open
	asked map[string]int            // by refresh token
	taken map[string]int
}

const theRefresh, theAccess = "CANARY-refresh-of-jieun", "CANARY-access-of-jieun"

func newBank(id string) *bank {
	b := &bank{elsewhere: somewhere(id, true), asked: map[string]int{}, taken: map[string]int{}}
	b.is(signet.Identity{Subject: "1", Tokens: &signet.Tokens{Access: theAccess, Refresh: theRefresh}})
	return b
}

func (b *bank) Revoke(_ context.Context, _ signet.World, t signet.Tokens) error {
	b.mu.Lock()
	b.asked[t.Refresh]++
	fails := b.fails
	b.mu.Unlock()
	if fails != nil {
		if err := fails(t); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken[t.Refresh]++
	return nil
}

// answers makes every call fail so, or succeed with nil.
func (b *bank) answers(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails = func(signet.Tokens) error { return err }
}

func (b *bank) counts() (asked, taken int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.asked {
		asked += n
	}
	for _, n := range b.taken {
		taken += n
	}
	return asked, taken
}

func (b *bank) wants(t *testing.T, asked, taken int) {
	t.Helper()
	if a, n := b.counts(); a != asked || n != taken {
		t.Errorf("asked %d times and took tokens back %d times, want %d and %d", a, n, asked, taken)
	}
}

// errDial is what an HTTP client says, with the whole address; what it is about is for
// every eye.
var errDial = fmt.Errorf("post %q: connection refused", "https://bank.example/revoke?token="+theRefresh)

// refusal is an error that can tell an outage.
type refusal struct{ outage bool }

func (r refusal) Error() string { return "bank: it says no" }

func (r refusal) Outage() bool { return r.outage }

// A drawer is a store of errands whose rows a test can see. It may jam.
type drawer struct {
	signet.ErrandStore
	mu   sync.Mutex
	rows map[string]signet.Errand
	jams atomic.Bool
}

// use puts the drawer before the store.
func (d *drawer) use(c *signet.Config) {
	d.ErrandStore, d.rows = c.Stores.Errands, map[string]signet.Errand{}
	c.Stores.Errands = d
}

func (d *drawer) PutErrand(ctx context.Context, e signet.Errand) error {
	if d.jams.Load() {
		return errDown
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.ErrandStore.PutErrand(ctx, e)
	if err == nil {
		d.rows[e.ID] = e
	}
	return err
}

func (d *drawer) TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]signet.Errand, error) {
	if d.jams.Load() {
		return nil, errDown
	}
	return d.ErrandStore.TakeErrands(ctx, now, limit, hold)
}

func (d *drawer) DropErrand(ctx context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.rows, id)
	return d.ErrandStore.DropErrand(ctx, id)
}

func (d *drawer) list() []signet.Errand {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.rows))
}

// tried waits until every errand, of which there are n, has been tried so often.
func (d *drawer) tried(t *testing.T, n, times int) {
	t.Helper()
	soon(t, fmt.Sprintf("%d errands tried %d times", n, times), func() bool {
		list := d.list()
		return len(list) == n && !slices.ContainsFunc(list, func(e signet.Errand) bool { return e.Tries != times })
	})
}

// unlinked is a user who has just taken a way to sign in away.
func unlinked(t *testing.T, h *house, provider string) {
	t.Helper()
	c := h.courier(t)
	c.signIn()
	c.come(provider, c.depart(provider))
	if got := outcome(c.change("unlink", "provider", provider)); got != "done=WayRemoved" {
		t.Fatalf("%q", got)
	}
}
