//go:build !race

// The race detector makes sync.Pool forget on purpose.

package iron_test

import (
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

func TestOpenMakesTwoAllocations(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	value, err := codec.Seal([]byte(benchClaims), life)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() { codec.Open(value, now) }); n > 2 {
		t.Errorf("Open makes %v allocations, want 2 at most: the claims and the key schedule of AES", n)
	}
}

func TestRefusingIsCheap(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	for _, v := range readVectors(t, "session") {
		if v.Expect.Accept {
			continue
		}
		if n := testing.AllocsPerRun(20, func() { codec.Open(v.Seal, now) }); n > 6 {
			t.Errorf("%s: %v allocations to refuse it, want 6 at most", v.ID, n)
		}
	}
}
