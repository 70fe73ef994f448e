package bearer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// Reasons of a [Refusal].
var (
	// ErrNoToken: the request shows none.
	ErrNoToken = errors.New("no token")

	// ErrRequest: it shows more than one, or one where none may be.
	ErrRequest = errors.New("the token is shown in a way that is not taken")

	// ErrInvalid: the token is not good here. The refusal wraps a [*seal.OpenError], too,
	// which tells why: seal.ErrExpired and others.
	ErrInvalid = errors.New("invalid token")

	// ErrScope: the token is good, but not for this.
	ErrScope = errors.New("a scope is missing")

	// ErrOwner: it is good, but the path names somebody else.
	ErrOwner = errors.New("the path is another subject's")

	// ErrCrossOrigin: it came in a cookie, with a request of another site's page.
	ErrCrossOrigin = errors.New("sent from another origin")

	// ErrUnavailable: nobody can tell, as there are no keys at the moment. Err tells why.
	ErrUnavailable = errors.New("no keys to check tokens with")
)

// A Refusal is why a request does not pass. It holds no part of the token, so it can be
// logged.
type Refusal struct {
	// Status is what to answer with: 400, 401, 403 or 503.
	Status int

	// Code is the error of RFC 6750 section 3.1, or empty where it has none.
	Code string

	// Scopes are those that the guard asks for, where one is missing.
	Scopes []string

	// Reason is one of the errors of this package.
	Reason error

	// Err says more, or is nil.
	Err error
}

func (e *Refusal) Error() string {
	text := "bearer: refused"
	if e.Reason != nil {
		text = "bearer: " + e.Reason.Error()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives Reason and Err.
func (e *Refusal) Unwrap() []error {
	var list []error
	for _, err := range [...]error{e.Reason, e.Err} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

func badRequest(why string) error {
	return &Refusal{Status: http.StatusBadRequest, Code: "invalid_request", Reason: ErrRequest, Err: errors.New(why)}
}

// invalid is the refusal of a token that a reader refused; a fault of ours stays one.
func invalid(err error) error {
	var open *seal.OpenError
	if !errors.As(err, &open) {
		return unavailable(err)
	}
	return &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token", Reason: ErrInvalid, Err: open}
}

func malformed(detail string) error {
	return &seal.OpenError{Codec: "jwt", Reason: seal.ErrMalformed, Detail: detail}
}

func unsupported(detail string) error {
	return &seal.OpenError{Codec: "jwt", Reason: seal.ErrUnsupported, Detail: detail}
}

func unavailable(err error) error {
	return &Refusal{Status: http.StatusServiceUnavailable, Reason: ErrUnavailable, Err: err}
}

// asRefusal makes of any error one to answer with.
func asRefusal(err error) *Refusal {
	var e *Refusal
	if !errors.As(err, &e) || e.Status < 400 || e.Status > 599 {
		return &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token", Reason: ErrInvalid}
	}
	return e
}

// RFC6750 answers as RFC 6750 section 3 says: the status, a WWW-Authenticate header, and
// the same in JSON, {"error":"invalid_token","error_description":"…"}. Of a bad token it
// tells only whether its time is over, so that a client knows when to get another one. It
// is what a [Guard] without Refuse does.
func RFC6750(w http.ResponseWriter, _ *http.Request, err error) {
	e := asRefusal(err)
	says := describe(e)
	if e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	} else if e.Code != "" || e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(e, says))
	}
	body := struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
		Scope       string `json:"scope,omitempty"`
	}{e.Code, says, strings.Join(e.Scopes, " ")}
	if body.Error == "" {
		body.Error = map[int]string{
			http.StatusUnauthorized:       "unauthorized",
			http.StatusServiceUnavailable: "temporarily_unavailable",
		}[e.Status]
	}
	if body.Error == "" {
		body.Error = "forbidden"
	}
	text, _ := json.Marshal(body) // three texts: cannot fail
	answer(w, e.Status, string(text))
}

// challenge writes the header. Section 3.1: to who showed no token it names no error.
func challenge(e *Refusal, says string) string {
	text := "Bearer"
	if e.Code != "" {
		text += ` error="` + e.Code + `", error_description="` + says + `"`
	}
	if len(e.Scopes) > 0 {
		text += `, scope="` + strings.Join(e.Scopes, " ") + `"`
	}
	return text
}

// describe says in fixed words what a client may know.
func describe(e *Refusal) string {
	switch {
	case errors.Is(e, seal.ErrExpired):
		return "the access token has expired"
	case errors.Is(e, ErrInvalid):
		return "the access token is not valid"
	case errors.Is(e, ErrNoToken):
		return "an access token is required"
	case errors.Is(e, ErrRequest):
		return "show one access token, in the Authorization header"
	case errors.Is(e, ErrScope):
		return "the access token does not have the scope"
	case errors.Is(e, ErrUnavailable):
		return "access tokens cannot be checked at the moment"
	}
	return ""
}

// NoAuthorization answers as the tutorial's API does: 401 with the body
// {"error":"No Authorization"}, whatever the reason, also where the path is another
// subject's. Only while there are no keys to check tokens with it is 503, as 401 would sign
// people out.
func NoAuthorization(w http.ResponseWriter, r *http.Request, err error) {
	if asRefusal(err).Status == http.StatusServiceUnavailable {
		RFC6750(w, r, err)
		return
	}
	answer(w, http.StatusUnauthorized, `{"error":"No Authorization"}`)
}

func answer(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	io.WriteString(w, body)
}
