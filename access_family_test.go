package signet_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/signettest"
)

func TestS86_RefreshTokensRotateAndAReplayEndsTheFamily(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	second, status := refreshed(t, h, first.Refresh)
	if status != http.StatusOK || second.Refresh == first.Refresh || second.Access == "" {
		t.Fatalf("%d %+v", status, second)
	}
	if again, _ := refreshed(t, h, first.Refresh); again.Refresh != second.Refresh {
		t.Error("within the grace the predecessor gives another successor")
	}
	third, _ := refreshed(t, h, second.Refresh)
	h.clock.Advance(11 * time.Second)
	if g, status := refreshed(t, h, second.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("reuse after the grace: %d %+v", status, g)
	}
	if g, status := refreshed(t, h, third.Refresh); status != http.StatusBadRequest || g.Access != "" {
		t.Errorf("the family lives on after a replay: %d %+v", status, g)
	}
	if h.Stats().ReusedTokens != 1 {
		t.Errorf("ReusedTokens = %d", h.Stats().ReusedTokens)
	}
}

func TestS86_AThousandPresentOneTokenAndOneSuccessorFollows(t *testing.T) {
	h := open(t, withTokens)
	second := h.another(t)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	var mu sync.Mutex
	successors := map[string]int{}
	var all sync.WaitGroup
	for i := range 1000 {
		at := h
		if i%2 == 1 {
			at = second
		}
		all.Go(func() {
			body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}}.Encode()
			r := httptest.NewRequest(http.MethodPost, at.origin+"/api/auth/token", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			at.handler.ServeHTTP(w, r)
			var g granted
			json.Unmarshal(w.Body.Bytes(), &g)
			mu.Lock()
			defer mu.Unlock()
			successors[g.Refresh]++
		})
	}
	all.Wait()
	if len(successors) != 1 || successors[""] != 0 {
		t.Errorf("%d different answers", len(successors))
	}
}

// gathered holds back who looks at a refresh token until as many have looked.
type gathered struct {
	signet.TicketStore
	wait  atomic.Int64
	ready chan struct{}
}

func (g *gathered) Consume(ctx context.Context, key string, use signet.Use) (signet.Taken, error) {
	taken, err := g.TicketStore.Consume(ctx, key, use)
	if use.Look && strings.HasPrefix(key, "access refresh ") {
		if n := g.wait.Add(-1); n == 0 {
			close(g.ready)
		} else if n > 0 {
			<-g.ready
		}
	}
	return taken, err
}

// However many show one token at the same moment, it is one new token, and counted once.
func TestS86_ManyAtOnceCostOneOfTheBudget(t *testing.T) {
	gate := &gathered{ready: make(chan struct{})}
	h := open(t, withTokens, func(c *signet.Config) {
		gate.TicketStore = c.Stores.Tickets
		c.Stores.Tickets, c.Limits.RefreshTokensPerHour = gate, 3
	})
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	gate.wait.Store(20)
	var all sync.WaitGroup
	answers := make([]granted, 20)
	for i := range answers {
		all.Go(func() { answers[i], _ = refreshed(t, h, first.Refresh) })
	}
	all.Wait()
	for _, g := range answers {
		if g.Refresh == "" || g.Refresh != answers[0].Refresh {
			t.Fatalf("%+v beside %+v", g, answers[0])
		}
	}
	third, status := refreshed(t, h, answers[0].Refresh)
	if status != http.StatusOK {
		t.Fatalf("the third: %d", status)
	}
	if _, status := refreshed(t, h, third.Refresh); status != http.StatusTooManyRequests {
		t.Errorf("the fourth: %d", status)
	}
}

// The grace is for an answer that got lost, so only for the token before the newest.
func TestS86_TheGraceIsForTheImmediatePredecessor(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	second, _ := refreshed(t, h, first.Refresh)
	third, _ := refreshed(t, h, second.Refresh)
	if again, _ := refreshed(t, h, second.Refresh); again.Refresh != third.Refresh {
		t.Error("the predecessor gives another successor")
	}
	if g, status := refreshed(t, h, first.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("the one before it: %d %+v", status, g)
	}
	if _, status := refreshed(t, h, third.Refresh); status != http.StatusBadRequest {
		t.Error("the family lives on")
	}
}

func TestS86_FamiliesSurviveARestartAndEndWithTheSession(t *testing.T) {
	ends := map[string]func(h *house, b *signettest.Browser){
		"sign-out": func(_ *house, b *signettest.Browser) {
			b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
		},
		"disabled": func(h *house, _ *signettest.Browser) {
			u, _ := h.stores.Users.User(context.Background(), signet.By{Email: minsuEmail})
			u.Disabled, u.Updated = true, h.clock.Now()
			h.stores.Users.UpdateUser(context.Background(), u)
		},
		"its time is up": func(h *house, _ *signettest.Browser) { h.clock.Advance(25 * time.Hour) },
	}
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				h := open(t, withTokens, strategy)
				b := h.browser(t)
				signIn(b, minsuPassword)
				first, _ := askToken(t, b, map[string]any{})
				restarted := h.another(t)
				second, status := refreshed(t, restarted, first.Refresh)
				if status != http.StatusOK {
					t.Fatalf("after a restart: %d %+v", status, second)
				}
				end(h, b)
				soon(t, "the refresh token lives on", func() bool {
					_, status := refreshed(t, restarted, second.Refresh)
					return status == http.StatusBadRequest
				})
			})
		}
	})
}

