package oauth2_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// S-61: PKCE with S256 goes out always, whatever the visitor's query asks for, and the
// verifier belongs to it.
func TestS61_PKCEAlways(t *testing.T) {
	f := newFake(t)
	seen := map[string]bool{}
	for _, secret := range []string{"a secret", ""} {
		c := f.config()
		c.ClientSecret = secret
		c.Extra = url.Values{"code_challenge_method": {"plain"}}
		p := oauth2.New(c)
		a := attempt()
		a.Extra = url.Values{"code_challenge": {"mine"}, "code_challenge_method": {"plain"}}
		q := begin(t, p, a)
		a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}}
		if _, err := finished(p, a); err != nil {
			t.Fatal(err)
		}
		verifier := f.forms[len(f.forms)-2].Get("code_verifier")
		sum := sha256.Sum256([]byte(verifier))
		if len(verifier) != 43 || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || q.Get("code_challenge_method") != "S256" {
			t.Errorf("challenge %q by %q for %q", q.Get("code_challenge"), q.Get("code_challenge_method"), verifier)
		}
		if seen[verifier] {
			t.Error("the same verifier again")
		}
		seen[verifier] = true
	}
}

func TestS61_NoPKCEOnlyWhereTheConfigurationSaysSo(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.NoPKCE = true
	a := attempt()
	begun := begin(t, oauth2.New(c), a)
	if begun.Has("code_challenge") {
		t.Error("there is a challenge")
	}
	// An attempt that was begun without must not end as one with.
	a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}}
	if _, err := finished(oauth2.New(f.config()), a); kindOf(err) != oauth2.Kind || f.count("/token") != 0 {
		t.Errorf("error = %v after %d calls", err, f.count("/token"))
	}
}

// S-62 at the provider: mutations of the answer's query. None reaches the token end point.
func TestS62_MutatedAnswers(t *testing.T) {
	f := newFake(t)
	c := f.config()
	c.Issuer, c.IssuerInAnswer = "https://idp.test", true
	p := oauth2.New(c)
	long := strings.Repeat("x", 5000)
	set := func(pairs ...string) func(url.Values) {
		return func(q url.Values) {
			for i := 0; i < len(pairs); i += 2 {
				q.Set(pairs[i], pairs[i+1])
			}
		}
	}
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	add := func(name, value string) func(url.Values) { return func(q url.Values) { q.Add(name, value) } }
	mutations := map[string]func(url.Values){
		"no code": drop("code"), "no state": drop("state"), "no iss": drop("iss"), "nothing": func(q url.Values) { clear(q) },
		"empty code": set("code", ""), "empty state": set("state", ""), "empty iss": set("iss", ""),
		"code twice": add("code", "c-2"), "code twice, the same": add("code", "c-1"),
		"state twice": add("state", stateOfTest), "state twice, another first": func(q url.Values) { q["state"] = []string{"x", stateOfTest} },
		"iss twice": add("iss", "https://idp.test"), "error twice": func(q url.Values) { q["error"] = []string{"a", "b"} },
		"code as a list": set("code[]", "c-2"), "code as a list with a number": set("code[0]", "c-2"), "state as a list": set("state[]", "x"),
		"code as a list alone": func(q url.Values) { q.Del("code"); q.Set("code[]", "c-1") },
		"another state":        set("state", strings.Repeat("A", 43)), "a shorter state": set("state", stateOfTest[:42]),
		"a longer state": set("state", stateOfTest+"A"), "a state in another case": set("state", strings.ToLower(stateOfTest)),
		"a state with a blank": set("state", stateOfTest+" "), "a state with a NUL": set("state", stateOfTest+"\x00"),
		"another issuer": set("iss", "https://evil.test"), "an issuer with a slash": set("iss", "https://idp.test/"),
		"an issuer in another case": set("iss", "https://IDP.test"), "an error beside the code": set("error", "access_denied"),
		"an empty error": set("error", ""), "a code of 5,000 bytes": set("code", long), "a code with a line break": set("code", "c-1\r\nX: y"),
		"a code with a NUL": set("code", "c-1\x00"), "a code beyond ASCII": set("code", "ć"),
		"a token instead": func(q url.Values) { q.Del("code"); q.Set("access_token", "at-9") },
		"a JWT instead":   func(q url.Values) { q.Del("code"); q.Set("response", "eyJ.eyJ.x") },
	}
	if len(mutations) < 30 {
		t.Fatalf("only %d mutations", len(mutations))
	}
	for name, mutate := range mutations {
		t.Run(name, func(t *testing.T) {
			a := attempt()
			begin(t, p, a)
			a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}, "iss": {"https://idp.test"}}
			mutate(a.Fields)
			if _, err := finished(p, a); kindOf(err) != oauth2.Kind {
				t.Errorf("error = %v", err)
			}
		})
	}
	if n := f.count("/token"); n != 0 {
		t.Errorf("%d codes were exchanged", n)
	}
	a := attempt()
	begin(t, p, a)
	a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}, "iss": {"https://idp.test"}, "scope": {"email"}, "session_state": {"x"}}
	if _, err := finished(p, a); err != nil {
		t.Errorf("the answer without a mutation: %v", err)
	}
}

