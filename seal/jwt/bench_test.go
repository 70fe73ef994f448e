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
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// benchClaims make a token of about 300 bytes.
const benchClaims = `{"sub":"u-1001","name":"Kim Minsu","email":"minsu@example.com","role":"editor","signet":{"sid":"q1w2e3r4t5y6u7i8"}}`

var benchLife = seal.Life{Issued: now, Expires: now.Add(time.Hour)}

// against reports how often the time of peer goes into that of op. They run in turns, so
// that a busy machine slows both; the turn least disturbed counts.
func against(b *testing.B, op, peer func()) {
	b.StopTimer()
	const turns, each = 40, 100
	spend := func(f func()) time.Duration {
		start := time.Now()
		for range each {
			f()
		}
		return time.Since(start)
	}
	mine, theirs := time.Hour, time.Hour
	for range turns {
		mine = min(mine, spend(op))
		theirs = min(theirs, spend(peer))
	}
	b.ReportMetric(float64(mine)/float64(theirs), "ratio")
	b.ReportMetric(float64(mine.Nanoseconds())/each, "best-ns")
}

// rawHMAC does the primitives of a token and nothing else: base64 of three parts and a
// kept HMAC-SHA-256.
func rawHMAC(value string) (open, seal func()) {
	parts := strings.Split(value, ".")
	bytes, buf := []byte(value), make([]byte, 1024)
	input := bytes[:strings.LastIndexByte(value, '.')]
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	mac := hmac.New(sha256.New, make([]byte, 32))
	sum := make([]byte, 0, 32)
	authenticate := func() {
		mac.Reset()
		mac.Write(input)
		sum = mac.Sum(sum[:0])
	}
	open = func() {
		rest := bytes
		for _, p := range parts {
			base64.RawURLEncoding.Decode(buf, rest[:len(p)])
			rest = rest[min(len(p)+1, len(rest)):]
		}
		authenticate()
	}
	seal = func() {
		base64.RawURLEncoding.Encode(buf, claims)
		authenticate()
		base64.RawURLEncoding.Encode(buf, sum)
	}
	return open, seal
}

func benchmark(b *testing.B, op, peer func()) {
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	against(b, op, peer)
}

func BenchmarkOpenHS256(b *testing.B) {
	codec := newCodec(b, jwt.Options{}, newest)
	value := mustSeal(b, codec, benchClaims)
	raw, _ := rawHMAC(value)
	b.SetBytes(int64(len(value)))
	benchmark(b, func() {
		if _, err := codec.Open(value, now); err != nil {
			b.Fatal(err)
		}
	}, raw)
}

func BenchmarkSealHS256(b *testing.B) {
	codec := newCodec(b, jwt.Options{}, newest)
	claims := []byte(benchClaims)
	_, raw := rawHMAC(mustSeal(b, codec, benchClaims))
	benchmark(b, func() {
		if _, err := codec.Seal(claims, benchLife); err != nil {
			b.Fatal(err)
		}
	}, raw)
}

func BenchmarkVerifyHS256(b *testing.B) {
	value := mustSeal(b, newCodec(b, jwt.Options{}, newest), benchClaims)
	keys, err := jwt.RingKeys(seal.Ring{newest})
	if err != nil {
		b.Fatal(err)
	}
	raw, _ := rawHMAC(value)
	benchVerify(b, jwt.Verifier{Keys: keys}, value, raw)
}

func benchVerify(b *testing.B, v jwt.Verifier, value string, raw func()) {
	b.Helper()
	benchmark(b, func() {
		if _, err := v.Verify(b.Context(), value, now); err != nil {
			b.Fatal(err)
		}
	}, raw)
}

// The public-key algorithms: what the check of the signature alone costs is the peer.

func BenchmarkVerifyRS256(b *testing.B) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	benchPublic(b, "RS256", private)
}

func BenchmarkVerifyES256(b *testing.B) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	benchPublic(b, "ES256", private)
}

func BenchmarkVerifyEdDSA(b *testing.B) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	benchPublic(b, "EdDSA", private)
}

func benchPublic(b *testing.B, alg string, private crypto.Signer) {
	b.Helper()
	key, err := jwt.NewKey("k", private.Public())
	if err != nil {
		b.Fatal(err)
	}
	value := forge(b, alg, private, `{"alg":"`+alg+`","kid":"k"}`, good)
	input := value[:strings.LastIndexByte(value, '.')]
	signature, _ := b64.DecodeString(value[len(input)+1:])
	sum := sha256.Sum256([]byte(input))
	raw := func() {
		var ok bool
		switch p := private.Public().(type) {
		case *rsa.PublicKey:
			ok = rsa.VerifyPKCS1v15(p, crypto.SHA256, sum[:], signature) == nil
		case *ecdsa.PublicKey:
			ok = ecdsa.Verify(p, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
		case ed25519.PublicKey:
			ok = ed25519.Verify(p, []byte(input), signature)
		}
		if !ok {
			b.Fatal("the bare primitive refuses")
		}
	}
	benchVerify(b, jwt.Verifier{Keys: newSet(b, key)}, value, raw)
}
