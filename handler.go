package signet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/seal"
)

// Bounds of a request to our end points.
const (
	maxBody   = 64 << 10
	maxFields = 100 // of the body, and of the query
)

// An exchange is one request to an end point of ours and the answer to it.
type exchange struct {
	*Visit
	w       http.ResponseWriter
	r       *http.Request
	base    string // origin + base path
	style   style
	fields  url.Values      // of the body; of repeated ones the last
	doubled []string        // fields that came more than once
	body    json.RawMessage // when it is a JSON object
	lang    string

	token    string   // the CSRF token; "" where the action needs none
	newToken bool     // its cookie has to be set
	back     string   // the callback URL
	guest    []string // Set-Cookie lines for both, and for attempts
	taken    string   // the attempt that this request has answered
}

// endpoint is one action under the base path.
type endpoint struct {
	get, post func(*exchange, string)
	second    bool // may have a second path part
	bare      bool // no CSRF token and no callback URL, neither read nor set
	head      bool // takes HEAD too: the rest is as strict as Auth.js
}

// endpoints are the actions of Auth.js, then ours. Each method of exchange stands in the
// file of its journey.
var endpoints = map[string]endpoint{
	"providers":      {get: (*exchange).getProviders, bare: true},
	"csrf":           {get: (*exchange).getCSRF},
	"session":        {get: (*exchange).getSession, post: (*exchange).postSession},
	"signin":         {get: (*exchange).getSignIn, post: (*exchange).postSignIn, second: true},
	"callback":       {get: (*exchange).getCallback, post: (*exchange).postCallback, second: true},
	"signout":        {get: (*exchange).getSignOut, post: (*exchange).postSignOut},
	"error":          {get: (*exchange).getError},
	"verify-request": {get: (*exchange).getVerifyRequest},
	"step":           {get: (*exchange).getStep},
	"_log":           {post: (*exchange).postLog, bare: true},
	"signup":         {get: (*exchange).getSignUp, post: (*exchange).postSignUp},
	"account":        {get: (*exchange).getAccount, post: (*exchange).postAccount, second: true},
	"reset":          {get: (*exchange).getReset, post: (*exchange).postReset},
	"verify":         {get: (*exchange).getVerify, post: (*exchange).postVerify},
	"token":          {post: (*exchange).postToken, bare: true},
	"jwks":           {get: (*exchange).getJWKS, bare: true, head: true},
	"sessions":       {get: (*exchange).getSessions, post: (*exchange).postSessions, second: true},
}

// Handler serves the end points below the base path. Mount it there:
//
//	mux.Handle("/api/auth/", auth.Handler())
func (a *Auth) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.rescue(w, r)
		a.serve(w, r)
	})
}

// rescue answers a panic with 500 and one line in the log; the process lives on.
func (a *Auth) rescue(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	a.stats.panics.Add(1)
	a.log.Error("panic", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	w.WriteHeader(http.StatusInternalServerError)
}

func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	action, provider, e, ok := a.route(r)
	if !ok || strings.Count(r.URL.RawQuery, "&") >= maxFields {
		badRequest(w)
		return
	}
	v, err := a.Visit(r)
	if err != nil {
		a.unreadable(w, err)
		return
	}
	x := &exchange{Visit: v, w: w, r: r, base: v.origin + a.basePath, lang: pages.Language(r.Header.Get("Accept-Language"))}
	h := w.Header()
	h["X-Content-Type-Options"] = valueNosniff
	addVary(h, "Cookie")
	if !e.bare {
		noStore(h)
	}
	if v.origin[:5] == "https" {
		h["Strict-Transport-Security"] = valueHSTS
	}
	if r.Method == http.MethodPost && !x.takeBody(action, provider) {
		return
	}
	if !e.bare {
		if err := x.prepare(action); err != nil {
			x.fault(err)
			return
		}
	}
	serve := e.get
	if r.Method == http.MethodPost {
		serve = e.post
	}
	if serve == nil {
		x.fail("error", kindConfiguration, nil) // @auth/core: a known action with the wrong method
		return
	}
	serve(x, provider)
}

// route finds the end point: base/action or base/action/provider, as strict as Auth.js v5.
func (a *Auth) route(r *http.Request) (action, second string, e endpoint, ok bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		return "", "", e, false
	}
	rest, ok := strings.CutPrefix(r.URL.Path, a.basePath+"/")
	if !ok {
		return "", "", e, false
	}
	action, second, has := strings.Cut(rest, "/")
	e, ok = endpoints[action]
	if !ok || r.Method == http.MethodHead && !e.head || has && (!e.second || second == "" || strings.Contains(second, "/")) {
		return "", "", e, false
	}
	if second == "undefined" { // what next-auth/react sends for signIn() without a provider
		second = ""
	}
	return action, second, e, true
}

// badRequest is the answer of Auth.js v5 to what is no end point of its.
func badRequest(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	io.WriteString(w, `"Bad request."`)
}