// S-64: two providers, their answers swapped. The attempt of the one never sends the code of
// the other anywhere.
func TestS64_MixUp(t *testing.T) {
	honest, evil := newFake(t), newFake(t)
	of := func(f *fake, id string) *oauth2.Provider {
		c := f.config()
		c.ID, c.Issuer = id, f.URL
		return oauth2.New(c)
	}
	p, other := of(honest, "honest"), of(evil, "evil")
	a, b := attempt(), attempt()
	b.ID = "another-state-of-another-attempt-43-chars-x"
	begin(t, p, a)
	begin(t, other, b)
	// The visitor began at evil, which sent them on to honest: honest's answer comes to
	// evil's callback.
	b.Fields = url.Values{"code": {"code-of-honest"}, "state": {b.ID}, "iss": {honest.URL}}
	if _, err := finished(other, b); kindOf(err) != oauth2.Kind {
		t.Errorf("error = %v", err)
	}
	a.Fields = url.Values{"code": {"code-of-evil"}, "state": {a.ID}, "iss": {evil.URL}}
	if _, err := finished(p, a); kindOf(err) != oauth2.Kind {
		t.Errorf("error = %v", err)
	}
	a.Fields = url.Values{"error": {"access_denied"}, "state": {a.ID}, "iss": {evil.URL}}
	if _, err := finished(p, a); !strings.Contains(fmt.Sprint(err), "another issuer") {
		t.Errorf("an error of the other: %v", err)
	}
	if honest.count("/token")+evil.count("/token") != 0 {
		t.Error("a code was exchanged")
	}
}

// S-65: redirect_uri is the attempt's callback, byte for byte, at both legs.
func TestS65_RedirectURIAtBothLegs(t *testing.T) {
	f := newFake(t)
	p := oauth2.New(f.config())
	a := attempt()
	a.Callback = "https://app.test/api/auth/callback/fake?x=a%2Fb&y=%C3%A9"
	a.Extra = url.Values{"redirect_uri": {"https://evil.test"}, "client_id": {"evil"}, "response_type": {"token"}, "state": {"x"}, "Response_Mode": {"query"}, "request_uri": {"https://evil.test"}, "nonce": {"mine"}}
	q := begin(t, p, a)
	a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}, "redirect_uri": {"https://evil.test"}}
	if _, err := finished(p, a); err != nil {
		t.Fatal(err)
	}
	if q.Get("redirect_uri") != a.Callback || f.forms[0].Get("redirect_uri") != a.Callback {
		t.Errorf("%q, then %q", q.Get("redirect_uri"), f.forms[0].Get("redirect_uri"))
	}
	if q.Get("client_id") != "app" || q.Get("response_type") != "code" || q.Get("state") != a.ID || q.Has("Response_Mode") || q.Has("request_uri") || q.Has("nonce") {
		t.Errorf("query = %v", q)
	}
}

// S-66: one request, whatever comes back, and none is sent on.
func TestS66_TheCodeIsSentOnce(t *testing.T) {
	for name, reply := range map[string]http.HandlerFunc{
		"500":            answer(500, "text/plain", "error"),
		"503":            answer(503, "application/json", `{"error":"temporarily_unavailable"}`),
		"invalid client": answer(401, "application/json", `{"error":"invalid_client"}`),
		"nonsense":       answer(200, "application/json", `{`),
		"302 to itself":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/token", http.StatusFound) },
		"307 to itself": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
		},
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.token = reply
			if _, err := finish(t, oauth2.New(f.config()), attempt()); err == nil {
				t.Error("signed in")
			}
			if n := f.count("/token"); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// S-70: who somebody is comes from the unchangeable ID, normalised in one way.
func TestS70_SubjectIsTheProvidersID(t *testing.T) {
	f := newFake(t)
	p := oauth2.New(f.config())
	for _, test := range []struct{ profile, want string }{
		{`{"id":1,"name":"hana","mail":"h@x.test"}`, "1"},
		{`{"id":"1","name":"renamed","mail":"other@x.test"}`, "1"},
		{`{"id":9007199254740993}`, "9007199254740993"},
		{`{"id":18446744073709551617}`, "18446744073709551617"},
		{`{"id":"802345678901234567"}`, "802345678901234567"},
		{`{"id":"with blanks and ünicode"}`, "with blanks and ünicode"},
		{`{"id":1.0}`, ""}, {`{"id":1e3}`, ""}, {`{"id":-1}`, ""}, {`{"id":true}`, ""}, {`{"id":null}`, ""}, {`{"id":""}`, ""},
		{`{"id":["1"]}`, ""}, {`{"id":{"a":1}}`, ""}, {`{"name":"nobody","mail":"h@x.test"}`, ""}, {`{"id":"a\u0007b"}`, ""},
		{`{"id":"` + strings.Repeat("x", 256) + `"}`, ""}, {`{"id":1,"id":2}`, ""}, {`{"id":1,"ID":2}`, ""},
	} {
		f.userInfo = answer(200, "application/json", test.profile)
		id, err := finish(t, p, attempt())
		if id.Subject != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: subject %q, %v", test.profile, id.Subject, err)
		}
	}
}

