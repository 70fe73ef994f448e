package signet_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
)

// drawn are requests that are answered with a page of ours.
func drawn(t *testing.T, h *house) map[string]*httptest.ResponseRecorder {
	t.Helper()
	guest, member := h.courier(t), h.courier(t)
	member.signIn()
	pages := map[string]*httptest.ResponseRecorder{
		"sign-in":                guest.get("/api/auth/signin"),
		"sign-in with an error":  guest.get("/api/auth/signin?error=CredentialsSignin"),
		"sign-up":                guest.get("/api/auth/signup"),
		"sign-out":               member.get("/api/auth/signout"),
		"error":                  guest.get("/api/auth/error?error=AccessDenied"),
		"error without a code":   guest.get("/api/auth/error"),
		"mail sent":              guest.get("/api/auth/verify-request"),
		"account":                member.get("/api/auth/account"),
		"sign-up with a mistake": guest.post("/api/auth/signup", url.Values{"csrfToken": {guest.csrf()}, "email": {"x"}}),
	}
	for range 12 {
		pages["too many tries"] = guest.post("/api/auth/callback/credentials", url.Values{
			"csrfToken": {guest.csrf()}, "email": {"nobody@example.com"}, "password": {"x"},
		})
	}
	return pages
}

func TestS30_HeadersOfOurPages(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*signet.Config)
		policy string
	}{
		{"https", https, "form-action 'self'"},
		{"http", plainHTTP, "form-action 'self'"},
		{"trusted origins may be posted back to", func(c *signet.Config) {
			https(c)
			c.TrustedOrigins = []string{"https://admin.example.com"}
		}, "form-action 'self' https://admin.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, test.change)
			nonces := map[string]bool{}
			for name, w := range drawn(t, h) {
				got := w.Header()
				nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(got.Get("Content-Security-Policy"))
				if nonce == nil || len(nonce[1]) < 22 || nonces[nonce[1]] {
					t.Errorf("%s (%d): nonce %q", name, w.Code, nonce)
					continue
				}
				nonces[nonce[1]] = true
				page := html.UnescapeString(w.Body.String())
				if strings.Count(page, "nonce=") != strings.Count(page, `nonce="`+nonce[1]+`"`) {
					t.Errorf("%s: the page has another nonce than its policy", name)
				}
				for key, want := range map[string]string{
					"Content-Security-Policy": "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'; img-src 'self' data:; " +
						test.policy + "; base-uri 'none'; frame-ancestors 'none'",
					"Content-Type":               "text/html; charset=utf-8",
					"Cross-Origin-Opener-Policy": "same-origin",
					"X-Content-Type-Options":     "nosniff",
					"Referrer-Policy":            "no-referrer",
					"X-Frame-Options":            "DENY",
					"Cache-Control":              "private, no-cache, no-store",
				} {
					if value := strings.ReplaceAll(got.Get(key), nonce[1], "N"); value != want || len(got[key]) != 1 {
						t.Errorf("%s (%d): %s: %q, want %q", name, w.Code, key, got[key], want)
					}
				}
			}
			if len(nonces) != 10 {
				t.Errorf("%d pages seen", len(nonces))
			}
		})
	}
}

// markup are texts that some place in HTML would take for markup.
var markup = []string{
	`<xss-canary onfocus=alert(1)>`, `"><xss-canary>`, `'><xss-canary>`, `</title><xss-canary>`, `</style><xss-canary>`, `</script><xss-canary>`,
	`</textarea><xss-canary>`, `-->` + `<xss-canary>`, `<!--`, `" onmouseover="alert(1)`, `' onmouseover='alert(1)`, "` onmouseover=`alert(1)",
	`javascript:alert(1)`, `data:text/html,<xss-canary>`, `&lt;xss-canary&gt;`, `&#60;xss-canary&#62;`, `{{.}}`, `${alert(1)}`, `%3Cxss-canary%3E`,
	`\u003cxss-canary\u003e`, "\u2028<xss-canary>", "<xss\u0000-canary>", `+ADw-xss-canary+AD4-`, "<svg/onload=alert(1)>", `<img src=x onerror=alert(1)>`,
	`<meta http-equiv=refresh content=0;url=//evil.example>`, `<base href=//evil.example>`, `<form action=//evil.example>`,
}

