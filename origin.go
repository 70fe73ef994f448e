package signet

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// errUntrustedHost: the request names a host that we have no reason to call ours.
var errUntrustedHost = errors.New("signet: the Host of the request is not trusted; set URL (AUTH_URL), or TrustHost (AUTH_TRUST_HOST)")

// canonicalOrigin reads scheme://host[:port] and writes it the way browsers do: lower
// case, no default port. It takes nothing else: no path, no user, no other scheme.
func canonicalOrigin(s string) (string, bool) {
	scheme, host, ok := strings.Cut(s, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return "", false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "/"))
	if !plainHost(host) {
		return "", false
	}
	if scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host, host != ""
}

// plainHost tells whether s is a host, with an optional port, in plain ASCII.
func plainHost(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("-._:[]", c) >= 0) {
			return false
		}
	}
	u, err := url.Parse("http://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" || strings.HasSuffix(s, ":") {
		return false
	}
	port := u.Port()
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && strconv.FormatUint(n, 10) == port // one spelling: no leading zeros
}

// originOf returns our public origin for a request: the configured one, or what the Host
// header says where that may be believed.
func (a *Auth) originOf(r *http.Request) (string, error) {
	if a.origin != "" {
		return a.origin, nil
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if a.fromProxy(r) {
		if v := r.Header.Get("X-Forwarded-Proto"); v == "https" || v == "http" {
			scheme = v
		}
		if v := r.Header.Get("X-Forwarded-Host"); v != "" {
			host = v
		}
	}
	origin, ok := canonicalOrigin(scheme + "://" + host)
	if !ok || !a.config.TrustHost && !onLoopback(r, host) {
		return "", errUntrustedHost
	}
	return origin, nil
}

// onLoopback tells whether host is one of the names of this machine, at the port that the
// request came in on. Any other name in Host may be somebody's who points it at 127.0.0.1.
func onLoopback(r *http.Request, host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Hostname()) {
	case "localhost", "127.0.0.1", "::1":
	default:
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	_, port, err := net.SplitHostPort(local.String())
	return err == nil && (u.Port() == port || u.Port() == "" && (port == "80" || port == "443"))
}

// ours tells whether origin is ours or trusted, for a request that came in on own.
func (a *Auth) ours(own, origin string) bool {
	if origin == own || a.trusted[origin] {
		return true
	}
	// The three names of this machine are one (a browser shows whichever was typed).
	return a.origin == "" && !a.config.TrustHost && loopbackTwin(own, origin)
}

func loopbackTwin(x, y string) bool {
	u, err1 := url.Parse(x)
	v, err2 := url.Parse(y)
	if err1 != nil || err2 != nil || u.Scheme != v.Scheme || u.Port() != v.Port() {
		return false
	}
	names := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}
	return names[u.Hostname()] && names[v.Hostname()]
}

// crossSite tells whether an unsafe request was sent by another site's page. Browsers say
// so in Sec-Fetch-Site; old ones in Origin; a request with neither is no browser's, and
// has to show the CSRF token all the same.
func (a *Auth) crossSite(r *http.Request, own string) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case site == "same-origin", site == "none":
		return false
	case site == "" && len(r.Header["Origin"]) == 0:
		return false
	}
	origin, ok := canonicalOrigin(r.Header.Get("Origin"))
	if !ok || !a.ours(own, origin) {
		return true
	}
	// What comes from another site does not come from our own pages: whoever says both lies.
	return site != "" && origin == own
}

// fromProxy tells whether the other end of the connection is a trusted proxy.
func (a *Auth) fromProxy(r *http.Request) bool {
	if len(a.proxies) == 0 {
		return false
	}
	ip, ok := peer(r.RemoteAddr)
	return ok && a.isProxy(ip)
}

func (a *Auth) isProxy(ip netip.Addr) bool {
	for _, p := range a.proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// clientIP is the address of the visitor: the right-most one that is no trusted proxy.
func (a *Auth) clientIP(r *http.Request) netip.Addr {
	ip, ok := peer(r.RemoteAddr)
	if !ok || !a.isProxy(ip) {
		return ip
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(list) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			return ip // whoever wrote this is not to be believed about the rest
		}
		if ip = hop.Unmap().WithZone(""); !a.isProxy(ip) {
			return ip
		}
	}
	return ip
}

func peer(remote string) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}, false
	}
	return ap.Addr().Unmap().WithZone(""), true
}

// network is the key that budgets count by: an IPv4 address, or the /64 that one customer
// of an IPv6 provider has to himself.
func network(ip netip.Addr) string {
	if ip.Is6() {
		p, err := ip.Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return ip.String()
}

func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, t := range texts {
		if ip, err := netip.ParseAddr(t); err == nil {
			ip = ip.Unmap()
			prefixes = append(prefixes, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(t)
		if err != nil {
			return nil, &ConfigError{"TrustedProxies", "not an address or network: " + t, `write it as "10.0.0.0/8"`}
		}
		prefixes = append(prefixes, p.Masked())
	}
	return prefixes, nil
}
