package main

import (
	"fmt"
	"reflect"
	"slices"
)

// checkGateway finds routes that cannot do what they say, and what does nothing at all.
func (c *config) checkGateway() []problem {
	var problems []problem
	g := &c.gateway
	if !g.on() && (g.strict || g.headers != identityHeaders{} || !reflect.ValueOf(g.app).IsZero()) {
		problems = append(problems, problem{c.places.of("gateway"), "gateway: has no routes, so the rest of it does nothing", "add `routes`, or `forward_auth: true` where other proxies ask"})
	}
	if g.app.DefaultLocale != "" && len(g.app.Locales) == 0 {
		const key = "gateway.next.default_locale"
		problems = append(problems, problem{c.places.of(key), key + ": there are no locales", "add `locales: [en, ko]`, as next.config has them, or remove it"})
	}
	for i := range g.routes {
		problems = append(problems, c.checkRoute(i)...)
	}
	return problems
}

func (c *config) checkRoute(i int) []problem {
	var problems []problem
	r, at := &c.gateway.routes[i], fmt.Sprintf("gateway.routes[%d]", i)
	wrong := func(key, what, cure string) {
		problems = append(problems, problem{c.places.of(at + "." + key), at + "." + key + ": " + what, cure})
	}
	if r.token != (routeToken{}) {
		c.checkRouteToken(r, wrong)
	}
	if r.upstream == "" && !c.gateway.forwardAuth {
		wrong("upstream", "is missing", "add `upstream: http://127.0.0.1:8080`, or `forward_auth: true` where other proxies ask for the rule only")
	}
	return problems
}

// checkRouteToken asks whether there can be a token for the upstream.
func (c *config) checkRouteToken(r *routeConfig, wrong func(key, what, cure string)) {
	const instead = "or send what Signet signs: `assertion: NAME`"
	whose := slices.IndexFunc(c.providers, func(p providerConfig) bool { return p.id == r.token.provider })
	switch {
	case r.require == "" || r.require == "none":
		wrong("token", "a token is somebody's, and the route lets nobody in particular through", "add `require: session`")
	case r.token.provider == "" && !slices.ContainsFunc(c.providers, givesTokens):
		wrong("token", "no provider gives any: whoever is signed in would be asked to sign in again, for ever", "list one that does, as `type: backend`, "+instead)
	}
	switch {
	case r.token.provider == "":
	case whose < 0:
		wrong("token.provider", "there is no provider "+quoted(r.token.provider), "name the id of one of `providers`")
	case !givesTokens(c.providers[whose]):
		wrong("token.provider", quoted(r.token.provider)+" gives no tokens, being of `type: "+c.providers[whose].kind+"`", "name one that does, "+instead)
	}
}

// givesTokens tells whether somebody who signed in with the provider may have a token of it.
func givesTokens(p providerConfig) bool { return p.kind != kindCredentials && p.kind != kindEmail }
