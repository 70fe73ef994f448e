package signet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

// A whole program: the page /posts/ is for people who signed in, and next-auth/react finds
// everything it asks for below /api/auth.
func Example() {
	auth, err := signet.New(signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"},
		Providers: []signet.Provider{credentials.New(func(ctx context.Context, form url.Values) (signet.Identity, error) {
			if form.Get("email") != "minsu@example.com" || form.Get("password") != "gamja" {
				return signet.Identity{}, &signet.Refused{}
			}
			return signet.Identity{Subject: "1001", Name: "Minsu"}, nil
		})},
		Stores: memory.New().Stores(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth.Handler())
	mux.Handle("/posts/", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, _ := signet.SessionFrom(r.Context())
		fmt.Fprintf(w, "Hello %s", s.Name)
	})))
	// http.ListenAndServe("127.0.0.1:3000", mux)

	fmt.Println(get(mux, "/api/auth/session"))
	fmt.Println(get(mux, "/posts/"))
	// Output:
	// 200 null
	// 401 {"error":"unauthorized"}
}

// get sends a request as a script would, and returns status and body.
func get(h http.Handler, path string) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
	return fmt.Sprint(w.Code, " ", w.Body)
}

// exampleAuth is an Auth in which anybody can sign in with a name.
func exampleAuth(change ...func(*signet.Config)) *signet.Auth {
	c := signet.Config{
		Secrets:   []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"},
		Providers: []signet.Provider{anybody},
		Stores:    memory.New().Stores(),
	}
	for _, f := range change {
		f(&c)
	}
	auth, err := signet.New(c)
	if err != nil {
		log.Fatal(err)
	}
	return auth
}

// enter signs Minsu in and returns a request of his browser.
func enter(auth *signet.Auth, path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	w := httptest.NewRecorder()
	if _, err := auth.SignIn(w, r, "anybody", url.Values{"name": {"Minsu"}}); err != nil {
		log.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	return r
}

func ExampleNew() {
	_, err := signet.New(signet.Config{Secrets: []string{"my-secret-key-in-a-tutorial-0123456789"}})
	fmt.Println(err)
	// Output: signet: Secrets[0]: known from a tutorial or a sample; make one with `signet keys new`, or `openssl rand -base64 33`
}

func ExampleAuth_Handler() {
	auth := exampleAuth()
	defer auth.Close()
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, enter(auth, "/api/auth/session"))
	fmt.Println(w.Body.String()[:66])
	// Output: {"user":{"name":"Minsu","email":"minsu@example.com","image":null},
}

func ExampleAuth_Middleware() {
	auth := exampleAuth(func(c *signet.Config) { c.Protect = []string{"/userposts/:path*"} })
	defer auth.Close()
	site := auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "welcome")
	}))
	fmt.Println(get(site, "/about"))
	fmt.Println(get(site, "/userposts/1"))

	w := httptest.NewRecorder()
	browser := httptest.NewRequest(http.MethodGet, "http://localhost/userposts/1", nil)
	browser.Header.Set("Accept", "text/html")
	site.ServeHTTP(w, browser)
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output:
	// 200 welcome
	// 401 {"error":"unauthorized"}
	// 302 http://localhost/api/auth/signin?callbackUrl=http%3A%2F%2Flocalhost%2Fuserposts%2F1
}

func ExampleAuth_Require() {
	auth := exampleAuth()
	defer auth.Close()
	posts := auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, _ := signet.SessionFrom(r.Context())
		fmt.Fprintf(w, "posts of %s", s.UserID)
	}))
	w := httptest.NewRecorder()
	posts.ServeHTTP(w, enter(auth, "/posts"))
	fmt.Println(w.Code, w.Body)
	// Output: 200 posts of u-1001
}

func ExampleAuth_RequireGroup() {
	auth := exampleAuth()
	defer auth.Close()
	w := httptest.NewRecorder()
	auth.RequireGroup("admin")(http.NotFoundHandler()).ServeHTTP(w, enter(auth, "/admin"))
	fmt.Println(w.Code, w.Body)
	// Output: 403 {"error":"forbidden"}
}

