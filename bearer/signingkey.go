package bearer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// Labels of the keys derived from a secret. One key, one purpose; the rest of Signet uses
// others.
const (
	labelEdDSA    = "signet access token EdDSA 1"
	labelES256    = "signet access token ES256 1"
	labelSecretID = "signet access token key id 1"
)

var b64 = base64.RawURLEncoding

// A signingKey is one key of a mint.
type signingKey struct {
	made time.Time
	id   string
	sign func(input []byte) ([]byte, error)

	// public checks what this key signs, jwk is the same as one JSON object; both are nil
	// for a secret.
	public *jwt.Key
	jwk    []byte
}

// newSigningKey makes the key of one entry of a ring.
func newSigningKey(algorithm string, k seal.Key) (*signingKey, error) {
	var made *signingKey
	var err error
	if algorithm == "HS256" {
		made, err = secretKey(k.Secret)
	} else {
		var private crypto.Signer
		if private, err = privateKey(algorithm, k.Secret); err == nil {
			made, err = asymmetric(algorithm, private)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bearer: key %q: %w", k.ID, err)
	}
	made.made = k.Made
	return made, nil
}

func secretKey(secret []byte) (*signingKey, error) {
	id, err := secretID(secret)
	if err != nil {
		return nil, err
	}
	secret = bytes.Clone(secret)
	return &signingKey{id: id, sign: func(input []byte) ([]byte, error) {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil), nil
	}}, nil
}

// privateKey reads a private key in PEM, or derives one from a secret. The same secret
// gives the same key in every process, so there is nothing to store.
func privateKey(algorithm string, secret []byte) (crypto.Signer, error) {
	if isPEM(secret) {
		return parsePrivate(secret)
	}
	switch algorithm {
	case "EdDSA":
		seed, err := hkdf.Key(sha256.New, secret, nil, labelEdDSA, ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		return ed25519.NewKeyFromSeed(seed), nil
	case "ES256":
		return scalar(func(label string) ([]byte, error) {
			return hkdf.Key(sha256.New, secret, nil, label, 32)
		})
	}
	return nil, fmt.Errorf("for %s it has to be a private key in PEM", algorithm)
}

// scalar makes a key of P-256 of the first 32 bytes in its range, which is all but one of
// four billion. Reducing larger ones instead would make some keys likelier than others.
func scalar(derive func(label string) ([]byte, error)) (*ecdsa.PrivateKey, error) {
	for n := range 8 {
		label := labelES256
		if n > 0 {
			label += " " + strconv.Itoa(n)
		}
		raw, err := derive(label)
		if err != nil {
			return nil, err
		}
		if k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw); err == nil {
			return k, nil
		}
	}
	return nil, errors.New("no key can be derived")
}

func isPEM(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN "))
}

// parsePrivate reads one block of PKCS#8, or one of the older forms of openssl.
func parsePrivate(text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	if block == nil || len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("not one block of PEM, without a passphrase")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY": // RFC 7468 section 10
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, errors.New("the block is no private key")
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("the block does not hold a private key that we know") // nothing of err: it may quote
	}
	return signer, nil
}

// asymmetric makes a key that signs with one algorithm. What [jwt.NewKey] would refuse to
// check by is refused to sign with.
func asymmetric(algorithm string, private crypto.Signer) (*signingKey, error) {
	s := &signingKey{}
	var jwk string // RFC 7638: required members only, in order, no white space
	switch k := private.(type) {
	case ed25519.PrivateKey:
		s.sign = func(input []byte) ([]byte, error) { return ed25519.Sign(k, input), nil }
		jwk = `{"crv":"Ed25519","kty":"OKP","x":"` + b64.EncodeToString(k.Public().(ed25519.PublicKey)) + `"}`
	case *ecdsa.PrivateKey:
		point, err := k.PublicKey.Bytes()
		if err != nil || k.Curve != elliptic.P256() {
			return nil, errors.New("the curve is not P-256")
		}
		s.sign = func(input []byte) ([]byte, error) { return signES256(k, input) }
		jwk = `{"crv":"P-256","kty":"EC","x":"` + b64.EncodeToString(point[1:33]) + `","y":"` + b64.EncodeToString(point[33:]) + `"}`
	case *rsa.PrivateKey:
		s.sign = func(input []byte) ([]byte, error) {
			sum := sha256.Sum256(input)
			return rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
		}
		e := big.NewInt(int64(k.E)).Bytes()
		jwk = `{"e":"` + b64.EncodeToString(e) + `","kty":"RSA","n":"` + b64.EncodeToString(k.N.Bytes()) + `"}`
	default:
		return nil, errors.New("it is none that signs access tokens")
	}
	sum := sha256.Sum256([]byte(jwk))
	s.id = b64.EncodeToString(sum[:])
	var err error
	if s.public, err = jwt.NewKey(s.id, private.Public(), algorithm); err != nil {
		return nil, err
	}
	s.jwk = []byte(jwk[:len(jwk)-1] + `,"kid":"` + s.id + `","alg":"` + algorithm + `","use":"sig"}`)
	return s, nil
}

// signES256 writes r and s side by side, each in 32 bytes. RFC 7518 section 3.4.
func signES256(k *ecdsa.PrivateKey, input []byte) ([]byte, error) {
	sum := sha256.Sum256(input)
	r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}
