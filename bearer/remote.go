package bearer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet/seal/jwt"
)

const (
	fetchTime = 5 * time.Second
	maxKeySet = 256 << 10 // bytes

	fresh   = 5 * time.Minute  // a key set is used without asking again
	waits   = 10 * time.Minute // from here on nobody is served before it was asked again
	stale   = 24 * time.Hour   // and so long it is used when asking fails
	overlap = 10 * time.Minute // a key is used after it has left the set
	between = 30 * time.Second // from one try to the next, while there are keys
	retry   = 5 * time.Second  // and while there are none
)

// Remote are the public keys that an issuer publishes at an address, as a JSON Web Key Set.
// They are fetched when the first token comes, and again every five minutes, or when a
// token names a key that is not there, but not twice in 30 seconds. While that fails the old
// ones do for a day. A key that has left the set counts for 10 minutes more, as tokens are
// on their way. At most 64 keys in 256 KiB are read, within five seconds; keys that cannot
// be used are left out, and a set with a secret in it is no key set. An issuer that signs
// with a new key under an old name, or without names, is heard of every five minutes only.
//
// The address is https; http is for names of one label, names in .local or .internal, and
// addresses that are not public: who can answer for the address can sign for the issuer.
// Redirects are not followed. c makes the calls; nil means a client that asks no proxy.
// [Guard.Check] reports an address that does not do, and wants Issuer and Audience.
func Remote(jwksURL string, c *http.Client) Keys {
	r := &remote{url: jwksURL, err: checkAddress(jwksURL)}
	if c == nil {
		c = &http.Client{Transport: plainTransport()}
	}
	own := *c
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.client = &own
	return r
}

func plainTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: fetchTime}).DialContext,
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        time.Minute,
		MaxIdleConns:           2,
		MaxResponseHeaderBytes: 64 << 10,
		TLSHandshakeTimeout:    fetchTime,
	}
}

// checkAddress tells why keys may not be fetched from an address.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("bearer: the address of the key set is no plain URL")
	case u.Scheme == "https", u.Scheme == "http" && isNear(u.Hostname()):
		return nil
	}
	return errors.New("bearer: the address of the key set has to be https")
}

// isNear tells a host that only this machine or network can mean.
func isNear(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".local") ||
		strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".localhost")
}

type remote struct {
	url    string
	err    error
	client *http.Client

	mu      sync.Mutex
	keys    *published // nil: none yet
	loaded  time.Time  // when keys were fetched
	tried   time.Time  // when somebody last began to fetch some
	flight  chan struct{}
	failure error
}

func (r *remote) check(g *Guard) error {
	if r.err == nil && (g.Issuer == "" || g.Audience == "") {
		return errors.New("bearer: a guard of remote keys needs an issuer and an audience")
	}
	return r.err
}

// Lookup implements [Keys] by the clock of this machine.
func (r *remote) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	return r.lookup(ctx, kid, time.Now())
}

// remoteAt are remote keys by the clock of a guard.
type remoteAt struct {
	*remote
	now time.Time
}

func (r remoteAt) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	return r.lookup(ctx, kid, r.now)
}

func (r *remote) lookup(ctx context.Context, kid string, now time.Time) ([]*jwt.Key, error) {
	keys, err := r.current(ctx, now)
	if err != nil {
		return nil, err
	}
	found, err := keys.(*published).Lookup(ctx, kid)
	if !errors.Is(err, errUnknownKey) {
		return found, err
	}
	next := r.renewed(ctx, now)
	if next == nil {
		return nil, nil
	}
	found, err = next.Lookup(ctx, kid)
	if errors.Is(err, errUnknownKey) {
		return nil, nil
	}
	return found, err
}

// current gives the keys there are, *published, fetched if they are too old. Asking goes on
// in the background while they are not much too old.
func (r *remote) current(ctx context.Context, now time.Time) (Keys, error) {
	if r.err != nil {
		return nil, r.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.younger(now, fresh) {
		return r.live(now), nil
	}
	pause := retry
	if r.keys != nil {
		pause = between
	}
	landed := r.flight
	if landed == nil && (r.tried.IsZero() || now.Sub(r.tried) >= pause || now.Before(r.tried)) {
		landed = r.fly(ctx, now)
	}
	if landed != nil && !r.younger(now, waits) {
		r.mu.Unlock()
		err := wait(ctx, landed)
		r.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
	if r.younger(now, stale) {
		return r.live(now), nil
	}
	if r.failure == nil {
		r.failure = errors.New("bearer: the key set is too old")
	}
	return nil, r.failure
}

// younger tells whether the keys are no older than age. mu is held.
func (r *remote) younger(now time.Time, age time.Duration) bool {
	return r.keys != nil && now.Sub(r.loaded) < age
}

// live gives the keys without former ones whose time is over. mu is held.
func (r *remote) live(now time.Time) *published {
	r.keys = r.keys.without(now)
	return r.keys
}

// renewed asks for keys because the ones there are do not do, and gives nil if it is not the
// time to.
func (r *remote) renewed(ctx context.Context, now time.Time) *published {
	r.mu.Lock()
	landed := r.flight
	if landed == nil {
		if d := now.Sub(r.tried); d >= 0 && d < between {
			r.mu.Unlock()
			return nil
		}
		landed = r.fly(ctx, now)
	}
	r.mu.Unlock()
	if wait(ctx, landed) != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live(now)
}

// fly begins to fetch. It goes on when the one visitor leaves who needed it first. mu is
// held.
func (r *remote) fly(ctx context.Context, now time.Time) chan struct{} {
	landed := make(chan struct{})
	r.flight, r.tried = landed, now
	go func() {
		source, err := r.fetch(context.WithoutCancel(ctx))
		r.mu.Lock()
		defer r.mu.Unlock()
		var next *published
		if err == nil {
			next, err = r.keys.next(source, now)
		}
		if r.failure = err; err == nil {
			r.keys, r.loaded = next, now
		}
		r.flight = nil
		close(landed)
	}()
	return landed
}

func wait(ctx context.Context, landed <-chan struct{}) error {
	select {
	case <-landed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch reads the key set. A client that panics is no reason to end the program.
func (r *remote) fetch(ctx context.Context) (source []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("bearer: the HTTP client panicked")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", "application/jwk-set+json, application/json")
	a, err := r.client.Do(q)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // without the address, which may have a query
	}
	if err != nil {
		return nil, fmt.Errorf("bearer: asking for the key set: %w", err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("bearer: asking for the key set: status %d", a.StatusCode)
	}
	// One byte more than there may be: who reads it then sees that it is too long.
	source, err = io.ReadAll(io.LimitReader(a.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("bearer: reading the key set: %w", err)
	}
	return source, nil
}
