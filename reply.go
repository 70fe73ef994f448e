package signet

import (
	"crypto/subtle"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/pages"
)

// style is how the caller wants to hear where to go.
type style int

const (
	plain    style = iota // a browser: 302, or 303 after a post
	clientV5              // next-auth/react v5: 200 with {"url"}
	clientV4              // next-auth/react v4: {"url"} with the status of the case
)

// styleOf tells the clients apart, as both do themselves: v5 sends a header, whatever its
// value, v4 a field that is exactly "true".
func (x *exchange) styleOf() style {
	if _, ok := x.r.Header["X-Auth-Return-Redirect"]; ok {
		return clientV5
	}
	if x.fields.Get("json") == "true" {
		return clientV4
	}
	return plain
}

// send takes the visitor to an absolute URL after a success.
func (x *exchange) send(to string) { x.redirect(to, http.StatusOK, true) }

// redirect takes the visitor to an absolute URL. status is what clients hear with it.
func (x *exchange) redirect(to string, status int, success bool) {
	h := x.w.Header()
	noStore(h)
	if x.style == plain {
		h.Set("Location", to)
		code := http.StatusFound
		if x.r.Method == http.MethodPost {
			code = http.StatusSeeOther // never 307: what carried a password is not sent again
		}
		x.writeGuest()
		x.w.WriteHeader(code)
		return
	}
	if x.style == clientV5 {
		if success {
			h.Set("Location", to)
		} else {
			x.guest = nil // @auth/core: an error comes without cookies
		}
	}
	x.json(status, append(appendText([]byte(`{"url":`), to), '}'))
}

// fail takes the visitor to the sign-in page or to the error page. kind is an error of
// Auth.js, extra are further parameters.
func (x *exchange) fail(page, kind string, extra url.Values) {
	q := url.Values{"error": {kind}}
	for k, v := range extra {
		q[k] = v
	}
	x.redirect(x.pageURL(page, q), x.failStatus(kind), false)
}

// failStatus is what clients hear with an error: v5 always 200 (the stock client takes the
// error from the URL), v4 by the case.
func (x *exchange) failStatus(kind string) int {
	switch {
	case kind == kindTooMany:
		return http.StatusTooManyRequests
	case kind == kindBusy:
		return http.StatusServiceUnavailable
	case x.style == clientV4 && kind == kindAccessDenied:
		return http.StatusForbidden
	case x.style == clientV4 && kind == kindCredentials:
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// noToken answers a post without a valid CSRF token.
func (x *exchange) noToken(page string) {
	if x.style == clientV4 {
		x.redirect(x.base+"/"+page+"?csrf=true", http.StatusOK, false)
		return
	}
	x.fail("signin", kindMissingCSRF, nil)
}

// pageURL is the absolute URL of a page, ours or the application's.
func (x *exchange) pageURL(page string, q url.Values) string {
	custom := map[string]string{
		"signin": x.a.config.Pages.SignIn, "signout": x.a.config.Pages.SignOut,
		"error": x.a.config.Pages.Error, "verify-request": x.a.config.Pages.VerifyRequest,
		"step": x.a.config.Pages.Step,
	}[page]
	to := x.base + "/" + page
	if custom != "" {
		to = x.origin + custom
	}
	return withQuery(to, q)
}

// withQuery adds parameters to a URL that may have some.
func withQuery(to string, q url.Values) string {
	switch {
	case len(q) == 0:
		return to
	case strings.Contains(to, "?"):
		return to + "&" + q.Encode()
	}
	return to + "?" + q.Encode()
}

// custom redirects to the application's page, if it has one.
func (x *exchange) custom(page, path string, q url.Values) bool {
	if path == "" {
		return false
	}
	x.redirect(x.pageURL(page, q), http.StatusOK, true)
	return true
}

// draw writes one of our pages.
func (x *exchange) draw(status int, p pages.Page) {
	var raw [16]byte
	if _, err := io.ReadFull(x.a.world.Rand, raw[:]); err != nil {
		http.Error(x.w, "no randomness", http.StatusServiceUnavailable)
		return
	}
	f := pages.Frame{
		Lang: x.lang, Site: x.a.config.Pages.Site, Home: x.origin, Now: x.now,
		Nonce: base64.StdEncoding.EncodeToString(raw[:]),
	}
	if s := x.Session; s != nil {
		f.User = firstOf(s.Name, s.Email, s.UserID)
		f.AccountURL, f.SignOutURL = x.base+"/account", x.base+"/signout"
	}
	h := x.w.Header()
	pages.SetHeaders(h, f.Nonce, x.a.formTargets...)
	addVary(h, "Accept-Language")
	noStore(h)
	x.writeGuest()
	x.w.WriteHeader(status)
	render := pages.Render
	if x.a.config.Pages.Draw != nil {
		render = x.a.config.Pages.Draw
	}
	if err := render(x.w, f, p); err != nil {
		x.a.log.Debug("page not written", "error", err)
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// seconds writes a duration as Retry-After wants it: whole seconds, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// sameText compares without telling by time where the texts differ.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
