package gateway_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/server"
	"github.com/signet-auth/signet/signettest"
	"github.com/signet-auth/signet/store/memory"
)

const publicOrigin = "https://app.example.test"

var testStart = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// A staff signs in whoever is in the store, with a token of a back end.
type staff struct {
	clock *signettest.Clock
	lost  bool // refreshes are refused
}

func (*staff) Info() signet.Info {
	return signet.Info{ID: "staff", Type: "credentials", Name: "Staff", Accounts: true, Fields: []signet.Field{{Name: "name"}}}
}

func (*staff) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Form{}, nil
}

func (p *staff) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	name := a.Fields.Get("name")
	id := signet.Identity{Subject: name, UserID: strings.TrimSuffix(name, "-chunked"), Name: name, Email: name + "@example.test"}
	if id.UserID != name {
		id.Claims.Set("pad", strings.Repeat("lorem ipsum ", 300))
	}
	if name != "tokenless" {
		id.Tokens = &signet.Tokens{Access: "AT-" + name, Refresh: "RT-" + name, Expires: p.clock.Now().Add(time.Hour)}
	}
	return id, nil
}

func (p *staff) Refresh(_ context.Context, _ signet.World, old signet.Tokens) (signet.Tokens, error) {
	if p.lost {
		return signet.Tokens{}, signet.ErrEnded
	}
	return signet.Tokens{Access: old.Access + "+", Refresh: old.Refresh, Expires: p.clock.Now().Add(time.Hour)}, nil
}

// A house is a whole site behind a gate: the routes of the attack vectors, everything on
// one upstream.
type house struct {
	auth     *signet.Auth
	gate     *gateway.Gate
	handler  http.Handler
	upstream *echo
	provider *staff
	clock    *signettest.Clock
	stores   signet.Stores
}

func open(t testing.TB, change ...func(*signet.Config, *gateway.Config)) *house {
	t.Helper()
	h := &house{clock: signettest.NewClock(testStart), upstream: newEcho(t)}
	h.provider = &staff{clock: h.clock}
	h.stores = memory.New().Stores()
	for name, groups := range map[string][]string{"alice": {"staff"}, "mallory": {"staff"}, "root": {"admin"}, "tokenless": nil} {
		_, err := h.stores.Users.CreateUser(context.Background(),
			signet.User{ID: name, Name: name, Email: name + "@example.test", Groups: groups, Created: testStart},
			&signet.Account{UserID: name, Provider: "staff", Subject: name, Created: testStart})
		if err != nil {
			t.Fatal(err)
		}
	}
	c := signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, URL: publicOrigin, BasePath: "/auth", Providers: []signet.Provider{h.provider},
		Stores: h.stores, TrustedProxies: []string{"127.0.0.9"},
		World: signet.World{Now: h.clock.Now, Log: slog.New(slog.DiscardHandler)},
	}
	g := gateway.Config{Routes: h.routes(), ForwardAuth: true, Log: slog.New(slog.DiscardHandler), Now: h.clock.Now}
	for _, f := range change {
		f(&c, &g)
	}
	var err error
	if h.auth, err = signet.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.auth.Close() })
	if h.gate, err = gateway.New(h.auth, g); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.gate.Close() })
	h.handler = h.gate
	return h
}

// routes are those of the attack vectors.
func (h *house) routes() []gateway.Route {
	to := h.upstream.url()
	return []gateway.Route{
		{Match: "/public/:path*", Upstream: to},
		{Match: "/assets/:path*", Upstream: to},
		{Match: "/", Upstream: to},
		{Match: "/pub/:path*", Upstream: to, StripPrefix: "/pub"},
		{Match: "/admin/:path*", Upstream: to, Require: gateway.Group("admin"), Next: true},
		{Match: "/account/:path*", Upstream: to, Require: gateway.Session},
		{Match: "/api/:path*", Upstream: to, Require: gateway.Session, API: true, Token: &gateway.Carry{Provider: "staff", As: "bearer"}},
		{Match: "/ws", Upstream: to, Require: gateway.Session, WebSocket: true},
	}
}

// openTo changes the routes of the gate.
func openTo(routes func(to string) []gateway.Route) func(*signet.Config, *gateway.Config) {
	return func(_ *signet.Config, g *gateway.Config) { g.Routes = routes(g.Routes[0].Upstream) }
}

// signIn is the Cookie header of somebody signed in.
func (h *house) signIn(t testing.TB, name string) string {
	t.Helper()
	r := httptest.NewRequest("GET", publicOrigin+"/", nil)
	w := httptest.NewRecorder()
	if _, err := h.auth.SignIn(w, r, "staff", url.Values{"name": {name}}); err != nil {
		t.Fatalf("sign-in of %s: %v", name, err)
	}
	var pairs []string
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return strings.Join(pairs, "; ")
}

// request is one by hand; lines are "Name: value".
func request(method, target string, lines ...string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	r.RequestURI, r.Host, r.RemoteAddr = target, "app.example.test", "127.0.0.1:4711"
	if u, err := url.ParseRequestURI(target); err == nil {
		r.URL = u
	}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// send sends a request through the gate.
func (h *house) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// get sends a GET and returns the answer and what the upstream got, if anything.
func (h *house) get(target string, lines ...string) (*httptest.ResponseRecorder, []record) {
	w := h.send(request("GET", target, lines...))
	return w, h.upstream.take()
}

// serve opens the gate on loopback, plain HTTP, as behind a proxy that ends TLS.
func (h *house) serve(t testing.TB) string {
	return startServer(t, &server.Server{HTTP: &http.Server{Handler: h.handler, MaxHeaderBytes: 32 << 10}})
}

// serveStock is serve by net/http alone.
func (h *house) serveStock(t testing.TB) string {
	return startServer(t, &http.Server{Handler: h.handler, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)})
}

// startServer serves until the end of the test, and returns the address.
func startServer(t testing.TB, s interface {
	Serve(net.Listener) error
	Close() error
}) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if ours, ok := s.(*server.Server); ok && ours.HTTP.ErrorLog == nil {
		ours.HTTP.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return l.Addr().String()
}

var page = "Accept: text/html"
