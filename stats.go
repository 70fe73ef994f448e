package signet

import (
	"maps"
	"sync"
	"sync/atomic"
)

// stats counts what happened since the start.
type stats struct {
	signIns, signInsRefused, throttled atomic.Int64
	signUps, signOuts, refusedReturn   atomic.Int64
	csrfRefused, crossSite, storeFault atomic.Int64
	panics                             atomic.Int64

	mu    sync.Mutex
	badBy map[string]int64
}

// Stats is a snapshot of what an Auth counted since it was made. No count says who.
type Stats struct {
	SignIns, SignInsRefused, Throttled int64
	SignUps, SignOuts                  int64

	// RefusedReturns counts return targets that were not ours, RefusedCSRF forms without
	// a valid token, RefusedCrossSite posts from other sites.
	RefusedReturns, RefusedCSRF, RefusedCrossSite int64

	// StoreFaults counts requests whose session could not be read.
	StoreFaults int64

	// Panics counts handlers that panicked and were answered with 500.
	Panics int64

	// BadCookies counts session cookies that were worth nothing, by reason: "expired",
	// "foreign", "malformed", "unsupported", "not-yet", "duplicate", "gap", "too-large",
	// "revoked", "unknown", "no-user", "header", "replaced" (an imported one whose new cookie
	// came back), "ended-beside" (by another application, see [Format.Beside]).
	BadCookies map[string]int64
}

func (s *stats) badCookie(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.badBy == nil {
		s.badBy = map[string]int64{}
	}
	s.badBy[reason]++
}

// Stats returns the counts so far.
func (a *Auth) Stats() Stats {
	s := &a.stats
	s.mu.Lock()
	bad := maps.Clone(s.badBy)
	s.mu.Unlock()
	return Stats{
		SignIns: s.signIns.Load(), SignInsRefused: s.signInsRefused.Load(), Throttled: s.throttled.Load(),
		SignUps: s.signUps.Load(), SignOuts: s.signOuts.Load(),
		RefusedReturns: s.refusedReturn.Load(), RefusedCSRF: s.csrfRefused.Load(), RefusedCrossSite: s.crossSite.Load(),
		StoreFaults: s.storeFault.Load(), Panics: s.panics.Load(), BadCookies: bad,
	}
}
