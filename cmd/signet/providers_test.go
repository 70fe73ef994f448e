package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

// who is the user that the session end point shows.
func who(t testing.TB, b *signettest.Browser) string {
	t.Helper()
	var s struct{ User struct{ Email, Name string } }
	if body := b.Get("/api/auth/session").Body; body != "null" {
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			t.Fatalf("session: %s", body)
		}
	}
	return s.User.Name + " " + s.User.Email
}

// A sign-in at another site, from one line of YAML to the session.
func TestSignInElsewhere(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		fake       func(testing.TB) *signettest.Provider
		env        []string // ID and SECRET are put in
	}{
		{"kakao, by the environment", "providers: [{type: kakao}]\n", signettest.NewKakao, []string{"AUTH_KAKAO_ID", "ID", "AUTH_KAKAO_SECRET", "SECRET"}},
		{"github, by the file", "providers:\n  - type: github\n    client_id: ID\n    client_secret: {env: GITHUB}\n", signettest.NewGitHub, []string{"GITHUB", "SECRET"}},
		{"naver, by the file", "providers:\n  - {type: naver, client_id: ID, client_secret: SECRET}\n", signettest.NewNaver, nil},
		{"google under another id", "providers:\n  - {type: google, id: work, name: Work}\n", signettest.NewGoogle, []string{"AUTH_WORK_ID", "ID", "AUTH_WORK_SECRET", "SECRET"}},
		{"any issuer", "providers:\n  - {type: oidc, id: corp, issuer: ISSUER, client_id: ID, client_secret: SECRET, scopes: [openid, email, profile]}\n", signettest.NewIssuer, nil},
		{"any issuer, by the environment", "providers: [{type: oidc, id: corp}]\n", signettest.NewIssuer, []string{"AUTH_CORP_ID", "ID", "AUTH_CORP_SECRET", "SECRET", "AUTH_CORP_ISSUER", "ISSUER"}},
		{"any provider of OAuth 2", `
providers:
  - type: oauth2
    id: club
    authorize: AUTHORIZE
    token: TOKEN
    userinfo: USERINFO
    client_id: ID
    client_secret: SECRET
    auth: post
    map: {id: /user/uid, name: /user/display, email: /user/mail}
`, func(t testing.TB) *signettest.Provider { return signettest.NewProvider(t, "generic-oauth2") }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := c.fake(t)
			fill := strings.NewReplacer("ISSUER", fake.Issuer(), "AUTHORIZE", fake.URL(signettest.Authorization), "TOKEN", fake.URL(signettest.Token),
				"USERINFO", fake.URL(signettest.Userinfo), "SECRET", fake.ClientSecret, "ID", fake.ClientID)
			for i := 1; i < len(c.env); i += 2 {
				c.env[i] = fill.Replace(c.env[i])
			}
			inFolder(t, map[string]string{"signet.yaml": fill.Replace(c.yaml)})
			r := serveReaching(t, signettest.Client(fake), environment(c.env...))
			b := signettest.NewBrowser(t, r.url)
			id := regexp.MustCompile(`/signin/([a-z0-9-]+)`).FindStringSubmatch(b.Get("/api/auth/signin").Body)
			if id == nil {
				t.Fatal("the sign-in page has no button")
			}
			b.SignInWith(fake, "/api/auth/signin/"+id[1])
			if got := who(t, b); !strings.Contains(got, fake.Person().Name) || len(got) < 3 {
				t.Errorf("signed in as %q, want %q; the provider refused %v\n%s", got, fake.Person().Name, fake.Refused(), r.errs)
			}
			if strings.Contains(r.errs.String()+r.out.String(), fake.ClientSecret) {
				t.Error("the client secret is printed")
			}

			b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
			r.stop()
			_, out, errs := typed(t, environment(c.env...), "user", "list", "--json")
			var users []listedUser
			if err := json.Unmarshal([]byte(out), &users); err != nil || len(users) != 1 {
				t.Fatalf("users: %v %s%s", err, out, errs)
			}
			_, out, _ = typed(t, environment(c.env...), "user", "show", users[0].ID)
			if !strings.Contains(out, "1 way to sign in\n  "+id[1]+" ") || !strings.Contains(out, ", since ") {
				t.Errorf("user show: %s", out)
			}
		})
	}
}

