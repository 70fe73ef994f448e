package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/match"
)

// A route is a Route that was checked.
type route struct {
	Route
	index   int
	set     *match.Set
	folded  *match.Set // the pattern in lower case, for servers that ignore case
	rules   []Rule     // Require, or nothing
	up      *upstream
	base    string // path of the upstream, put before every path
	server  string // scheme, host and port of the upstream
	carry   carryAs
	left    match.Escapes // Escapes
	origins map[string]bool
	limiter *limiter
	handler http.Handler
}

// carryAs is a Carry that was checked.
type carryAs struct {
	kind string // "", "bearer", "header" or "cookie"
	name string
}

// compiler checks the routes of one Config.
type compiler struct {
	config     *Config
	identity   *identityNames
	routes     []*route
	everything string // the route that takes all that comes after it
}

func (c *compiler) routeError(rt *route, field, what, cure string) error {
	return &ConfigError{rt.where(field), what, cure}
}

// where names a field of the route for the one who wrote it.
func (rt *route) where(field string) string {
	where := "route " + strconv.Itoa(rt.index+1)
	if rt.Match != "" {
		where += " (" + rt.Match + ")"
	}
	return where + ": " + field
}

// compile checks route i and adds it.
func (c *compiler) compile(i int) error {
	rt := &route{Route: c.config.Routes[i], index: i}
	for _, check := range []func(*route) error{
		c.checkMatch, c.checkServer, c.checkRule, c.checkToken, c.checkStrip, c.checkMethods, c.checkOrigins, c.checkEscapes, c.checkNumbers,
	} {
		if err := check(rt); err != nil {
			return err
		}
	}
	c.routes = append(c.routes, rt)
	return nil
}

