package gateway

import (
	"html"
	"net/http"
	"strings"
)

// Forward-auth: another proxy carries requests, and asks us about each of them.

// A contract is what one proxy asks and what answers it understands.
type contract struct {
	// original reads what the proxy was asked for: method, origin, target. ok is false
	// where it does not say.
	original func(r *http.Request, rest string) (method, origin, target string, ok bool)

	// onlyRefusals: any answer but 2xx, 401 and 403 is a fault to this proxy (nginx), which
	// cannot redirect either.
	onlyRefusals bool
}

var contracts = map[string]contract{
	"traefik": {original: forwardedHeaders},
	"caddy":   {original: forwardedHeaders},
	"nginx":   {original: originalURL, onlyRefusals: true},
	"envoy":   {original: ownTarget},
}

// Forward is the decision about requests that another proxy carries: "nginx" (auth_request),
// "traefik", "caddy" (forward_auth) or "envoy" (ext_authz over HTTP). It panics at any other
// name.
//
// What was asked for is believed only where the Auth trusts the proxy; otherwise, and where
// it is missing, the answer is 401. It is judged by the routes, as if it had come here. Yes
// is 200 with identity headers and what the route relays; a renewed session comes as
// Set-Cookie. No is what a client may be shown: 302 to sign in for a person, 401 as JSON for
// a script, 400, 403, 404. Nginx gets 401 or 403 instead, with Location and a link for a
// person.
//
// For envoy, mount it below a prefix of its own and cut that off with [http.StripPrefix];
// [Config.ForwardAuth] does so.
func (g *Gate) Forward(kind string) http.Handler {
	if _, ok := contracts[kind]; !ok {
		panic("gateway: no forward-auth contract is called " + quote(kind))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest := rawTarget(r)
		if r.URL.Path != "" && !strings.HasPrefix(rest, r.URL.EscapedPath()) { // below http.StripPrefix
			rest = r.URL.RequestURI()
		}
		g.forwardAuth(w, r, kind, rest)
	})
}

