package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
)

// wantsPage tells whether a person is looking at the answer, so that a page makes sense: a
// browser on its way somewhere, with a form or without, and not a script, a prefetch or the
// data of a page that is open already.
func wantsPage(r *http.Request) bool {
	h := r.Header
	mode := h.Get("Sec-Fetch-Mode")
	if mode != "" && mode != "navigate" {
		return false
	}
	for _, name := range [...]string{
		"Rsc", "Next-Router-State-Tree", "Next-Router-Prefetch", "Next-Router-Segment-Prefetch", "X-Nextjs-Data",
		"X-Middleware-Prefetch", "X-Requested-With", "Upgrade",
	} {
		if h[name] != nil {
			return false
		}
	}
	if strings.Contains(h.Get("Purpose")+h.Get("Sec-Purpose")+h.Get("X-Moz"), "prefetch") {
		return false
	}
	if mode != "" || h["Sec-Fetch-Site"] != nil || h["Sec-Fetch-Dest"] != nil {
		return mode == "navigate"
	}
	return strings.Contains(strings.ToLower(strings.Join(h["Accept"], ",")), "text/html")
}

// isPage is wantsPage for what the route and the path say as well.
func (x *crossing) isPage() bool {
	if x.route != nil && x.route.API || strings.HasPrefix(x.t.path, "/_next/data/") || strings.HasSuffix(x.t.path, ".rsc") {
		return false
	}
	return wantsPage(x.r)
}

// askToSignIn turns away somebody who is not signed in, or whose token from a provider is
// over: a person is sent to sign in and comes back, one with a form and a script are told
// where.
func (x *crossing) askToSignIn(code, provider string) {
	h := x.w.Header()
	x.visit.Commit(x.r.Context(), h)
	x.keepPrivate(h)
	if !x.isPage() {
		members := [...]string{"error", code, "provider", provider, "login_url", x.visit.SignInURL("")}
		x.writeJSON(http.StatusUnauthorized, members[:]...)
		return
	}
	if !x.redirectable() {
		x.page(http.StatusUnauthorized, code, x.visit.SignInURL(""))
		return
	}
	if x.loops() {
		x.page(http.StatusForbidden, loopPages[code], "")
		return
	}
	h["Location"] = []string{x.visit.SignInURL(x.asked + x.t.String())}
	x.w.WriteHeader(http.StatusFound)
}

// redirectable tells whether a person may be sent away and come back. A form would come back
// as a GET without what was typed.
func (x *crossing) redirectable() bool {
	return x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
}

// loopPages are what a loop comes from, by what people are sent to sign in for.
var loopPages = map[string]string{"unauthorized": "loop", "reconnect": "reconnect-loop"}

// refuse answers a refusal.
func (x *crossing) refuse(no *refusal) {
	x.g.log.Debug("refused", "method", x.r.Method, "reason", no.why)
	if no.status == http.StatusMethodNotAllowed {
		x.w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	if no.status == http.StatusUpgradeRequired { // RFC 6455 section 4.4
		x.w.Header().Set("Sec-WebSocket-Version", "13")
	}
	x.fail(no.status, no.code)
}

// appendText writes a text in JSON. Almost all need no escapes.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, _ := json.Marshal(s) // a text can always be written
			return append(b, escaped...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// notCarried tells the client that the server behind did not answer. One that is gone is
// told nothing: net/http would write 200 for a handler that returns.
func (x *crossing) notCarried(e *carryError) {
	if e.Status == statusGone {
		x.g.log.Debug("not carried", "route", x.route.Match, "error", e)
		panic(http.ErrAbortHandler)
	}
	x.g.log.Warn("not carried", "route", x.route.Match, "error", e)
	if e.Kind == "body" { // what is left of it is no next request
		x.w.Header().Set("Connection", "close")
		closeGently(x.w)
	}
	code := "upstream"
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		code = "too-large"
	case http.StatusBadRequest, http.StatusRequestTimeout:
		code = "bad-request"
	case http.StatusGatewayTimeout:
		code = "timeout"
	}
	if e.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	x.fail(e.Status, code)
}

// fail answers an error: a page for a person, JSON for a script. Nothing of the request is
// repeated in it.
func (x *crossing) fail(status int, code string) {
	if x.isPage() {
		x.page(status, code, "")
		return
	}
	x.writeJSON(status, "error", code)
}

// writeJSON answers an object of names and texts in turn; empty texts are left out.
func (x *crossing) writeJSON(status int, members ...string) {
	h := x.w.Header()
	h["Content-Type"], h["X-Content-Type-Options"] = contentJSON, nosniff
	body := make([]byte, 1, 160)
	body[0] = '{'
	for i := 0; i+1 < len(members); i += 2 {
		if members[i+1] == "" {
			continue
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = appendText(body, members[i])
		body = append(body, ':')
		body = appendText(body, members[i+1])
	}
	body = append(body, '}')
	x.w.WriteHeader(status)
	x.w.Write(body)
}
