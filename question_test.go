package signet_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Further questions.

const rightPIN = "2468"

// A turnstile is a provider that asks for a badge and then for its PIN.
type turnstile struct {
	info   signet.Info
	more   int // further questions before the last
	guards bool
	judged atomic.Int64 // PINs that were looked at
}

func newTurnstile(kind string) *turnstile {
	return &turnstile{guards: true, info: signet.Info{
		ID: "gate", Type: kind, Name: "Gate", Fields: []signet.Field{{Name: "badge"}}, Accounts: true,
	}}
}

func (p *turnstile) Info() signet.Info { return p.info }

func (p *turnstile) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	return signet.Redirect{To: "https://gate.example/?" + url.Values{"state": {a.ID}}.Encode()}, nil
}

func (p *turnstile) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	badge, asked, _ := strings.Cut(string(a.Keep), " ")
	if a.Keep == nil {
		badge = a.Fields.Get("badge") + a.Fields.Get("code") // code: of a visitor who comes back
	}
	if p.guards {
		if err := a.Guard(ctx, "badge:"+badge); err != nil {
			return nil, err
		}
	}
	switch {
	case badge == "":
		return nil, &signet.Refused{Code: "badge"}
	case a.Keep == nil || len(asked) < p.more:
		return signet.Form{
			Fields: []signet.Field{{Name: "pin", Label: "The PIN of your badge", Type: "password"}},
			Said:   "It is on the back.", Keep: []byte(badge + " " + asked + "x"),
		}, nil
	}
	p.judged.Add(1)
	if a.Fields.Get("attempt") != "" {
		return nil, errors.New("the provider sees what is not its own")
	}
	if a.Fields.Get("pin") != rightPIN {
		return nil, &signet.Refused{Code: "pin", Said: "That is not the PIN."}
	}
	return signet.Identity{Subject: badge, Name: "Han Bora", Methods: []string{"hwk", "pin"}}, nil
}

// knock shows a badge, and returns the page that asks for the PIN.
func (c *courier) knock(badge string, more ...string) string {
	c.t.Helper()
	form := url.Values{"badge": {badge}, "csrfToken": {c.csrf()}, "callbackUrl": {c.origin + "/posts?a=1"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	w := c.post("/api/auth/callback/gate", form)
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, c.origin+"/api/auth/step?attempt=") {
		c.t.Fatalf("badge: %d %s", w.Code, to)
	}
	return to
}

func attemptOf(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	return u.Query().Get("attempt")
}

// tell answers the question behind a page.
func (c *courier) tell(to, pin string) *httptest.ResponseRecorder {
	return c.post("/api/auth/callback/gate", url.Values{"attempt": {attemptOf(to)}, "pin": {pin}, "csrfToken": {c.csrf()}})
}

func TestQuestion(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, https, strategy, with(newTurnstile("credentials")))
		c := h.courier(t)
		to := c.knock("b-7")
		page := c.get(strings.TrimPrefix(to, c.origin))
		for _, want := range []string{"The PIN of your badge", "It is on the back.", `name="pin" type="password"`, `action="` + site + `/api/auth/callback/gate"`, `value="` + attemptOf(to) + `"`} {
			if !strings.Contains(page.Body.String(), want) {
				t.Errorf("the page has no %s", want)
			}
		}
		if page.Code != http.StatusOK || c.who() != "null" {
			t.Fatalf("page %d, session %s", page.Code, c.who())
		}
		if strings.Contains(strings.Join(c.cookies, " "), "b-7") {
			t.Error("what is kept can be read")
		}
		w := c.tell(to, rightPIN)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != site+"/posts?a=1" || !strings.Contains(c.who(), "Han Bora") {
			t.Errorf("PIN: %d %s, session %s", w.Code, w.Header().Get("Location"), c.who())
		}
		if c.cookie("__Host-authjs.attempts") != "" {
			t.Error("the question is left over")
		}
	})
}

