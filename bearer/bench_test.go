package bearer_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
)

// primitive is the check of one signature and nothing else.
func primitive(algorithm string, input []byte) func() {
	sum := sha256.Sum256(input)
	switch algorithm {
	case "EdDSA":
		public, private, _ := ed25519.GenerateKey(rand.Reader)
		signature := ed25519.Sign(private, input)
		return func() { ed25519.Verify(public, input, signature) }
	case "ES256":
		k := ecKey(elliptic.P256())
		signature, _ := ecdsa.SignASN1(rand.Reader, k, sum[:])
		return func() { ecdsa.VerifyASN1(&k.PublicKey, sum[:], signature) }
	}
	mac, out := hmac.New(sha256.New, make([]byte, 32)), make([]byte, 0, 32)
	return func() {
		mac.Reset()
		mac.Write(input)
		hmac.Equal(mac.Sum(out[:0]), sum[:])
	}
}

// ratio reports how often the time of peer goes into that of op. They run in turns, and the
// turn least disturbed counts.
func ratio(b *testing.B, op, peer func()) {
	b.StopTimer()
	spend := func(f func()) time.Duration {
		start := time.Now()
		for range 100 {
			f()
		}
		return time.Since(start)
	}
	mine, theirs := time.Hour, time.Hour
	for range 30 {
		mine, theirs = min(mine, spend(op)), min(theirs, spend(peer))
	}
	b.ReportMetric(float64(mine)/float64(theirs), "ratio")
	b.ReportMetric(float64(mine-theirs)/100, "more-ns")
}

// A request through a guard, against the bare check of its signature.
func BenchmarkGuard(b *testing.B) {
	for _, algorithm := range []string{"HS256", "EdDSA", "ES256"} {
		for _, cache := range []int{0, 1024} {
			name := algorithm
			if cache > 0 {
				name += "-remembered"
			}
			b.Run(name, func(b *testing.B) {
				m := mintOf(b, algorithm)
				token := usual
				token.Claims = []byte(`{"name":"Kim Minsu","email":"minsu@example.com","role":"editor"}`)
				text := sign(b, m, token)
				g := guard(m)
				g.Cache = cache
				through := g.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
				r, w := bearing(text), httptest.NewRecorder()
				op := func() { through.ServeHTTP(w, r) }
				b.ReportAllocs()
				for b.Loop() {
					op()
				}
				ratio(b, op, primitive(algorithm, []byte(text[:strings.LastIndexByte(text, '.')])))
			})
		}
	}
}

// Making a token, against the bare signature.
func BenchmarkSign(b *testing.B) {
	for _, algorithm := range []string{"HS256", "EdDSA", "ES256"} {
		b.Run(algorithm, func(b *testing.B) {
			m := mintOf(b, algorithm)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := m.Sign(usual); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var _ bearer.Keys = (*bearer.Mint)(nil)
