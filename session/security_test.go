package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/session"
)

func TestS03OnlyTheVeryNameCountsAndOnlyOnce(t *testing.T) {
	k := keep[Cart](t, inPlain, func(c *session.Config) { c.Cookie = "__Host-s" })
	mine, planted := wrap(`{"visits":1}`), wrap(`{"visits":2}`)
	for cookies, visits := range map[string]int{
		"__Host-s=" + mine:                                  1,
		"__host-s=" + planted:                               0,
		"__HOST-S=" + planted + "; __Host-s=" + mine:        1,
		"__Host-s=" + mine + "; __Host-s=" + planted:        0,
		"__Host-s=" + planted + "; __Host-s=" + mine:        0,
		"__Host-s.0=" + mine + "; __Host-s.0=" + planted:    0,
		`__Host-s="` + mine + `"`:                           0,
		"x__Host-s=" + planted + "; __Host-s.00=" + mine:    0,
		"__Host-s =" + planted + "; \u00a0__Host-s=" + mine: 0,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", cookies)
		s, err := k.Open(httptest.NewRecorder(), r)
		if err != nil {
			t.Errorf("%s: %v", cookies, err)
		} else if s.Data.Visits != visits {
			t.Errorf("%s: %+v, want %d visits", cookies, s.Data, visits)
		}
	}
}

func TestS04NoCookieIsLargerThanABrowserKeeps(t *testing.T) {
	k := keep[map[string]string](t, inChunks, inPlain)
	for size := 2900; size < 12_000; size += 97 {
		w := do(t, browser{}, k, func(s *session.Session[map[string]string]) {
			s.Data = map[string]string{"a": strings.Repeat("x", size)}
			mustSave(t, s)
		})
		for _, line := range w.Header()["Set-Cookie"] {
			if len(line) > 4096 {
				t.Fatalf("%d octets: a line of %d", size, len(line))
			}
		}
	}
}

func TestS07DestroyRemovesEveryCookieOfTheSession(t *testing.T) {
	k := keep[Cart](t, func(c *session.Config) { c.Domain, c.Path = "example.com", "/app" })
	const attributes = "; Max-Age=0; Domain=example.com; Path=/app; HttpOnly; Secure; SameSite=Lax"
	b := browser{"s.0": "a", "s.1": "b", "s": "c", "s.7": "d", "other": "e", "s2": "f"}
	w := do(t, b, k, func(s *session.Session[Cart]) {
		if err := s.Destroy(); err != nil {
			t.Error(err)
		}
	})
	var want []string
	for _, name := range []string{"s.0", "s.1", "s.7", "s"} {
		want = append(want, name+"="+attributes)
	}
	got := slices.Sorted(slices.Values(w.Header()["Set-Cookie"]))
	if !slices.Equal(got, want) {
		t.Errorf("Set-Cookie: %q, want %q", got, want)
	}
	if b.names() != "other s2" {
		t.Errorf("browser holds %s", b.names())
	}
	w = do(t, browser{}, k, func(s *session.Session[Cart]) {
		if err := s.Destroy(); err != nil {
			t.Error(err)
		}
	})
	if got := w.Header()["Set-Cookie"]; !slices.Equal(got, want[3:]) {
		t.Errorf("without a session: Set-Cookie: %q", got)
	}
}

// A save that runs beside a sign-out must not bring the session back.
func TestS07DestroyWinsOverSave(t *testing.T) {
	k := keep[Cart](t, inChunks)
	large := func(s *session.Session[Cart]) { s.Data.Tags = []string{strings.Repeat("x", 5000)} }
	for name, f := range map[string]func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]){
		"before a save": func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
			s.Destroy()
			s.Data.Visits = 1
			if err := s.Save(); err != session.ErrDestroyed {
				t.Errorf("Save = %v", err)
			}
		},
		"after a save": func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
			large(s)
			mustSave(t, s)
			s.Destroy()
		},
		"before another handler's save": func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
			s.Destroy()
			other, err := k.Open(w, r.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			large(other)
			if err := other.Save(); err != session.ErrDestroyed {
				t.Errorf("Save = %v", err)
			}
		},
		"after another handler's save": func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
			other, err := k.Open(w, r.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			large(other)
			mustSave(t, other)
			s.Destroy()
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := browser{}
			do(t, b, k, func(s *session.Session[Cart]) { s.Data.Visits = 1; mustSave(t, s) })
			b.send(t, k.Handler(f))
			if b.names() != "" {
				t.Errorf("browser holds %s", b.names())
			}
		})
	}
}

