package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Carry is how a request carries the access token: "bearer" in the Authorization header,
// "header:Name" as it is in another header, or "cookie:name". The zero value is "bearer".
type Carry string

// ParseCarry checks what somebody typed. The name of a header comes back in its usual spelling.
func ParseCarry(s string) (Carry, error) {
	kind, name, named := strings.Cut(s, ":")
	switch {
	case s == "" || s == "bearer":
		return "bearer", nil
	case named && kind == "cookie" && isName(name):
		return Carry(s), nil
	case named && kind == "header" && isName(name) && !slices.Contains(reserved, http.CanonicalHeaderKey(name)):
		return Carry("header:" + http.CanonicalHeaderKey(name)), nil
	}
	return "", fmt.Errorf(`token: %q is none of "bearer", "header:Name" and "cookie:name"`, s)
}

// reserved headers have a meaning for the connection, or hold more than a token.
var reserved = []string{
	"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Host", "Keep-Alive", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// isName tells whether s is a token of RFC 9110 section 5.6.2, as names of headers and cookies
// are.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// errUncarried: the token holds what a header or cookie cannot.
var errUncarried = errors.New("token: the access token has characters that a request cannot carry")

// carriable tells whether s can stand in a header, or in a cookie where that is stricter
// (RFC 6265 section 4.1.1).
func carriable(s string, cookie bool) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || cookie && (c == '"' || c == ',' || c == ';' || c == '\\') {
			return false
		}
	}
	return s != ""
}

// attach puts the token into h in place of what was there under that name, so that a caller
// cannot be made to send two.
func (c Carry) attach(h http.Header, access string) error {
	kind, name, _ := strings.Cut(string(c), ":")
	if !carriable(access, kind == "cookie") {
		return errUncarried
	}
	switch kind {
	case "header":
		replace(h, name, access)
	case "cookie":
		replace(h, "Cookie", strings.Join(append(otherCookies(h, name), name+"="+access), "; "))
	default:
		replace(h, "Authorization", "Bearer "+access)
	}
	return nil
}

// replace sets a header, whatever spelling of its name is there.
func replace(h http.Header, name, value string) {
	for key := range h {
		if strings.EqualFold(key, name) {
			delete(h, key)
		}
	}
	h[http.CanonicalHeaderKey(name)] = []string{value}
}

// otherCookies are the pairs of h that have another name, as they are.
func otherCookies(h http.Header, name string) []string {
	var pairs []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			if own, _, _ := strings.Cut(pair, "="); pair != "" && strings.TrimRight(own, " \t") != name {
				pairs = append(pairs, pair)
			}
		}
	}
	return pairs
}

// A Transport attaches the current access token to requests. When the answer is 401 it asks
// Source for another one and, if there is another and the body can be sent again, tries once
// more. It never changes the request it is given, and may be used by several goroutines.
type Transport struct {
	// Base sends the requests; nil means http.DefaultTransport.
	Base http.RoundTripper

	// Source gives the tokens: [Keeper.Source], or a function of the kind. Dead is empty, or
	// the access token that was refused. When Source fails before the first attempt, nothing
	// is sent.
	Source func(ctx context.Context, dead string) (Set, error)

	// As is how the token is carried; the zero value means as a bearer token.
	As Carry

	// Origins are those that may see the token, as "https://api.example.com" or with a port;
	// requests to others go out without. Empty means any that a caller addresses himself: the
	// token still stays behind when an answer redirects to another origin.
	Origins []string
}

// RoundTrip sends r with a token.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.trusts(r) {
		return t.base().RoundTrip(r)
	}
	carry, err := ParseCarry(string(t.As))
	if err != nil {
		return nil, refuse(r, err)
	}
	set, err := t.Source(r.Context(), "")
	if err != nil {
		return nil, refuse(r, err)
	}
	first := r.Clone(r.Context())
	if err := carry.attach(first.Header, set.Access); err != nil {
		return nil, refuse(r, err)
	}
	answer, err := t.base().RoundTrip(first)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	second := t.again(r, carry, set.Access)
	if second == nil {
		return answer, nil
	}
	drain(answer.Body)
	return t.base().RoundTrip(second)
}

// again is r with another token, or nil where there is no other or r cannot be sent twice: then
// the 401 is the answer.
func (t *Transport) again(r *http.Request, carry Carry, dead string) *http.Request {
	whole := r.Body == nil || r.Body == http.NoBody
	if !whole && r.GetBody == nil {
		return nil
	}
	set, err := t.Source(r.Context(), dead)
	if err != nil || set.Access == dead {
		return nil
	}
	second := r.Clone(r.Context())
	if carry.attach(second.Header, set.Access) != nil {
		return nil
	}
	if !whole {
		if second.Body, err = r.GetBody(); err != nil {
			return nil
		}
	}
	return second
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	return http.DefaultTransport
}

// CloseIdleConnections does that for Base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// trusts tells whether r goes where the token may go. A client hands over the requests of
// redirects too, each with the answer that led to it.
func (t *Transport) trusts(r *http.Request) bool {
	to := originOf(r.URL)
	may := func(other string) bool { return other == to }
	if len(t.Origins) > 0 {
		may = t.lists
	}
	if !may(to) {
		return false
	}
	// Once led away it stays away: the way back may have been chosen by a stranger.
	for led := r.Response; led != nil; led = led.Request.Response {
		if led.Request == nil || led.Request.URL == nil || !may(originOf(led.Request.URL)) {
			return false // also where a transport below does not say who led here
		}
	}
	return true
}

// lists tells whether an origin is among those that may see the token.
func (t *Transport) lists(origin string) bool {
	return slices.ContainsFunc(t.Origins, func(allowed string) bool {
		u, err := url.Parse(allowed)
		return err == nil && u.Host != "" && originOf(u) == origin
	})
}

// originOf is scheme, host and port, each written in one way.
func originOf(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// refuse closes the body, as a RoundTripper does also when it fails.
func refuse(r *http.Request, err error) error {
	if r.Body != nil {
		r.Body.Close()
	}
	return err
}

// drain reads a short body to its end, so that the connection can be used again.
func drain(body io.ReadCloser) {
	io.CopyN(io.Discard, body, 64<<10)
	body.Close()
}
