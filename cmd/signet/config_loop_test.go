package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// tried is typed for a server that should not start, and ends it if it does.
func tried(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var o, e bytes.Buffer
	status = run(ctx, args, &terminal{In: strings.NewReader(""), Out: &o, Err: &e, Now: time.Now, Env: environment()})
	return status, o.String(), e.String()
}

func TestRoutesToSignetItselfAreRefused(t *testing.T) {
	for _, c := range []struct{ name, settings, upstream, want string }{
		{"the listener", "listen: 127.0.0.1:4711\n", "http://127.0.0.1:4711", "is where Signet itself listens"},
		{"the listener by name", "listen: 127.0.0.1:4711\n", "http://localhost:4711/app", "is where Signet itself listens"},
		{"the usual listener", "site: x\n", "http://127.0.0.1:3000", "is where Signet itself listens"},
		{"a listener by name", "listen: localhost:4711\n", "http://[::1]:4711", "is where Signet itself listens"},
		{"all addresses, of which this is one", "listen: 0.0.0.0:4711\nurl: https://app.example.com\n", "http://127.0.0.2:4711", "is where Signet itself listens"},
		{"all addresses by name", "listen: \"[::]:4711\"\nurl: https://app.example.com\n", "http://localhost:4711", "is where Signet itself listens"},
		{"no address in particular", "listen: 127.0.0.1:4711\n", "http://0.0.0.0:4711", "is where Signet itself listens"},
		{"the port that goes without saying", "listen: 127.0.0.1:80\n", "http://127.0.0.1", "is where Signet itself listens"},
		{"the public address", "url: https://app.example.com\n", "https://APP.example.com:443", "is the address of this site, under which Signet is reached"},
		{"the admin listener", "admin_listen: 127.0.0.1:4712\n", "http://127.0.0.1:4712", "is the admin listener, which asks nobody who they are"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.settings + "gateway:\n  routes:\n    - {match: /a, upstream: \"" + c.upstream + "\"}\n"})
			want := fmt.Sprintf("signet.yaml:%d:29: gateway.routes[0].upstream: %s %s; ", 3+strings.Count(c.settings, "\n"), c.upstream, c.want)
			if status, out, errs := tried(t, "serve"); status != exitUsage || !strings.HasPrefix(errs, want) {
				t.Errorf("exit status %d, %s%s\nwant %s", status, out, errs, want)
			}
			if status, said := examined(t, "gateway"); status != exitNo || !isSaid(said, isWrong, c.want) {
				t.Errorf("doctor: exit status %d: %+v", status, said)
			}
		})
	}
	for _, c := range []struct{ name, settings, upstream string }{
		{"another port", "listen: 127.0.0.1:4711\n", "http://127.0.0.1:4710"},
		{"the same port elsewhere", "listen: 127.0.0.1:4711\n", "http://192.0.2.1:4711"},
		{"the same port on all addresses, and another machine", "listen: 0.0.0.0:4711\nurl: https://app.example.com\n", "http://192.0.2.1:4711"},
		{"a flag that listens elsewhere", "site: x\n", "http://127.0.0.1:3000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.settings + "gateway: {routes: [{match: /a, upstream: \"" + c.upstream + "\"}]}\n"})
			args := []string{}
			if strings.HasPrefix(c.name, "a flag") {
				args = []string{"--listen", "127.0.0.1:4711"}
			}
			if _, said := examined(t, "gateway", args...); len(said) > 0 {
				t.Errorf("%+v", said)
			}
		})
	}
}

// With port 0 the address is known only when somebody listens: routes that come later are
// held against it.
func TestRoutesToSignetItselfAreRefusedWhileServing(t *testing.T) {
	front := standIn(t, "front")
	yaml := "gateway: {routes: [{match: \"/:path*\", upstream: \"%s\"}]}\n"
	inFolder(t, map[string]string{"signet.yaml": fmt.Sprintf(yaml, front.URL)})
	r := serveHere(t)
	if err := os.WriteFile("signet.yaml", fmt.Appendf(nil, yaml, r.url), 0o600); err != nil {
		t.Fatal(err)
	}
	r.find(r.errs, `everything stays as it is.*signet.yaml:1:49: gateway.routes\[0\].upstream: `+r.url+` is where Signet itself listens`)
	v := newVisitor(t, "")
	v.base = r.url
	if got := v.get("/page"); got != `front /page ""` {
		t.Errorf("the old route: %s", got)
	}
}
