package signet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
)

func newcomer(c *courier, more ...string) url.Values {
	form := url.Values{"csrfToken": {c.csrf()}, "email": {"new@example.com"}, "password": {"long enough 4 u all"}, "name": {"New Comer"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestSignUp(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		w := c.post("/api/auth/signup", newcomer(c, "callbackUrl", "/hello"))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "http://localhost/hello" {
			t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
		}
		if got := c.who(); !strings.Contains(got, `"name":"New Comer","email":"new@example.com"`) {
			t.Errorf("session = %s", got)
		}
		c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
		if answer := got(c.guess("NEW@example.com", "long enough 4 u all")); answer != "in" {
			t.Errorf("signing in afterwards: %s", answer)
		}
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: "new@example.com"})
		if err != nil || !u.EmailVerified.IsZero() || !u.Created.Equal(noon) || len(u.Groups) != 0 {
			t.Errorf("user %+v, %v", u, err)
		}
		t.Run("by each client", func(t *testing.T) {
			for _, test := range []struct {
				name   string
				send   func(c *courier) (int, string)
				status int
				body   string
			}{
				{"JSON", func(c *courier) (int, string) {
					w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": "a@example.com", "password": "long enough 4 u all"})
					return w.Code, w.Body.String()
				}, 201, `{"url":"http://localhost"}`},
				{"v5", func(c *courier) (int, string) {
					c.header.Set("X-Auth-Return-Redirect", "1")
					w := c.post("/api/auth/signup", newcomer(c, "email", "b@example.com"))
					return w.Code, w.Body.String()
				}, 200, `{"url":"http://localhost"}`},
				{"v4", func(c *courier) (int, string) {
					w := c.post("/api/auth/signup", newcomer(c, "email", "c@example.com", "json", "true"))
					return w.Code, w.Body.String()
				}, 200, `{"url":"http://localhost"}`},
			} {
				status, body := test.send(h.courier(t))
				if status != test.status || body != test.body {
					t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.body)
				}
			}
		})
	})
}

func TestSignUpMistakes(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		name   string
		fields []string
		status int
		code   string
	}{
		{"no address", []string{"email", ""}, 400, "InvalidEmail"},
		{"not an address", []string{"email", "new@"}, 400, "InvalidEmail"},
		{"a line break in the address", []string{"email", "new@example.com\r\nBcc: x@example.com"}, 400, "InvalidEmail"},
		{"a name with control characters", []string{"name", "a\x07b"}, 400, "InvalidName"},
		{"a name too long", []string{"name", strings.Repeat("n", 257)}, 400, "InvalidName"},
		{"a name that is not UTF-8", []string{"name", "\xff"}, 400, "InvalidName"},
		{"no password", []string{"password", ""}, 400, "too-short"},
		{"a short one", []string{"password", "short7!"}, 400, "too-short"},
		{"too long a one", []string{"password", strings.Repeat("p4ss ", 60)}, 400, "too-long"},
		{"a common one", []string{"password", "password123"}, 400, "common"},
		{"one's own address", []string{"password", "new@example.com"}, 400, "yours"},
		{"control characters", []string{"password", "long enough\x07 4 u all"}, 400, "control"},
		{"taken", []string{"email", "MINSU@example.com"}, 409, "EmailTaken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := h.courier(t)
			form := newcomer(c, test.fields...)
			w := c.post("/api/auth/signup", form)
			if w.Code != test.status || !strings.Contains(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("a form: %d, want %d", w.Code, test.status)
			}
			if p := form.Get("password"); p != "" && p != form.Get("email") && strings.Contains(w.Body.String(), p) {
				t.Error("the password is shown again")
			}
			body := map[string]string{}
			for k := range form {
				body[k] = form.Get(k)
			}
			if test.fields[1] != "\xff" {
				w = c.postJSON("/api/auth/signup", body)
				if want := `{"error":"` + test.code + `"}`; w.Code != test.status || w.Body.String() != want {
					t.Errorf("a script: %d %s, want %d %s", w.Code, w.Body, test.status, want)
				}
			}
			if c.who() != "null" {
				t.Error("signed in")
			}
		})
	}
	if _, err := h.stores.Users.User(t.Context(), signet.By{Email: "new@example.com"}); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("a mistake made a user: %v", err)
	}
}

func TestSignUpIsClosedUnlessAskedFor(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Providers = []signet.Provider{credentials.Passwords(credentials.PasswordOptions{Hasher: cheapHasher()})}
	})
	c := h.courier(t)
	if w := c.get("/api/auth/signup"); w.Code != http.StatusForbidden {
		t.Errorf("the page: %d", w.Code)
	}
	if w := c.post("/api/auth/signup", newcomer(c)); w.Code != http.StatusForbidden || c.who() != "null" {
		t.Errorf("the post: %d", w.Code)
	}
	if strings.Contains(c.get("/api/auth/signin").Body.String(), "/signup") {
		t.Error("the sign-in page offers it")
	}
	if _, err := signet.New(signet.Config{Secrets: []string{secret}, Providers: []signet.Provider{credentials.Passwords(credentials.PasswordOptions{SignUp: true})}}); err == nil {
		t.Error("New took sign-up without a store")
	}
}

