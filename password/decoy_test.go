package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/signet-auth/signet/password"
)

// TestS42_DecoyCostsWhatAWrongPasswordCosts: the same hashes run, for every kind of
// password, whatever kind of hash is stored.
func TestS42_DecoyCostsWhatAWrongPasswordCosts(t *testing.T) {
	ctx := context.Background()
	h := &password.Hasher{Cost: cheap}
	var kinds []string
	h.SetGate(func(kind string) { kinds = append(kinds, kind) })
	ran := func(work func() error) string {
		kinds = nil
		if err := work(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(kinds, "; ")
	}
	texts := []string{
		"wrong", "틀린 열쇠", norm.NFD.String("틀린 열쇠"), "틀" + norm.NFD.String("린 열쇠"), strings.Repeat("x", 80), "\u3000\u3000",
		"", "a\x00b", "\xff", strings.Repeat("x", 300),
	}
	stored := map[password.Info]string{{}: mustHash(t, h, phrase)}
	for _, c := range readCases[foreignCase](t, "foreign.json") {
		if info, err := password.Parse(c.Hash); err == nil && !dear(c.Hash) {
			stored[info] = c.Hash // one of each kind will do
		}
	}
	for kind, encoded := range stored {
		if err := h.Imitate(encoded); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			wrong := ran(func() error { _, err := h.Verify(ctx, encoded, text); return err })
			decoy := ran(func() error { return h.Decoy(ctx, text) })
			if wrong != decoy {
				t.Errorf("%+v, %+.20q: a wrong password runs %q, a decoy %q", kind, text, wrong, decoy)
			}
		}
	}
}

func TestS42_DecoyThatWasToldNothing(t *testing.T) {
	ctx := context.Background()
	var kind string
	fresh := &password.Hasher{}
	fresh.SetGate(func(k string) { kind += k })
	if err := fresh.Decoy(ctx, phrase); err != nil || kind != "argon2id m=19456,t=2,p=1" {
		t.Errorf("Decoy runs %q, %v", kind, err)
	}
	peppered := &password.Hasher{Cost: cheap, Peppers: []password.Pepper{{ID: "a", Key: make([]byte, 32)}}}
	if err := peppered.Decoy(ctx, phrase); err != nil || peppered.Counts().Hashes != 1 {
		t.Errorf("with a pepper: %v, %+v", err, peppered.Counts())
	}
}

func TestS42_ImitateTakesTheMedian(t *testing.T) {
	b53 := strings.Repeat("a", 53)
	hashOf := func(memory int) string {
		return mustHash(t, &password.Hasher{Cost: password.Cost{Memory: memory, Time: 1}}, phrase)
	}
	const unchanged = "argon2id m=32,t=1,p=1"
	for name, c := range map[string]struct {
		stored []string
		want   string
		err    error
	}{
		"one":                        {[]string{hashOf(8)}, "argon2id m=8,t=1,p=1", nil},
		"most are bcrypt":            {[]string{hashOf(8), "$2b$04$" + b53, "$2b$05$" + b53, "$2b$04$" + b53, hashOf(8)}, "bcrypt r=4", nil},
		"the middle of five":         {[]string{hashOf(40), hashOf(8), hashOf(32), hashOf(16), hashOf(24)}, "argon2id m=24,t=1,p=1", nil},
		"the lower middle of two":    {[]string{hashOf(16), hashOf(8)}, "argon2id m=8,t=1,p=1", nil},
		"the unreadable do not vote": {[]string{"", "x", hashOf(16), "$2b$31$" + b53}, "argon2id m=16,t=1,p=1", nil},
		"none can be read":           {[]string{"x"}, unchanged, password.ErrFormat},
		"none is given":              {nil, unchanged, password.ErrFormat},
		"a pepper nobody has":        {[]string{strings.Replace(hashOf(8), "p=1$", "p=1,pepper=gone$", 1)}, unchanged, password.ErrPepper},
	} {
		t.Run(name, func(t *testing.T) {
			var kind string
			h := &password.Hasher{Cost: password.Cost{Memory: 32, Time: 1}}
			h.SetGate(func(k string) { kind = k })
			if err := h.Imitate(c.stored...); !errors.Is(err, c.err) {
				t.Errorf("Imitate = %v, want %v", err, c.err)
			}
			if err := h.Decoy(context.Background(), phrase); err != nil || kind != c.want {
				t.Errorf("Decoy runs %q, %v, want %q", kind, err, c.want)
			}
		})
	}
}