// A nest is the back end of the second tutorial.
func nest(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var typed struct{ Username, Password string }
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Method != http.MethodPost || json.Unmarshal(body, &typed) != nil || typed.Username != "minsu@example.com" || typed.Password != "1234" || r.Header.Get("X-Api-Key") != "nest-key" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message":"비밀번호가 다릅니다"}`)
			return
		}
		io.WriteString(w, `{"id":7,"name":"Minsu","email":"minsu@example.com","password":"$2b$10$x","role":"admin","accessToken":"nest-access","refreshToken":"nest-refresh"}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// Tutorials 1 and 2 by configuration alone: the form, the end points for scripts, the token
// in the session, and a rule that would keep scripts from logging in.
func TestSignInAtABackEnd(t *testing.T) {
	back := nest(t)
	inFolder(t, map[string]string{"signet.yaml": `
session:
  expose: {accessToken: backend.access_token, user.id: sub, user.role: role}
providers:
  - type: backend
    url: ` + back.URL + `/api/login
    fields: [email, password]
    send: {username: email, password: password}
    header: {X-Api-Key: {env: NEST_KEY}}
    claims: {role: role}
    login_path: /api/login
    login_status: 201
    logout_path: /api/logout
protect: ["/api/:path*"]
`})
	r := serveWith(t, environment("NEST_KEY", "nest-key"))
	b := signettest.NewBrowser(t, r.url)
	b.Header.Set("Accept", "application/json")

	wrong := b.PostJSON("/api/login", map[string]string{"email": "minsu@example.com", "password": "12345"})
	if wrong.Status != http.StatusUnauthorized || strings.TrimSpace(wrong.Body) != "null" {
		t.Errorf("wrong password: %d %s", wrong.Status, wrong.Body)
	}
	right := b.PostJSON("/api/login", map[string]string{"email": "minsu@example.com", "password": "1234"})
	var user map[string]any
	right.JSON(t, &user)
	if right.Status != http.StatusCreated || user["name"] != "Minsu" || user["accessToken"] != "nest-access" || user["password"] != nil {
		t.Errorf("log-in: %d %s", right.Status, right.Body)
	}
	var session struct {
		User        struct{ ID, Name, Role string }
		AccessToken string
	}
	b.Get("/api/auth/session").JSON(t, &session)
	if session.AccessToken != "nest-access" || session.User.Name != "Minsu" || session.User.Role != "admin" || session.User.ID == "" {
		t.Errorf("session: %+v", session)
	}
	if body := b.Get("/api/auth/session").Body; strings.Contains(body, "nest-refresh") {
		t.Errorf("the refresh token is in the session: %s", body)
	}
	if p := b.Get("/api/login"); p.Status != http.StatusMethodNotAllowed {
		t.Errorf("GET of the log-in end point: %d", p.Status)
	}
	if p := b.PostJSON("/api/logout", map[string]string{}); p.Status != http.StatusOK {
		t.Errorf("log-out: %d %s", p.Status, p.Body)
	}
	if got := b.Get("/api/auth/session").Body; got != "null" {
		t.Errorf("after log-out: %s", got)
	}
	if p := b.PostJSON("/api/login/", map[string]string{}); p.Status == http.StatusUnauthorized && p.Body == "null" {
		t.Error("the log-in end point is at more than its path")
	}
	if strings.Contains(r.errs.String(), "nest-key") || strings.Contains(r.errs.String(), "nest-access") {
		t.Errorf("the log shows a secret: %s", r.errs)
	}
}

// A form of another site cannot log anybody in at the end point for scripts.
func TestS22_ScriptsLogInWithJSONFromThisSite(t *testing.T) {
	back := nest(t)
	inFolder(t, map[string]string{"signet.yaml": "providers: [{type: backend, url: " + back.URL + ", login_path: /api/login}]\n"})
	b := signettest.NewBrowser(t, serveHere(t).url)
	if p := b.Post("/api/login", url.Values{"email": {"minsu@example.com"}, "password": {"1234"}}); p.Status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", p.Status)
	}
	b.Header.Set("Origin", "https://evil.test")
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	if p := b.PostJSON("/api/login", map[string]string{"email": "minsu@example.com", "password": "1234"}); p.Status != http.StatusForbidden {
		t.Errorf("JSON of another site: %d", p.Status)
	}
}

// Letters by SMTP: a sign-in by link, in the browser that asked.
func TestSignInByMail(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		env        []string
	}{
		{"by the environment of Auth.js", "providers: [{type: email, sign_up: true}]\n", []string{"EMAIL_SERVER", "smtp://SERVER", "EMAIL_FROM", "Corner Shop <hello@example.com>"}},
		{"by the file", "providers: [{type: email, sign_up: true, server: 'smtp://SERVER', from: hello@example.com, from_name: Corner Shop}]\n", nil},
		{"as everything else is sent", "mail: {server: 'smtp://SERVER', from: hello@example.com, from_name: Corner Shop}\nproviders: [{type: email, sign_up: true}]\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			box := signettest.NewMailbox(t)
			for i := 1; i < len(c.env); i += 2 {
				c.env[i] = strings.ReplaceAll(c.env[i], "SERVER", box.Address())
			}
			inFolder(t, map[string]string{"signet.yaml": strings.ReplaceAll(c.yaml, "SERVER", box.Address())})
			b := signettest.NewBrowser(t, serveWith(t, environment(c.env...)).url)
			asked := b.Post("/api/auth/signin/email", url.Values{"csrfToken": {b.CSRF("/api/auth")}, "email": {"hana@example.com"}})
			if asked.Status/100 != 3 {
				t.Fatalf("asked for a letter: %d %s", asked.Status, asked.Body)
			}
			letter := box.Wait(1)
			if letter.Header.Get("From") != `"Corner Shop" <hello@example.com>` || len(letter.To) != 1 || letter.To[0] != "hana@example.com" {
				t.Errorf("from %q to %q", letter.Header.Get("From"), letter.To)
			}
			b.Follow(b.SubmitForm(b.Get(linkIn(t, letter.Text)), nil))
			if got := who(t, b); got != " hana@example.com" {
				t.Errorf("signed in as %q", got)
			}
		})
	}
}

// linkIn finds the link of a letter.
func linkIn(t testing.TB, text string) string {
	t.Helper()
	link := regexp.MustCompile(`http://\S+`).FindString(text)
	if link == "" {
		t.Fatalf("no link in %q", text)
	}
	return link
}

