package signet_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
)

// Sites that move from one cookie format to another while people are signed in.

const theirSecret = "uX4nB8cQ1zR6kT9mW3vJ7hD2gS5pL0yF"

// cart is the format of the fourth tutorial, tut0 that of the first.
var (
	cart = signet.Format{
		Name: "iron", Make: iron.New, Cookie: "carrotsession", Undated: true,
		Shape: signet.Shape{UserID: "user.id", Email: "user.email"}, Keys: seal.Secrets(theirSecret),
	}
	tut0 = signet.Format{
		Name: "jwt", Make: jwt.HS256, Cookie: "nextjs-session-test", Readable: true,
		Shape: signet.Shape{UserID: "email", Email: "email", Expires: "expires"}, Keys: seal.Secrets(theirSecret),
	}
	plainAuthJS = func() signet.Format {
		f := signet.AuthJS
		f.Cookie = "authjs.session-token"
		return f
	}()
)

// moves are the journeys: what a site had, and how a user's cookie looked there.
var moves = []struct {
	name   string
	change func(*signet.Config)
	cookie string
	make   seal.Make
	secret string
	claims string // of user %d
	life   seal.Life
	lives  string // as which user the session goes on, of user %d
}{
	{
		"Auth.js v4 to v5", func(c *signet.Config) { c.Session.Accept = []signet.Format{signet.AuthJSv4} },
		"next-auth.session-token", authjs.V4, secret,
		`{"name":"Kim %[1]d","email":"u%[1]d@example.com","sub":"%[1]d","role":"editor"}`, month(noon.Add(-days(3))), "%d",
	},
	{
		"iron to Auth.js", func(c *signet.Config) { c.Session.Accept = []signet.Format{cart} },
		"carrotsession", iron.New, theirSecret,
		`{"user":{"id":%[1]d,"email":"u%[1]d@example.com","admin":true},"role":"editor"}`, month(noon.Add(-days(3))), "%d",
	},
	{
		"HS256 to Auth.js", func(c *signet.Config) { c.Session.Accept = []signet.Format{tut0} },
		"nextjs-session-test", jwt.HS256, theirSecret,
		`{"email":"u%[1]d@example.com","role":"editor","expires":"2036-01-01T00:00:00.000Z"}`, month(noon.Add(-days(3))), "u%d@example.com",
	},
	{
		"http names to __Secure- names", func(c *signet.Config) { c.URL, c.Session.Accept = site, []signet.Format{plainAuthJS} },
		"authjs.session-token", authjs.V5, secret,
		`{"name":"Kim %[1]d","email":"u%[1]d@example.com","sub":"%[1]d","role":"editor"}`, month(noon.Add(-days(3))), "%d",
	},
}

// TestNobodyIsSignedOutByAMove: each of 1,000 people comes with the cookie of before, twice
// at once as browsers do, then with the new one only. All stay the same user in one session,
// and a sign-out ends it with both cookies.
func TestNobodyIsSignedOutByAMove(t *testing.T) {
	people := 1000
	if testing.Short() {
		people = 50
	}
	for _, m := range moves {
		t.Run(m.name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				h := open(t, m.change, strategy, func(c *signet.Config) {
					c.Session.Expose = map[string]string{"role": "role", "id": "sub"}
				})
				codec, err := m.make(seal.Secrets(m.secret), m.cookie)
				if err != nil {
					t.Fatal(err)
				}
				lost := 0
				for i := range people {
					value, err := codec.Seal(fmt.Appendf(nil, m.claims, i), m.life)
					if err != nil {
						t.Fatal(err)
					}
					if why := moveOne(t, h, m.cookie, value, fmt.Sprintf(m.lives, i)); why != "" {
						lost++
						t.Errorf("user %d: %s", i, why)
					}
					if lost > 3 {
						t.Fatal("and so on")
					}
				}
			})
		})
	}
}

// moveOne walks one browser through a move and says what went wrong.
func moveOne(t *testing.T, h *house, cookie, value, id string) string {
	c := h.courier(t)
	c.plant(cookie, value)
	before, tab := c.copied(), c.copied()
	var first, second string
	var both sync.WaitGroup
	both.Go(func() { first = c.who() })
	both.Go(func() { second = tab.who() })
	both.Wait()
	want := `"id":"` + id + `"`
	if !strings.Contains(first, want) || first != second || !strings.Contains(first, `"role":"editor"`) {
		return fmt.Sprintf("first answers: %s and %s", first, second)
	}
	if c.cookie(cookie) != "" || len(c.cookies) == 0 {
		return "the old cookie is still there, or no new one"
	}
	if got := c.who(); got != first {
		return "with the new cookie: " + got
	}
	if got := tab.who(); got != first {
		return "the other tab: " + got
	}
	if res := c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}); res.Code != http.StatusSeeOther {
		return fmt.Sprint("sign-out: ", res.Code)
	}
	if a, b, d := before.who(), tab.who(), c.who(); a != "null" || b != "null" || d != "null" {
		return fmt.Sprintf("after the sign-out: old cookie %s, other tab %s, own %s", a, b, d)
	}
	return ""
}

