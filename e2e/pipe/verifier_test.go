package pipe_test

import (
	"context"
	"errors"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A verifier is a [jwt.Verifier] that answers as a codec does. It seals nothing.
type verifier struct{ jwt.Verifier }

// newVerifier reads tokens that the owner of a public key signed with one algorithm.
func newVerifier(pem, algorithm string) (seal.Codec, error) {
	key, err := jwt.ParsePEM("", []byte(pem), algorithm)
	if err != nil {
		return nil, err
	}
	keys, err := jwt.NewSet(key)
	if err != nil {
		return nil, err
	}
	// jose judges neither iat nor aud unless it is asked to; here aud is never there.
	return verifier{jwt.Verifier{Keys: keys, Algorithms: []string{algorithm}, FutureIssued: true}}, nil
}

func (verifier) Format() string { return "verifier" }

func (verifier) Seal([]byte, seal.Life) (string, error) {
	return "", errors.New("a verifier does not sign")
}

func (v verifier) Open(value string, now time.Time) (seal.Opened, error) {
	verified, err := v.Verify(context.Background(), value, now)
	return seal.Opened{Claims: verified.Claims, Life: verified.Life, Key: verified.Key}, err
}
