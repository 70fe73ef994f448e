package gateway

import (
	"context"
	"sync"
)

// A WebSocket and a stream of events outlive the moment in which they were judged. Those of
// somebody signed in end with the session, all others with the gate.

// statusSignedOut closes the WebSocket of a session that is over: 4401, as in "401", of
// those that RFC 6455 section 7.4.2 leaves to applications.
const statusSignedOut = 4401

// lasting is one such answer.
type lasting struct {
	yard    *yard
	end     context.CancelCauseFunc
	endless bool   // a WebSocket or events: it does not end by itself
	unhear  func() // ends the watch of the session
	once    sync.Once
}

// last keeps an answer in mind until stop.
func (y *yard) last(x *crossing, endless bool, end context.CancelCauseFunc) *lasting {
	l := &lasting{yard: y, end: end, endless: endless}
	y.mu.Lock()
	closed := y.closed
	if !closed {
		y.lasting[l] = true
	}
	y.mu.Unlock()
	if closed && endless {
		end(goingAway)
		return l
	}
	if s := x.visit.Session; s != nil {
		l.unhear = x.g.auth.Watch(s, func() { end(tunnelEnd{Code: statusSignedOut, Reason: "signed out"}) })
	}
	return l
}

var goingAway = tunnelEnd{Code: 1001, Reason: "the server is going away"}

// stop forgets an answer that has ended. A nil one was never kept in mind.
func (l *lasting) stop() {
	if l == nil {
		return
	}
	l.once.Do(func() {
		if l.unhear != nil {
			l.unhear()
		}
		l.yard.mu.Lock()
		delete(l.yard.lasting, l)
		l.yard.mu.Unlock()
	})
}

// close ends all that would not end by itself, now and later, and the connections to servers
// that nobody uses. An answer that is on its way is given the time that the HTTP server gives
// its requests.
func (y *yard) close() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.closed = true
	for l := range y.lasting {
		if l.endless {
			l.end(goingAway)
		}
	}
	closeAll(y.upstreams, nil)
	y.upstreams = map[upstreamKey]*upstream{}
}
