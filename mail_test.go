package signet_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// Sign-in by letter, and what else is mailed.

// A postman is a provider of the type email that keeps what it is given to send.
type postman struct {
	signUp bool
	broken bool

	mu      sync.Mutex
	letters []signet.Letter
}

func (p *postman) Info() signet.Info {
	return signet.Info{ID: "email", Type: "email", Name: "E-mail", SignUp: p.signUp, Fields: []signet.Field{{Name: "email", Type: "email"}}}
}

func (p *postman) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	to, err := signet.ParseEmail(a.Fields.Get("email"))
	if err != nil {
		return nil, &signet.Refused{Kind: "EmailSignin", Code: "email"}
	}
	return signet.Mail{To: to, Keep: []byte("kept")}, nil
}

func (p *postman) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	if string(a.Keep) != "kept" {
		return nil, errors.New("kept something else")
	}
	to := a.Fields.Get("email")
	return signet.Identity{Subject: signet.FoldEmail(to), Email: to, EmailVerified: true, Methods: []string{"otp"}}, nil
}

func (p *postman) Mail(_ context.Context, l signet.Letter) error {
	if p.broken {
		return errors.New("postman: the next server does not answer")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
	return nil
}

// got waits for the n-th letter.
func (p *postman) got(t *testing.T, n int) signet.Letter {
	t.Helper()
	var l signet.Letter
	soon(t, "no such letter", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.letters) < n {
			return false
		}
		l = p.letters[n-1]
		return true
	})
	return l
}

func (p *postman) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.letters)
}

func (c *courier) askLetter(email string) *httptest.ResponseRecorder {
	return c.post("/api/auth/signin/email", url.Values{"csrfToken": {c.csrf()}, "email": {email}, "callbackUrl": {c.origin + "/posts"}})
}

// press opens a mailed link and presses the button behind it.
func (c *courier) press(link string) *httptest.ResponseRecorder {
	c.t.Helper()
	page := c.get(pathOf(link))
	form := url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(link)}}
	action := "/api/auth/callback/email"
	if strings.Contains(link, "/verify?") {
		u, _ := url.Parse(link)
		action = "/api/auth/verify?kind=" + u.Query().Get("kind")
	}
	if page.Code != http.StatusOK {
		c.t.Logf("the page behind the link: %d", page.Code)
	}
	return c.post(action, form)
}

func pathOf(link string) string { u, _ := url.Parse(link); return u.RequestURI() }

func tokenOf(link string) string { u, _ := url.Parse(link); return u.Query().Get("token") }

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

// Also one that needs no browser of its own.
func TestS51_AResetLinkWorksOnce(t *testing.T) {
	post := &postman{}
	h := open(t, with(post))
	c := h.courier(t)
	c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}})
	link, token := post.got(t, 1).Link, c.csrf()
	var set atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		mine := c.copied()
		all.Go(func() {
			w := mine.post("/api/auth/reset", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}, "password": {"a fresh passphrase 92"}})
			if w.Code == http.StatusSeeOther {
				set.Add(1)
			}
		})
	}
	all.Wait()
	late := c.post("/api/auth/reset", url.Values{"csrfToken": {token}, "token": {tokenOf(link)}, "password": {"a fresh passphrase 93"}})
	if set.Load() != 1 || late.Code != http.StatusForbidden {
		t.Errorf("%d of 20 set a password, and later %d", set.Load(), late.Code)
	}
}