func TestS86_WhatIsNoRefreshToken(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	first, _ := askToken(t, b, map[string]any{})
	for _, value := range []string{
		"", "x", strings.Repeat("A", 65), first.Refresh[:64], first.Refresh + "A", first.Access,
		first.Refresh[:22] + strings.Repeat("A", 43), strings.Repeat("A", 22) + first.Refresh[22:], strings.Repeat("é", 33),
	} {
		if g, status := refreshed(t, h, value); status != http.StatusBadRequest || g.Error != "invalid_grant" {
			t.Errorf("%q: %d %+v", value, status, g)
		}
	}
	if _, status := refreshed(t, h, first.Refresh); status != http.StatusOK {
		t.Errorf("the true one afterwards: %d", status)
	}
}

func FuzzRefreshTokens(f *testing.F) {
	f.Add(strings.Repeat("A", 65))
	f.Add("")
	f.Add("\x00")
	h := fuzzed(f, withTokens).Handler()
	f.Fuzz(func(t *testing.T, presented string) {
		body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {presented}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/api/auth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", presented, w.Code)
		}
	})
}

// TestS11_AFamilyEndsWithTheTimeOfItsSession, also before its row is swept away.
func TestS11_AFamilyEndsWithTheTimeOfItsSession(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, withTokens, strategy, func(c *signet.Config) {
			c.Session.MaxAge, c.Session.Absolute = 24*time.Hour, 90*24*time.Hour
			c.Access.RefreshLife = 60 * 24 * time.Hour
		})
		b := h.browser(t)
		signIn(b, minsuPassword)
		g, _ := askToken(t, b, map[string]any{})
		h.clock.Advance(23 * time.Hour)
		g, status := refreshed(t, h, g.Refresh)
		if status != http.StatusOK {
			t.Fatalf("while it lives: %d", status)
		}
		h.clock.Advance(24 * time.Hour)
		if got := who(b); got != "null" {
			t.Fatalf("the session: %s", got)
		}
		if g, status := refreshed(t, h, g.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
			t.Errorf("after its time: %d %+v", status, g)
		}
	})
}

func TestAFamilyEndsWithItsAudience(t *testing.T) {
	h := open(t, withTokens)
	b := h.browser(t)
	signIn(b, minsuPassword)
	files, _ := askToken(t, b, map[string]any{"audience": "files"})
	posts, _ := askToken(t, b, map[string]any{"audience": "posts"})
	later := h.another(t, func(c *signet.Config) { c.Access.Audiences = []string{"posts"} })
	if g, status := refreshed(t, later, files.Refresh); status != http.StatusBadRequest || g.Error != "invalid_grant" {
		t.Errorf("an API that is no more: %d %+v", status, g)
	}
	if _, status := refreshed(t, later, posts.Refresh); status != http.StatusOK {
		t.Errorf("the other: %d", status)
	}
}

// TestS47_RefreshTokensHaveABudget: each one takes a place in the store until it could not have
// been used any more, so that one user could fill it.
func TestS47_RefreshTokensHaveABudget(t *testing.T) {
	h := open(t, withTokens, func(c *signet.Config) { c.Limits.RefreshTokensPerHour = 4 })
	b, other := h.browser(t), h.browser(t)
	signIn(b, minsuPassword)
	h.addUser(t, "jieun@example.com", minsuPassword)
	other.Post("/api/auth/callback/credentials", url.Values{"email": {"jieun@example.com"}, "password": {minsuPassword}, "csrfToken": {other.CSRF("/api/auth")}})
	first, _ := askToken(t, b, map[string]any{})
	second, _ := askToken(t, b, map[string]any{})
	for range 2 {
		var status int
		if second, status = refreshed(t, h, second.Refresh); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if g, status := askToken(t, b, map[string]any{}); status != http.StatusOK || g.Access == "" || g.Refresh != "" {
		t.Errorf("a fifth: %d, refresh token %t", status, g.Refresh != "") // whoever is signed in has the access token all the same
	}
	if g, status := refreshed(t, h, first.Refresh); status != http.StatusTooManyRequests || g.Error != "temporarily_unavailable" {
		t.Errorf("a fifth, by another: %d %+v", status, g)
	}
	if _, status := askToken(t, other, map[string]any{}); status != http.StatusOK {
		t.Errorf("another user: %d", status)
	}
	h.clock.Advance(time.Hour)
	for name, token := range map[string]string{"the first": first.Refresh, "the last": second.Refresh} { // none was spent in vain
		if _, status := refreshed(t, h, token); status != http.StatusOK {
			t.Errorf("%s, an hour later: %d", name, status)
		}
	}
}
