package signet

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/pages"
)

// LogIn is an end point for scripts that send a JSON object of fields and want one back, as
// tutorials write it: status (zero means 200) with the user, and with accessToken where the
// provider gave one or it is one of ours (AccessConfig), then with refreshToken too where
// RefreshLife is set; 401 and null for wrong credentials; 429 with Retry-After for too many.
// It signs in as the form does, session cookie included.
//
//	mux.Handle("POST /api/login", auth.LogIn("credentials", http.StatusCreated))
//
// A page of another site cannot send JSON without asking first, and what comes from one is
// refused, so no CSRF token is needed.
func (a *Auth) LogIn(provider string, status int) http.Handler {
	if status == 0 {
		status = http.StatusOK
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.rescue(w, r)
		x, ok := a.script(w, r, true)
		if !ok {
			return
		}
		p, known := a.provider(provider)
		if !known {
			x.fault(fmt.Errorf("signet: no provider %q", provider))
			return
		}
		in, err := x.identify(p)
		if err != nil {
			x.notLoggedIn(err)
			return
		}
		x.json(status, x.loggedIn(in))
	})
}

// LogOut ends the session of a script that posts JSON or nothing, and answers 200 with
// null. It is the counterpart of [Auth.LogIn].
func (a *Auth) LogOut() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.rescue(w, r)
		x, ok := a.script(w, r, false)
		if !ok {
			return
		}
		if err := x.signOut(); err != nil {
			x.fault(err)
			return
		}
		x.json(http.StatusOK, []byte("null"))
	})
}

// script reads the request of a script, and its fields where they matter. It answers what is
// none.
func (a *Auth) script(w http.ResponseWriter, r *http.Request, fields bool) (*exchange, bool) {
	v, err := a.Visit(r)
	if err != nil {
		a.unreadable(w, err)
		return nil, false
	}
	x := &exchange{Visit: v, w: w, r: r, base: v.origin + a.basePath, lang: pages.Language(r.Header.Get("Accept-Language"))}
	h := w.Header()
	h["X-Content-Type-Options"] = valueNosniff
	addVary(h, "Cookie")
	noStore(h)
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	isJSON := strings.EqualFold(strings.TrimSpace(media), "application/json")
	switch {
	case r.Method != http.MethodPost:
		h.Set("Allow", http.MethodPost)
		x.json(http.StatusMethodNotAllowed, []byte("null"))
		return nil, false
	case a.crossSite(r, v.origin):
		a.stats.crossSite.Add(1)
		x.json(http.StatusForbidden, []byte("null"))
		return nil, false
	case !isJSON && r.ContentLength != 0:
		x.json(http.StatusUnsupportedMediaType, []byte("null"))
		return nil, false
	}
	if !isJSON || !fields {
		return x, true
	}
	if status := x.readBody(); status != 0 {
		x.json(status, []byte("null"))
		return nil, false
	}
	return x, true
}

// notLoggedIn answers a no, and what is nobody's mistake.
func (x *exchange) notLoggedIn(err error) {
	var no *Refused
	var elsewhere GoTo
	var asked *Asked
	switch {
	case errors.As(err, &asked):
		x.json(asked.status(), asked.append(nil))
	case errors.As(err, &no) && no.RetryAfter > 0:
		x.a.stats.throttled.Add(1)
		x.w.Header().Set("Retry-After", seconds(no.RetryAfter))
		x.json(http.StatusTooManyRequests, []byte("null"))
	case errors.As(err, &no) && no.Kind == kindAccessDenied, errors.As(err, &elsewhere):
		x.a.stats.signInsRefused.Add(1)
		x.json(http.StatusForbidden, []byte("null"))
	case errors.As(err, &no), errors.Is(err, ErrSignOut):
		x.a.stats.signInsRefused.Add(1)
		x.json(http.StatusUnauthorized, []byte("null"))
	default:
		x.body = json.RawMessage("null") // a script is asking: the answer is JSON
		x.fault(err)
	}
}

// secretNames are members of a profile that no answer carries on, in lower case.
var secretNames = map[string]bool{"password": true, "passwordhash": true, "password_hash": true, "hash": true, "salt": true}

// loggedIn is the user as JSON: the profile where there is one, and an access token: the
// provider's, or one of ours where there are APIs to use it at, with a refresh token where
// these are given.
func (x *exchange) loggedIn(in *SignIn) []byte {
	c, err := ParseClaims(in.Identity.Profile)
	if err != nil || c.Len() == 0 {
		c = Claims{members: []member{
			{"id", appendText(nil, in.User.ID)}, {"name", appendText(nil, in.User.Name)}, {"email", appendText(nil, in.User.Email)},
		}}
	}
	for _, m := range c.clone().members {
		if secretNames[strings.ToLower(m.name)] {
			c.Delete(m.name)
		}
	}
	if t := in.Identity.Tokens; t != nil && t.Access != "" {
		c.put("accessToken", appendText(nil, t.Access))
	} else if own := x.ownToken(); own != "" {
		c.put("accessToken", appendText(nil, own))
		if refresh := x.firstRefresh(); refresh != "" {
			c.put("refreshToken", appendText(nil, refresh))
		}
	}
	return c.append(nil)
}

// firstRefresh begins a family for a program that may keep no cookies; "" where refresh tokens
// are off, or cannot be had now: it is logged in all the same.
func (x *exchange) firstRefresh() string {
	refresh, err := x.a.newFamily(x.context(), x.Session, x.a.config.Access.Audiences[0], x.now)
	if err != nil && !isThrottled(err) {
		x.a.log.Warn("no refresh token given at log-in", "error", err)
	}
	return refresh
}
