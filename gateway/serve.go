package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// A crossing is one request on its way through the gate.
type crossing struct {
	g     *Gate
	w     http.ResponseWriter
	r     *http.Request
	t     target
	sent  target // as the server gets it
	route *route
	rules []Rule // those of every reading of the path
	visit *signet.Visit
	asked string   // the origin that another proxy was asked at; empty: we were asked
	ended *lasting // set once the answer has turned out to be a stream
}

// ServeHTTP takes a request from the request line to the answer.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		// A request with both framings was read by the chunks; what follows it on the
		// connection may be its own second half.
		w.Header().Set("Connection", "close")
	}
	if kind, rest, ok := g.asksForward(rawTarget(r)); ok {
		g.forwardAuth(w, r, kind, rest)
		return
	}
	t, no := g.readTarget(r.Method, rawTarget(r), func() string { return g.authority(r) })
	x := &crossing{g: g, w: w, r: r, t: t}
	if no == nil && g.config.Strict {
		no = g.strictly(r, t)
	}
	if no != nil {
		x.refuse(no)
		return
	}
	if g.isOwn(t.path) {
		g.own.ServeHTTP(w, x.canonicalRequest())
		return
	}
	v, no := g.decide(t)
	x.route, x.rules, x.sent = v.route, v.rules, v.sent
	switch {
	case no != nil:
		x.refuse(no)
	case v.route.up == nil && v.route.handler == nil: // a rule for forward-auth
		x.fail(http.StatusNotFound, "not-found")
	default:
		x.cross()
	}
}

// rawTarget is the target as it stood on the request line.
func rawTarget(r *http.Request) string {
	if r.RequestURI == "" { // made by hand, not read by a server
		return r.URL.RequestURI()
	}
	return r.RequestURI
}

// isOwn tells paths below the base path of the Auth.
func (g *Gate) isOwn(path string) bool {
	rest, ok := strings.CutPrefix(path, g.base)
	return ok && (rest == "" || rest[0] == '/')
}

// authority is host and port of our public origin, "" where the request cannot be judged.
func (g *Gate) authority(r *http.Request) string {
	origin, err := g.auth.Origin(r)
	if err != nil {
		return ""
	}
	_, host, _ := strings.Cut(origin, "://")
	return host
}

// anonymous is the visit of a request that nobody is asked about.
func (g *Gate) anonymous(r *http.Request) (*signet.Visit, error) {
	bare := *r
	bare.Header = make(http.Header, 2)
	for _, name := range []string{"X-Forwarded-Proto", "X-Forwarded-Host"} {
		if v := r.Header[name]; v != nil {
			bare.Header[name] = v
		}
	}
	return g.auth.Visit(&bare)
}

// canonicalRequest is the request with its target written as it was judged, for handlers in
// this program.
func (x *crossing) canonicalRequest() *http.Request {
	text := x.t.String()
	if text == x.r.RequestURI && x.r.URL.Path == x.t.path && x.r.URL.RawPath == "" {
		return x.r
	}
	u, err := url.ParseRequestURI(text)
	if err != nil { // a query with bytes that Go does not take
		u = &url.URL{Path: x.t.path}
	}
	u.Host = ""
	same := *x.r
	same.URL, same.RequestURI = u, text
	return &same
}

// cross takes a request that has a route to its end.
func (x *crossing) cross() {
	if no := x.admit(); no {
		return
	}
	if x.route.handler != nil {
		x.route.handler.ServeHTTP(x.w, x.handlerRequest())
		return
	}
	x.carry()
}

// admit asks everything that can turn a request away. It answers the request itself when it
// returns true.
func (x *crossing) admit() (answered bool) {
	if x.isPreflight() {
		x.preflight()
		return true
	}
	x.allowOrigin(x.w.Header())
	if !x.route.takes(x.r.Method) {
		x.w.Header().Set("Allow", strings.Join(x.route.Methods, ", "))
		x.fail(http.StatusMethodNotAllowed, "method")
		return true
	}
	if x.route.limiter != nil {
		if wait := x.route.limiter.take(x.client(), x.g.now()); wait > 0 {
			x.w.Header().Set("Retry-After", seconds(wait))
			x.fail(http.StatusTooManyRequests, "too-many-requests")
			return true
		}
	}
	if !x.meet() {
		return true
	}
	return x.turnedAway()
}

