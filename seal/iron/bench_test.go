package iron_test

import (
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

// benchClaims has about 300 bytes, as a session with one upstream token.
const benchClaims = `{"user":{"id":1001,"name":"Kim Minsu","email":"minsu@example.com","picture":"https://img.example.com/u/1001.png",` +
	`"role":"editor"},"accessToken":"0123456789abcdef0123456789abcdef0123456789abcdef","cart":[{"sku":"carrot-01","n":2},` +
	`{"sku":"leek-07","n":1}],"theme":"dark","lang":"ko-KR"}`

// against reports how often the time of peer goes into that of op. They run in turns, so
// that a busy machine slows both; the turn least disturbed counts.
func against(b *testing.B, op, peer func()) {
	b.StopTimer()
	const turns, each = 40, 200
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

func BenchmarkOpen(b *testing.B) {
	c := makeCodec(b, iron.New, seal.Secrets(secret))
	value, err := c.Seal([]byte(benchClaims), life)
	if err != nil {
		b.Fatal(err)
	}
	op := func() {
		if _, err := c.Open(value, now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	against(b, op, rawOpen(b, value))
}

func BenchmarkOpenInParallel(b *testing.B) {
	c := makeCodec(b, iron.New, seal.Secrets(secret))
	value, err := c.Seal([]byte(benchClaims), life)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Open(value, now); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkRefuseForged(b *testing.B) {
	c := makeCodec(b, iron.New, seal.Secrets(secret))
	value, err := c.Seal([]byte(benchClaims), life)
	if err != nil {
		b.Fatal(err)
	}
	forged := strings.Replace(value, "~2", "", 1)
	forged = forged[:len(forged)-1] + "_~2"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Open(forged, now); err == nil {
			b.Fatal("a forged seal opens")
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	c := makeCodec(b, iron.New, seal.Secrets(secret))
	value, err := c.Seal([]byte(benchClaims), life)
	if err != nil {
		b.Fatal(err)
	}
	op := func() {
		if _, err := c.Seal([]byte(benchClaims), life); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	against(b, op, rawOpen(b, value))
}

// rawOpen does the primitives of a seal as the standard library has them, and nothing
// else: two keys by PBKDF2, a MAC, base64 and AES-CBC. Sealing needs the same.
func rawOpen(b *testing.B, value string) func() {
	parts := strings.Split(strings.TrimSuffix(value, "~2"), "*")
	base := []byte(value[:strings.LastIndex(value[:strings.LastIndex(value, "*")], "*")])
	buf := make([]byte, 4096)
	ct := []byte(parts[4])
	derive := func(salt string) []byte {
		key, err := pbkdf2.Key(sha1.New, secret, []byte(salt), 1, 32)
		if err != nil {
			b.Fatal(err)
		}
		return key
	}
	sum := make([]byte, 0, 32)
	return func() {
		mac := hmac.New(sha256.New, derive(parts[6]))
		mac.Write(base)
		sum = mac.Sum(sum[:0])
		n, err := base64.RawURLEncoding.Decode(buf, ct)
		if err != nil {
			b.Fatal(err)
		}
		block, err := aes.NewCipher(derive(parts[2]))
		if err != nil {
			b.Fatal(err)
		}
		cipher.NewCBCDecrypter(block, buf[:16]).CryptBlocks(buf[:n], buf[:n])
	}
}
