//go:build unix

package gateway

import (
	"io"
	"os"
	"syscall"
)

// turns tells whether takeTurn works here.
const turns = true

// A turn is the state of the calls that the runtime makes while a connection waits. The
// functions are made once, for they are used by every request.
type turn struct {
	look, step func(fd uintptr) bool
	silent     bool   // what look found
	written    bool   // the request is on its way
	room       []byte // for the answer
	n          int
	err        error
}

func (t *turn) prepare(c *conn) { t.look, t.step = c.lookOnce, c.stepOnce }

// silentSocket asks the socket itself, for the runtime tells of an end only to who reads.
func (c *conn) silentSocket() bool {
	if c.probe == nil {
		return true
	}
	c.turn.silent = false
	return c.probe.Read(c.turn.look) == nil && c.turn.silent
}

func (c *conn) lookOnce(fd uintptr) bool {
	var one [1]byte
	_, err := syscall.Read(int(fd), one[:])
	c.turn.silent = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	return true
}

// takeTurn looks at the socket, writes what the buffer holds and reads the start of the
// answer into p. Each apart, a look and a read that comes too early would cost one system
// call more, of five.
func (c *conn) takeTurn(p []byte) (int, error) {
	t := &c.turn
	t.room, t.written, t.n, t.err = p, false, 0, nil
	if err := c.probe.Read(t.step); err != nil && t.err == nil {
		t.err = err
	}
	t.room = nil
	return t.n, t.err
}

// stepOnce is called first before the wait and then whenever the socket has something. The
// order matters: the runtime forgets earlier news when the wait begins, so the look, which
// comes after that, must have found nothing, and the request is written only then.
func (c *conn) stepOnce(fd uintptr) bool {
	t := &c.turn
	if !t.written {
		if c.lookOnce(fd); !t.silent {
			t.err = errUnsent
			return true
		}
		t.written = true
		t.err = c.bw.Flush()
		return t.err != nil
	}
	n, err := syscall.Read(int(fd), t.room)
	switch {
	case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR:
		return false
	case err != nil:
		t.err = os.NewSyscallError("read", err)
	case n == 0:
		t.err = io.EOF
	}
	t.n = max(n, 0)
	return true
}
