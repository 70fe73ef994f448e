package signet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
)

// A diary keeps what callbacks and events were told, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, a...))
}

// take returns the lines so far and forgets them.
func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// use lets the diary listen to everything.
func (d *diary) use(c *signet.Config) {
	c.Callbacks = signet.Callbacks{
		Redirect: func(_ context.Context, to, base string) string {
			d.write("redirect %s from %s", to, base)
			return to
		},
		SignIn: func(_ context.Context, in *signet.SignIn) error {
			d.write("signIn %s by %s, new %v, id %v", in.User.Email, in.Provider.ID, in.NewUser, in.User.ID != "")
			return nil
		},
		Claims: func(_ context.Context, s *signet.Session, c signet.Change) error {
			d.write("claims %q of %s, sign-in %v, data %s", c.Trigger, s.Email, c.SignIn != nil, c.Data)
			return nil
		},
		Session: func(_ context.Context, s *signet.Session, v *signet.View) error {
			d.write("session %s", v.User.Text("name"))
			return v.User.Set("id", "u-1")
		},
	}
	c.Events = signet.Events{
		SignIn: func(_ context.Context, s *signet.Session, in *signet.SignIn) {
			d.write("event signIn %s %s, id %v", s.Email, in.Provider.ID, in.User.ID != "")
		},
		SignOut:    func(_ context.Context, s *signet.Session) { d.write("event signOut %s", s.Email) },
		CreateUser: func(_ context.Context, u signet.User) { d.write("event createUser %s %v", u.Email, u.ID != "") },
		Session:    func(_ context.Context, s *signet.Session) { d.write("event session %s", s.Email) },
	}
}

func TestCallbacksAndEventsInTheirOrder(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		d := &diary{}
		h := open(t, strategy, https, d.use)
		c := h.courier(t)
		token := c.csrf()
		d.take()
		expect := func(what string, want ...string) {
			t.Helper()
			if got := d.take(); !slices.Equal(got, want) {
				t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		const home = "redirect https://app.example.com from https://app.example.com"
		c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {minsuPassword}, "callbackUrl": {"/p"}})
		expect("sign-in",
			"redirect https://app.example.com/p from https://app.example.com",
			"signIn minsu@example.com by credentials, new false, id true",
			`claims "signIn" of minsu@example.com, sign-in true, data `,
			"event signIn minsu@example.com credentials, id true")
		c.plant("__Secure-authjs.callback-url", "https%3A%2F%2Fapp.example.com")
		if got := c.who(); !strings.Contains(got, `"id":"u-1"`) {
			t.Errorf("session JSON %s", got)
		}
		expect("session", home, `claims "" of minsu@example.com, sign-in false, data `, "session Kim Minsu", "event session minsu@example.com")
		token = c.csrf()
		d.take()
		c.postJSON("/api/auth/session", map[string]any{"csrfToken": token, "data": map[string]int{"a": 1}})
		expect("update with data", home, `claims "update" of minsu@example.com, sign-in false, data {"a":1}`, "session Kim Minsu", "event session minsu@example.com")
		c.postJSON("/api/auth/session", map[string]any{"csrfToken": token})
		expect("update without", home, `claims "update" of minsu@example.com, sign-in false, data `, "session Kim Minsu", "event session minsu@example.com")
		c.postJSON("/api/auth/session", map[string]any{"csrfToken": "x", "data": 1})
		expect("update without a token", home)
		c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {"wrong"}})
		expect("wrong password", home)
		c.post("/api/auth/signout", url.Values{"csrfToken": {token}})
		expect("sign-out", home, "event signOut minsu@example.com")
		token = c.csrf()
		d.take()
		c.post("/api/auth/signout", url.Values{"csrfToken": {token}})
		expect("sign-out of nobody", home)
		c.post("/api/auth/signup", url.Values{"csrfToken": {token}, "email": {"new@example.com"}, "password": {"long enough 4 u all"}, "name": {"Neu"}})
		expect("sign-up", home,
			"signIn new@example.com by credentials, new true, id false",
			"event createUser new@example.com true",
			`claims "signUp" of new@example.com, sign-in true, data `,
			"event signIn new@example.com credentials, id true")
	})
}

