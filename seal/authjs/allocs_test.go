//go:build !race

// The race detector makes sync.Pool forget on purpose.

package authjs_test

import "testing"

func TestOpenMakesTwoAllocations(t *testing.T) {
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret)
		value, err := codec.Seal([]byte(benchClaims), life)
		if err != nil {
			t.Fatal(err)
		}
		open := func() {
			if _, err := codec.Open(value, now); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(200, open); n > 2 {
			t.Errorf("%s: Open makes %v allocations, want 2 at most: the value's bytes and its print", version, n)
		}
	}
}

func TestRefusingIsCheap(t *testing.T) {
	for version, f := range versions {
		codec := makeCodec(t, f.version, f.salt, f.secret)
		for _, c := range readCases[hostileCase](t, "hostile.json") {
			if c.Kind != "session-jwe" || c.Expect == "valid" {
				continue
			}
			if n := testing.AllocsPerRun(20, func() { codec.Open(c.Token, now) }); n > 8 {
				t.Errorf("%s: %s: %v allocations to refuse it, want 8 at most", version, c.ID, n)
			}
		}
	}
}
