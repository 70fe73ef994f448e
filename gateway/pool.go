package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// upstreamOptions say how an upstream is reached. The zero value works.
type upstreamOptions struct {
	// DialTimeout bounds the connect, and the TLS handshake after it. Zero means 5 s.
	DialTimeout time.Duration
	// HeaderTimeout bounds the wait for the head of the answer, counted from the moment the
	// request was written whole. Zero means 30 s.
	HeaderTimeout time.Duration
	// IdleTimeout is how long an unused connection is kept; the upstream's own
	// Keep-Alive hint shortens it. Zero means 60 s.
	IdleTimeout time.Duration
	// StallTimeout is how long one write to a client or an upstream may make no progress.
	// It takes the place of a server's write timeout for long answers: a download may take
	// hours, a reader that stopped may not. Zero means 30 s.
	StallTimeout time.Duration
	// MaxIdle is how many unused connections are kept. Zero means 256, below zero none.
	MaxIdle int
	// TLS is the client side for an https upstream. Nil means the roots of the system.
	TLS *tls.Config
	// PreserveHost sends the client's Host where the outgoing request names none. The
	// default is the upstream's own.
	PreserveHost bool

	// FailAfter is how many dials in a row must fail before dialing pauses. Zero means 5,
	// below zero never.
	FailAfter int
	// PauseFor is how long dialing then pauses, until one dial is tried. Zero means 2 s.
	PauseFor time.Duration
	// HealthPath, if set, is asked with GET every HealthEvery (zero means 10 s); any answer
	// below 400 is good. It moves healthy and ends a pause early; it never refuses requests.
	HealthPath  string
	HealthEvery time.Duration

	now func() time.Time // for idle times and pauses; nil means time.Now
}

