package gateway_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

func exampleAuth() *signet.Auth {
	auth, err := signet.New(signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"},
		URL:     "https://app.example.com",
		Providers: []signet.Provider{credentials.New(func(_ context.Context, form url.Values) (signet.Identity, error) {
			return signet.Identity{Subject: "1001", Name: form.Get("name")}, nil
		})},
		Stores:         memory.New().Stores(),
		TrustedProxies: []string{"10.0.0.0/8"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth
}

func exampleGate() *gateway.Gate {
	gate, err := gateway.New(exampleAuth(), gateway.Config{Routes: []gateway.Route{
		{Match: "/api/:path*", Upstream: "http://127.0.0.1:8080", Require: gateway.Session, API: true, Token: &gateway.Carry{As: "bearer"}},
		{Match: "/:path*", Upstream: "http://127.0.0.1:3001", Next: true},
	}})
	if err != nil {
		log.Fatal(err)
	}
	return gate
}

// A front end and a back end behind one origin.
func ExampleNew() {
	gate, err := gateway.New(exampleAuth(), gateway.Config{Routes: []gateway.Route{
		{Match: "/api/:path*", Upstream: "http://127.0.0.1:8080", Require: gateway.Session, API: true},
		{Match: "/:path*", Upstream: "http://127.0.0.1:3001", Next: true},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer gate.Close()
	// http.ListenAndServe("127.0.0.1:3000", gate)

	w := httptest.NewRecorder()
	gate.ServeHTTP(w, httptest.NewRequest("GET", "/api/me", nil))
	fmt.Println(w.Code, w.Body)
	w = httptest.NewRecorder()
	gate.ServeHTTP(w, httptest.NewRequest("GET", "/api/auth/session", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 {"error":"unauthorized","login_url":"https://app.example.com/api/auth/signin"}
	// 200 null
}

// A mistake in a route is told with its place and its cure.
func ExampleRoute() {
	_, err := gateway.New(exampleAuth(), gateway.Config{Routes: []gateway.Route{
		{Match: "/files/:path*", Upstream: "http://127.0.0.1:8090", StripPrefix: "/files/"},
	}})
	fmt.Println(err)
	// Output: gateway: route 1 (/files/:path*): strip_prefix: not a plain prefix; write it as /files, with a slash in front and none behind
}

// Caddy asks before it carries a request itself.
func ExampleGate_Forward() {
	gate := exampleGate()
	defer gate.Close()
	decide := gate.Forward("caddy")

	ask := httptest.NewRequest("GET", "/api/auth/forward/caddy", nil)
	ask.RemoteAddr = "10.0.0.2:4711" // trusted, or the answer would be 401
	ask.Header = http.Header{
		"X-Forwarded-Method": {"GET"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"app.example.com"},
		"X-Forwarded-Uri": {"/api/me"}, "Accept": {"text/html"},
	}
	w := httptest.NewRecorder()
	decide.ServeHTTP(w, ask)
	fmt.Println(w.Code, w.Body)

	ask.Header.Set("X-Forwarded-Uri", "/posts/1")
	w = httptest.NewRecorder()
	decide.ServeHTTP(w, ask)
	fmt.Println(w.Code)
	// Output:
	// 401 {"error":"unauthorized","login_url":"https://app.example.com/api/auth/signin"}
	// 200
}

func ExampleSwap() {
	auth := exampleAuth()
	gate, err := gateway.New(auth, gateway.Config{})
	if err != nil {
		log.Fatal(err)
	}
	s := gateway.NewSwap(gate)
	defer s.Close()
	get := func() int {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/mypage", nil))
		return w.Code
	}
	fmt.Println(get())
	err = s.Change(auth, gateway.Config{Routes: []gateway.Route{{Match: "/mypage", Upstream: "http://127.0.0.1:3001", Require: gateway.Session}}})
	fmt.Println(get(), err)
	err = s.Change(auth, gateway.Config{Routes: []gateway.Route{{Match: "mypage", Upstream: "http://127.0.0.1:3001"}}})
	fmt.Println(get(), err)
	// Output:
	// 404
	// 401 <nil>
	// 401 gateway: route 1 (mypage): match: pattern "mypage" at 0: must start with a slash; write a Next.js matcher such as /api/:path*
}
