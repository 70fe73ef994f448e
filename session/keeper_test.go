package session_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/session"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := session.Config{Make: iron.New, Keys: seal.Secrets(password), Cookie: "s"}
	for _, c := range []struct {
		name   string
		change func(*session.Config)
		ok     bool
	}{
		{"the least", func(*session.Config) {}, true},
		{"no format", func(c *session.Config) { c.Make = nil }, false},
		{"no keys", func(c *session.Config) { c.Keys = nil }, false},
		{"a short password", func(c *session.Config) { c.Keys = seal.Secrets("carrot") }, false},
		{"no name", func(c *session.Config) { c.Cookie = "" }, false},
		{"a name with a space", func(c *session.Config) { c.Cookie = "my cookie" }, false},
		{"__Host- without Secure", func(c *session.Config) { c.Cookie, c.InsecureCookie = "__Host-s", true }, false},
		{"__Host- with Secure", func(c *session.Config) { c.Cookie = "__Host-s" }, true},
		{"__Host- with a domain", func(c *session.Config) { c.Cookie, c.Domain = "__Host-s", "example.com" }, false},
		{"a path without a slash", func(c *session.Config) { c.Path = "app" }, false},
		{"SameSite=None over plain http", func(c *session.Config) { c.SameSite, c.InsecureCookie = http.SameSiteNoneMode, true }, false},
		{"a negative TTL", func(c *session.Config) { c.TTL = -time.Hour }, false},
		{"a TTL of half a second", func(c *session.Config) { c.TTL = time.Second / 2 }, false},
		{"a TTL of a second and a half", func(c *session.Config) { c.TTL = 3 * time.Second / 2 }, false},
		{"attributes that fill the cookie", func(c *session.Config) {
			c.Cookie, c.Path = strings.Repeat("n", 100), "/"+strings.Repeat("p", 1023)
			c.Domain = strings.Repeat(strings.Repeat("d", 60)+".", 4) + "kr"
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := session.New[Cart](config)
			if (err == nil) != c.ok {
				t.Errorf("New = %v, want ok = %v", err, c.ok)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), "session: ") || strings.Contains(err.Error(), password)) {
				t.Errorf("New = %v", err)
			}
		})
	}
}

func TestNewWantsAnObject(t *testing.T) {
	good := session.Config{Make: iron.New, Keys: seal.Secrets(password), Cookie: "s"}
	for _, c := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"a struct", newErr[Cart](good), true},
		{"a pointer", newErr[*Cart](good), true},
		{"a map", newErr[map[string]string](good), true},
		{"anything", newErr[any](good), true},
		{"raw JSON", newErr[json.RawMessage](good), true},
		{"a list", newErr[[]string](good), false},
		{"a pointer to a list", newErr[*[]string](good), false},
		{"a number", newErr[int](good), false},
		{"a time", newErr[time.Time](good), false},
		{"a struct with a channel", newErr[struct{ C chan int }](good), false},
		{"a mutex", newErr[sync.Mutex](good), false},
	} {
		if (c.err == nil) != c.ok {
			t.Errorf("%s: New = %v, want ok = %v", c.name, c.err, c.ok)
		}
	}
}

func newErr[T any](c session.Config) error {
	_, err := session.New[T](c)
	return err
}

