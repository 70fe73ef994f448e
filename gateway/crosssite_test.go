package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// TestS111_CrossSiteRequests holds every request that does something in somebody's name
// against where it says it comes from (S-22 as well).
func TestS111_CrossSiteRequests(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/partner/:path*", Upstream: to, Require: gateway.Session, Origins: []string{"https://partner.test"}})
	})
	cookie := "Cookie: " + h.signIn(t, "alice")
	for _, test := range []struct {
		name  string
		lines []string
		ok    bool
	}{
		{"from our own page", []string{"Sec-Fetch-Site: same-origin", "Origin: " + publicOrigin}, true},
		{"from our own page, without Origin", []string{"Sec-Fetch-Site: same-origin"}, true},
		{"typed by a person", []string{"Sec-Fetch-Site: none"}, true},
		{"from our own page in an old browser", []string{"Origin: " + publicOrigin}, true},
		{"from a script with the header of asking first", []string{"X-CSRF: 1"}, true},
		{"from a script with a token", []string{"X-CSRF-Token: abc"}, true},
		{"from another site", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.test"}, false},
		{"from another site, without Origin", []string{"Sec-Fetch-Site: cross-site"}, false},
		{"from another site in an old browser", []string{"Origin: https://evil.test"}, false},
		{"from another site that asked first", []string{"Origin: https://evil.test", "X-CSRF: 1"}, false},
		{"from a sibling host", []string{"Sec-Fetch-Site: same-site", "Origin: https://evil.example.test"}, false},
		{"from nowhere", []string{"Origin: null"}, false},
		{"from our host over http", []string{"Origin: http://app.example.test"}, false},
		{"from another port of our host", []string{"Origin: https://app.example.test:8443"}, false},
		{"from a host that begins like ours", []string{"Origin: https://app.example.test.evil.test"}, false},
		{"from two origins", []string{"Origin: " + publicOrigin, "Origin: https://evil.test"}, false},
		{"from a form that says nothing", []string{"Content-Type: application/x-www-form-urlencoded"}, false},
		{"with only a Referer of ours", []string{"Referer: " + publicOrigin + "/"}, false},
		{"from a listed partner of another route", []string{"Origin: https://partner.test"}, false},
	} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"} {
			for _, path := range []string{"/account/item", "/api/item", "/public/item"} {
				w := h.send(request(method, path, append(test.lines, cookie)...))
				seen := h.upstream.take()
				if test.ok != (w.Code == 200) || !test.ok && (w.Code != 403 || len(seen) > 0) {
					t.Errorf("%s %s %s: %d, the upstream got %d requests", test.name, method, path, w.Code, len(seen))
				}
			}
		}
		if w := h.send(request("POST", "/public/item", test.lines...)); w.Code != 200 {
			t.Errorf("%s, by nobody: %d", test.name, w.Code)
		}
		if w := h.send(request("GET", "/account/item", append(test.lines, cookie)...)); w.Code != 200 {
			t.Errorf("%s, reading: %d", test.name, w.Code)
		}
		h.upstream.take()
	}
	if w := h.send(request("POST", "/partner/x", "Sec-Fetch-Site: cross-site", "Origin: https://partner.test", cookie)); w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "https://partner.test" {
		t.Errorf("a listed partner: %d %v", w.Code, w.Header())
	}
}