// Custom session fields: a typed name, set where the session is made, and shown to the
// browser because Expose says so.
func ExampleClaim() {
	const Role = signet.Claim[string]("role")
	auth := exampleAuth(func(c *signet.Config) {
		c.Callbacks.Claims = func(ctx context.Context, s *signet.Session, change signet.Change) error {
			if change.Trigger == "signIn" {
				return Role.Set(s, "admin")
			}
			return nil
		}
		c.Session.Expose = map[string]string{"user.role": "role"}
	})
	defer auth.Close()
	r := enter(auth, "/api/auth/session")
	role, ok := Role.Get(auth.Session(r))
	fmt.Println(role, ok)

	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, r)
	fmt.Println(strings.Contains(w.Body.String(), `"role":"admin"`))
	// Output:
	// admin true
	// true
}

func ExampleView() {
	auth := exampleAuth(func(c *signet.Config) {
		c.Callbacks.Session = func(ctx context.Context, s *signet.Session, v *signet.View) error {
			return errors.Join(v.User.Set("id", s.UserID), v.Claims.Set("theme", "dark"))
		}
	})
	defer auth.Close()
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, enter(auth, "/api/auth/session"))
	var v struct {
		User  struct{ ID string }
		Theme string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.User.ID, v.Theme)
	// Output: u-1001 dark
}

func ExampleRefused() {
	auth := exampleAuth(func(c *signet.Config) {
		c.Callbacks.SignIn = func(ctx context.Context, in *signet.SignIn) error {
			return &signet.Refused{Kind: "AccessDenied", Code: "closed"}
		}
	})
	defer auth.Close()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	_, err := auth.SignIn(httptest.NewRecorder(), r, "anybody", url.Values{"name": {"Minsu"}})
	var no *signet.Refused
	fmt.Println(errors.As(err, &no), no.Code)
	// Output: true closed
}

func ExampleGoTo() {
	auth := exampleAuth(func(c *signet.Config) {
		c.Callbacks.SignIn = func(ctx context.Context, in *signet.SignIn) error {
			return signet.GoTo("/terms")
		}
	})
	defer auth.Close()
	_, err := auth.SignIn(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://localhost/", nil), "anybody", url.Values{})
	fmt.Println(err)
	// Output: signet: go to /terms
}

func ExampleAuth_Update() {
	const Theme = signet.Claim[string]("theme")
	auth := exampleAuth()
	defer auth.Close()
	w := httptest.NewRecorder()
	err := auth.Update(w, enter(auth, "/"), func(s *signet.Session) error { return Theme.Set(s, "dark") })
	fmt.Println(err, len(w.Result().Cookies()))
	// Output: <nil> 1
}

func ExampleAuth_SignOut() {
	auth := exampleAuth()
	defer auth.Close()
	r := enter(auth, "/")
	fmt.Println(auth.Session(r) != nil)
	err := auth.SignOut(httptest.NewRecorder(), r)
	fmt.Println(err, auth.Session(r) != nil) // the same cookie opens nothing now
	// Output:
	// true
	// <nil> false
}

func ExampleAuth_Sessions() {
	auth := exampleAuth()
	defer auth.Close()
	here, there := enter(auth, "/"), enter(auth, "/")
	s := auth.Session(here)
	list, _ := auth.Sessions(context.Background(), s.UserID, s.ID)
	fmt.Println(len(list))

	err := auth.EndSessions(context.Background(), s.UserID, s.ID)
	fmt.Println(err, auth.Session(here) != nil, auth.Session(there) != nil)
	// Output:
	// 2
	// <nil> true false
}

// Visit is for programs that decide themselves what an answer carries.
func ExampleAuth_Visit() {
	auth := exampleAuth()
	defer auth.Close()
	v, err := auth.Visit(enter(auth, "/"))
	if err != nil {
		log.Fatal(err)
	}
	h := http.Header{}
	v.Commit(context.Background(), h)
	fmt.Println(v.Session.Name, h["Vary"])
	// Output: Minsu [Cookie]
}

func ExampleAuth_Stats() {
	auth := exampleAuth()
	defer auth.Close()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: "not-ours"})
	auth.Session(r)
	fmt.Println(auth.Stats().BadCookies)
	// Output: map[malformed:1]
}

