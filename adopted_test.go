package signet_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// Cookies that another library made, and cookies in another format than the one written.

const foreignUser = `{"name":"Lee Jieun","email":"jieun@example.com","picture":"https://img.example.com/j.png","sub":"77","role":"editor"}`

// sealed is what Auth.js would have put into a cookie.
func sealed(t *testing.T, make seal.Make, cookie, claims string, life seal.Life, secrets ...string) string {
	t.Helper()
	codec, err := make(seal.Secrets(secrets...), cookie)
	if err != nil {
		t.Fatal(err)
	}
	value, err := codec.Seal([]byte(claims), life)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// opened is the payload of a session cookie of v5.
func opened(t *testing.T, c *courier, cookie string) string {
	t.Helper()
	codec, err := authjs.V5(seal.Secrets(secret), cookie)
	if err != nil {
		t.Fatal(err)
	}
	o, err := codec.Open(c.cookie(cookie), noon)
	if err != nil {
		t.Fatalf("our own cookie: %v", err)
	}
	return string(o.Claims)
}

// handSealed encrypts any text as a v4 session, also what no library would write.
func handSealed(t *testing.T, payload string) string {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "NextAuth.js Generated Encryption Key", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	header, iv := b64([]byte(`{"alg":"dir","enc":"A256GCM"}`)), []byte("twelve bytes")
	out := gcm.Seal(nil, iv, []byte(payload), []byte(header))
	body, tag := out[:len(out)-16], out[len(out)-16:]
	return header + ".." + b64(iv) + "." + b64(body) + "." + b64(tag)
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func month(from time.Time) seal.Life { return seal.Life{Issued: from, Expires: from.Add(days(30))} }

func TestForeignSessionIsAdopted(t *testing.T) {
	const name = "authjs.session-token"
	h := open(t, func(c *signet.Config) { c.Session.Expose = map[string]string{"role": "role", "user.id": "sub"} })
	c := h.courier(t)
	c.plant(name, sealed(t, authjs.V5, name, foreignUser, month(noon.Add(-days(3))), secret))
	theirs := c.copied()
	want := `{"user":{"name":"Lee Jieun","email":"jieun@example.com","image":"https://img.example.com/j.png","id":"77"},"expires":"2035-12-25T12:00:00.000Z","role":"editor"}`
	if got := c.who(); got != want {
		t.Errorf("session = %s, want %s", got, want)
	}
	payload := opened(t, c, name)
	for _, part := range []string{`"signet":{"sid":"`, `"start":2079345600,`, `"role":"editor"`, `"sub":"77"`} {
		if !strings.Contains(payload, part) {
			t.Errorf("the cookie written back lacks %s: %s", part, payload)
		}
	}
	second := h.another(t).courier(t)
	second.cookies = theirs.copied().cookies
	second.who()
	if a, b := sidOf(t, payload), sidOf(t, opened(t, second, name)); a != b {
		t.Errorf("two processes give the session two names: %s and %s", a, b)
	}
	if w := c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}); w.Code != http.StatusSeeOther {
		t.Fatalf("sign-out: %d", w.Code)
	}
	if got := theirs.who(); got != "null" {
		t.Errorf("the cookie of the other library opens after the sign-out: %s", got)
	}
	soon(t, "the cookie that another process wrote opens nothing", func() bool { return second.who() == "null" })
}

func sidOf(t *testing.T, payload string) string {
	t.Helper()
	_, rest, ok := strings.Cut(payload, `"sid":"`)
	if !ok || len(rest) < 11 {
		t.Fatalf("no sid in %s", payload)
	}
	return rest[:11]
}

func TestForeignSessionEndsAtItsAbsoluteLimit(t *testing.T) {
	const name = "authjs.session-token"
	for _, test := range []struct {
		name  string
		life  seal.Life
		total time.Duration // from noon until it is over, visited daily
	}{
		{"counted from its iat", month(noon.Add(-days(3))), days(87)},
		{"an iat in the future does not put it off", seal.Life{Issued: noon.Add(days(3650)), Expires: noon.Add(days(7300))}, days(90)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t)
			c := h.courier(t)
			c.plant(name, sealed(t, authjs.V5, name, foreignUser, test.life, secret))
			for visited := time.Duration(0); visited < test.total; visited += days(1) {
				if c.who() == "null" {
					t.Fatalf("over after %s", visited)
				}
				h.clock.Advance(days(1))
			}
			if got := c.who(); got != "null" {
				t.Errorf("alive after %s: %s", test.total, got)
			}
		})
	}
}

