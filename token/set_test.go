package token_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/token"
)

var end = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

func TestMerge(t *testing.T) {
	old := token.Set{Access: "a1", Refresh: "r1", ID: "i1", Type: "Bearer", Scope: "email", Expires: end, RefreshExpires: end.Add(time.Hour)}
	for _, test := range []struct {
		name         string
		answer, want token.Set
	}{
		{"an access token alone", token.Set{Access: "a2", Expires: end.Add(1)},
			token.Set{Access: "a2", Refresh: "r1", ID: "i1", Type: "Bearer", Scope: "email", Expires: end.Add(1), RefreshExpires: old.RefreshExpires}},
		{"no end of the access token", token.Set{Access: "a2"},
			token.Set{Access: "a2", Refresh: "r1", ID: "i1", Type: "Bearer", Scope: "email", RefreshExpires: old.RefreshExpires}},
		{"a new refresh token whose end is not known", token.Set{Access: "a2", Refresh: "r2"},
			token.Set{Access: "a2", Refresh: "r2", ID: "i1", Type: "Bearer", Scope: "email"}},
		{"all of it", token.Set{Access: "a2", Refresh: "r2", ID: "i2", Type: "bearer", Scope: "x", Expires: end, RefreshExpires: end},
			token.Set{Access: "a2", Refresh: "r2", ID: "i2", Type: "bearer", Scope: "x", Expires: end, RefreshExpires: end}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := old.Merge(test.answer); got != test.want {
				t.Errorf("Merge = %#v\nwant    %#v", got, test.want)
			}
		})
	}
}

func TestS102_TokensDoNotPrint(t *testing.T) {
	s := token.Set{Access: "the-access-token", Refresh: "the-refresh-token", ID: "the-id-token"}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "s", s, "p", &s)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, s)
		fmt.Fprintf(&b, verb, struct{ S token.Set }{s})
	}
	if strings.Contains(b.String(), "the-") {
		t.Errorf("a token is printed: %s", b.String())
	}
}

func ExampleSet_Merge() {
	old := token.Set{Access: "a1", Refresh: "r1"}
	s := old.Merge(token.Set{Access: "a2"}) // the provider keeps the refresh token
	fmt.Println(s.Access, s.Refresh)
	// Output: a2 r1
}
