package signet_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

const site = "https://app.example.com"

func https(c *signet.Config) { c.URL = site }

func plainHTTP(c *signet.Config) { c.URL = "http://localhost:3000" }

func native(c *signet.Config) { c.Session.Cookie.Native = true }

func v4Format(c *signet.Config) { c.Session.Format = signet.AuthJSv4 }

// secretValue is the value of a cookie that is different each time.
var secretValue = regexp.MustCompile(`^([^=]*(?:csrf-token|session-token|sid|device))=[^;]+`)

// linesOfSignIn are the Set-Cookie lines of a visit, a sign-in and a sign-out.
func linesOfSignIn(t *testing.T, h *house) []string {
	t.Helper()
	c := h.courier(t)
	lines := slices.Clone(c.get("/api/auth/csrf").Header()["Set-Cookie"])
	token := c.csrf()
	w := c.post("/api/auth/callback/credentials", url.Values{
		"email": {minsuEmail}, "password": {minsuPassword}, "csrfToken": {token}, "callbackUrl": {"/posts?p=1"},
	})
	lines = append(lines, w.Header()["Set-Cookie"]...)
	lines = append(lines, c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}).Header()["Set-Cookie"]...)
	for i := range lines {
		lines[i] = secretValue.ReplaceAllString(lines[i], "$1=…")
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func TestS01_CookiesByteForByte(t *testing.T) {
	const end = "Tue, 25 Dec 2035 12:00:00 GMT"
	for _, c := range []struct {
		name   string
		change []func(*signet.Config)
		want   []string
	}{
		{"http, names of Auth.js", []func(*signet.Config){plainHTTP}, []string{
			"authjs.callback-url=http%3A%2F%2Flocalhost%3A3000%2Fposts%3Fp%3D1; Path=/; HttpOnly; SameSite=Lax",
			"authjs.callback-url=http%3A%2F%2Flocalhost%3A3000; Path=/; HttpOnly; SameSite=Lax",
			"authjs.csrf-token=…; Path=/; HttpOnly; SameSite=Lax",
			"authjs.device=…; Max-Age=15552000; Path=/; HttpOnly; SameSite=Lax",
			"authjs.session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
			"authjs.session-token=…; Path=/; Expires=" + end + "; HttpOnly; SameSite=Lax",
		}},
		{"https, names of Auth.js", []func(*signet.Config){https}, []string{
			"__Host-authjs.csrf-token=…; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.device=…; Max-Age=15552000; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.callback-url=https%3A%2F%2Fapp.example.com%2Fposts%3Fp%3D1; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.callback-url=https%3A%2F%2Fapp.example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.session-token=…; Path=/; Expires=" + end + "; HttpOnly; Secure; SameSite=Lax",
		}},
		{"https, native", []func(*signet.Config){https, native}, []string{
			"__Host-authjs.callback-url=https%3A%2F%2Fapp.example.com%2Fposts%3Fp%3D1; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.callback-url=https%3A%2F%2Fapp.example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.csrf-token=…; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.device=…; Max-Age=15552000; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.session-token=…; Path=/; Expires=" + end + "; HttpOnly; Secure; SameSite=Lax",
		}},
		{"http, names of NextAuth v4", []func(*signet.Config){plainHTTP, v4Format}, []string{
			"next-auth.callback-url=http%3A%2F%2Flocalhost%3A3000%2Fposts%3Fp%3D1; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.callback-url=http%3A%2F%2Flocalhost%3A3000; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.csrf-token=…; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.device=…; Max-Age=15552000; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.session-token=…; Path=/; Expires=" + end + "; HttpOnly; SameSite=Lax",
		}},
		{"https, names of NextAuth v4", []func(*signet.Config){https, v4Format}, []string{
			"__Host-next-auth.csrf-token=…; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-next-auth.device=…; Max-Age=15552000; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-next-auth.callback-url=https%3A%2F%2Fapp.example.com%2Fposts%3Fp%3D1; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-next-auth.callback-url=https%3A%2F%2Fapp.example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-next-auth.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-next-auth.session-token=…; Path=/; Expires=" + end + "; HttpOnly; Secure; SameSite=Lax",
		}},
		{"https, a name and a domain of one's own", []func(*signet.Config){https, func(c *signet.Config) {
			c.Session.Cookie.Name, c.Session.Cookie.Domain = "__Secure-sid", "example.com"
		}}, []string{
			"__Host-authjs.csrf-token=…; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.device=…; Max-Age=15552000; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.callback-url=https%3A%2F%2Fapp.example.com%2Fposts%3Fp%3D1; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.callback-url=https%3A%2F%2Fapp.example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-sid=; Max-Age=0; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-sid=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-sid=…; Domain=example.com; Path=/; Expires=" + end + "; HttpOnly; Secure; SameSite=Lax",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				got := linesOfSignIn(t, open(t, append(c.change, strategy)...))
				if !slices.Equal(got, c.want) {
					t.Errorf("cookies are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

func TestS02_SameSiteOfTheSession(t *testing.T) {
	for _, c := range []struct {
		name string
		mode http.SameSite
		want string
	}{
		{"Lax unless told otherwise", 0, "SameSite=Lax"},
		{"Strict when asked for", http.SameSiteStrictMode, "SameSite=Strict"},
		{"None when asked for, with Secure", http.SameSiteNoneMode, "Secure; SameSite=None"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t, https, func(config *signet.Config) { config.Session.Cookie.SameSite = c.mode })
			for _, line := range linesOfSignIn(t, h) {
				want := "SameSite=Lax" // the others stay as they are
				if strings.Contains(line, "session-token") {
					want = c.want
				}
				if !strings.HasSuffix(line, want) {
					t.Errorf("%s: want %s at the end", line, want)
				}
			}
		})
	}
	t.Run("None without https is refused at start", func(t *testing.T) {
		_, err := signet.New(signet.Config{
			Secrets: []string{secret}, URL: "http://localhost:3000",
			Session: signet.SessionConfig{Cookie: signet.CookieConfig{SameSite: http.SameSiteNoneMode}},
		})
		if err == nil {
			t.Error("New took SameSite=None on http")
		}
	})
}

func TestS03_OneCookieByItsExactName(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, https, strategy)
		c := h.courier(t)
		c.signIn()
		const name = "__Secure-authjs.session-token"
		value := c.cookie(name)
		for _, test := range []struct {
			name    string
			cookies []string
			alive   bool
		}{
			{"as it was set", []string{name + "=" + value}, true},
			{"prefix in lower case", []string{"__secure-authjs.session-token=" + value}, false},
			{"name in upper case", []string{strings.ToUpper(name) + "=" + value}, false},
			{"without prefix", []string{"authjs.session-token=" + value}, false},
			{"with the other prefix", []string{"__Host-authjs.session-token=" + value}, false},
			{"twice, the good one first", []string{name + "=" + value, name + "=x"}, false},
			{"twice, the good one last", []string{name + "=x", name + "=" + value}, false},
			{"twice the same", []string{name + "=" + value, name + "=" + value}, false},
			{"in quotes", []string{name + `="` + value + `"`}, false},
			{"blank before the sign", []string{name + " =" + value}, false},
			{"with a tail", []string{name + "=" + value + "x"}, false},
			{"cut short", []string{name + "=" + value[:len(value)-1]}, false},
			{"beside one with a longer name", []string{name + "-foo=x", name + "=" + value}, true},
		} {
			t.Run(test.name, func(t *testing.T) {
				b := h.courier(t)
				b.cookies = test.cookies
				if alive := b.who() != "null"; alive != test.alive {
					t.Errorf("signed in: %v, want %v", alive, test.alive)
				}
			})
		}
	})
}

func TestS05_NoCookieOpensAsAnother(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, https, strategy, func(c *signet.Config) { c.Limits.AccountFree = 1 })
		c := h.courier(t)
		c.signIn()
		names := []string{"__Secure-authjs.session-token", "__Host-authjs.csrf-token", "__Host-authjs.device", "__Secure-authjs.callback-url"}
		for _, from := range names {
			for _, to := range names {
				if from == to {
					continue
				}
				b := h.courier(t)
				b.plant(to, c.cookie(from))
				switch to {
				case names[0]:
					if got := b.who(); got != "null" {
						t.Errorf("%s as %s: %s", from, to, got)
					}
				case names[1]:
					token, _, _ := strings.Cut(c.cookie(from), "%7C")
					w := b.post("/api/auth/signout", url.Values{"csrfToken": {token}})
					if !strings.Contains(w.Header().Get("Location"), "MissingCSRF") {
						t.Errorf("%s as %s: accepted", from, to)
					}
				case names[2]:
					if h.knowsDevice(t, b) {
						t.Errorf("%s as %s: a known device", from, to)
					}
				case names[3]:
					if w := b.get("/api/auth/signin"); w.Code != http.StatusOK {
						t.Errorf("%s as %s: %d", from, to, w.Code)
					}
				}
			}
		}
	})
}

