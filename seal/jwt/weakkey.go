package jwt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
)

const (
	minRSABits = 2048
	maxRSABits = 8192 // as crypto/tls: larger ones only cost time
	minRSAExp  = 65537
)

// checkRSA refuses keys that are weak, or slow on purpose.
func checkRSA(k *rsa.PublicKey) error {
	switch {
	case k.N == nil || k.N.Sign() <= 0 || k.N.Bit(0) == 0:
		return errors.New("the rsa modulus is not odd")
	case k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits:
		return errors.New("an rsa key has 2048 to 8192 bits")
	case k.E < minRSAExp || k.E%2 == 0 || k.E > 1<<31-1:
		return errors.New("the rsa exponent is even or outside of 65537 to 2^31-1")
	case isROCA(k.N):
		return errors.New("the rsa key is from a broken generator (CVE-2017-15361)")
	}
	return nil
}

// isROCA tells moduli of the library that made its primes as powers of 65537 modulo a
// product of small primes. Such a modulus is a power of 65537 modulo each of them; for
// keys of our sizes these are the 125 odd primes up to 701, and a chance hit has odds far
// below 2^-100. Nemec et al., "The Return of Coppersmith's Attack", CCS 2017.
func isROCA(n *big.Int) bool {
	var small, rest big.Int
	for p := int64(3); p <= 701; p += 2 {
		if !small.SetInt64(p).ProbablyPrime(0) {
			continue
		}
		if !isPower(rest.Mod(n, &small).Int64(), minRSAExp, p) {
			return false
		}
	}
	return true
}

// isPower tells whether n is a power of base modulo p.
func isPower(n, base, p int64) bool {
	base %= p
	for x := int64(1); ; {
		if x == n {
			return true
		}
		if x = x * base % p; x == 1 || x == 0 {
			return false
		}
	}
}

// smallOrder are the y coordinates, little endian, of the points whose order divides 8.
// For such a key there are signatures that fit any message.
var smallOrder = [...]string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}

// checkEd25519 refuses keys of small order and those whose y is not below 2^255-19, as
// RFC 8032 section 5.1.3 demands and crypto/ed25519 does not check. A key that is no point
// at all verifies nothing.
func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return errors.New("an ed25519 key has 32 bytes")
	}
	y := bytes.Clone(k)
	y[31] &= 0x7f // the sign of x
	if slices.Contains(smallOrder[:], hex.EncodeToString(y)) {
		return errors.New("the ed25519 key has a small order")
	}
	slices.Reverse(y)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	if new(big.Int).SetBytes(y).Cmp(p) >= 0 {
		return errors.New("the ed25519 key is not in its canonical form")
	}
	return nil
}
