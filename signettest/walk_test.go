package signettest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

// naiveSite signs people in with p, and is not careful: it says who came.
func naiveSite(t *testing.T, p *signettest.Provider) *httptest.Server {
	n := newNaive(t, p)
	n.real = true
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/auth/csrf", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"csrfToken":"t"}`) })
	mux.HandleFunc("POST /api/auth/signin/{id}", func(w http.ResponseWriter, r *http.Request) {
		q := n.question()
		q.Set("redirect_uri", "http://"+r.Host+"/api/auth/callback/"+r.PathValue("id"))
		for _, c := range []http.Cookie{
			{Name: "lax", SameSite: http.SameSiteLaxMode}, {Name: "strict", SameSite: http.SameSiteStrictMode}, {Name: "plain"},
			{Name: "none", SameSite: http.SameSiteNoneMode, Secure: true}, {Name: "lost", SameSite: http.SameSiteNoneMode},
		} {
			c.Value, c.Path = r.FormValue("csrfToken"), "/"
			http.SetCookie(w, &c)
		}
		http.Redirect(w, r, p.RealURL(signettest.Authorization)+"?"+q.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("/api/auth/callback/{id}", func(w http.ResponseWriter, r *http.Request) {
		var names []string
		for _, c := range r.Cookies() {
			names = append(names, c.Name)
		}
		http.Redirect(w, r, "/welcome?"+url.Values{
			"by": {r.Method}, "cookies": {strings.Join(names, " ")}, "error": {r.FormValue("error")}, "code": {fmt.Sprint(r.FormValue("code") != "")},
		}.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("/welcome", func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		io.WriteString(w, v.Get("by")+" code "+v.Get("code")+" "+v.Get("error")+" with "+v.Get("cookies"))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestABrowserWalksThroughASignIn(t *testing.T) {
	for _, test := range []struct {
		id, want string
		ask      bool
	}{
		{"kakao", "GET code true  with lax plain none", false},
		{"google", "GET code true  with lax plain none", true},
		{"apple", "POST code true  with none", false},
		{"apple", "POST code true  with none", true},
	} {
		t.Run(fmt.Sprintf("%s, asking %t", test.id, test.ask), func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			p.ConsentPage = test.ask
			b := signettest.NewBrowser(t, naiveSite(t, p).URL)
			if page := b.SignInWith(p, "/api/auth/signin/"+test.id); page.Status != 200 || page.Body != test.want {
				t.Errorf("%d %s, want %s; %q", page.Status, page.Body, test.want, p.Refused())
			}
		})
	}
}

func TestTheVisitorSaysNo(t *testing.T) {
	for id, want := range map[string]string{"kakao": "access_denied", "apple": "user_cancelled_authorize"} {
		p := signettest.NewProvider(t, id)
		p.ConsentPage = true
		b := signettest.NewBrowser(t, naiveSite(t, p).URL)
		b.Reach(p)
		page := b.Follow(b.Post("/api/auth/signin/"+id, url.Values{"csrfToken": {"t"}}))
		if !strings.Contains(page.Body, "Allow") || !strings.Contains(page.Body, p.Person().Name) {
			t.Fatalf("the page that asks: %d %s", page.Status, page.Body)
		}
		page = b.Follow(b.SubmitForm(page, url.Values{"fake_consent": {"deny"}}))
		if !strings.Contains(page.Body, "code false "+want) {
			t.Errorf("%s", page.Body)
		}
	}
	p := signettest.NewIssuer(t)
	p.ConsentPage = true
	n := newNaive(t, p)
	q := n.question()
	q.Set("prompt", "none")
	if back := n.ask(q); back.Get("error") != "login_required" {
		t.Errorf("prompt=none: %v", back)
	}
}

func TestFollowStops(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/search", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<form action="/found"><input name=q value='a &amp; b'><input type="submit" name="go" value="x"></form>`)
	})
	mux.HandleFunc("/found", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.RawQuery) })
	s := httptest.NewServer(mux)
	defer s.Close()
	r := &recorder{TB: t}
	b := signettest.NewBrowser(r, s.URL)
	for _, path := range []string{"/round", "/again"} {
		if !r.fails(func() { b.Follow(b.Get(path)) }) {
			t.Errorf("%s: the test goes on", path)
		}
	}
	if got := b.SubmitForm(b.Get("/search"), url.Values{"r": {"1"}}).Body; got != "q=a+%26+b&r=1" {
		t.Errorf("a form by GET: %s", got)
	}
	if !r.fails(func() { b.SubmitForm(b.Get("/found"), nil) }) || !r.fails(func() { b.Get("https://example.com/") }) {
		t.Error("a page without a form, or a stranger, is fine")
	}
}

func TestLogout(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	hint := n.signIn()["id_token"].(string)
	other := newNaive(t, signettest.NewIssuer(t)).signIn()["id_token"].(string)
	for _, test := range []struct {
		name string
		q    url.Values
		to   string // empty: an error page
	}{
		{"with a hint", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {callback}, "state": {"s"}}, callback + "?state=s"},
		{"with the client's name", url.Values{"client_id": {p.ClientID}, "post_logout_redirect_uri": {callback}}, callback},
		{"another's hint", url.Values{"id_token_hint": {other}, "post_logout_redirect_uri": {callback}}, ""},
		{"nobody's", url.Values{"post_logout_redirect_uri": {callback}}, ""},
		{"to nowhere", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"/here"}}, ""},
	} {
		a := n.must(http.MethodGet, p.URL(signettest.EndSession)+"?"+test.q.Encode(), nil, "")
		if a.header.Get("Location") != test.to || test.to == "" && a.status != 400 {
			t.Errorf("%s: %d %s", test.name, a.status, a.header.Get("Location"))
		}
	}
	if a := n.must(http.MethodGet, p.URL(signettest.EndSession), nil, ""); a.status != 200 {
		t.Errorf("without a way on: %d", a.status)
	}
}
