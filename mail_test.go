package signet_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet"
)

// Sign-in by letter, and what else is mailed.

func TestSignInByLetter(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for _, way := range []string{"link", "code"} {
			t.Run(way, func(t *testing.T) {
				post := &postman{signUp: true}
				h := open(t, https, strategy, with(post))
				c := h.courier(t)
				w := c.askLetter("Jieun@Example.com")
				if to := w.Header().Get("Location"); to != site+"/api/auth/verify-request?provider=email&type=email" {
					t.Fatalf("sent to %s", to)
				}
				l := post.got(t, 1)
				if l.To != "Jieun@example.com" && l.To != "Jieun@Example.com" || len(l.Code) != 6 || !strings.HasPrefix(l.Link, site+"/api/auth/callback/email?") {
					t.Fatalf("letter: %+v", l)
				}
				if page := c.get("/api/auth/verify-request?provider=email&type=email"); !strings.Contains(page.Body.String(), `name=code`) && !strings.Contains(page.Body.String(), `name="code"`) {
					t.Errorf("no form for the code: %s", page.Body)
				}
				if way == "link" {
					w = c.press(l.Link)
				} else {
					w = c.post("/api/auth/callback/email", url.Values{"csrfToken": {c.csrf()}, "code": {l.Code}})
				}
				if w.Code != http.StatusSeeOther || w.Header().Get("Location") != site+"/posts" {
					t.Fatalf("%d %s %s", w.Code, w.Header().Get("Location"), w.Body)
				}
				u, err := h.stores.Users.User(t.Context(), signet.By{Email: "jieun@example.com"})
				if err != nil || u.EmailVerified.IsZero() {
					t.Errorf("user = %+v, %v", u, err)
				}
				if got := sessionUser(t, h, c); got != u.ID {
					t.Errorf("session of %q, want %q", got, u.ID)
				}
			})
		}
	})
}

// TestS53_ProgramsThatOpenLinks do not use them up, and neither does a stranger.
func TestS53_ProgramsThatOpenLinks(t *testing.T) {
	post := &postman{signUp: true}
	h := open(t, with(post))
	c := h.courier(t)
	c.askLetter("jieun@example.com")
	link := post.got(t, 1).Link
	scanner := h.courier(t)
	for range 3 {
		if w := scanner.get(pathOf(link)); w.Code != http.StatusOK || scanner.who() != "null" {
			t.Errorf("GET by somebody else: %d", w.Code)
		}
		scanner.send(http.MethodHead, pathOf(link), "", "")
	}
	if w := scanner.press(link); scanner.who() != "null" || w.Code != http.StatusForbidden {
		t.Errorf("POST in another browser: %d, session %s", w.Code, scanner.who())
	}
	c.get(pathOf(link))
	if c.press(link); c.who() == "null" {
		t.Error("the owner's own click does not work any more")
	}
}

// TestS51_ALinkWorksOnce: fifty times at once, and later.
func TestS51_ALinkWorksOnce(t *testing.T) {
	post := &postman{signUp: true}
	h := open(t, with(post))
	c := h.courier(t)
	c.askLetter("jieun@example.com")
	link := post.got(t, 1).Link
	token := c.csrf()
	var in atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		mine := c.copied()
		all.Go(func() {
			mine.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}})
			if mine.who() != "null" {
				in.Add(1)
			}
		})
	}
	all.Wait()
	late := c.copied()
	late.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}})
	if in.Load() != 1 || late.who() != "null" {
		t.Errorf("%d of 50 signed in, and later %s", in.Load(), late.who())
	}
}

// TestS56_HostOfLinks: it is ours, whatever a request says.
func TestS56_HostOfLinks(t *testing.T) {
	post := &postman{signUp: true}
	h := open(t, https, with(post))
	c := h.courier(t)
	token := c.csrf()
	c.header.Set("X-Forwarded-Host", "evil.example")
	c.header.Set("X-Forwarded-Proto", "http")
	c.header.Set("Forwarded", "host=evil.example")
	c.post("/api/auth/signin/email", url.Values{"csrfToken": {token}, "email": {"jieun@example.com"}, "callbackUrl": {"https://evil.example/"}})
	if l := post.got(t, 1); !strings.HasPrefix(l.Link, site+"/") || strings.Contains(l.Link, "evil") {
		t.Errorf("link = %s", l.Link)
	}
}

