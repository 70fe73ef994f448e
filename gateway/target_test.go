package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

func TestTargets(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		name, method, target string
		status               int
		sent                 string // what the upstream got
	}{
		{"a plain path", "GET", "/public/a", 200, "/public/a"},
		{"a query is passed on byte for byte", "GET", "/public/a?b=%2F..%2f&&c", 200, "/public/a?b=%2F..%2f&&c"},
		{"an empty query", "GET", "/public/a?", 200, "/public/a?"},
		{"dots are resolved", "GET", "/public/x/../a", 200, "/public/a"},
		{"escaped dots are resolved", "GET", "/public/%2e%2E/public/a", 200, "/public/a"},
		{"slashes are merged", "GET", "/public//a///b", 200, "/public/a/b"},
		{"letters that need no escape lose it", "GET", "/public/%61%2Db", 200, "/public/a-b"},
		{"a Korean name keeps its escapes", "GET", "/public/%ED%95%9C", 200, "/public/%ED%95%9C"},
		{"a blank", "GET", "/public/a%20b", 200, "/public/a%20b"},
		{"an absolute target of ours", "GET", "https://app.example.test/public/a?b", 200, "/public/a?b"},
		{"another scheme and case of ours", "GET", "HTTP://APP.example.test/public/a", 200, "/public/a"},
		{"an absolute target without a path", "GET", "https://app.example.test", 200, "/"},
		{"an absolute target of another host", "GET", "https://other.test/public/a", 400, ""},
		{"an absolute target with a user", "GET", "https://app.example.test@other.test/public/a", 400, ""},
		{"an absolute target with another port", "GET", "https://app.example.test:444/public/a", 400, ""},
		{"a scheme without slashes", "GET", "https:public/a", 400, ""},
		{"two slashes in front", "GET", "//public/a", 400, ""},
		{"a slash and a backslash in front", "GET", `/\public/a`, 400, ""},
		{"an asterisk", "OPTIONS", "*", 400, ""},
		{"no path at all", "GET", "public/a", 400, ""},
		{"an escaped slash", "GET", "/public/a%2fb", 400, ""},
		{"an escaped backslash", "GET", "/public/a%5Cb", 400, ""},
		{"a backslash", "GET", `/public/a\b`, 400, ""},
		{"an escaped NUL", "GET", "/public/a%00", 400, ""},
		{"an escaped line break", "GET", "/public/a%0d%0ab", 400, ""},
		{"two layers of escapes", "GET", "/public/%2561", 400, ""},
		{"an overlong escape", "GET", "/public/%c0%ae%c0%ae/x", 400, ""},
		{"an escape that is not UTF-8", "GET", "/public/%ff", 400, ""},
		{"half an escape", "GET", "/public/%4", 400, ""},
		{"an escape of IIS", "GET", "/public/%u002e", 400, ""},
		{"a dot segment with parameters", "GET", "/public/..;/a", 400, ""},
		{"a raw byte above ASCII", "GET", "/public/\xed", 400, ""},
		{"a fragment", "GET", "/public/a#b", 400, ""},
		{"a fragment in the query", "GET", "/public/a?x#b", 400, ""},
		{"a long path", "GET", "/public/" + strings.Repeat("a", 8<<10), 414, ""},
		{"many query parameters", "GET", "/public/a?" + strings.Repeat("a&", 10_000), 400, ""},
		{"a tunnel", "CONNECT", "app.example.test:443", 405, ""},
		{"an echo", "TRACE", "/public/a", 405, ""},
		{"a page without a route", "GET", "/nowhere", 404, ""},
		{"above the root", "GET", "/../../public/a", 200, "/public/a"},
		{"a stripped prefix", "GET", "/pub/a?b", 200, "/a?b"},
		{"a stripped prefix and nothing behind", "GET", "/pub", 200, "/"},
		{"a prefix inside a word", "GET", "/public../a", 404, ""},
		{"a prefix that dots are glued to", "GET", "/pub../admin", 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := h.send(request(test.method, test.target))
			seen := h.upstream.take()
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			got := ""
			if len(seen) > 0 {
				got = seen[0].target()
			}
			if got != test.sent {
				t.Errorf("the upstream got %q, want %q", got, test.sent)
			}
		})
	}
}

