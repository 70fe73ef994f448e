package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// earlyBody is how much of a body is kept back, in bytes, until it is known how long the
	// body is.
	earlyBody = 2 << 10
	// outBuffer is how much of an answer is sent at a time. What is larger goes by itself.
	outBuffer = 8 << 10
)

var (
	outBuffers  = sync.Pool{New: func() any { b := make([]byte, 0, outBuffer); return &b }}
	earlyBodies = sync.Pool{New: func() any { b := make([]byte, 0, earlyBody); return &b }}
)

var errOver = errors.New("server: write after the handler returned")

// A response is the http.ResponseWriter of one request.
type response struct {
	c      *conn
	x      *exchange
	header http.Header
	over   atomic.Bool  // the handler has returned
	inside atomic.Int32 // how many calls of it go on
	err    error        // of a write

	head    bool  // nothing but a head is asked for
	status  int   // 0 until WriteHeader
	length  int64 // as the handler declared it, -1 if it did not
	written int64
	sent    bool // some of it, at least
	form    form

	buffer    *[]byte  // out is in it
	out       []byte   // head and body, ready to be sent
	kept      *[]byte  // early is in it
	early     []byte   // body that waits for the head to be ended
	announced []string // names of trailers
}

var (
	_ http.Flusher    = (*response)(nil)
	_ http.Hijacker   = (*response)(nil)
	_ io.ReaderFrom   = (*response)(nil)
	_ io.StringWriter = (*response)(nil)
)

func (w *response) begin(c *conn, x *exchange, head, last bool) {
	w.c, w.x, w.head, w.length, w.form.last = c, x, head, -1, last
	w.header = make(http.Header, 8)
}

func (w *response) Header() http.Header { return w.header }

// WriteHeader takes the header as it is now.
func (w *response) WriteHeader(status int) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	switch {
	case w.over.Load():
	case w.c.handed:
		w.c.s.logf("http: response.WriteHeader on hijacked connection")
	case w.status != 0:
		w.c.s.logf("http: superfluous response.WriteHeader call")
	case status < 100 || status > 999:
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.inform(status)
	default:
		w.takeHeader(status)
	}
}

func (w *response) Write(p []byte) (int, error) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	return write(w, p)
}

func (w *response) WriteString(s string) (int, error) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	return write(w, s)
}

// write takes a piece of the body.
func write[T string | []byte](w *response, p T) (int, error) {
	if err := w.writable(len(p)); err != nil || len(p) == 0 {
		return 0, err
	}
	if !w.form.ended {
		if (!w.form.sized || !w.form.typed) && len(w.early)+len(p) <= earlyBody {
			keep(w, p)
			return len(p), nil
		}
		var first []byte
		if !w.form.typed {
			first = append(w.early, p[:min(len(p), sample)]...)
		}
		w.endHead(first, false)
		w.pushEarly()
	}
	pushBody(w, p)
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// writable tells what is wrong with n more bytes.
func (w *response) writable(n int) error {
	switch {
	case w.over.Load():
		return errOver
	case w.c.handed:
		if n > 0 {
			w.c.s.logf("http: response.Write on hijacked connection")
		}
		return http.ErrHijacked
	case w.status == 0:
		w.WriteHeader(http.StatusOK)
	}
	if n == 0 {
		return nil
	}
	if !w.form.body {
		return http.ErrBodyNotAllowed
	}
	if w.written += int64(n); w.length >= 0 && w.written > w.length {
		return http.ErrContentLength
	}
	return w.err
}

// keep keeps a piece of the body back.
func keep[T string | []byte](w *response, p T) {
	if w.kept == nil {
		w.kept = earlyBodies.Get().(*[]byte)
		w.early = (*w.kept)[:0]
	}
	w.early = append(w.early, p...)
}

func (w *response) pushEarly() {
	if w.kept == nil {
		return
	}
	if len(w.early) > 0 {
		pushBody(w, w.early)
	}
	earlyBodies.Put(w.kept)
	w.kept, w.early = nil, nil
}

// pushBody frames a piece of the body.
func pushBody[T string | []byte](w *response, p T) {
	switch {
	case w.head:
	case w.form.chunked:
		w.out = strconv.AppendInt(w.out, int64(len(p)), 16)
		w.out = append(w.out, "\r\n"...)
		push(w, p)
		push(w, "\r\n")
	default:
		push(w, p)
	}
}

// push sends what does not fit any more.
func push[T string | []byte](w *response, p T) {
	if len(w.out)+len(p) <= outBuffer {
		w.out = append(w.out, p...)
		return
	}
	if w.err == nil {
		w.sent = true
		pieces := net.Buffers{w.out, []byte(p)}
		_, err := pieces.WriteTo(w.c.tcp)
		w.failed(err)
	}
	w.out = w.out[:0]
}

// send sends what is there.
func (w *response) send() {
	if len(w.out) > 0 && w.err == nil {
		w.sent = w.status != 0
		_, err := w.c.tcp.Write(w.out)
		w.failed(err)
	}
	w.out = w.out[:0]
}

// failed keeps the error of a write: the client has gone, or reads too slowly.
func (w *response) failed(err error) {
	if err != nil {
		w.err = err
		w.x.life.cut()
	}
}

// Flush is for handlers that ask for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far.
func (w *response) FlushError() error {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	if err := w.writable(0); err != nil {
		return err
	}
	if !w.form.ended {
		w.endHead(w.early, false)
		w.pushEarly()
	}
	w.send()
	return w.err
}

// sample is how much of a body is looked at to tell its type, in bytes.
const sample = 512

// ReadFrom lets the system move a body of a declared length by itself, where it can. It begins
// once there is something to be read: until then the handler may still answer otherwise.
func (w *response) ReadFrom(src io.Reader) (n int64, err error) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	if !w.sent {
		if n, err = io.Copy(writerOnly{w}, io.LimitReader(src, sample)); err != nil || n < sample {
			return n, err
		}
	}
	if err = w.FlushError(); err != nil {
		return n, err
	}
	var more int64
	if !w.form.sized || w.head || !w.form.body {
		more, err = io.Copy(writerOnly{w}, src)
		return n + more, err
	}
	left := w.length - w.written
	if left <= 0 {
		return n, nil
	}
	if limited, ok := src.(*io.LimitedReader); !ok || limited.N > left {
		src = &io.LimitedReader{R: src, N: left}
	}
	more, err = w.c.tcp.ReadFrom(src)
	w.written += more
	return n + more, err
}