// TestS43_SignUpIsNoDirectory: until mail can be sent, ruling 29 lets sign-up say that an
// address is taken, under a budget, and at the cost of a whole sign-up.
func TestS43_SignUpIsNoDirectory(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Limits.SignUpsPerHour = 5 })
	cost := func(email string) uint64 {
		before := h.hasher.Counts().Hashes
		c := h.courier(t)
		c.peer = "203.0.113.77:1"
		c.post("/api/auth/signup", newcomer(c, "email", email))
		return h.hasher.Counts().Hashes - before
	}
	if taken, free := cost(minsuEmail), cost("free@example.com"); taken != free || taken != 1 {
		t.Errorf("%d hashes for a taken address, %d for a free one", taken, free)
	}
	asked := 0
	for i := range 20 {
		c := h.courier(t)
		c.peer = fmt.Sprintf("[2001:db8::%d]:1", i)
		w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": minsuEmail, "password": "long enough 4 u all"})
		switch w.Code {
		case http.StatusConflict:
			asked++
		case http.StatusTooManyRequests:
			if w.Header().Get("Retry-After") != "3600" || w.Body.String() != `{"error":"TooManyRequests"}` {
				t.Errorf("%s, Retry-After %q", w.Body, w.Header().Get("Retry-After"))
			}
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if asked != 5 {
		t.Errorf("%d addresses could be asked for, want 5", asked)
	}
	h.clock.Advance(time.Hour)
	c := h.courier(t)
	c.peer = "[2001:db8::1]:1"
	if w := c.post("/api/auth/signup", newcomer(c)); w.Code != http.StatusSeeOther {
		t.Errorf("an hour later: %d", w.Code)
	}
}

func TestSignUpOfOneAddressAtOnce(t *testing.T) {
	h := open(t, roomy, func(c *signet.Config) {
		c.Providers = []signet.Provider{credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: patientHasher()})}
	})
	first := h.courier(t)
	token := first.csrf()
	var all sync.WaitGroup
	codes := make(chan int, 50)
	for range 50 {
		all.Go(func() {
			w := first.copied().postJSON("/api/auth/signup", map[string]string{"csrfToken": token, "email": "new@example.com", "password": "long enough 4 u all"})
			codes <- w.Code
		})
	}
	all.Wait()
	close(codes)
	made := 0
	for code := range codes {
		switch code {
		case http.StatusCreated:
			made++
		case http.StatusConflict:
		default:
			t.Errorf("%d", code)
		}
	}
	if made != 1 {
		t.Errorf("%d accounts were made", made)
	}
}

func TestSignUpPageTellsTheLeastLength(t *testing.T) {
	for least, want := range map[int]string{0: `minlength="8"`, 12: `minlength="12"`} {
		h := open(t, func(c *signet.Config) {
			c.Providers = []signet.Provider{credentials.Passwords(credentials.PasswordOptions{
				SignUp: true, Hasher: cheapHasher(), Rules: password.Rules{Min: least},
			})}
		})
		c := h.courier(t)
		for name, page := range map[string]string{
			"the empty form":  c.get("/api/auth/signup").Body.String(),
			"after a refusal": c.post("/api/auth/signup", newcomer(c, "password", "short")).Body.String(),
		} {
			if !strings.Contains(page, want) {
				t.Errorf("least %d: %s lacks %s", least, name, want)
			}
		}
	}
}

// TestFormsKeepWhatWasTyped: pages that answer a form at once have the address in it again,
// and never the password.
func TestFormsKeepWhatWasTyped(t *testing.T) {
	for _, field := range []string{"email", "username"} {
		h := open(t, func(c *signet.Config) {
			c.Limits.AccountFree, c.Limits.AccountHard = 1, 1
			c.Providers = append(c.Providers, credentials.New(
				func(context.Context, url.Values) (signet.Identity, error) {
					return signet.Identity{}, &signet.Refused{}
				},
				credentials.Options{ID: "own", Fields: []signet.Field{{Name: field}, {Name: "password", Type: "password"}}},
			))
		})
		c := h.courier(t)
		form := url.Values{"csrfToken": {c.csrf()}, field: {"typed@example.com"}, "password": {"hunter2 and more"}}
		c.post("/api/auth/callback/own", form)
		w := c.post("/api/auth/callback/own", form)
		if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), `value="typed@example.com"`) {
			t.Errorf("%s: %d, and what was typed is gone", field, w.Code)
		}
		if strings.Contains(w.Body.String(), "hunter2") || strings.Contains(w.Header().Get("Location"), "typed") {
			t.Errorf("%s: shown where it does not belong", field)
		}
	}
}