// unreadable answers a request that cannot be judged.
func (a *Auth) unreadable(w http.ResponseWriter, err error) {
	if errors.Is(err, errCookies) {
		http.Error(w, "Too many cookies, or too large: clear the cookies of this site.", http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	a.log.Warn("request refused", "error", err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	io.WriteString(w, `{"message":"There was a problem with the server configuration. Check the server logs for more information."}`)
}

// takeBody reads the body of a post and passes the first gate: the post must not come from
// another site. It answers the request itself when it returns false.
func (x *exchange) takeBody(action, second string) bool {
	if action == "_log" {
		return true
	}
	if x.a.crossSite(x.r, x.origin) && !x.a.postedTo(action, second) {
		x.a.stats.crossSite.Add(1)
		x.json(http.StatusForbidden, []byte(`{"error":"cross-site request refused"}`))
		return false
	}
	status := x.readBody()
	if status != 0 {
		body := []byte(`{"error":"` + strings.ToLower(http.StatusText(status)) + `"}`)
		if action == "session" {
			body = x.nobody()
		}
		x.json(status, body)
		return false
	}
	x.style = x.styleOf()
	return true
}

// postedTo tells whether another site is to post there: the answer of a provider of that
// kind.
func (a *Auth) postedTo(action, second string) bool {
	p, ok := a.provider(second)
	return ok && action == "callback" && p.info.FormPost
}

// readBody fills in fields. The media type decides what the body is; of any other type it
// is not read at all, as in Auth.js. It returns the status of a refusal, or 0.
func (x *exchange) readBody() int {
	x.fields = url.Values{}
	media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" {
		return 0
	}
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return http.StatusBadRequest
	}
	if media == "application/json" {
		return x.readJSON(body)
	}
	if strings.Count(string(body), "&") >= maxFields {
		return http.StatusBadRequest
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return http.StatusBadRequest
	}
	for name, list := range values {
		x.fields.Set(name, list[len(list)-1])
		if len(list) > 1 {
			x.doubled = append(x.doubled, name)
		}
	}
	return 0
}

func (x *exchange) readJSON(body []byte) int {
	n := 0
	err := seal.Members(body, func(name string, raw []byte) error {
		if n++; n > maxFields {
			return io.ErrShortBuffer
		}
		x.fields.Set(name, jsonField(raw))
		return nil
	})
	if err != nil {
		return http.StatusBadRequest
	}
	x.body = body
	return 0
}

// jsonField reads a member as a form would have sent it; objects and lists are no field.
func jsonField(raw []byte) string {
	if s, ok := seal.String(raw); ok {
		return s
	}
	switch raw[0] {
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// prepare settles the CSRF token and the callback URL, before the action as in Auth.js.
func (x *exchange) prepare(action string) error {
	if err := x.settleToken(action); err != nil {
		return err
	}
	query := ""
	if x.r.URL.RawQuery != "" {
		query = x.r.URL.Query().Get("callbackUrl")
	}
	kept, _ := x.jar.First(x.wire.callbackName)
	x.back = x.a.callbackURL(x.r.Context(), x.origin, x.fields.Get("callbackUrl"), query, kept)
	if x.back != kept {
		if line, err := x.wire.guest.Set(x.wire.callbackName, x.back); err == nil {
			x.guest = append(x.guest, line)
		}
	}
	return nil
}

// settleToken keeps the CSRF token whose cookie is ours and makes a new one otherwise.
func (x *exchange) settleToken(action string) error {
	value, has := x.jar.First(x.wire.csrfName)
	if action == "session" && x.r.Method == http.MethodGet && has {
		return nil // the busiest end point has no use for the token
	}
	if x.token = x.keys.readCSRF(value, x.sid()); x.token != "" {
		return nil
	}
	return x.mintToken(x.sid())
}

func (x *exchange) mintToken(sid SessionID) error {
	token, err := newCSRFToken(x.a.world.Rand)
	if err != nil {
		return err
	}
	return x.setToken(token, sid)
}

func (x *exchange) setToken(token string, sid SessionID) error {
	line, err := x.wire.guest.Set(x.wire.csrfName, x.keys.csrfCookie(token, sid))
	if err != nil {
		return err
	}
	x.token, x.newToken = token, true
	x.guest = append(x.guest, line)
	return nil
}

// writeGuest puts the cookies of the token and the callback URL into the answer.
func (x *exchange) writeGuest() {
	for _, line := range x.guest {
		x.w.Header().Add("Set-Cookie", line)
	}
	x.guest = nil
}

// sid is the session that CSRF tokens are bound to: 0 for nobody.
func (x *exchange) sid() SessionID {
	if x.Session == nil {
		return 0
	}
	return x.Session.ID
}

// verified tells whether the post shows the token of its own cookie.
func (x *exchange) verified() bool {
	sent := x.fields.Get("csrfToken")
	if x.newToken || sent == "" || !sameText(sent, x.token) {
		x.a.stats.csrfRefused.Add(1)
		return false
	}
	return true
}

// fault answers what is nobody's mistake but ours.
func (x *exchange) fault(err error) {
	x.a.log.Error("request failed", "path", x.r.URL.Path, "error", err)
	x.w.Header().Set("Retry-After", "1")
	switch {
	case x.style != plain:
		x.fail("error", kindBusy, nil) // the clients look for a url, and trip over null
	case x.body != nil || !navigation(x.r):
		x.json(http.StatusServiceUnavailable, []byte("null"))
	default:
		x.draw(http.StatusServiceUnavailable, pages.Error{Code: kindBusy, SignInURL: x.base + "/signin"})
	}
}

func (x *exchange) json(status int, body []byte) {
	h := x.w.Header()
	h["Content-Type"] = valueJSON
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.writeGuest()
	x.w.WriteHeader(status)
	x.w.Write(body)
}

// postLog takes the reports that next-auth/react v4 sends about itself, and drops them:
// they are whatever a visitor likes to write.
func (x *exchange) postLog(string) {
	io.Copy(io.Discard, http.MaxBytesReader(x.w, x.r.Body, maxBody))
	x.w.WriteHeader(http.StatusOK)
}

func (x *exchange) getCSRF(string) {
	x.json(http.StatusOK, []byte(`{"csrfToken":"`+x.token+`"}`))
}

func (x *exchange) context() context.Context { return x.r.Context() }