func (c *compiler) checkMatch(rt *route) error {
	if rt.Match == "" {
		return c.routeError(rt, "match", "there is no pattern", `write one such as /api/:path*`)
	}
	if c.everything != "" {
		return c.routeError(rt, "match", "no request comes this far, since "+c.everything+" takes all", "move this route in front of it")
	}
	for _, earlier := range c.routes {
		if earlier.Match == rt.Match && earlier.Next == rt.Next {
			return c.routeError(rt, "match", fmt.Sprintf("route %d has the same pattern and takes its requests", earlier.index+1), "remove one of them")
		}
	}
	site := match.Site{}
	if rt.Next {
		site = c.config.Site
	}
	patterns, err := match.Parse(rt.Match)
	if err == nil && (len(patterns) != 1 || len(patterns[0].Has) > 0 || len(patterns[0].Missing) > 0) {
		return c.routeError(rt, "match", "a route is chosen by its path alone", "write one pattern without has and missing")
	}
	if err == nil {
		rt.set, err = match.Compile(site, patterns...)
	}
	if err != nil {
		return c.routeError(rt, "match", strings.TrimPrefix(err.Error(), "match: "), "write a Next.js matcher such as /api/:path*")
	}
	rt.folded = rt.set
	if lower := strings.ToLower(patterns[0].Source); lower != patterns[0].Source && !strings.ContainsAny(lower, `(\`) {
		patterns[0].Source = lower
		if folded, err := match.Compile(site, patterns...); err == nil {
			rt.folded = folded
		}
	}
	if patterns[0].Source == "/:path*" && !patterns[0].NoLocale {
		c.everything = rt.Match
	}
	return nil
}

func (c *compiler) checkServer(rt *route) error {
	switch {
	case rt.Upstream != "" && rt.Handler != nil:
		return c.routeError(rt, "upstream", "there is a handler as well", "choose one of them")
	case rt.Upstream == "":
		rt.handler = rt.Handler
		if rt.Handler != nil && (rt.WebSocket || rt.Token != nil || rt.Assertion != "" || rt.Host != "" || rt.StripPrefix != "") {
			return c.routeError(rt, "handler", "token, websocket, strip_prefix, host and assertion are for upstreams", "remove them; a handler asks the Auth itself")
		}
		return nil
	}
	u, err := url.Parse(rt.Upstream)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return c.routeError(rt, "upstream", "not the address of a server", "write it as http://127.0.0.1:8080")
	}
	rt.server = strings.ToLower(u.Scheme + "://" + u.Host)
	rt.base = strings.TrimRight(u.EscapedPath(), "/")
	if rt.base != "" {
		if t, no := canonical(rt.base, "", 0); no != nil || t.path != rt.base {
			return c.routeError(rt, "upstream", "its path is not in its plainest spelling", "write it without dots, doubled slashes and needless escapes")
		}
	}
	if rt.Roots != nil && u.Scheme != "https" {
		return c.routeError(rt, "ca", "the upstream shows no certificate", "write https, or remove it")
	}
	if rt.Health != "" && !isWireTarget(rt.Health) {
		cure := "write it as /healthz"
		if isWireTarget("/"+rt.Health) && !strings.Contains(rt.Health, ":") {
			cure = "put a slash in front: /" + rt.Health
		}
		return c.routeError(rt, "health", "not a path", cure)
	}
	if rt.Host != "" && !isWireHost(rt.Host) {
		return c.routeError(rt, "host", "not a host", "write it as app.example.com or app.example.com:8080")
	}
	return nil
}

func (c *compiler) checkRule(rt *route) error {
	if rt.Require != None {
		rt.rules = []Rule{rt.Require}
	}
	switch {
	case rt.Require != None && !rt.Require.session, rt.Require.session && rt.Require.group != strings.TrimSpace(rt.Require.group):
		return c.routeError(rt, "require", "not a rule", "use None, Session or Group(name)")
	case rt.Anonymous && (rt.Require != None || rt.Token != nil || rt.Assertion != ""):
		return c.routeError(rt, "anonymous", "it also asks who is there", "remove anonymous, or require, token and assertion")
	case rt.Assertion != "" && c.config.Sign == nil:
		return c.routeError(rt, "assertion", "nothing signs it", "configure the keys of access tokens")
	}
	return nil
}

func (c *compiler) checkToken(rt *route) error {
	if rt.Token == nil {
		return nil
	}
	as := rt.Token.As
	if as == "" {
		as = "bearer"
	}
	kind, name, named := strings.Cut(as, ":")
	rt.carry = carryAs{kind, name}
	switch {
	case kind == "bearer" && !named:
		return nil
	case kind == "cookie" && isToken(name):
		return nil
	case kind == "header" && name != "":
		return c.checkTokenHeader(rt, name)
	}
	return c.routeError(rt, "token", "unknown way "+quote(as)+" to send it", "write bearer, header:NAME or cookie:NAME")
}

func (c *compiler) checkTokenHeader(rt *route, name string) error {
	fault := headerFault(name)
	if folded := fold(name); fault == "" && (isOurs(folded) || c.identity.has(folded)) {
		fault = "it tells servers who a visitor is or how the request came"
	}
	if fault != "" {
		cure := "choose another such as header:X-Token"
		if http.CanonicalHeaderKey(name) == "Authorization" {
			cure = "write bearer, or choose a header such as header:X-Token"
		}
		return c.routeError(rt, "token", "cannot use the header name "+quote(name)+": "+fault, cure)
	}
	rt.carry.name = http.CanonicalHeaderKey(name)
	return nil
}

func (c *compiler) checkStrip(rt *route) error {
	p := rt.StripPrefix
	if p == "" {
		return nil
	}
	plainly := "/" + strings.Trim(p, "/")
	t, no := canonical(plainly, "", 0)
	switch {
	case strings.ContainsAny(p, ":*(){}"):
		return c.routeError(rt, "strip_prefix", "a prefix is text and no pattern", "write it as /files, without : and *")
	case no != nil || t.path != plainly || plainly == "/":
		return c.routeError(rt, "strip_prefix", "not a plain prefix", "write it as /files, with a slash in front and none behind")
	case plainly != p:
		return c.routeError(rt, "strip_prefix", "not a plain prefix", "write it as "+plainly+", with a slash in front and none behind")
	}
	rest, ok := strings.CutPrefix(rt.Match, p)
	if !ok || rest != "" && rest[0] != '/' {
		return c.routeError(rt, "strip_prefix", "the pattern does not begin with it", "let both begin alike: match "+p+"/:path*")
	}
	return nil
}

func (c *compiler) checkMethods(rt *route) error {
	for _, m := range rt.Methods {
		if !isToken(m) || m != strings.ToUpper(m) || m == http.MethodConnect || m == http.MethodTrace {
			return c.routeError(rt, "methods", "cannot take "+quote(m), "write methods as GET or POST")
		}
	}
	return nil
}

func (c *compiler) checkOrigins(rt *route) error {
	rt.origins = map[string]bool{}
	for _, o := range rt.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o || o != strings.ToLower(o) {
			return c.routeError(rt, "origins", "not an origin: "+quote(o), "write it as https://admin.example.com, as browsers do")
		}
		rt.origins[o] = true
	}
	return nil
}

func (c *compiler) checkEscapes(rt *route) error {
	for _, word := range rt.Escapes {
		kind, ok := escapes[word]
		if !ok {
			return c.routeError(rt, "escapes", "unknown kind "+quote(word), "write slash, percent or bytes")
		}
		rt.left |= kind
	}
	return nil
}

// escapes are the words of [Route.Escapes].
var escapes = map[string]match.Escapes{"slash": match.EscapedSlash, "percent": match.EscapedPercent, "bytes": match.EscapedBytes}

func (c *compiler) checkNumbers(rt *route) error {
	switch {
	case rt.Timeout < 0:
		return c.routeError(rt, "timeout", "below zero", "write 10s, or leave it out for 30s")
	case rt.Limit.PerMinute < 0 || rt.Limit.Burst < 0:
		return c.routeError(rt, "limit", "below zero", "say how many requests a minute, or leave it out for no limit")
	case rt.Limit.Burst > 0 && rt.Limit.PerMinute == 0:
		return c.routeError(rt, "burst", "without per_minute it limits nothing", "say per_minute too: how many requests are let through in the long run")
	}
	if rt.MaxBody == 0 {
		rt.MaxBody = DefaultMaxBody
	}
	return nil
}

// takes tells whether the route takes a method.
func (rt *route) takes(method string) bool {
	return len(rt.Methods) == 0 || slices.Contains(rt.Methods, method) ||
		method == http.MethodHead && slices.Contains(rt.Methods, http.MethodGet)
}

// quote shows what was typed in an error.
func quote(s string) string { return strconv.Quote(s) }
