package gateway

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/signet-auth/signet"
)

// errToken: a token that cannot stand in a header as it is. It says nothing of the token.
var errToken = errors.New("gateway: the token has characters that no header can carry")

// errAlias: with Config.Strict, names that servers read differently are refused.
var errAlias = refuse("a header name has _ or . in it")

// A cargo is what a request carries on beside what the client sent.
type cargo struct {
	session   *signet.Session // nil: nobody
	origin    string          // our public one
	token     string
	assertion string

	peer    string // the other end of the connection
	client  string // the visitor's address, as far as trusted proxies can say
	trusted bool   // the peer is one of these
}

// headers are maps of requests that have gone, empty and with their memory: it is a fifth of
// all that a request through the gate takes.
var headers = sync.Pool{New: func() any { return make(http.Header, 16) }}

// giveBack is for headers that nobody looks at any more.
func giveBack(h http.Header) {
	if len(h) <= 64 {
		clear(h)
		headers.Put(h)
	}
}

// clean returns the headers of a client that may go on: without those of the connection,
// those that only a gateway may set, and names with aliases. nil and a refusal where
// Strict forbids the rest. The caller may give them back.
func (g *Gate) clean(in http.Header, rt *route) (http.Header, *refusal) {
	out := headers.Get().(http.Header)
	listed := hops(in)
	if len(listed) > maxListed {
		return nil, refuse("the header Connection lists too many names")
	}
	for name, values := range in {
		if slices.Contains(listed, name) {
			continue
		}
		if everyday[name] {
			out[name] = values
			continue
		}
		if strings.ContainsAny(name, "_.") {
			if g.config.Strict {
				return nil, errAlias
			}
			continue
		}
		if folded := strings.ToLower(name); !hop[folded] && !isOurs(folded) && !g.identity.has(folded) {
			out[name] = values
		}
	}
	if lines := in["Cookie"]; lines != nil && out["Cookie"] != nil {
		if line := g.foreignCookies(lines, rt.carry); line != "" {
			out["Cookie"] = []string{line}
		} else {
			delete(out, "Cookie")
		}
	}
	return out, nil
}

// load puts in what the server may believe. Everything was removed before, whoever sent it.
func (g *Gate) load(h http.Header, in http.Header, rt *route, c cargo) error {
	forward(h, in, c)
	if rt.StripPrefix != "" {
		h["X-Forwarded-Prefix"] = []string{rt.StripPrefix}
	}
	if c.session != nil {
		g.identity.set(h, c.session)
	}
	if c.assertion != "" {
		h[AssertionHeader] = []string{c.assertion}
	}
	return rt.carry.put(h, c.token)
}

// put relays the token. Without one, what the client sent in its place goes all the same.
func (as carryAs) put(h http.Header, token string) error {
	if token != "" && !visible(token) {
		return errToken
	}
	switch as.kind {
	case "bearer":
		delete(h, "Authorization")
		if token != "" {
			h["Authorization"] = []string{"Bearer " + token}
		}
	case "header":
		delete(h, as.name)
		if token != "" {
			h[as.name] = []string{token}
		}
	case "cookie":
		if token == "" {
			return nil
		}
		if strings.ContainsAny(token, "\";,\\") { // RFC 6265 section 4.1.1
			return errToken
		}
		pair := as.name + "=" + token
		if lines := h["Cookie"]; len(lines) > 0 {
			pair = lines[0] + "; " + pair
		}
		h["Cookie"] = []string{pair}
	}
	return nil
}

// forward rebuilds what tells a server how the visitor reached us.
func forward(h http.Header, in http.Header, c cargo) {
	scheme, host, _ := strings.Cut(c.origin, "://")
	port := "80"
	if scheme == "https" {
		port = "443"
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		port = host[i+1:]
	}
	v := []string{chain(in, c), scheme, host, port}
	h["X-Forwarded-For"], h["X-Forwarded-Proto"] = v[0:1:1], v[1:2:2]
	h["X-Forwarded-Host"], h["X-Forwarded-Port"] = v[2:3:3], v[3:4:4]
}

// chain is the addresses from the visitor to the peer, left to right. Of what the request
// brought, it holds what trusted proxies wrote: from the right up to the visitor.
func chain(in http.Header, c cargo) string {
	if !c.trusted {
		return c.peer
	}
	list := strings.Split(strings.Join(in["X-Forwarded-For"], ","), ",")
	hops := []string{c.peer}
	for i := len(list) - 1; i >= 0 && hops[len(hops)-1] != c.client; i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			break
		}
		hops = append(hops, ip.Unmap().WithZone("").String())
	}
	slices.Reverse(hops)
	return strings.Join(hops, ", ")
}

// peer is the address of the other end of the connection.
func peer(remote string) string {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "unknown"
	}
	return ap.Addr().Unmap().WithZone("").String()
}

// foreignCookies is the Cookie header without what is ours and without the name that the
// token goes under, everything else byte for byte.
func (g *Gate) foreignCookies(lines []string, as carryAs) string {
	if len(lines) == 0 {
		return ""
	}
	var kept []string
	dropped := len(lines) > 1
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _, _ := strings.Cut(pair, "=")
			name = strings.TrimRight(name, " \t")
			if name == loopCookie || as.kind == "cookie" && name == as.name || g.auth.OwnCookie(name) {
				dropped = true
				continue
			}
			if pair != "" {
				kept = append(kept, pair)
			}
		}
	}
	if !dropped {
		return lines[0]
	}
	return strings.Join(kept, "; ")
}

// cleanAnswer removes from a server's answer what only a gateway may say: who somebody is,
// cookies of ours, and another way around us.
func (g *Gate) cleanAnswer(h http.Header) {
	for name := range h {
		if folded := fold(name); g.identity.has(folded) || folded == "x-signet-assertion" || strings.HasPrefix(folded, "x-middleware-") {
			delete(h, name)
		}
	}
	delete(h, "Alt-Svc") // the browser would go to the server itself the next time
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		name := cookieName(line)
		return name == loopCookie || g.auth.OwnCookie(name)
	})
	if len(kept) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

// cookieName is the name under which a browser will send what a Set-Cookie line sets.
// "=a=b" is a cookie without a name and with the value a=b, which is sent as "a=b".
func cookieName(line string) string {
	line, _, _ = strings.Cut(line, ";")
	name, _, _ := strings.Cut(strings.TrimLeft(line, " \t="), "=")
	return strings.TrimRight(name, " \t")
}

// visible tells whether s is visible ASCII.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}
