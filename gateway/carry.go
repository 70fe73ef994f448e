package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// An outgoing is a request that has been judged: nothing in it is the client's own word any
// more, and it is written as it stands.
type outgoing struct {
	Method string
	// Target is the path and query exactly as they are to stand on the request line, behind
	// the base path of the upstream.
	Target string
	Host   string // empty means the upstream's own, or the client's with PreserveHost
	// Header is final. Hop-by-hop and framing names in it are not sent, Expect only where a
	// large body waits for the upstream's word. It is not changed.
	Header *lines
	// Body is read by another goroutine where it is large or of unknown length, so it must
	// not touch the ResponseWriter: http.MaxBytesReader gets nil for it. Its error, if it is
	// an http.MaxBytesError, is answered with 413.
	Body   io.Reader
	Length int64 // -1 is unknown, 0 is none
	// Upgrade is empty, or "websocket": then 101 is expected and tunnelled.
	Upgrade string
	// Edit, if set, is called once, with the status and the header of the final answer (also
	// 101) before they are written. The header is the ResponseWriter's own; hop-by-hop
	// names are gone from it, and Content-Length is set after Edit from what will be sent.
	// For an answer that may last, Edit asks endable for what ends it.
	Edit func(status int, h http.Header, endable func() context.CancelCauseFunc)
	// EditTrailer, if set, is called with the trailers that came, before they are passed on.
	EditTrailer func(h http.Header)
}

// A carryError tells that nothing has been written to the client yet, and which status is
// the true one to write.
type carryError struct {
	// Status is 400, 408 or 413 for the client's fault, statusGone when the client has left,
	// 502 or 504 for the upstream's.
	Status int
	// Kind is one word for logs and counters: "request", "body", "gone", "dial", "paused",
	// "timeout", "closed", "answer" or "upgrade".
	Kind string
	// RetryAfter goes with "paused".
	RetryAfter time.Duration
	// Err is the cause and may be nil. It may name the upstream's address, so it is not for
	// the client.
	Err error
}

func (e *carryError) Error() string {
	text := fmt.Sprintf("gateway: upstream: %s (%d)", e.Kind, e.Status)
	if e.Err != nil {
		text += ": " + strings.TrimPrefix(e.Err.Error(), "gateway: upstream: ")
	}
	return text
}

func (e *carryError) Unwrap() error { return e.Err }

// statusGone is for the log alone: there is nobody to be answered.
const statusGone = 499

// goneError is for a request whose context ended: the client left, or its time was up. A
// client that has sent the whole request and closes its side counts as one that left, since
// net/http ends the context then and nothing tells the two apart.
func goneError(ctx context.Context) *carryError {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return &carryError{Status: http.StatusGatewayTimeout, Kind: "timeout", Err: cause}
	}
	return &carryError{Status: statusGone, Kind: "gone", Err: cause}
}

// carry sends out to the upstream and its answer to w, in the goroutine of the caller. A
// nil error means that an answer was written, whatever its status. Any error is a
// *[carryError] and nothing has been written. An answer that was begun and cannot be ended
// panics with [http.ErrAbortHandler], so that a cut answer is never taken for a whole one.
//
// When the context of r ends, or what Edit got from endable is called, the connection to the
// upstream is closed at once, or firstWait after a request that was short. A tunnel looks for
// a [tunnelEnd] in the cause.
func (u *upstream) carry(w http.ResponseWriter, r *http.Request, out *outgoing) error {
	u.counts.requests.Add(1)
	u.counts.open.Add(1)
	defer u.counts.open.Add(-1)
	err := u.carryOrRepeat(w, r, out)
	if err == nil {
		return nil
	}
	u.counts.errors.Add(1)
	return err
}

func (u *upstream) carryOrRepeat(w http.ResponseWriter, r *http.Request, out *outgoing) *carryError {
	size, bad := out.check()
	if bad != nil {
		return bad
	}
	small, err := takeSmallBody(out)
	if err != nil {
		return bodyError(r.Context(), err)
	}
	defer small.release()
	// A request that fits into the buffer is written by the connection itself.
	compact := (small != nil || !out.hasBody()) && size+len(u.base)+len(u.host)+len(r.Host)+small.size() <= writeBuffer
	for fresh := false; ; {
		c, err := u.take(r.Context(), fresh, compact)
		if err != nil {
			return asCarryError(err)
		}
		x := exchange{u: u, c: c, w: w, r: r, out: out, small: small, compact: compact}
		failed := x.run()
		switch {
		case failed == nil:
			return nil
		case errors.Is(failed, errUnsent) && r.Context().Err() == nil:
			continue
		case !x.stale || fresh || !out.repeatable():
			return failed
		}
		// A connection that was unused may have been closed by the upstream while the request
		// was on its way. Only a request without a body, and which does no harm when it
		// arrives twice, is sent again, and only once (security line S-110).
		fresh = true
		u.counts.retries.Add(1)
	}
}

func asCarryError(err error) *carryError {
	var known *carryError
	if errors.As(err, &known) {
		return known
	}
	return &carryError{Status: http.StatusBadGateway, Kind: "closed", Err: err}
}

