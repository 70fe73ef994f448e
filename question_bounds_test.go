package signet_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet"
)

// How often, how much and how long a provider may ask.

// TestS45_AnswersAreCounted: of a thousand guesses at once one is looked at, an attempt has
// five, and each costs the account a try.
func TestS45_AnswersAreCounted(t *testing.T) {
	t.Run("at once", func(t *testing.T) {
		gate := newTurnstile("credentials")
		h := open(t, roomy, with(gate))
		c := h.courier(t)
		to, token := c.knock("b-7"), c.csrf()
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				c.copied().post("/api/auth/callback/gate", url.Values{"attempt": {attemptOf(to)}, "pin": {fmt.Sprintf("%04d", i)}, "csrfToken": {token}})
			})
		}
		all.Wait()
		if n := gate.judged.Load(); n != 1 {
			t.Errorf("%d guesses were looked at", n)
		}
	})
	t.Run("in one attempt", func(t *testing.T) {
		gate := newTurnstile("credentials")
		h := open(t, roomy, with(gate))
		c := h.courier(t)
		to := c.knock("b-7")
		for range 20 {
			if next := c.tell(to, "0000").Header().Get("Location"); attemptOf(next) != "" {
				to = next
			}
		}
		if n := gate.judged.Load(); n != 5 {
			t.Errorf("%d guesses", n)
		}
	})
	for _, guards := range []bool{true, false} {
		t.Run(fmt.Sprintf("of one account, a provider that counts later answers: %t", guards), func(t *testing.T) {
			gate := newTurnstile("credentials")
			h := open(t, with(gate), func(c *signet.Config) {
				c.Limits = signet.Limits{AccountFree: 8, AccountHard: 8}
			})
			c := h.courier(t)
			for range 6 {
				form := url.Values{"badge": {"b-7"}, "csrfToken": {c.csrf()}}
				to := c.post("/api/auth/callback/gate", form).Header().Get("Location")
				gate.guards = guards
				for range 6 {
					if next := c.tell(to, "0000").Header().Get("Location"); attemptOf(next) != "" {
						to = next
					}
				}
				gate.guards = true
			}
			if n := gate.judged.Load(); n > 8 || n == 0 {
				t.Errorf("%d guesses", n)
			}
		})
	}
}

// Whoever signs in rightly, as often as they like, runs into no bound.
func TestQuestionsThatWereRightCostNothing(t *testing.T) {
	gate := newTurnstile("credentials")
	gate.more = 3
	h := open(t, with(gate), func(c *signet.Config) { c.Limits = signet.Limits{AccountFree: 5, AccountHard: 5} })
	for i := range 20 {
		c := h.courier(t)
		to := c.knock("b-7")
		for range 3 {
			to = c.tell(to, rightPIN).Header().Get("Location")
		}
		if !strings.Contains(c.who(), "Han Bora") {
			t.Fatalf("sign-in %d ends at %s", i, to)
		}
	}
}

// Wrong answers stay counted, whatever comes after them.
func TestS45_WrongAnswersStayCounted(t *testing.T) {
	gate := newTurnstile("credentials")
	h := open(t, with(gate), func(c *signet.Config) { c.Limits = signet.Limits{AccountFree: 5, AccountHard: 5} })
	for range 20 {
		c := h.courier(t) // without the cookie of a browser that signed in before
		w := c.post("/api/auth/callback/gate", url.Values{"badge": {"b-7"}, "csrfToken": {c.csrf()}})
		if w.Code != http.StatusSeeOther {
			break
		}
		to := c.tell(w.Header().Get("Location"), "0000").Header().Get("Location")
		c.tell(to, rightPIN)
	}
	if n := gate.judged.Load(); n > 10 {
		t.Errorf("%d answers were looked at", n)
	}
}

// A provider cannot ask for ever.
func TestQuestionsEnd(t *testing.T) {
	gate := newTurnstile("credentials")
	gate.more = 50
	h := open(t, roomy, with(gate))
	c := h.courier(t)
	to := c.knock("b-7")
	for n := 1; ; n++ {
		next := c.tell(to, rightPIN).Header().Get("Location")
		if attemptOf(next) == "" {
			if n != 5 || errorOf(t, next) != "CredentialsSignin" {
				t.Errorf("after %d answers: %s", n, next)
			}
			return
		}
		if to = next; n == 20 {
			t.Fatal("20 answers, and asked again")
		}
	}
}

func TestTooMuchOfAQuestion(t *testing.T) {
	for name, f := range map[string]signet.Form{
		"no fields":             {Keep: []byte("x")},
		"nine fields":           {Fields: make([]signet.Field, 9), Keep: []byte("x")},
		"long labels":           {Fields: []signet.Field{{Name: "a", Label: strings.Repeat("가", 300)}}, Keep: []byte("x")},
		"all of it at once":     {Fields: []signet.Field{{Name: "a", Label: strings.Repeat("x", 700)}}, Said: strings.Repeat("x", 256), Keep: make([]byte, 1536)},
		"more than it may keep": {Fields: []signet.Field{{Name: "a"}}, Keep: make([]byte, 1537)},
	} {
		t.Run(name, func(t *testing.T) {
			p := somewhere("corp", true)
			p.identity = func(*signet.Attempt) (signet.Step, error) { return f, nil }
			h := open(t, with(p))
			c := h.courier(t)
			if w := c.come("corp", c.depart("corp")); errorOf(t, w.Header().Get("Location")) != "Configuration" {
				t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
			}
		})
	}
	t.Run("all that fits", func(t *testing.T) {
		p := somewhere("corp", true)
		p.identity = func(*signet.Attempt) (signet.Step, error) {
			return signet.Form{
				Fields: []signet.Field{{Name: "pin", Label: strings.Repeat("가", 230)}}, Said: strings.Repeat("나", 300),
				Keep: make([]byte, 1024),
			}, nil
		}
		h := open(t, https, with(p))
		c := h.courier(t)
		to := c.come("corp", c.depart("corp", "callbackUrl", site+"/"+strings.Repeat("x", 900))).Header().Get("Location")
		if n := len(c.cookie("__Host-authjs.attempts")); attemptOf(to) == "" || n > 4000 {
			t.Errorf("asked at %s, with a cookie of %d bytes", to, n)
		}
	})
}