func TestS19WhatCannotBeReadIsNobody(t *testing.T) {
	k := keep[Cart](t)
	for _, value := range []string{"Fe26.1*a*b*c*d*e*f*g~2", "Fe26.2*__proto__*b*c*d*e*f*g~2", "a", "%", strings.Repeat("*", 4000)} {
		w := do(t, browser{"s": value}, k, func(s *session.Session[Cart]) {
			if s.Unreadable() == "" || s.Data.User != nil {
				t.Errorf("%.20s: %+v", value, s.Data)
			}
		})
		if w.Code != http.StatusOK {
			t.Errorf("%.20s: status %d", value, w.Code)
		}
	}
}

func TestS32NoCacheKeepsASession(t *testing.T) {
	const private = "private, no-cache, no-store"
	k := keep[Cart](t)
	save := func(t *testing.T, s *session.Session[Cart]) { mustSave(t, s) }
	read := func(*testing.T, *session.Session[Cart]) {}
	for _, c := range []struct {
		name          string
		before, after string // Cache-Control that the handler sets
		act           func(*testing.T, *session.Session[Cart])
		want          string
	}{
		{"read", "", "", read, private},
		{"read on a page for everybody", "", "public, max-age=60", read, "public, max-age=60"},
		{"save", "", "", save, private},
		{"save on a page for everybody", "public", "", save, private},
		{"a page for everybody after save", "", "public, max-age=60", save, private},
		{"no-store in other words", "", "no-store", save, "no-store"},
		{"destroy", "public", "public", func(_ *testing.T, s *session.Session[Cart]) { s.Destroy() }, private},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := browser{}.send(t, k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
				set := func(v string) {
					if v != "" {
						w.Header().Set("Cache-Control", v)
					}
				}
				set(c.before)
				c.act(t, s)
				set(c.after)
				w.WriteHeader(http.StatusOK)
			}))
			h := w.Result().Header
			if h.Get("Cache-Control") != c.want || !slices.Equal(h["Vary"], []string{"Cookie"}) {
				t.Errorf("Cache-Control: %q, Vary: %q, want %q", h["Cache-Control"], h["Vary"], c.want)
			}
		})
	}
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "public")
	s, err := k.Open(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if mustSave(t, s); w.Header().Get("Cache-Control") != private {
		t.Errorf("without Handler: %q", w.Header()["Cache-Control"])
	}
	for _, vary := range []string{"accept, cookie", "*"} {
		w := httptest.NewRecorder()
		w.Header().Set("Vary", vary)
		if _, err := k.Open(w, httptest.NewRequest(http.MethodGet, "/", nil)); err != nil || len(w.Header()["Vary"]) != 1 {
			t.Errorf("Vary: %q, %v", w.Header()["Vary"], err)
		}
	}
}

func TestS112TooManyCookiesAre431(t *testing.T) {
	k := keep[Cart](t)
	for name, cookies := range map[string]string{"many": strings.Repeat("a=b; ", 300), "large": "a=" + strings.Repeat("x", 40_000)} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.Header.Set("Cookie", cookies)
		k.Handler(func(http.ResponseWriter, *http.Request, *session.Session[Cart]) { t.Error("called") }).ServeHTTP(w, r)
		if w.Code != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}

func TestPrintingASessionTellsNothing(t *testing.T) {
	do(t, browser{"s": wrap(`{"user":{"name":"Minsu"},"token":"hidden"}`)}, keep[Cart](t, inPlain), func(s *session.Session[Cart]) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, s); got != "session in cookie s" {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	})
}
