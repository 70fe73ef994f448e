package jwt

import (
	"crypto"
	_ "crypto/sha256" // crypto.Hash.New finds its hashes here
	_ "crypto/sha512"
	"encoding/base64"
)

var b64 = base64.RawURLEncoding

// A family is a kind of signature, and with it a kind of key.
type family uint8

const (
	familyHMAC    family = iota + 1 // RFC 7518 section 3.2
	familyPKCS1                     // section 3.3
	familyPSS                       // section 3.5
	familyECDSA                     // section 3.4
	familyEd25519                   // RFC 8037 section 3.1
)

// An algorithm is one entry of the registry that we know.
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash
	size   int // ECDSA: bytes in r and in s
}

var algorithms = [...]algorithm{
	{name: "HS256", family: familyHMAC, hash: crypto.SHA256},
	{name: "HS384", family: familyHMAC, hash: crypto.SHA384},
	{name: "HS512", family: familyHMAC, hash: crypto.SHA512},
	{name: "RS256", family: familyPKCS1, hash: crypto.SHA256},
	{name: "RS384", family: familyPKCS1, hash: crypto.SHA384},
	{name: "RS512", family: familyPKCS1, hash: crypto.SHA512},
	{name: "PS256", family: familyPSS, hash: crypto.SHA256},
	{name: "PS384", family: familyPSS, hash: crypto.SHA384},
	{name: "PS512", family: familyPSS, hash: crypto.SHA512},
	{name: "ES256", family: familyECDSA, hash: crypto.SHA256, size: 32},
	{name: "ES384", family: familyECDSA, hash: crypto.SHA384, size: 48},
	{name: "ES512", family: familyECDSA, hash: crypto.SHA512, size: 66},
	// Its hash is that of at_hash; the signature hashes on its own.
	{name: "EdDSA", family: familyEd25519, hash: crypto.SHA512},
}

// defaultAlgorithms are accepted where no list says otherwise.
var defaultAlgorithms = []string{"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"}

// algorithmByName compares byte for byte: "hs256" and "None" name nothing.
func algorithmByName(name string) *algorithm {
	for i := range algorithms {
		if algorithms[i].name == name {
			return &algorithms[i]
		}
	}
	return nil
}
