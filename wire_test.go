package signet_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

func readJSON(t testing.TB, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func TestCallbackURLVectors(t *testing.T) {
	type answer struct {
		CallbackURL string  `json:"callback_url"`
		SetCookie   *string `json:"set_cookie"`
	}
	var file struct {
		Cases []struct {
			ID, Origin    string
			Param, Cookie *string
			Expect        answer
			Signet        *struct{ Expect answer }
		}
	}
	readJSON(t, "testdata/callback-url.json", &file)
	if len(file.Cases) != 22 {
		t.Fatalf("%d cases, want 22", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			want := c.Expect
			if c.Signet != nil {
				want = c.Signet.Expect
			}
			h := open(t, func(config *signet.Config) { config.URL = c.Origin })
			b := h.browser(t)
			form := url.Values{"csrfToken": {b.CSRF("/api/auth")}}
			if c.Param != nil {
				form.Set("callbackUrl", *c.Param)
			}
			r, err := http.NewRequest("POST", h.origin+"/api/auth/signout", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, k := range b.Cookies() {
				if strings.HasSuffix(k.Name, "csrf-token") {
					r.AddCookie(k)
				}
			}
			if c.Cookie != nil {
				r.AddCookie(&http.Cookie{Name: "authjs.callback-url", Value: url.PathEscape(*c.Cookie)})
			}
			res, _ := do(t, r)
			if got := res.Header.Get("Location"); got != want.CallbackURL {
				t.Errorf("goes to %q, want %q", got, want.CallbackURL)
			}
			if got := setCookie(res.Header, "authjs.callback-url"); got != deref(want.SetCookie) {
				t.Errorf("sets the cookie to %q, want %q", got, deref(want.SetCookie))
			}
		})
	}
}

// setCookie is the decoded value that an answer gives a cookie, "" when it gives none.
func setCookie(h http.Header, name string) string {
	for _, line := range h["Set-Cookie"] {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			v, _, _ = strings.Cut(v, ";")
			v, _ = url.PathUnescape(v)
			return v
		}
	}
	return ""
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestAnswerStyles walks through the recorded exchanges of both clients and of a browser.
func TestAnswerStyles(t *testing.T) {
	v5 := http.Header{"X-Auth-Return-Redirect": {"1"}}
	v5zero := http.Header{"X-Auth-Return-Redirect": {"0"}}
	json4 := url.Values{"json": {"true"}}
	const base = "/api/auth"
	for _, c := range []struct {
		name     string
		path     string
		header   http.Header
		form     url.Values
		token    bool
		status   int
		to       string
		location bool
	}{
		{"v5 wrong password", "/callback/credentials", v5, url.Values{"email": {minsuEmail}, "password": {"no"}}, true, 200, base + "/signin?code=credentials&error=CredentialsSignin", false},
		{"v4 wrong password", "/callback/credentials", nil, merge(json4, url.Values{"email": {minsuEmail}, "password": {"no"}}), true, 401, base + "/error?error=CredentialsSignin&provider=credentials", false},
		{"form wrong password", "/callback/credentials", nil, url.Values{"email": {minsuEmail}, "password": {"no"}}, true, 303, base + "/signin?code=credentials&error=CredentialsSignin", true},
		{"v5 header with any value", "/callback/credentials", v5zero, url.Values{"email": {minsuEmail}, "password": {minsuPassword}, "callbackUrl": {"/dash?x=1"}}, true, 200, "/dash?x=1", true},
		{"v4 right password", "/callback/credentials", nil, merge(json4, url.Values{"email": {minsuEmail}, "password": {minsuPassword}, "callbackUrl": {"/dash"}}), true, 200, "/dash", false},
		{"v4 json must be the text true", "/callback/credentials", nil, url.Values{"json": {"1"}, "email": {minsuEmail}, "password": {minsuPassword}}, true, 303, "", true},
		{"v5 wins over v4", "/callback/credentials", v5, merge(json4, url.Values{"email": {minsuEmail}, "password": {"no"}}), true, 200, base + "/signin?code=credentials&error=CredentialsSignin", false},
		{"v5 without token", "/callback/credentials", v5, url.Values{"email": {minsuEmail}, "password": {minsuPassword}}, false, 200, base + "/signin?error=MissingCSRF", false},
		{"v4 without token", "/callback/credentials", nil, json4, false, 200, base + "/signin?csrf=true", false},
		{"form without token", "/callback/credentials", nil, url.Values{"email": {minsuEmail}}, false, 303, base + "/signin?error=MissingCSRF", true},
		{"v4 sign-out without token", "/signout", nil, json4, false, 200, base + "/signout?csrf=true", false},
		{"v5 sign-out without token", "/signout", v5, nil, false, 200, base + "/signin?error=MissingCSRF", false},
		{"v5 sign-out of nobody", "/signout", v5, url.Values{"callbackUrl": {"/bye"}}, true, 200, "/bye", true},
		{"form unknown provider", "/callback/nobody", nil, nil, true, 303, base + "/error?error=Configuration", true},
		{"v4 unknown provider to sign in", "/signin/nobody", nil, json4, true, 200, base + "/signin?csrf=true", false},
		{"v5 unknown provider to sign in", "/signin/nobody", v5, nil, true, 200, base + "/error?error=Configuration", false},
		{"v5 sign in by form", "/signin/credentials", v5, nil, true, 200, base + "/signin", true},
		{"form known action, wrong method", "/csrf", nil, nil, true, 303, base + "/error?error=Configuration", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			b := h.browser(t)
			form := merge(c.form, nil)
			if c.token {
				form.Set("csrfToken", b.CSRF(base))
			}
			for k, v := range c.header {
				b.Header[k] = v
			}
			p := b.Post(base+c.path, form)
			if p.Status != c.status {
				t.Errorf("status %d, want %d: %s", p.Status, c.status, p.Body)
			}
			to := p.Location()
			if c.status != http.StatusSeeOther {
				var v struct{ URL string }
				p.JSON(t, &v)
				to = v.URL
			}
			if to != h.origin+c.to {
				t.Errorf("url %q, want %q", to, h.origin+c.to)
			}
			if has := p.Location() != ""; has != c.location {
				t.Errorf("Location: %q, want one: %v", p.Location(), c.location)
			}
		})
	}
}