// inspect finds what a page must not have.
func inspect(t *testing.T, name, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "xss-canary", "script", "iframe", "object", "embed", "base", "img":
			t.Errorf("%s: an element <%s>", name, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "http-equiv":
				t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			case a.Key != "href" && a.Key != "src" && a.Key != "action" && a.Key != "formaction":
			case strings.HasPrefix(value, "data:image/svg+xml") && n.Data == "link":
			case !strings.HasPrefix(value, "http://localhost") && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#"), strings.HasPrefix(value, "//"), strings.HasPrefix(value, "http://localhost."):
				t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			}
		}
	}
}

func TestS31_NothingIsRenderedAsMarkup(t *testing.T) {
	h := open(t, roomy, func(c *signet.Config) {
		c.Providers = append(c.Providers, credentials.New(func(_ context.Context, f url.Values) (signet.Identity, error) {
			return signet.Identity{Subject: "x", Name: f.Get("name"), Email: f.Get("name"), Image: f.Get("name")}, nil
		}, credentials.Options{ID: "any", Name: `<xss-canary>"'`, Fields: []signet.Field{{Name: `"><xss-canary>`, Label: "<xss-canary>", Type: `"x`}}}))
	})
	for _, text := range markup {
		q := url.Values{}
		for _, name := range []string{"error", "error_description", "callbackUrl", "csrf", "retry", "email", "name", "provider", "code", "done", "type", text} {
			q.Set(name, text)
		}
		c := h.courier(t)
		c.header.Set("User-Agent", text)
		c.header.Set("Accept-Language", text)
		for _, path := range []string{"/signin", "/signup", "/signout", "/error", "/verify-request"} {
			inspect(t, fmt.Sprintf("GET %s with %q", path, text), c.get("/api/auth"+path+"?"+q.Encode()).Body.String())
		}
		w := c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {text}, "name": {text}, "password": {text}, "callbackUrl": {text}})
		inspect(t, fmt.Sprintf("sign-up with %q", text), w.Body.String())
		// As a name, which every page shows to who is signed in.
		c.post("/api/auth/callback/any", url.Values{"csrfToken": {c.csrf()}, "name": {text}})
		if strings.Contains(text, "\x00") {
			continue // no session can have that name
		}
		if c.who() == "null" {
			t.Fatalf("not signed in as %q", text)
		}
		for _, path := range []string{"/account", "/signout", "/signin", "/error"} {
			w := c.get("/api/auth" + path + "?" + q.Encode())
			if !strings.Contains(w.Header().Get("Content-Type"), "text/html") {
				t.Fatalf("%s: %d", path, w.Code)
			}
			inspect(t, fmt.Sprintf("GET %s as %q", path, text), w.Body.String())
		}
		session := c.get("/api/auth/session")
		if got := session.Header().Get("Content-Type"); got != "application/json" || session.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("session JSON is sent as %q", got)
		}
	}
}

func TestS32_NothingIsCached(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) { c.Protect = []string{"/secret/:path*"} })
		member, guest, broken := h.courier(t), h.courier(t), h.courier(t)
		member.signIn()
		broken.plant(sessionName, "x")
		for name, c := range map[string]*courier{"member": member, "guest": guest, "broken": broken} {
			for _, path := range append([]string{"/secret/x", "/mine/x"}, everyRoute...) {
				if path != "/secret/x" && path != "/mine/x" {
					path = "/api/auth" + path
				}
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					for _, media := range []string{"", "application/json", "application/x-www-form-urlencoded"} {
						b := c.copied()
						w := b.send(method, path, media, `{"csrfToken":"x"}`)
						if strings.HasSuffix(path, "/providers") && method == "GET" || strings.HasSuffix(path, "/_log") || w.Body.String() == `"Bad request."` && len(w.Header()["Set-Cookie"]) == 0 {
							continue // the same for everybody
						}
						if !strings.Contains(w.Header().Get("Cache-Control"), "no-store") || !slices.Contains(w.Header()["Vary"], "Cookie") {
							t.Errorf("%s: %s %s %s: %d, Cache-Control %q, Vary %q", name, method, path, media, w.Code, w.Header()["Cache-Control"], w.Header()["Vary"])
						}
					}
				}
			}
		}
		t.Run("a page open to all that renews the session", func(t *testing.T) {
			h.clock.Advance(days(2))
			w := member.get("/anything")
			if setCookie(w.Header(), sessionName) == "" || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
				t.Errorf("%v", w.Header())
			}
			if w := guest.get("/anything"); w.Header().Get("Cache-Control") != "" || !slices.Contains(w.Header()["Vary"], "Cookie") {
				t.Errorf("a page of nobody: %v", w.Header())
			}
		})
	})
}