func TestForeignSessionsOfAUserEnd(t *testing.T) {
	const name = "authjs.session-token"
	h := open(t)
	jieun, err := h.stores.Users.CreateUser(t.Context(), signet.User{ID: "77", Email: "jieun@example.com", Created: noon, Updated: noon}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := h.courier(t)
	c.plant(name, sealed(t, authjs.V5, name, foreignUser, month(noon.Add(-days(1))), secret))
	theirs := c.copied()
	if c.who() == "null" {
		t.Fatal("not adopted")
	}
	if err := h.EndSessions(t.Context(), jieun.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := c.who() + theirs.who(); got != "nullnull" {
		t.Errorf("after all sessions were ended: %s", got)
	}
	h.clock.Advance(time.Second)
	c.plant(name, sealed(t, authjs.V5, name, foreignUser, month(noon.Add(time.Second)), secret))
	if c.who() == "null" {
		t.Error("one made afterwards is refused")
	}
}

func TestS12_NoEndNoSession(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		name, payload string
		alive         bool
	}{
		{"an end", `{"sub":"1","iat":2079604700,"exp":2082196800}`, true},
		{"no exp", `{"sub":"1","iat":2079604700}`, false},
		{"exp is text", `{"sub":"1","iat":2079604700,"exp":"2082196800"}`, false},
		{"exp is null", `{"sub":"1","iat":2079604700,"exp":null}`, false},
		{"exp is a list", `{"sub":"1","iat":2079604700,"exp":[2082196800]}`, false},
		{"exp is endless", `{"sub":"1","iat":2079604700,"exp":1e400}`, false},
		{"exp twice", `{"sub":"1","exp":1,"exp":2082196800}`, false},
		{"exp in another case beside it", `{"sub":"1","Exp":1,"exp":2082196800}`, false},
		{"over", `{"sub":"1","iat":2079604700,"exp":2079604785}`, false},
		{"not begun", `{"sub":"1","nbf":2079608400,"exp":2082196800}`, false},
		{"a list", `["sub"]`, false},
		{"a damaged member of ours", `{"sub":"1","exp":2082196800,"signet":{"sid":"x","start":1}}`, false},
		{"a member of ours without a start", `{"sub":"1","exp":2082196800,"signet":{"sid":"AAAAAAAAAAE"}}`, false},
		{"a member of ours that is text", `{"sub":"1","exp":2082196800,"signet":"x"}`, false},
		{"no iat", `{"sub":"1","exp":2082196800}`, true},
		{"a number for a user", `{"sub":12345678901234567890,"exp":2082196800}`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := h.courier(t)
			c.plant("next-auth.session-token", handSealed(t, test.payload))
			if alive := c.who() != "null"; alive != test.alive {
				t.Errorf("signed in: %v, want %v", alive, test.alive)
			}
		})
	}
}

func TestSessionOfV4IsWrittenBackAsV5(t *testing.T) {
	h := open(t, https)
	c := h.courier(t)
	const old, name = "__Secure-next-auth.session-token", "__Secure-authjs.session-token"
	value := sealed(t, authjs.V4, old, foreignUser, month(noon), secret)
	// Two chunks, as a browser may have them.
	c.plant(old+".0", value[:300])
	c.plant(old+".1", value[300:])
	if got := c.who(); !strings.Contains(got, "Lee Jieun") {
		t.Fatalf("session = %s", got)
	}
	if !strings.Contains(opened(t, c, name), `"role":"editor"`) {
		t.Error("claims are lost on the way")
	}
	if c.cookie(old+".0") != "" || c.cookie(old+".1") != "" {
		t.Errorf("the old cookies stay: %v", c.cookies)
	}
	if !strings.Contains(c.who(), "Lee Jieun") {
		t.Error("not signed in by the new cookie")
	}
	t.Run("sign-out ends both", func(t *testing.T) {
		both := c.copied()
		both.plant(old, value)
		w := both.post("/api/auth/signout", url.Values{"csrfToken": {both.csrf()}})
		if w.Code != http.StatusSeeOther || strings.Contains(strings.Join(both.cookies, ";"), "session-token") {
			t.Errorf("%d, cookies %v", w.Code, both.cookies)
		}
		v4 := h.courier(t)
		v4.plant(old, value)
		if got := v4.who() + c.who(); got != "nullnull" {
			t.Errorf("after the sign-out: %s", got)
		}
	})
	t.Run("not with an empty list of accepted formats", func(t *testing.T) {
		h := open(t, https, func(c *signet.Config) { c.Session.Accept = []signet.Format{} })
		c := h.courier(t)
		c.plant(old, value)
		if got := c.who(); got != "null" {
			t.Errorf("session = %s", got)
		}
	})
}

func TestFormatOfV4AsTheOneWritten(t *testing.T) {
	h := open(t, https, v4Format, func(c *signet.Config) { c.Session.Accept = []signet.Format{} })
	c := h.courier(t)
	if got := c.who(); got != "{}" {
		t.Errorf("nobody = %s, want {} where only v4 is spoken", got)
	}
	c.signIn()
	codec, err := authjs.V4(seal.Secrets(secret), "__Secure-next-auth.session-token")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Open(c.cookie("__Secure-next-auth.session-token"), noon); err != nil {
		t.Errorf("NextAuth could not read the cookie: %v", err)
	}
	if got := c.who(); !strings.Contains(got, "Kim Minsu") {
		t.Errorf("session = %s", got)
	}
	if w := c.postJSON("/api/auth/session", map[string]any{"data": 1}); w.Code != 400 || w.Body.String() != "{}" {
		t.Errorf("update without token: %d %s, want 400 {}", w.Code, w.Body)
	}
}

