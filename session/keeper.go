package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// DefaultTTL is how long a session lasts after its last Save, as in iron-session 8 and 9.
const DefaultTTL = 14 * 24 * time.Hour

// A Config describes the cookie of one kind of session. Make, Keys and Cookie are needed.
type Config struct {
	// Make builds the codec of the cookie's format, such as iron.New.
	Make seal.Make

	// Keys seal the cookie, newest first; an older key still opens what it sealed.
	Keys seal.Ring

	// Cookie is the cookie's full name. A name with the prefix __Host- cannot be planted
	// by a sibling host; a program that shares the cookie has to use the same name.
	Cookie string

	// TTL is how long a session lasts after it was saved, in whole seconds; 0 means
	// [DefaultTTL]. As in iron-session the browser is told to forget the cookie 60 s
	// earlier, but for a TTL of up to 60 s.
	TTL time.Duration

	// Path limits the cookie to a part of the site. Empty means "/".
	Path string

	// Domain shares the cookie with all hosts below it. Empty means this host only.
	Domain string

	// SameSite says whether requests from other sites carry the cookie. 0 means Lax.
	SameSite http.SameSite

	// Chunks lets a session too large for one cookie be spread over up to four, called
	// name.0 to name.3, which iron-session reads from version 9 on. Sessions in chunks
	// are read whether or not it is set. Auth.js uses such names too: in one deployment
	// the names of the two must differ.
	Chunks bool

	// InsecureCookie drops the Secure attribute, so that the cookie also travels over
	// plain http, where anyone on the way can take it. Set it only on localhost.
	InsecureCookie bool

	// OnUnreadable, if set, is told why a cookie could not be read: one call for each
	// session opened, one word each, for a counter. The visitor only has no session.
	// Words are those of [seal.Reason] and
	//
	//	duplicate   the cookie came twice, and one of the two is not ours
	//	incomplete  a chunk is missing
	//	too-large   more chunks, or longer ones, than we write
	//	mismatch    ours and whole, but its content does not fit the Go type
	//
	// Anyone can cause all but the last, so none of them deserves an alarm by itself.
	OnUnreadable func(reason string)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// A Keeper opens and writes the sessions in one cookie. Its methods may be called from
// several goroutines.
type Keeper[T any] struct {
	codec  seal.Codec
	cookie jar
	ttl    time.Duration
	now    func() time.Time

	onUnreadable func(reason string)
}

// New makes a keeper of sessions with content T, which must be a struct or something else
// that is an object in JSON. All faults of a configuration are found here, and those of T
// as far as its zero value shows them.
func New[T any](c Config) (*Keeper[T], error) {
	if c.Make == nil {
		return nil, errors.New("session: no Make in the configuration")
	}
	if c.TTL == 0 {
		c.TTL = DefaultTTL
	}
	if c.TTL < time.Second || c.TTL%time.Second != 0 {
		return nil, fmt.Errorf("session: TTL %s is not a number of whole seconds", c.TTL)
	}
	codec, err := c.Make(c.Keys, c.Cookie)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	k := &Keeper[T]{codec: codec, ttl: c.TTL, now: c.Now, onUnreadable: c.OnUnreadable}
	if k.cookie, err = newJar(c); err != nil {
		return nil, err
	}
	if k.now == nil {
		k.now = time.Now
	}
	if err := checkType[T](); err != nil {
		return nil, err
	}
	return k, nil
}

// checkType tries T's zero value. A nil slice is null, as a nil map is, but never an object.
func checkType[T any]() error {
	inner := reflect.TypeFor[T]()
	for inner.Kind() == reflect.Pointer && !writesItself(inner) {
		inner = inner.Elem()
	}
	if inner.Kind() == reflect.Slice && !writesItself(inner) {
		return errNoObject
	}
	var zero T
	if err := checkValue(&zero); err != nil {
		return err
	}
	_, err := encodeObject(&zero)
	return err
}

// Handler gives each request's session to h, as [Keeper.Open] does, and puts it into the
// request's context: handlers further in, also those that are called with another
// request of the same context, share it.
//
// It answers 431 to a request with more cookies than package cookie reads. It does not
// save by itself. The ResponseWriter that h gets has Flush, and the rest of what the
// server's can do by [http.ResponseController].
func (k *Keeper[T]) Handler(h func(w http.ResponseWriter, r *http.Request, s *Session[T])) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = watch(w)
		s, err := k.Open(w, r)
		if err != nil {
			refuse(w, err)
			return
		}
		h(w, r.WithContext(context.WithValue(r.Context(), k, s)), s)
	})
}

