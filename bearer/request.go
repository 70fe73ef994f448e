package bearer

import (
	"net/http"
	"strings"
)

// find gives the token of a request: from the Authorization header, or from the cookie
// where one may carry it. There must be one only. RFC 6750 section 2: a client uses one way
// at a time.
func (g *Guard) find(r *http.Request) (string, error) {
	if inQuery(r) {
		// Section 5.3: addresses are logged and handed on.
		return "", badRequest("a token in the query")
	}
	header, shown, err := g.fromHeader(r)
	if err != nil {
		return "", err
	}
	cookie, err := g.fromCookie(r)
	if err != nil {
		return "", err
	}
	switch {
	case shown && cookie != "" && cookie != header:
		return "", badRequest("two tokens")
	case shown:
		return header, nil
	case cookie == "":
		return "", &Refusal{Status: http.StatusUnauthorized, Reason: ErrNoToken}
	case g.crossOrigin(r):
		return "", &Refusal{Status: http.StatusForbidden, Reason: ErrCrossOrigin}
	}
	return cookie, nil
}

// fromHeader reads Authorization. shown tells that there is a token, even an empty one.
// Credentials of another scheme are somebody else's business.
func (g *Guard) fromHeader(r *http.Request) (token string, shown bool, err error) {
	values := r.Header["Authorization"]
	if len(values) > 1 {
		return "", false, badRequest("two Authorization headers")
	}
	if len(values) == 0 || values[0] == "" {
		return "", false, nil
	}
	scheme, rest, found := strings.Cut(values[0], " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"): // RFC 9110 section 11.1: without case
		return strings.TrimLeft(rest, " "), true, nil
	case !found && g.AllowBare:
		return values[0], true, nil
	}
	return "", false, nil
}

// fromCookie gives the value of the cookie, or "". Of two with one name nobody knows which
// is ours: another host of the domain may have set one.
func (g *Guard) fromCookie(r *http.Request) (string, error) {
	if g.Cookie == "" {
		return "", nil
	}
	named := r.CookiesNamed(g.Cookie)
	switch len(named) {
	case 0:
		return "", nil
	case 1:
		return named[0].Value, nil
	}
	return "", badRequest("two cookies of one name")
}

// crossOrigin tells whether a request that a cookie vouches for may have been sent by
// another site's page.
func (g *Guard) crossOrigin(r *http.Request) bool {
	check := g.CrossOrigin
	if check == nil {
		check = new(http.CrossOriginProtection)
	}
	if r.Header.Get("Upgrade") != "" {
		// A WebSocket begins with a GET, and then does what it likes.
		upgrade := *r
		upgrade.Method = http.MethodPost
		r = &upgrade
	}
	return check.Check(r) != nil
}

const queryName = "access_token" // RFC 6750 section 2.3

// inQuery tells whether the query has a token. Most have none, and are not parsed.
func inQuery(r *http.Request) bool {
	q := r.URL.RawQuery
	if !strings.Contains(q, queryName) && !strings.Contains(q, "%") {
		return false
	}
	return r.URL.Query().Has(queryName)
}
