package authjs_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// benchClaims is what a session looks like after a sign-in with one upstream token.
const benchClaims = `{"name":"Kim Minsu","email":"minsu@example.com","picture":"https://img.example.com/u/1001.png",` +
	`"sub":"u-1001","role":"editor","accessToken":"0123456789abcdef0123456789abcdef0123456789abcdef"}`

var benchLife = seal.Life{Issued: time.Unix(1767225600, 0), Expires: time.Unix(1769817600, 0)}

func benchCodec(b *testing.B, makeCodec seal.Make) seal.Codec {
	b.Helper()
	c, err := makeCodec(seal.Secrets("signet-test-secret-0123456789abcdefghijklmnop"), "authjs.session-token")
	if err != nil {
		b.Fatal(err)
	}
	return c
}

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

func BenchmarkOpenV5(b *testing.B) { benchOpen(b, authjs.V5, rawCBC) }
func BenchmarkOpenV4(b *testing.B) { benchOpen(b, authjs.V4, rawGCM) }
func BenchmarkSealV5(b *testing.B) { benchSeal(b, authjs.V5, rawCBC) }
func BenchmarkSealV4(b *testing.B) { benchSeal(b, authjs.V4, rawGCM) }

func benchOpen(b *testing.B, makeCodec seal.Make, raw func(*testing.B, string) (open, seal func())) {
	c := benchCodec(b, makeCodec)
	value, err := c.Seal([]byte(benchClaims), benchLife)
	if err != nil {
		b.Fatal(err)
	}
	op := func() {
		if _, err := c.Open(value, benchLife.Issued); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	peer, _ := raw(b, value)
	against(b, op, peer)
}

func benchSeal(b *testing.B, makeCodec seal.Make, raw func(*testing.B, string) (open, seal func())) {
	c := benchCodec(b, makeCodec)
	value, err := c.Seal([]byte(benchClaims), benchLife)
	if err != nil {
		b.Fatal(err)
	}
	op := func() {
		if _, err := c.Seal([]byte(benchClaims), benchLife); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	_, peer := raw(b, value)
	against(b, op, peer)
}

// rawCBC does the primitives of a version 5 value and nothing else: base64, a kept
// HMAC-SHA-512 and AES-CBC over the same bytes.
func rawCBC(b *testing.B, value string) (open, seal func()) {
	parts := strings.Split(value, ".")
	buf := make([]byte, 4096)
	text := make([]byte, 4096)
	mac := hmac.New(sha512.New, buf[:32])
	block, err := aes.NewCipher(buf[:32])
	if err != nil {
		b.Fatal(err)
	}
	sum := make([]byte, 0, 64)
	authenticate := func(n int) {
		mac.Reset()
		mac.Write([]byte(parts[0]))
		mac.Write(buf[:16])
		mac.Write(buf[:n])
		mac.Write(buf[:8])
		sum = mac.Sum(sum[:0])
	}
	size := base64.RawURLEncoding.DecodedLen(len(parts[3]))
	open = func() {
		for _, p := range parts {
			base64.RawURLEncoding.Decode(buf, []byte(p))
		}
		authenticate(size)
		cipher.NewCBCDecrypter(block, buf[:16]).CryptBlocks(buf[:size], buf[:size])
	}
	seal = func() {
		cipher.NewCBCEncrypter(block, buf[:16]).CryptBlocks(buf[:size], buf[:size])
		authenticate(size)
		base64.RawURLEncoding.Encode(text, buf[:size+16+32])
	}
	return open, seal
}

// rawGCM does the same for version 4.
func rawGCM(b *testing.B, value string) (open, seal func()) {
	parts := strings.Split(value, ".")
	buf := make([]byte, 4096)
	text := make([]byte, 4096)
	block, err := aes.NewCipher(buf[:32])
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	size := base64.RawURLEncoding.DecodedLen(len(parts[3]))
	aad := []byte(parts[0])
	sealed := gcm.Seal(nil, buf[:12], make([]byte, size), aad)
	plain := make([]byte, 0, size)
	open = func() {
		for _, p := range parts {
			base64.RawURLEncoding.Decode(text, []byte(p))
		}
		if _, err := gcm.Open(plain, buf[:12], sealed, aad); err != nil {
			b.Fatal(err)
		}
	}
	seal = func() {
		sealed = gcm.Seal(sealed[:0], buf[:12], plain[:size], aad)
		base64.RawURLEncoding.Encode(text, buf[:size+12+16])
	}
	return open, seal
}
