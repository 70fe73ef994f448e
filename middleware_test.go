package signet_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/match"
)

func TestProtectedPages(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Protect = []string{"/secret/:path*"}
		c.Pages.SignIn = "/secret/login"
	})
	member, guest := h.courier(t), h.courier(t)
	member.signIn()
	for _, test := range []struct {
		name   string
		method string
		path   string
		header http.Header
		status int
		to     string
	}{
		{"a navigation", "GET", "/secret/x?y=1", http.Header{"Accept": {"text/html"}}, 302, "/secret/login?callbackUrl=http%3A%2F%2Flocalhost%2Fsecret%2Fx%3Fy%3D1"},
		{"a navigation by its mode", "GET", "/secret/x", http.Header{"Accept": {"*/*"}, "Sec-Fetch-Mode": {"navigate"}}, 302, "/secret/login?callbackUrl=http%3A%2F%2Flocalhost%2Fsecret%2Fx"},
		{"a fetch", "GET", "/secret/x", http.Header{"Accept": {"text/html"}, "Sec-Fetch-Mode": {"cors"}}, 401, ""},
		{"a script", "GET", "/secret/x", http.Header{"Accept": {"application/json"}}, 401, ""},
		{"an old script", "GET", "/secret/x", http.Header{"Accept": {"text/html"}, "X-Requested-With": {"XMLHttpRequest"}}, 401, ""},
		{"nothing said", "GET", "/secret/x", http.Header{"Accept": nil}, 401, ""},
		{"a form", "POST", "/secret/x", http.Header{"Accept": {"text/html"}}, 303, "/secret/login?callbackUrl=http%3A%2F%2Flocalhost%2Fsecret%2Fx"},
		{"the sign-in page itself", "GET", "/secret/login", http.Header{"Accept": {"text/html"}}, 200, ""},
		{"an end point of ours", "GET", "/api/auth/csrf", http.Header{}, 200, ""},
		{"another page", "GET", "/open", http.Header{}, 200, ""},
		{"a handler of its own rule", "GET", "/mine/x", http.Header{"Accept": {"text/html"}}, 302, "/secret/login?callbackUrl=http%3A%2F%2Flocalhost%2Fmine%2Fx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for k, v := range test.header {
				guest.header[k] = v
			}
			w := guest.send(test.method, test.path, "", "")
			guest.header = http.Header{"Accept": {"text/html"}}
			to := strings.TrimPrefix(w.Header().Get("Location"), "http://localhost")
			if w.Code != test.status || to != test.to {
				t.Errorf("%d %s, want %d %s", w.Code, to, test.status, test.to)
			}
			if test.status == 401 && (w.Body.String() != `{"error":"unauthorized"}` || w.Header().Get("Content-Type") != "application/json") {
				t.Errorf("%s %s", w.Header().Get("Content-Type"), w.Body)
			}
			if w := member.send(test.method, test.path, "", ""); w.Code != 200 {
				t.Errorf("somebody signed in: %d", w.Code)
			}
		})
	}
}

