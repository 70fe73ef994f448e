// Package bearer is about access tokens for APIs: a [Mint] signs them, a [Guard] lets in
// who shows one.
//
// Tokens are signed JWTs in the profile of RFC 9068 (typ at+jwt), or plain ones as
// jsonwebtoken makes them. A guard finds the token in a request, judges it by [Keys] and a
// policy, and gives its [Claims] to the handler behind it. An API that only verifies needs
// this package and what it stands on (seal, seal/jwt), and no other part of Signet.
//
// There is no session here, no store and no user. A token is good until its end, whatever
// becomes of who it was made for, so it should be short-lived: 10 minutes unless told
// otherwise. Who may have one, and for what, is decided by whoever calls [Mint.Sign].
package bearer

import (
	"context"
	"slices"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// Keys find the public keys or secrets that check a token's signature. [Remote], [Shared]
// and a [Mint] are some, a [jwt.Set] is another.
type Keys = jwt.KeySet

// Claims is what a token says that a [Guard] has let in.
type Claims struct {
	// Subject is who the token was made for, as text, from the member that
	// [Guard.Subject] names. It is empty only behind a guard with Plain that names none.
	Subject string

	// Issuer and ID are iss and jti; empty where there is none.
	Issuer, ID string

	// Scopes are what the token may be used for: the words of scope (RFC 9068 section
	// 2.2.3), or of scp where there is no scope.
	Scopes []string

	// Life is what iat and exp say; Issued is zero where there is no iat.
	seal.Life

	// JSON is the payload exactly as it was signed: one object in which no name comes
	// twice, to be read with [seal.Members] or encoding/json. It is the caller's own.
	JSON []byte

	// Key is the ID of the key that signed.
	Key string
}

// Text gives a member that is a text, and "" for one of any other type or none.
func (c Claims) Text(name string) string {
	var value [1][]byte
	if seal.Pick(c.JSON, []string{name}, value[:]) != nil {
		return "" // zero Claims
	}
	text, _ := seal.String(value[0])
	return text
}

// Has tells whether all these scopes were granted.
func (c Claims) Has(scopes ...string) bool {
	for _, s := range scopes {
		if !slices.Contains(c.Scopes, s) {
			return false
		}
	}
	return true
}

type contextKey struct{}

// From gives the claims that a guard has found in front of this handler.
func From(ctx context.Context) (Claims, bool) {
	c, ok := ctx.Value(contextKey{}).(*Claims)
	if !ok {
		return Claims{}, false
	}
	return *c, true
}
