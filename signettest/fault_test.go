package signettest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

func TestFaultsOfAnAnswer(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault func(*signettest.Provider) signettest.Fault
		seen  func(answer, error) bool
	}{
		{"a status", of(signettest.Status(500)), func(a answer, err error) bool { return a.status == 500 && a.json == nil }},
		{"no content", of(signettest.Status(204)), func(a answer, err error) bool { return err == nil && a.status == 204 && a.text == "" }},
		{"a page", of(signettest.HTML()), func(a answer, err error) bool {
			return a.status == 200 && strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
		}},
		{"a redirect", of(signettest.Moved("https://elsewhere.example/")), func(a answer, err error) bool {
			return a.status == 302 && a.header.Get("Location") == "https://elsewhere.example/"
		}},
		{"an answer of the test's own", of(signettest.Answer(418, "text/plain", "short")), func(a answer, err error) bool { return a.status == 418 && a.text == "short" }},
		{"a huge one", of(signettest.Huge(3 << 20)), func(a answer, err error) bool {
			return err == nil && len(a.text) == 3<<20 && a.json["access_token"] != nil
		}},
		{"a huge one in few bytes", of(signettest.GzipBomb(3 << 20)), func(a answer, err error) bool {
			return err == nil && len(a.text) == 3<<20 && a.json["access_token"] != nil
		}},
		{"many members", of(signettest.Members(1000)), func(a answer, err error) bool { return strings.Count(a.text, ":") == 1000 && a.json != nil }},
		{"a broken connection", of(signettest.Reset()), func(_ answer, err error) bool { return err != nil }},
		{"a lost answer", of(signettest.Drop()), func(_ answer, err error) bool { return err != nil }},
		{"an error in a success", of(signettest.ErrorInOK("slow_down")), func(a answer, err error) bool {
			return a.status == 200 && a.json["error"] == "slow_down" && a.json["access_token"] == nil
		}},
		{"no refresh token", of(signettest.NoRefreshToken()), func(a answer, err error) bool {
			return a.json["access_token"] != nil && a.json["refresh_token"] == nil
		}},
		{"a life in text", of(signettest.TextExpiresIn()), func(a answer, err error) bool { return a.json["expires_in"] == "300" }},
		{"no ID token", of(signettest.NoIDToken()), func(a answer, err error) bool {
			return a.json["access_token"] != nil && a.json["id_token"] == nil
		}},
		{"a real delay", of(signettest.Delay(time.Millisecond)), func(a answer, err error) bool { return a.json["access_token"] != nil }},
		{"none", of(signettest.Fault{}), func(a answer, err error) bool { return a.json["access_token"] != nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewIssuer(t)
			n := newNaive(t, p)
			code := n.ask(n.question()).Get("code")
			p.Next(signettest.Token, test.fault(p))
			header, body := n.form(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
			a, err := n.send(http.MethodPost, p.URL(signettest.Token), header, body)
			if !test.seen(a, err) {
				t.Errorf("%d %.100s %v", a.status, a.text, err)
			}
			if next := n.signIn(); next["refresh_token"] == nil || next["id_token"] == nil {
				t.Errorf("the fault stays: %v", next)
			}
		})
	}
}

func of(f signettest.Fault) func(*signettest.Provider) signettest.Fault {
	return func(*signettest.Provider) signettest.Fault { return f }
}

