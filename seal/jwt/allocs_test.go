//go:build !race

// The race detector makes sync.Pool forget on purpose.

package jwt_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

func TestOpenMakesTwoAllocations(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest, older)
	value := mustSeal(t, codec, benchClaims)
	open := func() {
		if _, err := codec.Open(value, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(200, open); n > 1 {
		t.Errorf("Open makes %v allocations, want 1 at most: the bytes of the value", n)
	}
}

func TestRefusingIsCheap(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest, older)
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind == "sig" || c.Expect == "valid" {
			continue
		}
		token := c.text()
		if n := testing.AllocsPerRun(20, func() { codec.Open(token, now) }); n > 8 {
			t.Errorf("%s: %v allocations to refuse it as a session, want 8 at most", c.ID, n)
		}
	}
}

// Size decides before anything is read.
func TestS89_RefusingALongTokenCostsNothing(t *testing.T) {
	keys, err := jwt.RingKeys(seal.Ring{newest})
	if err != nil {
		t.Fatal(err)
	}
	v := jwt.Verifier{Keys: keys}
	for _, token := range []string{strings.Repeat("A", 1<<20), strings.Repeat(".", 64<<10), strings.Repeat("%", 64<<10)} {
		const runs = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if _, err := v.Verify(t.Context(), token, now); err == nil {
				t.Fatal("accepted")
			}
		}
		runtime.ReadMemStats(&after)
		if spent := (after.TotalAlloc - before.TotalAlloc) / runs; spent > 2048 {
			t.Errorf("%.4s…: %d bytes allocated to refuse it", token, spent)
		}
	}
}