// TestS109_ProtectionHolds asks for a protected page in every way by which one got past a
// middleware before: CVE-2025-29927, CVE-2024-51479, CVE-2026-44573 to 44575.
func TestS109_ProtectionHolds(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Protect = []string{"/secret/:path*"} })
	spells := http.Header{
		"X-Middleware-Subrequest":      {"middleware:middleware:middleware:middleware:middleware"},
		"X-Middleware-Subrequest-Id":   {"x"},
		"X-Middleware-Next":            {"1"},
		"X-Middleware-Prefetch":        {"1"},
		"X-Middleware-Rewrite":         {"/open"},
		"X-Middleware-Override":        {"1"},
		"X-Original-Url":               {"/open"},
		"X-Rewrite-Url":                {"/open"},
		"X-Forwarded-Uri":              {"/open"},
		"X-Forwarded-User":             {"admin"},
		"X-Signet-User":                {"admin"},
		"Rsc":                          {"1"},
		"Next-Router-Prefetch":         {"1"},
		"Next-Router-Segment-Prefetch": {"/x"},
		"X-Nextjs-Data":                {"1"},
		"X-Http-Method-Override":       {"OPTIONS"},
		"Purpose":                      {"prefetch"},
	}
	for _, path := range []string{
		"/secret/x", "/secret", "/secret/", "//secret/x", "/secret//x", "/%73ecret/x", "/./secret/x", "/open/../secret/x", "/open/%2e%2e/secret/x",
		"/secret/x.rsc", "/secret/x.segments/y.segment.rsc", "/_next/data/build/secret/x.json", "/secret/x?a=/open", "/secret%2fx", "/secret/x#open", "/secret/x%00",
		"/_next/image?url=/secret/x.png&w=1", "/_next/image?w=1&%75rl=%2F%2573ecret%2Fx.png", "/secret/x.prefetch.rsc",
		"/api/auth/../../secret/x", "/api/auth/%2e%2e/%2e%2e/secret/x", "/api/auth/..%2f..%2fsecret/x", "/api/auth//../../secret/x",
		`/api/auth/..\..\secret\x`, `/api/auth/%5c..%5c..%5csecret/x`, "/api/auth/%252e%252e/%252e%252e/secret/x", "/api/auth/..;/..;/secret/x", "/api/auth/x/../../../secret/x",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"} {
			for _, header := range []http.Header{{}, spells} {
				r := httptest.NewRequest(method, "http://localhost/", nil)
				r.RequestURI = path
				u, err := r.URL.Parse(path)
				if err != nil || strings.HasPrefix(path, "//") {
					u = r.URL
					u.Path = path
				}
				r.URL = u
				r.URL.Scheme, r.URL.Host = "", ""
				for k, v := range header {
					r.Header[k] = v
				}
				w := httptest.NewRecorder()
				// The middleware alone, in front of a handler that serves whatever it gets.
				reached := false
				h.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })).ServeHTTP(w, r)
				if reached || w.Code < 300 || w.Code >= 500 {
					t.Errorf("%s %s (%d headers): %d, reached %v", method, path, len(header), w.Code, reached)
				}
			}
		}
	}
	t.Run("in the handler, without any middleware", func(t *testing.T) {
		r := httptest.NewRequest("GET", "http://localhost/secret", nil)
		for k, v := range spells {
			r.Header[k] = v
		}
		if s := h.Session(r); s != nil {
			t.Errorf("Session = %v", s)
		}
		if s, ok := signet.SessionFrom(r.Context()); ok || s != nil {
			t.Errorf("SessionFrom = %v", s)
		}
		w := httptest.NewRecorder()
		h.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") })).ServeHTTP(w, r)
	})
}

func TestMiddlewareInsideMiddleware(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		h.clock.Advance(days(2))
		c.handler = h.Middleware(h.Require(h.Middleware(http.HandlerFunc(showName))))
		w := c.get("/x")
		if n := len(w.Header()["Set-Cookie"]); n != 1 || w.Body.String() != "Kim Minsu" {
			t.Errorf("%d cookies set, %s", n, w.Body)
		}
	})
}

func TestSignOutInAHandlerWins(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		h.clock.Advance(days(2)) // the middleware renews
		c.handler = h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := h.SignOut(w, r); err != nil {
				t.Error(err)
			}
			if _, ok := signet.SessionFrom(r.Context()); ok || h.Session(r) != nil {
				t.Error("still signed in within the request")
			}
			if err := h.Update(w, r, func(*signet.Session) error { return nil }); err != signet.ErrNotFound {
				t.Errorf("Update afterwards: %v", err)
			}
		}))
		thief := c.copied()
		w := c.get("/logout")
		if lines := w.Header()["Set-Cookie"]; len(lines) != 1 || !strings.Contains(lines[0], "Max-Age=0") {
			t.Errorf("cookies: %v", lines)
		}
		if thief.handler = h.handler; thief.who() != "null" {
			t.Error("a copy is alive")
		}
	})
}

