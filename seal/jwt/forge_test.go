package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"hash"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

var (
	now    = time.Unix(1767225600, 0)
	life   = seal.Life{Issued: now, Expires: now.Add(time.Hour)}
	newest = seal.Key{ID: "2", Secret: []byte("signet-test-secret-0123456789abcdefghijklmnop")}
	older  = seal.Key{ID: "1", Secret: []byte("another secret that is older, 32 bytes and more")}
)

// good are claims that open now.
const good = `{"sub":"u-1001","iat":1767225600,"exp":1767229200}`

func mustSeal(t testing.TB, codec seal.Codec, claims string) string {
	t.Helper()
	value, err := codec.Seal([]byte(claims), life)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

var hashes = map[string]func() hash.Hash{"256": sha256.New, "384": sha512.New384, "512": sha512.New}

// forge signs whatever it is given, with nothing of the package under test. key is a
// secret or a private key; alg says how, header what the token says about it.
func forge(t testing.TB, alg string, key any, header, claims string) string {
	t.Helper()
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
	return input + "." + b64.EncodeToString(signature(t, alg, key, input))
}

func signature(t testing.TB, alg string, key any, input string) []byte {
	t.Helper()
	var sum []byte
	if alg != "EdDSA" {
		h := hashes[alg[2:]]()
		h.Write([]byte(input))
		sum = h.Sum(nil)
	}
	kind := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}
	var out []byte
	var err error
	switch alg[:2] {
	case "HS":
		mac := hmac.New(hashes[alg[2:]], key.([]byte))
		mac.Write([]byte(input))
		out = mac.Sum(nil)
	case "RS":
		out, err = rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), kind[alg[2:]], sum)
	case "PS":
		out, err = rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), kind[alg[2:]], sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES":
		private := key.(*ecdsa.PrivateKey)
		r, s, signErr := ecdsa.Sign(rand.Reader, private, sum)
		size := (private.Params().BitSize + 7) / 8
		out, err = make([]byte, 2*size), signErr
		r.FillBytes(out[:size])
		s.FillBytes(out[size:])
	default:
		out = ed25519.Sign(key.(ed25519.PrivateKey), []byte(input))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// privateKeys are made once for all tests.
var privateKeys = sync.OnceValue(func() map[string]crypto.Signer {
	fail := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	fail(err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	fail(err)
	keys := map[string]crypto.Signer{"EdDSA": ed}
	for _, name := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		keys[name] = rsaKey
	}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		keys[name], err = ecdsa.GenerateKey(curve, rand.Reader)
		fail(err)
	}
	return keys
})

// publicKey is the key that checks what privateKeys()[alg] signs.
func publicKey(t testing.TB, id, alg string) *jwt.Key {
	t.Helper()
	k, err := jwt.NewKey(id, privateKeys()[alg].Public(), alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// secretJWK spells a secret as a key of a set.
func secretJWK(id string, secret []byte) string {
	return fmt.Sprintf(`{"kty":"oct","kid":%q,"k":%q}`, id, b64.EncodeToString(secret))
}

// publicJWK spells the public key of privateKeys()[alg]; more are members to add.
func publicJWK(t testing.TB, alg, more string) string {
	t.Helper()
	switch p := privateKeys()[alg].Public().(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":"AQAB"%s}`, b64.EncodeToString(p.N.Bytes()), more)
	case *ecdsa.PublicKey:
		point, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := 1 + len(point)/2
		return fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q%s}`, p.Params().Name, b64.EncodeToString(point[1:half]), b64.EncodeToString(point[half:]), more)
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q%s}`, b64.EncodeToString(p), more)
	}
	t.Fatal("no such key")
	return ""
}

func publicPEM(t testing.TB, alg string) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(privateKeys()[alg].Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
