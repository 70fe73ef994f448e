package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/provider/backend"
)

// serveStoreless is what `signet serve` is for the other set-ups, without a store: the binary
// always has one, a Go program need not.
func serveStoreless(ctx context.Context, provider string) error {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	auth, err := signet.New(signet.Config{
		Secrets: []string{os.Getenv("AUTH_SECRET")}, URL: "http://" + site, World: signet.World{Log: log},
		Providers: []signet.Provider{backend.New(backend.Config{ID: "backend", URL: provider + "/login", RefreshURL: provider + "/refresh/0"})},
	})
	if err != nil {
		return err
	}
	gate, err := gateway.New(auth, gateway.Config{Log: log, Routes: []gateway.Route{
		{Match: "/api/:path*", Upstream: provider, Require: gateway.Session, API: true, Token: &gateway.Carry{Provider: "backend"}},
	}})
	if err != nil {
		return err
	}
	public := &http.Server{Handler: gate, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	admin := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for result, n := range auth.Stats().Renewals {
			fmt.Fprintf(w, "%s{result=%q} %d\n", renewals, result, n)
		}
	})}
	for _, s := range []*http.Server{public, admin} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		if s == admin {
			log.Info("admin listener", "address", l.Addr().String())
		} else {
			fmt.Printf("listening on http://%s\n", l.Addr())
		}
		go s.Serve(l)
	}
	<-ctx.Done()
	time.Sleep(drain)
	late, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := public.Shutdown(late); err != nil {
		return err
	}
	gate.Close()
	return auth.Close()
}