func TestQuestionAskedAgain(t *testing.T) {
	h := open(t, with(newTurnstile("credentials")))
	c := h.courier(t)
	to := c.knock("b-7")
	w := c.tell(to, "0000")
	again := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || attemptOf(again) == "" || attemptOf(again) == attemptOf(to) || !strings.Contains(again, "code=pin") {
		t.Fatalf("a wrong PIN leads to %d %s", w.Code, again)
	}
	if n := strings.Count(strings.Join(w.Header()["Set-Cookie"], "\n"), "authjs.attempts="); n != 1 {
		t.Errorf("%d lines for one cookie", n)
	}
	page := c.get(strings.TrimPrefix(again, c.origin)).Body.String()
	if !strings.Contains(page, "That is not the PIN.") || !strings.Contains(page, `role="alert"`) || strings.Contains(page, "0000") {
		t.Errorf("page = %s", page)
	}
	if w := c.tell(again, rightPIN); w.Header().Get("Location") != c.origin+"/posts?a=1" || !strings.Contains(c.who(), "Han Bora") {
		t.Errorf("%d %s, session %s", w.Code, w.Header().Get("Location"), c.who())
	}
}

// The clients of both generations go where the JSON says.
func TestQuestionForClients(t *testing.T) {
	for name, ask := range map[string]func(*courier, url.Values) *httptest.ResponseRecorder{
		"v5": func(c *courier, form url.Values) *httptest.ResponseRecorder {
			form.Set("csrfToken", c.csrf())
			c.header.Set("X-Auth-Return-Redirect", "1")
			defer c.header.Del("X-Auth-Return-Redirect")
			return c.post("/api/auth/callback/gate?", form)
		},
		"v4": func(c *courier, form url.Values) *httptest.ResponseRecorder {
			form.Set("csrfToken", c.csrf())
			form.Set("json", "true")
			return c.post("/api/auth/callback/gate", form)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, with(newTurnstile("credentials")))
			c := h.courier(t)
			to := ""
			next := func(form url.Values) string {
				w := ask(c, form)
				var body struct{ URL string }
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				return body.URL
			}
			to = next(url.Values{"badge": {"b-7"}, "callbackUrl": {"/posts"}})
			if !strings.HasPrefix(to, "http://localhost/api/auth/step?attempt=") || strings.Contains(to, "error=") {
				t.Fatalf("url = %s", to)
			}
			to = next(url.Values{"attempt": {attemptOf(to)}, "pin": {"0000"}, "callbackUrl": {"/elsewhere"}})
			if strings.Contains(to, "error=") || attemptOf(to) == "" {
				t.Fatalf("after a wrong PIN: url = %s", to) // with an error the client would drop the handle
			}
			to = next(url.Values{"attempt": {attemptOf(to)}, "pin": {rightPIN}, "callbackUrl": {"/elsewhere"}})
			if to != "http://localhost/posts" || !strings.Contains(c.who(), "Han Bora") {
				t.Errorf("url = %s, session %s", to, c.who())
			}
		})
	}
}

// TestS121_NobodyBeforeTheLastAnswer: half a sign-in opens nothing, leaves no session in the
// store, and does not make the browser a known one.
func TestS121_NobodyBeforeTheLastAnswer(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		gate := newTurnstile("credentials")
		gate.more = 2
		h := open(t, strategy, with(gate), func(c *signet.Config) { c.Protect = []string{"/secret/:path*"} })
		c := h.courier(t)
		to := c.knock("b-7")
		for range 2 {
			half := strings.Join(c.cookies, " ")
			if strings.Contains(half, "session-token") || strings.Contains(half, ".device") {
				t.Fatalf("cookies: %s", half)
			}
			for _, path := range append([]string{"/posts"}, everyRoute...) {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					b := c.copied()
					w := b.send(method, "/api/auth"+path, "application/x-www-form-urlencoded", "csrfToken="+b.csrf())
					if strings.Contains(w.Body.String(), "Bora") || b.who() != "null" {
						t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
					}
				}
			}
			for _, path := range []string{"/mine/x", "/secret/x"} {
				if w := c.get(path); w.Code == http.StatusOK {
					t.Errorf("%s is open", path)
				}
			}
			if _, err := h.stores.Accounts.Account(t.Context(), "gate", "b-7"); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("there is an account: %v", err)
			}
			to = c.tell(to, rightPIN).Header().Get("Location")
		}
		if got := c.who(); !strings.Contains(got, "Han Bora") || attemptOf(to) != "" {
			t.Errorf("in the end: %s, session %s", to, got)
		}
	})
}

