package signet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
)

// A journey is every thing that a browser can do, with secrets that are easy to find.
type journey struct {
	*house
	log     *logbook
	answers []*httptest.ResponseRecorder
	secrets map[string]string
}

const (
	canarySecret   = "CANARYsecret-Wz8Qm2Vr7Tx5Kp1Ls9Nd3Hb"
	canaryPassword = "CANARY passphrase of minsu 7"
	canaryTyped    = "CANARY mistyped passphrase 7"
	canaryClaim    = "CANARY-access-token"
	canaryRefresh  = "CANARY-refresh-token"
)

func travel(t *testing.T, change ...func(*signet.Config)) *journey {
	t.Helper()
	j := &journey{log: &logbook{}}
	store := newBrittle()
	j.house = open(t, append([]func(*signet.Config){https, store.use, j.log.use, func(c *signet.Config) {
		c.Secrets = []string{canarySecret}
		c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
			if change.Trigger == "signIn" {
				return errors.Join(s.Claims.Set("accessToken", canaryClaim), s.Claims.Set("refreshToken", canaryRefresh))
			}
			return nil
		}
		c.Providers = append(c.Providers, credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
			return signet.Identity{}, errors.New("the back end\nlevel=ERROR msg=forged\tis \x1b[31mdown")
		}, credentials.Options{ID: "failing"}))
	}}, change...)...)
	j.addUser(t, "canary@example.com", canaryPassword)
	u, err := j.stores.Users.User(t.Context(), signet.By{Email: "canary@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := j.stores.Accounts.AccountsOf(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := j.courier(t)
	c.header.Set("User-Agent", "agent\r\nlevel=ERROR msg=forged")
	keep := func(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		j.answers = append(j.answers, w)
		return w
	}
	token := c.csrf()
	keep(c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {"canary@example.com"}, "password": {canaryTyped}}))
	keep(c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {"nobody@example.com\nlevel=ERROR msg=forged"}, "password": {canaryTyped}}))
	keep(c.post("/api/auth/callback/failing", url.Values{"csrfToken": {token}, "password": {canaryTyped}}))
	keep(c.postJSON("/api/auth/signup", map[string]string{"csrfToken": token, "email": "canary@example.com", "password": canaryTyped}))
	keep(c.post("/api/auth/signup", url.Values{"csrfToken": {token}, "email": {"x"}, "password": {canaryTyped}}))
	keep(c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {"canary@example.com"}, "password": {canaryPassword}}))
	value := c.cookie("__Secure-authjs.session-token")
	if value == "" {
		t.Fatal("not signed in")
	}
	token = c.csrf()
	csrf := c.cookie("__Host-authjs.csrf-token")
	for _, path := range everyRoute {
		keep(c.get("/api/auth" + path))
		keep(c.get("/api/auth" + path + "?x=%0Alevel=ERROR+msg=forged"))
	}
	keep(c.get("/mine/x%0Alevel=ERROR%20msg=forged"))
	keep(c.postJSON("/api/auth/session", map[string]any{"csrfToken": token, "data": canaryTyped}))
	for _, bad := range []string{value[:50], value + "x", csrf} {
		b := c.copied()
		b.plant("__Secure-authjs.session-token", bad)
		keep(b.get("/api/auth/session"))
	}
	store.down.Store(true)
	keep(c.get("/api/auth/session"))
	keep(c.get("/api/auth/account"))
	keep(c.post("/api/auth/signout", url.Values{"csrfToken": {token}}))
	keep(h431(j.house, c))
	b := j.courier(t)
	keep(b.post("/api/auth/callback/credentials", url.Values{"csrfToken": {b.csrf()}, "email": {"canary@example.com"}, "password": {canaryPassword}}))
	store.down.Store(false)
	store.mute.Store(true)
	soon(t, "the feed is found dead", func() bool { return strings.Contains(j.log.String(), "revocations cannot be read") })
	store.mute.Store(false)
	keep(c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}))
	_, key, _ := strings.Cut(value, ".")
	_, mac, _ := strings.Cut(csrf, "%7C")
	j.secrets = map[string]string{
		"the secret of the configuration": canarySecret[:20], "a password": "passphrase", "the hash of a password": string(accounts[0].Data)[30:],
		"an access token": canaryClaim, "a refresh token": canaryRefresh, "a session cookie": value, "a part of it": key[:30], "the hash of a form token": mac,
		"the store's password": "hunter2",
	}
	return j
}

func h431(h *house, c *courier) *httptest.ResponseRecorder {
	b := c.copied()
	for i := range 300 {
		b.cookies = append(b.cookies, fmt.Sprintf("c%d=1", i))
	}
	return b.get("/api/auth/session")
}

