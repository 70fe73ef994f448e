package signet_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

// browserTarget is one line of testdata/browser-origin.json.
type browserTarget struct {
	Input  string
	Origin *string // to which a browser takes it, null for nowhere
	To     *string // what Signet makes of it, behind our origin; absent: the default page
}

func browserTargets(t testing.TB) []browserTarget {
	var file struct{ Cases []browserTarget }
	readJSON(t, "testdata/browser-origin.json", &file)
	if len(file.Cases) < 300 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	return file.Cases
}

// browserOrigin is where a browser goes for a Location, by the steps of the WHATWG URL
// standard that can lead to another host. TestBrowserOrigin holds it against a real parser.
func browserOrigin(location, base string) string {
	location = strings.TrimFunc(location, func(r rune) bool { return r <= ' ' })
	location = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(location)
	scheme, rest, ok := strings.Cut(location, ":")
	scheme = strings.ToLower(scheme)
	ownScheme, ownHost, _ := strings.Cut(base, "://")
	ownHost, _, _ = strings.Cut(ownHost, "/")
	isSlash := func(r rune) bool { return r == '/' || r == '\\' }
	leading := func(s string) int { return len(s) - len(strings.TrimLeftFunc(s, isSlash)) }
	switch {
	case !ok || scheme == "" || strings.ContainsFunc(scheme, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("+-.", r))
	}) || '0' <= scheme[0] && scheme[0] <= '9':
		scheme, rest = ownScheme, location // relative
		if leading(rest) < 2 {
			return ownScheme + "://" + ownHost
		}
	case scheme != "http" && scheme != "https":
		return scheme + ":"
	case scheme == ownScheme && leading(rest) < 2:
		return ownScheme + "://" + ownHost // "https:x" is a path
	}
	rest = strings.TrimLeftFunc(rest, isSlash)
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	host, err := url.PathUnescape(rest)
	if err != nil {
		return "invalid:"
	}
	host = strings.TrimSuffix(strings.ToLower(host), ":")
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	return scheme + "://" + host
}

func TestBrowserOrigin(t *testing.T) {
	for _, c := range browserTargets(t) {
		ours := c.Origin != nil && *c.Origin == site
		got := browserOrigin(c.Input, site+"/x")
		if strings.ContainsFunc(got, func(r rune) bool { return r > 0x7e }) {
			continue // host names in other scripts need tables
		}
		if ours != (got == site) {
			t.Errorf("%q goes to %s, a browser says %v", c.Input, got, deref(c.Origin))
		}
	}
}

func TestS27_ReturnTargets(t *testing.T) {
	h := open(t, https, func(c *signet.Config) { c.TrustedOrigins = []string{"https://admin.example.com:8443"} })
	for _, c := range browserTargets(t) {
		for _, way := range []string{"body", "query", "cookie"} {
			b := h.courier(t)
			form := url.Values{"csrfToken": {b.csrf()}}
			path := "/api/auth/signout"
			switch way {
			case "body":
				form.Set("callbackUrl", c.Input)
			case "query":
				path += "?callbackUrl=" + url.QueryEscape(c.Input)
			case "cookie":
				b.plant("__Secure-authjs.callback-url", url.PathEscape(c.Input))
			}
			w := b.post(path, form)
			if w.Code != http.StatusSeeOther {
				t.Errorf("%q by the %s: status %d", c.Input, way, w.Code)
				continue
			}
			got := w.Header().Get("Location")
			if want := site + deref(c.To); got != want {
				t.Errorf("%q by the %s leads to %q, want %q", c.Input, way, got, want)
			}
			if origin := browserOrigin(got, site+"/x"); origin != site {
				t.Errorf("%q by the %s takes a browser to %s", c.Input, way, origin)
			}
			if c.To != nil && (c.Origin == nil || *c.Origin != site) {
				t.Errorf("%q is taken, although a browser would go to %v", c.Input, deref(c.Origin))
			}
			if kept := setCookie(w.Header(), "__Secure-authjs.callback-url"); kept != "" && kept != got {
				t.Errorf("%q by the %s: the cookie keeps %q", c.Input, way, kept)
			}
		}
	}
	for _, c := range []struct{ input, to string }{
		{"https://admin.example.com:8443/x?y", "https://admin.example.com:8443/x?y"},
		{"https://ADMIN.example.com:8443", "https://admin.example.com:8443"},
		{"https://admin.example.com:8443//evil.example", site},
		{"https://admin.example.com/x", site},
		{"http://admin.example.com:8443/x", site},
		{"https://admin.example.com:8443.evil.example/", site},
		{"https://x.admin.example.com:8443/", site},
	} {
		b := h.courier(t)
		w := b.post("/api/auth/signout", url.Values{"csrfToken": {b.csrf()}, "callbackUrl": {c.input}})
		if got := w.Header().Get("Location"); got != c.to {
			t.Errorf("%q leads to %q, want %q", c.input, got, c.to)
		}
	}
}

