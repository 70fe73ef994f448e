package session_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/session"
)

const password = "kQ9vX2mB7pL4wZ8rT1nC6yH3sD5fG0jA"

// noon is when tests happen.
var noon = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

// A Cart is the session of tests, with a member of each kind.
type Cart struct {
	User   *User              `json:"user,omitempty"`
	Items  []Item             `json:"items,omitempty"`
	Visits int                `json:"visits"`
	Rate   float64            `json:"rate,omitempty"`
	Flags  map[string]bool    `json:"flags,omitempty"`
	Big    int64              `json:"big,omitempty,string"`
	Prices map[string]float64 `json:"prices,omitempty"`
	Tags   []string           `json:"tags,omitempty"`
	Place  Place              `json:"place,omitzero"`
}

type User struct {
	ID    int    `json:"id"`
	Admin bool   `json:"admin"`
	Name  string `json:"name,omitempty"`
}

type Item struct {
	ID  string `json:"id,omitempty"`
	SKU string `json:"sku,omitempty"`
	N   int    `json:"n"`
}

type Place struct {
	City string `json:"city,omitempty"`
}

// plain is a format without secrets, so that tests see and choose what is in a cookie.
type plain struct{}

func newPlain(seal.Ring, string) (seal.Codec, error) { return plain{}, nil }

func (plain) Format() string { return "plain" }

func (plain) Seal(claims []byte, _ seal.Life) (string, error) {
	if err := seal.PickScript(claims, nil, nil); err != nil {
		return "", err
	}
	return wrap(string(claims)), nil
}

func (plain) Open(value string, _ time.Time) (seal.Opened, error) {
	claims, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return seal.Opened{}, &seal.OpenError{Codec: "plain", Reason: seal.ErrMalformed}
	}
	return seal.Opened{Claims: claims}, seal.PickScript(claims, nil, nil)
}

// wrap is a payload in the plain format.
func wrap(payload string) string { return base64.RawURLEncoding.EncodeToString([]byte(payload)) }

// keep makes a keeper of sessions in the cookie "s"; change may alter its configuration.
func keep[T any](t testing.TB, change ...func(*session.Config)) *session.Keeper[T] {
	t.Helper()
	c := session.Config{Make: iron.New, Keys: seal.Secrets(password), Cookie: "s", Now: func() time.Time { return noon }}
	for _, f := range change {
		f(&c)
	}
	k, err := session.New[T](c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func inPlain(c *session.Config) { c.Make = newPlain }

func inChunks(c *session.Config) { c.Chunks = true }

// A browser is the cookies that it holds.
type browser map[string]string

// do sends a request to a handler over a session and keeps what it sets.
func do[T any](t testing.TB, b browser, k *session.Keeper[T], f func(*session.Session[T])) *httptest.ResponseRecorder {
	t.Helper()
	return b.send(t, k.Handler(func(_ http.ResponseWriter, _ *http.Request, s *session.Session[T]) { f(s) }))
}

func (b browser) send(t testing.TB, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	seen := map[string]bool{}
	for _, c := range w.Result().Cookies() {
		if seen[c.Name] {
			t.Errorf("cookie %s is set twice", c.Name)
		}
		seen[c.Name] = true
		if c.MaxAge < 0 {
			delete(b, c.Name)
		} else {
			b[c.Name] = c.Value
		}
	}
	return w
}

// payload is what a cookie in the plain format holds.
func (b browser) payload(t testing.TB) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(b["s"])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (b browser) names() string {
	var names []string
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func mustSave[T any](t testing.TB, s *session.Session[T]) {
	t.Helper()
	if err := s.Save(); err != nil {
		t.Errorf("Save: %v", err)
	}
}