// TestS107_WhatIsJudgedIsWhatIsSent lets a path that a careless server takes for another
// page through only where that page's rule holds too.
func TestS107_WhatIsJudgedIsWhatIsSent(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{
			{Match: "/public/:path*", Upstream: to},
			{Match: "/pub/:path*", Upstream: to, StripPrefix: "/pub"},
			{Match: "/v1/:path*", Upstream: to + "/admin"},
			{Match: "/Mixed/:path*", Upstream: to, Require: gateway.Session},
			{Match: "/admin/:path*", Upstream: to, Require: gateway.Group("admin")},
			{Match: "/docs/((?!open).*)", Upstream: to, Require: gateway.Session},
			{Match: "/:path*", Upstream: to},
		}
	}))
	for _, path := range []string{
		"/admin", "/admin/", "/admin/x", "/ADMIN/x", "/Admin", "/admin.json", "/admin;a=b", "/admin;a=b/x", "/admin%3bx", "/admin%3fx", "/admin%23x", "/admin%20", "/admin.", "/admin./x", "/admin%20/x",
		"/%EF%BD%81dmin", "/%EF%BD%81dmin/x", "/public/%EF%BC%8E%EF%BC%8E/admin", "/public/..%20/admin", "/public/x;a/../../admin",
		"/_next/data/b1/admin.json", "/_next/data/b1/admin/x.json", "/admin.rsc", "/admin.segments/_tree.segment.rsc", "/_next/data/b1/ADMIN.json", "/public/..%EF%BC%8Fadmin",
		"/pub/admin", "/pub/admin/x", "/pub/ADMIN", "/pub/;/admin", "/pub/admin;x", "/pub/%EF%BD%81dmin", "/pub/./admin", "/pub//admin", "/v1/x", "/v1", "/v1/../v1/x",
		"/Mixed/x", "/mixed/x", "/MIXED", "/docs", "/docs/", "/docs/x", "/docs;x",
	} {
		w, seen := h.get(path)
		if w.Code != 401 && w.Code != 400 || len(seen) > 0 {
			t.Errorf("%s: %d, the upstream got %d requests", path, w.Code, len(seen))
		}
	}
	member := h.signIn(t, "alice")
	for _, path := range []string{"/admin", "/Admin", "/admin;x", "/pub/admin", "/v1/x", "/_next/data/b/admin.json"} {
		if w, seen := h.get(path, "Cookie: "+member); w.Code != 403 || len(seen) > 0 {
			t.Errorf("%s of somebody else: %d", path, w.Code)
		}
	}
	admin := h.signIn(t, "root")
	for _, path := range []string{"/admin", "/Admin", "/pub/admin", "/docs/x"} {
		if w, seen := h.get(path, "Cookie: "+admin); w.Code != 200 || len(seen) != 1 {
			t.Errorf("%s of an administrator: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/", "/public/a", "/public/a.rsc", "/administrator", "/x/admin", "/docs/open", "/docs/openly", "/a;b", "/public/a%20b", "/public/%ED%95%9C", "/public/A", "/pub/x", "/public/%EF%BC%88x%EF%BC%89"} {
		if w, seen := h.get(path); w.Code != 200 || len(seen) != 1 {
			t.Errorf("%s, which is open: %d", path, w.Code)
		}
	}
}

// TestS107_OtherScripts has rules in other scripts than the Latin one, and letters that
// become Latin ones where case is ignored.
func TestS107_OtherScripts(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{
			{Match: "/소개/:path*", Upstream: to, Require: gateway.Session},
			{Match: "/é/:path*", Upstream: to, Require: gateway.Session},
			{Match: "/kiss/:path*", Upstream: to, Require: gateway.Session},
			{Match: "/공지", Upstream: to},
			{Match: "/게시판/:name([^/]+)", Upstream: to},
			{Match: "/:path*", Upstream: to},
		}
	}))
	for path, status := range map[string]int{
		"/%EC%86%8C%EA%B0%9C": 401, "/%ec%86%8c%ea%b0%9c/x": 401, "/open/../%EC%86%8C%EA%B0%9C": 401, "/%C3%A9/x": 401, "/%C3%89/x": 401,
		"/%EA%B3%B5%EC%A7%80": 200, "/%EA%B2%8C%EC%8B%9C%ED%8C%90/%ED%95%9C": 200, "/open/%ED%95%9C%20x": 200, "/open/%F0%9F%98%80": 200,
		"/%E2%84%AAiss": 401, "/ki%C5%BF%C5%BF": 401, "/k%C4%B1ss/x": 401, "/K%C4%B0SS": 401, "/KISS": 401, "/%EC%86%8C": 200,
	} {
		if w, _ := h.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
	for path := range map[string]bool{"/%EC%86%8C%EA%B0%9C": true, "/kiss": true, "/%C3%A9/x": true} {
		if w, _ := h.get(path, "Cookie: "+h.signIn(t, "alice")); w.Code != 200 {
			t.Errorf("%s of a member: %d", path, w.Code)
		}
	}
}