// TestS27_EveryRedirect takes hostile targets to everything else that redirects.
func TestS27_EveryRedirect(t *testing.T) {
	const evil = "https://evil.example/x"
	h := open(t, https, func(c *signet.Config) {
		c.Pages = signet.Pages{SignIn: "/login?a=1", SignOut: "/bye", Error: "/oops", VerifyRequest: "/sent", NewUser: "/welcome?b=2"}
		c.Protect = []string{"/secret/:path*"}
	})
	c := h.courier(t)
	for _, target := range []string{evil, "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		q := "?" + url.Values{"callbackUrl": {target}, "error": {target}, "provider": {target}}.Encode()
		for _, path := range everyRoute {
			path, _, _ = strings.Cut(path, "?")
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w := c.send(method, "/api/auth"+path+q, "application/x-www-form-urlencoded", "csrfToken="+c.csrf()+"&callbackUrl="+url.QueryEscape(target))
				if to := w.Header().Get("Location"); to != "" && browserOrigin(to, site+"/x") != site {
					t.Errorf("%s %s%s leads to %s", method, path, q, to)
				}
			}
		}
	}
	for _, path := range []string{"/secret/x", "//evil.example/secret/x", `/\evil.example/secret`, "/secret/%2f%2fevil.example", "/secret/x?callbackUrl=" + url.QueryEscape(evil), "/mine/..//evil.example"} {
		w := c.get(path)
		if to := w.Header().Get("Location"); to != "" && browserOrigin(to, site+"/x") != site {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	for _, test := range []struct{ path, want string }{
		{"/secret/x?y=1", "/login?a=1&callbackUrl=https%3A%2F%2Fapp.example.com%2Fsecret%2Fx%3Fy%3D1"},
		{"/api/auth/signin?error=AccessDenied&callbackUrl=/p", "/login?a=1&callbackUrl=https%3A%2F%2Fapp.example.com%2Fp&error=AccessDenied"},
		{"/api/auth/signout", "/bye"},
		{"/api/auth/error?error=AccessDenied", "/oops?error=AccessDenied"},
		{"/api/auth/error?error=CredentialsSignin", "/api/auth/signin?error=CredentialsSignin"},
		{"/api/auth/verify-request?provider=x&type=email", "/sent?provider=x&type=email"},
	} {
		if got := c.get(test.path).Header().Get("Location"); got != site+test.want {
			t.Errorf("%s leads to %s, want %s", test.path, got, site+test.want)
		}
	}
	w := c.post("/api/auth/signup", url.Values{
		"csrfToken": {c.csrf()}, "email": {"new@example.com"}, "password": {"long enough 4 u all"}, "callbackUrl": {"/p"},
	})
	if got, want := w.Header().Get("Location"), site+"/welcome?b=2&callbackUrl=https%3A%2F%2Fapp.example.com%2Fp"; got != want {
		t.Errorf("a new user is led to %s, want %s", got, want)
	}
}

func TestS27_WordsOfTheApplication(t *testing.T) {
	for _, answer := range []string{"https://evil.example", "//evil.example", "javascript:alert(1)", "", `/\evil.example`, "http://app.example.com/"} {
		h := open(t, https, func(c *signet.Config) {
			c.Callbacks.Redirect = func(context.Context, string, string) string { return answer }
		})
		c := h.courier(t)
		if got := c.signIn().Header().Get("Location"); got != site {
			t.Errorf("the Redirect callback's %q leads to %q", answer, got)
		}
		h = open(t, https, func(c *signet.Config) {
			c.Callbacks.SignIn = func(context.Context, *signet.SignIn) error { return signet.GoTo(answer) }
		})
		c = h.courier(t)
		w := c.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}, "password": {minsuPassword}, "csrfToken": {c.csrf()}})
		if got := w.Header().Get("Location"); got != site || c.who() != "null" {
			t.Errorf("GoTo %q leads to %q", answer, got)
		}
	}
	for _, page := range []string{"login", "https://evil.example/", "//evil.example", `/\evil.example`, ".evil.example", "/a\nb", "@evil.example", "?x"} {
		if _, err := signet.New(signet.Config{Secrets: []string{secret}, URL: site, Pages: signet.Pages{SignIn: page}}); err == nil {
			t.Errorf("New took %q for a page of the site", page)
		}
	}
}

