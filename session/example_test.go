package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/session"
)

// Market is what the session of the examples holds.
type Market struct {
	User *Buyer `json:"user,omitempty"`
}

type Buyer struct {
	ID    int  `json:"id"`
	Admin bool `json:"admin"`
}

func newMarkets() *session.Keeper[Market] {
	k, err := session.New[Market](session.Config{
		Make:   iron.New,
		Keys:   seal.Secrets("a random password of 32 bytes and more"),
		Cookie: "carrotsession",
	})
	if err != nil {
		panic(err)
	}
	return k
}

// A sign-in, a page and a sign-out: what req.session, save and destroy are in iron-session.
func Example() {
	carts := newMarkets()
	mux := http.NewServeMux()
	mux.Handle("POST /login", carts.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		s.Reset() // nothing of the visitor before
		s.Data.User = &Buyer{ID: 1, Admin: true}
		if err := s.Save(); err != nil {
			http.Error(w, "cannot sign in", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "ok")
	}))
	mux.Handle("GET /me", carts.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		if s.Data.User == nil {
			http.Error(w, "nobody", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "user %d", s.Data.User.ID)
	}))
	mux.Handle("POST /logout", carts.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		if err := s.Destroy(); err != nil {
			http.Error(w, "cannot sign out", http.StatusInternalServerError)
		}
	}))

	b := client{mux, map[string]string{}}
	fmt.Println(b.ask("GET", "/me"))
	fmt.Println(b.ask("POST", "/login"))
	fmt.Println(b.ask("GET", "/me"))
	fmt.Println(b.ask("POST", "/logout"))
	fmt.Println(b.ask("GET", "/me"))
	// Output:
	// 401 nobody
	// 200 ok
	// 200 user 1
	// 200
	// 401 nobody
}

// Open is for handlers that are not wrapped.
func ExampleKeeper_Open() {
	carts := newMarkets()
	visit := func(w http.ResponseWriter, r *http.Request) {
		s, err := carts.Open(w, r)
		if err != nil { // more cookies than any browser sends
			http.Error(w, "too many cookies", http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		fmt.Printf("%t %q\n", s.Data.User == nil, s.Unreadable())
	}
	r := httptest.NewRequest("GET", "/", nil)
	visit(httptest.NewRecorder(), r)
	r.Header.Set("Cookie", "carrotsession=forged")
	visit(httptest.NewRecorder(), r)
	// Output:
	// true ""
	// true "malformed"
}

// A handler that calls another route hands on its session with the context, also when
// what it saved is not in the browser yet.
func ExampleKeeper_Handler() {
	carts := newMarkets()
	greet := carts.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		fmt.Fprintf(w, "hello, user %d", s.Data.User.ID)
	})
	login := carts.Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		s.Data.User = &Buyer{ID: 7}
		if err := s.Save(); err != nil {
			return
		}
		inner, _ := http.NewRequestWithContext(r.Context(), "GET", "/greet", nil)
		greet.ServeHTTP(w, inner)
	})
	b := client{login, map[string]string{}}
	fmt.Println(b.ask("POST", "/login"))
	// Output: 200 hello, user 7
}

// The Node side has put more into the session than Go knows of; it is still there after.
func ExampleSession_Save() {
	codec, _ := iron.New(seal.Secrets("a random password of 32 bytes and more"), "carrotsession")
	value, _ := codec.Seal([]byte(`{"theme":"dark","user":{"id":1,"nick":"\ub2f9\uadfc","admin":false},"big":1e21}`),
		seal.Life{Expires: time.Now().Add(time.Hour)})

	b := client{newMarkets().Handler(func(w http.ResponseWriter, r *http.Request, s *session.Session[Market]) {
		s.Data.User.Admin = true
		if err := s.Save(); err != nil {
			fmt.Println(err)
		}
	}), map[string]string{"carrotsession": value}}
	b.ask("POST", "/promote")

	opened, _ := codec.Open(b.cookies["carrotsession"], time.Now())
	fmt.Println(string(opened.Claims))
	// Output: {"theme":"dark","user":{"id":1,"nick":"\ub2f9\uadfc","admin":true},"big":1e21}
}

func ExampleValueError() {
	type order struct {
		ID int64 `json:"id"` // `json:"id,string"` would keep it
	}
	k, _ := session.New[struct {
		Orders []order `json:"orders"`
	}](session.Config{Make: iron.New, Keys: seal.Secrets("a random password of 32 bytes and more"), Cookie: "s"})
	s, _ := k.Open(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	s.Data.Orders = []order{{ID: 1}, {ID: 9007199254740993}}
	fmt.Println(s.Save())
	// Output: session: orders[1].id: 9007199254740993 is more than a JavaScript number holds exactly
}

func ExampleTooLargeError() {
	k, _ := session.New[map[string]string](session.Config{
		Make: iron.New, Keys: seal.Secrets("a random password of 32 bytes and more"), Cookie: "s",
	})
	s, _ := k.Open(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	s.Data = map[string]string{"token": strings.Repeat("x", 3000)}
	err := s.Save()
	fmt.Println(err)
	large, ok := errors.AsType[*session.TooLargeError](err)
	fmt.Println(ok, large.Limit)
	// Output:
	// session: 4254 octets are too large for the cookie, which holds 4037
	// true 4037
}

// A client keeps cookies, as a browser does.
type client struct {
	http.Handler
	cookies map[string]string
}

func (c client) ask(method, path string) string {
	r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	c.ServeHTTP(w, r)
	for _, set := range w.Result().Cookies() {
		c.cookies[set.Name] = set.Value
		if set.MaxAge < 0 {
			delete(c.cookies, set.Name)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", w.Code, w.Body))
}
