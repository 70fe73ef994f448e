package signet

import (
	"net/http"
	"slices"
	"strings"
)

// hop is the transport of [Auth.Hop].
type hop struct {
	a    *Auth
	base http.RoundTripper
	to   map[string]bool
}

func (h *hop) RoundTrip(r *http.Request) (*http.Response, error) {
	v := visitFrom(r.Context())
	if v == nil || v.a != h.a || !h.leadsOn(v, r) {
		return h.base.RoundTrip(r)
	}
	v.grants.Lock()
	line := v.cookieLine()
	v.grants.Unlock()
	out := r.Clone(r.Context())
	line = append(line, r.Header["Cookie"]...) // what the caller set itself goes along
	if len(line) > 0 {
		out.Header.Set("Cookie", strings.Join(line, "; "))
	}
	answer, err := h.base.RoundTrip(out)
	if err == nil {
		v.heardBack(answer.Header["Set-Cookie"])
	}
	return answer, err
}

// leadsOn tells whether a request goes to one of the origins, and nobody else has led it there.
func (h *hop) leadsOn(v *Visit, r *http.Request) bool {
	for {
		origin, ok := canonicalOrigin(r.URL.Scheme + "://" + r.URL.Host)
		switch {
		case !ok || origin != v.origin && !h.to[origin]:
			return false
		case r.Response == nil:
			return true
		case r.Response.Request == nil || r.Response.Request.URL == nil:
			return false
		}
		r = r.Response.Request
	}
}

// cookieLine lists the session's cookies as the browser would send them next: those of the
// request, or those that the answer being made sets.
func (v *Visit) cookieLine() []string {
	var pairs []string
	decided := v.decided()
	for _, name := range v.wire.family(v.jar) {
		value, err := v.jar.Get(name)
		if err != nil || slices.ContainsFunc(decided, func(line string) bool { return strings.HasPrefix(line, name+"=") }) {
			continue
		}
		pairs = append(pairs, name+"="+value)
	}
	for _, line := range decided {
		pair, _, _ := strings.Cut(line, ";")
		if _, value, _ := strings.Cut(pair, "="); value != "" { // else it is cleared
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// decided are the Set-Cookie lines about the session in the answer being made.
func (v *Visit) decided() []string {
	return slices.DeleteFunc(slices.Clone(v.header["Set-Cookie"]), func(line string) bool { return !v.wire.ofSession(line) })
}

// heardBack takes over what another route of ours decided about the session.
func (v *Visit) heardBack(lines []string) {
	v.grants.Lock()
	defer v.grants.Unlock()
	if v.header == nil {
		return
	}
	for _, line := range lines {
		if !v.wire.ofSession(line) {
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		dropCookie(v.header, name)
		v.header.Add("Set-Cookie", line)
	}
}