// ironValue seals a payload as another program with the password would.
func ironValue(t testing.TB, payload string, life seal.Life, secret string) string {
	t.Helper()
	codec, err := iron.New(seal.Secrets(secret), "s")
	if err != nil {
		t.Fatal(err)
	}
	value, err := codec.Seal([]byte(payload), life)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestOpen(t *testing.T) {
	life := seal.Life{Issued: noon, Expires: noon.Add(time.Hour)}
	good := ironValue(t, `{"visits":3}`, life, password)
	for _, c := range []struct {
		name, cookies string
		visits        int
		reason        string
	}{
		{"no cookie", "", 0, ""},
		{"somebody else's cookies", "t=1; S=" + good, 0, ""},
		{"an empty cookie", "s=", 0, ""},
		{"a session", "a=b; s=" + good, 3, ""},
		{"in chunks, in any order", "s.1=" + good[100:] + "; s.0=" + good[:100], 3, ""},
		{"in one cookie beside an old chunk", "s=" + good + "; s.1=old", 3, ""},
		{"a session that is over", "s=" + ironValue(t, `{}`, seal.Life{Expires: noon.Add(-time.Hour)}, password), 0, "expired"},
		{"of another password", "s=" + ironValue(t, `{}`, life, strings.ToLower(password)), 0, "foreign"},
		{"another prefix", "s=" + strings.Replace(good, "Fe26.2", "Fe26.1", 1), 0, "malformed"},
		{"a password id that JavaScript trips over", "s=" + strings.Replace(good, "*1*", "*constructor*", 1), 0, "foreign"},
		{"noise", "s=%00%ff;", 0, "malformed"},
		{"without its version", "s=" + strings.TrimSuffix(good, "~2"), 0, "unsupported"},
		{"twice", "s=" + good + "; s=" + good, 0, "duplicate"},
		{"a chunk twice", "s.0=" + good + "; s.0=x", 0, "duplicate"},
		{"a chunk missing", "s.1=" + good, 0, "incomplete"},
		{"five chunks", "s.0=a; s.1=b; s.2=c; s.3=d; s.4=e", 0, "too-large"},
		{"a payload of another type", "s=" + ironValue(t, `{"visits":3,"user":"Minsu"}`, life, password), 0, "mismatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []string
			k := keep[Cart](t, func(c *session.Config) { c.OnUnreadable = func(r string) { told = append(told, r) } })
			r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
			if c.cookies != "" {
				r.Header.Set("Cookie", c.cookies)
			}
			s, err := k.Open(w, r)
			if err != nil {
				t.Fatal(err)
			}
			if s.Data.Visits != c.visits || s.Data.User != nil {
				t.Errorf("Data = %+v, want %d visits", s.Data, c.visits)
			}
			if s.Unreadable() != c.reason || strings.Join(told, " ") != c.reason {
				t.Errorf("unreadable: %q, told %q, want %q", s.Unreadable(), told, c.reason)
			}
			if w.Header()["Set-Cookie"] != nil {
				t.Errorf("reading sets %q", w.Header()["Set-Cookie"])
			}
			if err := s.Save(); err != nil {
				t.Errorf("Save: %v", err)
			}
		})
	}
}

func TestOpenTellsAFaultOfTheCodec(t *testing.T) {
	k := keep[Cart](t, func(c *session.Config) {
		c.Make = func(seal.Ring, string) (seal.Codec, error) { return broken{}, nil }
	})
	b := browser{"s": "x"}
	w := b.send(t, k.Handler(func(http.ResponseWriter, *http.Request, *session.Session[Cart]) { t.Error("called") }))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status = %d", w.Code)
	}
	s, err := k.Open(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(); !errors.Is(err, errBroken) {
		t.Errorf("Save = %v", err)
	}
}

var errBroken = errors.New("no random bytes")

type broken struct{ plain }

func (broken) Open(string, time.Time) (seal.Opened, error) { return seal.Opened{}, errBroken }
func (broken) Seal([]byte, seal.Life) (string, error)      { return "", errBroken }

func TestASessionIsGoodForItsTTL(t *testing.T) {
	now := noon
	k := keep[Cart](t, func(c *session.Config) { c.TTL, c.Now = time.Hour, func() time.Time { return now } })
	b := browser{}
	do(t, b, k, func(s *session.Session[Cart]) { s.Data.Visits = 1; mustSave(t, s) })
	for _, c := range []struct {
		after  time.Duration
		visits int
	}{{time.Hour, 1}, {time.Hour + time.Minute - time.Millisecond, 1}, {time.Hour + time.Minute, 0}} {
		now = noon.Add(c.after)
		do(t, b, k, func(s *session.Session[Cart]) {
			if s.Data.Visits != c.visits {
				t.Errorf("after %s: %+v", c.after, s.Data)
			}
		})
	}
}

