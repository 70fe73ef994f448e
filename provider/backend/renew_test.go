package backend_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

func (c *canned) refresh(config backend.Config, old signet.Tokens) (signet.Tokens, error) {
	config.URL = "https://api.test/login"
	config.RefreshURL = "https://api.test/refresh"
	return backend.New(config).Refresh(context.Background(), c.world(), old)
}

// A journey through a back end as tutorial 2 has it.
func TestSignInRefreshSignOut(t *testing.T) {
	n := newNest(t)
	p := backend.New(n.config())
	w := signet.World{Now: func() time.Time { return noon }}
	step, err := p.Finish(t.Context(), &signet.Attempt{Fields: form(), World: w})
	if err != nil {
		t.Fatal(err)
	}
	id := step.(signet.Identity)
	if id.Subject != "65a" || id.Name != "민수" || !id.Tokens.Expires.Equal(noon.Add(time.Hour)) || id.Tokens.Refresh != "refresh-1" {
		t.Fatalf("%+v", id)
	}
	second, err := p.Refresh(t.Context(), w, *id.Tokens)
	if err != nil || second.Refresh != "refresh-2" || second.Access == id.Tokens.Access {
		t.Fatalf("%v %v", second, err)
	}
	if err := p.Revoke(t.Context(), w, second); err != nil {
		t.Fatal(err)
	}
	if len(n.out) != 1 || n.out[0] != "Bearer "+second.Access+` {"refreshToken":"refresh-2"}` {
		t.Errorf("given back: %q", n.out)
	}
	if _, err := p.Refresh(t.Context(), w, second); !errors.Is(err, signet.ErrEnded) {
		t.Errorf("after that: %v", err)
	}
}

func TestRefreshAnswers(t *testing.T) {
	mine := jwt(`{"sub":"u1","exp":1767272400}`)
	old := signet.Tokens{Access: mine, Refresh: "r1", Type: "Bearer", RefreshExpires: noon.Add(time.Hour)}
	for _, test := range []struct {
		name   string
		answer *canned
		ended  bool
		fails  bool
		want   signet.Tokens
	}{
		{name: "both tokens", answer: &canned{status: 201, body: `{"accessToken":"a2","refreshToken":"r2","expiresIn":60}`}, want: signet.Tokens{Access: "a2", Refresh: "r2", Type: "Bearer", Expires: noon.Add(time.Minute)}},
		{name: "the access token alone", answer: &canned{body: `{"access":"a2"}`}, want: signet.Tokens{Access: "a2", Refresh: "r1", Type: "Bearer", RefreshExpires: noon.Add(time.Hour)}},
		{name: "the same refresh token", answer: &canned{body: `{"token":"a2","refreshToken":"r1"}`}, want: signet.Tokens{Access: "a2", Refresh: "r1", Type: "Bearer", RefreshExpires: noon.Add(time.Hour)}},
		{name: "text", answer: &canned{body: "a2"}, want: signet.Tokens{Access: "a2", Refresh: "r1", Type: "Bearer", RefreshExpires: noon.Add(time.Hour)}},
		{name: "cookies", answer: &canned{status: 204, header: http.Header{"Set-Cookie": {"at=a2", "rt=r2"}}}, want: signet.Tokens{Access: "a2", Refresh: "r2", Type: "Bearer"}},
		{name: "401", answer: &canned{status: 401}, ended: true},
		{name: "401 in HTML", answer: &canned{status: 401, body: "<html>"}, ended: true},
		{name: "400 invalid_grant", answer: &canned{status: 400, body: `{"error":"invalid_grant"}`}, ended: true},
		{name: "403 in words", answer: &canned{status: 403, body: `{"statusCode":403,"message":"Refresh token expired"}`}, ended: true},
		{name: "403 in Korean", answer: &canned{status: 403, body: `{"code":"TOKEN-03","message":"만료된 토큰입니다"}`}, ended: true},
		{name: "400 token_not_valid", answer: &canned{status: 400, body: `{"code":"token_not_valid","detail":"x"}`}, ended: true},
		{name: "200 with invalid_grant", answer: &canned{body: `{"error":"invalid_grant"}`}, ended: true},
		{name: "another user's token", answer: &canned{body: `{"accessToken":"` + jwt(`{"sub":"u2"}`) + `"}`}, ended: true},
		{name: "400 for another reason", answer: &canned{status: 400, body: `{"message":["device must be a string"]}`}, fails: true},
		{name: "a plain 403", answer: &canned{status: 403, body: `{"message":"Access Denied"}`}, fails: true},
		{name: "a firewall", answer: &canned{status: 403, body: `<html>token invalid`}, fails: true},
		{name: "404", answer: &canned{status: 404, body: `{"message":"token invalid"}`}, fails: true},
		{name: "429", answer: &canned{status: 429, body: `{"error":"invalid_grant"}`}, fails: true},
		{name: "500", answer: &canned{status: 500, body: `{"error":"invalid_grant"}`}, fails: true},
		{name: "302", answer: &canned{status: 302, header: http.Header{"Location": {"/login"}}}, fails: true},
		{name: "null", answer: &canned{body: "null"}, fails: true},
		{name: "no token", answer: &canned{body: `{"id":1}`}, fails: true},
		{name: "HTML", answer: &canned{body: "<html>"}, fails: true},
		{name: "nothing", answer: &canned{}, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.answer.refresh(backend.Config{TokenCookie: "at", RefreshCookie: "rt"}, old)
			if errors.Is(err, signet.ErrEnded) != test.ended || (err != nil) != (test.ended || test.fails) {
				t.Errorf("error = %v", err)
			}
			if got != test.want {
				t.Errorf("got %q %q %v %v", got.Access, got.Refresh, got.Expires, got.RefreshExpires)
			}
			if len(test.answer.calls) != 1 {
				t.Errorf("%d calls", len(test.answer.calls))
			}
		})
	}
	if _, err := (&canned{status: 403}).refresh(backend.Config{RefreshEnded: []int{403}}, old); !errors.Is(err, signet.ErrEnded) {
		t.Errorf("a status of the configuration: %v", err)
	}
}

