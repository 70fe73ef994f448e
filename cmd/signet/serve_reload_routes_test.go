package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Routes are taken over at once, and what stands beside them only by a restart: those that
// need it have to wait as well.
func TestRoutesWaitForWhatWaits(t *testing.T) {
	front := standIn(t, "front")
	const head = "providers:\n  - {type: backend, url: \"http://127.0.0.1:1/login\"}\n"
	old := head + fmt.Sprintf("gateway:\n  routes:\n    - {match: \"/:path*\", upstream: %q}\n", front.URL)
	next := head + "  - {type: backend, id: other, url: \"http://127.0.0.1:1/login\"}\n" +
		fmt.Sprintf("gateway:\n  routes:\n    - {match: \"/:path*\", upstream: %q, require: session, token: {provider: other}}\n", front.URL)
	inFolder(t, map[string]string{"signet.yaml": old})
	r := serveHere(t)
	v := newVisitor(t, "")
	v.base = r.url
	put := func(text, said string) {
		t.Helper()
		if err := os.WriteFile("signet.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.find(r.errs, said)
	}
	put(next, `everything stays as it is.*signet.yaml:6:\d+: gateway.routes\[0\].token.provider: there is no provider .*other.*needs a restart`)
	if got := v.get("/page"); got != `front /page ""` {
		t.Errorf("the old route: %s", got)
	}
	put(strings.Replace(old, "- {match", "- {api: true, match", 1), `routes changed`)
	put(strings.Replace(old, "gateway:", "trusted_proxies: [127.0.0.1]\ngateway:\n  forward_auth: true", 1), `everything stays as it is.*gateway.forward_auth: .*needs a restart`)
	r.stop()

	inFolder(t, map[string]string{"signet.yaml": next})
	v.base = serveHere(t).url
	if got := v.get("/page"); !strings.Contains(got, "unauthorized") {
		t.Errorf("after the restart: %s", got)
	}
}
