package main

import (
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/gateway"
)

const withBackend = "providers:\n  - {type: backend, url: \"http://127.0.0.1:8080/login\"}\n"

func TestGatewayProblems(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a route without a match", "gateway:\n  routes:\n    - upstream: http://127.0.0.1:1\n", "signet.yaml:3:7: gateway.routes[0]: has no `match`; add `match: /api/:path*`, or another pattern"},
		{"a pattern that is none", "gateway:\n  routes:\n    - {match: \"/a(\", upstream: \"http://127.0.0.1:1\"}\n", "signet.yaml:3:15: gateway.routes[0].match: "},
		{"a key with letters swapped", "gateway:\n  routes:\n    - {match: /a, upstrem: \"http://127.0.0.1:1\"}\n", `signet.yaml:3:19: unknown key "upstrem"; did you mean "upstream"?`},
		{"an upstream without a scheme", "gateway:\n  routes:\n    - {match: /a, upstream: \"127.0.0.1:8080\"}\n", `signet.yaml:3:29: gateway.routes[0].upstream: "127.0.0.1:8080" is no address of a server; write it as http://127.0.0.1:8080`},
		{"an upstream with a password", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://a:b@127.0.0.1:8080\"}\n", `signet.yaml:3:29: gateway.routes[0].upstream: has a name, a query or a fragment, which no upstream takes; write it as http://127.0.0.1:8080`},
		{"a requirement of nobody", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: sesion}\n", `"sesion" is no requirement; use none, session or group:NAME`},
		{"a token of no provider", withBackend + "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {provider: nest}}\n", `gateway.routes[0].token.provider: there is no provider "nest"; name the id of one of ` + "`providers`"},
		{"a token for everybody", withBackend + "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", token: {provider: backend}}\n", "gateway.routes[0].token: a token is somebody's, and the route lets nobody in particular through; add `require: session`"},
		{"a token in a query", withBackend + "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {provider: backend, as: \"query:t\"}}\n", `"query:t" is no way to carry a token; use bearer, cookie:NAME or header:NAME`},
		{"a header that servers read in two ways", "gateway:\n  headers: {user: X_User}\n", `gateway.headers.user: "X_User" is no name of a header; write it as X-Signet-User, in letters, digits and dashes`},
		{"no upstream, and nobody who asks", "gateway:\n  routes:\n    - {match: /a}\n", "gateway.routes[0].upstream: is missing; add `upstream: http://127.0.0.1:8080`, or `forward_auth: true` where other proxies ask for the rule only"},
		{"a size in words", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", max_body: huge}\n", `"huge" is no size between 1 byte and 1024g; write it in bytes, or as 64k, 10m or 2g`},
		{"CONNECT", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", methods: [CONNECT]}\n", `"CONNECT" is no method that is taken; write it as GET or POST`},
		{"a port that no machine has", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:99999\"}\n", "signet.yaml:3:29: gateway.routes[0].upstream: \"http://127.0.0.1:99999\" has no port between 1 and 65535; write it as http://127.0.0.1:8080"},
		{"methods of nothing", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", methods: []}\n", "signet.yaml:3:60: gateway.routes[0].methods: is an empty list; name those that are taken, as [GET, POST], or remove it: then all are"},
		{"an origin with the port of https", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", origins: [\"https://a.example:443\"]}\n", `signet.yaml:3:61: gateway.routes[0].origins[0]: "https://a.example:443" is sent by no browser: they leave the usual port out; write it as https://a.example`},
		{"an origin with the port of http", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", origins: [\"http://a.example:80\"]}\n", `write it as http://a.example`},
		{"a default of no locales", "gateway:\n  next: {default_locale: ko}\n  forward_auth: true\n", "signet.yaml:2:26: gateway.next.default_locale: there are no locales; add `locales: [en, ko]`, as next.config has them, or remove it"},
		{"nothing to do", "gateway:\n  strict: true\n", "signet.yaml:2:3: gateway: has no routes, so the rest of it does nothing; add `routes`, or `forward_auth: true` where other proxies ask"},
		{"a token where nobody has one", "gateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {as: bearer}}\n", "signet.yaml:3:76: gateway.routes[0].token: no provider gives any: whoever is signed in would be asked to sign in again, for ever; list one that does, as `type: backend`, or send what Signet signs: `assertion: NAME`"},
		{"a token of letters", "mail: outbox\nproviders: [{type: credentials}, {type: email}]\ngateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {as: bearer}}\n", "gateway.routes[0].token: no provider gives any"},
		{"a token of a provider that has none", "providers:\n  - {type: credentials}\n  - {type: backend, url: \"http://127.0.0.1:8080/login\"}\ngateway:\n  routes:\n    - {match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {provider: credentials}}\n", "gateway.routes[0].token.provider: \"credentials\" gives no tokens, being of `type: credentials`; name one that does, or send what Signet signs: `assertion: NAME`"},
		{"an empty list of keys", "access_tokens: {audiences: [posts], key: []}\n", "signet.yaml:1:42: access_tokens.key: the list is empty; add one, or remove the key: then `secrets` serve"},
		{"HS256 with a line of the file of secrets", "access_tokens: {audiences: [posts], algorithm: HS256, key: \"id=1 " + longSecret + "\"}\n", "access_tokens.key: is a line of a file of `secrets`, with an id or a date in front; write the secret alone, one that only the APIs have"},
		{"RS256 without a key", "access_tokens: {audiences: [posts], algorithm: RS256}\n", "access_tokens.algorithm: RS256 needs a key of its own; add `key: {file: access.pem}`, or use EdDSA, whose keys are made of `secrets`"},
		{"refresh tokens for no API", "access_tokens: {refresh_life: 30d}\n", "access_tokens: names no API; add `audiences: [posts]`, the name that the API knows itself by"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			_, err := loadConfig(&terminal{Env: environment(), Now: time.Now}, placeFlags{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestGatewayOfAFileIsThatOfThePackage(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": withBackend + `gateway:
  strict: true
  forward_auth: true
  headers: {user: X-Who, groups: X-Teams}
  routes:
    - match: /api/:path*
      upstream: http://127.0.0.1:8080/base
      require: group:staff
      api: true
      token: {provider: backend, as: header:X-Token}
      methods: [GET, POST]
      origins: ["https://admin.example.com"]
      max_body: 2m
      timeout: 10s
      per_minute: 60
      burst: 10
      assertion: posts
      strip_prefix: /api
      host: nest.internal
      escapes: [slash, percent]
    - {match: /ws, upstream: "http://127.0.0.1:8080", require: session, websocket: true}
    - {match: "/:path*", upstream: "http://127.0.0.1:3001", next: true, anonymous: true}
`})
	c, err := loadConfig(&terminal{Env: environment(), Now: time.Now}, placeFlags{})
	if err != nil {
		t.Fatal(err)
	}
	first := c.gateway.routes[0].make()
	want := gateway.Route{
		Match: "/api/:path*", Upstream: "http://127.0.0.1:8080/base", Require: gateway.Group("staff"), API: true,
		Token: first.Token, Methods: []string{"GET", "POST"}, Origins: []string{"https://admin.example.com"}, MaxBody: 2 << 20,
		Timeout: 10 * time.Second, Limit: gateway.Limit{PerMinute: 60, Burst: 10}, Assertion: "posts", StripPrefix: "/api", Host: "nest.internal",
		Escapes: []string{"slash", "percent"},
	}
	if got := asText(first); got != asText(want) || *first.Token != (gateway.Carry{Provider: "backend", As: "header:X-Token"}) {
		t.Errorf("route 1 = %s\nwant      %s", got, asText(want))
	}
	if r := c.gateway.routes[1].make(); !r.WebSocket || r.Require != gateway.Session {
		t.Errorf("route 2 = %+v", r)
	}
	if r := c.gateway.routes[2].make(); !r.Next || !r.Anonymous {
		t.Errorf("route 3 = %+v", r)
	}
	if g := c.gateway; !g.strict || !g.forwardAuth || g.headers != (identityHeaders{user: "X-Who", groups: "X-Teams"}) {
		t.Errorf("gateway = %+v", g)
	}
}

func asText(r gateway.Route) string {
	r.Token = nil
	var b strings.Builder
	writeJSON(&b, r)
	return b.String()
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "64k": 64 << 10, "10M": 10 << 20, "2g": 2 << 30, "1024g": 1 << 40} {
		if got, err := parseSize(text); got != want || err != nil {
			t.Errorf("%s = %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "k", "-1", "1kk", "1.5m", "2048g", "9999999999999999999", "01", "1 k"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q = %d", text, got)
		}
	}
}

// What package signet says against access tokens is told with its place, by serve as by the doctor.
func TestAccessProblems(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a claim that is not for the session to say", "access_tokens: {audiences: [posts], claims: [name, sub]}\n", "signet.yaml:1:45: access_tokens.claims: one of them is for the token itself to say"},
		{"a key that is a secret, too", "secrets: [" + longSecret + "]\naccess_tokens:\n  audiences: [posts]\n  algorithm: HS256\n  key: " + longSecret + "\n", "signet.yaml:5:8: access_tokens.key: one of them is among the secrets of cookies"},
		{"a life of years", "access_tokens: {audiences: [posts], life: 400d}\n", "signet.yaml:1:16: access_tokens: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			if status, _, errs := tried(t, "serve", "--listen", "127.0.0.1:0"); status != exitUsage || !strings.HasPrefix(errs, c.want) {
				t.Errorf("exit status %d\n%s\nwant %s", status, errs, c.want)
			}
			if status, said := examined(t, "configuration", "--listen", "127.0.0.1:0"); status != exitNo || !isSaid(said, isWrong, c.want) {
				t.Errorf("doctor: exit status %d: %+v", status, said)
			}
		})
	}
}