// TestS43_NobodyLearnsWhoHasAnAccount: a closed sign-in by letter, a forgotten password and
// a sign-up answer the same for everybody.
func TestS43_NobodyLearnsWhoHasAnAccount(t *testing.T) {
	post := &postman{}
	h := open(t, with(post))
	answers := func(email string) string {
		c := h.courier(t)
		var b strings.Builder
		for _, w := range []*httptest.ResponseRecorder{
			c.askLetter(email),
			c.get("/api/auth/verify-request?provider=email&type=email"),
			c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {email}}),
			c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {email}, "name": {"N"}, "password": {"a passphrase of nobody"}}),
			c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {c.csrf()}, "email": {email}, "password": {"a passphrase of nobody"}}),
		} {
			b.WriteString(http.StatusText(w.Code) + w.Header().Get("Location"))
			b.WriteString(strings.ReplaceAll(changing.ReplaceAllString(w.Body.String(), ""), email, "EMAIL"))
		}
		return b.String()
	}
	if known, unknown := answers(minsuEmail), answers("nobody@example.com"); known != unknown {
		t.Errorf("known:\n%s\nunknown:\n%s", known, unknown)
	}
}

// changing is what differs from one answer to the next anyway.
var changing = regexp.MustCompile(`nonce="?[^" >]*|nonce-[^']*|value="?[0-9a-f]{64}"?`)

// TestS79_OwnerOfAnUnprovenAccount: who can read the mail gets the account, and what
// somebody else left in it is dead.
func TestS79_OwnerOfAnUnprovenAccount(t *testing.T) {
	ways := map[string]func(*testing.T, *postman, *courier){
		"sign-in by letter": func(t *testing.T, post *postman, c *courier) {
			c.askLetter("victim@example.com")
			c.press(post.got(t, 1).Link)
		},
		"forgotten password": func(t *testing.T, post *postman, c *courier) {
			c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {"victim@example.com"}})
			c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(post.got(t, 1).Link)}, "password": {"a passphrase of the victim"}})
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				post := &postman{signUp: true}
				h := open(t, strategy, with(post, somewhere("evil", false).is(signet.Identity{Subject: "attacker"})))
				u := h.person(t, "victim@example.com", false) // opened by the attacker
				attacker := h.courier(t)
				in := func() *httptest.ResponseRecorder {
					return attacker.post("/api/auth/callback/credentials", url.Values{"email": {"victim@example.com"}, "password": {minsuPassword}, "csrfToken": {attacker.csrf()}})
				}
				in()
				attacker.come("evil", attacker.depart("evil"))
				if got := sessionUser(t, h, attacker); got != u.ID {
					t.Fatalf("attacker is %q", got)
				}
				victim := h.courier(t)
				way(t, post, victim)
				soon(t, "the attacker's session goes on", func() bool { return attacker.copied().who() == "null" })
				in()
				if attacker.who() != "null" {
					t.Error("the attacker's password works")
				}
				attacker.come("evil", attacker.depart("evil"))
				if got := sessionUser(t, h, attacker); got == u.ID {
					t.Error("the attacker's other way works")
				}
			})
		})
	}
}

// A sign-up with mail opens the account behind the link, in the browser that asked.
func TestSignUpByMail(t *testing.T) {
	post := &postman{}
	h := open(t, with(post))
	c := h.courier(t)
	signUp := func(c *courier, email string) *httptest.ResponseRecorder {
		return c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {email}, "name": {"Jieun"}, "password": {"a passphrase of jieun"}})
	}
	if w := signUp(c, "jieun@example.com"); w.Code != http.StatusOK || c.who() != "null" {
		t.Fatalf("%d, session %s", w.Code, c.who())
	}
	l := post.got(t, 1)
	if _, err := h.stores.Users.User(t.Context(), signet.By{Email: "jieun@example.com"}); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("a user before the link was followed: %v", err)
	}
	stranger := h.courier(t)
	if page := stranger.get(pathOf(l.Link)).Body.String(); strings.Contains(page, tokenOf(l.Link)) || strings.Contains(page, "jieun@example.com") {
		t.Errorf("another browser sees the button: %s", page)
	}
	if stranger.press(l.Link); stranger.who() != "null" {
		t.Error("another browser is signed in")
	}
	if w := c.press(l.Link); w.Code != http.StatusSeeOther || !strings.Contains(c.who(), "jieun@example.com") {
		t.Fatalf("%d, session %s", w.Code, c.who())
	}
	u, err := h.stores.Users.User(t.Context(), signet.By{Email: "jieun@example.com"})
	if err != nil || u.EmailVerified.IsZero() {
		t.Errorf("user = %+v, %v", u, err)
	}
	again := h.courier(t)
	signUp(again, "jieun@example.com")
	if l := post.got(t, 2); l.Kind != signet.LetterKnown || strings.Contains(l.Link, "token") {
		t.Errorf("to the owner: %+v", l)
	}
}
