package signet_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/signettest"
	"github.com/signet-auth/signet/store/memory"
)

// secret seals cookies in tests.
const secret = "kQ9vX2mB7pL4wZ8rT1nC6yH3sD5fG0jA"

// noon is where test clocks start: in the future, so that cookie jars, which know only the
// real time, keep what the tests expire.
var noon = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

// quiet is a world without a log.
var quiet = signet.World{Log: slog.New(slog.DiscardHandler)}

// A house is a running Auth on loopback with one user, Minsu.
type house struct {
	*signet.Auth
	config  signet.Config
	handler http.Handler
	origin  string // where it is served, whatever its URL says
	clock   *signettest.Clock
	stores  signet.Stores
	hasher  *password.Hasher
}

const (
	minsuEmail    = "minsu@example.com"
	minsuPassword = "gamja-tang 0 bap"
)

// open starts a house; change may alter its configuration first.
func open(t *testing.T, change ...func(*signet.Config)) *house {
	t.Helper()
	h := &house{clock: signettest.NewClock(noon), hasher: cheapHasher(), stores: memory.New().Stores()}
	c := signet.Config{
		Secrets:   []string{secret},
		Providers: []signet.Provider{credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: h.hasher})},
		Stores:    h.stores,
		World:     signet.World{Now: h.clock.Now, Log: slog.New(slog.DiscardHandler)},
	}
	for _, f := range change {
		f(&c)
	}
	h.config, h.stores = c, c.Stores
	h.serve(t)
	if h.stores.Users != nil {
		h.addUser(t, minsuEmail, minsuPassword)
	}
	return h
}

// another is a second process on the same stores, with the same clock.
func (h *house) another(t *testing.T, change ...func(*signet.Config)) *house {
	t.Helper()
	second := *h
	for _, f := range change {
		f(&second.config)
	}
	second.serve(t)
	return &second
}

// serve makes the Auth and mounts it.
func (h *house) serve(t *testing.T) {
	t.Helper()
	var err error
	if h.Auth, err = signet.New(h.config); err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { h.Close() })
	base := h.config.BasePath
	if base == "" {
		base = "/api/auth"
	}
	mux := http.NewServeMux()
	mux.Handle(base+"/", h.Handler())
	mux.Handle("/mine/", h.Require(http.HandlerFunc(showName)))
	mux.Handle("/", h.Middleware(http.HandlerFunc(showName)))
	h.handler = mux
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.origin = server.URL
}

// roomy budgets never run out.
func roomy(c *signet.Config) {
	c.Limits = signet.Limits{AccountFree: 1e6, AccountHard: 1e6, NetworkPerMinute: 1e6, GlobalPerMinute: 1e6, SignUpsPerHour: 1e6}
}

// cheapHasher hashes as quickly as argon2id can.
func cheapHasher() *password.Hasher {
	return &password.Hasher{Cost: password.Cost{Memory: 64, Time: 1, Threads: 1}, Slots: 2}
}

// patientHasher lets many wait.
func patientHasher() *password.Hasher {
	h := cheapHasher()
	h.Waiting, h.Patience = 1000, time.Minute
	return h
}

func (h *house) addUser(t *testing.T, email, plain string) signet.User {
	t.Helper()
	hash, err := h.hasher.Hash(t.Context(), plain)
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	u, err := h.stores.Users.CreateUser(context.Background(),
		signet.User{Name: "Kim Minsu", Email: email, Created: noon, Updated: noon},
		&signet.Account{Provider: "credentials", Subject: signet.FoldEmail(email), Data: []byte(hash), Created: noon, Updated: noon})
	if err != nil {
		t.Fatalf("CreateUser: %v", err)
	}
	return u
}

// browser visits the house with an empty cookie jar.
func (h *house) browser(t *testing.T) *signettest.Browser { return signettest.NewBrowser(t, h.origin) }

// signIn posts the form of Minsu, with further fields.
func signIn(b *signettest.Browser, plain string, more ...string) signettest.Page {
	form := url.Values{"email": {minsuEmail}, "password": {plain}, "csrfToken": {b.CSRF("/api/auth")}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return b.Post("/api/auth/callback/credentials", form)
}

// signedIn is a browser in which Minsu is signed in.
func (h *house) signedIn(t *testing.T) *signettest.Browser {
	t.Helper()
	b := h.browser(t)
	if p := signIn(b, minsuPassword); p.Status != http.StatusSeeOther || p.Location() != h.origin {
		t.Fatalf("sign-in: %d %s", p.Status, p.Location())
	}
	return b
}

// who is the session JSON.
func who(b *signettest.Browser) string { return b.Get("/api/auth/session").Body }

func showName(w http.ResponseWriter, r *http.Request) {
	name := "nobody"
	if s, ok := signet.SessionFrom(r.Context()); ok {
		name = s.Name
	}
	io.WriteString(w, name)
}

// bothStrategies runs a test with either.
func bothStrategies(t *testing.T, test func(t *testing.T, strategy func(*signet.Config))) {
	for _, s := range []signet.Strategy{signet.JWT, signet.Database} {
		t.Run(string(s), func(t *testing.T) {
			test(t, func(c *signet.Config) { c.Session.Strategy = s })
		})
	}
}

// do sends a request without a jar and follows nothing.
func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// anybody signs in whoever gives a name.
var anybody = credentials.New(func(_ context.Context, f url.Values) (signet.Identity, error) {
	return signet.Identity{Subject: "u-1001", Name: f.Get("name"), Email: minsuEmail}, nil
}, credentials.Options{ID: "anybody"})

// soon waits until ok: news of another process may take two seconds, and not longer.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("not within two seconds: %s", what)
			return
		}
	}
}
