package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// gatewayPatience is how long an upstream may take to accept a connection.
const gatewayPatience = 2 * time.Second

// gateway checks the routes: that they can be made into a gateway, that somebody listens
// behind each, and that they do what their author probably means.
func (d *diagnosis) gateway(ctx context.Context, c *config, io *terminal) {
	const check = "gateway"
	g := &c.gateway
	if !g.on() {
		return
	}
	try := *c
	_, stop, err := try.gateAlone(io)
	if bad, ok := err.(*configErrors); ok {
		d.problems(check, bad.problems)
		return
	}
	if err != nil {
		return // the check of the whole has said so
	}
	stop()
	if loops := c.loops(); len(loops) > 0 {
		d.problems(check, loops)
		return
	}
	d.upstreams(ctx, c)
	if g.forwardAuth && len(c.trustedProxies) == 0 {
		d.wrong(check, "`trusted_proxies: [127.0.0.1]`, or the network of the proxy that asks", "forward_auth answers 401 to everybody: no proxy is trusted to say what it was asked for")
	}
	for i := range g.routes {
		d.route(c, i)
	}
}

// upstreams tries each server once.
func (d *diagnosis) upstreams(ctx context.Context, c *config) {
	tried := map[string]bool{}
	for i, r := range c.gateway.routes {
		u, err := url.Parse(r.upstream)
		if err != nil || r.upstream == "" || tried[u.Host] {
			continue
		}
		tried[u.Host] = true
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		}
		check := fmt.Sprintf("route %d", i+1)
		within, cancel := context.WithTimeout(ctx, gatewayPatience)
		conn, err := (&net.Dialer{}).DialContext(within, "tcp", host)
		cancel()
		if err != nil {
			d.warn(check, "start it, or correct `upstream`", "nobody answers at %s: visitors of %s get 502", r.upstream, r.match)
			continue
		}
		conn.Close()
		d.ok(check, "%s is there, for %s", r.upstream, r.match)
	}
}

// route warns of what is allowed and seldom meant.
func (d *diagnosis) route(c *config, i int) {
	r := &c.gateway.routes[i]
	check := fmt.Sprintf("route %d", i+1)
	const elsewhere = "remove it, or serve the path under another name"
	switch covered := c.shadowed(i); {
	case r.match == c.base() || strings.HasPrefix(r.match, c.base()+"/"):
		d.warn(check, elsewhere, "%s is never reached: Signet answers everything below %s itself", r.match, c.base())
	case c.endPoint(r.match) != "":
		d.warn(check, elsewhere, "%s is never reached: Signet answers it itself, as %s", r.match, c.endPoint(r.match))
	case covered != "":
		d.warn(check, "put it in front of that one", "%s is never reached: %s takes everything first", r.match, covered)
	}
	if r.websocket && (r.require == "" || r.require == "none") {
		d.note(check, "add `require: session` if only people who are signed in should", "anybody may open a WebSocket at %s", r.match)
	}
	if r.token.as != "" && r.token.provider == "" {
		for _, p := range c.providers {
			if !givesTokens(p) {
				d.warn(check, "list only providers with tokens, or name the one whose token it is, `provider: ID`, and let people connect that account", "whoever signed in with %s has no token and is asked to sign in again, for ever", quoted(p.id))
			}
		}
	}
	if p := r.token.provider; p != "" {
		for _, q := range c.providers {
			if q.id == p && q.kind == kindBackend && q.backend.RefreshURL == "" {
				d.note(check, "add `refresh_url` to the provider "+quoted(p)+" if the back end renews tokens", "when the token of %s expires, people have to sign in again", quoted(p))
			}
		}
	}
}

// shadowed names an earlier route that takes all requests of route i, where that is plain to
// see.
func (c *config) shadowed(i int) string {
	r := &c.gateway.routes[i]
	for _, before := range c.gateway.routes[:i] {
		prefix, rest, ok := strings.Cut(before.match, "/:")
		if before.match == r.match || ok && strings.HasSuffix(rest, "*") && !strings.Contains(rest, "/") && (r.match == prefix || strings.HasPrefix(r.match, prefix+"/")) {
			return before.match
		}
	}
	return ""
}
