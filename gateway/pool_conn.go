package gateway

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"
)

// Buffers of a connection: an answer that fits is read at once, and a request that fits is
// written in one piece.
const (
	readBuffer  = 8 << 10
	writeBuffer = 4 << 10
)

// errUnsent is for a connection that turned out to be closed, or to hold bytes that nobody
// asked for, before the request was written.
var errUnsent = errors.New("gateway: upstream: the connection was not quiet")

// longAgo as a deadline wakes whoever waits.
var longAgo = time.Unix(1, 0)

// A conn is one connection to an upstream. It is used by one exchange at a time.
type conn struct {
	stream net.Conn // what is read and written: TCP, or TLS over it
	raw    net.Conn // the TCP below; closing it wakes every reader and writer at once
	br     *bufio.Reader
	bw     *bufio.Writer
	fields []field // reused by readHead

	used  bool          // it has carried an answer, so it may have gone stale
	since time.Time     // unused since
	limit time.Duration // the pool's idle timeout
	keep  time.Duration // how long it may stay unused

	// beforeRead, if set, runs before the socket is asked for more: what has been passed on
	// so far is flushed then, and only then.
	beforeRead func()

	// late, if set, is asked once, when the deadline has passed and nothing has come.
	late interface{ goOn() bool }

	probe syscall.RawConn // nil where the socket cannot be asked
	armed bool            // the next Read is a turn
	turn  turn
}

func newConn(stream, raw net.Conn, limit time.Duration) *conn {
	c := &conn{stream: stream, raw: raw, limit: limit, keep: limit}
	c.br = bufio.NewReaderSize(c, readBuffer)
	c.bw = bufio.NewWriterSize(stream, writeBuffer)
	if s, ok := raw.(syscall.Conn); ok {
		c.probe, _ = s.SyscallConn()
	}
	c.turn.prepare(c)
	return c
}

// Read fills br.
func (c *conn) Read(p []byte) (int, error) {
	if c.beforeRead != nil {
		c.beforeRead()
	}
	n, err := c.readOnce(p)
	if err == nil || n > 0 || c.late == nil || !isTimeout(err) {
		return n, err
	}
	asked := c.late
	c.late = nil
	if !asked.goOn() {
		return n, err
	}
	return c.stream.Read(p)
}

func (c *conn) readOnce(p []byte) (int, error) {
	if c.armed {
		c.armed = false
		return c.takeTurn(p)
	}
	return c.stream.Read(p)
}

// canTurn tells whether the connection can look for what nobody asked for, write a request
// that its buffer holds, and wait, in one go. A new connection cannot: what it may have
// brought already would be missed by the wait.
func (c *conn) canTurn() bool { return c.used && c.probe != nil && c.stream == c.raw && turns }

// close does not wait for a TLS farewell: all that mattered has been read, or nothing of it
// is to be believed.
func (c *conn) close() { c.raw.Close() }

// setDeadline is false when the connection is closed.
func (c *conn) setDeadline(t time.Time) bool { return c.raw.SetDeadline(t) == nil }

// rest prepares the connection for lying unused.
func (c *conn) rest(now time.Time) {
	c.used, c.since, c.beforeRead, c.late = true, now, nil, nil
	clear(c.fields)
	c.fields = c.fields[:0]
}

// hint takes the upstream's word on how long it keeps an unused connection. One second is
// given away, for a request may be under way when the upstream closes.
func (c *conn) hint(seconds int) {
	c.keep = min(c.limit, max(time.Duration(seconds-1)*time.Second, time.Second/2))
}

// quiet tells whether an unused connection is open and holds no byte. A byte that nobody
// asked for would be taken for the start of the next answer, and every later answer would
// go to the wrong client. The deadline is the one that is set.
func (c *conn) quiet(deadline time.Time) bool {
	if c.br.Buffered() > 0 || !c.silentSocket() {
		return false
	}
	secured, ok := c.stream.(*tls.Conn)
	if !ok {
		return true
	}
	// A record may have been taken from the socket already. With a passed deadline Read
	// gives what is there, or the timeout at once.
	var one [1]byte
	c.raw.SetReadDeadline(longAgo)
	n, err := secured.Read(one[:])
	return n == 0 && isTimeout(err) && c.raw.SetReadDeadline(deadline) == nil
}
