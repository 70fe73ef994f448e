package token_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/token"
)

// A provider rotates refresh tokens and kills the family when one is used twice.
type provider struct {
	delay time.Duration
	life  time.Duration // of access tokens; zero means an hour
	grace time.Duration // a token that was used up this long ago brings the same successor

	// lostFirst: the first request is lost on its way, and its caller waits until he gives up.
	lostFirst bool

	// answer, if set, replaces the answer of a call that came out well. n counts from 1.
	answer func(n int64, s token.Set) (token.Set, error)

	calls atomic.Int64

	mu       sync.Mutex
	number   int // of the newest tokens
	rotated  time.Time
	killed   bool
	inFlight int
	most     int // the most calls at once
}

// set is the newest tokens.
func (p *provider) set() token.Set {
	life := p.life
	if life == 0 {
		life = time.Hour
	}
	return token.Set{
		Access:  fmt.Sprintf("access-%d", p.number),
		Refresh: fmt.Sprintf("refresh-%d", p.number),
		Expires: time.Now().Add(life),
	}
}

// enter counts a call, and says that it is over with what it returns.
func (p *provider) enter() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight++
	p.most = max(p.most, p.inFlight)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.inFlight--
	}
}

// refresh is a token.Refresh.
func (p *provider) refresh(ctx context.Context, old token.Set) (token.Set, error) {
	n := p.calls.Add(1)
	defer p.enter()()
	if p.lostFirst && n == 1 {
		<-ctx.Done()
		return token.Set{}, ctx.Err()
	}
	s, err := p.rotate(old.Refresh)
	select {
	case <-time.After(p.delay):
	case <-ctx.Done():
		return token.Set{}, ctx.Err()
	}
	if err == nil && p.answer != nil {
		return p.answer(n, s)
	}
	return s, err
}

func (p *provider) rotate(refresh string) (token.Set, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.killed:
	case refresh == fmt.Sprintf("refresh-%d", p.number):
		p.number++
		p.rotated = now
		return p.set(), nil
	case refresh == fmt.Sprintf("refresh-%d", p.number-1) && now.Sub(p.rotated) < p.grace:
		return p.set(), nil
	default:
		p.killed = true
	}
	return token.Set{}, fmt.Errorf("invalid_grant: %w", token.ErrEnded)
}

// drop loses the first n answers after the provider has rotated.
func drop(n int64) func(int64, token.Set) (token.Set, error) {
	return func(call int64, s token.Set) (token.Set, error) {
		if call <= n {
			return token.Set{}, io.ErrUnexpectedEOF
		}
		return s, nil
	}
}

var errProvider = errors.New("the provider is out of order")

// fail answers the first n calls with an error, and rotates nothing.
func (p *provider) fail(n int64) token.Refresh {
	var failed atomic.Int64
	return func(ctx context.Context, old token.Set) (token.Set, error) {
		if failed.Add(1) <= n {
			return token.Set{}, errProvider
		}
		return p.refresh(ctx, old)
	}
}

// expired is a record whose access token is over.
func expired() token.Record {
	return token.Record{
		Set:        token.Set{Access: "access-0", Refresh: "refresh-0", Expires: time.Now().Add(-time.Minute)},
		Since:      time.Now().Add(-time.Hour),
		Generation: 1,
	}
}

// ending is a record whose token of one hour has left of its life.
func ending(left time.Duration) token.Record {
	r := expired()
	r.Set.Expires = time.Now().Add(left)
	r.Since = r.Set.Expires.Add(-time.Hour)
	return r
}

// holding is a place with one record under "k".
func holding(r token.Record) *token.Memory {
	m := new(token.Memory)
	m.Seed("k", r)
	return m
}

// A process may die: then its place neither reads nor writes any more, as seen from inside.
type process struct {
	token.Place
	dead  atomic.Bool
	loads atomic.Int64
	saves atomic.Int64
}

func (p *process) hang(ctx context.Context) error {
	if !p.dead.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (p *process) Load(ctx context.Context, key string) (token.Record, error) {
	p.loads.Add(1)
	if err := p.hang(ctx); err != nil {
		return token.Record{}, err
	}
	return p.Place.Load(ctx, key)
}

func (p *process) Save(ctx context.Context, key string, r token.Record) (token.Record, error) {
	p.saves.Add(1)
	if err := p.hang(ctx); err != nil {
		return r, err
	}
	return p.Place.Save(ctx, key, r)
}

// A logbook counts events.
type logbook struct {
	mu   sync.Mutex
	seen map[token.Kind]int
	last map[token.Kind]token.Event
}

func (l *logbook) report(e token.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen, l.last = map[token.Kind]int{}, map[token.Kind]token.Event{}
	}
	l.seen[e.Kind]++
	l.last[e.Kind] = e
}

func (l *logbook) count(k token.Kind) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[k]
}

func stored(t *testing.T, p token.Place) token.Record {
	t.Helper()
	r, err := p.Load(t.Context(), "k")
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return r
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error = %v, want %v", err, want)
	}
}

func wantAccess(t *testing.T, r token.Record, err error, want string) {
	t.Helper()
	if err != nil || r.Set.Access != want {
		t.Fatalf("access token = %q, error %v; want %q", r.Set.Access, err, want)
	}
}

func wantCalls(t *testing.T, p *provider, want int64) {
	t.Helper()
	if got := p.calls.Load(); got != want {
		t.Fatalf("%d calls to the provider, want %d", got, want)
	}
}