// TestS62_AnswersThatBelongToNoQuestion: browser, provider, time and form have to be those of
// the question, and each is answered once.
func TestS62_AnswersThatBelongToNoQuestion(t *testing.T) {
	for name, answer := range map[string]func(h *house, c *courier, to string) *httptest.ResponseRecorder{
		"in another browser": func(h *house, c *courier, to string) *httptest.ResponseRecorder {
			return h.courier(c.t).tell(to, rightPIN)
		},
		"of another attempt": func(h *house, c *courier, _ string) *httptest.ResponseRecorder {
			return c.tell(h.courier(c.t).knock("b-7"), rightPIN)
		},
		"a second too late": func(h *house, c *courier, to string) *httptest.ResponseRecorder {
			h.clock.Advance(15*time.Minute + time.Second)
			return c.tell(to, rightPIN)
		},
		"too late, though it was asked again": func(h *house, c *courier, to string) *httptest.ResponseRecorder {
			h.clock.Advance(10 * time.Minute)
			to = c.tell(to, "0000").Header().Get("Location")
			h.clock.Advance(5*time.Minute + time.Second)
			return c.tell(to, rightPIN)
		},
		"at another provider": func(_ *house, c *courier, to string) *httptest.ResponseRecorder {
			return c.post("/api/auth/callback/other", url.Values{"attempt": {attemptOf(to)}, "pin": {rightPIN}, "csrfToken": {c.csrf()}})
		},
		"without the token of the form": func(_ *house, c *courier, to string) *httptest.ResponseRecorder {
			return c.post("/api/auth/callback/gate", url.Values{"attempt": {attemptOf(to)}, "pin": {rightPIN}})
		},
		"by a link": func(_ *house, c *courier, to string) *httptest.ResponseRecorder {
			return c.get("/api/auth/callback/gate?" + url.Values{"attempt": {attemptOf(to)}, "pin": {rightPIN}, "csrfToken": {c.csrf()}}.Encode())
		},
		"as somebody who comes back": func(_ *house, c *courier, to string) *httptest.ResponseRecorder {
			return c.get("/api/auth/callback/gate?" + url.Values{"state": {attemptOf(to)}, "pin": {rightPIN}}.Encode())
		},
		"with cookies of a secret that went": func(h *house, c *courier, to string) *httptest.ResponseRecorder {
			if err := h.Rekey(secretsOf(newSecret)); err != nil {
				c.t.Fatal(err)
			}
			return c.tell(to, rightPIN)
		},
		"a second time": func(_ *house, c *courier, to string) *httptest.ResponseRecorder {
			before := c.copied()
			c.tell(to, "0000")
			return before.tell(to, rightPIN)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []string{"credentials", "oauth"} {
				gate, other := newTurnstile(kind), newTurnstile(kind)
				other.info.ID = "other"
				h := open(t, with(gate, other))
				c := h.courier(t)
				to := ""
				if kind == "credentials" {
					to = c.knock("b-7")
				} else {
					to = c.come("gate", c.depart("gate")).Header().Get("Location")
				}
				if attemptOf(to) == "" {
					t.Fatalf("%s: nothing is asked: %s", kind, to)
				}
				if name == "of another attempt" && kind == "oauth" {
					continue // there a badge can be shown nowhere but at the other site
				}
				w := answer(h, c, to)
				if got := c.who(); got != "null" || w.Code >= 500 || strings.Contains(w.Header().Get("Set-Cookie"), "session-token") {
					t.Errorf("%s: %d %s, session %s", kind, w.Code, w.Header().Get("Location"), got)
				}
			}
		})
	}
}

// A provider that sends visitors away may ask as well, also for a way that is added.
func TestQuestionAfterAnotherSite(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, with(newTurnstile("oauth")))
		c := h.courier(t)
		c.signIn()
		before := sessionUser(t, h, c)
		to := c.come("gate", c.depart("gate")).Header().Get("Location")
		if w := c.tell(to, rightPIN); errorOf(t, w.Header().Get("Location")) != "" || sessionUser(t, h, c) != before {
			t.Fatalf("%s, user %q", w.Header().Get("Location"), sessionUser(t, h, c))
		}
		other := h.courier(t)
		to = other.come("gate", other.depart("gate")).Header().Get("Location")
		other.tell(to, rightPIN)
		if got := sessionUser(t, h, other); got != before {
			t.Errorf("by the new way: %q, want %q", got, before)
		}
	})
}

