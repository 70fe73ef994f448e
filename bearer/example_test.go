package bearer_test

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

var at = func() time.Time { return time.Unix(1750000000, 0) }

// A program that signs: it publishes its public keys, and there is nothing to store.
func ExampleMint() {
	mint, err := bearer.NewMint(bearer.MintConfig{
		Ring:   seal.Secrets("the newest secret, 32 bytes or more", "the one before it, still verifies"),
		Issuer: "https://app.example",
		Now:    at,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/jwks.json", mint.JWKS())

	token, expires, err := mint.Sign(bearer.Token{
		Subject:  "7",
		Audience: []string{"posts"},
		Scopes:   []string{"posts:read"},
		Claims:   []byte(`{"email":"minsu@example.com"}`),
	})
	fmt.Println(len(token) > 0, expires.UTC(), err)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	var set struct {
		Keys []struct{ Kty, Crv, Alg, Use string }
	}
	fmt.Println(json.Unmarshal(w.Body.Bytes(), &set), set.Keys)
	// Output:
	// true 2025-06-15 15:16:40 +0000 UTC <nil>
	// <nil> [{OKP Ed25519 EdDSA sig} {OKP Ed25519 EdDSA sig}]
}

// An API in the program that signs.
func ExampleGuard_Require() {
	mint, err := bearer.NewMint(bearer.MintConfig{
		Ring: seal.Secrets("a secret of at least 32 bytes, or longer"), Issuer: "https://app.example", Now: at,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard := &bearer.Guard{Keys: mint, Issuer: "https://app.example", Audience: "posts", Now: at}
	api := guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := bearer.From(r.Context())
		fmt.Fprintf(w, "posts of %s (%s)", claims.Subject, claims.Text("name"))
	}))

	token, _, err := mint.Sign(bearer.Token{Subject: "7", Audience: []string{"posts"}, Claims: []byte(`{"name":"Minsu"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/posts", nil)
	for range 2 {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
		r.Header.Set("Authorization", "Bearer "+token)
	}
	// Output:
	// 401 Bearer {"error":"unauthorized","error_description":"an access token is required"}
	// 200  posts of 7 (Minsu)
}

// The API of a tutorial whose tokens are signed by jsonwebtoken, with the id of a row, and
// shown without "Bearer ".
func ExampleGuard_Owner() {
	guard := &bearer.Guard{
		Keys: bearer.SharedWeak("dkasdhfjahsdfjhskdfhaksdhfakjs"), Plain: true, Subject: "id",
		AllowBare: true, Refuse: bearer.NoAuthorization, Now: at,
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/user/{id}", guard.Owner("id")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "posts of %s", r.PathValue("id"))
	})))

	const token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
		"eyJpZCI6MiwibmFtZSI6Iu2Zjeq4uOuPmSIsImVtYWlsIjoiaG9uZ0BleGFtcGxlLmNvbSIsImlhdCI6MTc1MDAwMDAwMCwiZXhwIjoxNzUwMDAzNjAwfQ." +
		"3xdeuLhwOVQRwYyfM4lLlMIcKlnow2hem0cFPt-htiI"
	for _, path := range []string{"/api/user/2", "/api/user/3"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 posts of 2
	// 401 {"error":"No Authorization"}
}

// An API that only verifies: it knows the issuer by its address.
func ExampleRemote() {
	mint, err := bearer.NewMint(bearer.MintConfig{
		Ring: seal.Secrets("a secret of at least 32 bytes, or longer"), Issuer: "https://app.example", Now: at,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	far := httptest.NewServer(mint.JWKS())
	defer far.Close()

	guard := &bearer.Guard{
		Keys: bearer.Remote(far.URL+"/.well-known/jwks.json", nil), Issuer: "https://app.example", Audience: "posts",
		Cache: 1000, Now: at,
	}
	if err := guard.Check(); err != nil {
		fmt.Println(err)
		return
	}
	token, _, err := mint.Sign(bearer.Token{Subject: "7", Audience: []string{"posts"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/posts", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	claims, err := guard.Authenticate(r)
	fmt.Println(claims.Subject, err)
	// Output: 7 <nil>
}

// Another program asks whether a token is good (RFC 7662).
func ExampleGuard_Introspection() {
	mint, err := bearer.NewMint(bearer.MintConfig{
		Ring: seal.Secrets("a secret of at least 32 bytes, or longer"), Issuer: "https://app.example", Now: at,
		Rand: strings.NewReader("sixteen bytes or more"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard := &bearer.Guard{Keys: mint, Issuer: "https://app.example", Audience: "posts", Now: at}
	h := guard.Introspection(func(r *http.Request) bool {
		_, password, _ := r.BasicAuth()
		return subtle.ConstantTimeCompare([]byte(password), []byte("password of the mail program")) == 1
	})
	token, _, err := mint.Sign(bearer.Token{Subject: "7", Audience: []string{"posts"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range []string{token, "another"} {
		r := httptest.NewRequest("POST", "/introspect", strings.NewReader(url.Values{"token": {t}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("mail", "password of the mail program")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Body)
	}
	// Output:
	// {"active":true,"token_type":"Bearer","iss":"https://app.example","sub":"7","aud":"posts","client_id":"https://app.example","iat":1750000000,"exp":1750000600,"jti":"c2l4dGVlbiBieXRlcyBvcg"}
	// {"active":false}
}