// meet finds out who is there.
func (x *crossing) meet() bool {
	v, err := x.who(x.g.auth.Visit)
	if err != nil {
		x.g.auth.Unreadable(x.w, err)
		return false
	}
	x.visit = v
	return true
}

// who is the visit that counts: what visit reads, and nobody's where nobody is asked about.
func (x *crossing) who(visit func(*http.Request) (*signet.Visit, error)) (*signet.Visit, error) {
	if !x.route.Anonymous || len(x.rules) > 0 {
		return visit(x.r)
	}
	v, err := x.g.anonymous(x.r)
	if err == nil && x.g.auth.Protects() { // what the whole site protects is no place for that
		if _, private := v.Protected(x.canonicalRequest()); private {
			return visit(x.r)
		}
	}
	return v, err
}

// turnedAway asks the rules, the origin of the request and its size.
func (x *crossing) turnedAway() bool {
	v := x.visit
	status := x.refused()
	switch {
	case status == http.StatusUnauthorized && x.isSignInPage():
		x.rules = nil // nobody could sign in otherwise
	case status != 0 && v.Fault() != nil, v.Session != nil && !safe(x.r.Method) && v.Blind():
		x.unavailable()
		return true
	case status == http.StatusUnauthorized:
		x.askToSignIn("unauthorized", "")
		return true
	case status != 0:
		v.Commit(x.r.Context(), x.w.Header())
		x.keepPrivate(x.w.Header())
		x.fail(status, "forbidden")
		return true
	}
	if !x.proven() {
		x.fail(http.StatusForbidden, "cross-site")
		return true
	}
	if no := x.upgradeRefused(); no != nil {
		x.refuse(no)
		return true
	}
	if max := x.route.MaxBody; max > 0 && x.r.ContentLength > max {
		x.w.Header().Set("Connection", "close")
		x.fail(http.StatusRequestEntityTooLarge, "too-large")
		return true
	}
	return false
}

// refused is the status that the rules of the routes, and then those of the whole site
// (Config.Protect of the Auth, and its Allow), turn the visitor away with; 0 for none.
func (x *crossing) refused() int {
	if status := refuses(x.rules, x.visit.Session); status != 0 || !x.g.auth.Protects() {
		return status
	}
	status, private := x.visit.Protected(x.canonicalRequest())
	if private && len(x.rules) == 0 {
		x.rules = []Rule{None} // the answer is for this visitor alone
	}
	return status
}

// isSignInPage tells the page that people are sent to, which a rule must not close.
func (x *crossing) isSignInPage() bool {
	if !plain(x.t.path) {
		return false
	}
	page := strings.TrimPrefix(x.visit.SignInURL(""), x.visit.Origin())
	page, _, _ = strings.Cut(page, "#")
	page, _, _ = strings.Cut(page, "?")
	page, err := url.PathUnescape(page)
	return err == nil && page == x.t.path
}

// unavailable says that it is not known who is there.
func (x *crossing) unavailable() {
	x.w.Header().Set("Retry-After", "1")
	x.keepPrivate(x.w.Header())
	x.fail(http.StatusServiceUnavailable, "unavailable")
}

// handlerRequest is what a handler in this program gets: without claims of identity, and
// otherwise what the client sent. Whom to believe about X-Forwarded-For, -Proto and -Host,
// the Auth knows.
func (x *crossing) handlerRequest() *http.Request {
	r := *x.canonicalRequest()
	r.Header = make(http.Header, len(x.r.Header))
	for name, values := range x.r.Header {
		switch folded := fold(name); {
		case name == "X-Forwarded-For", name == "X-Forwarded-Proto", name == "X-Forwarded-Host",
			!isOurs(folded) && !x.g.identity.has(folded):
			r.Header[name] = values
		}
	}
	if x.route.MaxBody > 0 && r.Body != nil {
		r.Body = http.MaxBytesReader(x.w, r.Body, x.route.MaxBody)
	}
	return &r
}

