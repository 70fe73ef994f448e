package gateway

import (
	"context"
	"net/http"
	"strings"
)

// edit changes the header of a server's answer before it is sent to the client.
func (x *crossing) edit(status int, h http.Header, endable func() context.CancelCauseFunc) {
	x.g.cleanAnswer(h)
	x.allowOrigin(h)
	if x.r.ProtoMajor == 1 && len(x.r.TransferEncoding) > 0 {
		h["Connection"] = []string{"close"} // as ServeHTTP has it
	}
	if !x.route.Anonymous {
		x.visit.Commit(x.r.Context(), h)
	}
	if len(x.rules) > 0 {
		x.keepPrivate(h)
	}
	if strings.HasPrefix(x.visit.Origin(), "https:") && h["Strict-Transport-Security"] == nil {
		h["Strict-Transport-Security"] = oneYear
	}
	if status == http.StatusSwitchingProtocols || x.r.Method != http.MethodHead && isStream(status, h) {
		endless := status == http.StatusSwitchingProtocols || isEvents(h)
		x.ended = x.g.yard.last(x, endless, endable())
	}
}

var (
	oneYear = []string{"max-age=31536000"}
	noStore = []string{"private, no-cache, no-store"}
	vary    = []string{"Cookie"}

	contentJSON = []string{"application/json"}
	nosniff     = []string{"nosniff"}
)

// keepPrivate keeps an answer that is for one visitor out of every cache.
func (x *crossing) keepPrivate(h http.Header) {
	h["Cache-Control"] = noStore
	delete(h, "Expires")
	if h["Vary"] == nil {
		h["Vary"] = vary
		return
	}
	addVary(h, "Cookie")
}

// isStream tells an answer that may last: events, and whatever does not say how long it is.
func isStream(status int, h http.Header) bool {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return false
	}
	return h["Content-Length"] == nil || isEvents(h)
}

// isEvents tells a stream of server-sent events.
func isEvents(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Type"), "text/event-stream")
}