// TestS107_ASlashAtTheEnd: /docs may be the page /docs/ to a server (vercel/next.js#73786),
// and an exclusion that ends in $ holds with the slash too.
func TestS107_ASlashAtTheEnd(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{
			{Match: "/docs/((?!open).*)", Upstream: to, Require: gateway.Session},
			{Match: "/((?!login$|docs$|docs/open$).*)", Upstream: to, Require: gateway.Session},
			{Match: "/:path*", Upstream: to},
		}
	}))
	for path, status := range map[string]int{"/docs": 401, "/docs/": 401, "/docs/x": 401, "/docs/open": 200, "/login": 200, "/login/": 401, "/x": 401, "/x/": 401} {
		if w, _ := h.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

// TestS109_NextVariantsAreThePage asks for a page in all the ways in which Next.js serves it.
func TestS109_NextVariantsAreThePage(t *testing.T) {
	h := open(t, func(c *signet.Config, g *gateway.Config) {
		g.Site.Locales, g.Site.DefaultLocale = []string{"ko", "en"}, "ko"
		to := g.Routes[0].Upstream
		g.Routes = []gateway.Route{
			{Match: "/mypage/:path*", Upstream: to, Require: gateway.Session, Next: true},
			{Match: "/_next/:path*", Upstream: to, Anonymous: true},
			{Match: "/:path*", Upstream: to, Next: true},
		}
	})
	spells := []string{
		"X-Middleware-Subrequest: middleware:middleware:middleware:middleware:middleware", "X-Middleware-Next: 1", "X-Middleware-Rewrite: /open",
		"X-Invoke-Path: /open", "X-Matched-Path: /open", "X-Now-Route-Matches: 1=open", "Rsc: 1", "Next-Router-Prefetch: 1", "X-Nextjs-Data: 1", "X-Original-Url: /open",
	}
	for _, path := range []string{
		"/mypage", "/ko/mypage", "/en/mypage/x", "/EN/mypage", "/mypage.rsc", "/ko/mypage.rsc", "/mypage.segments/_tree.segment.rsc", "/mypage.json",
		"/_next/data/b/mypage.json", "/_next/data/b/ko/mypage.json", "/_next/data/b/en/mypage/x.json",
		"/en/_next/data/b/mypage.json", "/KO/_next/data/b/en/mypage.json", "/e%6e/_next/data/b/mypage.json", "/en//_next/data/b/mypage.json", "/mypage.prefetch.rsc",
		"/_next/image?url=/mypage/plan.gif&w=64&q=75", "/_next/image?%75rl=/%6dypage/plan.gif", "/_next//image?url=/ko/../mypage/plan.gif", "/_next/x/../image?url=/ko/mypage/plan.gif",
		"/mypage?nxtPslug=open", "/mypage?__nextLocale=en",
	} {
		if w, seen := h.get(path, spells...); w.Code != 401 || len(seen) > 0 {
			t.Errorf("%s: %d, the upstream got %d requests", path, w.Code, len(seen))
		}
	}
	for target, status := range map[string]int{
		"/_next/image?url=/open.png&w=64": 200, "/_next/image?url=https://cdn.example.test/a.png": 200,
		"/_next/image?url=/_next/image%3Furl%3D/open.png": 404, "/_next/image?url=/open%2Fa.png": 200, "/_next/image?url=/a%255Cb.png": 404,
	} {
		if w, _ := h.get(target); w.Code != status {
			t.Errorf("%s: %d, want %d", target, w.Code, status)
		}
	}
	_, seen := h.get("/open?nxtPslug=secret&a=1&%6extIx=2&__nextLocale=en&_rsc=k", spells...)
	if len(seen) != 1 || seen[0].target() != "/open?a=1&_rsc=k" {
		t.Errorf("the upstream got %v", seen)
	}
	for _, f := range seen[0].fields {
		if name, _, _ := strings.Cut(strings.ToLower(f), ":"); strings.HasPrefix(name, "x-middleware") || strings.HasPrefix(name, "x-invoke") || name == "x-matched-path" || name == "x-now-route-matches" {
			t.Errorf("the upstream got %s", f)
		}
	}
}

func TestStrictRefusesTheSuspicious(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) { g.Strict = true })
	for _, path := range []string{"/public/a;b", "/public/a%3Bb", "/public/a.", "/public/a./b", "/public/a%20/b", "/public/a%20", "/public/%EF%BD%81", "/public/%3f", "/public/%23", "/public/%25"} {
		if w, seen := h.get(path); w.Code != 400 || len(seen) > 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"nothing special", func(*http.Request) {}, 200},
		{"a name with _", func(r *http.Request) { r.Header["X_a"] = []string{"1"} }, 400},
		{"a name with .", func(r *http.Request) { r.Header["X.a"] = []string{"1"} }, 400},
		{"a foreign Host", func(r *http.Request) { r.Host = "other.test" }, 421},
		{"a method of WebDAV", func(r *http.Request) { r.Method = "PROPFIND" }, 405},
	} {
		r := request("GET", "/public/a")
		test.change(r)
		if w := h.send(r); w.Code != test.status {
			t.Errorf("%s: %d, want %d", test.name, w.Code, test.status)
		}
	}
}

