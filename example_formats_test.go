package signet_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/lucia"
	"github.com/signet-auth/signet/store/memory"
)

// An app used iron-session. Whoever is signed in there stays so: the first visit turns the
// session into one of ours.
func ExampleFormat() {
	theirs := seal.Secrets("vR7mK2pX9tB4wL6zQ1nC8yH3sD5fG0jA")
	auth := exampleAuth(func(c *signet.Config) {
		c.Session.Accept = []signet.Format{{
			Name: "iron", Make: iron.New, Cookie: "carrotsession", Keys: theirs, Undated: true,
			Shape: signet.Shape{UserID: "user.id", Name: "user.name"},
		}}
	})
	defer auth.Close()

	codec, err := iron.New(theirs, "carrotsession")
	if err != nil {
		log.Fatal(err)
	}
	value, err := codec.Seal([]byte(`{"user":{"id":7,"name":"Minsu"}}`), seal.Life{Expires: time.Now().Add(time.Hour)})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/session", nil)
	r.AddCookie(&http.Cookie{Name: "carrotsession", Value: value})
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, r)

	fmt.Println(w.Body.String()[:24])
	for _, c := range w.Result().Cookies() {
		if c.Name == "carrotsession" || c.Name == "authjs.session-token" {
			fmt.Println(c.Name, "is gone:", c.MaxAge < 0)
		}
	}
	// Output:
	// {"user":{"name":"Minsu",
	// carrotsession is gone: true
	// authjs.session-token is gone: false
}

// The payload of the first tutorial, as it finds it.
func ExampleShape() {
	tutorial := signet.Shape{UserID: "email", Email: "email", Expires: "expires"}
	fmt.Println(tutorial.UserID, tutorial.Expires)
	// Output: email expires
}

// A new secret in front: it opens at once, and seals when every process knows it.
func ExampleAuth_Rekey() {
	auth := exampleAuth()
	defer auth.Close()
	r := enter(auth, "/")
	err := auth.Rekey(signet.Config{Secrets: []string{"Zc7Lq1Wm9Tr4Yh6Nk2Vx8Bd5Gs3Jf0Pe", "jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}})
	fmt.Println(err, auth.Session(r).Name)

	err = auth.Rekey(signet.Config{Secrets: []string{"Zc7Lq1Wm9Tr4Yh6Nk2Vx8Bd5Gs3Jf0Pe"}})
	fmt.Println(err, auth.Session(r))
	// Output:
	// <nil> Minsu
	// <nil> <nil>
}

// A row of an app that used Lucia becomes a session at its owner's next visit.
func ExampleImportSession() {
	stores := memory.New().Stores()
	auth := exampleAuth(func(c *signet.Config) {
		c.Stores = stores
		c.Session.Accept = []signet.Format{{Name: lucia.Format, Find: lucia.Find, Cookie: lucia.CookieName}}
	})
	defer auth.Close()

	row := lucia.Row{ID: "abcdefghijklmnopqrstuvwxyz234567abcdefgh", UserID: "7"}
	key, err := row.Key()
	if err != nil {
		log.Fatal(err)
	}
	in := signet.Imported{UserID: "7", Expires: time.Now().Add(time.Hour)}
	if err := in.Claims.Set("email", "minsu@example.com"); err != nil {
		log.Fatal(err)
	}
	if err := signet.ImportSession(context.Background(), stores.Tickets, lucia.Format, key, in); err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.AddCookie(&http.Cookie{Name: lucia.CookieName, Value: row.ID})
	s := auth.Session(r)
	fmt.Println(s.UserID, s.Email)
	// Output: 7 minsu@example.com
}

// The log-in end point that a tutorial's front end calls.
func ExampleAuth_LogIn() {
	auth := exampleAuth()
	defer auth.Close()
	mux := http.NewServeMux()
	mux.Handle("POST /api/login", auth.LogIn("anybody", http.StatusCreated))
	mux.Handle("POST /api/logout", auth.LogOut())

	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/login", strings.NewReader(`{"name":"Minsu"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 201 {"id":"u-1001","name":"Minsu","email":"minsu@example.com"}
}

// frontDesk is a provider of one's own that sends people away, and takes back who they are.
type frontDesk struct{ url string }

func (d frontDesk) Info() signet.Info {
	return signet.Info{ID: "badge", Type: "oauth", Name: "Badge", Origins: []string{d.url}}
}

func (d frontDesk) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	q := url.Values{"state": {a.ID}, "back": {a.Callback}}
	return signet.Redirect{To: d.url + "/ask?" + q.Encode()}, nil
}

func (d frontDesk) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	if a.Fields.Get("number") == "" {
		return nil, &signet.Refused{Kind: "AccessDenied", Code: "no-badge"}
	}
	return signet.Identity{Subject: a.Fields.Get("number"), Methods: []string{"hwk"}}, nil
}

func ExampleRedirect() {
	step, err := frontDesk{"https://desk.example"}.Begin(context.Background(), &signet.Attempt{ID: "s3cr3t", Callback: "https://app.example.com/api/auth/callback/badge"})
	fmt.Println(step.(signet.Redirect).To, err)
	// Output: https://desk.example/ask?back=https%3A%2F%2Fapp.example.com%2Fapi%2Fauth%2Fcallback%2Fbadge&state=s3cr3t <nil>
}
