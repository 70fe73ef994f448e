package signettest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

func TestClock(t *testing.T) {
	start := time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)
	c := signettest.NewClock(start)
	for range 2 {
		if !c.Now().Equal(start) {
			t.Error("it moves by itself")
		}
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { c.Advance(time.Second); c.Now() })
	}
	all.Wait()
	if want := start.Add(50 * time.Second); !c.Now().Equal(want) {
		t.Errorf("Now = %v, want %v", c.Now(), want)
	}
	c.Advance(-time.Hour)
	if want := start.Add(50*time.Second - time.Hour); !c.Now().Equal(want) {
		t.Errorf("put back: %v, want %v", c.Now(), want)
	}
}

func TestBrowser(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: r.URL.Query().Get("to"), Path: "/"})
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		cookie, _ := r.Cookie("a")
		value := ""
		if cookie != nil {
			value = cookie.Value
		}
		io.WriteString(w, strings.Join([]string{r.Method, r.Header.Get("Content-Type"), r.Header.Get("Accept"), value, string(body)}, "|"))
	})
	mux.HandleFunc("/auth/csrf", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"csrfToken":"t"}`) })
	server := httptest.NewServer(mux)
	defer server.Close()

	b, other := signettest.NewBrowser(t, server.URL), signettest.NewBrowser(t, server.URL)
	p := b.Get("/set?to=1")
	if p.Status != http.StatusFound || p.Location() != "/elsewhere" {
		t.Errorf("a redirect was followed, or lost: %d %s", p.Status, p.Location())
	}
	for _, test := range []struct{ name, got, want string }{
		{"get", b.Get("/echo").Body, "GET||text/html|1|"},
		{"absolute", b.Get(server.URL + "/echo").Body, "GET||text/html|1|"},
		{"form", b.Post("/echo", url.Values{"x": {"1 2"}}).Body, "POST|application/x-www-form-urlencoded|text/html|1|x=1+2"},
		{"JSON", b.PostJSON("/echo", map[string]int{"x": 1}).Body, `POST|application/json|application/json|1|{"x":1}`},
		{"another browser", other.Get("/echo").Body, "GET||text/html||"},
		{"token", b.CSRF("/auth"), "t"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %s, want %s", test.name, test.got, test.want)
		}
	}
	other.SetCookies(b.Cookies()...)
	if got := other.Get("/echo").Body; got != "GET||text/html|1|" {
		t.Errorf("with copied cookies: %s", got)
	}
	b.Header.Set("Accept", "*/*")
	if got := b.Get("/echo").Body; got != "GET||*/*|1|" {
		t.Errorf("with another header: %s", got)
	}
	var v struct{ CSRFToken string }
	if b.Get("/auth/csrf").JSON(t, &v); v.CSRFToken != "t" {
		t.Errorf("JSON: %+v", v)
	}
}
