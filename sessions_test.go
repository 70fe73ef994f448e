package signet_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

const sessionName = "authjs.session-token"

func database(c *signet.Config) { c.Session.Strategy = signet.Database }

func TestS08_StoreHoldsNothingThatOpens(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		minsu := h.minsu(t)
		rows := rowsOf(t, h, minsu.ID)
		accounts, err := h.stores.Accounts.AccountsOf(t.Context(), minsu.ID)
		if err != nil || len(rows) != 1 || len(accounts) != 1 {
			t.Fatalf("%d rows, %d accounts, %v", len(rows), len(accounts), err)
		}
		dump, err := json.Marshal([]any{rows, accounts, minsu})
		if err != nil {
			t.Fatal(err)
		}
		value := c.cookie(sessionName)
		_, key, stored := strings.Cut(value, ".")
		if strings.Contains(string(dump), value) {
			t.Error("the dump holds the cookie")
		}
		if h.config.Session.Strategy == signet.Database {
			raw, err := base64.RawURLEncoding.DecodeString(key)
			if !stored || err != nil || len(raw) != 32 {
				t.Fatalf("the cookie %q is no id and 256 bits", value)
			}
			if strings.Contains(string(dump), key) || bytes.Contains(rows[0].Secret[:], raw) {
				t.Error("the dump holds the secret of the cookie")
			}
		}
		row := rows[0]
		for _, guess := range []string{
			row.Handle, row.ID.String(), row.ID.String() + ".", row.ID.String() + "." + base64.RawURLEncoding.EncodeToString(row.Secret[:]),
			row.ID.String() + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
			row.ID.String() + "." + row.Handle, fmt.Sprint(int64(row.ID)), string(row.Claims),
			value[:len(value)-1], value[1:], value[:20], value + "A", value + "=", strings.ToLower(value),
		} {
			thief := h.courier(t)
			thief.plant(sessionName, url.QueryEscape(guess))
			if got := thief.who(); got != "null" {
				t.Errorf("%q opens %s", guess, got)
			}
		}
		if c.who() == "null" {
			t.Error("the cookie itself does not open")
		}
	})
	t.Run("two sessions have nothing in common", func(t *testing.T) {
		h := open(t, database)
		a, b := h.courier(t), h.courier(t)
		a.signIn()
		b.signIn()
		idA, keyA, _ := strings.Cut(a.cookie(sessionName), ".")
		idB, keyB, _ := strings.Cut(b.cookie(sessionName), ".")
		if idA == idB || keyA == keyB {
			t.Errorf("%s.%s and %s.%s", idA, keyA, idB, keyB)
		}
		a.plant(sessionName, idA+"."+keyB)
		if a.who() != "null" {
			t.Error("the id of one with the secret of another opens")
		}
	})
}

func (h *house) minsu(t *testing.T) signet.User {
	t.Helper()
	u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestS09_PlantedSession signs in, or up, with a planted session in the browser: the one
// who planted it must be nobody afterwards.
func TestS09_PlantedSession(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for _, test := range []struct {
			name string
			path string
			form url.Values
		}{
			{name: "sign-in", path: "/api/auth/callback/credentials", form: url.Values{"email": {minsuEmail}, "password": {minsuPassword}}},
			{name: "sign-in again of the same user", path: "/api/auth/callback/credentials", form: url.Values{"email": {minsuEmail}, "password": {minsuPassword}}},
			{name: "sign-up", path: "/api/auth/signup", form: url.Values{"email": {"victim@example.com"}, "password": {"a long enough one 77"}, "name": {"Victim"}}},
		} {
			t.Run(test.name, func(t *testing.T) {
				h := open(t, strategy)
				attacker := h.courier(t)
				if strings.Contains(test.name, "again") {
					attacker.signIn()
				} else {
					h.addUser(t, "eve@example.com", "eves own passphrase")
					w := attacker.post("/api/auth/callback/credentials", url.Values{
						"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {attacker.csrf()},
					})
					if w.Code != http.StatusSeeOther {
						t.Fatalf("attacker: %d", w.Code)
					}
				}
				planted := attacker.cookie(sessionName)
				victim := h.courier(t)
				victim.plant(sessionName, planted)
				test.form.Set("csrfToken", victim.csrf())
				if w := victim.post(test.path, test.form); w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), "error") {
					t.Fatalf("victim: %d %s", w.Code, w.Body)
				}
				if victim.cookie(sessionName) == planted || victim.who() == "null" {
					t.Error("the victim was not given a session of her own")
				}
				if got := attacker.who(); got != "null" {
					t.Errorf("the planted session is %s", got)
				}
				if rows := rowsOf(t, h, h.minsu(t).ID); len(rows) > 1 {
					t.Errorf("%d rows of one browser", len(rows))
				}
			})
		}
		t.Run("an id that nobody made", func(t *testing.T) {
			h := open(t, strategy)
			c := h.courier(t)
			c.plant(sessionName, "AAAAAAAAAAE."+strings.Repeat("A", 43))
			c.signIn()
			if strings.HasPrefix(c.cookie(sessionName), "AAAAAAAAAAE") || c.who() == "null" {
				t.Errorf("cookie %.20s…, session %s", c.cookie(sessionName), c.who())
			}
		})
	})
}

