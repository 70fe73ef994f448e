package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// asks is the question of each proxy about a request.
var asks = map[string]func(method, origin, target string) *http.Request{
	"traefik": func(method, origin, target string) *http.Request {
		return forwardedAsk("/auth/forward/traefik", method, origin, target)
	},
	"caddy": func(method, origin, target string) *http.Request {
		return forwardedAsk("/auth/forward/caddy", method, origin, target)
	},
	"nginx": func(method, origin, target string) *http.Request {
		return request("GET", "/auth/forward/nginx", "X-Original-Method: "+method, "X-Original-URL: "+origin+target)
	},
	"envoy": func(method, origin, target string) *http.Request {
		scheme, host, _ := strings.Cut(origin, "://")
		r := request(method, "/auth/forward/envoy"+target, "X-Forwarded-Proto: "+scheme)
		r.Host = host
		return r
	},
}

func forwardedAsk(path, method, origin, target string) *http.Request {
	scheme, host, _ := strings.Cut(origin, "://")
	return request("GET", path, "X-Forwarded-Method: "+method, "X-Forwarded-Proto: "+scheme, "X-Forwarded-Host: "+host, "X-Forwarded-Uri: "+target)
}

const trustedPeer = "127.0.0.9:4711"

func TestForwardContracts(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		g.Routes = append(g.Routes, gateway.Route{Match: "/rule/:path*", Require: gateway.Session}, gateway.Route{Match: "/auth/:path*", Require: gateway.Session})
	})
	member, admin := "Cookie: "+h.signIn(t, "alice"), "Cookie: "+h.signIn(t, "root")
	for _, test := range []struct {
		name                   string
		method, origin, target string
		lines                  []string
		status                 int // to those who pass any answer on
		nginx                  int
	}{
		{"an open page", "GET", publicOrigin, "/public/x", nil, 200, 200},
		// Traefik and Envoy keep Connection and Upgrade to themselves.
		{"a WebSocket of our page", "GET", publicOrigin, "/ws", []string{"Sec-WebSocket-Key: " + websocketKey, "Sec-WebSocket-Version: 13", "Origin: " + publicOrigin, member}, 200, 200},
		{"a WebSocket of another site's page", "GET", publicOrigin, "/ws", []string{"Sec-WebSocket-Key: " + websocketKey, "Sec-WebSocket-Version: 13", "Origin: https://evil.test", member}, 403, 403},
		{"our own end points, where everything else is closed", "GET", publicOrigin, "/auth/session", []string{"Sec-Fetch-Mode: cors"}, 200, 200},
		{"a page of members, by nobody", "GET", publicOrigin, "/account/x?a=1", []string{page}, 302, 401},
		{"a page of members, by a script", "GET", publicOrigin, "/account/x", []string{"Sec-Fetch-Mode: cors", page}, 401, 401},
		{"a form of nobody", "POST", publicOrigin, "/account/x", []string{page}, 401, 401},
		{"a page of members, by one", "GET", publicOrigin, "/account/x", []string{page, member}, 200, 200},
		{"a rule without a server", "GET", publicOrigin, "/rule/x", []string{member}, 200, 200},
		{"an API by nobody", "GET", publicOrigin, "/api/x", []string{page}, 401, 401},
		{"a page of administrators, by a member", "GET", publicOrigin, "/admin", []string{page, member}, 403, 403},
		{"a page of administrators, by one", "GET", publicOrigin, "/admin", []string{page, admin}, 200, 200},
		{"a page without a route", "GET", publicOrigin, "/nowhere", []string{page, admin}, 404, 403},
		{"dots", "GET", publicOrigin, "/public/./../admin", []string{page}, 400, 403},
		{"dots that lead out of our end point", "GET", publicOrigin, "/../../../public/x", []string{page}, 400, 403},
		{"escaped dots", "GET", publicOrigin, "/admin/%2E%2e/public/x", nil, 400, 403},
		{"an ambiguous path", "GET", publicOrigin, "/public/..%2fadmin", []string{page}, 400, 403},
		{"two slashes", "GET", publicOrigin, "//public/x", nil, 400, 403},
		{"a careless reading", "GET", publicOrigin, "/pub/ADMIN;x", []string{page}, 302, 401},
		{"a write from our page", "POST", publicOrigin, "/account/x", []string{member, "Origin: " + publicOrigin}, 200, 200},
		{"a write from another site", "POST", publicOrigin, "/account/x", []string{member, "Origin: https://evil.test"}, 403, 403},
		{"another host", "GET", "https://other.test", "/public/x", nil, 400, 403},
		{"our host over http", "GET", "http://app.example.test", "/public/x", nil, 400, 403},
		{"our own end points", "GET", publicOrigin, "/auth/signin", nil, 200, 200},
		{"a tunnel", "CONNECT", publicOrigin, "/public/x", nil, 405, 403},
	} {
		for kind, ask := range asks {
			t.Run(test.name+" at "+kind, func(t *testing.T) {
				r := ask(test.method, test.origin, test.target)
				r.RemoteAddr = trustedPeer
				for _, l := range test.lines {
					name, value, _ := strings.Cut(l, ": ")
					r.Header.Add(name, value)
				}
				w := h.send(r)
				want := test.status
				if kind == "nginx" {
					want = test.nginx
				}
				if w.Code != want {
					t.Errorf("%d, want %d: %s", w.Code, want, w.Body)
				}
				if n := len(h.upstream.take()); n > 0 {
					t.Errorf("the upstream got %d requests", n)
				}
				if to := w.Header().Get("Location"); (test.status == 302) != (to != "") || to != "" && !strings.HasPrefix(to, publicOrigin+"/auth/signin?callbackUrl=https%3A%2F%2Fapp.example.test%2F") {
					t.Errorf("Location: %q", to)
				}
				if kind == "nginx" && test.status == 302 && !strings.Contains(w.Body.String(), `<a href="https://app.example.test/auth/signin`) {
					t.Errorf("no link in %s", w.Body)
				}
				if user := w.Header().Get("X-Signet-User"); user != "" && w.Code != 200 {
					t.Errorf("a refusal tells that it is %s", user)
				}
				if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
					t.Errorf("Cache-Control: %s", got)
				}
			})
		}
	}
}