// The demo shows what would be sent: a sign-in by link, an account behind a letter, and a
// forgotten password.
func TestDemoOutbox(t *testing.T) {
	inFolder(t, nil)
	r := serveHere(t, "--demo")
	outbox := r.find(r.out, `Outbox +(\S+)`)
	if outbox != r.url+"/outbox" {
		t.Errorf("the outbox is said to be at %s", outbox)
	}
	before := ""
	latest := func(b *signettest.Browser) string { // letters are sent behind the answer's back
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			page := b.Get("/outbox").Body
			link := regexp.MustCompile(`href="(http://[^"]*token=[^"]*)"`).FindStringSubmatch(page)
			if link != nil && link[1] != before {
				before = link[1]
				return strings.ReplaceAll(link[1], "&amp;", "&")
			}
			if time.Now().After(end) {
				t.Fatalf("no new link in the outbox: %s", page)
			}
		}
	}

	hana := signettest.NewBrowser(t, r.url)
	hana.Follow(hana.Post("/api/auth/signup", url.Values{"csrfToken": {hana.CSRF("/api/auth")}, "email": {"hana@example.com"}, "name": {"Hana"}, "password": {"correct horse battery"}}))
	if got := who(t, hana); got != " " {
		t.Errorf("signed in before the letter was opened: %q", got)
	}
	hana.Follow(hana.SubmitForm(hana.Get(latest(hana)), nil))
	if got := who(t, hana); got != "Hana hana@example.com" {
		t.Errorf("behind the letter: %q", got)
	}

	demo := signettest.NewBrowser(t, r.url)
	demo.Post("/api/auth/signin/email", url.Values{"csrfToken": {demo.CSRF("/api/auth")}, "email": {demoEmail}})
	demo.Follow(demo.SubmitForm(demo.Get(latest(demo)), nil))
	if got := who(t, demo); got != demoName+" "+demoEmail {
		t.Errorf("by link: %q", got)
	}
	// Its password works as before.
	signIn(t, signettest.NewBrowser(t, r.url), demoEmail, r.find(r.out, `password  (\S+)`), "")

	lost := signettest.NewBrowser(t, r.url)
	lost.Post("/api/auth/reset", url.Values{"csrfToken": {lost.CSRF("/api/auth")}, "email": {"hana@example.com"}})
	r.find(r.errs, `"kind":"reset"`) // is written after the answer, so that waiting tells nothing
	lost.Follow(lost.SubmitForm(lost.Get(latest(lost)), url.Values{"password": {"another horse altogether"}}))
	signIn(t, signettest.NewBrowser(t, r.url), "hana@example.com", "another horse altogether", "")
}

