package oidc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// errPrivate is why no call was made to an end point that only the discovery document names.
var errPrivate = errors.New("the discovered end point is at an address that is not public")

// outside are networks that no server on the internet is in, besides those that package
// netip knows: shared, translated and special ones (RFC 6890).
var outside = func() (list []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// public tells whether an address is on the internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(outside, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// A guard makes clients that reach public addresses only. A discovery document may name a
// host whose name leads into our own network, today or at the next look-up, so the address
// is judged on the connection that was made, before a byte is sent: the end points in
// question are https, and the handshake comes later.
//
// A client with a RoundTripper of its own kind is used as it is: it has its own rules.
type guard struct {
	mu         sync.Mutex
	hosts      []string // those to judge
	from, made *http.Client
}

// client is c with the check for host and those before. Connections to a proxy are not
// judged: the operator chose it.
func (g *guard) client(c *http.Client, host string) *http.Client {
	g.mu.Lock()
	defer g.mu.Unlock()
	if host = strings.ToLower(host); !slices.Contains(g.hosts, host) {
		g.hosts = append(g.hosts, host)
	}
	if g.from == c {
		return g.made
	}
	plain := c.Transport
	if plain == nil {
		plain = http.DefaultTransport
	}
	t, ok := plain.(*http.Transport)
	if !ok {
		return c
	}
	t = t.Clone()
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: fetchTime}).DialContext
	}
	t.DialContext = g.checked(dial)
	if t.DialTLSContext != nil {
		t.DialTLSContext = g.checked(t.DialTLSContext)
	}
	made := *c
	made.Transport = t
	g.from, g.made = c, &made
	return g.made
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// judges tells whether a host is one of those in question.
func (g *guard) judges(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.hosts, strings.ToLower(host))
}

// checked is dial, whose connections to the hosts in question have to be public.
func (g *guard) checked(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		name, _, err := net.SplitHostPort(address)
		if err == nil && !g.judges(name) {
			return conn, nil
		}
		remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || !public(remote.Addr()) {
			conn.Close()
			return nil, errPrivate
		}
		return conn, nil
	}
}