func TestS28_HugeAndBrokenTargets(t *testing.T) {
	h := open(t)
	for _, target := range []string{
		strings.Repeat("/", 30000), strings.Repeat("%", 30000), strings.Repeat("https://", 4000), "/" + strings.Repeat("a", 60000),
		strings.Repeat("\xff", 2000), "/" + strings.Repeat("%ff", 500), strings.Repeat("@", 2000), "https://" + strings.Repeat("a.", 900) + "/",
		"https://[" + strings.Repeat(":", 1900), "\x00", "/\x00", strings.Repeat("\u202e", 600), "/%", "/%a", "/a%", "https://localhost/%",
	} {
		for _, way := range []string{"body", "query", "cookie"} {
			b := h.courier(t)
			form := url.Values{"csrfToken": {b.csrf()}}
			path := "/api/auth/signout"
			switch way {
			case "body":
				form.Set("callbackUrl", target)
			case "query":
				path += "?callbackUrl=" + url.QueryEscape(target)
			case "cookie":
				b.plant("authjs.callback-url", url.PathEscape(target))
			}
			w := b.post(path, form)
			switch w.Code {
			case http.StatusSeeOther, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge:
			default:
				t.Errorf("%.40q by the %s: %d", target, way, w.Code)
			}
			to := w.Header().Get("Location")
			if w.Code == http.StatusSeeOther && browserOrigin(to, "http://localhost/x") != "http://localhost" {
				t.Errorf("%.40q by the %s leads to %.60q", target, way, to)
			}
			if len(to) > 3*2048 || len(target) > 2048 && w.Code == http.StatusSeeOther && to != "http://localhost" {
				t.Errorf("%.40q by the %s leads to %d bytes", target, way, len(to))
			}
		}
	}
	if n := h.Stats().Panics; n != 0 {
		t.Errorf("%d panics", n)
	}
}

func TestS29_NoRedirectRepeatsAPost(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Protect = []string{"/secret"} })
	c := h.courier(t)
	token := c.csrf()
	posts := map[string]url.Values{
		"/api/auth/callback/credentials":     {"csrfToken": {token}, "email": {minsuEmail}, "password": {"wrong"}},
		"/api/auth/callback/credentials?a=1": {"email": {minsuEmail}, "password": {minsuPassword}},
		"/api/auth/callback/nobody":          {"csrfToken": {token}},
		"/api/auth/signin/credentials":       {"csrfToken": {token}},
		"/api/auth/signin":                   {"csrfToken": {token}},
		"/api/auth/signout":                  {"csrfToken": {token}},
		"/api/auth/csrf":                     {"csrfToken": {token}},
		"/api/auth/error":                    {},
		"/secret":                            {"password": {minsuPassword}},
		"/mine/x":                            {"password": {minsuPassword}},
	}
	for path, form := range posts {
		if w := c.post(path, form); w.Code != http.StatusSeeOther {
			t.Errorf("POST %s: %d, want 303", path, w.Code)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if w := c.send(method, "/secret", "", ""); w.Code != http.StatusSeeOther {
			t.Errorf("%s of a protected page: %d, want 303", method, w.Code)
		}
	}
	if w := c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {minsuPassword}}); w.Code != http.StatusSeeOther {
		t.Errorf("sign-in: %d, want 303", w.Code)
	}
}