func ExampleParseClaims() {
	c, err := signet.ParseClaims([]byte(`{"sub":"7","big":9007199254740993}`))
	fmt.Println(err, c.Text("sub"), string(c.Raw("big")))
	_, err = signet.ParseClaims([]byte(`{"sub":"7","SUB":"8"}`))
	fmt.Println(err != nil)
	// Output:
	// <nil> 7 9007199254740993
	// true
}

func ExampleParseEmail() {
	fmt.Println(signet.ParseEmail(" Minsu.Kim@Example.COM "))
	fmt.Println(signet.ParseEmail("minsu@example.com, boss@example.com"))
	// Output:
	// Minsu.Kim@example.com <nil>
	//  signet: not an e-mail address
}

func ExampleFoldEmail() {
	fmt.Println(signet.FoldEmail("Minsu.Kim@example.com"))
	// Output: minsu.kim@example.com
}

func ExampleCheckSecret() {
	fmt.Println(signet.CheckSecret("changeme-changeme-changeme-changeme"))
	fmt.Println(signet.CheckSecret("jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"))
	// Output:
	// known from a tutorial or a sample
	// <nil>
}

func ExampleParseSessionID() {
	id := signet.SessionID(1 << 40)
	again, ok := signet.ParseSessionID(id.String())
	fmt.Println(id, again == id, ok)
	// Output: AAABAAAAAAA true true
}

// badge is a provider of one's own.
type badge struct{ owners map[string]string }

func (badge) Info() signet.Info {
	return signet.Info{ID: "badge", Type: "credentials", Name: "Badge", Fields: []signet.Field{{Name: "number", Label: "Badge number"}}}
}

func (b badge) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Form{Fields: b.Info().Fields}, nil
}

func (b badge) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	number := a.Fields.Get("number")
	if err := a.Guard(ctx, number); err != nil { // guessing costs
		return nil, err
	}
	owner, ok := b.owners[number]
	if !ok {
		return nil, &signet.Refused{Code: "badge"}
	}
	return signet.Identity{Subject: owner, Name: owner}, nil
}

func ExampleProvider() {
	auth := exampleAuth(func(c *signet.Config) { c.Providers = []signet.Provider{badge{map[string]string{"42": "minsu"}}} })
	defer auth.Close()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	s, err := auth.SignIn(httptest.NewRecorder(), r, "badge", url.Values{"number": {"42"}})
	fmt.Println(s.Name, s.Provider, err)
	// Output: minsu badge <nil>
}

// Draw replaces our pages by the application's own.
func ExamplePages() {
	auth := exampleAuth(func(c *signet.Config) {
		c.Pages.Draw = func(w io.Writer, f pages.Frame, p pages.Page) error {
			_, err := fmt.Fprintf(w, "<!doctype html><title>%T</title>", p)
			return err
		}
	})
	defer auth.Close()
	fmt.Println(get(auth.Handler(), "/api/auth/signin"))
	// Output: 200 <!doctype html><title>pages.SignIn</title>
}

func ExampleEvents() {
	auth := exampleAuth(func(c *signet.Config) {
		c.Events.SignIn = func(ctx context.Context, s *signet.Session, in *signet.SignIn) {
			fmt.Println(s.Name, "came in through", in.Provider.ID)
		}
		c.Events.SignOut = func(ctx context.Context, s *signet.Session) { fmt.Println(s.Name, "left") }
	})
	defer auth.Close()
	if err := auth.SignOut(httptest.NewRecorder(), enter(auth, "/")); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Minsu came in through anybody
	// Minsu left
}
