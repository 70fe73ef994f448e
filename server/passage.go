package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// A passage is the listener from which HTTP gets the connections of one of ours.
type passage struct {
	base context.Context // of the connections
	addr net.Addr
	odd  chan net.Conn // on the way
	once sync.Once
	done chan struct{} // HTTP takes no more
}

func newPassage(base context.Context, addr net.Addr) *passage {
	return &passage{base: base, addr: addr, odd: make(chan net.Conn), done: make(chan struct{})}
}

func (p *passage) Accept() (net.Conn, error) {
	select {
	case c := <-p.odd:
		return c, nil
	case <-p.done:
		return nil, http.ErrServerClosed
	}
}

func (p *passage) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *passage) Addr() net.Addr { return p.addr }

// handOver gives a connection to HTTP.
func (p *passage) handOver(c net.Conn) {
	select {
	case p.odd <- c:
	case <-p.done:
		c.Close()
	}
}

// A begun connection has been read from: before is what came.
type begun struct {
	*net.TCPConn
	before []byte
}

// Read reads what came before, and then from the connection.
func (c *begun) Read(p []byte) (int, error) {
	if len(c.before) > 0 {
		n := copy(p, c.before)
		c.before = c.before[n:]
		return n, nil
	}
	c.before = nil
	return c.TCPConn.Read(p)
}

// WriteTo is Read for those who ask for more than one piece.
func (c *begun) WriteTo(w io.Writer) (n int64, err error) {
	for len(c.before) > 0 {
		written, err := w.Write(c.before)
		n += int64(written)
		if c.before = c.before[written:]; err != nil {
			return n, err
		}
	}
	more, err := c.TCPConn.WriteTo(w)
	return n + more, err
}
