package signet_test

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/signettest"
)

// watched counts how often the session of a browser was told to be over.
func watched(t *testing.T, h *house, b *signettest.Browser) (*atomic.Int64, func()) {
	t.Helper()
	r, _ := http.NewRequest(http.MethodGet, h.origin+"/", nil)
	for _, c := range b.Cookies() {
		r.AddCookie(c)
	}
	s := h.Session(r)
	if s == nil {
		t.Fatal("no session")
	}
	var over atomic.Int64
	return &over, h.Watch(s, func() { over.Add(1) })
}

func TestWatchIsToldOnceWhenTheSessionEnds(t *testing.T) {
	ends := map[string]func(t *testing.T, h *house, b *signettest.Browser){
		"sign-out": func(t *testing.T, h *house, b *signettest.Browser) {
			b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
		},
		"all sessions ended by another process": func(t *testing.T, h *house, b *signettest.Browser) {
			u, err := h.stores.Users.User(context.Background(), signet.By{Email: minsuEmail})
			if err == nil {
				_, err = h.stores.Sessions.EndSessions(context.Background(), signet.Ending{UserID: u.ID, At: h.clock.Now()})
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"user disabled": func(t *testing.T, h *house, b *signettest.Browser) {
			u, err := h.stores.Users.User(context.Background(), signet.By{Email: minsuEmail})
			if err != nil {
				t.Fatal(err)
			}
			u.Disabled, u.Updated = true, h.clock.Now()
			if _, err = h.stores.Users.UpdateUser(context.Background(), u); err != nil {
				t.Fatal(err)
			}
		},
	}
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				h := open(t, strategy)
				b, other := h.browser(t), h.browser(t)
				signIn(b, minsuPassword)
				signIn(other, minsuPassword)
				over, stop := watched(t, h, b)
				defer stop()
				end(t, h, b)
				soon(t, "nobody was told", func() bool { return over.Load() == 1 })
			})
		}
	})
}

func TestWatchOfAnotherSessionHearsNothing(t *testing.T) {
	h := open(t)
	b, other := h.browser(t), h.browser(t)
	signIn(b, minsuPassword)
	signIn(other, minsuPassword)
	heard, stop := watched(t, h, other)
	defer stop()
	mine, stopMine := watched(t, h, b)
	defer stopMine()
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	soon(t, "nobody was told", func() bool { return mine.Load() == 1 })
	if heard.Load() != 0 {
		t.Error("the session of another browser is told to be over")
	}
}

func TestWatchEndsWithTheSessionsTime(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Session.MaxAge, c.Session.Absolute = time.Second, time.Second
		c.World.Now = time.Now
	})
	b := h.browser(t)
	signIn(b, minsuPassword)
	over, stop := watched(t, h, b)
	defer stop()
	soon(t, "nobody was told", func() bool { return over.Load() == 1 })
}

func TestWatchOfASessionThatIsOverAlready(t *testing.T) {
	h := open(t)
	b := h.browser(t)
	signIn(b, minsuPassword)
	r, _ := http.NewRequest(http.MethodGet, h.origin+"/", nil)
	for _, c := range b.Cookies() {
		r.AddCookie(c)
	}
	s := h.Session(r)
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	told := make(chan bool, 1)
	stop := h.Watch(s, func() { told <- true })
	defer stop()
	select {
	case <-told:
	case <-time.After(5 * time.Second):
		t.Error("nobody was told")
	}
}