func TestALostAnswerHasHappened(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	refresh := n.signIn()["refresh_token"].(string)
	header, body := n.form(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	p.Next(signettest.Token, signettest.Status(503), signettest.Reset(), signettest.Drop())
	for range 3 {
		n.send(http.MethodPost, p.URL(signettest.Token), header, body)
	}
	if p.Reuses() != 0 {
		t.Error("a 503 and a broken connection have spent the token")
	}
	if a := n.renew(refresh); a.json["access_token"] != nil || p.Reuses() != 1 {
		t.Errorf("after the lost answer: %s", a.text)
	}
}

func TestABrokenConnectionIsNotRepeated(t *testing.T) {
	for _, fault := range []signettest.Fault{signettest.Reset(), signettest.Drop()} {
		p := signettest.NewIssuer(t)
		n := newNaive(t, p)
		n.must(http.MethodGet, p.URL(signettest.Discovery), nil, "") // net/http would keep its connection
		p.Next(signettest.Discovery, fault)
		if a, err := n.send(http.MethodGet, p.URL(signettest.Discovery), nil, ""); err == nil {
			t.Errorf("nobody saw the fault: %d", a.status)
		}
		if calls := p.Calls(signettest.Discovery); calls != 2 {
			t.Errorf("%d calls", calls)
		}
	}
}

func TestGates(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault func(<-chan struct{}) signettest.Fault
		acted bool // before the gate is open
	}{
		{"Hold", signettest.Hold, false}, {"Slow", signettest.Slow, true}, {"Trickle", signettest.Trickle, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewIssuer(t)
			n := newNaive(t, p)
			code := n.ask(n.question()).Get("code")
			gate, done := make(chan struct{}), make(chan answer)
			p.Next(signettest.Token, test.fault(gate))
			header, body := n.form(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
			go func() {
				a, _ := n.send(http.MethodPost, p.URL(signettest.Token), header, body)
				done <- a
			}()
			if p.Await(signettest.Token, 1); test.acted {
				p.AwaitActed(signettest.Token, 1)
			}
			second := n.exchange(code)
			close(gate)
			first := <-done
			if both := []bool{first.json["access_token"] != nil, second.json["access_token"] != nil}; both[0] == both[1] {
				t.Errorf("the code worked %v", both)
			} else if !test.acted && both[0] {
				t.Error("it acted before the gate was open")
			}
		})
	}
	t.Run("closing the provider ends what waits", func(t *testing.T) {
		p := signettest.NewIssuer(t)
		n := newNaive(t, p)
		p.Always(signettest.Discovery, signettest.Hold(nil))
		done := make(chan struct{})
		go func() { n.send(http.MethodGet, p.URL(signettest.Discovery), nil, ""); close(done) }()
		p.Await(signettest.Discovery, 1)
		p.Close()
		<-done
	})
}

func TestFaultsOfIDTokens(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault signettest.Fault
		seen  func(header, claims map[string]any) bool
	}{
		{"issuer", signettest.WrongIssuer(), func(_, c map[string]any) bool { return c["iss"] == "https://issuer.invalid" }},
		{"audience", signettest.WrongAudience(), func(_, c map[string]any) bool { return c["aud"] == "somebody-elses-client" }},
		{"nonce", signettest.WrongNonce(), func(_, c map[string]any) bool { return c["nonce"] == "of-another-attempt" }},
		{"end", signettest.ExpiredIDToken(), func(_, c map[string]any) bool { return c["exp"].(float64) < float64(time.Now().Unix()) }},
		{"unsigned", signettest.UnsignedIDToken(), func(h, _ map[string]any) bool { return h["alg"] == "none" }},
		{"unknown key", signettest.UnknownKey(), func(h, _ map[string]any) bool { return strings.HasPrefix(h["kid"].(string), "unknown-") }},
		{"another key", signettest.OtherKey(), func(h, _ map[string]any) bool { return h["kid"] == "rs256-0" }},
		{"own", signettest.IDToken(func(h, c map[string]any) { h["typ"], c["aud"] = "at+jwt", []string{"a", "b"} }), func(h, c map[string]any) bool {
			return h["typ"] == "at+jwt" && len(c["aud"].([]any)) == 2
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := signettest.NewIssuer(t)
			n := newNaive(t, p)
			p.Next(signettest.Token, test.fault)
			token := n.signIn()["id_token"]
			if h, c := claims(t, token); !test.seen(h, c) {
				t.Errorf("%v %v", h, c)
			}
			keyFault := test.name == "unsigned" || test.name == "unknown key" || test.name == "another key"
			if good := verifies(t, keysOf(t, n), token.(string)); good == keyFault {
				t.Errorf("the signature is good: %t", good)
			}
		})
	}
}