func TestS10_HandlesInURLOrBodyAreIgnored(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		attacker := h.courier(t)
		attacker.signIn()
		value := attacker.cookie(sessionName)
		device := attacker.cookie("authjs.device")
		victim := h.courier(t)
		q := url.Values{sessionName: {value}, "session": {value}, "sid": {value}, "token": {value}, "authjs.device": {device}}
		if got := victim.get("/api/auth/session?" + q.Encode()).Body.String(); got != "null" {
			t.Errorf("by the query: %s", got)
		}
		victim.header.Set("Authorization", "Bearer "+value)
		victim.header.Set("X-Session", value)
		if got := victim.who(); got != "null" {
			t.Errorf("by a header: %s", got)
		}
		q.Set("csrfToken", victim.csrf())
		q.Set("email", "nobody@example.com")
		victim.post("/api/auth/callback/credentials", q)
		if got := victim.who(); got != "null" {
			t.Errorf("by the body: %s", got)
		}
		// The sign-in that the attacker began is of no use without his cookies.
		theirs := attacker.csrf()
		w := victim.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}, "password": {minsuPassword}, "csrfToken": {theirs}})
		if !strings.Contains(w.Header().Get("Location"), "MissingCSRF") || victim.who() != "null" {
			t.Errorf("a form begun elsewhere: %d %s", w.Code, w.Header().Get("Location"))
		}
	})
}

func TestS11_IdleAndAbsoluteEndToTheSecond(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		limits := func(idle, absolute time.Duration) func(*signet.Config) {
			return func(c *signet.Config) { c.Session.MaxAge, c.Session.Absolute = idle, absolute }
		}
		alive := func(c *courier) bool {
			// The middleware judges too, by another way.
			a, b := c.who() != "null", c.copied().get("/mine/").Code == http.StatusOK
			if a != b {
				t.Errorf("the end point says %v, the middleware %v", a, b)
			}
			return a
		}
		for _, test := range []struct {
			name  string
			after time.Duration
			alive bool
		}{
			{"one second before the idle limit", time.Hour - time.Second, true},
			{"at the idle limit", time.Hour, false},
			{"one second behind the idle limit", time.Hour + time.Second, false},
		} {
			t.Run(test.name, func(t *testing.T) {
				h := open(t, strategy, limits(time.Hour, 10*time.Hour))
				c := h.courier(t)
				c.signIn()
				h.clock.Advance(test.after)
				if got := alive(c); got != test.alive {
					t.Errorf("signed in: %v", got)
				}
			})
		}
		t.Run("a visit pushes the idle end out, and nothing the absolute", func(t *testing.T) {
			h := open(t, strategy, limits(time.Hour, 150*time.Minute))
			c := h.courier(t)
			c.signIn()
			for range 3 {
				if !alive(c) {
					t.Fatal("over between visits")
				}
				h.clock.Advance(50*time.Minute - time.Second/2)
			}
			h.clock.Advance(3*time.Second/2 - time.Second) // 2 h 29 m 59 s
			if !alive(c) {
				t.Error("over one second before the absolute limit")
			}
			if !strings.Contains(c.who(), `"expires":"2035-11-25T14:30:00.000Z"`) {
				t.Errorf("the end shown is not the true one: %s", c.who())
			}
			h.clock.Advance(time.Second)
			if alive(c) {
				t.Error("alive at the absolute limit")
			}
		})
		t.Run("limits made shorter hold for sessions already out", func(t *testing.T) {
			h := open(t, strategy, limits(30*time.Hour, 90*time.Hour))
			c := h.courier(t)
			c.signIn()
			h.clock.Advance(2 * time.Hour)
			shorter := h.another(t, limits(time.Hour, 90*time.Hour))
			c.handler = shorter.handler
			if alive(c) {
				t.Error("alive beyond the shorter idle limit")
			}
			c = h.courier(t)
			c.signIn()
			h.clock.Advance(2 * time.Hour)
			c.who() // renewed or not, its start is two hours ago
			c.handler = h.another(t, limits(time.Hour, 2*time.Hour)).handler
			if alive(c) {
				t.Error("alive beyond the shorter absolute limit")
			}
		})
		t.Run("signing in again begins anew", func(t *testing.T) {
			h := open(t, strategy, limits(time.Hour, 2*time.Hour))
			c := h.courier(t)
			c.signIn()
			h.clock.Advance(59 * time.Minute)
			c.signIn()
			h.clock.Advance(59 * time.Minute)
			if !alive(c) {
				t.Error("the second sign-in inherited the first one's end")
			}
		})
	})
}

