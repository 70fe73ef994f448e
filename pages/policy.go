package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ContentSecurityPolicy is the value of that header for a page: nothing may be loaded but
// the one style that carries the nonce, and forms may only go to this site or to the
// origins of formActions.
//
// Browsers hold form-action against each redirect that follows a post, too. So
// formActions has the URL of every service that a button may lead to (the authorization
// end point of a provider), and other origins that a finished sign-in may return to. Only
// scheme, host and port of each are used; what is not http or https, or cannot be written
// as a policy source (user info, wildcards, IPv6 literals), is left out.
//
// The nonce is 128 random bits or more in base64, fresh for each answer. One that is not
// base64 allows nothing.
func ContentSecurityPolicy(nonce string, formActions ...string) string {
	source := "'none'"
	if validNonce(nonce) {
		source = "'nonce-" + nonce + "'"
	}
	actions := []string{"'self'"}
	for _, u := range formActions {
		if o := policyOrigin(u); o != "" && !slices.Contains(actions, o) {
			actions = append(actions, o)
		}
	}
	return "default-src 'none'; script-src " + source + "; style-src " + source +
		"; img-src 'self' data:; form-action " + strings.Join(actions, " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// SetHeaders sets everything that a page is sent with: type, policy (see
// [ContentSecurityPolicy]) and the other guards, and that it is not kept, since it holds
// a form token. A sign-in in a pop-up window has to relax Cross-Origin-Opener-Policy
// afterwards.
//
// Referrer-Policy is no-referrer, and the pages themselves relax it to same-origin: under
// no-referrer browsers post forms with "Origin: null" (Fetch standard, "append a request
// Origin header"), and where they send no Sec-Fetch-Site either, as on plain http,
// nothing would be left to tell our own form from a stranger's.
func SetHeaders(h http.Header, nonce string, formActions ...string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", ContentSecurityPolicy(nonce, formActions...))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "private, no-cache, no-store")
}

// validNonce follows base64-value of CSP Level 3 section 2.3.1, bounded: anything else
// could end the source and begin another directive.
func validNonce(s string) bool {
	digits := strings.TrimRight(s, "=")
	if digits == "" || len(s)-len(digits) > 2 || len(s) > 128 {
		return false
	}
	return !strings.ContainsFunc(digits, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			r == '+' || r == '/' || r == '-' || r == '_')
	})
}

// policyOrigin cuts a URL down to a host-source of CSP Level 3 section 2.3.1.
func policyOrigin(u string) string {
	p, err := url.Parse(u)
	if err != nil || p.User != nil || (p.Scheme != "http" && p.Scheme != "https") {
		return ""
	}
	host := strings.ToLower(p.Hostname())
	if host == "" || strings.ContainsFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) {
		return ""
	}
	if port := p.Port(); port != "" { // url.Parse has made sure that it is digits
		host += ":" + port
	}
	return p.Scheme + "://" + host
}
