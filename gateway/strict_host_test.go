package gateway_test

import (
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

func TestS105_StrictLooksAtTheHostThatWasAskedFor(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) { g.Strict = true })
	const proxy, stranger = "127.0.0.9:1", "127.0.0.1:1"
	for _, test := range []struct {
		name, peer, host string
		told             []string
		status           int
	}{
		{"a visitor", stranger, "app.example.test", nil, 200},
		{"a visitor in capitals", stranger, "APP.example.TEST", nil, 200},
		{"a visitor of another name", stranger, "evil.test", nil, 421},
		{"a visitor who claims to be a proxy", stranger, "evil.test", []string{"app.example.test"}, 421},
		{"a visitor whose claim is not looked at", stranger, "app.example.test", []string{"evil.test"}, 200},
		{"a proxy that passes Host on", proxy, "app.example.test", nil, 200},
		{"a proxy that passes another Host on", proxy, "evil.test", nil, 421},
		{"a proxy that tells the name", proxy, "127.0.0.1:3000", []string{"app.example.test"}, 200},
		{"a proxy that tells another name", proxy, "127.0.0.1:3000", []string{"evil.test"}, 421},
		{"a proxy that tells another name beside our own Host", proxy, "app.example.test", []string{"evil.test"}, 421},
		{"a proxy that tells two names", proxy, "app.example.test", []string{"app.example.test", "evil.test"}, 421},
		{"a proxy that tells two names in one line", proxy, "app.example.test", []string{"app.example.test, evil.test"}, 421},
		{"a proxy that tells nothing", proxy, "127.0.0.1:3000", nil, 421},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request("GET", "/public/x")
			r.RemoteAddr, r.Host = test.peer, test.host
			if test.told != nil {
				r.Header["X-Forwarded-Host"] = test.told
			}
			w := h.send(r)
			if w.Code != test.status || (len(h.upstream.take()) == 1) != (test.status == 200) {
				t.Errorf("%d, want %d", w.Code, test.status)
			}
		})
	}
}