func TestUpdateReachesTheSession(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) {
			c.Session.Expose = map[string]string{"user.role": "role"}
			c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
				switch string(change.Data) {
				case "":
					return nil
				case `"end"`:
					return signet.ErrSignOut
				case `"fail"`:
					return errors.New("not today")
				case `"steal"`:
					s.UserID = "somebody-else"
					return nil
				}
				s.Name = "New Name"
				return s.Claims.Set("role", change.Data)
			}
		})
		c := h.courier(t)
		c.signIn()
		update := func(data any) (int, string) {
			w := c.postJSON("/api/auth/session", map[string]any{"csrfToken": c.csrf(), "data": data})
			return w.Code, w.Body.String()
		}
		status, body := update("admin")
		if status != 200 || !strings.Contains(body, `"name":"New Name"`) || !strings.Contains(body, `"role":"admin"`) {
			t.Errorf("update: %d %s", status, body)
		}
		if got := c.who(); got != body {
			t.Errorf("afterwards the session is %s, the update said %s", got, body)
		}
		for _, data := range []string{"fail", "steal"} {
			if status, got := update(data); status != 400 || got != "null" {
				t.Errorf("%s: %d %s, want 400 null", data, status, got)
			}
			if got := c.who(); got != body {
				t.Errorf("%s changed the session to %s", data, got)
			}
		}
		thief := c.copied()
		if status, got := update("end"); status != 200 || got != "null" || c.cookie(sessionName) != "" || thief.who() != "null" {
			t.Errorf("ErrSignOut: %d %s, cookie %q", status, got, c.cookie(sessionName))
		}
	})
}

func TestClaimsCallbackOnRead(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		answer := error(nil)
		h := open(t, strategy, func(c *signet.Config) {
			c.Session.Expose = map[string]string{"reads": "reads"}
			c.Callbacks.Claims = func(_ context.Context, s *signet.Session, change signet.Change) error {
				if change.Trigger != "" {
					return nil
				}
				n := 0
				s.Claims.Get("reads", &n)
				return errors.Join(s.Claims.Set("reads", n+1), answer)
			}
		})
		c := h.courier(t)
		c.signIn()
		for n := 1; n <= 3; n++ {
			if got := c.who(); !strings.Contains(got, fmt.Sprintf(`"reads":%d`, n)) {
				t.Errorf("read %d: %s", n, got)
			}
		}
		answer = errors.New("the back end is down")
		if got := c.who(); !strings.Contains(got, "Kim Minsu") || strings.Contains(got, `"reads":4`) {
			t.Errorf("with an error: %s", got)
		}
		answer = signet.ErrSignOut
		thief := c.copied()
		if got := c.who(); got != "null" || c.cookie(sessionName) != "" {
			t.Errorf("with ErrSignOut: %s", got)
		}
		answer = nil
		if got := thief.who(); got != "null" {
			t.Errorf("a copy after ErrSignOut: %s", got)
		}
	})
}

func TestSignInRefused(t *testing.T) {
	const base = "https://app.example.com/api/auth"
	for _, test := range []struct {
		name       string
		err        error
		v5, v4     string // where the clients are sent
		s5, s4     int
		retryAfter string
	}{
		{"the zero Refused", &signet.Refused{}, "/signin?code=credentials&error=CredentialsSignin", "/error?error=CredentialsSignin&provider=any", 200, 401, ""},
		{"a code", &signet.Refused{Code: "locked-out"}, "/signin?code=locked-out&error=CredentialsSignin", "/error?error=CredentialsSignin&provider=any", 200, 401, ""},
		{"a code that must not be shown", &signet.Refused{Code: "<b>"}, "/signin?code=credentials&error=CredentialsSignin", "/error?error=CredentialsSignin&provider=any", 200, 401, ""},
		{"a reason for the log", &signet.Refused{Err: errors.New("hidden reason")}, "/signin?code=credentials&error=CredentialsSignin", "/error?error=CredentialsSignin&provider=any", 200, 401, ""},
		{"access denied", &signet.Refused{Kind: "AccessDenied"}, "/error?error=AccessDenied", "/error?error=AccessDenied", 200, 403, ""},
		{"another error of Auth.js", &signet.Refused{Kind: "OAuthAccountNotLinked"}, "/signin?error=OAuthAccountNotLinked", "/signin?error=OAuthAccountNotLinked", 200, 200, ""},
		{"not now", &signet.Refused{Kind: "TooManyRequests", RetryAfter: 1500 * time.Millisecond}, "/signin?error=TooManyRequests&retry=2", "/signin?error=TooManyRequests&retry=2", 429, 429, "2"},
		{"a fault", errors.New("hidden reason"), "/error?error=Configuration", "/error?error=Configuration", 200, 200, ""},
		{"another page", signet.GoTo("/verify?x=1"), "", "", 200, 200, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &logbook{}
			for _, client := range []string{"v5", "v4"} {
				for _, who := range []string{"provider", "callback"} {
					h := open(t, https, log.use, func(c *signet.Config) {
						c.Providers = []signet.Provider{credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
							if who == "provider" {
								return signet.Identity{}, test.err
							}
							return signet.Identity{Subject: "1", Name: "Kim"}, nil
						}, credentials.Options{ID: "any"})}
						if who == "callback" {
							c.Callbacks.SignIn = func(context.Context, *signet.SignIn) error { return test.err }
						}
					})
					c := h.courier(t)
					form := url.Values{"csrfToken": {c.csrf()}}
					want, status := base+test.v5, test.s5
					if client == "v5" {
						c.header.Set("X-Auth-Return-Redirect", "1")
					} else {
						form.Set("json", "true")
						want, status = base+test.v4, test.s4
					}
					if test.v5 == "" {
						want = site + "/verify?x=1"
					}
					if _, fault := test.err.(*signet.Refused); !fault && test.v5 != "" && who == "callback" {
						// @auth/core: whatever the signIn callback throws is AccessDenied.
						want = base + "/error?error=AccessDenied"
						if client == "v4" {
							status = http.StatusForbidden
						}
					}
					w := c.post("/api/auth/callback/any", form)
					if got := w.Body.String(); got != `{"url":"`+want+`"}` || w.Code != status || w.Header().Get("Retry-After") != test.retryAfter {
						t.Errorf("%s, said by the %s: %d %s Retry-After %q, want %d %s", client, who, w.Code, got, w.Header().Get("Retry-After"), status, want)
					}
					if c.cookie("__Secure-authjs.session-token") != "" || c.who() != "null" {
						t.Error("signed in")
					}
					if strings.Contains(w.Body.String(), "hidden") {
						t.Error("the reason is shown")
					}
				}
			}
			if errors.Unwrap(test.err) != nil && !strings.Contains(log.String(), "hidden reason") {
				t.Error("the reason is not in the log")
			}
		})
	}
}