func TestFaultsOfTheWayBack(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	if back := n.ask(n.question()); back.Get("iss") != p.Issuer() {
		t.Errorf("iss %q", back.Get("iss")) // RFC 9207, which it announces
	}
	p.Next(signettest.Authorization, signettest.Denied("access_denied"),
		signettest.Params(func(v url.Values) { v.Set("iss", "https://other.example"); v.Del("state") }))
	if back := n.ask(n.question()); back.Get("error") != "access_denied" || back.Has("code") || back.Get("state") != "the-state" {
		t.Errorf("denied: %v", back)
	}
	if back := n.ask(n.question()); back.Get("iss") != "https://other.example" || back.Has("state") || !back.Has("code") {
		t.Errorf("changed: %v", back)
	}
}

func TestFaultsOfUserInfo(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	access := n.signIn()["access_token"]
	p.Next(signettest.Userinfo, signettest.WrongSubject(), signettest.SignedUserinfo())
	if a := n.userinfo(access); a.json["sub"] != "424242" {
		t.Errorf("%s", a.text)
	}
	a := n.userinfo(access)
	if _, c := claims(t, a.text); a.header.Get("Content-Type") != "application/jwt" || c["sub"] != p.Person().Subject || !verifies(t, keysOf(t, n), a.text) {
		t.Errorf("%s", a.text)
	}
	p.Always(signettest.Userinfo, signettest.Status(502))
	for range 3 {
		if a := n.userinfo(access); a.status != 502 {
			t.Errorf("%d", a.status)
		}
	}
	p.Heal()
	if a := n.userinfo(access); a.status != 200 {
		t.Errorf("healed: %d", a.status)
	}
	d := signettest.NewProvider(t, "discord")
	m := newNaive(t, d)
	access = m.signIn()["access_token"]
	d.Next(signettest.Userinfo, d.Sampled("rate limited"))
	if a := m.userinfo(access); a.status != 429 || a.json["retry_after"] == nil {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestFaultsAreWhereTheyCanHappen(t *testing.T) {
	for name, misuse := range map[string]func(*recorder, *signettest.Provider){
		"an ID token at user info":    func(_ *recorder, p *signettest.Provider) { p.Next(signettest.Userinfo, signettest.WrongNonce()) },
		"an end point that is not":    func(_ *recorder, p *signettest.Provider) { p.Always(signettest.Unlink, signettest.HTML()) },
		"a sample that is not":        func(_ *recorder, p *signettest.Provider) { p.Sampled("no such") },
		"a person that is not":        func(_ *recorder, p *signettest.Provider) { p.Sample("no such") },
		"a person without a subject":  func(_ *recorder, p *signettest.Provider) { p.SignIn(signettest.Person{}) },
		"a request that was not made": func(_ *recorder, p *signettest.Provider) { p.Last(signettest.Token) },
	} {
		r := &recorder{TB: t}
		p := signettest.NewProvider(r, "google")
		if !r.fails(func() { misuse(r, p) }) {
			t.Errorf("%s: the test goes on", name)
		}
	}
	r := &recorder{TB: t}
	if !r.fails(func() { signettest.NewProvider(r, "myspace") }) || !strings.Contains(r.said.String(), "google, github, kakao") {
		t.Errorf("an unknown provider: %s", r.said.String())
	}
}

// recorder is a test that fails without failing this one.
type recorder struct {
	testing.TB
	said bytes.Buffer
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	fmt.Fprintf(&r.said, format, args...)
	panic(r)
}

func (r *recorder) fails(f func()) (failed bool) {
	defer func() { failed = recover() == any(r) }()
	f()
	return false
}
