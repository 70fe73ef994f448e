package main

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet/match"
)

// A gatewayConfig is the section `gateway`: what is behind this process, and who may reach
// it.
type gatewayConfig struct {
	strict      bool
	forwardAuth bool
	headers     identityHeaders
	app         match.Site // the Next.js application of routes marked next
	routes      []routeConfig
}

// identityHeaders are the names under which upstreams hear who is signed in; "" is the
// usual one.
type identityHeaders struct{ user, email, name, groups string }

// A routeConfig is one entry of `gateway.routes`.
type routeConfig struct {
	match, upstream string
	roots           *x509.CertPool // of `ca`; nil is the system's
	require         string         // "none", "session" or "group:NAME"
	api, next       bool
	anonymous       bool
	websocket       bool
	host            string
	stripPrefix     string
	token           routeToken
	assertion       string
	methods         []string
	origins         []string
	maxBody         int64 // bytes; 0 is the usual limit
	timeout         time.Duration
	perMinute       int
	burst           int
	health          string
	escapes         []string
}

// A routeToken says whose token a route's upstream gets, and how.
type routeToken struct{ provider, as string }

// on tells whether there is anything for a gateway to do.
func (g *gatewayConfig) on() bool { return len(g.routes) > 0 || g.forwardAuth }

func (g *gatewayConfig) keys() []key {
	return []key{
		{"strict", flag(&g.strict)},
		{"forward_auth", flag(&g.forwardAuth)},
		{"headers", section(g.headers.keys())},
		{"next", section(g.nextKeys())},
		{"routes", sequence(g.takeRoute)},
	}
}

// nextKeys are what next.config says, in the words of this file.
func (g *gatewayConfig) nextKeys() []key {
	return []key{
		{"base_path", page(&g.app.BasePath)}, {"build_id", text(&g.app.BuildID)}, {"trailing_slash", flag(&g.app.TrailingSlash)},
		{"locales", words(&g.app.Locales)}, {"default_locale", text(&g.app.DefaultLocale)},
	}
}

func (h *identityHeaders) keys() []key {
	return []key{
		{"user", headerName(&h.user)}, {"email", headerName(&h.email)},
		{"name", headerName(&h.name)}, {"groups", headerName(&h.groups)},
	}
}

func (g *gatewayConfig) takeRoute(r *reader, n node) {
	var route routeConfig
	section(route.keys())(r, n)
	if route.match == "" && !r.c.places.set(n.key+".match") {
		r.wrong(n, "has no `match`", "add `match: /api/:path*`, or another pattern")
	}
	g.routes = append(g.routes, route)
}

func (c *routeConfig) keys() []key {
	return []key{
		{"match", pattern(&c.match)},
		{"upstream", upstream(&c.upstream)},
		{"ca", authorities(&c.roots)},
		{"require", requirement(&c.require)},
		{"api", flag(&c.api)},
		{"next", flag(&c.next)},
		{"websocket", flag(&c.websocket)},
		{"anonymous", flag(&c.anonymous)},
		{"host", text(&c.host)},
		{"strip_prefix", page(&c.stripPrefix)},
		{"token", section(c.token.keys())},
		{"assertion", text(&c.assertion)},
		{"methods", methods(&c.methods)},
		{"origins", origins(&c.origins)},
		{"max_body", size(&c.maxBody)},
		{"timeout", duration(&c.timeout)},
		{"per_minute", count(&c.perMinute)},
		{"burst", count(&c.burst)},
		{"health", page(&c.health)},
		{"escapes", words(&c.escapes)},
	}
}

func (t *routeToken) keys() []key {
	return []key{
		{"provider", text(&t.provider)},
		{"as", carriage(&t.as)},
	}
}

// pattern takes one matcher, as `protect` takes several.
func pattern(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if r.patternIn(n, s) {
			*to = s
		}
	}
}

// upstream takes the address of a server: scheme, host and perhaps a path in front.
func upstream(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "write it as http://127.0.0.1:8080"
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			r.wrong(n, quoted(s)+" is no address of a server", cure)
		case u.Port() != "" && !isPort(u.Port()):
			r.wrong(n, quoted(s)+" has no port between 1 and 65535", cure)
		case u.User != nil || u.RawQuery != "" || u.Fragment != "":
			r.wrong(n, "has a name, a query or a fragment, which no upstream takes", cure)
		default:
			*to = s
		}
	}
}

