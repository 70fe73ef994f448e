// Package token keeps the tokens that a provider gave for one person usable: the access token
// that a back end takes, the refresh token behind it, and when each ends. A [Keeper] asks for
// new ones once per expiry, however many goroutines and processes want them at that moment. A
// [Transport] attaches them to requests.
//
// It does not own where they are kept (a [Place] does, and seals them there) or who may see
// them, and knows nothing of providers, sessions or of what cookies a browser has.
package token

import (
	"fmt"
	"log/slog"
	"time"
)

// A Set is what a provider's token end point gave for one person. It prints without its
// tokens, whatever the verb and whichever logger.
type Set struct {
	Access  string `json:"access_token,omitempty"`
	Refresh string `json:"refresh_token,omitempty"`
	ID      string `json:"id_token,omitempty"`
	Type    string `json:"token_type,omitempty"` // as sent, "Bearer" mostly
	Scope   string `json:"scope,omitempty"`      // separated by blanks

	// Expires is the end of the access token, RefreshExpires that of the refresh token;
	// zero where nobody said.
	Expires        time.Time `json:"expires,omitzero"`
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
}

// Merge is a refresh answer laid over what there was: what the answer leaves out stays
// (RFC 6749 section 6 for the refresh token; the others as providers do it).
func (s Set) Merge(answer Set) Set {
	out := answer
	for _, m := range []struct{ to, from *string }{
		{&out.Refresh, &s.Refresh}, {&out.ID, &s.ID}, {&out.Type, &s.Type}, {&out.Scope, &s.Scope},
	} {
		if *m.to == "" {
			*m.to = *m.from
		}
	}
	if answer.Refresh == "" && answer.RefreshExpires.IsZero() {
		out.RefreshExpires = s.RefreshExpires
	}
	return out
}

// IsZero tells whether there is no token in s.
func (s Set) IsZero() bool { return s.Access == "" && s.Refresh == "" && s.ID == "" }

// String tells what there is, and none of it.
func (s Set) String() string {
	return fmt.Sprintf("tokens (access %t, refresh %t, id %t, until %s)", s.Access != "", s.Refresh != "", s.ID != "", s.Expires.UTC().Format(time.RFC3339))
}

// GoString is String.
func (s Set) GoString() string { return s.String() }

// Format writes String for every verb.
func (s Set) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue is String for log/slog.
func (s Set) LogValue() slog.Value { return slog.StringValue(s.String()) }
