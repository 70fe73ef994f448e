package password_test

import (
	"context"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/signet-auth/signet/password"
)

// BenchmarkVerify runs each verify beside the bare x/crypto function with the same
// parameters and reports the ratio; 1 is the floor.
func BenchmarkVerify(b *testing.B) {
	var h password.Hasher
	encoded, salt := goldenHashes[phrase], []byte("eighteen bytes of!norm=opaque")
	var ours, bare time.Duration
	b.ReportAllocs()
	for b.Loop() {
		begin := time.Now()
		got, err := h.Verify(context.Background(), encoded, phrase)
		between := time.Now()
		argon2.IDKey([]byte(phrase), salt, 2, 19456, 1, 32)
		ours, bare = ours+between.Sub(begin), bare+time.Since(between)
		if !got.Match || err != nil {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(ours)/float64(bare), "×bare")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N)/1000, "ms/verify")
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		password.Parse(goldenHashes[phrase])
	}
}

// BenchmarkRefusal is what a caller costs who finds the queue full.
func BenchmarkRefusal(b *testing.B) {
	h, let := gated(&password.Hasher{Slots: 1, Waiting: -1})
	entered, done := make(chan struct{}), make(chan struct{})
	h.SetGate(func(string) { close(entered); <-let })
	go func() { defer close(done); h.Decoy(context.Background(), phrase) }()
	<-entered
	b.ReportAllocs()
	for b.Loop() {
		h.Decoy(context.Background(), phrase)
	}
	close(let)
	<-done
}

func BenchmarkCheck(b *testing.B) {
	for b.Loop() {
		password.Rules{}.Check(context.Background(), "three small teapots", "minsu.kim@example.com", "Kim Minsu")
	}
}
