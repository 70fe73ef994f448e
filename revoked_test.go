package signet_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
)

// tick is how long a brittle store lets Since block.
const tick = 5 * time.Millisecond

func TestS13_SignOutEndsCopiesInEveryProcess(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		second := h.another(t)
		c := h.courier(t)
		c.signIn()
		here, there := c.copied(), c.copied()
		there.handler = second.handler
		if there.who() == "null" {
			t.Fatal("the other process does not know the session")
		}
		c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
		if got := here.copied().who(); got != "null" {
			t.Errorf("a copy opens in the same process: %s", got)
		}
		if code := here.copied().get("/mine/").Code; code != http.StatusFound {
			t.Errorf("a protected page answers a copy with %d", code)
		}
		soon(t, "the copy opens nothing in the other process", func() bool { return there.copied().who() == "null" })
		third := h.another(t) // as after a restart
		there.handler = third.handler
		if got := there.who(); got != "null" {
			t.Errorf("the copy opens after a restart: %s", got)
		}
	})
}

func TestS13_DeafProcess(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		b := newBrittle()
		h := open(t, b.use, strategy)
		c := h.courier(t)
		c.signIn()
		token := c.csrf()
		b.mute.Store(true)
		update := func() int {
			return c.postJSON("/api/auth/session", map[string]string{"csrfToken": token}).Code
		}
		// The first failure starts the count; which is at noon since the clock stands.
		soon(t, "the feed is found dead", func() bool {
			h.clock.Advance(time.Minute)
			return c.send(http.MethodPost, "/mine/", "", "").Code == http.StatusServiceUnavailable
		})
		h.clock.Advance(time.Minute)
		if got := c.who(); !strings.Contains(got, "Kim Minsu") {
			t.Errorf("reading: %s", got)
		}
		if code := c.get("/mine/").Code; code != http.StatusOK {
			t.Errorf("reading a protected page: %d", code)
		}
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "LINK"} {
			for _, path := range []string{"/mine/", "/anything"} {
				w := c.send(method, path, "", "")
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
					t.Errorf("%s %s: %d", method, path, w.Code)
				}
			}
		}
		if code := update(); code != http.StatusServiceUnavailable {
			t.Errorf("update: %d", code)
		}
		if code := h.courier(t).send(http.MethodPost, "/anything", "", "").Code; code != http.StatusOK {
			t.Errorf("a write of nobody, whom no news concerns: %d", code)
		}
		b.mute.Store(false)
		soon(t, "all is well again", func() bool { return c.send(http.MethodPost, "/mine/", "", "").Code == http.StatusOK })
		if code := update(); code != http.StatusOK {
			t.Errorf("update afterwards: %d", code)
		}
	})
	t.Run("another feed that works does not hide it", func(t *testing.T) {
		for name, dead := range map[string]int{"sessions": 0, "users": 1} {
			stores := []*brittle{newBrittle(), newBrittle()}
			h := open(t, func(c *signet.Config) {
				c.Stores = stores[1].stores()
				c.Stores.Sessions = stores[0]
			})
			c := h.courier(t)
			c.signIn()
			stores[dead].mute.Store(true)
			soon(t, name+": the feed is found dead", func() bool {
				h.clock.Advance(time.Minute)
				return c.send(http.MethodPost, "/mine/", "", "").Code == http.StatusServiceUnavailable
			})
			time.Sleep(10 * tick) // the other goes on; no harm where that is too short
			if code := c.send(http.MethodPost, "/mine/", "", "").Code; code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d afterwards", name, code)
			}
			stores[dead].mute.Store(false)
			soon(t, name+": all is well again", func() bool { return c.send(http.MethodPost, "/mine/", "", "").Code == http.StatusOK })
		}
	})
	t.Run("thirty seconds are waited", func(t *testing.T) {
		b := newBrittle()
		h := open(t, b.use)
		c := h.courier(t)
		c.signIn()
		b.mute.Store(true)
		time.Sleep(50 * tick) // no harm where that is too short: the test passes
		h.clock.Advance(30 * time.Second)
		if code := c.send(http.MethodPost, "/mine/", "", "").Code; code != http.StatusOK {
			t.Errorf("after 30 s: %d", code)
		}
	})
	t.Run("New fails where the past cannot be read", func(t *testing.T) {
		b := newBrittle()
		b.mute.Store(true)
		if _, err := signet.New(signet.Config{Secrets: []string{secret}, Stores: b.stores()}); err == nil {
			t.Error("it does not")
		}
	})
}

