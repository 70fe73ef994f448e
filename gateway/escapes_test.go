package gateway_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/gateway"
)

// A route may say that its server reads an escape as part of a name. That opens no other
// route, and no page of this one that has another rule.
func TestEscapesOfARoute(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{
			{Match: "/projects/:path*", Upstream: to, Escapes: []string{"slash"}},
			{Match: "/search/:path*", Upstream: to, Escapes: []string{"percent", "bytes"}},
			{Match: "/cut/:path*", Upstream: to, StripPrefix: "/cut", Escapes: []string{"slash"}},
			{Match: "/auth/:path*", Upstream: to, Escapes: []string{"slash"}},
			{Match: "/:name", Upstream: to, Escapes: []string{"slash"}},
			{Match: "/admin/:path*", Upstream: to, Require: gateway.Group("admin")},
			{Match: "/:path*", Upstream: to, Require: gateway.Session},
		}
	}))
	alice, root := "Cookie: "+h.signIn(t, "alice"), "Cookie: "+h.signIn(t, "root")
	for _, c := range []struct {
		name, target, who string
		status            int
		sent              string
	}{
		{"a slash in a name", "/projects/group%2Fname?ref=a%2Fb", "", 200, "/projects/group%2Fname?ref=a%2Fb"},
		{"what is plain is made plain", "/projects//%67roup%2fname/./x", "", 200, "/projects/group%2fname/x"},
		{"a percent sign", "/search/100%25ab", "", 200, "/search/100%25ab"},
		{"EUC-KR", "/search/%B0%A1%B3%AA", "", 200, "/search/%B0%A1%B3%AA"},
		{"behind a prefix, by the rule of the page that it becomes", "/cut/group%2Fname", "", 401, ""},
		{"behind a prefix", "/cut/group%2Fname", alice, 200, "/group%2Fname"},
		{"another escape", "/projects/100%25ab", "", 400, ""},
		{"another escape beside it", "/search/a%2Fb", "", 400, ""},
		{"another route", "/about/a%2Fb", alice, 400, ""},
		{"our own base path", "/auth/a%2Fb", "", 400, ""},
		{"dots behind it", "/projects/..%2Fadmin", root, 400, ""},
		{"dots behind it and a prefix", "/cut/..%2Fadmin", root, 400, ""},
		{"a page with a rule, for nobody", "/admin%2Fusers", "", 401, ""},
		{"a page with a rule, for somebody else", "/admin%2Fusers", alice, 403, ""},
		{"a page with a rule, for those it is for", "/admin%2Fusers", root, 200, "/admin%2Fusers"},
		{"a page with a rule behind a prefix", "/cut/admin%2Fusers", alice, 403, ""},
	} {
		lines := []string{}
		if c.who != "" {
			lines = append(lines, c.who)
		}
		w, carried := h.get(c.target, lines...)
		sent := ""
		if len(carried) > 0 {
			sent = carried[0].target()
		}
		if w.Code != c.status || sent != c.sent {
			t.Errorf("%s: %d, sent %q, want %d and %q", c.name, w.Code, sent, c.status, c.sent)
		}
		if e := h.gate.Explain("GET", c.target, nil, nil); c.who == "" && c.status != 401 && max(e.Status, 200) != c.status {
			t.Errorf("%s: Explain says %d, %s", c.name, e.Status, e.Why)
		}
	}
	_, err := gateway.New(h.auth, gateway.Config{Routes: []gateway.Route{{Match: "/a", Upstream: h.upstream.url(), Escapes: []string{"%2f"}}}})
	if err == nil || !strings.Contains(err.Error(), "write slash, percent or bytes") {
		t.Errorf("an unknown escape: %v", err)
	}
}
