package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/signettest"
)

// signIn signs the browser in and goes where the form said.
func signIn(t testing.TB, b *signettest.Browser, email, password, back string) {
	t.Helper()
	page := b.Post("/api/auth/callback/credentials", url.Values{
		"csrfToken": {b.CSRF("/api/auth")}, "email": {email}, "password": {password}, "callbackUrl": {back},
	})
	if page.Status/100 != 3 || strings.Contains(page.Location(), "error=") {
		t.Fatalf("sign-in of %s: %d to %q", email, page.Status, page.Location())
	}
	if back != "" && page.Location() != back {
		t.Errorf("sign-in led to %q, want %q", page.Location(), back)
	}
}

// The journey of the tutorials' readers: kept out, sent to sign in, back where they wanted
// to go, the session shown, out again.
func TestDemo(t *testing.T) {
	inFolder(t, nil)
	r := serveHere(t, "--demo")
	password := r.find(r.out, `password  (\S+)`)
	b := signettest.NewBrowser(t, r.url)

	if p := b.Get("/"); p.Status != 200 || !strings.Contains(p.Body, "Nobody is signed in") || !strings.Contains(p.Body, ">null</pre>") {
		t.Errorf("start page, signed out: %d %s", p.Status, p.Body)
	}
	if p := b.Get("/session"); p.Body != "null\n" {
		t.Errorf("session of nobody: %q", p.Body)
	}
	kept := b.Get("/userposts")
	to, err := url.Parse(kept.Location())
	if err != nil || kept.Status != http.StatusFound || to.Path != "/api/auth/signin" || to.Query().Get("callbackUrl") != r.url+"/userposts" {
		t.Fatalf("protected page, signed out: %d to %q", kept.Status, kept.Location())
	}
	if p := b.Get("/userposts/1"); p.Status != http.StatusFound {
		t.Errorf("below the protected page, signed out: %d", p.Status)
	}

	signIn(t, b, demoEmail, password, to.Query().Get("callbackUrl"))

	if p := b.Get("/userposts"); p.Status != 200 || !strings.Contains(p.Body, "세션은 어디에 있나요?") || !strings.Contains(p.Body, demoName) || !strings.Contains(p.Body, demoEmail) {
		t.Errorf("protected page, signed in: %d %s", p.Status, p.Body)
	}
	shown := b.Get("/session").Body
	var session struct {
		User    struct{ Name, Email string }
		Expires string
	}
	if err := json.Unmarshal([]byte(shown), &session); err != nil || session.User.Email != demoEmail || session.User.Name != demoName || session.Expires == "" {
		t.Errorf("session: %v %s", err, shown)
	}
	if !strings.HasPrefix(shown, "{\n  \"user\": {\n    \"name\": \"Demo User\",\n") {
		t.Errorf("session is not shown as JSON.stringify(session, null, 2) does: %s", shown)
	}
	if p := b.Get("/"); !strings.Contains(p.Body, "Demo User") || !strings.Contains(p.Body, "&#34;email&#34;: &#34;demo@example.com&#34;") {
		t.Errorf("start page, signed in: %s", p.Body)
	}
	var posts []post
	b.Get("/demo/api/posts").JSON(t, &posts)
	if len(posts) != 3 || posts[0].Author != (postAuthor{demoEmail, demoName}) || posts[0].AuthorID == "" {
		t.Errorf("posts: %+v", posts)
	}

	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	if p := b.Get("/userposts"); p.Status != http.StatusFound {
		t.Errorf("protected page, signed out again: %d", p.Status)
	}
	b.Header = http.Header{"Accept": {"application/json"}}
	if p := b.Get("/demo/api/posts"); p.Status != http.StatusUnauthorized || p.Body != `{"error":"unauthorized"}` {
		t.Errorf("API, signed out: %d %s", p.Status, p.Body)
	}
}

func TestDemoSpeaksKorean(t *testing.T) {
	inFolder(t, nil)
	b := signettest.NewBrowser(t, serveHere(t, "--demo").url)
	b.Header.Set("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5")
	if p := b.Get("/"); !strings.Contains(p.Body, `<html lang="ko">`) || !strings.Contains(p.Body, "로그인하지 않았습니다") {
		t.Errorf("start page: %s", p.Body)
	}
}