func merge(a, b url.Values) url.Values {
	out := url.Values{}
	for _, m := range []url.Values{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func TestEndpointsOfNobody(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/session", 200, "null"},
		{"GET", "/nothing", 400, `"Bad request."`},
		{"GET", "/session/x", 400, `"Bad request."`},
		{"GET", "/signin/a/b", 400, `"Bad request."`},
		{"HEAD", "/session", 400, ""},
		{"PUT", "/session", 400, `"Bad request."`},
		{"DELETE", "/signout", 400, `"Bad request."`},
		{"POST", "/session", 400, "null"},
		{"POST", "/_log", 200, ""},
		{"GET", "/providers", 200, `{"credentials":{"id":"credentials","name":"Password","type":"credentials","signinUrl":"ORIGIN/api/auth/signin/credentials","callbackUrl":"ORIGIN/api/auth/callback/credentials"}}`},
		{"GET", "/sessions", 401, `{"error":"unauthorized"}`},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			r, err := http.NewRequest(c.method, h.origin+"/api/auth"+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json") // as next-auth/react does with its GETs
			res, body := do(t, r)
			if res.StatusCode != c.status || body != strings.ReplaceAll(c.body, "ORIGIN", h.origin) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, body, c.status, c.body)
			}
			if c.path == "/providers" && len(res.Header["Set-Cookie"]) > 0 {
				t.Errorf("providers sets cookies: %v", res.Header["Set-Cookie"])
			}
		})
	}
}
