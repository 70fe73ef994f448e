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
	panics, reused                     atomic.Int64

	mu      sync.Mutex
	badBy   map[string]int64
	renewal map[string]int64
}

// Stats is a snapshot of what an Auth counted since it was made. No count says who.
type Stats struct {
	SignIns, SignInsRefused, Throttled int64
	SignUps, SignOuts                  int64

	// RefusedReturns counts return targets that were not ours, RefusedCSRF forms without
	// a valid token, RefusedCrossSite posts from other sites.
	RefusedReturns, RefusedCSRF, RefusedCrossSite int64

	// ReusedTokens counts refresh tokens of ours that came a second time, and ended all that
	// followed from them.
	ReusedTokens int64

	// StoreFaults counts requests whose session could not be read.
	StoreFaults int64

	// Panics counts handlers that panicked and were answered with 500.
	Panics int64

	// BadCookies counts session cookies that were worth nothing, by reason: "expired",
	// "foreign", "malformed", "unsupported", "not-yet", "duplicate", "gap", "too-large",
	// "revoked", "unknown", "no-user", "header", "replaced" (an imported one whose new cookie
	// came back), "ended-beside" (by another application, see [Format.Beside]).
	BadCookies map[string]int64

	// Renewals counts what became of providers' tokens: "refreshed", "retried" (an answer was
	// lost, and the call made once more), "lost" (it may have been spent: the user has to
	// connect again), "grant-ended", "failed" (nothing was spent), "taken-over" (from another
	// process that died), "stale-write", "write-failed".
	Renewals map[string]int64
}

func (s *stats) badCookie(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.badBy == nil {
		s.badBy = map[string]int64{}
	}
	s.badBy[reason]++
}

func (s *stats) renewed(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.renewal == nil {
		s.renewal = map[string]int64{}
	}
	s.renewal[kind]++
}

// Stats returns the counts so far.
func (a *Auth) Stats() Stats {
	s := &a.stats
	s.mu.Lock()
	bad, renewals := maps.Clone(s.badBy), maps.Clone(s.renewal)
	s.mu.Unlock()
	return Stats{
		SignIns: s.signIns.Load(), SignInsRefused: s.signInsRefused.Load(), Throttled: s.throttled.Load(),
		SignUps: s.signUps.Load(), SignOuts: s.signOuts.Load(),
		RefusedReturns: s.refusedReturn.Load(), RefusedCSRF: s.csrfRefused.Load(), RefusedCrossSite: s.crossSite.Load(),
		StoreFaults: s.storeFault.Load(), Panics: s.panics.Load(), ReusedTokens: s.reused.Load(), BadCookies: bad, Renewals: renewals,
	}
}
