package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet"
)

const (
	// callTime is what a back end has for an answer, to the last byte.
	callTime = 10 * time.Second

	// maxAnswer bounds an answer, in bytes after decompression.
	maxAnswer = 64 << 10
)

// An Error is a call to the back end that failed. It holds no token, password or URL, and
// nothing that the back end wrote, so it can be logged; it is not for visitors.
type Error struct {
	// Op is the end point: "log-in", "refresh" or "log-out".
	Op string

	// Status is that of the answer, 0 where none came.
	Status int

	// Err is the cause where the status is none.
	Err error
}

const (
	opLogin   = "log-in"
	opRefresh = "refresh"
	opLogout  = "log-out"
)

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "backend: %s end point", e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, " answers %d", e.Status)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Outage tells whether the back end is out of order for now, rather than at odds with the
// configuration: it cannot be reached, is too busy, or fails.
func (e *Error) Outage() bool {
	return e.Status == 0 || e.Status == 408 || e.Status == 429 || e.Status >= 500
}

// Causes of an Error.
var (
	errSlow        = errors.New("no answer in time")
	errBroken      = errors.New("the connection broke")
	errLong        = errors.New("the answer is too long")
	errResting     = errors.New("not asked, since the last calls failed")
	errUnreadable  = errors.New("the answer cannot be read")
	errRedirect    = errors.New("a redirect is no answer")
	errNoChallenge = errors.New("the second question has no token; Challenge.Token says where")
	errNoUser      = errors.New("the answer does not say who the user is; Map.Subject says where")
	errNoToken     = errors.New("there is no access token in the answer; Map.Access says where")
	errOtherUser   = errors.New("the new access token is of another user")
)

// A reply is the answer to one call.
type reply struct {
	op     string
	status int
	header http.Header
	body   []byte
}

func (r reply) fault(err error) error { return &Error{Op: r.op, Status: r.status, Err: err} }

// cookie gives the value of a cookie that the answer sets, as it came; of repeated ones the
// last, as in a browser. One that is deleted is none.
func (r reply) cookie(name string) string {
	value := ""
	answer := http.Response{Header: r.header}
	for _, c := range answer.Cookies() {
		if c.Name == name {
			value = c.Value
			if c.MaxAge < 0 {
				value = ""
			}
		}
	}
	return value
}

// send makes one call and reads the whole answer. It follows no redirect and never tries
// again: what was sent may have been heard.
func send(w signet.World, op string, r *http.Request) (reply, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTime)
	defer cancel()
	client := *w.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil // one visitor's cookies must not go out with another's call
	answer, err := client.Do(r.WithContext(ctx))
	if err != nil {
		return reply{}, &Error{Op: op, Err: cause(ctx, err)}
	}
	defer answer.Body.Close()
	got := reply{op: op, status: answer.StatusCode, header: answer.Header}
	got.body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return reply{}, &Error{Op: op, Err: cause(ctx, err)}
	case len(got.body) > maxAnswer:
		return reply{}, got.fault(errLong)
	}
	return got, nil
}

// cause says why there is no answer, in words of ours: errors of net/http quote the URL and
// what the other side wrote.
func cause(ctx context.Context, err error) error {
	var dial *net.OpError
	var late net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return errSlow
	case errors.As(err, &dial) && dial.Op == "dial":
		return dial
	}
	return errBroken
}

const (
	fuseFailures = 5
	fuseRest     = 10 * time.Second
)

// A fuse keeps visitors from waiting for a back end that is down: after five calls in a row
// without an answer (or with 502, 503 or 504) there is one call every ten seconds, until an
// answer comes. A 500 is one: what a visitor types may cause it, and must not lock the
// others out.
type fuse struct {
	mu     sync.Mutex
	failed int
	again  time.Time
}

// open tells how long nobody is to call. To one caller per rest it says no.
func (f *fuse) open(now time.Time) (wait time.Duration, open bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed < fuseFailures {
		return 0, false
	}
	if now.Before(f.again) {
		// Not longer than a rest, should the clock have been put back.
		return max(time.Second, min(f.again.Sub(now), fuseRest)), true
	}
	f.again = now.Add(fuseRest)
	return 0, false
}

// send makes a call and counts how it went.
func (f *fuse) send(w signet.World, op string, r *http.Request) (reply, error) {
	got, err := send(w, op, r)
	if r.Context().Err() != nil {
		return got, err // the visitor went away, which says nothing about the back end
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if (err == nil || errors.Is(err, errLong)) && (got.status < 502 || got.status > 504) {
		f.failed = 0
		return got, err
	}
	f.failed = min(f.failed+1, fuseFailures)
	f.again = w.Now().Add(fuseRest)
	return got, err
}

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): between a second and a
// day, a minute where there is none that can be read.
func (r reply) retryAfter(now time.Time) time.Duration {
	text := strings.TrimSpace(r.header.Get("Retry-After"))
	wait := time.Minute
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), 24*time.Hour)
}

// complete fills in what package signet fills in, for a World that somebody else made.
func complete(w signet.World) signet.World {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.HTTP == nil {
		w.HTTP = http.DefaultClient // every call has a deadline of its own
	}
	return w
}
