package authjs_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
)

const (
	secret = "signet-test-secret-0123456789abcdefghijklmnop"
	cookie = "authjs.session-token"
)

var (
	now  = time.Unix(1767225600, 0)
	life = seal.Life{Issued: now, Expires: now.Add(time.Hour)}
)

// A forge makes genuine values with whatever inside. It follows RFC 7516 and RFC 7518
// with nothing of the package it tests.
type forge struct {
	version string // "v5" or "v4"
	secret  string
	salt    string
	header  string // default: the one without kid that fits enc
	gcm     bool   // also in version 5

	// What is wrong with it.
	raw     []byte // the padded plaintext of CBC, if the padding is wrong
	wrapped string // the second part
	tag     func([]byte) []byte
	iv      []byte
	aad     *string
}

var b64 = base64.RawURLEncoding

func (f forge) key(t testing.TB, size int) []byte {
	t.Helper()
	info := "Auth.js Generated Encryption Key (" + f.salt + ")"
	if f.version == "v4" {
		info = "NextAuth.js Generated Encryption Key"
		if f.salt != "" {
			info += " (" + f.salt + ")"
		}
	}
	raw, err := hkdf.Key(sha256.New, []byte(f.secret), []byte(f.salt), info, size)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// kid is the thumbprint of the key that the value is sealed with.
func (f forge) kid(t testing.TB) string {
	if f.gcm {
		sum := sha256.Sum256([]byte(`{"k":"` + b64.EncodeToString(f.key(t, 32)) + `","kty":"oct"}`))
		return b64.EncodeToString(sum[:])
	}
	sum := sha512.Sum512([]byte(`{"k":"` + b64.EncodeToString(f.key(t, 64)) + `","kty":"oct"}`))
	return b64.EncodeToString(sum[:])
}

func (f forge) seal(t testing.TB, claims string) string {
	t.Helper()
	gcm := f.gcm || f.version == "v4"
	header := f.header
	if header == "" {
		header = `{"alg":"dir","enc":"A256CBC-HS512"}`
		if gcm {
			header = `{"alg":"dir","enc":"A256GCM"}`
		}
	}
	protected := b64.EncodeToString([]byte(header))
	aad := protected
	if f.aad != nil {
		aad = *f.aad
	}
	encrypt := f.encryptCBC
	if gcm {
		encrypt = f.encryptGCM
	}
	iv, ct, tag := encrypt(t, aad, claims)
	if f.tag != nil {
		tag = f.tag(tag)
	}
	return strings.Join([]string{protected, f.wrapped, b64.EncodeToString(iv), b64.EncodeToString(ct), b64.EncodeToString(tag)}, ".")
}

func (f forge) encryptGCM(t testing.TB, aad, claims string) (iv, ct, tag []byte) {
	t.Helper()
	block, err := aes.NewCipher(f.key(t, 32))
	if err != nil {
		t.Fatal(err)
	}
	iv = f.iv
	if iv == nil {
		iv = []byte("0123456789ab")
	}
	mode, err := cipher.NewGCMWithNonceSize(block, len(iv))
	if err != nil {
		t.Fatal(err)
	}
	all := mode.Seal(nil, iv, []byte(claims), []byte(aad))
	return iv, all[:len(all)-16], all[len(all)-16:]
}

func (f forge) encryptCBC(t testing.TB, aad, claims string) (iv, ct, tag []byte) {
	t.Helper()
	key := f.key(t, 64)
	block, err := aes.NewCipher(key[32:])
	if err != nil {
		t.Fatal(err)
	}
	iv = f.iv
	if iv == nil {
		iv = []byte("0123456789abcdef")
	}
	plain := f.raw
	if plain == nil {
		n := 16 - len(claims)%16
		plain = append([]byte(claims), bytes.Repeat([]byte{byte(n)}, n)...)
	}
	ct = bytes.Clone(plain)
	if whole := len(ct) / 16 * 16; len(iv) >= 16 {
		cipher.NewCBCEncrypter(block, iv[:16]).CryptBlocks(ct[:whole], ct[:whole])
	}
	mac := hmac.New(sha512.New, key[:32])
	mac.Write([]byte(aad))
	mac.Write(iv)
	mac.Write(ct)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(aad))*8))
	return iv, ct, mac.Sum(nil)[:32]
}

// good are claims that open now.
const good = `{"sub":"u-1001","iat":1767225600,"exp":1767229200}`
