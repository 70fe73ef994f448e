// Package session keeps a value of the application's own type in a sealed cookie: the
// iron-session way, for Go handlers.
//
// [New] makes a [Keeper] for one cookie. [Keeper.Handler] wraps a handler that gets the
// [Session]; [Keeper.Open] is the same without a wrapper. The handler reads and changes
// Session.Data and calls [Session.Save], or [Session.Destroy] to sign out. What is not
// saved is not written: a request that only reads answers without a cookie.
//
// The cookie may be shared with a program in another language, so what it holds beyond
// the Go type stays as it is, byte for byte. What Go wrote differently is merged in
// member by member:
//
//   - A member that Go does not know keeps its value and its place. A member that Go
//     knows and did not change keeps its spelling (1e21, \u00e9, a number with more
//     digits than a float64 holds).
//   - A member that Go removed is removed with all that is in it.
//   - The elements of an array are known again by their content, else by their member
//     id, else, in an array of the same length, by their place.
//   - A nested object whose member id has changed is another object and takes over
//     nothing: what the other program noted about one user must not pass to the next.
//
// Names and order are those of encoding/json, and so are its tags. Integers beyond ±2^53
// need the option `json:",string"`, since JavaScript would round them. Values that no
// JSON holds are a [ValueError] at Save, never a silent loss.
//
// The package does not own the format of the cookie (package iron and its like do),
// users, passwords or revocation. A sealed cookie cannot be called back: Destroy removes
// it from the browser, and a copy of it opens until its time is over.
package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Errors of [Session.Save] and [Session.Destroy].
var (
	// ErrDestroyed says that the session has been destroyed in this response. A cookie
	// written after the deletion would bring the session back.
	ErrDestroyed = errors.New("session: destroyed, it cannot be saved in the same response")

	// ErrSent says that the response has begun, so that its cookies cannot change.
	ErrSent = errors.New("session: the response has begun, no cookie can be set")
)

// A Session is what one request brought and what its response will leave behind. It
// belongs to the request and is not for several goroutines.
type Session[T any] struct {
	// Data is the session's content. It is the zero T when the request brought no
	// session, or one that could not be read.
	Data T

	keeper     *Keeper[T]
	w          http.ResponseWriter
	had        []string // cookies of ours that the request brought
	raw        []byte   // the payload as it is in the cookie, nil without one
	unreadable string
	destroyed  bool
}

// Unreadable tells in one word why the cookie of the request could not be read, as
// [Config.OnUnreadable] lists them. It is empty where the cookie was read, and where
// there was none. Save overwrites the unreadable cookie; a handler that would rather
// not, say for "mismatch", asks here first.
func (s *Session[T]) Unreadable() string { return s.unreadable }

// String names the cookie and keeps what is in it out of logs.
func (s *Session[T]) String() string { return "session in cookie " + s.keeper.cookie.name }

// GoString is String.
func (s *Session[T]) GoString() string { return s.String() }

// Save writes Data to the cookie, with a full TTL from now. It has to come before the
// response's header is sent, and may come more than once: the last one counts. It also
// forbids caches to keep the response.
//
// Errors are [*ValueError], [*TooLargeError], [ErrDestroyed], [ErrSent] and what T's own
// methods and the codec say; the response is then as it was. ErrSent needs a response
// that went through [Keeper.Handler]; with Open alone a late Save is lost unnoticed, as
// net/http ignores headers set too late.
func (s *Session[T]) Save() error {
	if s.destroyed || s.keeper.cookie.destroyed(s.w.Header(), s.had) {
		return ErrDestroyed
	}
	if sent(s.w) {
		return ErrSent
	}
	payload, err := s.payload()
	if err != nil {
		return err
	}
	lines, err := s.keeper.write(payload, s.had)
	if err != nil {
		return err
	}
	s.keeper.cookie.decide(s.w.Header(), s.had, lines)
	s.raw = payload
	return nil
}

// payload puts Data together with what the cookie held beside it.
func (s *Session[T]) payload() ([]byte, error) {
	if err := checkValue(&s.Data); err != nil {
		return nil, err
	}
	next, err := encodeObject(&s.Data)
	if err != nil {
		return nil, err
	}
	payload := next
	if s.raw != nil {
		var before T // what Go saw, before the handler changed it
		if err := json.Unmarshal(s.raw, &before); err != nil {
			return nil, fmt.Errorf("session: %w", err)
		}
		base, err := encodeObject(&before)
		if err != nil {
			return nil, err
		}
		if payload, err = merge("", s.raw, base, next); err != nil {
			return nil, err
		}
	}
	if err := checkNames("", payload, 1); err != nil {
		return nil, err
	}
	// A type that writes what it does not read would end the session at the next
	// request, far from the mistake.
	var again T
	if err := json.Unmarshal(payload, &again); err != nil {
		return nil, unfit(err)
	}
	return payload, nil
}

// unfit names the path at which a type does not read what it wrote.
func unfit(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &ValueError{wrong.Field, "its type " + wrong.Type.String() + " cannot be read back"}
	}
	return fmt.Errorf("session: the data cannot be read back: %w", err)
}

// Reset empties the session: Data is the zero T, and what the cookie held beside it will
// not survive the next Save. Call it where somebody signs in, so that nothing of the
// visitor before passes to them.
func (s *Session[T]) Reset() {
	var zero T
	s.Data, s.raw = zero, nil
}

// Destroy ends the session: Data is the zero T, and the response removes the cookie and
// its chunks from the browser. It wins over every Save of the same response, before or
// after. Its only error is [ErrSent].
func (s *Session[T]) Destroy() error {
	s.Reset()
	s.destroyed = true
	if sent(s.w) {
		return ErrSent
	}
	c := &s.keeper.cookie
	c.decide(s.w.Header(), s.had, c.clear(s.had))
	return nil
}

var errNoObject = errors.New("session: the data is not an object in JSON")

// encodeObject writes v as JSON.stringify would: without the escapes for HTML.
func encodeObject(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	object := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	switch {
	case string(object) == "null": // a nil map or pointer
		return []byte("{}"), nil
	case object[0] != '{':
		return nil, errNoObject
	}
	return object, nil
}