// TestS80_AQuestionIsBoundToTheSessionThatBegan: who signs out, or is somebody else by then,
// adds nothing.
func TestS80_AQuestionIsBoundToTheSessionThatBegan(t *testing.T) {
	for name, change := range map[string]func(c *courier){
		"signed out":      func(c *courier) { c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}}) },
		"signed in again": func(c *courier) { c.signIn() },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, with(newTurnstile("oauth")))
			c := h.courier(t)
			c.signIn()
			to := c.come("gate", c.depart("gate")).Header().Get("Location")
			change(c)
			c.tell(to, rightPIN)
			if _, err := h.stores.Accounts.Account(t.Context(), "gate", "a-code"); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("the way was added: %v", err)
			}
		})
	}
}

// Programs hear 202 with what is asked, and answer at the same address.
func TestLogInAsksOn(t *testing.T) {
	h := open(t, with(newTurnstile("credentials")))
	login := h.LogIn("gate", http.StatusCreated)
	c := h.courier(t)
	c.handler = login
	type question struct {
		Attempt, Code, Said, URL string
		Fields                   []struct{ Name, Label, Type string }
	}
	asks := func(status int, v any) question {
		t.Helper()
		w := c.postJSON("/api/login", v)
		var q question
		if err := json.Unmarshal(w.Body.Bytes(), &q); err != nil || w.Code != status || q.Attempt == "" {
			t.Fatalf("%d %s, want %d", w.Code, w.Body, status)
		}
		return q
	}
	q := asks(http.StatusAccepted, map[string]string{"badge": "b-7"})
	if len(q.Fields) != 1 || q.Fields[0].Name != "pin" || q.Fields[0].Type != "password" || q.Said != "It is on the back." || q.Code != "" {
		t.Errorf("question = %+v", q)
	}
	stranger := h.courier(t)
	stranger.handler = login
	if w := stranger.postJSON("/api/login", map[string]string{"attempt": q.Attempt, "pin": rightPIN}); w.Code != http.StatusUnauthorized || w.Body.String() != "null" {
		t.Errorf("in another browser: %d %s", w.Code, w.Body)
	}
	q = asks(http.StatusUnauthorized, map[string]string{"attempt": q.Attempt, "pin": "0000"})
	if q.Code != "pin" || q.Said != "That is not the PIN." {
		t.Errorf("question = %+v", q)
	}
	w := c.postJSON("/api/login", map[string]string{"attempt": q.Attempt, "pin": rightPIN})
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), "Han Bora") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.handler = h.handler
	if got := c.who(); !strings.Contains(got, "Han Bora") {
		t.Errorf("session = %s", got)
	}
}

// A page of the application's own is told which question it is, and can fetch it.
func TestQuestionOnAnotherPage(t *testing.T) {
	h := open(t, https, with(newTurnstile("credentials")), func(c *signet.Config) {
		c.Pages.Step, c.Protect = "/more?x=1", []string{"/:path*"}
	})
	c := h.courier(t)
	w := c.post("/api/auth/callback/gate", url.Values{"badge": {"b-7"}, "csrfToken": {c.csrf()}})
	to := w.Header().Get("Location")
	if want := site + "/more?x=1&attempt=" + attemptOf(to) + "&provider=gate"; to != want || attemptOf(to) == "" {
		t.Fatalf("asked at %s, want %s", to, want)
	}
	if w := c.get("/more?x=1"); w.Code != http.StatusOK {
		t.Errorf("the page itself: %d", w.Code)
	}
	c.header.Set("Accept", "application/json")
	got := c.get("/api/auth/step?attempt=" + attemptOf(to))
	if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"fields":[{"name":"pin","label":"The PIN of your badge","type":"password"}]`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	stranger := h.courier(t)
	if got := stranger.get("/api/auth/step?attempt=" + attemptOf(to)); strings.Contains(got.Body.String(), "PIN") || errorOf(t, got.Header().Get("Location")) != "OAuthCallback" {
		t.Errorf("in another browser: %d %s", got.Code, got.Body)
	}
}
