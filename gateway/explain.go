package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
)

// An Explanation tells what would become of a request, and why. It holds no secret.
type Explanation struct {
	Method string `json:"method"`
	Target string `json:"target"` // canonical; empty where it was refused

	// Status is what the client would get at the gate, 0 for a request that passes, and Why
	// a sentence about either.
	Status int    `json:"status"`
	Why    string `json:"why"`

	// Readings are the paths that servers may take the target for, in the order in which
	// they were asked about; Rules are all that have to hold.
	Readings []string `json:"readings"`
	Rules    []string `json:"rules"`

	// Route counts from 1; 0 is none, or the Auth's own base path.
	Route int    `json:"route"`
	Match string `json:"match"`

	// Upstream is the address of the server, Sent the whole target that it would get, and
	// Header what would be sent, without Host and framing and with placeholders in <> for
	// tokens and addresses. On a route without a server, Header is what another proxy is
	// told to put in.
	Upstream string      `json:"upstream"`
	Sent     string      `json:"sent"`
	Header   http.Header `json:"header"`
}

// Explain tells what would become of a request with these headers by somebody with the
// session s, nil for nobody. address is a path, or a URL of ours. Limits, sizes and what a
// store or a provider may say are left out. Cookies in header are not looked at.
func (g *Gate) Explain(method, address string, header http.Header, s *signet.Session) Explanation {
	e := Explanation{Method: method, Readings: []string{}, Rules: []string{}, Header: http.Header{}}
	r := explained(method, address, header)
	if r.Host == "" {
		r.Host = "localhost"
		if own := g.authority(r); own != "" {
			r.Host = own
		}
	}
	t, no := g.readTarget(method, address, func() string { return g.authority(r) })
	if no == nil && g.config.Strict {
		no = g.strictly(r, t)
	}
	if no != nil {
		e.Status, e.Why = no.status, no.why
		return e
	}
	e.Target, e.Readings = t.String(), g.allReadings(t.path)
	if g.isOwn(t.path) {
		e.Match, e.Why = g.base, "the base path of the Auth, which answers itself"
		return e
	}
	verdict, no := g.decide(t)
	x := &crossing{g: g, r: r, t: t, sent: verdict.sent, route: verdict.route, rules: verdict.rules}
	e.routed(x)
	if no != nil {
		e.Status, e.Why = no.status, no.why
		return e
	}
	e.judged(x, s)
	return e
}

// explained is a request made of its description.
func explained(method, address string, header http.Header) *http.Request {
	r := &http.Request{Method: method, URL: &url.URL{}, RequestURI: address, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "192.0.2.1:1"}
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if _, rest, ok := strings.Cut(address, "://"); ok {
		r.Host, _, _ = strings.Cut(rest, "/")
	} else {
		r.Host = r.Header.Get("Host")
	}
	delete(r.Header, "Host")
	return r
}

// allReadings are those that judge looks at.
func (g *Gate) allReadings(path string) []string {
	all := []string{path}
	if !simple(path) {
		all = g.readings(path)
	}
	for _, reading := range all {
		if lower := foldCase(reading); lower != reading {
			all = append(all, lower)
		}
	}
	return all
}

func (e *Explanation) routed(x *crossing) {
	for _, r := range x.rules {
		e.Rules = append(e.Rules, r.String())
	}
	if x.route != nil {
		e.Route, e.Match, e.Upstream = x.route.index+1, x.route.Match, x.route.server+x.route.base
	}
}

// judged asks what admit asks, in its order, and shows what would be sent.
func (e *Explanation) judged(x *crossing, s *signet.Session) {
	switch {
	case x.isPreflight():
		e.Status, e.Why = http.StatusNoContent, "a preflight from an origin of the route, which is answered here"
		return
	case !x.route.takes(x.r.Method):
		e.Status, e.Why = http.StatusMethodNotAllowed, "the route takes only "+strings.Join(x.route.Methods, ", ")
		return
	}
	var err error
	x.visit, err = x.who(func(r *http.Request) (*signet.Visit, error) {
		v, err := x.g.anonymous(r)
		if err == nil {
			v.Session = s
		}
		return v, err
	})
	if err != nil {
		e.Status, e.Why = http.StatusBadRequest, "the host is not ours"
		return
	}
	if e.turnedAway(x); e.Status != 0 {
		return
	}
	switch {
	case x.route.handler != nil:
		e.Why = "passes to a handler in this program"
	case x.route.server == "":
		e.Why = "passes where another proxy asks; here the answer is 404"
		e.tells(x)
	default:
		e.Why = "passes"
		e.sends(x)
	}
}

// turnedAway asks what the method of that name of a crossing asks.
func (e *Explanation) turnedAway(x *crossing) {
	before := len(x.rules)
	status := x.refused()
	if before == 0 && len(x.rules) > 0 {
		e.Rules = append(e.Rules, "protect")
	}
	page := x.isPage()
	switch {
	case status == http.StatusUnauthorized && x.isSignInPage():
		x.rules = nil
	case status == http.StatusUnauthorized && page && x.redirectable():
		e.Status, e.Why = http.StatusFound, "a person who is not signed in is sent to "+x.visit.SignInURL(x.t.String())
	case status == http.StatusUnauthorized && page:
		e.Status, e.Why = status, "nobody is signed in, and a form is not sent elsewhere: the page says where to sign in"
	case status == http.StatusUnauthorized:
		e.Status, e.Why = status, "nobody is signed in, and this is no person on the way to a page"
	case status != 0:
		e.Status, e.Why = status, "the session is not in the group that "+strings.Join(e.Rules, " and ")+" asks for"
	}
	if e.Status == 0 && !x.proven() {
		e.Status, e.Why = http.StatusForbidden, "nothing shows that a page of this site sent it: Sec-Fetch-Site, Origin or X-CSRF"
	}
	if no := x.upgradeRefused(); e.Status == 0 && no != nil {
		e.Status, e.Why = no.status, no.why
	}
}

// sends shows the request as the server would get it.
func (e *Explanation) sends(x *crossing) {
	e.Sent = x.route.base + x.sent.String()
	h, no := x.g.clean(x.r.Header, x.route)
	if no != nil {
		e.Status, e.Why = no.status, no.why
		return
	}
	if h.Get("Authorization") != "" {
		h.Set("Authorization", "<as sent>")
	}
	if err := x.g.load(h, x.r.Header, x.route, shownCargo(x)); err == nil {
		e.Header = h.header()
		maps.DeleteFunc(e.Header, func(name string, _ []string) bool { return framingName(name) })
	}
}

// tells shows what another proxy would be told to put into the request.
func (e *Explanation) tells(x *crossing) {
	h := http.Header{}
	if err := x.tell(h, shownCargo(x)); err == nil {
		e.Header = h
	}
}

// shownCargo is what a request carries on, with placeholders.
func shownCargo(x *crossing) cargo {
	c := cargo{session: x.visit.Session, origin: x.visit.Origin(), peer: "<address>", client: "<address>"}
	if c.session != nil && x.route.Token != nil {
		c.token = "<token>"
	}
	if c.session != nil && x.route.Assertion != "" {
		c.assertion = "<assertion>"
	}
	return c
}
