package backend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

// api is somebody's back end.
func api() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email, Password string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.Password != "gamja" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"statusCode":401,"message":"Wrong e-mail or password"}`)
			return
		}
		fmt.Fprint(w, `{"id":7,"name":"Minsu","role":"editor","accessToken":"a1","refreshToken":"r1"}`)
	})
	mux.HandleFunc("POST /api/refresh", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"accessToken":"a2"}`)
	})
	mux.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":7,"name":"Minsu"}`)
	})
	return httptest.NewServer(mux)
}

// A log-in end point that is there already.
func ExampleNew() {
	s := api()
	defer s.Close()
	p := backend.New(backend.Config{
		URL: s.URL + "/api/login", RefreshURL: s.URL + "/api/refresh",
		Claims: map[string]string{"role": "role"},
	})
	auth, err := signet.New(signet.Config{
		Secrets:   []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"},
		Providers: []signet.Provider{p},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	for _, typed := range []string{"gamja", "wrong"} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
		session, err := auth.SignIn(httptest.NewRecorder(), r, "backend", url.Values{"email": {"minsu@example.com"}, "password": {typed}})
		if no, ok := err.(*signet.Refused); ok {
			fmt.Println("no:", no.Said)
			continue
		}
		fmt.Println(session.UserID, session.Name, session.Claims.Text("role"))
	}
	// Output:
	// 7 Minsu editor
	// no: Wrong e-mail or password
}

// signIn("credentials", {accessToken}) of next-auth/react, with an end point that tells whose
// a token is.
func ExampleExchange() {
	s := api()
	defer s.Close()
	p := backend.New(backend.Config{ID: "credentials", URL: s.URL + "/api/me", Exchange: &backend.Exchange{
		Method: http.MethodGet, With: backend.Carry{In: backend.Bearer},
	}})
	step, err := p.Finish(context.Background(), &signet.Attempt{Fields: url.Values{"accessToken": {"a1"}}})
	if err != nil {
		log.Fatal(err)
	}
	id := step.(signet.Identity)
	fmt.Println(id.Subject, id.Name, id.Tokens.Access)
	// Output: 7 Minsu a1
}

func ExampleProvider_Refresh() {
	s := api()
	defer s.Close()
	p := backend.New(backend.Config{URL: s.URL + "/api/login", RefreshURL: s.URL + "/api/refresh"})
	t, err := p.Refresh(context.Background(), signet.World{}, signet.Tokens{Access: "a1", Refresh: "r1"})
	fmt.Println(t.Access, t.Refresh, err)
	// Output: a2 r1 <nil>
}