func TestNameOfTheSessionCookie(t *testing.T) {
	h := open(t, https, func(c *signet.Config) { c.Session.Cookie.Name = "__Host-mine" })
	c := h.courier(t)
	c.signIn()
	if !strings.Contains(opened(t, c, "__Host-mine"), "Kim Minsu") {
		t.Error("the name is not the salt")
	}
	if got := c.who(); !strings.Contains(got, "Kim Minsu") {
		t.Errorf("session = %s", got)
	}
	for _, bad := range []signet.Config{
		{URL: "http://localhost:3000", Session: signet.SessionConfig{Cookie: signet.CookieConfig{Name: "__Secure-x"}}},
		{URL: site, Session: signet.SessionConfig{Cookie: signet.CookieConfig{Name: "__Host-x", Domain: "example.com"}}},
		{URL: site, Session: signet.SessionConfig{Cookie: signet.CookieConfig{Name: "__secure-x"}}},
		{URL: site, Session: signet.SessionConfig{Cookie: signet.CookieConfig{Name: "a b"}}},
		{URL: site, Session: signet.SessionConfig{Cookie: signet.CookieConfig{Domain: "exa mple.com"}}},
	} {
		bad.Keys = seal.Secrets(secret)
		if _, err := signet.New(bad); err == nil {
			t.Errorf("New took the cookie %+v on %s", bad.Session.Cookie, bad.URL)
		}
	}
}

func TestS100_SecretsAreARing(t *testing.T) {
	const older, oldest = "pB7wE3xK9mQ2vL5zT8rN1cY6hJ4sF0gD", "uH4nC8yR2jV6kM0bX5qW9eZ1tP7aL3iO"
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, https, strategy, func(c *signet.Config) { c.Secrets = []string{older, oldest} })
		c, reader := h.courier(t), h.courier(t)
		c.signIn()
		reader.signIn()
		token := c.csrf()
		moved := h.another(t, func(c *signet.Config) { c.Secrets = []string{secret, older, oldest} })
		c.handler, reader.handler = moved.handler, moved.handler
		// A form that was open when the secret came still works.
		w := c.postJSON("/api/auth/session", map[string]any{"csrfToken": token})
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Kim Minsu") {
			t.Errorf("a form from before the new secret: %d %s", w.Code, w.Body)
		}
		if got := reader.who(); !strings.Contains(got, "Kim Minsu") {
			t.Fatalf("the older secret does not open: %s", got)
		}
		retired := h.another(t, func(c *signet.Config) { c.Secrets = []string{secret} })
		for _, b := range []*courier{c, reader} {
			b.handler = retired.handler
			if got := b.who(); !strings.Contains(got, "Kim Minsu") {
				t.Errorf("the cookie was not sealed again with the new secret: %s", got)
			}
		}
	})
	t.Run("a secret taken out opens nothing", func(t *testing.T) {
		h := open(t, https, func(c *signet.Config) { c.Secrets = []string{older} })
		c := h.courier(t)
		c.signIn()
		c.handler = h.another(t, func(c *signet.Config) { c.Secrets = []string{secret} }).handler
		if got := c.who(); got != "null" {
			t.Errorf("session = %s", got)
		}
	})
}

func TestClaimsOfTheApplicationSurvive(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) {
			c.Session.Expose = map[string]string{"big": "big", "user.role": "role", "tags": "tags"}
			c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
				if change.Trigger != "signIn" {
					return nil
				}
				return s.Claims.UnmarshalJSON([]byte(`{"big":12345678901234567890.10,"role":"작가","tags":["a","b"]}`))
			}
		})
		c := h.courier(t)
		c.signIn()
		h.clock.Advance(days(2)) // renewed
		got := c.who()
		for _, part := range []string{`"big":12345678901234567890.10`, `"role":"작가"`, `"tags":["a","b"]`} {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %s", got, part)
			}
		}
	})
}

func TestClaimsThatCannotBeWritten(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) {
			c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
				if change.Trigger == "update" {
					return s.Claims.Set("EMAIL", "another spelling of ours")
				}
				return nil
			}
		})
		c := h.courier(t)
		c.signIn()
		w := c.postJSON("/api/auth/session", map[string]any{"csrfToken": c.csrf(), "data": 1})
		if w.Code != http.StatusBadRequest || w.Body.String() != "null" {
			t.Errorf("update: %d %s, want 400 null", w.Code, w.Body)
		}
		if got := c.who(); !strings.Contains(got, "Kim Minsu") {
			t.Errorf("the session before is gone: %s", got)
		}
	})
}