func (o upstreamOptions) withDefaults() upstreamOptions {
	for _, d := range []struct {
		value *time.Duration
		other time.Duration
	}{
		{&o.DialTimeout, 5 * time.Second},
		{&o.HeaderTimeout, 30 * time.Second},
		{&o.IdleTimeout, time.Minute},
		{&o.StallTimeout, 30 * time.Second},
		{&o.PauseFor, 2 * time.Second},
		{&o.HealthEvery, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.other
		}
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = 256
	}
	if o.FailAfter == 0 {
		o.FailAfter = 5
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o
}

// An upstream is one server behind the gateway, spoken to in HTTP/1.1, and the pool of
// connections to it. Its methods may be called from several goroutines.
type upstream struct {
	o       upstreamOptions
	address string      // host:port to dial
	host    string      // Host of a request that names none
	base    string      // path put before every target, without a slash at its end
	tls     *tls.Config // nil means plain http
	pause   pause
	sick    atomic.Bool // the last active check failed
	counts  upstreamCounts
	stop    context.CancelFunc // ends the active checks
	checks  sync.WaitGroup

	mu     sync.Mutex
	idle   []*conn // longest unused first; the last one is taken
	sweep  *time.Timer
	closed bool
}

type upstreamCounts struct{ requests, errors, dials, retries, open atomic.Int64 }

// upstreamStats are counters since the start, and how many requests and connections there
// are now.
type upstreamStats struct {
	Requests, Errors, Dials, Retries int64
	Open, Idle                       int64
}

// newUpstream makes the pool for target, scheme://host[:port][/base], http or https. It
// does not dial.
func newUpstream(target *url.URL, o upstreamOptions) (*upstream, error) {
	if target == nil {
		return nil, errors.New("gateway: upstream: no address")
	}
	if target.User != nil || target.RawQuery != "" || target.ForceQuery || target.Fragment != "" || target.Opaque != "" {
		return nil, errors.New("gateway: upstream: the address may have a scheme, host, port and path, no more")
	}
	host := target.Hostname()
	if host == "" || !isWireHost(target.Host) {
		return nil, errors.New("gateway: upstream: the address has no valid host")
	}
	base := strings.TrimRight(target.EscapedPath(), "/")
	if base != "" && !isWireTarget(base) {
		return nil, errors.New("gateway: upstream: the path of the address cannot be put before a target")
	}
	u := &upstream{o: o.withDefaults(), host: target.Host, base: base}
	u.pause = pause{after: u.o.FailAfter, length: u.o.PauseFor, now: u.o.now}
	port := target.Port()
	switch target.Scheme {
	case "http":
		port = cmp.Or(port, "80")
	case "https":
		port = cmp.Or(port, "443")
		u.tls = clientTLS(o.TLS, host)
	default:
		return nil, fmt.Errorf("gateway: upstream: scheme %q is neither http nor https", target.Scheme)
	}
	u.address = net.JoinHostPort(host, port)
	ctx, cancel := context.WithCancel(context.Background())
	u.stop = cancel
	if u.o.HealthPath != "" {
		if !isWireTarget(u.o.HealthPath) {
			cancel()
			return nil, errors.New("gateway: upstream: the health path is no path")
		}
		u.checks.Go(func() { u.watch(ctx) })
	}
	return u, nil
}

// clientTLS is the given configuration for one host. Only HTTP/1.1 is offered: an upstream
// that chose h2 would be answered in a protocol it does not expect.
func clientTLS(given *tls.Config, host string) *tls.Config {
	c := given.Clone()
	if c == nil {
		c = &tls.Config{}
	}
	if c.ServerName == "" {
		c.ServerName = host
	}
	c.NextProtos = []string{"http/1.1"}
	return c
}

// close ends the unused connections and the active checks. Requests under way finish, and
// their connections are closed after them.
func (u *upstream) close() {
	u.stop()
	u.mu.Lock()
	idle := u.idle
	u.idle, u.closed = nil, true
	if u.sweep != nil {
		u.sweep.Stop()
	}
	u.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
	u.checks.Wait()
}

func (u *upstream) stats() upstreamStats {
	u.mu.Lock()
	idle := len(u.idle)
	u.mu.Unlock()
	return upstreamStats{
		Requests: u.counts.requests.Load(), Errors: u.counts.errors.Load(), Dials: u.counts.dials.Load(),
		Retries: u.counts.retries.Load(), Open: u.counts.open.Load(), Idle: int64(idle),
	}
}

// take returns a connection: an unused one that is still quiet, or a new one. With fresh,
// always a new one. With turn, a connection that can look for itself is not looked at.
func (u *upstream) take(ctx context.Context, fresh, turn bool) (*conn, error) {
	for !fresh {
		c := u.pop()
		if c == nil {
			break
		}
		// One deadline for the whole exchange, set here because a passed one would hide what
		// the connection holds.
		wait := u.o.HeaderTimeout
		if turn && c.canTurn() {
			wait = min(wait, firstWait) // see goOn
		}
		deadline := time.Now().Add(wait)
		if u.o.now().Sub(c.since) < c.keep && c.setDeadline(deadline) && (turn && c.canTurn() || c.quiet(deadline)) {
			return c, nil
		}
		c.close()
	}
	return u.dial(ctx)
}

func (u *upstream) pop() *conn {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := len(u.idle) - 1
	if last < 0 {
		return nil
	}
	c := u.idle[last]
	u.idle[last] = nil
	u.idle = u.idle[:last]
	return c
}

// give puts a connection back after an answer that was read to its end.
func (u *upstream) give(c *conn) {
	c.rest(u.o.now())
	u.mu.Lock()
	if u.closed || len(u.idle) >= u.o.MaxIdle {
		u.mu.Unlock()
		c.close()
		return
	}
	u.idle = append(u.idle, c)
	if len(u.idle) == 1 {
		u.sweepLater()
	}
	u.mu.Unlock()
}

// sweepLater looks for connections that nobody used for too long, as long as there are
// any. It is called with mu held.
func (u *upstream) sweepLater() {
	if u.sweep != nil {
		u.sweep.Reset(u.o.IdleTimeout)
		return
	}
	u.sweep = time.AfterFunc(u.o.IdleTimeout, u.sweepNow)
}

func (u *upstream) sweepNow() {
	now := u.o.now()
	u.mu.Lock()
	var old []*conn
	kept := u.idle[:0]
	for _, c := range u.idle {
		if now.Sub(c.since) >= c.keep {
			old = append(old, c)
			continue
		}
		kept = append(kept, c)
	}
	clear(u.idle[len(kept):])
	u.idle = kept
	if len(kept) > 0 && !u.closed {
		u.sweepLater()
	}
	u.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}

// dial opens a connection, unless dialing pauses.
func (u *upstream) dial(ctx context.Context) (*conn, error) {
	if wait := u.pause.enter(); wait > 0 {
		return nil, &carryError{Status: 502, Kind: "paused", RetryAfter: wait}
	}
	u.counts.dials.Add(1)
	c, err := u.connect(ctx)
	u.pause.leave(err, ctx.Err() != nil)
	if err == nil {
		c.setDeadline(time.Now().Add(u.o.HeaderTimeout))
		return c, nil
	}
	if ctx.Err() != nil {
		return nil, goneError(ctx)
	}
	if isTimeout(err) {
		return nil, &carryError{Status: 504, Kind: "dial", Err: err}
	}
	return nil, &carryError{Status: 502, Kind: "dial", Err: err}
}

func (u *upstream) connect(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, u.o.DialTimeout)
	defer cancel()
	raw, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, "tcp", u.address)
	if err != nil {
		return nil, err
	}
	if u.tls == nil {
		return newConn(raw, raw, u.o.IdleTimeout), nil
	}
	secured := tls.Client(raw, u.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return newConn(secured, raw, u.o.IdleTimeout), nil
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
