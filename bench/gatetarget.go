package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// serveGate serves a gate in front of an upstream: forward-auth, or carrying. The end of
// the name says where the session is kept.
func serveGate(ctx context.Context, name, behind string) error {
	var proxies []string
	if behind == "" { // another proxy asks
		proxies = []string{"127.0.0.1"}
	}
	auth, done, err := openAuth(ctx, strings.HasSuffix(name, "sqlite"), signet.Config{
		Providers: []signet.Provider{staff{}}, TrustedProxies: proxies,
	})
	if err != nil {
		return err
	}
	defer done()
	cookies, err := signIn(auth, "staff")
	if err != nil {
		return err
	}
	to := ""
	if behind != "" {
		to = "http://" + behind
	}
	routes := []gateway.Route{
		{Match: "/public/:path*", Upstream: to, Anonymous: true},
		{Match: "/api/:path*", Upstream: to, Require: gateway.Session, API: true},
		{Match: "/:path*", Upstream: to, Require: gateway.Session},
	}
	if to != "" {
		routes[1].Token = &gateway.Carry{}
	}
	gate, err := gateway.New(auth, gateway.Config{Routes: routes, ForwardAuth: true})
	if err != nil {
		return err
	}
	defer gate.Close()
	if !strings.HasPrefix(name, "bare") {
		room := make([]byte, 4<<20) // as `signet serve` has it: cmd/signet/serve_memory.go
		defer runtime.KeepAlive(room)
	}
	switch name {
	case "bare-forward-yes":
		return listenStock(bare(gate, forwardQuestion(cookies)), cookies)
	case "bare-forward-no":
		return listenStock(bare(gate, forwardQuestion("")), "")
	case "forward-no":
		return listenFront(gate, "")
	case "gateway-anonymous":
		return listenFront(gate, "theme=dark")
	}
	return listenFront(gate, cookies+"; theme=dark")
}

// staff signs in one user, with a token of a back end.
type staff struct{}

func (staff) Info() signet.Info {
	return signet.Info{ID: "staff", Type: "credentials", Name: "Staff", Accounts: true, Fields: []signet.Field{{Name: "name"}}}
}

func (staff) Begin(context.Context, *signet.Attempt) (signet.Step, error) { return signet.Form{}, nil }

func (staff) Finish(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Identity{
		Subject: "u-1001", UserID: "u-1001", Name: "Kim Minsu", Email: "minsu@example.com",
		Tokens: &signet.Tokens{Access: strings.Repeat("token", 50), Refresh: "refresh", Expires: time.Now().Add(24 * time.Hour)},
	}, nil
}

// stockProxy is the proxy of the standard library as one would tune it: a pool of buffers,
// and a connection for every client. It asks nobody.
func stockProxy(behind string) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.DisableCompression = 64, true
	to := &url.URL{Scheme: "http", Host: behind}
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:  transport,
		BufferPool: &buffers{sync.Pool{New: func() any { return new([32 << 10]byte) }}},
	}
}

type buffers struct{ sync.Pool }

func (b *buffers) Get() []byte  { return b.Pool.Get().(*[32 << 10]byte)[:] }
func (b *buffers) Put(p []byte) { b.Pool.Put((*[32 << 10]byte)(p)) }