func TestWebSocketHandshakes(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/open-ws", Upstream: to, WebSocket: true, Origins: []string{"https://partner.test"}})
	})
	cookie := "Cookie: " + h.signIn(t, "alice")
	own := "Origin: " + publicOrigin
	address := h.serve(t)
	for _, test := range []struct {
		name, path string
		lines      []string
		without    string
		status     int
	}{
		{"from our page", "/ws", []string{cookie, own}, "", 101},
		{"from our page, as Chromium says", "/ws", []string{cookie, own, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: websocket"}, "", 101},
		{"from a program with cookies that asked first", "/ws", []string{cookie, "X-CSRF: 1"}, "", 101},
		{"from another site", "/ws", []string{cookie, "Origin: https://evil.test"}, "", 403},
		{"from another site that asks first, as no browser can", "/ws", []string{cookie, "Origin: https://evil.test", "X-CSRF: 1"}, "", 403},
		{"without Origin", "/ws", []string{cookie}, "", 403},
		{"by nobody", "/ws", []string{own}, "", 401},
		{"by nobody, with a browser's Accept", "/ws", []string{own, page}, "", 401},
		{"open, by nobody", "/open-ws", nil, "", 101},
		{"open, from a partner", "/open-ws", []string{cookie, "Origin: https://partner.test"}, "", 101},
		{"open, from another site", "/open-ws", []string{"Origin: https://evil.test"}, "", 403},
		{"where none is taken", "/account/x", []string{cookie, own}, "", 400},
		{"without a key", "/ws", []string{cookie, own}, "Sec-WebSocket-Key", 400},
		{"with a short key", "/ws", []string{cookie, own, "Sec-WebSocket-Key: YWJj"}, "Sec-WebSocket-Key", 400},
		{"of another version", "/ws", []string{cookie, own, "Sec-WebSocket-Version: 8"}, "Sec-WebSocket-Version", 426},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, res := shake(t, address, test.path, test.without, test.lines...)
			defer c.Close()
			seen := h.upstream.take()
			if res.StatusCode != test.status || test.status != 101 && len(seen) > 0 {
				t.Errorf("%d, want %d; the upstream got %d requests", res.StatusCode, test.status, len(seen))
			}
			if test.status == 101 && (seen[0].value("upgrade") != "websocket" || seen[0].value("sec-websocket-key") != websocketKey) {
				t.Errorf("the upstream got %v", seen[0].fields)
			}
			if test.status == 426 && res.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Error("the version that is known is not told")
			}
		})
	}
	t.Run("of another protocol", func(t *testing.T) {
		w := h.send(request("GET", "/ws", cookie, own, "Connection: Upgrade", "Upgrade: h2c"))
		if seen := h.upstream.take(); w.Code != 200 || seen[0].value("upgrade") != "" {
			t.Errorf("%d %v", w.Code, seen)
		}
	})
}

func TestPreflights(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/partner/:path*", Upstream: to, Require: gateway.Session, API: true, Methods: []string{"GET", "PUT"}, Origins: []string{"https://partner.test"}})
	})
	ask := func(origin, method string) http.Header {
		w := h.send(request("OPTIONS", "/partner/x", "Origin: "+origin, "Access-Control-Request-Method: "+method, "Access-Control-Request-Headers: content-type, x-csrf"))
		if n := len(h.upstream.take()); n > 0 {
			t.Errorf("a preflight of %s reached the upstream", origin)
		}
		head := w.Header().Clone()
		head.Set("Status", http.StatusText(w.Code))
		return head
	}
	if got := ask("https://partner.test", "PUT"); got.Get("Status") != "No Content" || got.Get("Access-Control-Allow-Origin") != "https://partner.test" || got.Get("Access-Control-Allow-Credentials") != "true" ||
		got.Get("Access-Control-Allow-Methods") != "PUT" || got.Get("Access-Control-Allow-Headers") != "content-type, x-csrf" || !strings.Contains(strings.Join(got["Vary"], ","), "Origin") {
		t.Errorf("a partner: %v", got)
	}
	if got := ask("https://partner.test", "DELETE"); got.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("a method that is not taken: %v", got)
	}
	for _, origin := range []string{"https://evil.test", "null", "https://partner.test.evil.test", "http://partner.test", "https://PARTNER.test", publicOrigin} {
		if got := ask(origin, "PUT"); got.Get("Status") != "Method Not Allowed" && got.Get("Status") != "Unauthorized" || got.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", origin, got)
		}
	}
	for _, line := range []string{"A: 1", "Origin: https://partner.test"} {
		if w := h.send(request("OPTIONS", "/partner/x", line)); w.Code != 405 || w.Header().Get("Allow") != "GET, PUT" {
			t.Errorf("OPTIONS that is not taken and no preflight, %s: %d %v", line, w.Code, w.Header())
		}
	}
	w := h.send(request("GET", "/partner/x", "Origin: https://partner.test"))
	if w.Code != 401 || w.Header().Get("Access-Control-Allow-Origin") != "https://partner.test" {
		t.Errorf("a refusal that the partner's script may read: %d %v", w.Code, w.Header())
	}
	if w := h.send(request("OPTIONS", "/account/x", "Origin: https://evil.test", "Access-Control-Request-Method: PUT")); w.Code != 401 {
		t.Errorf("OPTIONS is a request like any other: %d", w.Code)
	}
}
