package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// copyBuffers are for what cannot go from socket to socket, and for small request bodies.
var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// smallBodyLimit is how much of a request body is read before the upstream is asked. Such a
// body needs no second goroutine, and a client that sends it slowly holds no connection.
const smallBodyLimit = 16 << 10

type smallBody struct {
	buffer *[32 << 10]byte
	bytes  []byte
}

// takeSmallBody reads the body if it is small; otherwise it returns nil.
func takeSmallBody(out *outgoing) (*smallBody, error) {
	if !out.hasBody() || out.Length < 0 || out.Length > smallBodyLimit {
		return nil, nil
	}
	s := &smallBody{buffer: copyBuffers.Get().(*[32 << 10]byte)}
	s.bytes = s.buffer[:out.Length]
	if _, err := io.ReadFull(out.Body, s.bytes); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *smallBody) size() int {
	if s == nil {
		return 0
	}
	return len(s.bytes)
}

func (s *smallBody) release() {
	if s != nil {
		copyBuffers.Put(s.buffer)
	}
}

// bodyError is for a body that the client did not send as it said. Its error comes before
// the context, which net/http ends whenever it cannot read from the client: one that is slow
// or has stopped in the middle may still be listening.
func bodyError(ctx context.Context, err error) *carryError {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &carryError{Status: http.StatusRequestEntityTooLarge, Kind: "body", Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &carryError{Status: http.StatusRequestTimeout, Kind: "body", Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &carryError{Status: http.StatusBadRequest, Kind: "body", Err: err}
	case ctx.Err() != nil:
		return goneError(ctx)
	}
	return &carryError{Status: http.StatusBadRequest, Kind: "body", Err: err}
}

// How long a body waits for the upstream's 100, and how long the last write of one may take
// until the answer that arrived before its end is called early.
const (
	continueWait = time.Second
	lastWait     = time.Second
)

// An upload is a request body under way in a goroutine of its own, so that an answer which
// comes before its end is passed on at once and neither side waits for the other.
type upload struct {
	c       *conn
	body    io.Reader
	length  int64
	stall   time.Duration // for one write to the upstream, and for 64 KiB from the client
	patient time.Duration // for the head of the answer, once the body is written
	control *http.ResponseController

	goAhead chan struct{} // closed by goOn; nil if the body does not wait
	quit    chan struct{}
	done    chan struct{}
	cut     atomic.Bool
	last    atomic.Bool // the last write has begun: the upstream may have it all
	went    bool        // goAhead is closed

	mu       sync.Mutex
	answered bool  // the final head is here, so the read deadline is not ours any more
	failed   error // why the body was not sent whole
	bodyErr  error // the part of failed that is the client's
}

func startUpload(x *exchange) *upload {
	up := &upload{
		c: x.c, body: x.out.Body, length: x.out.Length,
		stall: x.u.o.StallTimeout, patient: x.u.o.HeaderTimeout, control: http.NewResponseController(x.w),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	if x.out.expectsContinue() {
		up.goAhead = make(chan struct{})
	}
	x.c.raw.SetReadDeadline(time.Time{})
	go up.run()
	return up
}

func (up *upload) run() {
	defer close(up.done)
	defer func() {
		if v := recover(); v != nil {
			up.finish(fmt.Errorf("gateway: upstream: the body panicked: %v", v), true)
		}
	}()
	up.finish(up.send())
}

// finish tells the reader of the answer what to expect. The deadlines are its only ear.
func (up *upload) finish(err error, clients bool) {
	up.mu.Lock()
	defer up.mu.Unlock()
	up.failed = err
	switch {
	case err != nil && clients:
		// The upstream must not take a part for the whole.
		up.bodyErr = err
		up.c.close()
	case up.answered:
	case err != nil:
		up.c.raw.SetReadDeadline(time.Now().Add(time.Second))
	default:
		up.c.raw.SetReadDeadline(time.Now().Add(up.patient))
	}
}

// send writes head and body, and tells whether its error is the client's.
func (up *upload) send() (err error, clients bool) {
	up.writeTime()
	if err := up.c.bw.Flush(); err != nil {
		return err, false
	}
	if !up.waitForGoAhead() {
		return errors.New("gateway: upstream: the body was not wanted"), false
	}
	buffer := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buffer)
	left, unpaid := up.length, 0
	for left != 0 {
		room := buffer[:]
		if left > 0 && left < int64(len(room)) {
			room = room[:left]
		}
		n, readErr := up.body.Read(room)
		if left > 0 {
			left -= int64(n)
		}
		if err := up.write(room[:n], left == 0); err != nil {
			return err, false
		}
		if unpaid += n; unpaid >= 64<<10 && readErr == nil {
			unpaid = 0
			up.readTime()
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return readErr, true
		}
	}
	if left > 0 {
		return io.ErrUnexpectedEOF, true
	}
	if left < 0 {
		up.last.Store(true)
		up.c.bw.WriteString("0\r\n\r\n")
	}
	return up.c.bw.Flush(), false
}

func (up *upload) write(p []byte, last bool) error {
	if len(p) == 0 {
		return nil
	}
	up.writeTime()
	if up.length >= 0 {
		if last {
			up.last.Store(true)
		}
		_, err := up.c.stream.Write(p)
		return err
	}
	up.c.bw.WriteString(strconv.FormatInt(int64(len(p)), 16))
	up.c.bw.WriteString("\r\n")
	up.c.bw.Write(p)
	up.c.bw.WriteString("\r\n")
	return up.c.bw.Flush()
}

func (up *upload) writeTime() { up.c.raw.SetWriteDeadline(time.Now().Add(up.stall)) }

// readTime gives a client that made progress more time than the server's own limit.
func (up *upload) readTime() {
	up.control.SetReadDeadline(time.Now().Add(up.stall))
	if up.cut.Load() {
		up.control.SetReadDeadline(longAgo)
	}
}

// waitForGoAhead is RFC 9110 section 10.1.1: an upstream that says nothing gets the body.
func (up *upload) waitForGoAhead() bool {
	if up.goAhead == nil {
		return true
	}
	timer := time.NewTimer(continueWait)
	defer timer.Stop()
	select {
	case <-up.goAhead:
	case <-timer.C:
	case <-up.quit:
		return false
	}
	return true
}

func (up *upload) goOn() {
	if up.goAhead != nil && !up.went {
		up.went = true
		close(up.goAhead)
	}
}

// answer says that the final head is here. It is true when the body was sent whole.
func (up *upload) answer() bool {
	up.mu.Lock()
	up.answered = true
	up.c.raw.SetReadDeadline(time.Time{})
	up.mu.Unlock()
	return up.whole()
}

func (up *upload) whole() bool {
	if up.last.Load() {
		timer := time.NewTimer(lastWait)
		defer timer.Stop()
		select {
		case <-up.done:
		case <-timer.C:
		}
	}
	select {
	case <-up.done:
		return up.failed == nil
	default:
		return false
	}
}

// broken is the client's part in what went wrong. Where the context has ended, a Read that
// failed may have ended it, and returns in a moment.
func (up *upload) broken(ended bool) error {
	if ended {
		timer := time.NewTimer(lastWait)
		defer timer.Stop()
		select {
		case <-up.done:
		case <-timer.C:
		}
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	return up.bodyErr
}

// end stops the goroutine if need be and waits for it. It is true when the body was sent
// whole; otherwise the connection is closed.
func (up *upload) end() bool {
	if up.whole() {
		return true
	}
	up.cut.Store(true)
	close(up.quit)
	up.c.close()
	err := up.control.SetReadDeadline(longAgo)
	if closer, ok := up.body.(io.Closer); ok && errors.Is(err, http.ErrNotSupported) {
		closer.Close()
	}
	<-up.done
	return false
}

// closeGently makes the server close its connection after the answer, but not at once: what
// the client still sends would be met by a reset, and a reset overtakes the answer. The
// server does so for a body over its limit, so such a body is shown to it.
func closeGently(w http.ResponseWriter) {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = outer.Unwrap()
	}
	http.MaxBytesReader(w, io.NopCloser(strings.NewReader("over")), 0).Read(make([]byte, 1))
}
