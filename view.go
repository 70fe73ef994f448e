package signet

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// A View is what the browser sees of a session: the JSON of GET session.
type View struct {
	// User has name, email and image, and what was exposed under "user.".
	User Claims

	// Claims are further members beside user and expires.
	Claims Claims

	// Expires is the true end of the session's cookie.
	Expires time.Time
}

// viewTime is how JavaScript's toISOString writes a time.
const viewTime = "2006-01-02T15:04:05.000Z"

// expose adds the members that the configuration lets the browser see; claim gives what they
// show.
func (v *View) expose(members map[string]string, claim func(name string) json.RawMessage) {
	for _, to := range slices.Sorted(maps.Keys(members)) {
		raw := claim(members[to])
		if raw == nil {
			continue
		}
		if name, ok := strings.CutPrefix(to, "user."); ok {
			v.User.put(name, raw)
		} else {
			v.Claims.put(to, raw)
		}
	}
}

// ownTokenClaim is the word for an access token of ours in SessionConfig.Expose.
const ownTokenClaim = "signet.access_token"

// claim is what the browser may be shown under a name: a claim of the session, or an access
// token of ours, signed at each read.
func (x *exchange) claim(name string) json.RawMessage {
	if name != ownTokenClaim {
		return x.Session.claim(name)
	}
	if signed := x.ownToken(); signed != "" {
		return appendText(nil, signed)
	}
	return nil
}

// claim returns the JSON of a claim, also of one that Session has a field for.
func (s *Session) claim(name string) json.RawMessage {
	var text string
	switch name {
	case "sub":
		text = s.UserID
	case "name":
		text = s.Name
	case "email":
		text = s.Email
	case "picture":
		text = s.Image
	case "groups":
		if len(s.Groups) == 0 {
			return json.RawMessage("[]")
		}
		return appendWords(nil, "", s.Groups)[len(`,"":`):]
	default:
		return s.Claims.Raw(name)
	}
	return appendText(nil, text)
}

// view writes the session JSON.
func (x *exchange) view() ([]byte, error) {
	c, s := &x.a.config, x.Session
	b := make([]byte, 0, 256)
	b = append(b, `{"user":`...)
	if len(c.Session.Expose) == 0 && c.Callbacks.Session == nil {
		b = append(b, '{')
		b = appendClaim(b, "name", s.Name)
		b = append(b, ',')
		b = appendClaim(b, "email", s.Email)
		b = append(b, ',')
		b = appendClaim(b, "image", s.Image)
		b = append(b, `},"expires":"`...)
		b = s.Expires.UTC().AppendFormat(b, viewTime)
		return append(b, `"}`...), nil
	}
	v := View{Expires: s.Expires}
	for _, m := range [...]struct{ name, value string }{{"name", s.Name}, {"email", s.Email}, {"image", s.Image}} {
		raw := []byte("null")
		if m.value != "" {
			raw = appendText(nil, m.value)
		}
		v.User.put(m.name, raw)
	}
	v.expose(c.Session.Expose, x.claim)
	if c.Callbacks.Session != nil {
		if err := c.Callbacks.Session(x.context(), s, &v); err != nil {
			return nil, err
		}
	}
	b = v.User.append(b)
	b = append(b, `,"expires":"`...)
	b = v.Expires.UTC().AppendFormat(b, viewTime)
	b = append(b, '"')
	for _, m := range v.Claims.members {
		if m.name == "user" || m.name == "expires" {
			continue
		}
		b = append(b, ',')
		b = appendText(b, m.name)
		b = append(b, ':')
		b = append(b, m.raw...)
	}
	return append(b, '}'), nil
}

// getSession answers who is signed in: the view, or null. It renews the session when due.
func (x *exchange) getSession(string) {
	if x.Visit.fault != nil {
		x.w.Header().Set("Retry-After", "1")
		x.json(http.StatusServiceUnavailable, []byte("null"))
		return
	}
	if x.Session != nil && x.a.config.Callbacks.Claims != nil && !x.runClaims() {
		return
	}
	usable := x.refreshExposed(x.context())
	x.Commit(x.context(), x.w.Header())
	if !usable {
		x.json(http.StatusOK, x.nobody())
		return
	}
	x.answerSession()
}

// runClaims lets the application look at the session before it is shown. What it changes
// is written back. It answers the request itself when it returns false.
func (x *exchange) runClaims() bool {
	s := *x.Session
	s.Claims = s.Claims.clone()
	before := string(s.payload())
	err := x.a.config.Callbacks.Claims(x.context(), &s, Change{})
	switch {
	case errors.Is(err, ErrSignOut):
		if err := x.end(x.context(), x.w.Header()); err != nil {
			x.fault(err)
			return false
		}
	case err != nil:
		x.a.log.Error("claims callback", "error", err)
	case string(s.payload()) != before:
		s.stale = true
		x.Session = &s
	}
	return true
}

func (x *exchange) answerSession() {
	if x.Session == nil {
		if x.broken {
			x.clear(x.w.Header())
		}
		x.json(http.StatusOK, x.nobody())
		return
	}
	body, err := x.view()
	if err != nil {
		x.a.log.Error("session callback", "error", err)
		x.json(http.StatusOK, x.nobody())
		return
	}
	x.json(http.StatusOK, body)
	if x.a.config.Events.Session != nil {
		x.a.tell(func() { x.a.config.Events.Session(x.context(), x.Session) })
	}
}

// nobody is the session JSON for nobody: null, since the v5 client takes {} for somebody.
// Where only v4 is spoken it is the {} of v4, whose client logs an error at null.
func (x *exchange) nobody() []byte {
	if x.a.onlyV4 {
		return []byte("{}")
	}
	return []byte("null")
}

// postSession is update(data) of next-auth/react.
func (x *exchange) postSession(string) {
	if x.body == nil || !x.verified() { // a form of another site cannot send JSON
		x.json(http.StatusBadRequest, x.nobody())
		return
	}
	var data [1][]byte
	if err := seal.Pick(x.body, []string{"data"}, data[:]); err != nil {
		x.json(http.StatusBadRequest, x.nobody())
		return
	}
	if !x.refreshExposed(x.context()) {
		x.json(http.StatusOK, x.nobody())
		return
	}
	var refused error // by the application; every other error is the store's
	err := x.update(x.context(), x.w.Header(), func(s *Session) error {
		if x.a.config.Callbacks.Claims != nil {
			refused = x.a.config.Callbacks.Claims(x.context(), s, Change{Trigger: "update", Data: data[0]})
		}
		return refused
	})
	switch {
	case errors.Is(err, ErrSignOut):
		err = x.end(x.context(), x.w.Header())
	case errors.Is(err, ErrNotFound):
		err = nil
	case refused != nil, errors.Is(err, errUpdate), errors.Is(err, errClaims):
		x.a.log.Error("session update", "error", err)
		x.json(http.StatusBadRequest, x.nobody())
		return
	}
	if err != nil {
		x.fault(err)
		return
	}
	x.answerSession()
}
