package credentials_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

func signIn(p signet.Provider, stores signet.Stores, fields url.Values) (*signet.Session, error) {
	auth, err := signet.New(signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, Providers: []signet.Provider{p}, Stores: stores,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", nil)
	return auth.SignIn(httptest.NewRecorder(), r, p.Info().ID, fields)
}

// A check of one's own, as the authorize function of Auth.js.
func ExampleNew() {
	check := func(ctx context.Context, form url.Values) (signet.Identity, error) {
		if form.Get("password") != "gamja" {
			return signet.Identity{}, &signet.Refused{}
		}
		return signet.Identity{Subject: "1001", Name: "Minsu", Email: form.Get("email")}, nil
	}
	stores := memory.New().Stores()
	s, err := signIn(credentials.New(check), stores, url.Values{"email": {"minsu@example.com"}, "password": {"gamja"}})
	fmt.Println(s.Name, err)
	_, err = signIn(credentials.New(check), stores, url.Values{"email": {"minsu@example.com"}, "password": {"wrong"}})
	fmt.Println(err)
	// Output:
	// Minsu <nil>
	// signet: refused (credentials)
}

// Passwords that Signet keeps.
func ExamplePasswords() {
	p := credentials.Passwords(credentials.PasswordOptions{Hasher: &password.Hasher{}})
	stores := memory.New().Stores()
	ctx := context.Background()

	hash, err := p.NewHash(ctx, "gamja-tang 0 bap", "minsu@example.com")
	if err != nil {
		log.Fatal(err)
	}
	account := signet.Account{Provider: "credentials", Subject: "minsu@example.com", Data: []byte(hash)}
	if _, err := stores.Users.CreateUser(ctx, signet.User{Name: "Minsu", Email: "minsu@example.com"}, &account); err != nil {
		log.Fatal(err)
	}
	s, err := signIn(p, stores, url.Values{"email": {"Minsu@example.com"}, "password": {"gamja-tang 0 bap"}})
	fmt.Println(s.Name, s.Methods, err)
	// Output: Minsu [pwd] <nil>
}

func ExamplePasswordProvider_NewHash() {
	_, err := credentials.Passwords().NewHash(context.Background(), "password1")
	fmt.Println(err)
	// Output: signet: refused (common)
}