func TestS74_AnswersShowNoSecret(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		j := travel(t, strategy)
		for _, w := range j.answers {
			for name, secret := range j.secrets {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("%s in a body (%d): %.300s", name, w.Code, w.Body)
				}
				for key, values := range w.Header() {
					if key != "Set-Cookie" && strings.Contains(strings.Join(values, "\n"), secret) {
						t.Errorf("%s in %s", name, key)
					}
				}
				if strings.HasSuffix(name, "form token") || strings.HasSuffix(name, "cookie") || name == "a part of it" {
					continue // which is where they belong
				}
				if strings.Contains(fmt.Sprint(w.Header()["Set-Cookie"]), secret) {
					t.Errorf("%s in a cookie", name)
				}
			}
		}
	})
	t.Run("but what is exposed on purpose", func(t *testing.T) {
		j := travel(t, func(c *signet.Config) { c.Session.Expose = map[string]string{"accessToken": "accessToken"} })
		found := 0
		for _, w := range j.answers {
			if strings.Contains(w.Body.String(), canaryClaim) {
				found++
			}
			if strings.Contains(w.Body.String(), canaryRefresh) {
				t.Errorf("so is what was not: %s", w.Body)
			}
		}
		if found == 0 {
			t.Error("it is not")
		}
	})
	t.Run("nor the session JSON internal names", func(t *testing.T) {
		h := open(t)
		c := h.courier(t)
		c.signIn()
		body := c.who()
		for _, name := range []string{"sid", "signet", "sub", "jti", "epoch", "iat", h.minsu(t).ID, rowsOf(t, h, h.minsu(t).ID)[0].ID.String()} {
			if strings.Contains(body, name) {
				t.Errorf("%s in %s", name, body)
			}
		}
	})
}

func TestS123_LogHasNoSecret(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		j := travel(t, strategy)
		text := j.log.String()
		if strings.Count(text, "\n") < 5 {
			t.Fatalf("nothing was logged: %s", text)
		}
		for name, secret := range j.secrets {
			if name == "the store's password" {
				continue // in an error of the store's own, which the log is there for
			}
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s in the log: %.200s", name, text[max(0, i-100):])
			}
		}
		for _, personal := range []string{"canary@example.com", "nobody@example.com"} {
			if strings.Contains(text, personal) {
				t.Errorf("%s in the log", personal)
			}
		}
	})
}

func TestS124_LogLinesCannotBeForged(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		j := travel(t, strategy)
		lines := strings.Split(strings.TrimSuffix(j.log.String(), "\n"), "\n")
		forged := false
		for _, line := range lines {
			if !strings.HasPrefix(line, "time=") || strings.ContainsAny(line, "\r\x1b\x00") {
				t.Errorf("a forged line: %q", line)
			}
			forged = forged || strings.Contains(line, "forged")
		}
		if !forged {
			t.Error("nothing of the visitor's was logged, so nothing was tried")
		}
	})
}

func TestS125_ClockThatJumps(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		limits := func(c *signet.Config) { c.Session.MaxAge, c.Session.Absolute = 10*time.Hour, 24*time.Hour }
		t.Run("an hour forward and back", func(t *testing.T) {
			h := open(t, strategy, limits)
			c, gone := h.courier(t), h.courier(t)
			c.signIn()
			gone.signIn()
			thief := gone.copied()
			gone.post("/api/auth/signout", url.Values{"csrfToken": {gone.csrf()}})
			for range 5 {
				for _, jump := range []time.Duration{time.Hour, -time.Hour, -time.Hour, time.Hour, 5 * time.Minute, -5 * time.Minute, -time.Second} {
					h.clock.Advance(jump)
					if c.who() == "null" {
						t.Fatalf("over after a jump by %s", jump)
					}
					if thief.copied().who() != "null" {
						t.Fatalf("revived by a jump by %s", jump)
					}
				}
			}
		})
		t.Run("forward ends only what is over by the new clock", func(t *testing.T) {
			h := open(t, strategy, limits)
			old := h.courier(t)
			old.signIn()
			h.clock.Advance(9*time.Hour + 30*time.Minute)
			young := h.courier(t)
			young.signIn()
			h.clock.Advance(time.Hour)
			dead := old.copied()
			if dead.copied().who() != "null" || young.who() == "null" {
				t.Error("the wrong one is over")
			}
			h.clock.Advance(-time.Hour)
			if young.who() == "null" {
				t.Error("the young one did not come back from the jump")
			}
		})
		t.Run("backward gives nobody more than the jump", func(t *testing.T) {
			h := open(t, strategy, limits)
			c := h.courier(t)
			c.signIn()
			h.clock.Advance(-time.Hour)
			for range 26 { // one more for the jump
				c.who()
				h.clock.Advance(time.Hour)
			}
			if got := c.who(); got != "null" {
				t.Errorf("alive: %s", got)
			}
		})
		t.Run("the year 2038 and a leap back of a second", func(t *testing.T) {
			h := open(t, strategy)
			h.clock.Advance(time.Date(2038, 1, 19, 3, 14, 6, 0, time.UTC).Sub(noon))
			c := h.courier(t)
			c.signIn()
			for range 4 {
				h.clock.Advance(time.Second)
				if c.who() == "null" {
					t.Fatal("over")
				}
				h.clock.Advance(-time.Second / 2)
			}
			if got := c.who(); !strings.Contains(got, "2038-02-18T") {
				t.Errorf("%s", got)
			}
		})
		t.Run("processes 90 seconds apart", func(t *testing.T) {
			h := open(t, strategy)
			behind := h.another(t, func(c *signet.Config) {
				now := c.World.Now
				c.World.Now = func() time.Time { return now().Add(-90 * time.Second) }
			})
			c := h.courier(t)
			c.signIn()
			c.handler = behind.handler
			for range 3 {
				if c.who() == "null" {
					t.Fatal("a session of a process ahead is refused")
				}
			}
			token := c.csrf()
			w := c.post("/api/auth/signout", url.Values{"csrfToken": {token}})
			if w.Code != http.StatusSeeOther {
				t.Errorf("sign-out: %d", w.Code)
			}
		})
	})
}
