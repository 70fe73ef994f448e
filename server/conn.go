package server

import (
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// States of a connection.
const (
	stateNew    = iota // nothing has come yet
	stateBusy          // a request is answered, or the connection handed over
	stateIdle          // no request has come, or not all of its head
	stateClosed        // by Shutdown
)

// A conn is a connection, as long as it is served here.
type conn struct {
	s      *Server
	to     *passage
	tcp    *net.TCPConn
	base   context.Context
	remote string
	state  atomic.Int32
	born   time.Time

	buf        []byte // buf[begin:end] was read and is not served yet
	begin, end int
	small      *[smallBuffer]byte // buf is one of them
	large      *[largeBuffer]byte // nil until it is needed

	now        time.Time // when the request was here, or its head
	readUntil  time.Time // what the deadlines are; zero if they have to be set anew
	writeUntil time.Time

	current *exchange // nil between two requests
	served  bool      // a request was
	posted  bool      // by POST
	bye     bool      // this was the last request
	handed  bool      // the connection is somebody else's
	watch   watch
}

func newConn(s *Server, to *passage, tcp *net.TCPConn) *conn {
	base := to.base
	if s.HTTP.ConnContext != nil {
		base = s.HTTP.ConnContext(base, tcp)
	}
	base = context.WithValue(base, http.LocalAddrContextKey, tcp.LocalAddr())
	c := &conn{s: s, to: to, tcp: tcp, base: base, born: time.Now(), remote: tcp.RemoteAddr().String(), small: new([smallBuffer]byte)}
	c.buf = c.small[:]
	return c
}

// serve answers requests until the connection ends or is handed over.
func (c *conn) serve() {
	defer c.close()
	defer c.recovered()
	for ; c.await(); c.served = true {
		x := c.read()
		if x == nil {
			return
		}
		c.current = x
		c.s.handler().ServeHTTP(&x.answer, x.r)
		x.life.end()
		c.current = nil
		if c.handed {
			return
		}
		x.answer.finish()
		if x.tidy(); c.bye {
			return
		}
	}
}

// recovered ends a request whose handler panicked, and with it the connection: what was sent
// of the answer is not taken for a whole one.
func (c *conn) recovered() {
	p := recover()
	if p != nil && p != http.ErrAbortHandler {
		c.s.logf("http: panic serving %v: %v\n%s", c.remote, p, debug.Stack())
	}
	if c.current != nil {
		c.current.life.end()
		if !c.handed {
			c.current.tidy()
		}
	}
}

// close ends what is still here.
func (c *conn) close() {
	if !c.handed {
		c.tcp.Close()
	}
	c.s.forget(c)
	c.begin, c.end = 0, 0
	c.settle()
	c.buf, c.small = nil, nil // or whoever keeps the context of a request would keep them
}

// begins is how many bytes of a request have to be there until it has begun, in net/http too.
// The time for the head runs from then on, and less than that is no request.
const begins = 4

// await waits for the next request to begin. It is false when none will come.
func (c *conn) await() bool {
	h := c.s.HTTP
	if !c.served { // the time for the first one runs from the beginning
		c.readWithin(firstOf(h.ReadHeaderTimeout, h.ReadTimeout), c.born)
		return true
	}
	c.state.Store(stateIdle)
	if c.s.closing.Load() {
		return false
	}
	if c.end-c.begin < begins {
		c.settle()
		c.readWithin(firstOf(h.IdleTimeout, h.ReadTimeout), time.Now())
	}
	for c.end-c.begin < begins {
		if c.readMore() != nil {
			return false
		}
	}
	if c.posted {
		c.skipBreaks()
	}
	return true
}

// skipBreaks drops line ends before a request. Old clients send some after the body of a POST,
// and net/http forgives them as many.
func (c *conn) skipBreaks() {
	for range begins {
		if b := c.buf[c.begin]; b != '\r' && b != '\n' {
			return
		}
		c.begin++
	}
}

// busy keeps Shutdown from closing the connection. It is false where that is done.
func (c *conn) busy() bool { return c.state.Swap(stateBusy) != stateClosed }

// readWithin sets the deadline for reads to d from now on, or none. To move it each time would
// cost more than it is worth, so it may be a sixteenth early.
func (c *conn) readWithin(d time.Duration, now time.Time) {
	if moved, ok := until(c.readUntil, d, now); ok {
		c.readUntil = moved
		c.tcp.SetReadDeadline(moved)
	}
}

// writeWithin is readWithin for writes.
func (c *conn) writeWithin(d time.Duration, now time.Time) {
	if moved, ok := until(c.writeUntil, d, now); ok {
		c.writeUntil = moved
		c.tcp.SetWriteDeadline(moved)
	}
}

// until tells whether a deadline has to be moved, and to when.
func until(set time.Time, d time.Duration, now time.Time) (moved time.Time, ok bool) {
	if d <= 0 {
		return time.Time{}, !set.IsZero()
	}
	left := set.Sub(now)
	return now.Add(d), left < d-d>>4 || left > d
}

// firstOf is the first of the timeouts that is set; 0 means none.
func firstOf(timeouts ...time.Duration) time.Duration {
	for _, d := range timeouts {
		if d != 0 {
			return max(d, 0)
		}
	}
	return 0
}
