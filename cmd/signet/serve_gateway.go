package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// makeGate puts the gateway of the configuration together; nil where there is none. What it
// says against the routes is told with its place in the file.
func (c *config) makeGate(auth *signet.Auth, beside http.Handler, now func() time.Time, log *slog.Logger) (*gateway.Swap, error) {
	if !c.gateway.on() {
		return nil, nil
	}
	g, err := gateway.New(auth, c.gateConfig(auth, beside, now, log))
	if err != nil {
		return nil, c.explainGate(err)
	}
	return gateway.NewSwap(g), nil
}

// gateConfig is the configuration in the words of package gateway. beside, if not nil, gets
// the paths that no route takes.
func (c *config) gateConfig(auth *signet.Auth, beside http.Handler, now func() time.Time, log *slog.Logger) gateway.Config {
	g := &c.gateway
	out := gateway.Config{
		Site: g.app, Strict: g.strict, ForwardAuth: g.forwardAuth, Sign: auth.Assert, Log: log, Now: now, Own: bounded(auth.Handler()),
		Identity: gateway.Identity{User: g.headers.user, Email: g.headers.email, Name: g.headers.name, Groups: g.headers.groups},
	}
	for _, r := range g.routes {
		out.Routes = append(out.Routes, r.make())
	}
	if beside != nil {
		out.Routes = append(out.Routes, gateway.Route{Match: "/:path*", Handler: beside})
	}
	return out
}

func (r *routeConfig) make() gateway.Route {
	rule, err := gateway.ParseRule(r.require)
	if err != nil {
		panic("signet: require: " + err.Error()) // was tried when it was read
	}
	route := gateway.Route{
		Match: r.match, Upstream: r.upstream, Roots: r.roots, Require: rule, API: r.api, Anonymous: r.anonymous,
		WebSocket: r.websocket, StripPrefix: r.stripPrefix, Host: r.host, Methods: r.methods, Origins: r.origins,
		MaxBody: r.maxBody, Timeout: r.timeout, Limit: gateway.Limit{PerMinute: r.perMinute, Burst: r.burst},
		Next: r.next, Health: r.health, Assertion: r.assertion, Escapes: r.escapes,
	}
	if r.token.provider != "" || r.token.as != "" {
		route.Token = &gateway.Carry{Provider: r.token.provider, As: r.token.as}
	}
	return route
}

// changeGate serves with the routes of another reading of the file.
func (c *config) changeGate(f *front, o *opened, log *slog.Logger) error {
	if err := f.gate.Change(o.auth, c.gateConfig(o.auth, f.behind, o.now, log)); err != nil {
		return c.explainGate(err)
	}
	return nil
}

// explainGate puts the place in the file in front of what package gateway says.
func (c *config) explainGate(err error) error {
	bad, ok := err.(*gateway.ConfigError)
	if !ok {
		return err
	}
	key := "gateway"
	var n int
	if _, err := fmt.Sscanf(bad.Where, "route %d", &n); err == nil && n > 0 {
		key = fmt.Sprintf("gateway.routes[%d]", n-1)
	}
	if _, member, found := strings.Cut(bad.Where, "): "); found && c.places.set(key+"."+member) {
		key += "." + member
	}
	return &configErrors{[]problem{{c.places.of(key), key + ": " + bad.What, bad.Cure}}}
}
