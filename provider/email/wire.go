package email

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// maxReplies bounds what a server may say in one connection, in bytes.
const maxReplies = 256 << 10

// hurried is how long a server that has taken the letter has to say good-bye.
const hurried = time.Second

// A wire is a connection whose deadline is the one of the letter, whatever the client sets,
// and whose other end may not talk for ever.
type wire struct {
	net.Conn
	left int64
	stop func() bool // stops watching the context
}

// dial connects, and encrypts if that comes first.
func (w *wire) dial(ctx context.Context, network, address string, s Server) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.Conn = conn
	w.stop = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	switch s.security() {
	case ImplicitTLS:
		secure := tls.Client(w, s.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			w.Close()
			return nil, err
		}
		return secure, nil
	case InsecurePlain:
		// The name says loopback; what it resolves to must be.
		if ip, ok := conn.RemoteAddr().(*net.TCPAddr); s.Security == AutoSecurity && ok && !ip.IP.IsLoopback() {
			w.Close()
			return nil, errors.New("the name of the server stands for another machine, so the connection must be encrypted")
		}
	}
	return w, nil
}

// Read reads at most maxReplies in all.
func (w *wire) Read(b []byte) (int, error) {
	if w.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if int64(len(b)) > w.left {
		b = b[:w.left]
	}
	n, err := w.Conn.Read(b)
	w.left -= int64(n)
	return n, err
}

// SetDeadline does nothing: the client would push the deadline out with every step.
func (w *wire) SetDeadline(time.Time) error { return nil }

// Close closes the connection, if there is one.
func (w *wire) Close() error {
	if w.Conn == nil {
		return nil
	}
	w.stop()
	return w.Conn.Close()
}

// last leaves a moment for the good-bye.
func (w *wire) last() {
	w.Conn.SetDeadline(time.Now().Add(hurried))
}
