// Package relying_test is a Go program that lets people in through an OpenID provider, for
// the tests in e2e/oidc-provider: its test binary, started with `serve SETTINGS`, is a
// server. It does what an application does with package oidc beyond signing in: it renews
// tokens, and ends the provider's own session.
package relying_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/store/sqlite"
)

// TestMain serves when Node.js asks for it, and else tests the program itself.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != "serve" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "relying:", err)
		os.Exit(1)
	}
}

// settings are the JSON text in the command line.
type settings struct {
	URL      string          `json:"url"` // the public origin
	Secrets  []string        `json:"secrets"`
	Strategy signet.Strategy `json:"strategy"`

	Issuer       string `json:"issuer"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

// serve listens on loopback until ctx is done, over a database of its own.
func serve(ctx context.Context, text string) (err error) {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "relying-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	store, err := sqlite.Open(ctx, filepath.Join(folder, "signet.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	app, err := newApp(s, store.Stores())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.auth.Close()) }()
	return listen(ctx, app.routes())
}

func listen(ctx context.Context, h http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer ended()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newApp makes the application over stores that stay the caller's.
func newApp(s settings, stores signet.Stores) (*app, error) {
	a := &app{
		url: s.URL,
		corp: oidc.New(oidc.Config{
			ID: "corp", Name: "Corp",
			Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: s.ClientSecret,
			UserInfo: true, // oidc-provider says no name in its ID tokens
		}),
		tokens: map[string][]signet.Tokens{},
	}
	var err error
	a.auth, err = signet.New(signet.Config{
		Secrets: s.Secrets,
		URL:     s.URL,
		Providers: []signet.Provider{
			credentials.Passwords(credentials.PasswordOptions{SignUp: true}),
			a.corp,
		},
		Stores:  stores,
		Session: signet.SessionConfig{Strategy: s.Strategy},
		Protect: []string{"/userposts"},
		Events:  signet.Events{SignIn: a.remember},
	})
	return a, err
}
