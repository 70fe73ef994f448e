package gateway

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

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

// clean returns the headers of a client that may go on: without those of the connection,
// those that only a gateway may set, and names with aliases. nil and a refusal where
// Strict forbids the rest. The caller may give them back.
func (g *Gate) clean(in http.Header, rt *route) (*lines, *refusal) {
	out := usedLines.Get().(*lines)
	listed := hops(in)
	if len(listed) > maxListed {
		return nil, refuse("the header Connection lists too many names")
	}
	for name, values := range in {
		if slices.Contains(listed, name) {
			continue
		}
		if name == "Cookie" {
			if line := g.foreignCookies(values, rt.carry); line != "" {
				out.add(name, line)
			}
			continue
		}
		if everyday[name] {
			out.addAll(name, values)
			continue
		}
		if strings.ContainsAny(name, "_.") {
			if g.config.Strict {
				return nil, errAlias
			}
			continue
		}
		if folded := strings.ToLower(name); !hop[folded] && !isOurs(folded) && !g.identity.has(folded) {
			out.addAll(name, values)
		}
	}
	return out, nil
}

// load puts in what the server may believe. Everything was removed before, whoever sent it.
func (g *Gate) load(h *lines, in http.Header, rt *route, c cargo) error {
	forward(h, in, c)
	if rt.StripPrefix != "" {
		h.add("X-Forwarded-Prefix", rt.StripPrefix)
	}
	if c.session != nil {
		g.identity.set(h, c.session)
	}
	if c.assertion != "" {
		h.add(AssertionHeader, c.assertion)
	}
	return rt.carry.put(h, c.token)
}

// put relays the token. Without one, what the client sent in its place goes all the same.
func (as carryAs) put(h headerWriter, token string) error {
	if token != "" && !visible(token) {
		return errToken
	}
	switch as.kind {
	case "bearer":
		h.Del("Authorization")
		if token != "" {
			h.Set("Authorization", "Bearer "+token)
		}
	case "header":
		h.Del(as.name)
		if token != "" {
			h.Set(as.name, token)
		}
	case "cookie":
		if token == "" {
			return nil
		}
		if strings.ContainsAny(token, "\";,\\") { // RFC 6265 section 4.1.1
			return errToken
		}
		pair := as.name + "=" + token
		if others := h.Get("Cookie"); others != "" {
			pair = others + "; " + pair
		}
		h.Set("Cookie", pair)
	}
	return nil
}

// forward rebuilds what tells a server how the visitor reached us.
func forward(h *lines, in http.Header, c cargo) {
	scheme, host, _ := strings.Cut(c.origin, "://")
	port := "80"
	if scheme == "https" {
		port = "443"
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		port = host[i+1:]
	}
	h.add("X-Forwarded-For", chain(in, c))
	h.add("X-Forwarded-Proto", scheme)
	h.add("X-Forwarded-Host", host)
	h.add("X-Forwarded-Port", port)
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

// cleanAnswer removes from a server's answer, or from the trailers of one, what only a
// gateway may say: who somebody is, cookies of ours, and another way around us.
func (g *Gate) cleanAnswer(h http.Header) {
	for name := range h {
		if g.saysToo(name) {
			delete(h, name)
		}
	}
	if announced := h["Trailer"]; announced != nil {
		if announced = slices.DeleteFunc(announced, g.saysToo); len(announced) == 0 {
			delete(h, "Trailer")
		} else {
			h["Trailer"] = announced
		}
	}
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

// saysToo tells the names of an answer that would be taken for a gateway's word. After
// Alt-Svc, the browser would go to the server itself the next time.
func (g *Gate) saysToo(name string) bool {
	folded := fold(name)
	return g.identity.has(folded) || folded == "x-signet-assertion" || folded == "alt-svc" || strings.HasPrefix(folded, "x-middleware-")
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