func TestWhereTheRefreshTokenGoes(t *testing.T) {
	for _, test := range []struct {
		config             backend.Config
		body, name, header string
	}{
		{backend.Config{}, `{"refreshToken":"r1"}`, "", ""},
		{backend.Config{RefreshWith: backend.Carry{Name: "refresh"}}, `{"refresh":"r1"}`, "", ""},
		{backend.Config{Form: true, RefreshWith: backend.Carry{Name: "refresh_token"}}, "refresh_token=r1", "", ""},
		{backend.Config{RefreshWith: backend.Carry{In: backend.Bearer}}, "{}", "Authorization", "Bearer r1"},
		{backend.Config{RefreshWith: backend.Carry{In: backend.Cookie, Name: "rt"}}, "{}", "Cookie", "rt=r1"},
		{backend.Config{RefreshWith: backend.Carry{In: backend.Header, Name: "x-refresh"}}, "{}", "X-Refresh", "r1"},
	} {
		c := &canned{body: `{"token":"a"}`}
		if _, err := c.refresh(test.config, signet.Tokens{Refresh: "r1"}); err != nil {
			t.Fatal(err)
		}
		if c.sent[0] != test.body || test.name != "" && c.calls[0].Header.Get(test.name) != test.header || c.calls[0].Method != "POST" {
			t.Errorf("%+v: sent %q with %v", test.config.RefreshWith, c.sent[0], c.calls[0].Header)
		}
	}
}

func TestNothingToRefresh(t *testing.T) {
	c := &canned{body: `{"token":"a"}`}
	for name, old := range map[string]signet.Tokens{
		"no token": {Access: "a"}, "over": {Refresh: "r", RefreshExpires: noon}, "none that can be sent": {Refresh: "r\n"},
	} {
		if _, err := c.refresh(backend.Config{}, old); !errors.Is(err, signet.ErrEnded) || len(c.calls) != 0 {
			t.Errorf("%s: %v after %d calls", name, err, len(c.calls))
		}
	}
	p := backend.New(backend.Config{URL: "https://api.test/"})
	if _, err := p.Refresh(t.Context(), c.world(), signet.Tokens{Refresh: "r"}); !errors.Is(err, signet.ErrEnded) {
		t.Errorf("no RefreshURL: %v", err)
	}
	if err := p.Revoke(t.Context(), c.world(), signet.Tokens{Refresh: "r"}); err != nil || len(c.calls) != 0 {
		t.Errorf("no LogoutURL: %v", err)
	}
	bad := backend.New(backend.Config{URL: "nonsense", LogoutURL: "nonsense"})
	if _, err := bad.Refresh(t.Context(), c.world(), signet.Tokens{Refresh: "r"}); err == nil || errors.Is(err, signet.ErrEnded) {
		t.Errorf("a wrong configuration: %v", err)
	}
	if bad.Revoke(t.Context(), c.world(), signet.Tokens{Refresh: "r"}) == nil {
		t.Error("a wrong configuration revokes")
	}
}

func TestRevoke(t *testing.T) {
	config := backend.Config{URL: "https://api.test/", LogoutURL: "https://api.test/out", RefreshWith: backend.Carry{In: backend.Bearer}}
	for status, fails := range map[int]bool{200: false, 204: false, 401: false, 302: true, 404: true, 500: true} {
		c := &canned{status: status}
		err := backend.New(config).Revoke(t.Context(), c.world(), signet.Tokens{Access: "a", Refresh: "r"})
		if (err != nil) != fails {
			t.Errorf("%d: %v", status, err)
		}
		if h := c.calls[0].Header.Get("Authorization"); h != "Bearer a" || strings.Contains(c.sent[0], "r\"") {
			t.Errorf("%q %q", h, c.sent[0])
		}
	}
}
