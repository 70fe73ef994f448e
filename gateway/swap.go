package gateway

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/signet-auth/signet"
)

// A Swap serves with the newest of several gates, so that the configuration can change
// while requests are served. Requests under way keep the gate they came in by.
// Its methods may be called from several goroutines.
type Swap struct {
	gate atomic.Pointer[Gate]
	turn sync.Mutex // one change at a time
}

// NewSwap serves with g until [Swap.Change].
func NewSwap(g *Gate) *Swap {
	s := &Swap{}
	s.gate.Store(g)
	return s
}

// Gate is the one that serves now.
func (s *Swap) Gate() *Gate { return s.gate.Load() }

// ServeHTTP serves with the newest gate.
func (s *Swap) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.gate.Load().ServeHTTP(w, r) }

// Change makes a gate of c and serves with it from now on. It shares the connections of the
// one before to servers that are still in use. After an error, a *[ConfigError], everything
// is as it was.
func (s *Swap) Change(auth *signet.Auth, c Config) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	g, err := build(auth, c, s.gate.Load().yard)
	if err != nil {
		return err
	}
	s.gate.Store(g)
	return nil
}

// Close is [Gate.Close] for all gates there were.
func (s *Swap) Close() error { return s.gate.Load().Close() }