// isPort tells whether somebody can be reached at the port.
func isPort(s string) bool {
	port, err := strconv.ParseUint(s, 10, 16)
	return err == nil && port > 0
}

// maxAuthorities bounds a file of certificates, in bytes. That of Debian has 220 KB.
const maxAuthorities = 1 << 20

// authorities takes the name of a file of certificates in PEM.
func authorities(to **x509.CertPool) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "name a file with the certificate of who signs those of the server, as PEM"
		var name string
		if text(&name)(r, n); name == "" {
			return
		}
		pem, err := readBounded(r.c.path(name), maxAuthorities)
		if err != nil {
			r.wrong(n, err.Error(), cure)
			return
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			r.wrong(n, quoted(name)+" holds no certificate", cure)
			return
		}
		*to = pool
	}
}

// requirement takes what a route asks of its visitors.
func requirement(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "use none, session or group:NAME"
		s, ok := r.scalar(n, cure)
		if !ok {
			return
		}
		group, isGroup := strings.CutPrefix(s, "group:")
		switch {
		case s == "none" || s == "session", isGroup && group != "" && !strings.ContainsAny(group, " ,"):
			*to = s
		default:
			r.wrong(n, quoted(s)+" is no requirement", cure)
		}
	}
}

// carriage takes how a token travels.
func carriage(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "use bearer, cookie:NAME or header:NAME"
		s, ok := r.scalar(n, cure)
		if !ok {
			return
		}
		kind, name, named := strings.Cut(s, ":")
		switch {
		case s == "bearer", named && (kind == "cookie" || kind == "header") && isCookieName(name):
			*to = s
		default:
			r.wrong(n, quoted(s)+" is no way to carry a token", cure)
		}
	}
}

func headerName(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "write it as X-Signet-User"
		s, ok := r.scalar(n, cure)
		switch {
		case !ok:
		case !isCookieName(s) || strings.ContainsAny(s, "_."):
			r.wrong(n, quoted(s)+" is no name of a header", cure+", in letters, digits and dashes")
		default:
			*to = http.CanonicalHeaderKey(s)
		}
	}
}

// origins takes those of pages of other sites, as browsers send them.
func origins(to *[]string) func(*reader, node) {
	usual := map[string]string{"https": ":443", "http": ":80"}
	return sequence(func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		scheme, _, _ := strings.Cut(s, "://")
		if short, ends := strings.CutSuffix(s, usual[scheme]); ends && short != s {
			r.wrong(n, quoted(s)+" is sent by no browser: they leave the usual port out", "write it as "+short)
			return
		}
		*to = append(*to, s)
	})
}

// methods takes a list. An empty one would take all of them, and looks as if it took none.
func methods(to *[]string) func(*reader, node) {
	some := sequence(method(to))
	return func(r *reader, n node) {
		if list, ok := n.Node.(*ast.SequenceNode); ok && len(list.Values) == 0 {
			r.wrong(n, "is an empty list", "name those that are taken, as [GET, POST], or remove it: then all are")
			return
		}
		some(r, n)
	}
}

func method(to *[]string) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "write it as GET or POST"
		s, ok := r.scalar(n, cure)
		switch {
		case !ok:
		case !isCookieName(s) || s != strings.ToUpper(s) || s == "TRACE" || s == "CONNECT":
			r.wrong(n, quoted(s)+" is no method that is taken", cure)
		case slices.Contains(*to, s):
			r.wrong(n, quoted(s)+" is there twice", "name each once")
		default:
			*to = append(*to, s)
		}
	}
}

// size takes a number of bytes: 512, 64k, 10m, 2g.
func size(to *int64) func(*reader, node) {
	return func(r *reader, n node) {
		const cure = "write it in bytes, or as 64k, 10m or 2g"
		s, ok := r.scalar(n, cure)
		if !ok {
			return
		}
		b, err := parseSize(s)
		if err != nil {
			r.wrong(n, quoted(s)+" "+err.Error(), cure)
			return
		}
		*to = b
	}
}

func parseSize(s string) (int64, error) {
	units := map[string]int64{"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
	digits := strings.TrimRight(strings.ToLower(s), "kmg")
	unit, known := units[strings.ToLower(s[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !known || err != nil || n < 1 || n > 1<<40/unit || strconv.FormatInt(n, 10) != digits {
		return 0, fmt.Errorf("is no size between 1 byte and 1024g")
	}
	return n * unit, nil
}
