package bearer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

const (
	// DefaultLife is how long a token lasts where nobody says. It cannot be taken back.
	DefaultLife = 10 * time.Minute

	// maxLife bounds what somebody may say: tutorials have an hour, or a day in a cookie.
	maxLife = 24 * time.Hour

	// keyDelay is how old a key has to be to sign. Who verifies needs the time to hear of
	// it: a process that was told later, or an API that fetches the key set again.
	keyDelay = time.Minute
)

// A MintConfig says what a [Mint] signs, and with which keys.
type MintConfig struct {
	// Ring is what the keys are made of, newest first: the newest signs, any verifies. It
	// holds secrets of 32 bytes at least (see AllowWeakSecret). HS256 signs with a secret's
	// bytes as they are, as jsonwebtoken does; it should be one of its own, and at most
	// four are possible. For EdDSA and ES256 a private key is derived from each, by HKDF
	// under labels of its own, so the ring of the sessions may serve. Instead of a secret
	// there may be the private key itself in PEM (PKCS#8, or as openssl used to write it);
	// for RS256 there has to be, with 2,048 bits and more.
	//
	// A key with a date signs when it is a minute old, unless there is no older one; it
	// verifies and is published at once.
	Ring seal.Ring

	// Algorithm is EdDSA (also if empty), ES256, RS256 or HS256.
	Algorithm string

	// AllowWeakSecret takes secrets of 16 bytes and more. Who sees a token, or the public
	// key that was derived, may find a weak secret by trying.
	AllowWeakSecret bool

	// Issuer is written as iss: the address of who signs. Required, unless Plain is set.
	Issuer string

	// Client is written as client_id, which RFC 9068 asks for. Empty means Issuer: the
	// mint's owner is who asked for the token.
	Client string

	// Plain writes tokens as jsonwebtoken does: typ JWT, the claims that were given, iat
	// and exp, and nothing else but what Token and Issuer name. A guard needs Plain, too.
	Plain bool

	// Life is how long a token lasts whose Token.Life is zero. The default is 10 minutes;
	// more than 24 hours is refused.
	Life time.Duration

	// Now is the clock, Rand the source of jti. Nil means time.Now and crypto/rand.
	Now  func() time.Time
	Rand io.Reader
}

// A Mint signs access tokens, and publishes the keys that verify them. It is a [Keys] for
// guards of the same program. It never changes and may be used from several goroutines; new
// keys make a new one.
type Mint struct {
	config  MintConfig
	keys    []*signingKey // newest first, never empty
	set     *jwt.Set
	jwks    []byte
	etag    string
	headers map[*signingKey]string
}

var (
	_ Keys = (*Mint)(nil)
	_ Keys = (*shared)(nil)
	_ Keys = (*remote)(nil)
)

// NewMint makes a mint. Its error names what is wrong with the configuration, and no secret.
func NewMint(c MintConfig) (*Mint, error) {
	if c.Algorithm == "" {
		c.Algorithm = "EdDSA"
	}
	if c.Life == 0 {
		c.Life = DefaultLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Client == "" {
		c.Client = c.Issuer
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	m := &Mint{config: c, headers: map[*signingKey]string{}}
	if err := m.makeKeys(); err != nil {
		return nil, err
	}
	m.config.Ring = nil // made into keys
	m.publish()
	return m, nil
}

func (c MintConfig) check() error {
	switch c.Algorithm {
	case "EdDSA", "ES256", "RS256", "HS256":
	default:
		return fmt.Errorf("bearer: a mint signs with EdDSA, ES256, RS256 or HS256, not with %q", c.Algorithm)
	}
	if c.Life < time.Second || c.Life > maxLife {
		return errors.New("bearer: a token lasts between 1 second and 24 hours")
	}
	if c.Issuer == "" && !c.Plain {
		return errors.New("bearer: a mint needs an issuer")
	}
	for _, text := range [...]string{c.Issuer, c.Client} {
		if _, err := quote(text); err != nil {
			return fmt.Errorf("bearer: issuer or client: %w", err)
		}
	}
	least := minSecret
	if c.AllowWeakSecret {
		least = seal.MinSecret
	}
	return checkRing(c.Ring, least)
}

func (m *Mint) makeKeys() error {
	var public []*jwt.Key
	for _, entry := range m.config.Ring {
		k, err := newSigningKey(m.config.Algorithm, entry)
		if err != nil {
			return err
		}
		m.keys = append(m.keys, k)
		m.headers[k] = m.header(k)
		public = append(public, k.public)
	}
	var err error
	if m.config.Algorithm == "HS256" {
		m.set, err = secretKeys(m.config.Ring, seal.MinSecret)
	} else {
		m.set, err = jwt.NewSet(public...)
	}
	if err != nil {
		return fmt.Errorf("bearer: %w", err)
	}
	return nil
}

// header is the protected header, in base64url with the dot behind it.
func (m *Mint) header(k *signingKey) string {
	text := `{"alg":"` + m.config.Algorithm + `"`
	switch {
	case m.config.Plain && k.public == nil:
		text += `,"typ":"JWT"` // jsonwebtoken writes no kid
	case m.config.Plain:
		text += `,"typ":"JWT","kid":"` + k.id + `"`
	default:
		text += `,"typ":"at+jwt","kid":"` + k.id + `"`
	}
	return b64.EncodeToString([]byte(text+"}")) + "."
}

// signer is the key that signs at a time: the newest that is not too young. A date that is
// still to come by more than the delay is no reason to wait: the clock was wrong.
func (m *Mint) signer(now time.Time) *signingKey {
	for _, k := range m.keys {
		young := now.Before(k.made.Add(keyDelay)) && !k.made.After(now.Add(keyDelay))
		if k.made.IsZero() || !young {
			return k
		}
	}
	return m.keys[0]
}

// Lookup implements [Keys].
func (m *Mint) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	return m.set.Lookup(ctx, kid)
}

// String names the mint by its issuer and algorithm.
func (m *Mint) String() string { return "mint of " + m.config.Issuer + " " + m.config.Algorithm }

// GoString is String: %#v must not spell out keys either.
func (m *Mint) GoString() string { return m.String() }
