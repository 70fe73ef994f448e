package bearer

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// minSecret is the shortest secret, in bytes: RFC 7518 section 3.2 asks for as many as
// the hash has.
const minSecret = 32

// Shared are secrets that are shared with who signs, newest first: tokens of HS256, also
// HS384 and HS512 where the guard lists them. A secret is the text's bytes, as in
// jsonwebtoken; it has 32 at least, and there are four at most, as all are tried on a token
// that names none. [Guard.Check] reports what is wrong with them.
//
// Whoever holds the secret can sign. It must not be the secret of the sessions.
func Shared(secrets ...string) Keys { return newShared(minSecret, secrets) }

// SharedWeak is Shared with secrets of 16 bytes and more, such as those of tutorials. Who
// sees one token may find such a secret by trying.
func SharedWeak(secrets ...string) Keys { return newShared(seal.MinSecret, secrets) }

type shared struct {
	set *jwt.Set
	err error
}

func newShared(least int, secrets []string) *shared {
	set, err := secretKeys(seal.Secrets(secrets...), least)
	return &shared{set, err}
}

func (s *shared) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.set.Lookup(ctx, kid)
}

func (s *shared) check(*Guard) error { return s.err }

// String keeps the secrets out of logs.
func (s *shared) String() string { return "shared secrets (redacted)" }

// GoString is String.
func (s *shared) GoString() string { return s.String() }

// maxSecrets bounds the secrets that are tried on a token that names none.
const maxSecrets = 4

// secretKeys makes a set of secrets, each called by its secretID.
func secretKeys(ring seal.Ring, least int) (*jwt.Set, error) {
	if err := checkRing(ring, least); err != nil {
		return nil, err
	}
	if len(ring) > maxSecrets {
		return nil, fmt.Errorf("bearer: at most %d secrets can be shared", maxSecrets)
	}
	named := make(seal.Ring, len(ring))
	for i, k := range ring {
		id, err := secretID(k.Secret)
		if err != nil {
			return nil, err
		}
		named[i] = seal.Key{ID: id, Secret: k.Secret}
	}
	set, err := jwt.RingKeys(named)
	if err != nil {
		return nil, fmt.Errorf("bearer: %w", err)
	}
	return set, nil
}

// checkRing refuses a ring that is empty or has a secret that is too short.
func checkRing(ring seal.Ring, least int) error {
	if err := ring.Check(); err != nil {
		return fmt.Errorf("bearer: %w", err)
	}
	for _, k := range ring {
		if len(k.Secret) < least {
			return fmt.Errorf("bearer: secret %q has %d bytes, needs at least %d", k.ID, len(k.Secret), least)
		}
	}
	return nil
}

// secretID names a secret in kid. It is derived, and tells no more than the MAC beside it:
// whether a guess is right.
func secretID(secret []byte) (string, error) {
	id, err := hkdf.Key(sha256.New, secret, nil, labelSecretID, 16)
	if err != nil {
		return "", fmt.Errorf("bearer: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(id), nil
}
