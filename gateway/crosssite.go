package gateway

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// proven tells whether a request that does something in somebody's name was sent by that
// somebody's will (security lines S-22 and S-111). A browser says where a request comes
// from; a request that says nothing has to carry a header that no page of another site can
// set without asking first.
func (x *crossing) proven() bool {
	if x.route.handler != nil && len(x.rules) == 0 {
		return true // a handler that asks for nobody knows its own business, as the Auth's does
	}
	upgrade := isUpgrade(x.r)
	if safe(x.r.Method) && !upgrade || x.visit.Session == nil && len(x.rules) == 0 && !upgrade {
		return true
	}
	return x.sameSite(x.r, upgrade)
}

// sameSite looks at the origin of a request.
func (x *crossing) sameSite(r *http.Request, upgrade bool) bool {
	origins := r.Header["Origin"]
	if len(origins) > 1 {
		return false
	}
	if len(origins) == 1 && x.route.origins[origins[0]] {
		return true
	}
	if upgrade {
		// What Sec-Fetch-Site says of a WebSocket differs between browsers, which all send
		// Origin. One without it comes from a program, which has no cookies of a visitor.
		if len(origins) == 0 {
			return x.visit.Session == nil && len(x.rules) == 0 || askedFirst(r.Header)
		}
		r = &http.Request{Header: http.Header{"Origin": origins}}
	}
	if x.visit.CrossSite(r) {
		return false
	}
	return len(origins) > 0 || r.Header.Get("Sec-Fetch-Site") != "" || askedFirst(r.Header)
}

// askedFirst tells whether a request has a header that makes a browser ask before it lets
// another site's page send it: X-CSRF, as front ends of back-end-for-front-end libraries
// send it, or the headers that carry CSRF tokens.
func askedFirst(h http.Header) bool {
	for _, name := range [...]string{"X-Csrf", "X-Csrf-Token", "X-Xsrf-Token"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

// allowOrigin writes the headers of CORS for an origin that the route lists.
func (x *crossing) allowOrigin(h http.Header) {
	if len(x.route.origins) == 0 {
		return
	}
	addVary(h, "Origin")
	origin := x.r.Header.Get("Origin")
	if !x.route.origins[origin] || len(x.r.Header["Origin"]) != 1 {
		return
	}
	h["Access-Control-Allow-Origin"] = []string{origin}
	h["Access-Control-Allow-Credentials"] = []string{"true"}
}

// isPreflight tells the question of a browser whether a page of a listed origin may send a
// request. Any other OPTIONS needs what every request needs.
func (x *crossing) isPreflight() bool {
	in := x.r.Header
	return x.r.Method == http.MethodOptions && in.Get("Access-Control-Request-Method") != "" &&
		len(in["Origin"]) == 1 && x.route.origins[in.Get("Origin")]
}

// preflight answers it.
func (x *crossing) preflight() {
	in, h := x.r.Header, x.w.Header()
	asked := in.Get("Access-Control-Request-Method")
	x.allowOrigin(h)
	if isToken(asked) && x.route.takes(asked) {
		h["Access-Control-Allow-Methods"] = []string{asked}
	}
	if names := in.Get("Access-Control-Request-Headers"); names != "" && len(names) < 2048 && validList(names) {
		h["Access-Control-Allow-Headers"] = []string{names}
	}
	h["Access-Control-Max-Age"] = []string{"600"}
	addVary(h, "Access-Control-Request-Headers")
	x.w.WriteHeader(http.StatusNoContent)
}

// validList tells whether s is header names with commas between them.
func validList(s string) bool {
	for name := range strings.SplitSeq(s, ",") {
		if !isToken(strings.TrimSpace(name)) {
			return false
		}
	}
	return true
}

func addVary(h http.Header, name string) {
	if !slices.Contains(h["Vary"], name) {
		h["Vary"] = append(slices.Clip(h["Vary"]), name)
	}
}

// isUpgrade tells whether a request wants a WebSocket.
func isUpgrade(r *http.Request) bool {
	return r.ProtoMajor == 1 && hasWord(r.Header["Connection"], "upgrade") && hasWord(r.Header["Upgrade"], "websocket")
}

func hasWord(lines []string, word string) bool {
	for _, line := range lines {
		for w := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
}

// upgradeRefused looks at the handshake of a WebSocket. RFC 6455 section 4.2.1. An upgrade
// to anything else (h2c) is not taken up, which RFC 9110 section 7.8 allows.
func (x *crossing) upgradeRefused() *refusal {
	if !isUpgrade(x.r) {
		return nil
	}
	h := x.r.Header
	key, err := base64.StdEncoding.DecodeString(h.Get("Sec-Websocket-Key"))
	switch {
	case !x.route.WebSocket && x.route.handler == nil:
		return refuse("the route takes no WebSocket")
	case x.r.Method != http.MethodGet, x.r.ContentLength != 0, err != nil, len(key) != 16,
		len(h["Sec-Websocket-Key"]) != 1:
		return refuse("the handshake of the WebSocket is broken")
	case h.Get("Sec-Websocket-Version") != "13":
		return &refusal{http.StatusUpgradeRequired, "websocket-version", "only version 13 of WebSocket is known"}
	}
	return nil
}