// The outbox is for this machine: everything in it lets somebody in.
func TestS116_TheOutboxIsForThisMachine(t *testing.T) {
	inFolder(t, nil)
	address := strings.TrimPrefix(serveHere(t, "--demo").url, "http://")
	for _, c := range []struct {
		name, request string
		want          int
	}{
		{"by the address", "GET /outbox HTTP/1.1\r\nHost: {host}\r\n\r\n", 200},
		{"by another name of this machine", "GET /outbox HTTP/1.1\r\nHost: localhost:1234\r\n\r\n", 200},
		{"by a name that points here", "GET /outbox HTTP/1.1\r\nHost: rebound.evil.test\r\n\r\n", 404},
		{"by a proxy", "GET /outbox HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n", 404},
		{"by a proxy of RFC 7239", "GET /outbox HTTP/1.1\r\nHost: {host}\r\nForwarded: for=203.0.113.9\r\n\r\n", 404},
	} {
		if a := sendRaw(t, address, c.request); a.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, a.StatusCode, c.want)
		} else if c.want == 200 && !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: may be cached: %q", c.name, a.Header.Get("Cache-Control"))
		}
	}
	refused := func(what, listen string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var errs strings.Builder
		at := &terminal{Out: io.Discard, Err: &errs, Now: time.Now, Env: environment("AUTH_SECRET", longSecret)}
		if status := run(ctx, []string{"serve", "--listen", listen}, at); status != exitUsage || !strings.Contains(errs.String(), "an outbox shows every letter") {
			t.Errorf("%s: exit status %d, %s", what, status, errs.String())
		}
	}
	for _, yaml := range []string{"mail: outbox\nurl: https://app.example.com\n", "mail: outbox\ntrust_host: true\n", "providers: [{type: email, server: outbox}]\nurl: https://app.example.com\n"} {
		inFolder(t, map[string]string{"signet.yaml": yaml})
		refused(yaml, "127.0.0.1:0")
	}
	inFolder(t, map[string]string{"signet.yaml": "mail: outbox\n"})
	refused("a listener for all", "0.0.0.0:0")
	inFolder(t, map[string]string{"signet.yaml": "url: https://app.example.com\n"})
	r := serveHere(t, "--demo")
	if a := sendRaw(t, strings.TrimPrefix(r.url, "http://"), "GET /outbox HTTP/1.1\r\nHost: {host}\r\n\r\n"); a.StatusCode != 404 || strings.Contains(r.out.String(), "Outbox") {
		t.Errorf("a demo for others has an outbox: %d", a.StatusCode)
	}
}