func TestEveryFormatCarriesASession(t *testing.T) {
	for name, format := range map[string]seal.Make{"iron": iron.New, "authjs": authjs.V5, "authjs-v4": authjs.V4} {
		t.Run(name, func(t *testing.T) {
			k, b := keep[Cart](t, func(c *session.Config) { c.Make = format }), browser{}
			for n := range 3 {
				do(t, b, k, func(s *session.Session[Cart]) {
					if s.Data.Visits != n || s.Unreadable() != "" {
						t.Errorf("visit %d: %+v, %s", n, s.Data, s.Unreadable())
					}
					s.Data.Visits++
					mustSave(t, s)
				})
			}
		})
	}
}

// visit is a handler that counts.
func visit(t *testing.T) func(http.ResponseWriter, *http.Request, *session.Session[Cart]) {
	return func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		s.Data.Visits++
		mustSave(t, s)
	}
}

func TestHandlersFurtherInShareTheSession(t *testing.T) {
	k, b := keep[Cart](t), browser{}
	inner := k.Handler(visit(t))
	outer := k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		visit(t)(w, r, s)
		inner.ServeHTTP(w, r)
		if again, err := k.Open(w, r); again != s || err != nil {
			t.Errorf("Open within Handler = %p, %v, want %p", again, err, s)
		}
		other := keep[Cart](t)
		if theirs, err := other.Open(httptest.NewRecorder(), r); theirs == s || err != nil {
			t.Error("another keeper shares the session")
		}
	})
	w := b.send(t, outer)
	if lines := w.Header()["Set-Cookie"]; len(lines) != 1 {
		t.Errorf("%d cookies set", len(lines))
	}
	do(t, b, k, func(s *session.Session[Cart]) {
		if s.Data.Visits != 2 {
			t.Errorf("%d visits, want 2", s.Data.Visits)
		}
	})
}

func TestTwoKeepersKeepTheirCookiesApart(t *testing.T) {
	k, l := keep[Cart](t), keep[Cart](t, func(c *session.Config) { c.Cookie = "s.12" })
	b := browser{}
	b.send(t, k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		http.SetCookie(w, &http.Cookie{Name: "s2", Value: "x"})
		visit(t)(w, r, s)
		l.Handler(visit(t)).ServeHTTP(w, r)
		if err := s.Destroy(); err != nil {
			t.Error(err)
		}
	}))
	if got := b.names(); got != "s.12 s2" {
		t.Errorf("browser holds %s", got)
	}
}

func TestACookieAfterTheHeaderIsAnError(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"Write":       func(w http.ResponseWriter) { io.WriteString(w, "hi") },
		"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"Copy":        func(w http.ResponseWriter) { io.Copy(w, struct{ io.Reader }{strings.NewReader("hi")}) },
		"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"Controller":  func(w http.ResponseWriter) { http.NewResponseController(w).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			k := keep[Cart](t)
			browser{}.send(t, k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
				w.WriteHeader(http.StatusEarlyHints)
				mustSave(t, s)
				begin(w)
				if err := s.Save(); err != session.ErrSent {
					t.Errorf("Save = %v", err)
				}
				if err := s.Destroy(); err != session.ErrSent {
					t.Errorf("Destroy = %v", err)
				}
			}))
		})
	}
}

// wrapper is a writer of another middleware.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestMiddlewareInBetweenHidesNothing(t *testing.T) {
	k := keep[Cart](t)
	inner := k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		io.WriteString(w, "hi")
		if err := s.Save(); err != session.ErrSent {
			t.Errorf("Save = %v", err)
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
			t.Errorf("SetReadDeadline: %v", err)
		}
	})
	server := httptest.NewServer(k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		inner.ServeHTTP(wrapper{w}, r)
	}))
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "hi" {
		t.Errorf("body %q, %v", body, err)
	}
}

// deaf is a writer that cannot flush.
type deaf struct{ http.ResponseWriter }

func TestAFlushThatDoesNothingSendsNothing(t *testing.T) {
	k := keep[Cart](t)
	h := k.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Cart]) {
		w.(http.Flusher).Flush()
		mustSave(t, s)
	})
	h.ServeHTTP(deaf{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/", nil))
}
