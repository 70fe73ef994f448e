package signet_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet"
)

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