// TestS52_LifeOfWhatIsMailed: to the second, and a newer letter voids the older.
func TestS52_LifeOfWhatIsMailed(t *testing.T) {
	for _, test := range []struct {
		name string
		wait time.Duration
		code bool
		ok   bool
	}{
		{"a link in time", 15*time.Minute - time.Second, false, true},
		{"a link too late", 15 * time.Minute, false, false},
		{"a code in time", 10*time.Minute - time.Second, true, true},
		{"a code too late", 10 * time.Minute, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			post := &postman{signUp: true}
			h := open(t, with(post))
			c := h.courier(t)
			c.askLetter("jieun@example.com")
			l := post.got(t, 1)
			h.clock.Advance(test.wait)
			if test.code {
				c.post("/api/auth/callback/email", url.Values{"csrfToken": {c.csrf()}, "code": {l.Code}})
			} else {
				c.press(l.Link)
			}
			if ok := c.who() != "null"; ok != test.ok {
				t.Errorf("signed in %t", ok)
			}
		})
	}
	t.Run("a newer one was sent", func(t *testing.T) {
		post := &postman{signUp: true}
		h := open(t, with(post))
		c := h.courier(t)
		c.askLetter("jieun@example.com")
		c.askLetter("jieun@example.com")
		old, newer := post.got(t, 1), post.got(t, 2)
		if c.press(old.Link); c.who() != "null" {
			t.Error("the older link works")
		}
		if c.press(newer.Link); c.who() == "null" {
			t.Error("the newer link does not work")
		}
	})
}

// TestS54_GuessingACode: five tries, also at once, and three letters an hour.
func TestS54_GuessingACode(t *testing.T) {
	post := &postman{signUp: true}
	h := open(t, with(post))
	c := h.courier(t)
	c.askLetter("jieun@example.com")
	l := post.got(t, 1)
	wrong := "000000"
	if l.Code == wrong {
		wrong = "000001"
	}
	token := c.csrf()
	var all sync.WaitGroup
	for range 20 {
		mine := c.copied()
		all.Go(func() {
			mine.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "code": {wrong}})
			if mine.who() != "null" {
				t.Error("signed in with a wrong code")
			}
		})
	}
	all.Wait()
	if w := c.post("/api/auth/callback/email", url.Values{"csrfToken": {token}, "code": {l.Code}}); w.Code != http.StatusTooManyRequests || c.who() != "null" {
		t.Errorf("the right code after 20 wrong ones: %d, session %s", w.Code, c.who())
	}
	if c.press(l.Link); c.who() == "null" {
		t.Error("guessing codes broke the link")
	}
	other := h.courier(t)
	for range 2 {
		other.askLetter("jieun@example.com")
	}
	if w := other.askLetter("jieun@example.com"); !strings.Contains(w.Header().Get("Location")+w.Body.String(), "TooManyRequests") && w.Code != http.StatusTooManyRequests {
		t.Errorf("the fourth letter in an hour: %d %s", w.Code, w.Header().Get("Location"))
	}
	if n := post.count(); n != 3 {
		t.Errorf("%d letters", n)
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

// TestS55_ForgottenPassword: the link sets one, signs nobody in, ends sessions, tells.
func TestS55_ForgottenPassword(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		post := &postman{}
		h := open(t, strategy, with(post))
		h.prove(t, minsuEmail) // what an unproven account loses is another matter
		old := h.courier(t)
		old.signIn()
		h.clock.Advance(time.Second)
		c := h.courier(t)
		c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}})
		l := post.got(t, 1)
		if l.Kind != signet.LetterReset || l.To != minsuEmail {
			t.Fatalf("letter: %+v", l)
		}
		if w := c.get(pathOf(l.Link)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "new-password") {
			t.Errorf("page: %d %s", w.Code, w.Body)
		}
		if w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {"short"}}); w.Code != http.StatusBadRequest {
			t.Errorf("weak password: %d", w.Code)
		}
		const fresh = "a fresh passphrase 92"
		w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {fresh}})
		if w.Code != http.StatusSeeOther || c.who() != "null" {
			t.Fatalf("%d %s, session %s", w.Code, w.Header().Get("Location"), c.who())
		}
		soon(t, "an old session goes on", func() bool { return old.copied().who() == "null" })
		if l := post.got(t, 2); l.Kind != signet.LetterNewPass || l.To != minsuEmail {
			t.Errorf("letter: %+v", l)
		}
		for plain, want := range map[string]bool{fresh: true, minsuPassword: false} {
			c := h.courier(t)
			c.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}, "password": {plain}, "csrfToken": {c.csrf()}})
			if in := c.who() != "null"; in != want {
				t.Errorf("with %q signed in %t", plain, in)
			}
		}
		if w := c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "token": {tokenOf(l.Link)}, "password": {"another passphrase 93"}}); w.Code != http.StatusForbidden {
			t.Errorf("the link again: %d", w.Code)
		}
	})
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