// asksForward tells whether a target is one of our end points for forward-auth, by the text
// as it was sent: what Envoy appends must not lead out of the prefix, however many dots are
// in it.
func (g *Gate) asksForward(raw string) (kind, rest string, ok bool) {
	if !g.config.ForwardAuth {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(raw, g.forward)
	if !ok {
		return "", "", false
	}
	if rest == "" || rest == "/" || rest[0] == '?' {
		return "traefik", rest, true
	}
	if rest[0] != '/' {
		return "", "", false
	}
	end := 1
	for end < len(rest) && rest[end] != '/' && rest[end] != '?' {
		end++
	}
	kind, rest = rest[1:end], rest[end:]
	_, ok = contracts[kind]
	return kind, rest, ok
}

// forwardedHeaders is how Traefik and Caddy ask.
func forwardedHeaders(r *http.Request, _ string) (method, origin, target string, ok bool) {
	method, ok1 := only(r, "X-Forwarded-Method")
	proto, ok2 := only(r, "X-Forwarded-Proto")
	host, ok3 := only(r, "X-Forwarded-Host")
	target, ok4 := only(r, "X-Forwarded-Uri")
	return method, webScheme(proto) + "://" + host, target, ok1 && ok2 && ok3 && ok4
}

// originalURL is how nginx asks; its operator writes the headers.
func originalURL(r *http.Request, _ string) (method, origin, target string, ok bool) {
	method, ok1 := only(r, "X-Original-Method")
	whole, ok2 := only(r, "X-Original-Url")
	scheme, rest, ok3 := strings.Cut(whole, "://")
	host, path, ok4 := strings.Cut(rest, "/")
	return method, scheme + "://" + host, "/" + path, ok1 && ok2 && ok3 && ok4
}

// ownTarget is how Envoy asks: with the request itself, its path behind ours.
func ownTarget(r *http.Request, rest string) (method, origin, target string, ok bool) {
	proto, ok := only(r, "X-Forwarded-Proto")
	return r.Method, webScheme(proto) + "://" + r.Host, rest, ok && rest != ""
}

// webScheme is the scheme of the page that opens a WebSocket: Traefik says ws and wss.
func webScheme(proto string) string {
	if rest, ok := strings.CutPrefix(proto, "ws"); ok {
		return "http" + rest
	}
	return proto
}

// only is the value of a header that came once.
func only(r *http.Request, name string) (string, bool) {
	values := r.Header[name]
	return strings.Join(values, ""), len(values) == 1 && values[0] != ""
}

// forwardAuth answers the question of a proxy.
func (g *Gate) forwardAuth(w http.ResponseWriter, r *http.Request, kind, rest string) {
	asked := contracts[kind]
	x := &crossing{g: g, w: w, r: r}
	if asked.onlyRefusals {
		x.w = &refusalsOnly{ResponseWriter: w}
	}
	noCache(w.Header())
	method, origin, raw, ok := asked.original(r, rest)
	if !ok || !g.auth.FromProxy(r) {
		x.writeJSON(http.StatusUnauthorized, "error", "unauthorized")
		return
	}
	shadow := *r
	shadow.Method, shadow.ContentLength, shadow.Body = method, 0, http.NoBody
	if r.Header["Sec-Websocket-Key"] != nil { // most proxies keep Connection and Upgrade to themselves
		shadow.ProtoMajor, shadow.ProtoMinor, shadow.Header = 1, 1, r.Header.Clone()
		shadow.Header["Connection"], shadow.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	}
	x.r = &shadow
	t, no := x.forwardTarget(method, origin, raw)
	if no != nil {
		x.refuse(no)
		return
	}
	x.t = t
	v, no := g.decide(t)
	if g.isOwn(t.path) {
		v, no = verdict{route: ownRoute}, nil
	}
	if no != nil {
		x.refuse(no)
		return
	}
	x.route, x.rules, x.sent = v.route, v.rules, v.sent
	if !x.admit() {
		x.allow()
	}
}

// ownRoute stands for our own end points behind another proxy, which everybody may reach.
var ownRoute = &route{Route: Route{Match: "(base path)", Anonymous: true}}

// forwardTarget reads what the proxy was asked for, and fills in whom it was asked by.
func (x *crossing) forwardTarget(method, origin, raw string) (target, *refusal) {
	if !isToken(method) {
		return target{}, refuse("the method of the original request is none")
	}
	if !strings.HasPrefix(raw, "/") {
		return target{}, refuse("the original target is no path")
	}
	own, err := x.g.auth.Origin(x.r)
	if err != nil {
		return target{}, refuse("the origin of the request is not ours")
	}
	if origin != own && !x.trusts(origin) {
		return target{}, refuse("the original request was for another site")
	}
	t, no := x.g.readTarget(method, raw, nil)
	if no == nil && hasDotSegment(raw) {
		no = refuse("the proxy would send on the dots that are left out here")
	}
	x.asked = origin
	if no == nil && x.g.config.Strict {
		if why := suspicious(t.path); why != "" {
			no = refuse("there is " + why)
		}
	}
	return t, no
}

// trusts tells whether an origin is another spelling of ours, or one that the Auth trusts.
func (x *crossing) trusts(origin string) bool {
	v, err := x.g.anonymous(x.r)
	return err == nil && !v.CrossSite(&http.Request{Header: http.Header{"Origin": {origin}}})
}

// hasDotSegment tells whether a path was sent with . or .. in it, which no browser does.
// Here, what was judged is not what is sent on: the proxy sends the path as it came.
func hasDotSegment(raw string) bool {
	path, _, _ := strings.Cut(raw, "?")
	if !strings.ContainsAny(path, ".%") {
		return false
	}
	path = strings.ToLower(path)
	for segment := range strings.SplitSeq(path, "/") {
		if segment = strings.ReplaceAll(segment, "%2e", "."); segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// allow answers yes, with what the proxy is to put into the request.
func (x *crossing) allow() {
	h := x.w.Header()
	c, ok := x.cargo()
	if !ok {
		return
	}
	if err := x.tell(h, c); err != nil {
		x.g.log.Error("token cannot be relayed", "route", x.route.Match, "error", err)
		x.unavailable()
		return
	}
	if !x.route.Anonymous {
		x.visit.Commit(x.r.Context(), h)
	}
	x.w.WriteHeader(http.StatusOK)
}

// tell writes what the proxy is to put into the request.
func (x *crossing) tell(h http.Header, c cargo) error {
	if c.session != nil {
		x.g.identity.set(h, c.session)
	}
	if c.assertion != "" {
		h[AssertionHeader] = []string{c.assertion}
	}
	if x.route.carry.kind == "cookie" { // the whole header, so that the proxy can replace the client's
		if line := x.g.foreignCookies(x.r.Header["Cookie"], x.route.carry); line != "" {
			h["Cookie"] = []string{line}
		}
	}
	return x.route.carry.put(h, c.token)
}

func noCache(h http.Header) { h["Cache-Control"] = noStore }

// refusalsOnly turns every no into 401 or 403. A redirect becomes 401 with a link.
type refusalsOnly struct{ http.ResponseWriter }

func (w *refusalsOnly) WriteHeader(status int) {
	to := w.Header().Get("Location")
	switch {
	case status < 300, status == http.StatusUnauthorized, status == http.StatusForbidden, status >= 500:
		w.ResponseWriter.WriteHeader(status)
	case to != "":
		w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
		w.ResponseWriter.WriteHeader(http.StatusUnauthorized)
		w.ResponseWriter.Write([]byte(`<a href="` + html.EscapeString(to) + `">Sign in</a>`))
	default:
		w.ResponseWriter.WriteHeader(http.StatusForbidden)
	}
}
