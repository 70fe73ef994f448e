package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

var strange = sync.OnceValues(func() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })

// strangersKey is an EC key that signs nothing.
func strangersKey(t testing.TB) *ecdsa.PublicKey {
	t.Helper()
	k, err := strange()
	if err != nil {
		t.Fatal(err)
	}
	return &k.PublicKey
}

// replace gives a JWK with other members; "-" leaves one out.
func replace(t testing.TB, jwk, members string) string {
	t.Helper()
	return merge(t, jwk, members)
}

func TestKeysThatCheckSignatures(t *testing.T) {
	for _, c := range []struct{ name, jwk, want string }{
		{"RSA", publicJWK(t, "RS256", `,"kid":"a"`), `jwt key "a" for RS256, RS384, RS512, PS256, PS384, PS512`},
		{"RSA for one algorithm", publicJWK(t, "RS256", `,"alg":"PS256","use":"sig"`), `jwt key "" for PS256`},
		{"P-256", publicJWK(t, "ES256", `,"key_ops":["verify"]`), `jwt key "" for ES256`},
		{"P-384", publicJWK(t, "ES384", ""), `jwt key "" for ES384`},
		{"P-521", publicJWK(t, "ES512", `,"key_ops":["sign","verify"]`), `jwt key "" for ES512`},
		{"Ed25519", publicJWK(t, "EdDSA", `,"x5c":["ignored"],"x5u":"https://ignored.test/"`), `jwt key "" for EdDSA`},
		{"a secret of 32 bytes", secretJWK("s", longSecret[:32]), `jwt key "s" for HS256`},
		{"a secret of 63 bytes", secretJWK("s", longSecret[:63]), `jwt key "s" for HS256, HS384`},
		{"a secret of 64 bytes", secretJWK("s", longSecret), `jwt key "s" for HS256, HS384, HS512`},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := jwt.ParseKey([]byte(c.jwk))
			if err != nil {
				t.Fatal(err)
			}
			if k.String() != c.want {
				t.Errorf("String = %s, want %s", k, c.want)
			}
		})
	}
}