// TestMovedSessionKeepsWhatItHeld: members that Signet does not know come along.
func TestMovedSessionKeepsWhatItHeld(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) {
			c.Session.Accept = []signet.Format{cart}
			c.Session.Expose = map[string]string{"user.cart": "cart", "user.who": "user"}
		})
		c := h.courier(t)
		const claims = `{"user":{"id":9007199254740993,"email":"a@b.example","admin":true},"cart":[{"sku":"당근","price":1e21}]}`
		c.plant("carrotsession", sealed(t, iron.New, "carrotsession", claims, month(noon), theirSecret))
		for range 2 {
			got := c.who()
			for _, want := range []string{`"cart":[{"sku":"당근","price":1e21}]`, `"id":9007199254740993`, `"admin":true`} {
				if !strings.Contains(got, want) {
					t.Errorf("session lacks %s: %s", want, got)
				}
			}
		}
	})
}

// A value of iron-session that never ends begins at its first read, and ends.
func TestS11_ValueWithoutEndHasTheAbsoluteLimit(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) { c.Session.Accept = []signet.Format{cart} })
		c := h.courier(t)
		c.plant("carrotsession", sealed(t, iron.New, "carrotsession", `{"user":{"id":1}}`, seal.Life{}, theirSecret))
		copied := c.copied()
		for range 89 {
			if got := c.who(); got == "null" {
				t.Fatal("over too early")
			}
			h.clock.Advance(days(1))
		}
		h.clock.Advance(days(1))
		if got := c.who(); got != "null" {
			t.Errorf("after the absolute limit: %s", got)
		}
		h.clock.Advance(days(365))
		if _, err := h.stores.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), h.clock.Now(), h.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.stores.Tickets.Sweep(t.Context(), h.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if got := copied.who(); got != "null" {
			t.Errorf("the value itself, shown again: %s", got)
		}
	})
}

// What an encrypted cookie held stays out of one that everybody can read.
func TestS74_ReadableCookieGetsNoSecretsOfAnEncryptedOne(t *testing.T) {
	target := tut0
	target.Keys = nil
	h := open(t, func(c *signet.Config) { c.Session.Format, c.Session.Accept = target, []signet.Format{cart} })
	c := h.courier(t)
	c.plant("carrotsession", sealed(t, iron.New, "carrotsession", `{"user":{"id":1,"email":"a@b.example"},"accessToken":"the secret one"}`, month(noon), theirSecret))
	if got := c.who(); !strings.Contains(got, "a@b.example") {
		t.Fatalf("session = %s", got)
	}
	codec, err := jwt.HS256(seal.Secrets(secret), target.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	o, err := codec.Open(c.cookie(target.Cookie), noon)
	if err != nil || strings.Contains(string(o.Claims), "the secret one") {
		t.Errorf("written: %s, %v", o.Claims, err)
	}
}

// An application that keeps what it does not know signs somebody else in over our member:
// that is another session.
func TestS09_OtherUserUnderOurMember(t *testing.T) {
	format := cart
	format.Keys = nil
	h := open(t, func(c *signet.Config) { c.Session.Format = format })
	c := h.courier(t)
	c.signIn()
	codec, err := iron.New(seal.Secrets(secret), format.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	o, err := codec.Open(c.cookie(format.Cookie), noon)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := signet.ParseClaims(o.Claims)
	if err != nil {
		t.Fatal(err)
	}
	before := sidOf(t, string(o.Claims))
	if err := claims.Set("user", map[string]any{"id": 99, "email": "else@example.com"}); err != nil {
		t.Fatal(err)
	}
	payload, _ := claims.MarshalJSON()
	c.plant(format.Cookie, sealed(t, iron.New, format.Cookie, string(payload), o.Life, secret))
	if got := c.who(); !strings.Contains(got, "else@example.com") {
		t.Fatalf("session = %s", got)
	}
	if o, err = codec.Open(c.cookie(format.Cookie), noon); err != nil {
		t.Fatal(err)
	}
	if after := sidOf(t, string(o.Claims)); after == before {
		t.Error("the session of somebody else goes on under the same ID")
	}
}

// The cookie of the first tutorial, written by Signet: its members, sliding, with an end.
func TestTutorial0Cookie(t *testing.T) {
	format := tut0
	format.Keys = nil
	h := open(t, func(c *signet.Config) {
		c.Session.Format, c.Session.MaxAge, c.Session.Absolute = format, 10*time.Second, 30*time.Second
		c.Session.UpdateAge = new(time.Duration)
	})
	c := h.courier(t)
	c.signIn()
	codec, err := jwt.HS256(seal.Secrets(secret), format.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	for second := range 4 {
		now := h.clock.Now()
		if got := c.who(); !strings.Contains(got, minsuEmail) {
			t.Fatalf("visit %d: %s", second, got)
		}
		o, err := codec.Open(c.cookie(format.Cookie), now)
		if err != nil {
			t.Fatal(err)
		}
		claims, err := signet.ParseClaims(o.Claims)
		if err != nil {
			t.Fatal(err)
		}
		end := now.Add(10 * time.Second)
		if last := noon.Add(30 * time.Second); last.Before(end) {
			end = last
		}
		if !o.Expires.Equal(end) || claims.Text("email") != minsuEmail || claims.Text("expires") != end.UTC().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("visit %d: %s until %s, want until %s", second, o.Claims, o.Expires, end)
		}
		h.clock.Advance(9 * time.Second)
	}
	if got := c.who(); got != "null" {
		t.Errorf("after the absolute end: %s", got)
	}
}
