package authjs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"

	"github.com/signet-auth/signet/seal"
)

const (
	encCBC = "A256CBC-HS512"
	encGCM = "A256GCM"

	// gcmKeySize and cbcKeySize are the key sizes of RFC 7518 sections 5.3 and 5.2.5.
	gcmKeySize = 32
	cbcKeySize = 64
)

var b64 = base64.RawURLEncoding

// A key is one secret of the ring, made ready for one salt.
type key struct {
	id  string
	gcm cipher.AEAD
	cbc *cbcHS512 // nil in version 4

	// Version 5 names keys by thumbprint, one for each size.
	cbcID, gcmID string

	// header is the protected header that this key seals under; protected is the same
	// in base64url, which is what the tag covers; written is the same, read.
	header, protected []byte
	written           header
}

// newV5Key derives both keys of one secret. HKDF's output for 32 bytes is the beginning
// of its output for 64: in version 5 the GCM key is the MAC half of the CBC key. Auth.js
// decided so; nothing else may be derived with this info.
func newV5Key(k seal.Key, salt string) (*key, error) {
	// @auth/core@0.41.3 jwt.ts: salt and info both hold the cookie's name.
	raw, err := hkdf.Key(sha256.New, k.Secret, []byte(salt), "Auth.js Generated Encryption Key ("+salt+")", cbcKeySize)
	if err != nil {
		return nil, err
	}
	made := &key{id: k.ID}
	if made.gcm, err = newGCM(raw[:gcmKeySize]); err != nil {
		return nil, err
	}
	if made.cbc, err = newCBCHS512(raw); err != nil {
		return nil, err
	}
	cbcSum := sha512.Sum512(thumbprintInput(raw))
	gcmSum := sha256.Sum256(thumbprintInput(raw[:gcmKeySize]))
	made.cbcID = b64.EncodeToString(cbcSum[:])
	made.gcmID = b64.EncodeToString(gcmSum[:])
	made.sealUnder(header{alg: "dir", enc: encCBC, kid: made.cbcID, named: true})
	return made, nil
}

// newV4Key derives the key of one secret.
func newV4Key(k seal.Key, salt string) (*key, error) {
	// next-auth@4.24.15 jwt/index.js: the salt is named in the info only if there is one.
	info := "NextAuth.js Generated Encryption Key"
	if salt != "" {
		info += " (" + salt + ")"
	}
	raw, err := hkdf.Key(sha256.New, k.Secret, []byte(salt), info, gcmKeySize)
	if err != nil {
		return nil, err
	}
	made := &key{id: k.ID}
	if made.gcm, err = newGCM(raw); err != nil {
		return nil, err
	}
	made.sealUnder(header{alg: "dir", enc: encGCM})
	return made, nil
}

// sealUnder spells the header as Auth.js does, so that ours cannot be told from theirs.
func (k *key) sealUnder(h header) {
	text := `{"alg":"` + h.alg + `","enc":"` + h.enc + `"`
	if h.named {
		text += `,"kid":"` + h.kid + `"`
	}
	k.written = h
	k.header = []byte(text + "}")
	k.protected = b64.AppendEncode(nil, k.header)
}

// thumbprintInput is what RFC 7638 hashes for a symmetric key. Auth.js hashes with
// SHA-512 for a key of 64 bytes and with SHA-256 for one of 32.
func thumbprintInput(raw []byte) []byte {
	out := append([]byte(nil), `{"k":"`...)
	out = b64.AppendEncode(out, raw)
	return append(out, `","kty":"oct"}`...)
}

// newGCM makes AES-GCM with the nonce and tag sizes of RFC 7518 section 5.3.
func newGCM(raw []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