func TestS33_TransportAndBanner(t *testing.T) {
	for _, place := range []struct {
		name   string
		change func(*signet.Config)
		hsts   string
	}{
		{"https", https, "max-age=31536000"}, {"http", plainHTTP, ""},
	} {
		t.Run(place.name, func(t *testing.T) {
			h := open(t, place.change)
			c := h.courier(t)
			for _, path := range everyRoute {
				w := c.get("/api/auth" + path)
				if w.Body.String() != `"Bad request."` && w.Header().Get("Strict-Transport-Security") != place.hsts {
					t.Errorf("%s: Strict-Transport-Security %q", path, w.Header()["Strict-Transport-Security"])
				}
				for _, name := range []string{"Server", "X-Powered-By", "Via", "X-Aspnet-Version"} {
					if w.Header().Get(name) != "" {
						t.Errorf("%s: %s: %s", path, name, w.Header().Get(name))
					}
				}
				if strings.Contains(strings.ToLower(w.Body.String()), "signet/") {
					t.Errorf("%s names a version", path)
				}
				for _, method := range []string{"TRACE", "TRACK", "OPTIONS", "PUT", "DELETE", "PATCH", "HEAD", "get", "X"} {
					if w := c.send(method, "/api/auth"+path, "", "canary"); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "canary") {
						t.Errorf("%s %s: %d", method, path, w.Code)
					}
				}
			}
		})
	}
}

func TestS75_OnlyKnownCodesAreShown(t *testing.T) {
	const words = "call 0123 now, your account is locked"
	h := open(t)
	c := h.courier(t)
	long := strings.Repeat("A", 1<<20)
	for _, path := range []string{"/error", "/signin", "/signup", "/signout", "/verify-request"} {
		for _, name := range []string{"error", "error_description", "code", "message", "said", "done", "provider"} {
			texts := []string{words, "Configuration\n" + words, strings.Repeat(words, 99)}
			if name == "error_description" {
				texts = append(texts, long)
			}
			for _, text := range texts {
				w := c.get("/api/auth" + path + "?" + url.Values{name: {text}}.Encode())
				if strings.Contains(w.Body.String(), "0123") || strings.Contains(w.Body.String(), strings.Repeat("A", 100)) {
					t.Errorf("%s shows what the link says in %s", path, name)
				}
				if w.Code >= 500 {
					t.Errorf("%s?%s=…: %d", path, name, w.Code)
				}
			}
		}
	}
	for code, want := range map[string]int{
		"": 200, "Configuration": 400, "AccessDenied": 403, "Verification": 403, "accessdenied": 403, "x": 400, "500": 400,
		"OAuthCallbackError": 400, "MissingCSRF": 403, "TooManyRequests": 429, "Busy": 429,
	} {
		if w := c.get("/api/auth/error?error=" + code); w.Code != want {
			t.Errorf("error=%s: %d, want %d", code, w.Code, want)
		}
	}
}

// TestS115_PictureIsNeitherFetchedNorShown by the server: what a provider names for a
// picture reaches the browser's JSON as text and nothing else.
func TestS115_PictureIsNeitherFetchedNorShown(t *testing.T) {
	fetched := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched = true }))
	defer server.Close()
	h := open(t, func(c *signet.Config) {
		c.Providers = append(c.Providers, credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
			return signet.Identity{Subject: "x", Name: "Kim", Image: server.URL + "/avatar.png"}, nil
		}, credentials.Options{ID: "any"}))
	})
	c := h.courier(t)
	c.post("/api/auth/callback/any", url.Values{"csrfToken": {c.csrf()}})
	if !strings.Contains(c.who(), server.URL+"/avatar.png") {
		t.Fatal("not signed in")
	}
	for _, path := range everyRoute {
		if w := c.get("/api/auth" + path); path != "/session" && strings.Contains(w.Body.String(), server.URL) {
			t.Errorf("%s shows the picture", path)
		}
	}
	if fetched {
		t.Error("the server fetched it")
	}
}
