package signet_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

// Tutorial 4: a route that calls another route of the same site. hopHouse has two of them:
// /outer asks /inner, which says who is there and may change the session.
func hopHouse(t *testing.T, inner func(h *house, w http.ResponseWriter, r *http.Request)) (*house, *httptest.Server) {
	h := open(t)
	var site *httptest.Server
	mux := http.NewServeMux()
	mux.Handle("/inner", h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner(h, w, r) })))
	mux.Handle("/outer", h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := &http.Client{Transport: h.Hop(nil)}
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, site.URL+"/inner", nil)
		ask.Header.Set("Cookie", "theme=dark")
		answer, err := client.Do(ask)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		io.Copy(w, answer.Body)
	})))
	site = httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return h, site
}

func TestHopKeepsTheSession(t *testing.T) {
	h, site := hopHouse(t, func(h *house, w http.ResponseWriter, r *http.Request) {
		s, ok := signet.SessionFrom(r.Context())
		if !ok {
			fmt.Fprint(w, "nobody")
			return
		}
		theme, _ := r.Cookie("theme")
		fmt.Fprint(w, s.Name, " ", theme.Value)
	})
	b := h.browser(t)
	signIn(b, minsuPassword)
	if got := visitor(t, site.URL, b.Cookies()).Get("/outer").Body; got != "Kim Minsu dark" {
		t.Errorf("the inner route sees %q", got)
	}
	if got := visitor(t, site.URL, nil).Get("/outer").Body; got != "nobody" {
		t.Errorf("nobody's inner route sees %q", got)
	}
}

func TestHopCarriesWhatTheOtherRouteChanged(t *testing.T) {
	h, site := hopHouse(t, func(h *house, w http.ResponseWriter, r *http.Request) {
		err := h.Update(w, r, func(s *signet.Session) error { return s.Claims.Set("cart", 3) })
		if err != nil {
			t.Error(err)
		}
	})
	b := h.browser(t)
	signIn(b, minsuPassword)
	v := visitor(t, site.URL, b.Cookies())
	v.Get("/outer")
	if fmt.Sprint(v.Cookies()) == fmt.Sprint(b.Cookies()) {
		t.Error("the cookie of the inner route did not reach the browser")
	}
	if n := strings.Count(fmt.Sprint(v.Get("/outer").Header["Set-Cookie"]), "session-token="); n != 1 {
		t.Errorf("%d decisions about the session in one answer", n)
	}
}

// TestS74_HopKeepsCookiesFromOthers calls somebody else's server.
func TestS74_HopKeepsCookiesFromOthers(t *testing.T) {
	h := open(t)
	var seen string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen += r.Header.Get("Cookie") }))
	defer other.Close()
	site := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := &http.Client{Transport: h.Hop(nil, "http://api.example.com")}
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, other.URL, nil)
		if answer, err := client.Do(ask); err == nil {
			answer.Body.Close()
		}
	})))
	defer site.Close()
	b := h.browser(t)
	signIn(b, minsuPassword)
	visitor(t, site.URL, b.Cookies()).Get("/")
	if seen != "" {
		t.Errorf("another server was sent %q", seen)
	}
}

// TestS74_HopKeepsCookiesFromWhoLedThere: a stranger's redirect back to us would make the call
// in the visitor's name.
func TestS74_HopKeepsCookiesFromWhoLedThere(t *testing.T) {
	var seen []string
	h, site := hopHouse(t, func(_ *house, _ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Cookie")) })
	stranger := httptest.NewServer(http.RedirectHandler(site.URL+"/inner", http.StatusTemporaryRedirect))
	defer stranger.Close()
	var to string
	page := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := &http.Client{Transport: h.Hop(nil, site.URL)}
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, to, nil)
		if answer, err := client.Do(ask); err == nil {
			answer.Body.Close()
		}
	})))
	defer page.Close()
	b := h.browser(t)
	signIn(b, minsuPassword)
	for _, to = range []string{site.URL + "/inner", stranger.URL} {
		visitor(t, page.URL, b.Cookies()).Get("/")
	}
	if len(seen) != 2 || seen[0] == "" || seen[1] != "" {
		t.Errorf("the inner route was sent %q", seen)
	}
}

func ExampleAuth_Hop() {
	auth, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet})
	if err != nil {
		panic(err)
	}
	defer auth.Close()
	client := &http.Client{Transport: auth.Hop(nil, "http://127.0.0.1:3000")}
	page := auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// With the context of the request, the call is made in the visitor's session.
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://127.0.0.1:3000/api/cart", nil)
		if answer, err := client.Do(ask); err == nil {
			defer answer.Body.Close()
		}
	}))
	_ = page
}