func TestS93_WeakAndForeignKeysAreRefused(t *testing.T) {
	rsaKey, ec, ed, secret := publicJWK(t, "RS256", ""), publicJWK(t, "ES256", ""), publicJWK(t, "EdDSA", ""), secretJWK("", longSecret[:32])
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	point, err := privateKeys()["ES256"].Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := privateKeys()["RS256"].Public().(*rsa.PublicKey).N.Bytes()
	number := func(b []byte) string { return b64.EncodeToString(b) }
	for _, c := range []struct{ name, jwk string }{
		{"not JSON", `{`},
		{"a list", `[]`},
		{"a name twice", `{"kty":"oct","kty":"oct","k":"` + number(longSecret) + `"}`},
		{"no kty", replace(t, ed, `"kty":"-"`)},
		{"kty in another case", replace(t, ed, `"kty":"okp"`)},
		{"kty that is no text", replace(t, ed, `"kty":7`)},
		{"for encryption", replace(t, rsaKey, `"use":"enc"`)},
		{"use in another case", replace(t, rsaKey, `"use":"SIG"`)},
		{"for signing only", replace(t, rsaKey, `"key_ops":["sign"]`)},
		{"for nothing", replace(t, rsaKey, `"key_ops":[]`)},
		{"key_ops that is no list", replace(t, rsaKey, `"key_ops":"verify"`)},
		{"key_ops of numbers", replace(t, rsaKey, `"key_ops":["verify",1]`)},
		{"alg of another kind", replace(t, rsaKey, `"alg":"ES256"`)},
		{"alg of a secret", replace(t, rsaKey, `"alg":"HS256"`)},
		{"alg none", replace(t, rsaKey, `"alg":"none"`)},
		{"alg of encryption", replace(t, rsaKey, `"alg":"RSA-OAEP"`)},
		{"alg of another curve", replace(t, ec, `"alg":"ES384"`)},
		{"a kid of 257 bytes", replace(t, ec, `"kid":"`+strings.Repeat("k", 257)+`"`)},
		{"a kid that is no text", replace(t, ec, `"kid":1`)},
		{"a private key", replace(t, ec, `"d":"AAAA"`)},
		{"RSA of 1,024 bits", replace(t, rsaKey, `"n":"`+number(weak.N.Bytes())+`"`)},
		{"RSA of 8,200 bits", replace(t, rsaKey, `"n":"`+number(append(make16(1025), 1))+`"`)},
		{"RSA without a modulus", replace(t, rsaKey, `"n":"-"`)},
		{"RSA with a zero in front", replace(t, rsaKey, `"n":"`+number(append([]byte{0}, n...))+`"`)},
		{"an even modulus", replace(t, rsaKey, `"n":"`+number(append(append([]byte{}, n[:255]...), n[255]&^1))+`"`)},
		{"padding", replace(t, rsaKey, `"n":"`+number(n)+`=="`)},
		{"the exponent 3", replace(t, rsaKey, `"e":"Aw"`)},
		{"the exponent 1", replace(t, rsaKey, `"e":"AQ"`)},
		{"an even exponent", replace(t, rsaKey, `"e":"AQAC"`)},
		{"an exponent of 33 bits", replace(t, rsaKey, `"e":"AQAAAAE"`)},
		{"an exponent above 2^31", replace(t, rsaKey, `"e":"gAAAAQ"`)},
		{"an exponent with a zero in front", replace(t, rsaKey, `"e":"AAEAAQ"`)},
		{"a curve that is not ours", replace(t, ec, `"crv":"secp256k1"`)},
		{"another curve's name", replace(t, ec, `"crv":"P-384"`)},
		{"a point off its curve", replace(t, ec, `"y":"`+number(longSecret[:32])+`"`)},
		{"the point (0, 0)", replace(t, ec, `"x":"`+number(make([]byte, 32))+`","y":"`+number(make([]byte, 32))+`"`)},
		{"a coordinate of 31 bytes", replace(t, ec, `"x":"`+number(make16(31))+`"`)},
		{"a coordinate with a zero in front", replace(t, ec, `"x":"`+number(make16(33))+`"`)},
		{"a coordinate that has lent a byte to the other", replace(t, ec, `"x":"`+number(point[1:34])+`","y":"`+number(point[34:])+`"`)},
		{"no coordinate", replace(t, ec, `"y":"-"`)},
		{"Ed25519 of 31 bytes", replace(t, ed, `"x":"`+number(make16(31))+`"`)},
		{"X25519", replace(t, ed, `"crv":"X25519"`)},
		{"Ed448", replace(t, ed, `"crv":"Ed448"`)},
		{"an empty secret", replace(t, secret, `"k":""`)},
		{"a secret of 31 bytes", secretJWK("", longSecret[:31])},
		{"a secret too short for its alg", replace(t, secret, `"alg":"HS384"`)},
		{"a secret for AES", replace(t, secret, `"alg":"A256GCM"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := jwt.ParseKey([]byte(c.jwk))
			if err == nil || k != nil {
				t.Errorf("ParseKey = %v, %v", k, err)
			}
		})
	}
}

// make16 gives size bytes that are not zero.
func make16(size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(i | 1)
	}
	return out
}

// A key whose order divides 8 has signatures that fit any message: R is the key itself or
// the neutral point and s is 0. crypto/ed25519 takes them.
func TestS93_Ed25519KeysOfSmallOrderAreRefused(t *testing.T) {
	neutral, err := hex.DecodeString(jwt.SmallOrder[0])
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(neutral, []byte("anything"), append(neutral, make([]byte, 32)...)) {
		t.Fatal("the forgery does not work")
	}
	var keys [][]byte
	for _, text := range jwt.SmallOrder {
		y, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		signed := append([]byte{}, y...)
		signed[31] |= 0x80
		keys = append(keys, y, signed)
	}
	// 0 and 1 once more, as 2^255-19 and one above it.
	second := append([]byte{0xed}, append([]byte(strings.Repeat("\xff", 30)), 0x7f)...)
	keys = append(keys, second, append([]byte{0xee}, second[1:]...))
	for _, key := range keys {
		if k, err := jwt.NewKey("", ed25519.PublicKey(key)); err == nil {
			t.Errorf("NewKey(%x) = %v", key, k)
		}
	}
	genuine := privateKeys()["EdDSA"].Public().(ed25519.PublicKey)
	if _, err := jwt.NewKey("", genuine); err != nil {
		t.Errorf("a genuine key: %v", err)
	}
}

func TestS93_KeysOfTheBrokenGeneratorAreRefused(t *testing.T) {
	// A number of its form: 65537 to some power, modulo the small primes, and large.
	m := big.NewInt(1)
	for p := int64(3); p <= 701; p += 2 {
		if big.NewInt(p).ProbablyPrime(0) {
			m.Mul(m, big.NewInt(p))
		}
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(123456789), m)
	n.Add(n, new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(1), uint(2049-m.BitLen()))))
	if n.Bit(0) == 0 {
		n.Add(n, m)
	}
	if !jwt.IsROCA(n) {
		t.Error("not found")
	}
	if _, err := jwt.NewKey("", &rsa.PublicKey{N: n, E: 65537}); err == nil {
		t.Error("accepted")
	}
	if jwt.IsROCA(privateKeys()["RS256"].Public().(*rsa.PublicKey).N) {
		t.Error("an honest key is taken for a broken one")
	}
}

func TestWhatCannotBeAKey(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		public crypto.PublicKey
		algs   []string
	}{
		{"nothing", nil, nil},
		{"a private key", privateKeys()["EdDSA"], nil},
		{"a secret", longSecret, nil},
		{"P-224", &p224.PublicKey, nil},
		{"a key for another curve's algorithm", strangersKey(t), []string{"ES512"}},
		{"a key for HMAC", strangersKey(t), []string{"HS256"}},
		{"an rsa key without a modulus", &rsa.PublicKey{E: 65537}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if k, err := jwt.NewKey("", c.public, c.algs...); err == nil || k != nil {
				t.Errorf("NewKey = %v, %v", k, err)
			}
		})
	}
}

func TestPEM(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "EdDSA"} {
		text := publicPEM(t, alg)
		k, err := jwt.ParsePEM("k", text, alg)
		if err != nil || k.String() != `jwt key "k" for `+alg {
			t.Errorf("%s: ParsePEM = %v, %v", alg, k, err)
		}
		for name, bad := range map[string]string{
			"two blocks":      string(text) + string(text),
			"text behind it":  string(text) + "x",
			"another block":   strings.ReplaceAll(string(text), "PUBLIC", "PRIVATE"),
			"cut in the half": string(text[:len(text)/2]),
			"nothing":         "",
			"damaged":         strings.Replace(string(text), "\nM", "\nA", 1),
		} {
			if k, err := jwt.ParsePEM("k", []byte(bad)); err == nil {
				t.Errorf("%s, %s: ParsePEM = %v", alg, name, k)
			}
		}
		if k, err := jwt.ParsePEM("k", text, "HS256"); err == nil {
			t.Errorf("%s as a secret: %v", alg, k)
		}
	}
}

func keySet(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }

func TestS72_KeySets(t *testing.T) {
	rsaKey, ec := publicJWK(t, "RS256", `,"kid":"a"`), publicJWK(t, "ES256", `,"kid":"b"`)
	many := make([]string, 64)
	for i := range many {
		many[i] = publicJWK(t, "EdDSA", fmt.Sprintf(`,"kid":"%d"`, i))
	}
	for _, c := range []struct {
		name string
		set  []byte
		want int
	}{
		{"none", keySet(), 0},
		{"two", keySet(rsaKey, ec), 2},
		{"with other members", []byte(`{"x":1,"keys":[` + ec + `],"y":[{}]}`), 1},
		{"with keys nobody knows", keySet(`{"kty":"AKP","alg":"ML-DSA-65","pub":"AA"}`, `{}`, `[]`, `1`, `null`, ec, replace(t, rsaKey, `"use":"enc"`)), 1},
		{"with a name twice", keySet(rsaKey, replace(t, ec, `"kid":"a"`)), 1},
		{"without names", keySet(publicJWK(t, "RS256", ""), publicJWK(t, "ES256", "")), 2},
		{"secrets", keySet(secretJWK("a", longSecret), secretJWK("b", longSecret)), 2},
		{"a secret beside a public key", keySet(secretJWK("s", longSecret), ec), 1},
		{"a secret beside something unknown", keySet(secretJWK("s", longSecret), `{"kty":"EC","x":1}`), 0},
		{"a secret beside what is no key", keySet(secretJWK("s", longSecret), `7`), 0},
		{"64 keys", keySet(many...), 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := jwt.ParseKeys(c.set)
			if err != nil || set.Len() != c.want {
				t.Fatalf("ParseKeys = %d keys, %v, want %d", set.Len(), err, c.want)
			}
		})
	}
	for name, set := range map[string][]byte{
		"not JSON": []byte(`{"keys":[`), "a list": []byte(`[]`), "no keys": []byte(`{}`), "keys that is no list": []byte(`{"keys":{}}`),
		"keys twice": []byte(`{"keys":[],"keys":[]}`), "in another case": []byte(`{"Keys":[]}`),
		"65 keys": keySet(append(many, ec)...), "too long": append(keySet(ec), strings.Repeat(" ", 256<<10)...), "an odd name in a key": keySet(`{"a":1,"A":2}`),
	} {
		if got, err := jwt.ParseKeys(set); err == nil || got != nil {
			t.Errorf("%s: ParseKeys = %v, %v", name, got, err)
		}
	}
}

func TestLookup(t *testing.T) {
	named, unnamed := publicJWK(t, "RS256", `,"kid":"a"`), publicJWK(t, "ES256", "")
	set, err := jwt.ParseKeys(keySet(named, unnamed))
	if err != nil {
		t.Fatal(err)
	}
	for kid, want := range map[string]int{"a": 1, "": 2, "b": 1, "A": 1, "../a": 1} {
		got, err := set.Lookup(t.Context(), kid)
		if err != nil || len(got) != want || kid != "a" && kid != "" && got[0].ID() != "" {
			t.Errorf("Lookup(%q) = %v, %v, want %d", kid, got, err, want)
		}
	}
}

func TestWhatCannotBeASet(t *testing.T) {
	secret, err := jwt.ParseKey([]byte(secretJWK("s", longSecret)))
	if err != nil {
		t.Fatal(err)
	}
	public := publicKey(t, "k", "ES256")
	for name, keys := range map[string][]*jwt.Key{
		"a secret beside a public key": {public, secret},
		"two keys of one name":         {public, publicKey(t, "k", "RS256")},
		"nil":                          {nil},
		"65 keys":                      make([]*jwt.Key, 65),
	} {
		if set, err := jwt.NewSet(keys...); err == nil || set != nil {
			t.Errorf("%s: NewSet = %v, %v", name, set, err)
		}
	}
	if set, err := jwt.RingKeys(seal.Secrets("short")); err == nil {
		t.Errorf("RingKeys = %v", set)
	}
}

// Errors tell what is wrong with a key and nothing of its content.
func TestKeyErrorsHoldNoKey(t *testing.T) {
	jwk := `{"kty":"oct","kid":"s","alg":"HS512","k":"` + b64.EncodeToString([]byte("a very secret secret, 32 bytes..")) + `"}`
	var members map[string]string
	if err := json.Unmarshal([]byte(jwk), &members); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{jwk, strings.Replace(jwk, members["k"], members["k"]+"=", 1), jwk + "x"} {
		_, err := jwt.ParseKey([]byte(text))
		if err == nil || strings.Contains(err.Error(), members["k"][:8]) || strings.Contains(err.Error(), "very secret") {
			t.Errorf("ParseKey = %v", err)
		}
	}
}

// Whoever publishes keys, or fetches published ones, needs to tell which are secrets.
func TestSymmetricKeysAreTold(t *testing.T) {
	for text, want := range map[string]bool{
		`{"kty":"oct","k":"` + b64.EncodeToString(make([]byte, 32)) + `"}`:                true,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`: false,
	} {
		k, err := jwt.ParseKey([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if k.Symmetric() != want {
			t.Errorf("%s: Symmetric is %t", text, k.Symmetric())
		}
	}
}
