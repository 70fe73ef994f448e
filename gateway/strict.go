package gateway

import (
	"net/http"
	"strings"
)

// strictly refuses what is only suspicious.
func (g *Gate) strictly(r *http.Request, t target) *refusal {
	switch r.Method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		return &refusal{http.StatusMethodNotAllowed, "method", "the method is not one of the seven that applications use"}
	}
	if why := suspicious(t.path); why != "" {
		return refuse("there is " + why)
	}
	if !strings.EqualFold(g.askedHost(r), g.authority(r)) {
		return &refusal{http.StatusMisdirectedRequest, "host", "the Host of the request is not ours"}
	}
	for name := range r.Header {
		if strings.ContainsAny(name, "_.") {
			return errAlias
		}
	}
	return nil
}

// askedHost is the host that the visitor asked for: what a trusted proxy tells in
// X-Forwarded-Host, as the Auth reads it, and else Host. A proxy that neither tells it nor
// passes it on sends its own name for us, which is no visitor's.
func (g *Gate) askedHost(r *http.Request) string {
	if told := r.Header["X-Forwarded-Host"]; len(told) > 0 && g.auth.FromProxy(r) {
		return strings.Join(told, ",") // more than one are nobody's
	}
	return r.Host
}
