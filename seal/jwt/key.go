package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// A Key checks signatures: one public key, or one secret, with the algorithms it is for.
// A secret never checks anything but HMAC and a public key never does, so the one cannot
// be taken for the other. It prints as its ID and algorithms. Methods may be called from
// several goroutines.
type Key struct {
	id   string
	algs []*algorithm // never empty
	macs []*macPool   // beside algs; nil for public keys

	rsa     *rsa.PublicKey
	ecdsa   *ecdsa.PublicKey
	ed25519 ed25519.PublicKey
}

// NewKey makes a key of an *[rsa.PublicKey], *[ecdsa.PublicKey] or [ed25519.PublicKey].
// id is what tokens call it by in kid; empty: it takes tokens whatever they name, if no
// other key goes by that name. algorithms bind the key to those of its kind that are
// named; none means all that its type allows.
//
// It refuses RSA keys outside of 2,048 to 8,192 bits, with an even exponent or one below
// 65,537, or from the broken generator of ROCA; curves other than P-256, P-384 and P-521;
// and Ed25519 keys of small order or in a second spelling, under which anybody signs.
func NewKey(id string, public crypto.PublicKey, algorithms ...string) (*Key, error) {
	if len(id) > maxKeyID {
		return nil, errors.New("jwt: key: the id is too long")
	}
	k := &Key{id: id}
	var err error
	switch p := public.(type) {
	case *rsa.PublicKey:
		k.rsa, err = p, checkRSA(p)
		k.allow(familyPKCS1, 0)
		k.allow(familyPSS, 0)
	case *ecdsa.PublicKey:
		k.ecdsa = p
		var raw []byte
		if raw, err = p.Bytes(); err == nil { // fails for a point that is not on the curve
			k.allow(familyECDSA, len(raw)/2)
		}
	case ed25519.PublicKey:
		k.ed25519, err = p, checkEd25519(p)
		k.allow(familyEd25519, 0)
	default:
		err = fmt.Errorf("a %T cannot check signatures", public)
	}
	if err != nil {
		return nil, fmt.Errorf("jwt: key: %w", err)
	}
	return k.bind(algorithms)
}

// newSecretKey makes a key of HMAC for all algorithms whose hash is not longer than limit.
func newSecretKey(id string, secret []byte, limit int) *Key {
	k := &Key{id: id}
	for i := range algorithms {
		if alg := &algorithms[i]; alg.family == familyHMAC && alg.hash.Size() <= limit {
			k.algs = append(k.algs, alg)
			k.macs = append(k.macs, newMACPool(alg, secret))
		}
	}
	return k
}

// allow adds the algorithms of a family, of those with a size only the one of that size.
func (k *Key) allow(f family, size int) {
	for i := range algorithms {
		if algorithms[i].family == f && algorithms[i].size == size {
			k.algs = append(k.algs, &algorithms[i])
		}
	}
}

// bind leaves only the named algorithms.
func (k *Key) bind(names []string) (*Key, error) {
	if len(names) > 0 {
		var algs []*algorithm
		var macs []*macPool
		for _, name := range names {
			i := k.place(name)
			if i < 0 {
				return nil, fmt.Errorf("jwt: key: it cannot be for %q", name)
			}
			algs = append(algs, k.algs[i])
			if k.macs != nil {
				macs = append(macs, k.macs[i])
			}
		}
		k.algs, k.macs = algs, macs
	}
	if len(k.algs) == 0 {
		return nil, errors.New("jwt: key: there is no algorithm for it")
	}
	return k, nil
}

// place tells where an algorithm is in algs, -1 if the key is not for it.
func (k *Key) place(name string) int {
	for i, a := range k.algs {
		if a.name == name {
			return i
		}
	}
	return -1
}

// Symmetric tells a secret, which signs as well, from a public key.
func (k *Key) Symmetric() bool { return k.macs != nil }

// ID is the name that tokens call the key by, or empty.
func (k *Key) ID() string { return k.id }

// String names the key and what it is for.
func (k *Key) String() string {
	names := make([]string, len(k.algs))
	for i, a := range k.algs {
		names[i] = a.name
	}
	return "jwt key " + strconv.Quote(k.id) + " for " + strings.Join(names, ", ")
}

// GoString is String: %#v must not spell out a secret either.
func (k *Key) GoString() string { return k.String() }

// verify checks a signature. alg is one of the key's.
func (k *Key) verify(alg *algorithm, input string, signature []byte) bool {
	switch alg.family {
	case familyHMAC:
		i := k.place(alg.name)
		return i >= 0 && i < len(k.macs) && k.macs[i].verify(input, signature) == 1
	case familyPKCS1:
		return k.rsa != nil && rsa.VerifyPKCS1v15(k.rsa, alg.hash, digest(alg, input), signature) == nil
	case familyPSS:
		// RFC 7518 section 3.5: the salt is as long as the hash.
		return k.rsa != nil && rsa.VerifyPSS(k.rsa, alg.hash, digest(alg, input), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	case familyECDSA:
		return k.ecdsa != nil && verifyECDSA(k.ecdsa, alg, digest(alg, input), signature)
	case familyEd25519:
		return k.ed25519 != nil && ed25519.Verify(k.ed25519, []byte(input), signature)
	}
	return false
}

func digest(alg *algorithm, input string) []byte {
	h := alg.hash.New()
	h.Write([]byte(input))
	return h.Sum(nil)
}

// verifyECDSA reads r and s side by side, each as long as the curve's order. RFC 7518
// section 3.4.
func verifyECDSA(k *ecdsa.PublicKey, alg *algorithm, sum, signature []byte) bool {
	if len(signature) != 2*alg.size {
		return false
	}
	r := new(big.Int).SetBytes(signature[:alg.size])
	s := new(big.Int).SetBytes(signature[alg.size:])
	return ecdsa.Verify(k, sum, r, s)
}

// RingKeys makes a set of the secrets of a ring, for tokens that we sign with HMAC
// ourselves. The error is that of [seal.Ring.Check]: secrets have 16 bytes at least,
// though RFC 7518 section 3.2 asks for as many as the hash has. A token that names a
// secret by its ID is checked with that one, any other with the newest four.
func RingKeys(ring seal.Ring) (*Set, error) {
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	keys := make([]*Key, len(ring))
	for i, k := range ring {
		keys[i] = newSecretKey(k.ID, k.Secret, maxHash)
	}
	set, err := NewSet(keys...)
	if err == nil {
		set.others = keys
	}
	return set, err
}

// maxHash is the size of the longest hash, in bytes.
const maxHash = 64