// S-75: what the provider says is never shown, and is one short line of ASCII in a log.
func TestS75_ProviderTextIsCappedAndEscaped(t *testing.T) {
	f := newFake(t)
	p := oauth2.New(f.config())
	for _, text := range []string{
		"<script>alert(1)</script>", "\x1b[31mred\x1b[0m\nlevel=ERROR msg=forged", strings.Repeat("é", 1<<19), "\u202egnp.exe", "\xff\xfe",
	} {
		for _, code := range []string{"access_denied", text} {
			a := attempt()
			begin(t, p, a)
			a.Fields = url.Values{"error": {code}, "error_description": {text}, "state": {a.ID}}
			_, err := finished(p, a)
			var no *signet.Refused
			if !errors.As(err, &no) || no.Kind != oauth2.Kind {
				t.Fatalf("error = %v", err)
			}
			if no.Code != "access_denied" && no.Code != "callback" {
				t.Errorf("code = %q", no.Code)
			}
			tidy(t, err)
		}
		f.token = answer(400, "application/json", object(t, map[string]string{"error": "invalid_grant", "error_description": text[:min(len(text), 60000)]}))
		_, err := finish(t, p, attempt())
		tidy(t, err)
	}
}

func tidy(t *testing.T, err error) {
	t.Helper()
	text := fmt.Sprint(err)
	if len(text) > 600 {
		t.Errorf("an error of %d bytes", len(text))
	}
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			t.Errorf("byte %#x in %.100q", c, text)
			return
		}
	}
}

// An error repeats nothing secret, even where the provider does, as Kakao.
func TestS75_ErrorsHoldNoSecrets(t *testing.T) {
	f := newFake(t)
	f.token = func(w http.ResponseWriter, r *http.Request) {
		said := object(t, map[string]string{"error": "invalid_grant", "error_description": "not found: code=" + r.Form.Get("code") + " " + r.Form.Get("code_verifier") + " " + r.Form.Get("refresh_token") + " " + r.Form.Get("client_secret")})
		answer(400, "application/json", said)(w, r)
	}
	c := f.config()
	c.Auth, c.ClientSecret = oauth2.AuthQuery, "the-secret-of-the-app"
	p := oauth2.New(c)
	a := attempt()
	_, err := finish(t, p, a)
	_, renewing := p.Refresh(context.Background(), world(), signet.Tokens{Refresh: "the-refresh-token"})
	f.Close()
	_, gone := finish(t, p, attempt())
	for _, err := range []error{err, renewing, gone} {
		if err == nil {
			t.Fatal("no error")
		}
		for _, secret := range []string{"the-code-of-it", "the-secret-of-the-app", "the-refresh-token", "code_verifier=", stateOfTest, "client_secret"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q is in %q", secret, err)
			}
		}
	}
}

// S-87: a refresh must not bring more than was given.
func TestS87_NoScopeGrowth(t *testing.T) {
	f := newFake(t)
	p := oauth2.New(f.config())
	old := signet.Tokens{Access: "at", Refresh: "rt", Scope: "email profile"}
	for scope, good := range map[string]bool{
		"email profile": true, "profile,email": true, "email": true, "": true, "email profile admin": false, "admin": false, "Email": false,
	} {
		f.token = answer(200, "application/json", object(t, map[string]string{"access_token": "at-2", "scope": scope}))
		now, err := p.Refresh(context.Background(), world(), old)
		if (err == nil) != good || !good && (!errors.Is(err, signet.ErrEnded) || !now.IsZero()) {
			t.Errorf("scope %q: %v, %v", scope, now, err)
		}
	}
}

func TestS115_ImagesAreHTTPS(t *testing.T) {
	for image, good := range map[string]bool{
		"https://x.test/p.png": true, "http://x.test/p.png": false, "javascript:alert(1)": false, "data:image/png;base64,AA": false,
		"//x.test/p.png": false, "https://": false, "https://a:b@x.test/": false, "https://x.test/" + strings.Repeat("p", 2048): false,
	} {
		id, err := oauth2.Tidy(signet.Identity{Subject: "1", Image: image})
		if err != nil || (id.Image == image) != good {
			t.Errorf("%.60q becomes %.60q, %v", image, id.Image, err)
		}
	}
}