// FuzzTarget holds what is sent to a server against what the most careless server reads:
// nothing of what only administrators or members may see.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"/public/x", "/public/../admin", "/pub/admin", "/pub/..;/admin", "/public/%EF%BC%8E%EF%BC%8E/admin", "/admin;x", "/Admin", "/pub/%EF%BD%81dmin", "/_next/data/x/admin.json",
		"/public/%252e%252e/admin", "/public/..%c0%afadmin", "/pub/%u0061dmin", "/admin%3f", "/admin.%20", "//admin", "/pub/ADMIN.rsc", "https://app.example.test/pub/admin", `/public\..\admin`,
		"/x/admin", "/pub/.;/admin", "/pub/;x/account", "/_next/data/x/_next/data/y/admin.json", "/pub/_next/data/x/admin.json", "/pub/admin.segments/x.segment.rsc",
	} {
		f.Add(s)
	}
	gates := gatesToFool(f)
	f.Fuzz(func(t *testing.T, target string) {
		for _, gate := range gates {
			fool(t, gate, target)
		}
	})
}

// TestComposedTargets puts targets together from what attacks are made of.
func TestComposedTargets(t *testing.T) {
	pieces := strings.Fields(`/ / / / admin account Admin ACCOUNT pub pub public x .. . ; ;x %2e %2E%2e %20 %3b %3f %23 %2f %5c %25 %252e %00
		%EF%BC%8E %EF%BC%8F %EF%BD%81dmin adm%69n %61ccount _next/data/b .json .rsc .segments/ .segment.rsc index %c0%ae \ ? # ~ %u002e ｡`)
	random := rand.New(rand.NewPCG(1, 2))
	gates := gatesToFool(t)
	for range 20_000 {
		target := "/"
		for range 1 + random.IntN(9) {
			target += pieces[random.IntN(len(pieces))]
		}
		for _, gate := range gates {
			fool(t, gate, target)
		}
	}
}

// gatesToFool are two gates, one of which lets through whatever no rule is about.
func gatesToFool(t testing.TB) []*gateway.Gate {
	catchAll := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{
			{Match: "/pub/:path*", Upstream: to, StripPrefix: "/pub"},
			{Match: "/admin/:path*", Upstream: to, Require: gateway.Group("admin")},
			{Match: "/account/:path*", Upstream: to, Require: gateway.Session},
			{Match: "/:path*", Upstream: to},
		}
	}))
	return []*gateway.Gate{open(t).gate, catchAll.gate}
}

// fool fails the test where a target is sent on that a careless server takes for a page of
// members.
func fool(t *testing.T, gate *gateway.Gate, target string) {
	e := gate.Explain("GET", target, nil, nil)
	if e.Status != 0 || e.Sent == "" {
		return
	}
	if p, bad := reaches(e.Sent, "/admin", "/account"); bad {
		t.Errorf("%q is sent as %q, which reads as %q", target, e.Sent, p)
	}
	if again := gate.Explain("GET", e.Target, nil, nil); again.Target != e.Target || again.Sent != e.Sent {
		t.Errorf("%q is %q, and then %q", target, e.Target, again.Target)
	}
}

func ExampleGate_Explain() {
	h := exampleGate()
	defer h.Close()
	e := h.Explain("GET", "/mypage/../api/me", http.Header{"X-Signet-User": {"admin"}}, &signet.Session{UserID: "1001", Groups: []string{"운영"}})
	fmt.Println(e.Target, e.Route, e.Rules, e.Why)
	fmt.Println(e.Header["X-Signet-User"], e.Header["X-Signet-Groups"], e.Header["Authorization"])

	e = h.Explain("GET", "/API/me", nil, nil)
	fmt.Println(e.Status, e.Why)
	e = h.Explain("GET", "/posts/..%2fapi/me", nil, nil)
	fmt.Println(e.Status, e.Why)
	// Output:
	// /api/me 1 [session] passes
	// [1001] [UTF-8''%EC%9A%B4%EC%98%81] [Bearer <token>]
	// 401 nobody is signed in, and this is no person on the way to a page
	// 400 ambiguous path: escaped slash
}