func TestS14_DisabledAndDeletedUsers(t *testing.T) {
	for _, test := range []struct {
		name string
		act  func(t *testing.T, h *house, u signet.User)
	}{
		{"disabled in the store", func(t *testing.T, h *house, u signet.User) {
			u.Disabled, u.Updated = true, h.clock.Now()
			if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}},
		{"deleted in the store", func(t *testing.T, h *house, u signet.User) {
			if err := h.stores.Users.DeleteUser(t.Context(), u.ID, h.clock.Now()); err != nil {
				t.Fatal(err)
			}
		}},
		{"all sessions ended", func(t *testing.T, h *house, u signet.User) {
			if err := h.EndSessions(t.Context(), u.ID, 0); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				h := open(t, strategy)
				second := h.another(t)
				h.addUser(t, "eve@example.com", "eves own passphrase")
				laptop, phone, eve := h.courier(t), h.courier(t), h.courier(t)
				laptop.signIn()
				phone.signIn()
				eve.post("/api/auth/callback/credentials", url.Values{
					"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {eve.csrf()},
				})
				phone.handler = second.handler
				test.act(t, h, h.minsu(t))
				soon(t, "both browsers are nobody", func() bool {
					return laptop.copied().who() == "null" && phone.copied().who() == "null"
				})
				if !strings.Contains(eve.who(), "eve@example.com") {
					t.Error("somebody else is signed out")
				}
				w := laptop.post("/api/auth/callback/credentials", url.Values{
					"email": {minsuEmail}, "password": {minsuPassword}, "csrfToken": {laptop.csrf()},
				})
				mayReturn := test.name == "all sessions ended"
				if signedIn := laptop.who() != "null"; signedIn != mayReturn {
					t.Errorf("signing in again: %d %s, signed in: %v", w.Code, w.Header().Get("Location"), signedIn)
				}
			})
		})
	}
}

// A deaf store tells no news but those there are at the start.
type deaf struct{ *memory.Store }

func (d deaf) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	if cursor == "" {
		return d.Store.Since(ctx, cursor)
	}
	<-ctx.Done()
	return nil, cursor, ctx.Err()
}

// TestS18_CopiesOutliveNothing measures how long a revoked session is still served: at once
// gone in the process that ended it, two seconds at most elsewhere. No copy is kept between
// requests that could be older.
func TestS18_CopiesOutliveNothing(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		// The process that ends sessions hears no news: it must know by itself.
		store := memory.New()
		h := open(t, strategy, roomy, func(c *signet.Config) {
			c.Stores = store.Stores()
			c.Stores.Users, c.Stores.Sessions = deaf{store}, deaf{store}
		})
		second := h.another(t, func(c *signet.Config) { c.Stores = store.Stores() })
		for range 20 {
			c := h.courier(t)
			c.signIn()
			here, there := c.copied(), c.copied()
			there.handler = second.handler
			there.who() // seen, and perhaps kept
			c.who()
			handle := rowsOf(t, h, h.minsu(t).ID)[0].Handle
			if rand.IntN(2) == 0 {
				c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			} else {
				c.postJSON("/api/auth/sessions/end", map[string]string{"csrfToken": c.csrf(), "session": handle})
			}
			if here.who() != "null" {
				t.Fatal("served where it was ended")
			}
			soon(t, "not served elsewhere", func() bool { return there.copied().who() == "null" })
		}
	})
}

