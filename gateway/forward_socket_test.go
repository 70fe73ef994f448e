package gateway_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// TestS111_SocketsThatAProxyAsksAbout: proxies keep Connection and Upgrade to themselves, and
// the handshake of a WebSocket then looks like a GET, which another site's page may send.
func TestS111_SocketsThatAProxyAsksAbout(t *testing.T) {
	h := open(t, func(c *signet.Config, g *gateway.Config) {
		c.TrustedOrigins = []string{"https://admin.example.test"}
	})
	member := "Cookie: " + h.signIn(t, "alice")
	handshake := []string{member, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}
	for _, test := range []struct {
		name   string
		lines  []string
		target string
		want   int
	}{
		{"from our page", []string{"Origin: " + publicOrigin}, "/ws", 200},
		{"from another site", []string{"Origin: https://evil.test"}, "/ws", 403},
		{"from another site, as browsers tell", []string{"Origin: https://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: websocket"}, "/ws", 403},
		{"from a sibling host", []string{"Origin: https://x.example.test", "Sec-Fetch-Site: same-site"}, "/ws", 403},
		{"from an origin that is trusted", []string{"Origin: https://admin.example.test"}, "/ws", 200},
		{"from nowhere", nil, "/ws", 403},
		{"to a page that takes none", []string{"Origin: " + publicOrigin}, "/account/x", 400},
	} {
		for kind, ask := range asks {
			t.Run(test.name+" at "+kind, func(t *testing.T) {
				r := ask("GET", publicOrigin, test.target)
				r.RemoteAddr = trustedPeer
				for _, l := range append(handshake, test.lines...) {
					name, value, _ := strings.Cut(l, ": ")
					r.Header.Add(name, value)
				}
				want := test.want
				if kind == "nginx" && want == 400 {
					want = 403
				}
				if w := h.send(r); w.Code != want {
					t.Errorf("%d, want %d: %s", w.Code, want, w.Body)
				}
			})
		}
	}
}