// Who opens an account in the demo has no posts, but a page of their own.
func TestDemoOfSomebodyElse(t *testing.T) {
	inFolder(t, nil)
	r := serveHere(t, "--demo")
	b := signettest.NewBrowser(t, r.url)
	b.Post("/api/auth/signup", url.Values{"csrfToken": {b.CSRF("/api/auth")}, "email": {"hana@example.com"}, "name": {"<Hana>"}, "password": {"correct horse battery"}})
	letter := r.find(r.errs, `"kind":"verify".*"link":"([^"]+)"`)
	b.Follow(b.SubmitForm(b.Get(strings.ReplaceAll(letter, `\u0026`, "&")), nil))
	if p := b.Get("/userposts"); p.Status != 200 || !strings.Contains(p.Body, "No posts yet") || strings.Contains(p.Body, "Who am I?") {
		t.Errorf("posts: %d %s", p.Status, p.Body)
	}
	if p := b.Get("/"); strings.Contains(p.Body, "<Hana>") || !strings.Contains(p.Body, "&lt;Hana&gt;") {
		t.Error("a name is put on the page as markup")
	}
}

// A second start finds the user of the first, with the same password, even if somebody
// changed it meanwhile.
func TestDemoTwice(t *testing.T) {
	inFolder(t, nil)
	first := serveHere(t, "--demo")
	password := first.find(first.out, `password  (\S+)`)
	if status := first.stop(); status != exitOK {
		t.Fatalf("exit status %d", status)
	}
	var out strings.Builder
	status := run(t.Context(), []string{"user", "password", demoEmail, "--password-stdin"}, &terminal{
		In: strings.NewReader("something else altogether\n"), Out: &out, Err: &out, Now: serveClock, Env: environment(),
	})
	if status != exitOK {
		t.Fatalf("user password: %s", out.String())
	}
	second := serveHere(t, "--demo")
	if got := second.find(second.out, `password  (\S+)`); got != password {
		t.Errorf("password %s, want %s again", got, password)
	}
	signIn(t, signettest.NewBrowser(t, second.url), demoEmail, password, "")
	if mode := modeOf(t, "signet-data/"+demoPassword); mode != 0o600 {
		t.Errorf("mode %04o of the password, want 0600", mode)
	}
	if _, err := os.Stat("signet-data/signet.db"); err != nil {
		t.Error(err)
	}
}

// The demo page asks the session end point by itself; that must not give the visitor two
// cookies of one name, or none.
func TestDemoPagesSetEachCookieOnce(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "session: {update_age: 0}\n"})
	r := serveHere(t, "--demo")
	b := signettest.NewBrowser(t, r.url)
	signIn(t, b, demoEmail, r.find(r.out, `password  (\S+)`), "")
	for _, path := range []string{"/", "/session", "/userposts"} {
		count := map[string]int{}
		for _, line := range b.Get(path).Header["Set-Cookie"] {
			name, _, _ := strings.Cut(line, "=")
			count[name]++
		}
		if count["authjs.session-token"] != 1 {
			t.Errorf("%s: the session cookie is set %d times", path, count["authjs.session-token"])
		}
		for name, n := range count {
			if n > 1 {
				t.Errorf("%s: %s is set %d times", path, name, n)
			}
		}
	}
}

func TestDemoNamesThePublicURL(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "url: http://localhost:8080/auth\n"})
	r := serveHere(t, "--demo")
	r.find(r.out, `http://localhost:8080/userposts `)
	r.find(r.out, `http://localhost:8080/auth `)
}

// The data folder is made for the demo's password where nothing else is in it.
func TestDemoWithStoreAndSecretElsewhere(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "store: sqlite:" + filepath.Join(t.TempDir(), "other", "signet.db") + "\n"})
	r := serveWith(t, environment("AUTH_SECRET", freshSecret()), "--demo")
	signIn(t, signettest.NewBrowser(t, r.url), demoEmail, r.find(r.out, `password  (\S+)`), "")
	if mode := modeOf(t, "signet-data"); uint32(mode) != 0o700 {
		t.Errorf("the data folder has mode %04o", mode)
	}
	if mode := modeOf(t, "signet-data/demo-password"); uint32(mode) != 0o600 {
		t.Errorf("the password has mode %04o", mode)
	}
}

// Pages of the demo have the colors of ours, and name each of them once.
func TestDemoBeginsWithTheStyleOfPages(t *testing.T) {
	inFolder(t, nil)
	page := signettest.NewBrowser(t, serveHere(t, "--demo").url).Get("/").Body
	_, style, _ := strings.Cut(page, "<style")
	style, _, _ = strings.Cut(style, "</style>")
	if !strings.Contains(style, pages.Stylesheet()) || strings.Count(style, "--paper:") != 2 {
		t.Errorf("style:\n%s", style)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z-]+):`).FindAllStringSubmatch(style, -1) {
		known[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z-]+)\)`).FindAllStringSubmatch(style, -1) {
		if !known[m[1]] {
			t.Errorf("%s is used and not there", m[1])
		}
	}
}