// repeatable is RFC 9110 section 9.2.2 without bodies.
func (out *outgoing) repeatable() bool {
	if out.hasBody() || out.Upgrade != "" {
		return false
	}
	switch out.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

func (out *outgoing) hasBody() bool { return out.Body != nil && out.Length != 0 }

// An exchange is one request and its answer on one connection.
type exchange struct {
	u      *upstream
	c      *conn
	w      http.ResponseWriter
	r      *http.Request
	out    *outgoing
	small  *smallBody // the whole body, if it is small
	upload *upload    // the body under way, if it is not

	compact bool // head and body fit into the buffer of the connection

	unwatch func() bool             // nil until watch; false when the connection was closed because the context ended
	cancel  context.CancelCauseFunc // nil unless endable was asked
	stale   bool                    // the connection had been used before and nothing of an answer came
	whole   bool                    // the answer was read to its end and the connection may be used again
	handed  bool                    // the connection is the tunnel's, which has closed it
}

func (x *exchange) run() *carryError {
	if x.c.canTurn() && x.compact && x.u.o.HeaderTimeout > firstWait {
		x.c.late = x // most answers come before it pays to watch
	} else {
		x.watch()
	}
	defer func() {
		x.end()
		if x.cancel != nil {
			x.cancel(nil)
		}
	}()
	h, err := x.ask()
	if err != nil {
		return x.failure(err)
	}
	if h.status == http.StatusSwitchingProtocols {
		return x.tunnel(h)
	}
	x.answer(h)
	return nil
}

// firstWait is how long an answer may take until it is watched whether the client is still
// there. To watch costs more than to send a request and to read a short answer.
const firstWait = 100 * time.Millisecond

// watch closes the connection when the context of the request ends.
func (x *exchange) watch() {
	x.c.late = nil
	if x.unwatch == nil {
		x.unwatch = context.AfterFunc(x.r.Context(), x.c.close)
	}
}

// goOn is asked after firstWait, whether to wait on. It is no for a client that has left: the
// connection is closed then.
func (x *exchange) goOn() bool {
	x.watch()
	return x.c.setDeadline(time.Now().Add(x.u.o.HeaderTimeout - firstWait))
}

// endable gives the exchange a context of its own, and returns what ends it. Most answers
// do without.
func (x *exchange) endable() context.CancelCauseFunc {
	ctx, cancel := context.WithCancelCause(x.r.Context())
	x.r, x.cancel = x.r.WithContext(ctx), cancel
	if !x.handed {
		x.watch()
		x.unwatch() // where it was too late for that, the new one is as well
		x.unwatch = context.AfterFunc(ctx, x.c.close)
	}
	return cancel
}

// end gives the connection back or closes it, and waits for the goroutine of the body.
func (x *exchange) end() {
	if x.handed {
		return
	}
	clean := (x.unwatch == nil || x.unwatch()) && x.whole
	if x.upload != nil && !x.upload.end() {
		clean = false
		closeGently(x.w)
	}
	if clean && x.c.br.Buffered() == 0 {
		x.u.give(x.c)
		return
	}
	x.c.close()
}

// ask writes the request and reads heads until the final one.
func (x *exchange) ask() (*head, error) {
	if err := x.send(); err != nil {
		// The upstream may have answered and closed without reading on. What it said is
		// better than that it said nothing.
		x.c.raw.SetReadDeadline(time.Now().Add(time.Second))
		h, answerErr := x.finalHead()
		if answerErr != nil {
			return nil, err
		}
		h.close = true
		return h, nil
	}
	return x.finalHead()
}

func (x *exchange) send() error {
	x.writeHead()
	if x.small != nil {
		x.c.bw.Write(x.small.bytes)
	}
	if x.compact && x.c.canTurn() {
		x.c.armed = true
		return nil
	}
	if !x.out.hasBody() || x.small != nil {
		return x.c.bw.Flush()
	}
	x.upload = startUpload(x)
	return nil
}

// Answers that only inform, at most so many: RFC 9110 section 15.2 sets no end.
const maxInformational = 5

func (x *exchange) finalHead() (*head, error) {
	for range maxInformational + 1 {
		h, err := x.c.readHead()
		if err != nil {
			x.stale = x.c.used && errors.Is(err, errNothing) && !isTimeout(err)
			return nil, err
		}
		x.c.used = false // from here on, a failure is no sign of a stale connection
		switch {
		case h.status == http.StatusSwitchingProtocols:
			if err := x.checkSwitch(h); err != nil {
				return nil, err
			}
			return h, nil
		case h.status >= 200:
			return h, nil
		case h.status == http.StatusContinue && x.upload != nil:
			x.upload.goOn()
		case h.status == http.StatusEarlyHints:
			x.passHints(h)
		}
	}
	return nil, malformed("too many informational answers")
}

// failure finds out why there is no answer. The connection's own error is the last to be
// believed: it is closed on purpose when the client leaves or its body breaks. The body is
// asked first: one that breaks ends the context too.
func (x *exchange) failure(err error) *carryError {
	ended := x.r.Context().Err() != nil
	if x.upload != nil {
		if broken := x.upload.broken(ended); broken != nil {
			return bodyError(x.r.Context(), broken)
		}
	}
	if ended {
		return goneError(x.r.Context())
	}
	var known *carryError
	switch {
	case errors.As(err, &known):
		return known
	case isTimeout(err):
		return &carryError{Status: http.StatusGatewayTimeout, Kind: "timeout", Err: err}
	}
	return &carryError{Status: http.StatusBadGateway, Kind: "closed", Err: err}
}