// knowsDevice tells whether a browser has a budget of its own for Minsu's account, of
// which somebody else has spent the one free try.
func (h *house) knowsDevice(t *testing.T, b *courier) bool {
	t.Helper()
	form := url.Values{"email": {minsuEmail}, "password": {"wrong"}}
	for range 3 {
		stranger := h.courier(t)
		form.Set("csrfToken", stranger.csrf())
		stranger.post("/api/auth/callback/credentials", form)
	}
	form.Set("csrfToken", b.csrf())
	return b.post("/api/auth/callback/credentials", form).Code != http.StatusTooManyRequests
}

func TestS05_ValuesOfOtherCookiesOfAuthJS(t *testing.T) {
	h := open(t, https)
	life := seal.Life{Issued: noon, Expires: noon.AddDate(0, 0, 1)}
	user := `{"name":"Kim Minsu","email":"minsu@example.com","sub":"1"}`
	for _, test := range []struct {
		name   string
		make   seal.Make
		salt   string // what the value was sealed for
		cookie string // where it is shown
		claims string
		alive  bool
	}{
		{"v5 session", authjs.V5, "__Secure-authjs.session-token", "__Secure-authjs.session-token", user, true},
		{"v5 session from http", authjs.V5, "authjs.session-token", "__Secure-authjs.session-token", user, false},
		{"v5 state cookie", authjs.V5, "__Secure-authjs.state", "__Secure-authjs.session-token", user, false},
		{"v5 session in the cookie of v4", authjs.V5, "__Secure-authjs.session-token", "__Secure-next-auth.session-token", user, false},
		{"v4 session", authjs.V4, "__Secure-next-auth.session-token", "__Secure-next-auth.session-token", user, true},
		{"v4 session in the cookie of v5", authjs.V4, "__Secure-next-auth.session-token", "__Secure-authjs.session-token", user, false},
		{"v4 check cookie with the keys of sessions (CVE-2023-48309)", authjs.V4, "__Secure-next-auth.session-token", "__Secure-next-auth.session-token", `{"value":"x","provider":"corp"}`, false},
		{"v4 session with nothing but a name", authjs.V4, "__Secure-next-auth.session-token", "__Secure-next-auth.session-token", `{"name":"Kim","sub":"","email":null}`, false},
		{"v4 session with an e-mail only", authjs.V4, "__Secure-next-auth.session-token", "__Secure-next-auth.session-token", `{"email":"minsu@example.com"}`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			codec, err := test.make(seal.Secrets(secret), test.salt)
			if err != nil {
				t.Fatal(err)
			}
			value, err := codec.Seal([]byte(test.claims), life)
			if err != nil {
				t.Fatal(err)
			}
			c := h.courier(t)
			c.plant(test.cookie, value)
			if alive := c.who() != "null"; alive != test.alive {
				t.Errorf("signed in: %v, want %v", alive, test.alive)
			}
		})
	}
}