// What others have told us in confidence is in no output: not in that of fmt, of the doctor,
// of the log, nor of what is said about a file that is wrong.
func TestS102_SecretsOfProvidersAreNeverPrinted(t *testing.T) {
	secrets := []string{"kakao-secret-1", "corp-secret-2", "api-key-3", "mail-pass-4", "mail-pass-5", "env-secret-6"}
	yaml := `
mail: {server: "smtp://u:mail-pass-4@127.0.0.1:1", from: a@example.com}
providers:
  - {type: kakao, client_id: x, client_secret: kakao-secret-1}
  - {type: oidc, id: corp, issuer: "http://127.0.0.1:1", client_id: x, client_secret: corp-secret-2, header: {X-Key: api-key-3}}
  - {type: backend, url: "http://127.0.0.1:1", header: {X-Key: api-key-3}}
  - {type: email, server: "smtp://u@127.0.0.1:1", password: mail-pass-5, from: a@example.com}
  - {type: github}
`
	env := []string{"AUTH_GITHUB_ID", "x", "AUTH_GITHUB_SECRET", "env-secret-6", "AUTH_SECRET", longSecret}
	inFolder(t, map[string]string{"signet.yaml": yaml})
	never := func(what, text string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %q: %s", what, s, text)
			}
		}
	}
	c, err := load(t, env...)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		never(verb, fmt.Sprintf(verb, c))
		for _, p := range c.providers {
			never(verb+" of "+p.id, fmt.Sprintf(verb, p)+fmt.Sprintf(verb, &p)+fmt.Sprintf(verb, p.oauth.clientSecret))
		}
		never(verb+" of what is compared", fmt.Sprintf(verb, comparable(c.providers))+fmt.Sprintf(verb, *c.mail.comparable()))
	}
	none := signettest.Client()
	var out, errs strings.Builder
	run(t.Context(), []string{"doctor"}, &terminal{Out: &out, Err: &errs, Env: environment(env...), Now: serveClock, HTTP: none})
	if !strings.Contains(out.String(), "kakao") {
		t.Fatalf("the doctor says nothing: %s%s", out.String(), errs.String())
	}
	never("doctor", out.String()+errs.String())

	inFolder(t, map[string]string{"signet.yaml": strings.Replace(yaml, "client_id: x", "clientid: x", 1) + "  - {type: email, server: \"smtps://u:mail-pass-5@\"}\n"})
	_, text, wrong := typed(t, environment(env...), "doctor")
	never("doctor about a bad file", text+wrong)
	inFolder(t, map[string]string{"signet.yaml": "providers: [{type: email, server: \"smtp//u:mail-pass-5@x\", from: a@example.com}]\n"})
	_, text, wrong = typed(t, environment(env...), "doctor")
	never("doctor about a bad server", text+wrong)
}

// Settings are equal where they say the same, and a secret that is another one is not.
func TestProvidersAreCompared(t *testing.T) {
	yaml := "providers: [{type: kakao, client_id: x, client_secret: {env: S}}, {type: backend, url: 'http://127.0.0.1', header: {K: {env: S}}}]\nmail: {server: 'smtp://u@x', from: a@example.com, password: {env: S}}\n"
	inFolder(t, map[string]string{"signet.yaml": yaml})
	get := func(s string) config {
		c, err := load(t, "S", s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b, other := get("one"), get("one"), get("two")
	if changed := a.differs(&b); len(changed) > 0 {
		t.Errorf("the same file differs in %v", changed)
	}
	if changed := a.differs(&other); strings.Join(changed, " ") != "providers mail" {
		t.Errorf("another secret changes %v", changed)
	}
	if a.providers[0].oauth.clientSecret.plain() != "one" || a.providers[1].backend.header["K"].plain() != "one" {
		t.Error("comparing loses the secrets")
	}
}