// carry sends the request to the server of its route.
func (x *crossing) carry() {
	out, no := x.outgoing()
	if no != nil {
		x.refuse(no)
		return
	}
	if out == nil {
		return
	}
	defer func() { x.ended.stop() }() // also when an answer is cut off by a panic
	out.Edit, out.EditTrailer = x.edit, x.g.editTrailer
	err := x.route.up.carry(x.w, x.r, out)
	giveBack(out.Header)
	var failed *carryError
	if errors.As(err, &failed) {
		x.notCarried(failed)
	}
}

// outgoing is the request as the server gets it. It answers the request itself where it
// returns neither it nor a refusal.
func (x *crossing) outgoing() (*outgoing, *refusal) {
	h, no := x.g.clean(x.r.Header, x.route)
	if no != nil {
		return nil, no
	}
	c, ok := x.cargo()
	if !ok {
		return nil, nil
	}
	c.peer, c.trusted = peer(x.r.RemoteAddr), x.g.auth.FromProxy(x.r)
	if c.client = c.peer; c.trusted {
		c.client = x.client()
	}
	if err := x.g.load(h, x.r.Header, x.route, c); err != nil {
		x.g.log.Error("token cannot be relayed", "route", x.route.Match, "error", err)
		x.fail(http.StatusBadGateway, "upstream")
		return nil, nil
	}
	out := &outgoing{Method: x.r.Method, Target: x.sent.String(), Host: x.route.Host, Header: h, Length: x.r.ContentLength}
	if out.Host == "" {
		_, out.Host, _ = strings.Cut(c.origin, "://")
	}
	if x.r.ContentLength != 0 {
		out.Body = x.body()
	}
	if isUpgrade(x.r) && x.route.WebSocket {
		out.Upgrade = "websocket"
	}
	return out, nil
}

// body is the request's, cut where the route says.
func (x *crossing) body() io.Reader {
	if x.route.MaxBody > 0 && x.r.ContentLength < 0 {
		return http.MaxBytesReader(nil, x.r.Body, x.route.MaxBody)
	}
	return x.r.Body // of a known length, which was looked at
}

// cargo is what the request carries on. It answers the request itself when it returns
// false.
func (x *crossing) cargo() (cargo, bool) {
	c := cargo{session: x.visit.Session, origin: x.visit.Origin()}
	if c.session == nil {
		return c, true
	}
	if x.route.Token != nil {
		tokens, err := x.visit.Token(x.r.Context(), x.route.Token.Provider)
		if err != nil && !x.goesWithout(err) {
			return c, false
		}
		c.token = tokens.Access
		c.session = x.visit.Session
	}
	if x.route.Assertion != "" {
		signed, err := x.g.config.Sign(x.r.Context(), c.session, x.route.Assertion)
		if err != nil || !visible(signed) {
			x.g.log.Error("assertion cannot be signed", "route", x.route.Match, "error", err)
			x.unavailable()
			return c, false
		}
		c.assertion = signed
	}
	return c, true
}

// goesWithout decides about a token that cannot be had: a route that is open anyway does
// without. Else it answers the request.
func (x *crossing) goesWithout(err error) bool {
	switch {
	case len(x.rules) == 0:
		return true
	case signet.Lost(err), errors.Is(err, signet.ErrNotFound):
		x.askToSignIn("reconnect", x.route.Token.Provider)
	default:
		x.g.log.Warn("token cannot be had", "route", x.route.Match, "error", err)
		x.unavailable()
	}
	return false
}

// client is the visitor's address.
func (x *crossing) client() string { return x.g.auth.Client(x.r).IP }

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// seconds writes a duration as Retry-After wants it: whole seconds, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