type writerOnly struct{ io.Writer }

// finish sends what is left when the handler has returned.
func (w *response) finish() {
	w.over.Store(true)
	if w.inside.Load() > 0 {
		// A goroutine that the handler left behind still writes. Nothing of it may get into the
		// next answer here, nor into that of somebody else who gets its buffers.
		w.c.bye = true
		return
	}
	if w.status == 0 {
		w.takeHeader(http.StatusOK)
	}
	if !w.form.ended {
		w.endHead(w.early, true)
		w.pushEarly()
	}
	if w.form.chunked {
		push(w, "0\r\n")
		w.out = w.trailers(w.out)
		push(w, "\r\n")
	}
	w.send()
	short := !w.head && w.form.body && w.length >= 0 && w.length != w.written
	if w.form.last || short || w.err != nil {
		w.c.bye = true
	}
	w.release()
}

func (w *response) release() {
	if w.buffer != nil && cap(w.out) <= 2*outBuffer {
		*w.buffer = w.out[:0]
		outBuffers.Put(w.buffer)
	}
	w.buffer, w.out = nil, nil
}

// SetReadDeadline is for http.ResponseController. There is nothing left to be read.
func (w *response) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	if w.over.Load() {
		return errOver
	}
	w.c.writeUntil = past
	return w.c.tcp.SetWriteDeadline(t)
}

// EnableFullDuplex is for http.ResponseController. The request is read to its end anyway.
func (w *response) EnableFullDuplex() error { return nil }

// Hijack gives the connection to the handler.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	c := w.c
	if w.over.Load() {
		return nil, nil, errOver
	}
	if c.handed {
		return nil, nil, http.ErrHijacked
	}
	if w.status != 0 {
		if !w.form.ended {
			w.endHead(nil, false)
		}
		if !w.form.last {
			w.x.body.Close() // net/http throws it away before a head is sent
		}
	}
	w.send()
	w.x.life.mu.Lock()
	defer w.x.life.mu.Unlock()
	c.watch.stop(c)
	c.handed = true
	c.tcp.SetDeadline(time.Time{})
	c.s.forget(c)
	left := append(w.x.body.rest(), c.buf[c.begin:c.end]...) // as in net/http: the body first
	r := bufio.NewReaderSize(&begun{TCPConn: c.tcp, before: left}, max(len(left), smallBuffer))
	r.Peek(len(left))
	return c.tcp, bufio.NewReadWriter(r, bufio.NewWriter(c.tcp)), nil
}
