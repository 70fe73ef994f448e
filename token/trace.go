package token

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
)

// A fate is what a call did to the refresh token.
type fate int

const (
	came      fate = iota + 1 // new tokens are here
	over                      // the provider said that the grant is over
	untouched                 // the request never went out, or was answered with an error
	unknown                   // it may have been spent
)

// A trace watches the requests that one Refresh makes, through any client of net/http. It
// cannot read URLs, but a Refresh also fetches metadata and keys, and a time-out there must
// not look like a lost answer. The request that counts is the one that asks for a change: the
// last with a body or a method other than GET and HEAD (RFC 9110 section 9.2.1: those two are
// safe, so what they ask for can be asked for again).
type trace struct {
	mu     sync.Mutex
	begun  bool   // there was a request
	now    *phase // the last request begun
	spends *phase // the last one that asks for a change
	onward bool   // another request was begun after that was answered
}

// A phase is how far a request has come.
type phase struct{ wrote, answered bool }

// withTrace adds a trace to ctx, beside any that is there.
func withTrace(ctx context.Context) (context.Context, *trace) {
	t := &trace{now: &phase{}}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.begun, t.now = true, &phase{}
			t.onward = t.onward || t.spends != nil && t.spends.answered
		},
		WroteHeaderField: func(key string, value []string) {
			if !changes(key, value) {
				return
			}
			t.mu.Lock()
			defer t.mu.Unlock()
			// From here on it may have gone out, though perhaps it only lies in a buffer.
			t.spends, t.onward = t.now, false
			t.now.wrote = true
		},
		GotFirstResponseByte: func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.now.answered = true
		},
	}), t
}

// changes tells whether a header field shows that its request asks for a change. HTTP/1 traces
// have no method, but net/http writes a length with each POST, also an empty one.
func changes(key string, value []string) bool {
	switch strings.ToLower(key) {
	case "content-length", "transfer-encoding":
		return true
	case ":method":
		return len(value) == 1 && value[0] != "GET" && value[0] != "HEAD"
	}
	return false
}

// fate judges a Refresh that failed with err, which is not that the grant is over.
func (t *trace) fate(err error) fate {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.begun: // it does not use net/http, or fails before it does
		if broken(err) && !unreached(err) {
			return unknown
		}
		return untouched
	case t.spends == nil || !t.spends.wrote:
		return untouched
	case !t.spends.answered || t.onward || broken(err):
		// Going on to another request means that the answer was a good one, with tokens
		// in it, and that what failed was to check them.
		return unknown
	}
	// A client fails where it cannot read the head of an answer; the rest is an answer that
	// was read and is an error.
	if u := new(url.Error); errors.As(err, &u) {
		return unknown
	}
	return untouched
}

// broken tells whether err is of a connection, as it is when the first byte of an answer came
// and the rest did not.
func broken(err error) bool {
	if u := new(url.Error); errors.As(err, &u) {
		err = u.Err // itself it looks like an error of a connection, whatever it is of
	}
	for _, e := range []error{
		context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var n net.Error
	// The type of HTTP/2 in net/http is not exported, but can be had as one with these fields.
	var stream streamError
	return errors.As(err, &n) || errors.As(err, &stream)
}

type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

// unreached tells whether err says that there was no connection.
func unreached(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) || errors.As(err, &cert)
}
