package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// What the whole site protects is protected behind the gate too, whatever a route says.
func TestS109_ProtectHoldsForRoutes(t *testing.T) {
	h := open(t, func(c *signet.Config, g *gateway.Config) {
		c.Protect = []string{"/public/mine/:path*", "/quiet/:path*"}
		c.Callbacks.Allow = func(r *http.Request, s *signet.Session) bool { return s != nil || r.URL.Path == "/public/mine/about" }
		g.Routes = append(g.Routes, gateway.Route{Match: "/quiet/:path*", Upstream: g.Routes[0].Upstream, Anonymous: true})
	})
	alice := h.signIn(t, "alice")
	for _, c := range []struct {
		name, target, cookie string
		status               int
		passes               bool
	}{
		{"nobody", "/public/mine/x", "", 401, false},
		{"nobody, spelled so that a server may read it", "/public//mine/x", "", 401, false},
		{"whoever is signed in", "/public/mine/x", alice, 200, true},
		{"an exception", "/public/mine/about", "", 200, true},
		{"beside it", "/public/theirs", "", 200, true},
		{"nobody on a route that asks nobody", "/quiet/x", "", 401, false},
		{"whoever is signed in, there", "/quiet/x", alice, 200, true},
	} {
		lines := []string{}
		if c.cookie != "" {
			lines = append(lines, "Cookie: "+c.cookie)
		}
		w, carried := h.get(c.target, lines...)
		if got := len(carried) > 0; w.Code != c.status || got != c.passes {
			t.Errorf("%s: %d, passes %t", c.name, w.Code, got)
		}
		if strings.HasPrefix(c.target, "/public/mine") && !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%s: Cache-Control %q", c.name, w.Header().Get("Cache-Control"))
		}
	}
	e := h.gate.Explain("GET", "/public/mine/x", nil, nil)
	if e.Status != 401 || strings.Join(e.Rules, " ") != "protect" {
		t.Errorf("Explain: %d %v", e.Status, e.Rules)
	}
}