func TestForwardTellsWhoItIs(t *testing.T) {
	h := open(t)
	cookie := h.signIn(t, "alice")
	h.clock.Advance(48 * time.Hour)
	for kind, ask := range asks {
		r := ask("GET", publicOrigin, "/account/x")
		r.RemoteAddr = trustedPeer
		r.Header.Set("Cookie", cookie)
		w := h.send(r)
		got := w.Header()
		if w.Code != 200 || got.Get("X-Signet-User") != "alice" || got.Get("X-Signet-Email") != "alice@example.test" || got.Get("X-Signet-Groups") != "staff" {
			t.Errorf("%s: %d %v", kind, w.Code, got)
		}
		if lines := got["Set-Cookie"]; len(lines) != 1 || !strings.HasPrefix(lines[0], "__Secure-authjs.session-token=") {
			t.Errorf("%s: the renewed session is not there: %v", kind, lines)
		}
	}
	r := asks["caddy"]("GET", publicOrigin, "/api/x")
	r.RemoteAddr = trustedPeer
	r.Header.Set("Cookie", h.signIn(t, "alice"))
	if w := h.send(r); w.Header().Get("Authorization") != "Bearer AT-alice" {
		t.Errorf("Authorization: %q", w.Header().Get("Authorization"))
	}
	t.Run("at the plain end point, as to Traefik", func(t *testing.T) {
		for _, path := range []string{"/auth/forward", "/auth/forward/", "/auth/forward?x=1"} {
			r := forwardedAsk(path, "GET", publicOrigin, "/account/x")
			r.RemoteAddr = trustedPeer
			if w := h.send(r); w.Code != 401 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
	t.Run("a WebSocket, as Traefik says it", func(t *testing.T) {
		r := forwardedAsk("/auth/forward", "GET", "wss://app.example.test", "/ws")
		r.RemoteAddr = trustedPeer
		r.Header.Set("Cookie", cookie)
		if w := h.send(r); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	})
}

// TestS108_WhoeverAsksHasToBeTrusted asks from elsewhere, and with something missing.
func TestS108_WhoeverAsksHasToBeTrusted(t *testing.T) {
	h := open(t)
	cookie := h.signIn(t, "alice")
	for kind, ask := range asks {
		r := ask("GET", publicOrigin, "/public/x")
		r.Header.Set("Cookie", cookie)
		if w := h.send(r); w.Code != 401 || w.Header().Get("X-Signet-User") != "" {
			t.Errorf("%s, not from a trusted proxy: %d", kind, w.Code)
		}
		for _, name := range []string{"X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri", "X-Original-Url", "X-Original-Method"} {
			for _, change := range []func(http.Header){
				func(h http.Header) { h.Del(name) },
				func(h http.Header) { h.Set(name, "") },
				func(h http.Header) { h.Add(name, h.Get(name)) },
			} {
				r := ask("GET", publicOrigin, "/public/x")
				r.RemoteAddr = trustedPeer
				if r.Header.Get(name) == "" {
					continue
				}
				change(r.Header)
				if w := h.send(r); w.Code != 401 {
					t.Errorf("%s without a single %s: %d", kind, name, w.Code)
				}
			}
		}
	}
	for _, test := range []struct{ kind, name, value string }{
		{"traefik", "X-Forwarded-Method", "GE T"}, {"caddy", "X-Forwarded-Uri", "public/x"}, {"caddy", "X-Forwarded-Uri", "https://app.example.test/public/x"},
		{"caddy", "X-Forwarded-Uri", "/public/\xff"}, {"caddy", "X-Forwarded-Host", "app.example.test/x"}, {"caddy", "X-Forwarded-Host", "x@app.example.test"}, {"caddy", "X-Forwarded-Proto", "https,http"},
		{"nginx", "X-Original-Url", publicOrigin + `/public/\`}, {"nginx", "X-Original-Url", "https://x@app.example.test/public/x"},
	} {
		r := asks[test.kind]("GET", publicOrigin, "/public/x")
		r.RemoteAddr = trustedPeer
		r.Header.Set(test.name, test.value)
		want := 400
		if test.kind == "nginx" {
			want = 403
		}
		if w := h.send(r); w.Code != want {
			t.Errorf("%s %q at %s: %d", test.name, test.value, test.kind, w.Code)
		}
	}
	t.Run("nowhere unless it is configured", func(t *testing.T) {
		h := open(t, func(_ *signet.Config, g *gateway.Config) { g.ForwardAuth = false })
		r := asks["caddy"]("GET", publicOrigin, "/public/x")
		r.RemoteAddr = trustedPeer
		if w := h.send(r); w.Code != 404 && w.Code != 400 {
			t.Errorf("%d", w.Code)
		}
	})
}

func TestForwardAsAHandler(t *testing.T) {
	h := open(t)
	mux := http.NewServeMux()
	mux.Handle("/ask/", http.StripPrefix("/ask", h.gate.Forward("envoy")))
	mux.Handle("/caddy", h.gate.Forward("caddy"))
	h.handler = mux
	r := request("GET", "/ask/public/x", "X-Forwarded-Proto: https")
	r.RemoteAddr = trustedPeer
	if w := h.send(r); w.Code != 200 {
		t.Errorf("envoy: %d %s", w.Code, w.Body)
	}
	r = request("GET", "/ask/account/x", "X-Forwarded-Proto: https")
	r.RemoteAddr = trustedPeer
	if w := h.send(r); w.Code != 401 {
		t.Errorf("envoy: %d %s", w.Code, w.Body)
	}
	r = forwardedAsk("/caddy", "GET", publicOrigin, "/public/x")
	r.RemoteAddr = trustedPeer
	if w := h.send(r); w.Code != 200 {
		t.Errorf("caddy: %d %s", w.Code, w.Body)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown proxy was taken")
		}
	}()
	h.gate.Forward("apache")
}

func FuzzForwardedTarget(f *testing.F) {
	for _, s := range []string{"/public/x", "/public/../admin", "/pub/admin", "//x", "/auth/../admin", "/%61dmin", "/pub/ADMIN;"} {
		f.Add(s)
	}
	h := open(f)
	f.Fuzz(func(t *testing.T, target string) {
		for kind, ask := range asks {
			r := ask("GET", publicOrigin, "/")
			switch kind {
			case "nginx":
				r.Header["X-Original-Url"] = []string{publicOrigin + target}
			case "envoy":
				r.RequestURI = "/auth/forward/envoy" + target
			default:
				r.Header["X-Forwarded-Uri"] = []string{target}
			}
			r.RemoteAddr = trustedPeer
			w := h.send(r)
			if _, bad := reaches(target, "/admin", "/account", "/api"); bad && w.Code == 200 && kind != "envoy" {
				t.Errorf("%s passes %q", kind, target)
			}
			if w.Code >= 500 {
				t.Errorf("%s answers %q with %d", kind, target, w.Code)
			}
		}
	})
}
