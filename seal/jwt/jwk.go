package jwt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/signet-auth/signet/seal"
)

// A jwk holds the members of a JSON Web Key that we look at, decoded but not checked.
type jwk struct {
	kty, alg, use, kid, crv string
	ops                     []byte // as written
	private                 bool

	n, e, x, y, k string // base64url
}

var jwkNames = []string{"kty", "alg", "use", "kid", "crv", "n", "e", "x", "y", "k", "key_ops", "d"}

// readJWK checks that raw is one JSON object with texts where texts belong. With an error
// it still gives kty, if that can be told.
func readJWK(raw []byte) (jwk, error) {
	var values [12][]byte
	if err := seal.Pick(raw, jwkNames, values[:]); err != nil {
		return jwk{}, err
	}
	j := jwk{ops: values[10], private: values[11] != nil}
	texts := [...]*string{&j.kty, &j.alg, &j.use, &j.kid, &j.crv, &j.n, &j.e, &j.x, &j.y, &j.k}
	for i, text := range texts {
		if values[i] == nil {
			continue
		}
		var ok bool
		if *text, ok = seal.String(values[i]); !ok {
			return j, fmt.Errorf("member %s is not a text", jwkNames[i])
		}
	}
	return j, nil
}

// ParseKey reads one JSON Web Key (RFC 7517): RSA, EC or OKP with a public key, or oct.
// Its kty, crv, use and key_ops must be those of a key that checks signatures, its alg
// binds it to that algorithm; numbers must have the one spelling that RFC 7518 gives
// them, and be as strong as [NewKey] asks. A secret must have as many bytes as the hash
// (RFC 7518 section 3.2). A private key is refused: it has no business where signatures
// are checked. Errors hold nothing of the key but its alg.
func ParseKey(raw []byte) (*Key, error) {
	j, err := readJWK(raw)
	if err != nil {
		return nil, fmt.Errorf("jwt: key: %w", err)
	}
	return j.key()
}

func (j jwk) key() (*Key, error) {
	if err := j.checkUse(); err != nil {
		return nil, fmt.Errorf("jwt: key: %w", err)
	}
	var bound []string
	if j.alg != "" {
		bound = []string{j.alg}
	}
	if j.kty == "oct" {
		secret, err := decode(j.k)
		if err != nil {
			return nil, err
		}
		k := newSecretKey(j.kid, secret, len(secret))
		return k.bind(bound)
	}
	public, err := j.public()
	if err != nil {
		return nil, err
	}
	return NewKey(j.kid, public, bound...)
}

// checkUse refuses what is not for checking signatures. RFC 7517 sections 4.2 and 4.3.
func (j jwk) checkUse() error {
	switch {
	case len(j.kid) > maxKeyID:
		return errors.New("the kid is too long")
	case j.use != "" && j.use != "sig":
		return errors.New("its use is not sig")
	case j.private && j.kty != "oct":
		return errors.New("it is a private key")
	case j.ops == nil:
		return nil
	}
	verifies := false
	err := seal.Elements(j.ops, func(op []byte) error {
		text, ok := seal.String(op)
		if !ok {
			return errors.New("key_ops is not a list of texts")
		}
		verifies = verifies || text == "verify"
		return nil
	})
	if err == nil && !verifies {
		err = errors.New("key_ops does not name verify")
	}
	return err
}

// public decodes an asymmetric key.
func (j jwk) public() (any, error) {
	switch {
	case j.kty == "RSA":
		return j.rsa()
	case j.kty == "EC":
		return j.ecdsa()
	case j.kty == "OKP" && j.crv == "Ed25519": // RFC 8037 section 2
		x, err := decode(j.x)
		return ed25519.PublicKey(x), err
	}
	return nil, errors.New("jwt: key: its type is not one that checks signatures")
}

// rsa decodes the numbers of RFC 7518 section 6.3.1, which have no zero in front.
func (j jwk) rsa() (*rsa.PublicKey, error) {
	n, err := decode(j.n)
	if err != nil {
		return nil, err
	}
	e, err := decode(j.e)
	if err != nil {
		return nil, err
	}
	if n[0] == 0 || e[0] == 0 || len(e) > 4 || len(n) > maxRSABits/8 {
		return nil, errors.New("jwt: key: an rsa number is too long")
	}
	exponent := 0
	for _, b := range e {
		exponent = exponent<<8 | int(b)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: exponent}, nil
}

// ecdsa decodes a point. RFC 7518 section 6.2.1: each coordinate has the full size.
func (j jwk) ecdsa() (*ecdsa.PublicKey, error) {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[j.crv]
	if curve == nil {
		return nil, errors.New("jwt: key: its curve is not P-256, P-384 or P-521")
	}
	x, err := decode(j.x)
	if err != nil {
		return nil, err
	}
	y, err := decode(j.y)
	if err != nil {
		return nil, err
	}
	if size := (curve.Params().BitSize + 7) / 8; len(x) != size || len(y) != size {
		return nil, errors.New("jwt: key: a coordinate has the wrong size")
	}
	point := append(append([]byte{4}, x...), y...) // SEC 1 section 2.3.3
	k, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errors.New("jwt: key: the point is not on its curve")
	}
	return k, nil
}

// decode reads canonical base64url that is not empty.
func decode(text string) ([]byte, error) {
	parts, err := seal.Split(text, 1)
	if err != nil {
		return nil, fmt.Errorf("jwt: key: a number or secret: %w", err)
	}
	return parts[0][:len(parts[0]):len(parts[0])], nil
}

// ParsePEM reads one public key in PEM: the block "PUBLIC KEY" of openssl and Node (RFC
// 7468 section 13), and nothing behind it but white space. id and algorithms are those of
// [NewKey].
func ParsePEM(id string, text []byte, algorithms ...string) (*Key, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("jwt: key: not one PUBLIC KEY block")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("jwt: key: the PUBLIC KEY block does not hold a key that we know")
	}
	return NewKey(id, public, algorithms...)
}
