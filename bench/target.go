package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/sqlite"
)

// targets in the order of the table. A bare one stands before those that it is the limit
// of, and writes what the first of them writes.
var targets = []struct{ name, what string }{
	{"bare", "net/http, same bytes"},
	{"jwt", "sealed cookie, update_age as by default"},
	{"sqlite", "database session in SQLite"},
	{"bare-roll", "net/http, same bytes with Set-Cookie"},
	{"jwt-roll", "sealed cookie, re-sealed at each read"},
}

// serveTarget serves one target on loopback until its standard input closes. It prints the
// address and the Cookie header to send.
func serveTarget(ctx context.Context, name string) error {
	dir, err := os.MkdirTemp("", "signet-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	session := signet.SessionConfig{}
	var stores signet.Stores
	switch strings.TrimPrefix(name, "bare-") {
	case "roll", "jwt-roll":
		always := time.Duration(0)
		session.UpdateAge = &always
	case "sqlite":
		session.Strategy = signet.Database
		store, err := sqlite.Open(ctx, filepath.Join(dir, "signet.db"), sqlite.Options{})
		if err != nil {
			return err
		}
		defer store.Close()
		stores = store.Stores()
	}
	auth, err := signet.New(signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, URL: "http://localhost", Stores: stores, Session: session,
		World: signet.World{Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
		Providers: []signet.Provider{credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
			return signet.Identity{Subject: "u-1001", Name: "Kim Minsu", Email: "minsu@example.com"}, nil
		})},
	})
	if err != nil {
		return err
	}
	defer auth.Close()
	cookies, err := signIn(auth)
	if err != nil {
		return err
	}
	handler := auth.Handler()
	if strings.HasPrefix(name, "bare") {
		handler = bare(handler, cookies)
	}
	return listen(handler, cookies)
}

// signIn returns the Cookie header of a browser that is signed in.
func signIn(auth *signet.Auth) (string, error) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil)
	guest, entered := httptest.NewRecorder(), httptest.NewRecorder()
	auth.Handler().ServeHTTP(guest, r)
	if _, err := auth.SignIn(entered, r, "credentials", url.Values{}); err != nil {
		return "", err
	}
	jar := map[string]string{}
	for _, c := range append(guest.Result().Cookies(), entered.Result().Cookies()...) {
		jar[c.Name] = c.Value
	}
	var pairs []string
	for k, v := range jar {
		pairs = append(pairs, k+"="+v)
	}
	return strings.Join(pairs, "; "), nil
}

// bare writes what h answered once, and does nothing else.
func bare(h http.Handler, cookies string) http.Handler {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/session", nil)
	r.Header.Set("Cookie", cookies)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	header, body := w.Result().Header, w.Body.Bytes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for k, v := range header {
			h[k] = v
		}
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
		w.Write(body)
	})
}

func listen(h http.Handler, cookies string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(l)
	fmt.Printf("%s\n%s\n", l.Addr(), cookies)
	io.Copy(io.Discard, os.Stdin)
	return server.Close()
}