func TestS07_SignOutClearsEverySessionCookie(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*signet.Config)
		domain string
	}{
		{"names of Auth.js", https, ""},
		{"native", func(c *signet.Config) { https(c); native(c) }, ""},
		{"shared with a domain", func(c *signet.Config) { https(c); c.Session.Cookie.Domain = "example.com" }, "Domain=example.com; "},
		{"on http", plainHTTP, ""},
		{"another name", func(c *signet.Config) { https(c); c.Session.Cookie.Name = "__Secure-authjs.session-token-2" }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := big(t, test.change)
			c := h.courier(t)
			if to := c.signInBig(6000); strings.Contains(to, "error") {
				t.Fatalf("sign-in leads to %s", to)
			}
			stem := "session-token"
			was := strings.Count(strings.Join(c.cookies, "; "), stem)
			w := c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			if strings.Contains(strings.Join(c.cookies, "; "), stem) {
				t.Errorf("cookies after sign-out: %.300v", c.cookies)
			}
			cleared := 0
			for _, line := range w.Header()["Set-Cookie"] {
				if !strings.Contains(line, stem) {
					continue
				}
				if !strings.Contains(line, "; Max-Age=0; "+test.domain+"Path=/; ") {
					if test.domain == "" || !strings.Contains(line, "; Max-Age=0; Path=/; ") {
						t.Errorf("cleared with other attributes: %s", line)
					}
					continue // the one without the domain
				}
				if strings.HasPrefix(h.config.URL, "https:") != strings.Contains(line, "; Secure") {
					t.Errorf("cleared with other attributes: %s", line)
				}
				cleared++
			}
			if was != 3 || cleared != was {
				t.Errorf("%d cookies, %d cleared", was, cleared)
			}
		})
	}
}