func TestRenewalOnlyWhenDue(t *testing.T) {
	always := time.Duration(0)
	for _, test := range []struct {
		name      string
		updateAge *time.Duration
		after     time.Duration
		renewed   bool
	}{
		{"a day by default: not before", nil, days(1) - time.Second, false},
		{"a day by default: then", nil, days(1), true},
		{"zero: at every read", &always, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				h := open(t, strategy, func(c *signet.Config) { c.Session.UpdateAge = test.updateAge })
				c := h.courier(t)
				c.signIn()
				h.clock.Advance(test.after)
				w := c.get("/api/auth/session")
				if renewed := setCookie(w.Header(), sessionName) != ""; renewed != test.renewed {
					t.Errorf("renewed: %v", renewed)
				}
				want := noon.Add(days(30))
				if test.renewed {
					want = want.Add(test.after)
				}
				if !strings.Contains(w.Body.String(), want.Format("2006-01-02T15:04:05.000Z")) {
					t.Errorf("%s, want the end %s", w.Body, want)
				}
			})
		})
	}
}

// TestSealedSessionOutlivesASweep: a row is touched more rarely than a cookie is sealed.
func TestSealedSessionOutlivesASweep(t *testing.T) {
	always := time.Duration(0)
	h := open(t, func(c *signet.Config) { c.Session.UpdateAge = &always })
	c := h.courier(t)
	c.signIn()
	h.clock.Advance(days(1) - time.Second)
	c.who() // sealed again, the row not touched
	h.clock.Advance(days(30) - time.Hour)
	if _, err := h.stores.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), h.clock.Now(), noon); err != nil {
		t.Fatal(err)
	}
	if c.who() == "null" {
		t.Error("swept away an hour before its end")
	}
}

func TestEndSessionsNeedsAStore(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Stores, c.Providers = signet.Stores{}, []signet.Provider{anybody} })
	if err := h.EndSessions(t.Context(), "u-1001", 0); err == nil {
		t.Error("said to have ended sessions that it cannot know")
	}
}

func TestPrintedSessionShowsNoCookie(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		r, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", strings.Join(c.cookies, "; "))
		s := h.Session(r)
		if s == nil {
			t.Fatal("not signed in")
		}
		value := c.cookie(sessionName)
		_, key, _ := strings.Cut(value, ".")
		for _, text := range []string{fmt.Sprintf("%v %+v %#v", s, s, *s), mustJSON(t, s)} {
			if strings.Contains(text, value) || strings.Contains(text, key[:30]) {
				t.Errorf("the cookie is in %s", text)
			}
		}
	})
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