func TestS19_StoreThatFails(t *testing.T) {
	for _, strategy := range []signet.Strategy{signet.JWT, signet.Database} {
		t.Run(string(strategy), func(t *testing.T) {
			b := newBrittle()
			log := &logbook{}
			h := open(t, b.use, log.use, func(c *signet.Config) { c.Session.Strategy = strategy })
			c := h.courier(t)
			c.signIn()
			token := c.csrf()
			before := c.cookie(sessionName)
			b.down.Store(true)
			form := func(more ...string) url.Values {
				f := url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {minsuPassword}}
				for i := 0; i+1 < len(more); i += 2 {
					f.Set(more[i], more[i+1])
				}
				return f
			}
			sessionStatus, page := http.StatusOK, http.StatusOK // the sealed session needs no store
			if strategy == signet.Database {
				sessionStatus, page = http.StatusServiceUnavailable, http.StatusServiceUnavailable
				token = h.courier(t).csrf()
			}
			for _, step := range []struct {
				name   string
				send   func(c *courier) (int, string, http.Header)
				status int
				body   string
			}{
				{"session", answer("GET", "/api/auth/session", nil), sessionStatus, "null"},
				{"a protected page", answer("GET", "/mine/", nil), page, ""},
				{"sessions", answer("GET", "/api/auth/sessions", nil), 503, ""},
				{"account page", answer("GET", "/api/auth/account", nil), 503, ""},
				{"sign-out", answer("POST", "/api/auth/signout", form()), 503, ""},
				{"sign-out by a client", answer("POST", "/api/auth/signout", form("json", "true")), 503, `{"url":"http://localhost/api/auth/error?error=Busy"}`},
			} {
				t.Run(step.name, func(t *testing.T) {
					status, body, header := step.send(c)
					if strategy == signet.Database && strings.HasPrefix(step.name, "sign-out") {
						// Who this is, is not known, so the token cannot be checked either: the form is refused.
						if status == 503 || strings.Contains(body+header.Get("Location"), "csrf=true") || strings.Contains(header.Get("Location"), "MissingCSRF") {
							return
						}
					}
					if status != step.status || step.body != "" && status != 200 && body != step.body {
						t.Errorf("%d %.200s, want %d %s", status, body, step.status, step.body)
					}
					if status == 503 && header.Get("Retry-After") == "" {
						t.Error("no Retry-After")
					}
				})
			}
			t.Run("sign-in makes no session", func(t *testing.T) {
				b := h.courier(t)
				w := b.post("/api/auth/callback/credentials", url.Values{"csrfToken": {b.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}})
				if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("Location") != "" || !strings.Contains(w.Body.String(), "<html") {
					t.Errorf("%d, Retry-After %q, Location %q", w.Code, w.Header().Get("Retry-After"), w.Header().Get("Location"))
				}
				if b.cookie(sessionName) != "" || strings.Contains(w.Body.String()+w.Header().Get("Location"), "hunter2") {
					t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
				}
			})
			t.Run("sign-in by a script and by each client", func(t *testing.T) {
				fields := map[string]string{"email": minsuEmail, "password": minsuPassword}
				for _, test := range []struct{ name, json, header, body string }{
					{"script", "", "", "null"},
					{"v5", "", "X-Auth-Return-Redirect", `{"url":"http://localhost/api/auth/error?error=Busy"}`},
					{"v4", "true", "", `{"url":"http://localhost/api/auth/error?error=Busy"}`},
				} {
					b := h.courier(t)
					fields["csrfToken"], fields["json"] = b.csrf(), test.json
					if test.header != "" {
						b.header.Set(test.header, "1")
					}
					w := b.postJSON("/api/auth/callback/credentials", fields)
					if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Body.String() != test.body || b.cookie(sessionName) != "" {
						t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
					}
				}
			})
			t.Run("sign-up makes no account", func(t *testing.T) {
				b := h.courier(t)
				w := b.postJSON("/api/auth/signup", map[string]string{"csrfToken": b.csrf(), "email": "new@example.com", "password": "long enough 4 u all"})
				if w.Code != 503 || w.Body.String() != "null" || b.cookie(sessionName) != "" {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
			if c.cookie(sessionName) != before {
				t.Error("the cookie was cleared, or changed, although nothing could be ended")
			}
			b.down.Store(false)
			if got := c.who(); !strings.Contains(got, "Kim Minsu") {
				t.Errorf("afterwards: %s", got)
			}
			if h.Stats().Panics != 0 {
				t.Error("something panicked")
			}
		})
	}
	t.Run("a row that cannot be read is nobody's", func(t *testing.T) {
		h := open(t, database)
		c := h.courier(t)
		c.signIn()
		row := rowsOf(t, h, h.minsu(t).ID)[0]
		row.Claims = []byte(`{"sub":"1","sub":"2"}`)
		if err := h.stores.Sessions.UpdateSession(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		if w := c.get("/api/auth/session"); w.Code != 503 || w.Body.String() != "null" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := c.get("/mine/"); w.Code != 503 {
			t.Errorf("protected page: %d", w.Code)
		}
	})
}

// answer is a request to be sent later.
func answer(method, path string, form url.Values) func(c *courier) (int, string, http.Header) {
	return func(c *courier) (int, string, http.Header) {
		w := c.send(method, path, "application/x-www-form-urlencoded", form.Encode())
		return w.Code, w.Body.String(), w.Header()
	}
}
