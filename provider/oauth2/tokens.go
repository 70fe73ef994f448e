package oauth2

import (
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

// An Answer is what a token end point gave.
type Answer struct {
	// Tokens has an access token in any case. Scope is separated by blanks, whatever the
	// provider did.
	Tokens signet.Tokens

	// Object is all of the answer. Some providers put the user's ID there.
	Object Object

	scoped bool // it had a scope, if an empty one
}

// Causes of an Error for an answer that cannot be used.
var (
	errUnreadable = errors.New("the answer cannot be read")
	errNoToken    = errors.New("there is no access token in the answer")
	errTokenType  = errors.New("the token is of a type that we cannot use")
)

// readAnswer reads a token answer as providers write it: as JSON or as a form, by its
// Content-Type; with an error under any status. RFC 6749 section 5, and what differs from it
// in practice. secrets must not be repeated in an error.
func readAnswer(r Reply, now time.Time, secrets ...string) (Answer, error) {
	object, err := objectOf(r)
	if err != nil {
		return Answer{}, &Error{Op: "token", Status: r.Status, Err: err}
	}
	if e := failureIn(object, r.Status, secrets...); e != nil {
		e.Op = "token"
		return Answer{}, e
	}
	if r.Status < 200 || r.Status > 299 {
		return Answer{}, &Error{Op: "token", Status: r.Status}
	}
	a, err := tokensOf(object, now)
	if err != nil {
		return Answer{}, &Error{Op: "token", Status: r.Status, Err: err}
	}
	return a, nil
}

// objectOf gives the answer as one JSON object. A text type may hold either (GitHub once,
// Facebook once), and the first character tells.
func objectOf(r Reply) (Object, error) {
	kind, _, err := mime.ParseMediaType(r.Type)
	if err != nil && r.Type != "" {
		return nil, errUnreadable
	}
	body := Object(r.Body)
	switch {
	case kind == "application/x-www-form-urlencoded",
		kind == "text/plain" && !strings.HasPrefix(strings.TrimSpace(string(body)), "{"):
		return formObject(string(body))
	case kind == "text/html", !body.valid():
		return nil, errUnreadable
	}
	return body, nil
}

// formObject turns a form into an object of texts. A name that comes twice has no meaning.
func formObject(body string) (Object, error) {
	form, err := url.ParseQuery(body)
	if err != nil || len(form) == 0 {
		return nil, errUnreadable
	}
	texts := make(map[string]string, len(form))
	for name, values := range form {
		if len(values) > 1 {
			return nil, errUnreadable
		}
		texts[name] = values[0]
	}
	object, err := json.Marshal(texts)
	if err != nil || !Object(object).valid() {
		return nil, errUnreadable // two names that differ in case only
	}
	return object, nil
}

// failureIn finds the error in an answer: a word (RFC 6749 section 5.2), an object
// (Facebook), status and message (Twitch), ok that is false (Slack).
func failureIn(o Object, status int, secrets ...string) *Error {
	e := &Error{Status: status}
	said := o.At("/error")
	text := o.Text("/error_description")
	switch {
	case len(said) > 0 && said[0] == '{':
		text = o.Text("/error/message")
		if e.Code = word(o.ID("/error/code")); e.Code == "" {
			e.Code = word(o.Text("/error/type"))
		}
	case said != nil && string(said) != `""` && string(said) != "false":
		code := o.Text("/error")
		if e.Code = word(code); e.Code == "" && text == "" {
			text = code
		}
	case string(o.At("/ok")) == "false":
	case o.At("/access_token") == nil && o.At("/message") != nil && o.At("/status") != nil:
	default:
		return nil
	}
	if text == "" {
		text = o.Text("/message")
	}
	e.Text = quote(text, secrets...)
	return e
}

// tokensOf reads a good answer.
func tokensOf(o Object, now time.Time) (Answer, error) {
	a := Answer{Object: o}
	t := &a.Tokens
	for _, m := range []struct {
		to      *string
		pointer string
	}{{&t.Access, "/access_token"}, {&t.Refresh, "/refresh_token"}, {&t.ID, "/id_token"}, {&t.Type, "/token_type"}} {
		value := o.At(m.pointer)
		text, ok := seal.String(value)
		if value != nil && (!ok || !visible(text)) {
			return Answer{}, errUnreadable
		}
		*m.to = text
	}
	if t.Access == "" {
		return Answer{}, errNoToken
	}
	// RFC 6749 section 7.1: a token of an unknown type must not be used. Nobody means
	// anything but Bearer when they leave it out.
	if t.Type != "" && !strings.EqualFold(t.Type, "bearer") {
		return Answer{}, errTokenType
	}
	var err error
	if t.Scope, a.scoped, err = scopeOf(o.At("/scope")); err != nil {
		return Answer{}, err
	}
	if t.Expires, err = endOf(o, now, "/expires_in"); err != nil {
		return Answer{}, err
	}
	// The second name is Keycloak's.
	t.RefreshExpires, err = endOf(o, now, "/refresh_token_expires_in", "/refresh_expires_in")
	return a, err
}

// visible tells whether a token can stand in a header: RFC 6749 appendix A.12.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// scopeOf reads a scope: one text, separated by blanks or commas, or a list of texts.
func scopeOf(raw []byte) (scope string, given bool, err error) {
	if raw == nil {
		return "", false, nil
	}
	var texts []string
	if one, ok := seal.String(raw); ok {
		texts = []string{one}
	} else {
		err := seal.Elements(raw, func(value []byte) error {
			one, ok := seal.String(value)
			if !ok {
				return errUnreadable
			}
			texts = append(texts, one)
			return nil
		})
		if err != nil {
			return "", false, errUnreadable
		}
	}
	return strings.Join(scopes(strings.Join(texts, " ")), " "), true, nil
}

// scopes splits a scope into its parts.
func scopes(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// endOf reads a life in seconds, a number or digits in a text, under the first of the names
// that is there. One of 0 or less stands for "no end known": a token that were over when it
// is made would be of no use to anybody.
func endOf(o Object, now time.Time, names ...string) (time.Time, error) {
	var raw []byte
	for _, name := range names {
		if raw = o.At(name); raw != nil {
			break
		}
	}
	if raw == nil {
		return time.Time{}, nil
	}
	digits, ok := seal.String(raw)
	if !ok {
		digits = string(raw)
	}
	if digits == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil || ok || f != f || f > 1e15 || f < -1e15 {
			return time.Time{}, errUnreadable
		}
		n = int64(f)
	}
	if n <= 0 {
		return time.Time{}, nil
	}
	return now.Add(seconds(n)).Truncate(time.Second), nil
}
