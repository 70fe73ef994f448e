package iron_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

const (
	secret = "complex_password_at_least_32_characters_long"
	second = "second-generation-password-also-32+chars!!"
	good   = `{"user":{"id":1,"admin":true}}`
)

// forgedIV is the text of the IV that a forge encrypts with.
const forgedIV = "BwcHBwcHBwcHBwcHBwcHBw"

var (
	now  = time.UnixMilli(1750000000000)
	life = seal.Life{Issued: now, Expires: now.Add(iron.DefaultTTL)}
)

// A forge writes seals out of the standard library's own PBKDF2 and HMAC, with any fault
// that only an owner of the password can make.
type forge struct {
	password, id, expiration string
	salt, macSalt            string
	padding                  []byte // nil is a right one
	ciphertext               string // set: instead of the encryption
	iv                       string // set: the text of the field
	bare                     bool   // no ~2
}

func (f forge) seal(t testing.TB, plain string) string {
	t.Helper()
	if f.password == "" {
		f.password = secret
	}
	if f.salt == "" {
		f.salt = strings.Repeat("0a", 32)
	}
	if f.macSalt == "" {
		f.macSalt = strings.Repeat("f1", 32)
	}
	iv := bytes.Repeat([]byte{7}, aes.BlockSize)
	if f.iv == "" {
		f.iv = forgedIV
	}
	if f.ciphertext == "" {
		f.ciphertext = base64.RawURLEncoding.EncodeToString(f.encrypt(t, iv, plain))
	}
	base := strings.Join([]string{"Fe26.2", f.id, f.salt, f.iv, f.ciphertext, f.expiration}, "*")
	mac := hmac.New(sha256.New, f.key(t, f.macSalt))
	mac.Write([]byte(base))
	out := base + "*" + f.macSalt + "*" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	if !f.bare {
		out += "~2"
	}
	return out
}

func (f forge) encrypt(t testing.TB, iv []byte, plain string) []byte {
	data := []byte(plain)
	if f.padding == nil {
		n := aes.BlockSize - len(plain)%aes.BlockSize
		f.padding = bytes.Repeat([]byte{byte(n)}, n)
	}
	data = append(data, f.padding...)
	block, err := aes.NewCipher(f.key(t, f.salt))
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data
}

func (f forge) key(t testing.TB, salt string) []byte {
	t.Helper()
	key, err := pbkdf2.Key(sha1.New, f.password, []byte(salt), 1, 32)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ring(idsAndSecrets ...string) seal.Ring {
	var r seal.Ring
	for i := 0; i < len(idsAndSecrets); i += 2 {
		r = append(r, seal.Key{ID: idsAndSecrets[i], Secret: []byte(idsAndSecrets[i+1])})
	}
	return r
}

func makeCodec(t testing.TB, makeCodec seal.Make, r seal.Ring) seal.Codec {
	t.Helper()
	c, err := makeCodec(r, "carrotsession")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open gives the claims, or the word for the reason.
func open(c seal.Codec, value string, at time.Time) (claims, reason string) {
	got, err := c.Open(value, at)
	if err != nil {
		return "", seal.Reason(err)
	}
	return string(got.Claims), ""
}
