package signet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
)

func TestS45_ParallelGuessesAreCountedFirst(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Limits.NetworkPerMinute = 1e6 })
	before := h.hasher.Counts().Hashes
	first := h.courier(t)
	first.csrf()
	first.header.Set("X-Auth-Return-Redirect", "1") // an answer without a page
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			c := first.copied()
			c.peer = fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)
			c.guess(minsuEmail, "wrong")
		})
	}
	all.Wait()
	if n := h.hasher.Counts().Hashes - before; n > 11 || n == 0 { // ten free, and the first slow one
		t.Errorf("%d hashes were run", n)
	}
}

func TestS47_EveryWayInIsCounted(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Limits.AccountFree, c.Limits.NetworkPerMinute = 3, 1e6 })
	ways := []func(c *courier, form url.Values) *httptest.ResponseRecorder{
		func(c *courier, f url.Values) *httptest.ResponseRecorder {
			return c.post("/api/auth/callback/credentials", f)
		},
		func(c *courier, f url.Values) *httptest.ResponseRecorder {
			return c.post("/api/auth/callback/%63redentials", f)
		},
		func(c *courier, f url.Values) *httptest.ResponseRecorder {
			return c.post("/api/%61uth/callback/credentials?x=1", f)
		},
		func(c *courier, f url.Values) *httptest.ResponseRecorder {
			return c.postJSON("/api/auth/callback/credentials", map[string]string{"csrfToken": f.Get("csrfToken"), "email": f.Get("email"), "password": f.Get("password")})
		},
	}
	for i, way := range ways {
		c := h.courier(t)
		w := way(c, url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {"wrong"}})
		if answer := got(w); answer != "wrong" {
			t.Errorf("way %d: %s", i, answer)
		}
	}
	// Three were free, the fourth has shut the gate, for each way.
	for i, way := range ways {
		c := h.courier(t)
		w := way(c, url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}})
		if answer := got(w); answer != "wait 1" {
			t.Errorf("way %d: %s", i, answer)
		}
	}
	for _, path := range []string{
		"/api/auth/callback/credentials/", "/api/auth/callback//credentials", "/api/auth//callback/credentials", "/api/auth/callback/Credentials",
		"/api/auth/CALLBACK/credentials", "/API/auth/callback/credentials", "/api/auth/callback/credentials/x", "/api/auth/callback/credentials%2f", "/api/auth/./callback/credentials",
	} {
		before := h.hasher.Counts().Hashes
		c := h.courier(t)
		c.post(path, url.Values{"csrfToken": {c.csrf()}, "email": {"other@example.com"}, "password": {"wrong"}})
		if h.hasher.Counts().Hashes != before {
			t.Errorf("%s is another way in", path)
		}
	}
	t.Run("by the program", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
		_, err := h.SignIn(httptest.NewRecorder(), r, "credentials", url.Values{"email": {minsuEmail}, "password": {minsuPassword}})
		var no *signet.Refused
		if !errors.As(err, &no) || no.RetryAfter != time.Second {
			t.Errorf("SignIn: %v", err)
		}
	})
}

func TestS48_BusyHasher(t *testing.T) {
	hasher := &password.Hasher{Cost: password.Cost{Memory: 64, Time: 1, Threads: 1}, Slots: 1, Waiting: -1}
	h := open(t, func(c *signet.Config) {
		c.Providers = []signet.Provider{credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: hasher})}
		c.Limits.AccountFree, c.Limits.NetworkPerMinute = 3, 1e6
	})
	signedIn := h.courier(t)
	signedIn.signIn()
	// A stored hash that is dear to verify keeps the only slot busy.
	dear := &password.Hasher{Cost: password.Cost{Memory: 32 << 10, Time: 4, Threads: 1}}
	slow, err := dear.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	stop, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() {
		for stop.Err() == nil {
			hasher.Verify(stop, slow, "y")
		}
	})
	c := h.courier(t)
	c.csrf()
	busy := 0
	for end := time.Now().Add(10 * time.Second); busy < 8 && time.Now().Before(end); {
		if answer := got(c.guess(minsuEmail, minsuPassword)); answer == "busy 2" {
			busy++
		} else if answer != "in" {
			t.Errorf("while busy: %s", answer)
		}
		if got := signedIn.who(); !strings.Contains(got, "Kim Minsu") {
			t.Errorf("a session is disturbed: %s", got)
		}
	}
	w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": "new@example.com", "password": "long enough 4 u all"})
	if w.Code != http.StatusCreated && (w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "2") {
		t.Errorf("sign-up while busy: %d %s", w.Code, w.Body)
	}
	cancel()
	loop.Wait()
	if busy < 8 {
		t.Errorf("busy %d times", busy)
	}
	if answer := got(h.courier(t).guess(minsuEmail, minsuPassword)); answer != "in" {
		t.Errorf("being busy has cost tries: %s", answer)
	}
}

func TestCounterFromBeforeTheClockWasPutBack(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Limits = signet.Limits{AccountFree: 1, NetworkPerMinute: 10} })
	c := h.courier(t)
	for range 5 {
		c.guess(minsuEmail, "wrong")
	}
	h.clock.Advance(-time.Hour)
	wrong := 0
	for range 5 {
		if got(c.guess(minsuEmail, "wrong")) == "wrong" {
			wrong++
		}
	}
	if wrong != 2 { // a free one and the first slow one, and then as ever
		t.Errorf("an hour back there are %d tries, want 2", wrong)
	}
}

// Of requests at the same moment one may have a time before that of the one who began the
// window: it was on its way longer, or is in a process whose clock is late. That is no reason
// for another window.
func TestS45_AnEarlierTimeBringsNoMoreTries(t *testing.T) {
	for _, earlier := range []time.Duration{time.Nanosecond, time.Second, 30 * time.Second} {
		h := open(t, func(c *signet.Config) {
			c.Limits = signet.Limits{AccountFree: 3, AccountHard: 3, NetworkPerMinute: 10}
		})
		c := h.courier(t)
		for i := range 9 {
			if i > 2 {
				h.clock.Advance(-earlier)
			}
			if was := got(c.guess(minsuEmail, "wrong")) == "wrong"; was != (i < 3) {
				t.Errorf("%v earlier: guess %d was looked at: %v", earlier, i+1, was)
			}
		}
	}
}
