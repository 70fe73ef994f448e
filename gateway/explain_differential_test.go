package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// everyRoute is one of each kind.
func everyRoute(to string) []gateway.Route {
	token := func(as string) *gateway.Carry { return &gateway.Carry{Provider: "staff", As: as} }
	return []gateway.Route{
		{Match: "/public/:path*", Upstream: to},
		{Match: "/assets/:path*", Upstream: to, Anonymous: true},
		{Match: "/account/:path*", Upstream: to, Require: gateway.Session},
		{Match: "/admin/:path*", Upstream: to, Require: gateway.Group("admin"), Next: true},
		{Match: "/api/:path*", Upstream: to, Require: gateway.Session, API: true, Token: token("bearer")},
		{Match: "/bare/:path*", Upstream: to, Require: gateway.Session, Token: token("header:X-Token")},
		{Match: "/jar/:path*", Upstream: to, Require: gateway.Session, Token: token("cookie:accessToken")},
		{Match: "/signed/:path*", Upstream: to, Assertion: "posts"},
		{Match: "/pub/:path*", Upstream: to, StripPrefix: "/pub"},
		{Match: "/shop/:path*", Upstream: to + "/store", StripPrefix: "/shop"},
		{Match: "/below/:path*", Upstream: to + "/store"},
		{Match: "/partner/:path*", Upstream: to, Require: gateway.Session, Origins: []string{"https://partner.test"}, Methods: []string{"GET", "PUT"}},
		{Match: "/ws", Upstream: to, Require: gateway.Session, WebSocket: true},
		{Match: "/gate/:path*", Require: gateway.Session, Token: token("bearer")},
		{Match: "/mine/:path*", Handler: teapot, Require: gateway.Session},
	}
}

var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

var explainedHeaders = [][]string{
	nil,
	{page, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none"},
	{"Origin: " + publicOrigin, "Sec-Fetch-Site: same-origin"},
	{"Origin: https://partner.test", "Access-Control-Request-Method: PUT"},
	{"Origin: https://evil.test", page},
	{"X-Csrf: 1", "Authorization: Basic abc", "Cookie: a=1; accessToken=mine"},
	{"X-Csrf: 1", "X-Signet-User: root", "X_Signet_User: root", "X-Forwarded-Host: evil.test", "X-Token: mine", "X-Custom: 1"},
	{"Connection: X-Custom, keep-alive", "X-Custom: 1", "X-Kept: 2", "Te: trailers", "Expect: 100-continue"},
	{"Connection: " + strings.Repeat("a,", 40)},
	{"Origin: " + publicOrigin, "Connection: Upgrade", "Upgrade: websocket", "Sec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Version: 13"},
}

// What Explain says is held against what becomes of the same request.
func TestExplainSaysWhatHappens(t *testing.T) {
	targets := []string{"/nowhere", "/public/a/../b?c=1", "/public/..%2fadmin", "//x", "/public/a%3fb", "/PUBLIC/x", "/ACCOUNT/x", "/public/x;y", "/admin/x?nxtPa=1&b=2",
		publicOrigin + "/public/x", "http://evil.test/public/x", "ftp://app.example.test/public/x", "/auth/x/../../public/x", "/_next/data/b/admin/x.json"}
	for _, r := range everyRoute("") {
		targets = append(targets, strings.Replace(r.Match, ":path*", "x", 1))
	}
	for _, strict := range []bool{false, true} {
		h := open(t, openTo(everyRoute), func(_ *signet.Config, g *gateway.Config) {
			g.Strict = strict
			g.Sign = func(context.Context, *signet.Session, string) (string, error) { return "signed", nil }
		})
		for _, who := range []string{"", "alice", "root"} {
			cookie, s := "", (*signet.Session)(nil)
			if who != "" {
				cookie = h.signIn(t, who)
				s = h.sessionOf(t, cookie)
			}
			for _, target := range targets {
				for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "PURGE"} {
					for _, lines := range explainedHeaders {
						if fault := h.differs(method, target, who, cookie, s, lines); fault != "" {
							t.Errorf("strict %v: %s %s by %q, %q: %s", strict, method, target, who, lines, fault)
						}
					}
				}
			}
		}
	}
}

// sessionOf is the session of whoever has the cookies.
func (h *house) sessionOf(t *testing.T, cookie string) *signet.Session {
	v, err := h.auth.Visit(request("GET", "/", "Cookie: "+cookie))
	if err != nil || v.Session == nil {
		t.Fatal("no session", err)
	}
	return v.Session
}

// differs tells where Explain is wrong about a request; "" for nowhere.
func (h *house) differs(method, target, who, cookie string, s *signet.Session, lines []string) string {
	e := h.gate.Explain(method, target, request(method, "/", lines...).Header, s)
	r := request(method, target, lines...)
	aside := e.Match == "/gate/:path*" // decided here, and carried by another proxy
	if aside {
		r = request("GET", "/auth/forward/traefik", lines...)
		r.RemoteAddr = "127.0.0.9:1"
		for name, value := range map[string]string{"Method": method, "Proto": "https", "Host": "app.example.test", "Uri": target} {
			r.Header.Set("X-Forwarded-"+name, value)
		}
	}
	if cookie != "" {
		r.Header["Cookie"] = append(r.Header["Cookie"], cookie)
	}
	w := h.send(r)
	seen := h.upstream.take()
	switch {
	case e.Status != 0 && (w.Code != e.Status || len(seen) > 0):
		return fmt.Sprintf("%d (%s), and the answer is %d, the server got %v", e.Status, e.Why, w.Code, seen)
	case e.Status != 0:
		return ""
	case aside && w.Code == http.StatusOK:
		header := w.Header()
		for _, name := range []string{"Cache-Control", "Vary", "Set-Cookie"} {
			delete(header, name)
		}
		return differ(shown(e.Header, who, lines), shown(header, who, lines))
	case e.Match == "/mine/:path*" && w.Code == http.StatusTeapot:
		return ""
	case aside, len(seen) != 1:
		return fmt.Sprintf("passes, and the answer is %d", w.Code)
	}
	if got, want := seen[0].line, method+" "+e.Sent+" HTTP/1.1"; got != want {
		return fmt.Sprintf("sends %q, and the server got %q", want, got)
	}
	got := http.Header{}
	for _, f := range seen[0].fields {
		name, value, _ := strings.Cut(f, ": ")
		got.Add(name, value)
	}
	for _, name := range []string{"Host", "Content-Length", "Connection", "Upgrade"} {
		delete(got, name)
	}
	return differ(shown(e.Header, who, lines), shown(got, who, lines))
}

// shown is a header as lines in order, with the placeholders filled in.
func shown(h http.Header, who string, lines []string) []string {
	own := ""
	for _, l := range lines {
		if value, ok := strings.CutPrefix(l, "Authorization: "); ok {
			own = value
		}
	}
	fill := strings.NewReplacer("<address>", "127.0.0.1", "<token>", "AT-"+who, "<assertion>", "signed", "<as sent>", own)
	var all []string
	for name, values := range h {
		for _, v := range values {
			all = append(all, textproto.CanonicalMIMEHeaderKey(name)+": "+fill.Replace(v))
		}
	}
	slices.Sort(all)
	return all
}

func differ(said, got []string) string {
	if slices.Equal(said, got) {
		return ""
	}
	return fmt.Sprintf("shows\n\t%q\nand it is\n\t%q", said, got)
}
