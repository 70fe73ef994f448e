package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/match"
)

func TestMistakesAreTold(t *testing.T) {
	to := "http://127.0.0.1:8080"
	one := func(r gateway.Route) gateway.Config { return gateway.Config{Routes: []gateway.Route{r}} }
	auth := open(t).auth
	for _, test := range []struct {
		name   string
		config gateway.Config
		where  string
		what   string
	}{
		{"no pattern", one(gateway.Route{Upstream: to}), "route 1: match", "no pattern"},
		{"a bad pattern", one(gateway.Route{Match: "/a/*", Upstream: to}), "route 1 (/a/*): match", "/a/*"},
		{"a condition", one(gateway.Route{Match: `{"source":"/a","has":[{"type":"header","key":"x"}]}`, Upstream: to}), "match", "by its path alone"},
		{"two patterns", one(gateway.Route{Match: `["/a","/b"]`, Upstream: to}), "match", "by its path alone"},
		{"the same pattern twice", gateway.Config{Routes: []gateway.Route{{Match: "/a", Upstream: to}, {Match: "/a", Upstream: to}}}, "route 2 (/a): match", "route 1 has the same"},
		{"a route that is never reached", gateway.Config{Routes: []gateway.Route{{Match: "/:path*", Upstream: to}, {Match: "/a", Upstream: to}}}, "route 2 (/a): match", "/:path* takes all"},
		{"no address", one(gateway.Route{Match: "/a", Upstream: "127.0.0.1:8080"}), "route 1 (/a): upstream", "not the address"},
		{"another scheme", one(gateway.Route{Match: "/a", Upstream: "ftp://x"}), "upstream", "not the address"},
		{"an address with dots", one(gateway.Route{Match: "/a", Upstream: to + "/x/../y"}), "upstream", "plainest"},
		{"an address with a query", one(gateway.Route{Match: "/a", Upstream: to + "/x?y"}), "upstream", ""},
		{"an address with a password", one(gateway.Route{Match: "/a", Upstream: "http://u:secret@x"}), "upstream", ""},
		{"a server and a handler", one(gateway.Route{Match: "/a", Upstream: to, Handler: http.NotFoundHandler()}), "upstream", "handler as well"},
		{"a handler with a token", one(gateway.Route{Match: "/a", Handler: http.NotFoundHandler(), Token: &gateway.Carry{}}), "handler", "for upstreams"},
		{"a bad host", one(gateway.Route{Match: "/a", Upstream: to, Host: "a b"}), "host", "not a host"},
		{"a check of health without a slash", one(gateway.Route{Match: "/a", Upstream: to, Health: "up/now"}), "health", "not a path; put a slash in front: /up/now"},
		{"a check of health that is an address", one(gateway.Route{Match: "/a", Upstream: to, Health: "http://x/up"}), "health", "not a path; write it as /healthz"},
		{"a group without a name", one(gateway.Route{Match: "/a", Upstream: to, Require: gateway.Group(" ")}), "require", "not a rule"},
		{"an anonymous route with a rule", one(gateway.Route{Match: "/a", Upstream: to, Anonymous: true, Require: gateway.Session}), "anonymous", "asks who"},
		{"an assertion that nobody signs", one(gateway.Route{Match: "/a", Upstream: to, Assertion: "api"}), "assertion", "nothing signs"},
		{"an unknown way for a token", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "query:token"}}), "token", `"query:token"`},
		{"a token without a name", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "cookie:"}}), "token", "cookie:"},
		{"a token in a header without a name", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:"}}), "token", `unknown way "header:"`},
		{"a token in the place of Authorization", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:authorization"}}), "token", "means something else already; write bearer"},
		{"a token in the host", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Host"}}), "token", `"Host": it belongs to the connection`},
		{"a token in the framing", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:content-length"}}), "token", `"content-length": it belongs to the connection`},
		{"a token in what a body waits for", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Expect"}}), "token", `"Expect": it belongs to the connection`},
		{"a token that is an upgrade", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Upgrade"}}), "token", `"Upgrade": it belongs to the connection`},
		{"a token in the coding", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Transfer-Encoding"}}), "token", `it belongs to the connection`},
		{"a token in the coding of the body", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Content-Encoding"}}), "token", `it means something else already`},
		{"a token in all cookies", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:Cookie"}}), "token", `"Cookie": it means something else already`},
		{"a token in the place of the host", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:X-Forwarded-Host"}}), "token", `"X-Forwarded-Host": it means something else already`},
		{"a token in the place of the visitor", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:X-Real-IP"}}), "token", `"X-Real-IP": it tells servers who a visitor is`},
		{"a token in the identity", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:x-signet-user"}}), "token", `"x-signet-user": it tells servers who a visitor is`},
		{"a token in a name that servers drop", one(gateway.Route{Match: "/a", Upstream: to, Token: &gateway.Carry{As: "header:X_Token"}}), "token", `"X_Token": many servers drop`},
		{"a prefix with a slash at its end", one(gateway.Route{Match: "/a/:path*", Upstream: to, StripPrefix: "/a/"}), "strip_prefix", "plain prefix; write it as /a, with"},
		{"a prefix without a slash", one(gateway.Route{Match: "/a/:path*", Upstream: to, StripPrefix: "a"}), "strip_prefix", "plain prefix; write it as /a, with"},
		{"a prefix with dots", one(gateway.Route{Match: "/a/:path*", Upstream: to, StripPrefix: "/a/.."}), "strip_prefix", "plain prefix; write it as /files, with"},
		{"a prefix that is a pattern", one(gateway.Route{Match: "/a/:path*", Upstream: to, StripPrefix: "/a/:path*"}), "strip_prefix", "text and no pattern; write it as /files, without"},
		{"a prefix of something else", one(gateway.Route{Match: "/ab/:path*", Upstream: to, StripPrefix: "/a"}), "strip_prefix", "does not begin"},
		{"a small method", one(gateway.Route{Match: "/a", Upstream: to, Methods: []string{"get"}}), "methods", `"get"`},
		{"a tunnel", one(gateway.Route{Match: "/a", Upstream: to, Methods: []string{"CONNECT"}}), "methods", "CONNECT"},
		{"an origin with a path", one(gateway.Route{Match: "/a", Upstream: to, Origins: []string{"https://x.test/"}}), "origins", "x.test/"},
		{"an origin without a scheme", one(gateway.Route{Match: "/a", Upstream: to, Origins: []string{"x.test"}}), "origins", "x.test"},
		{"any origin", one(gateway.Route{Match: "/a", Upstream: to, Origins: []string{"*"}}), "origins", `"*"`},
		{"a time below zero", one(gateway.Route{Match: "/a", Upstream: to, Timeout: -1}), "timeout", "below zero"},
		{"a burst without a rate", one(gateway.Route{Match: "/a", Upstream: to, Limit: gateway.Limit{Burst: 5}}), "burst", "without per_minute it limits nothing; say per_minute"},
		{"a rate below zero", one(gateway.Route{Match: "/a", Upstream: to, Limit: gateway.Limit{PerMinute: -1}}), "limit", "below zero"},
		{"an identity in a name that servers drop", gateway.Config{Identity: gateway.Identity{User: "X_User"}}, "identity", "X_User"},
		{"an identity in the place of the host", gateway.Config{Identity: gateway.Identity{User: "Host"}}, "identity", `"Host": it belongs to the connection`},
		{"an identity that is never sent", gateway.Config{Identity: gateway.Identity{User: "Expect"}}, "identity", `"Expect": it belongs to the connection`},
		{"an identity in a header of browsers", gateway.Config{Identity: gateway.Identity{Email: "accept-language"}}, "identity", "accept-language"},
		{"two identities in one header", gateway.Config{Identity: gateway.Identity{User: "X-A", Email: "x-a"}}, "identity", `"x-a": it is used twice`},
		{"a site without its default locale", gateway.Config{Site: match.Site{Locales: []string{"ko"}}, Routes: []gateway.Route{{Match: "/a", Upstream: to, Next: true}}}, "site", "default locale"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := gateway.New(auth, test.config)
			var mistake *gateway.ConfigError
			if !errors.As(err, &mistake) {
				t.Fatalf("New: %v", err)
			}
			if !strings.Contains(mistake.Where, test.where) || !strings.Contains(mistake.What+"; "+mistake.Cure, test.what) || mistake.Cure == "" || !strings.HasPrefix(err.Error(), "gateway: ") {
				t.Errorf("%v", err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
}

func TestRulesAsText(t *testing.T) {
	for text, want := range map[string]gateway.Rule{"": gateway.None, "none": gateway.None, "session": gateway.Session, "group:a:b": gateway.Group("a:b")} {
		got, err := gateway.ParseRule(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if again, err := gateway.ParseRule(got.String()); err != nil || again != got {
			t.Errorf("%v is written %q", got, got)
		}
	}
	for _, text := range []string{"group:", "Session", "any", "group"} {
		if r, err := gateway.ParseRule(text); err == nil {
			t.Errorf("%q is taken for %v", text, r)
		}
	}
}

func TestHandlersInThisProgram(t *testing.T) {
	var got *http.Request
	record := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r })
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		g.Routes = []gateway.Route{{Match: "/mine/:path*", Handler: record, Require: gateway.Session}, {Match: "/:path*", Handler: record}}
	})
	cookie := "Cookie: " + h.signIn(t, "alice")
	if w, _ := h.get("/mine/x"); w.Code != 401 || got != nil {
		t.Errorf("nobody: %d", w.Code)
	}
	w, _ := h.get("/a/../mine//%61?b=1", cookie, "X-Signet-User: root", "X-Original-Url: /", "X-Forwarded-For: 1.2.3.4", "X-A: 1")
	if w.Code != 200 || got.URL.Path != "/mine/a" || got.RequestURI != "/mine/a?b=1" || got.URL.RawQuery != "b=1" {
		t.Fatalf("%d %v", w.Code, got)
	}
	s, ok := signet.SessionFrom(got.Context())
	if !ok || s.UserID != "alice" {
		t.Error("the handler does not know who it is")
	}
	if got.Header["X-Signet-User"] != nil || got.Header["X-Original-Url"] != nil || got.Header.Get("X-Forwarded-For") != "1.2.3.4" || got.Header.Get("X-A") != "1" {
		t.Errorf("%v", got.Header)
	}
	if w := h.send(request("POST", "/x", cookie, "Origin: https://evil.test")); w.Code != 200 {
		t.Errorf("a handler of its own rules: %d", w.Code)
	}
}

func TestTheBasePathIsOurs(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route { return []gateway.Route{{Match: "/:path*", Upstream: to}} }))
	for path, own := range map[string]bool{"/auth/session": true, "/auth//session": true, "/x/../auth/session": true, "/auth/%73ession": true, "/authors": false, "/AUTH/session": false} {
		w, seen := h.get(path)
		if own != (len(seen) == 0) || own && w.Body.String() != "null" {
			t.Errorf("%s: %d %s, the upstream got %d requests", path, w.Code, w.Body, len(seen))
		}
	}
}

func TestAssertions(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Sign = func(_ context.Context, s *signet.Session, audience string) (string, error) {
			if audience == "broken" {
				return "", errors.New("no key")
			}
			return "jwt-of-" + s.UserID + "-for-" + audience, nil
		}
		g.Routes = []gateway.Route{{Match: "/a", Upstream: to, Assertion: "posts"}, {Match: "/b", Upstream: to, Assertion: "broken"}, {Match: "/c", Upstream: to}}
	})
	cookie := "Cookie: " + h.signIn(t, "alice")
	for path, want := range map[string]string{"/a": "jwt-of-alice-for-posts", "/c": ""} {
		if _, seen := h.get(path, cookie, "X-Signet-Assertion: mine"); seen[0].value("x-signet-assertion") != want {
			t.Errorf("%s: %v", path, seen[0].fields)
		}
	}
	if _, seen := h.get("/a", "X-Signet-Assertion: mine"); seen[0].value("x-signet-assertion") != "" {
		t.Errorf("nobody's: %v", seen[0].fields)
	}
	if w, seen := h.get("/b", cookie); w.Code != 503 || len(seen) > 0 {
		t.Errorf("one that cannot be signed: %d", w.Code)
	}
}

func TestHostOfTheServer(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{{Match: "/a", Upstream: to, Host: "inner.test:8080"}, {Match: "/b", Upstream: to + "/v1"}}
	}))
	r := request("GET", "/b")
	r.Host = "evil.test"
	h.send(r)
	if got := h.upstream.take()[0]; got.value("host") != "app.example.test" || got.target() != "/v1/b" {
		t.Errorf("%v", got)
	}
	if _, seen := h.get("/a"); seen[0].value("host") != "inner.test:8080" || seen[0].value("x-forwarded-host") != "app.example.test" {
		t.Errorf("%v", seen[0])
	}
}

func TestServersAreCounted(t *testing.T) {
	h := open(t)
	for range 3 {
		h.get("/public/x")
	}
	got := h.gate.Upstreams()
	if len(got) != 1 || got[0].Address != h.upstream.url() || got[0].Requests != 3 || got[0].Dials != 1 || got[0].Idle != 1 || got[0].Open != 0 || !got[0].Healthy {
		t.Errorf("%+v", got)
	}
}