func TestUpdateInAHandler(t *testing.T) {
	const visits = signet.Claim[int]("visits")
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		handler := h.handler
		c.handler = h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := h.Update(w, r, func(s *signet.Session) error {
				n, _ := visits.Get(s)
				return visits.Set(s, n+1)
			})
			if err != nil {
				t.Error(err)
			}
			s, _ := signet.SessionFrom(r.Context())
			n, ok := visits.Get(s)
			json.NewEncoder(w).Encode([]any{n, ok})
		}))
		for _, want := range []string{"[1,true]\n", "[2,true]\n", "[3,true]\n"} {
			if got := c.get("/x").Body.String(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		nobody := h.courier(t)
		nobody.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := h.Update(w, r, func(*signet.Session) error { t.Error("called for nobody"); return nil }); err != signet.ErrNotFound {
				t.Errorf("%v", err)
			}
		})
		nobody.get("/x")
		c.handler = handler
	})
}

func TestRequireGroup(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		u := h.minsu(t)
		u.Groups = []string{"editors", "게시판"}
		if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		c := h.courier(t)
		c.signIn()
		h.clock.Advance(days(2))
		c.who()
		for group, want := range map[string]int{"editors": 200, "게시판": 200, "admins": 403, "": 403, "Editors": 403, "editor": 403} {
			c.handler = h.RequireGroup(group)(http.HandlerFunc(showName))
			if w := c.get("/x"); w.Code != want || want == 403 && strings.Contains(w.Body.String(), "Kim") {
				t.Errorf("group %q: %d %s", group, w.Code, w.Body)
			}
		}
		guest := h.courier(t)
		guest.handler = h.RequireGroup("editors")(http.HandlerFunc(showName))
		if w := guest.get("/x"); w.Code != http.StatusFound {
			t.Errorf("nobody: %d", w.Code)
		}
	})
}

func TestAllowCallback(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Protect = []string{"/secret/:path*"}
		c.Callbacks.Allow = func(r *http.Request, s *signet.Session) bool {
			return r.URL.Query().Get("key") == "1" || s != nil && r.URL.Path != "/secret/never"
		}
	})
	member, guest := h.courier(t), h.courier(t)
	member.signIn()
	for _, test := range []struct {
		c    *courier
		path string
		want int
	}{
		{guest, "/secret/x", 302}, {guest, "/secret/x?key=1", 200}, {member, "/secret/x", 200}, {member, "/secret/never", 302}, {guest, "/open", 200},
	} {
		if w := test.c.get(test.path); w.Code != test.want {
			t.Errorf("%s: %d, want %d", test.path, w.Code, test.want)
		}
	}
}

// TestOneDecisionPerAnswer: whatever the application does, an answer has one line per cookie.
func TestOneDecisionPerAnswer(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		h.clock.Advance(days(2))
		c.handler = h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "mine", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: sessionName + "-of-mine", Value: "1"})
			h.Update(w, r, func(s *signet.Session) error { return s.Claims.Set("a", 1) })
			h.Update(w, r, func(s *signet.Session) error { return s.Claims.Set("a", 2) })
			io.WriteString(w, "x")
		}))
		w := c.get("/x")
		var names []string
		for _, line := range w.Header()["Set-Cookie"] {
			name, _, _ := strings.Cut(line, "=")
			names = append(names, name)
		}
		slices.Sort(names)
		if want := []string{sessionName, sessionName + "-of-mine", "mine"}; !slices.Equal(names, want) {
			t.Errorf("cookies set: %v, want %v", names, want)
		}
	})
}

// TestS109_ProtectReadsPathsAsTheApplicationDoes: with its locales and its base path, and as
// they stand, for the other servers of the site.
func TestS109_ProtectReadsPathsAsTheApplicationDoes(t *testing.T) {
	h := open(t, func(c *signet.Config) {
		c.Protect = []string{"/secret/:path*"}
		c.Site = match.Site{BasePath: "/docs", Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	})
	for path, want := range map[string]int{
		"/docs/secret": 401, "/docs/ko/secret/x": 401, "/docs/KO/secret": 401, "/docs/_next/data/b/ko/secret.json": 401, "/docs/ko/_next/data/b/secret.json": 401,
		"/docs/_next/image?url=/docs/secret/x.png": 401, "/secret/x": 401, "/secret": 401,
		"/docs/open": 200, "/docs/ko/open": 200, "/open": 200, "/docs/_next/image?url=/docs/open.png": 200,
	} {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		h.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
