package signet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/signet-auth/signet"
)

// Badge asks for a badge, and then for its PIN.
type Badge struct{ PINs map[string]string }

func (Badge) Info() signet.Info {
	return signet.Info{ID: "badge", Type: "credentials", Name: "Badge", Accounts: true, Fields: []signet.Field{{Name: "badge"}}}
}

func (b Badge) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Form{Fields: b.Info().Fields}, nil
}

func (b Badge) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	if a.Keep == nil {
		badge := a.Fields.Get("badge")
		if err := a.Guard(ctx, "badge:"+badge); err != nil { // wrong PINs count by badge, in whatever attempt
			return nil, err
		}
		return signet.Form{Fields: []signet.Field{{Name: "pin", Label: "PIN", Type: "password"}}, Keep: []byte(badge)}, nil
	}
	if pin, ok := b.PINs[string(a.Keep)]; !ok || a.Fields.Get("pin") != pin {
		return nil, &signet.Refused{Code: "pin"} // and is asked once more
	}
	return signet.Identity{Subject: string(a.Keep), Methods: []string{"pin"}}, nil
}

// A provider of your own that asks twice. On a site with pages the second form is one of
// ours, and the handler does the rest; here the answers come from a program.
func ExampleForm() {
	auth, err := signet.New(signet.Config{
		Secrets:   []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"},
		Providers: []signet.Provider{Badge{PINs: map[string]string{"b-7": "2468"}}},
		World:     signet.World{Log: slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()

	cookies := ""
	signIn := func(fields url.Values) error {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost/enter", nil)
		r.Header.Set("Cookie", cookies)
		session, err := auth.SignIn(w, r, "badge", fields)
		if err == nil {
			fmt.Println("signed in as", session.UserID)
		}
		for _, c := range w.Result().Cookies() {
			cookies = c.Name + "=" + c.Value
		}
		return err
	}
	var asked *signet.Asked
	if errors.As(signIn(url.Values{"badge": {"b-7"}}), &asked) {
		fmt.Println("asked for", asked.Fields[0].Label)
	}
	if errors.As(signIn(url.Values{"attempt": {asked.Attempt}, "pin": {"1111"}}), &asked) {
		fmt.Println("once more:", asked.Code)
	}
	if err := signIn(url.Values{"attempt": {asked.Attempt}, "pin": {"2468"}}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// asked for PIN
	// once more: pin
	// signed in as badge:b-7
}
