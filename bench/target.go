package main

import (
	"bufio"
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
	"github.com/signet-auth/signet/server"
	"github.com/signet-auth/signet/store/sqlite"
)

// A target is a server to be measured.
type target struct{ name, what string }

// targets of the table of sessions, in its order. A bare one stands before those that it is
// the limit of, and writes what the first of them writes.
var targets = []target{
	{"bare", "net/http, same bytes"},
	{"jwt", "sealed cookie, update_age as by default"},
	{"sqlite", "database session in SQLite"},
	{"bare-roll", "net/http, same bytes with Set-Cookie"},
	{"jwt-roll", "sealed cookie, re-sealed at each read"},
}

// serveTarget serves one target on loopback until its standard input closes. It prints the
// address and the Cookie header to send. behind is the address of the upstream, if any.
func serveTarget(ctx context.Context, name, behind string) error {
	switch {
	case name == "upstream":
		return serveUpstream()
	case name == "ReverseProxy":
		return listenStock(stockProxy(behind), "theme=dark")
	case strings.HasPrefix(name, "forward"), strings.HasPrefix(name, "bare-forward"), strings.HasPrefix(name, "gateway"):
		return serveGate(ctx, name, behind)
	}
	session := signet.SessionConfig{}
	if strings.HasSuffix(name, "roll") {
		always := time.Duration(0)
		session.UpdateAge = &always
	}
	auth, done, err := openAuth(ctx, name == "sqlite", signet.Config{
		Session: session,
		Providers: []signet.Provider{credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
			return signet.Identity{Subject: "u-1001", Name: "Kim Minsu", Email: "minsu@example.com"}, nil
		})},
	})
	if err != nil {
		return err
	}
	defer done()
	cookies, err := signIn(auth, "credentials")
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "bare") {
		return listenStock(bare(auth.Handler(), sessionQuestion(cookies)), cookies)
	}
	return listenFront(auth.Handler(), cookies)
}

// openAuth makes an Auth of c, with sessions in SQLite or in cookies.
func openAuth(ctx context.Context, stored bool, c signet.Config) (auth *signet.Auth, done func(), err error) {
	c.Secrets, c.URL = []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, "http://localhost"
	c.World = signet.World{Log: slog.New(slog.DiscardHandler)}
	dir, err := os.MkdirTemp("", "signet-bench")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(dir) }
	if stored {
		store, err := sqlite.Open(ctx, filepath.Join(dir, "signet.db"), sqlite.Options{})
		if err != nil {
			done()
			return nil, nil, err
		}
		done = func() { store.Close(); os.RemoveAll(dir) }
		c.Session.Strategy, c.Stores = signet.Database, store.Stores()
		_, err = c.Stores.Users.CreateUser(ctx, signet.User{ID: "u-1001", Name: "Kim Minsu", Email: "minsu@example.com", Created: time.Now()},
			&signet.Account{UserID: "u-1001", Provider: "staff", Subject: "u-1001", Created: time.Now()})
		if err != nil {
			done()
			return nil, nil, err
		}
	}
	if auth, err = signet.New(c); err != nil {
		done()
		return nil, nil, err
	}
	closeStore := done
	return auth, func() { auth.Close(); closeStore() }, nil
}

// signIn returns the Cookie header of a browser that is signed in.
func signIn(auth *signet.Auth, provider string) (string, error) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil)
	guest, entered := httptest.NewRecorder(), httptest.NewRecorder()
	auth.Handler().ServeHTTP(guest, r)
	if _, err := auth.SignIn(entered, r, provider, url.Values{}); err != nil {
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

// bare writes what h answers to a question, and does nothing else.
func bare(h http.Handler, q question) http.Handler {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(q.request)))
	if err != nil {
		panic(err) // we wrote it
	}
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	header, body := w.Result().Header, w.Body.Bytes()
	length := []string{strconv.Itoa(len(body))}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for k, v := range header {
			h[k] = v
		}
		h["Content-Length"] = length
		w.WriteHeader(q.status)
		w.Write(body)
	})
}

// A service is net/http's server, or ours.
type service interface {
	Serve(net.Listener) error
	Close() error
}

// listenStock serves by net/http alone.
func listenStock(h http.Handler, cookies string) error { return listen(limited(h), cookies) }

// listenFront serves as `signet serve` does.
func listenFront(h http.Handler, cookies string) error {
	return listen(&server.Server{HTTP: limited(h)}, cookies)
}

// limited has the timeouts of `signet serve`.
func limited(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second}
}

func listen(s service, cookies string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go s.Serve(l)
	fmt.Printf("%s\n%s\n", l.Addr(), cookies)
	io.Copy(io.Discard, os.Stdin)
	return s.Close()
}
