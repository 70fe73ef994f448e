package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// loops finds routes that lead back to this process. One request to such a route comes
// round until no file descriptors are left.
func (c *config) loops() []problem {
	var problems []problem
	for i, r := range c.gateway.routes {
		u, err := url.Parse(r.upstream)
		if err != nil || r.upstream == "" {
			continue
		}
		if why := c.isOwn(u); why != "" {
			at := fmt.Sprintf("gateway.routes[%d].upstream", i)
			problems = append(problems, problem{c.places.of(at), at + ": " + r.upstream + " " + why, "name the server behind; if it is to have this address, Signet needs another"})
		}
	}
	return problems
}

// isOwn tells which address of this process an upstream has, or "".
func (c *config) isOwn(upstream *url.URL) string {
	host, port := strings.ToLower(upstream.Hostname()), portOf(upstream)
	for _, address := range append([]string{c.listen}, c.bound...) {
		if leadsTo(host, port, address) {
			return "is where Signet itself listens"
		}
	}
	if leadsTo(host, port, c.adminListen) {
		return "is the admin listener, which asks nobody who they are"
	}
	if u, err := url.Parse(c.url); err == nil && c.url != "" && leadsTo(host, port, net.JoinHostPort(u.Hostname(), portOf(u))) {
		return "is the address of this site, under which Signet is reached"
	}
	return ""
}

// portOf is the port of an http or https URL.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}

// leadsTo tells whether a connection to host and port ends at address.
func leadsTo(host, port, address string) bool {
	at, its, err := net.SplitHostPort(address)
	if err != nil || its != port || port == "0" {
		return false
	}
	to, toErr := netip.ParseAddr(host)
	own, ownErr := netip.ParseAddr(at)
	to, own = to.Unmap().WithZone(""), own.Unmap().WithZone("")
	byName := host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch {
	case at == "" || ownErr == nil && own.IsUnspecified():
		return byName || toErr == nil && isHere(to)
	case byName || toErr == nil && to.IsUnspecified(): // which is dialled as a loopback address
		return isLoopbackHost(at)
	case at == "localhost":
		return toErr == nil && (to == netip.IPv6Loopback() || to == netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	case ownErr == nil:
		return toErr == nil && to == own
	}
	return strings.EqualFold(host, at)
}

// isHere tells whether ip is an address of this machine.
func isHere(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	all, _ := net.InterfaceAddrs() // where they cannot be had, none is known
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}