// refuse answers a request whose session cannot be opened.
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	if errors.Is(err, cookie.ErrTooLarge) || errors.Is(err, cookie.ErrTooMany) {
		code = http.StatusRequestHeaderFieldsTooLarge
	}
	http.Error(w, http.StatusText(code), code)
}

// Open reads the session of a request; w is where Save and Destroy put their cookies.
// Within [Keeper.Handler] it returns the session that is open already; elsewhere a second
// Open reads the request once more and does not see what the first has changed.
//
// Without a cookie, and with one that cannot be read, the session is empty: no error.
// What Open finds wrong with the request itself is [cookie.ErrTooLarge] or
// [cookie.ErrTooMany], to be answered with status 431. Any other error is a fault of the
// codec.
//
// The response gets Vary: Cookie and, if it has no Cache-Control yet, one that forbids
// caches to keep it; a page that is the same for everybody may set its own.
func (k *Keeper[T]) Open(w http.ResponseWriter, r *http.Request) (*Session[T], error) {
	if s, ok := r.Context().Value(k).(*Session[T]); ok {
		return s, nil
	}
	brought, err := cookie.Read(r.Header)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	s := &Session[T]{keeper: k, w: w}
	value, err := brought.Chunked(k.cookie.name)
	s.had = value.Names
	if err == nil {
		err = s.read(value.Value)
	}
	if err != nil && !errors.Is(err, cookie.ErrAbsent) {
		if s.unreadable = reason(err); s.unreadable == "" {
			return nil, fmt.Errorf("session: %w", err)
		}
		if k.onUnreadable != nil {
			k.onUnreadable(s.unreadable)
		}
	}
	varyByCookie(w.Header())
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", noStore)
	}
	return s, nil
}

// errMismatch says that a payload does not fit T.
var errMismatch = errors.New("session: the payload does not fit the type")

// read opens a cookie's value and decodes what is in it.
func (s *Session[T]) read(value string) error {
	opened, err := s.keeper.codec.Open(value, s.keeper.now())
	if err != nil {
		return err
	}
	var data T
	if json.Unmarshal(opened.Claims, &data) != nil {
		return errMismatch
	}
	s.Data, s.raw = data, opened.Claims
	return nil
}

// reason is the word for what is wrong with a cookie, empty for a fault of our own.
func reason(err error) string {
	switch {
	case errors.Is(err, cookie.ErrDuplicate):
		return "duplicate"
	case errors.Is(err, cookie.ErrGap):
		return "incomplete"
	case errors.Is(err, cookie.ErrTooLarge):
		return "too-large"
	case errors.Is(err, errMismatch):
		return "mismatch"
	}
	return seal.Reason(err)
}

// write seals a payload and returns the Set-Cookie lines for it.
func (k *Keeper[T]) write(payload []byte, had []string) ([]string, error) {
	if err := k.cookie.fits(payload); err != nil {
		return nil, err
	}
	now := k.now()
	value, err := k.codec.Seal(payload, seal.Life{Issued: now, Expires: now.Add(k.ttl)})
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return k.cookie.set(value, had)
}

// noStore is the Cache-Control of answers that belong to one visitor.
const noStore = "private, no-cache, no-store"

// varyByCookie tells caches that the answer depends on the request's cookies.
func varyByCookie(h http.Header) {
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return
			}
		}
	}
	h["Vary"] = append(slices.Clip(h["Vary"]), "Cookie")
}