func TestSignUpRefusedByTheApplication(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		status int
		body   string
	}{
		{"refused", &signet.Refused{Kind: "AccessDenied"}, 403, `{"error":"AccessDenied"}`},
		{"any error", errors.New("not of our company"), 403, `{"error":"AccessDenied"}`},
		{"a code", &signet.Refused{Code: "invite-only"}, 400, `{"error":"invite-only"}`},
		{"another page", signet.GoTo("/waiting-list"), 303, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, func(c *signet.Config) {
				c.Callbacks.SignIn = func(context.Context, *signet.SignIn) error { return test.err }
			})
			c := h.courier(t)
			w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": "new@example.com", "password": "long enough 4 u all"})
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.body)
			}
			if test.status == 303 && w.Header().Get("Location") != "http://localhost/waiting-list" {
				t.Errorf("leads to %s", w.Header().Get("Location"))
			}
			if _, err := h.stores.Users.User(t.Context(), signet.By{Email: "new@example.com"}); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("an account was left behind: %v", err)
			}
			if c.who() != "null" {
				t.Error("signed in")
			}
		})
	}
}

// TestNoSessionWanted: a jwt callback that returns null at sign-in.
func TestNoSessionWanted(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		refuse := false
		h := open(t, strategy, func(c *signet.Config) {
			c.Callbacks.Claims = func(context.Context, *signet.Session, signet.Change) error {
				if refuse {
					return signet.ErrSignOut
				}
				return nil
			}
		})
		c := h.courier(t)
		c.signIn()
		before := c.copied()
		refuse = true
		w := c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}, "callbackUrl": {"/p"}})
		if w.Header().Get("Location") != "http://localhost/p" || c.cookie(sessionName) != "" {
			t.Errorf("%d %s, cookie %q", w.Code, w.Header().Get("Location"), c.cookie(sessionName))
		}
		refuse = false
		if got := before.who(); got != "null" {
			t.Errorf("the session before is alive: %s", got)
		}
	})
}

func TestGroupsAreShownAlsoWhereThereAreNone(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) { c.Session.Expose = map[string]string{"user.groups": "groups"} })
		b := h.browser(t)
		signIn(b, minsuPassword)
		if got := b.Get("/api/auth/session").Body; !strings.Contains(got, `"groups":[]`) {
			t.Errorf("of nobody's group: %s", got)
		}
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: minsuEmail})
		if err != nil {
			t.Fatal(err)
		}
		u.Groups = []string{"staff", "관리자"}
		if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		b = h.browser(t)
		signIn(b, minsuPassword)
		if got := b.Get("/api/auth/session").Body; !strings.Contains(got, `"groups":["staff","관리자"]`) {
			t.Errorf("of two: %s", got)
		}
	})
}
