package credentials_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

// TestS44_DecoyFields: a field that the check ignores does not make every guess another
// account.
func TestS44_DecoyFields(t *testing.T) {
	for name, test := range map[string]struct {
		options credentials.Options
		fields  func(i int) url.Values
	}{
		"one account, plainly": {fields: func(int) url.Values { return url.Values{"username": {"victim"}} }},
		"a decoy address": {fields: func(i int) url.Values {
			return url.Values{"username": {"victim"}, "email": {fmt.Sprintf("x%d@b.example", i)}}
		}},
		"a decoy in another case": {fields: func(i int) url.Values {
			return url.Values{"username": {"victim"}, "EMAIL": {fmt.Sprintf("x%d@b.example", i)}}
		}},
		"a decoy beside the form's own field": {options: credentials.Options{Fields: []signet.Field{{Name: "badge"}, {Name: "password", Type: "password"}}},
			fields: func(i int) url.Values {
				return url.Values{"badge": {"victim"}, "login": {fmt.Sprint("x", i)}}
			}},
		"a decoy beside the configured field": {options: credentials.Options{Account: "nr"}, fields: func(i int) url.Values {
			return url.Values{"nr": {"victim"}, "email": {fmt.Sprint("x", i)}, "username": {fmt.Sprint("y", i)}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			checks := 0
			p := credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
				checks++
				return signet.Identity{}, &signet.Refused{}
			}, test.options)
			a, err := signet.New(signet.Config{
				Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, Providers: []signet.Provider{p}, Stores: signet.Stores{Tickets: memory.New()},
				Limits: signet.Limits{AccountFree: 3, AccountHard: 3}, World: signet.World{Log: slog.New(slog.DiscardHandler)},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			for i := range 20 {
				fields := test.fields(i)
				fields.Set("password", fmt.Sprint("guess-", i))
				r := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
				if _, err := a.SignIn(httptest.NewRecorder(), r, "credentials", fields); err == nil {
					t.Fatal("signed in")
				}
			}
			if checks > 3 {
				t.Errorf("%d guesses were looked at", checks)
			}
		})
	}
}
