package password_test

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"github.com/signet-auth/signet/password"
)

// fourByteKeys are n code points of four bytes each.
func fourByteKeys(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteRune(rune(0x1F300 + i*7919%500))
	}
	return s.String()
}

// TestS34_LengthIsInCodePoints: 8 to 256, whatever their bytes, and whatever else they are.
func TestS34_LengthIsInCodePoints(t *testing.T) {
	ctx := context.Background()
	for text, want := range map[string]string{
		"":                         password.TooShort,
		"kx8!qzp":                  password.TooShort,
		"kx8!qzpw":                 "",
		"한글암호짧다요":                  password.TooShort, // 7, however many bytes
		norm.NFD.String("한글암호짧다요"): password.TooShort, // 7, however many pieces
		norm.NFD.String("값진 열쇠 꾸러미 하나"):      "",
		"all lower case and no digit at all": "", // no rules of composition
		"  kx8!qzpw  ":                       "",
		fourByteKeys(256):                    "",
		fourByteKeys(257):                    password.TooLong,
	} {
		if got := codeOf(password.Rules{}.Check(ctx, text)); got != want {
			t.Errorf("Check(%+.40q) = %q, want %q", text, got, want)
		}
	}

	strict := password.Rules{Min: 15, Max: 64}
	if code := codeOf(strict.Check(ctx, "kx8!qzpw")); code != password.TooShort {
		t.Errorf("15 wanted, 8 given: %q", code)
	}
	if code := codeOf(strict.Check(ctx, fourByteKeys(65))); code != password.TooLong {
		t.Errorf("64 allowed, 65 given: %q", code)
	}
	lax := password.Rules{Min: 1, Max: 10_000}
	if codeOf(lax.Check(ctx, "kx8!qzp")) != password.TooShort || codeOf(lax.Check(ctx, fourByteKeys(257))) != password.TooLong {
		t.Error("rules can be laxer than 8 to 256")
	}
}

// TestS34_NothingIsCut: what is too long is refused before any hash runs.
func TestS34_NothingIsCut(t *testing.T) {
	ctx := context.Background()
	h := &password.Hasher{Cost: cheap}
	longest := fourByteKeys(256)
	encoded := mustHash(t, h, longest)
	if !verify(t, h, encoded, longest).Match {
		t.Error("256 code points do not verify")
	}
	if verify(t, h, encoded, longest[:len(longest)-4]+"x").Match {
		t.Error("the last code point does not count")
	}
	if verify(t, h, mustHash(t, h, "  kx8!qzpw  "), "kx8!qzpw").Match {
		t.Error("spaces at the ends do not count")
	}

	before := h.Counts().Hashes
	for name, long := range map[string]string{
		"257 code points": fourByteKeys(257), "257 letters": strings.Repeat("ab", 128) + "c", "a megabyte": strings.Repeat("x", 1<<20),
		"257 syllables in pieces": norm.NFD.String(strings.Repeat("값", 257)),
	} {
		if _, err := h.Hash(ctx, long); codeOf(err) != password.TooLong {
			t.Errorf("%s: Hash error = %v", name, err)
		}
		if verify(t, h, encoded, long).Match {
			t.Errorf("%s: match", name)
		}
		if err := h.Decoy(ctx, long); err != nil {
			t.Errorf("%s: Decoy = %v", name, err)
		}
	}
	if ran := h.Counts().Hashes - before; ran != 0 {
		t.Errorf("%d hashes ran for passwords too long", ran)
	}
}

// TestS39_ControlCharactersAreRefused: NUL is part of bcrypt's repeating key.
func TestS39_ControlCharactersAreRefused(t *testing.T) {
	ctx := context.Background()
	encoded, err := bcrypt.GenerateFromPassword([]byte("abc"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if bcrypt.CompareHashAndPassword(encoded, []byte("abc\x00abc")) != nil {
		t.Error("the trap is gone, the note in unicode.go is out of date")
	}
	h := &password.Hasher{Cost: cheap}
	texts := []string{"abc\x00abc", "abc\x00xyz", "\x00", "abc\x00"}
	for r := range rune(0xa0) {
		if r < 0x20 || r >= 0x7f {
			texts = append(texts, "long enough"+string(r)+"and more")
		}
	}
	for _, text := range texts {
		if got, err := h.Verify(ctx, string(encoded), text); got.Match || err != nil {
			t.Errorf("Verify(%+q) = %+v, %v", text, got, err)
		}
		if _, err := h.Hash(ctx, text); codeOf(err) != password.Control {
			t.Errorf("Hash(%+q) error = %v", text, err)
		}
		if code := codeOf(password.Rules{}.Check(ctx, text)); code != password.Control {
			t.Errorf("Check(%+q) = %q", text, code)
		}
		if err := h.Decoy(ctx, text); err != nil {
			t.Errorf("Decoy(%+q) = %v", text, err)
		}
	}
	if n := h.Counts().Hashes; n != 0 {
		t.Errorf("%d hashes ran", n)
	}
}

// TestS40_OneFormOfUnicode: each way of writing a password opens it with one hash.
func TestS40_OneFormOfUnicode(t *testing.T) {
	h := &password.Hasher{Cost: cheap}
	for name, text := range map[string]string{
		"Hangul": "열려라 참깨 값", "combining marks": "Ångström é ǖ ṩ q̣̇", "singletons": "\u212b\u2126\u1e9b\u0323",
	} {
		nfc, nfd := norm.NFC.String(text), norm.NFD.String(text)
		if nfc == nfd {
			t.Fatalf("%s: has one form only", name)
		}
		for _, stored := range []string{nfc, nfd, text} {
			encoded := mustHash(t, h, stored)
			for _, typed := range []string{nfc, nfd, text} {
				before := h.Counts().Hashes
				if got := verify(t, h, encoded, typed); got != (password.Outcome{Match: true}) {
					t.Errorf("%s: stored %+q, typed %+q: %+v", name, stored, typed, got)
				}
				if n := h.Counts().Hashes - before; n != 1 {
					t.Errorf("%s: %d hashes for a hash of ours", name, n)
				}
			}
		}
	}
}

// TestS40_OtherPasswordsStayOthers: NFC and plain spaces, and no folding beyond them.
func TestS40_OtherPasswordsStayOthers(t *testing.T) {
	h := &password.Hasher{Cost: cheap}
	for name, c := range map[string]struct {
		stored, typed string
		match         bool
	}{
		"ideographic space for space":      {"열쇠 꾸러미 하나", "열쇠\u3000꾸러미\u00a0하나", true},
		"a ligature is not its letters":    {"\ufb01nding nemo", "finding nemo", false},
		"wide letters are not plain":       {"ｗｉｄｅ letters", "wide letters", false},
		"case counts":                      {"열쇠 Key 하나", "열쇠 key 하나", false},
		"two spaces are not one":           {"two  spaces", "two spaces", false},
		"joined emoji stay":                {"👨‍👩‍👧 family", "👨‍👩‍👧 family", true},
		"old Hangul stays":                 {"ᄒᆞᆫ글 열쇠 꾸러미", "ᄒᆞᆫ글 열쇠 꾸러미", true},
		"what JavaScript sends for half 🔑": {"half \ufffd of it", "half \ufffd of it", true},
	} {
		if got := verify(t, h, mustHash(t, h, c.stored), c.typed); got.Match != c.match {
			t.Errorf("%s: match = %v", name, got.Match)
		}
	}
}

// TestS40_WhatIsNotUTF8IsRefused before it is normalised or hashed.
func TestS40_WhatIsNotUTF8IsRefused(t *testing.T) {
	ctx := context.Background()
	h := &password.Hasher{Cost: cheap}
	encoded, before := mustHash(t, h, phrase), h.Counts().Hashes
	for _, text := range []string{
		"lone surrogate \xed\xa0\x80", "lone surrogate \xed\xb0\x80", "cut short \xed\x95", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "overlong \xc0\xaf",
	} {
		if _, err := h.Hash(ctx, text); codeOf(err) != password.Encoding {
			t.Errorf("Hash(%q) error = %v", text, err)
		}
		if code := codeOf(password.Rules{}.Check(ctx, text)); code != password.Encoding {
			t.Errorf("Check(%q) = %q", text, code)
		}
		if verify(t, h, encoded, text).Match {
			t.Errorf("Verify(%q): match", text)
		}
	}
	if n := h.Counts().Hashes - before; n != 0 {
		t.Errorf("%d hashes ran for what is not UTF-8", n)
	}
	if code := codeOf(password.Rules{}.Check(ctx, "half \ufffd of it")); code != password.Encoding {
		t.Errorf("a lost character in a new password: %q", code)
	}
}

// TestS40_LegacyHashesTryThreeForms, the bytes received first, as one attempt.
func TestS40_LegacyHashesTryThreeForms(t *testing.T) {
	const hangul = "열려라 참깨 값"
	nfc, nfd := norm.NFC.String(hangul), norm.NFD.String(hangul)
	mixed := nfc[:len("열려라")] + nfd[len(norm.NFD.String("열려라")):]
	for name, c := range map[string]struct {
		stored, typed string
		match         bool
		hashes        uint64
	}{
		"as received, NFC":      {nfc, nfc, true, 1},
		"as received, NFD":      {nfd, nfd, true, 1},
		"as received, a mix":    {mixed, mixed, true, 1},
		"stored NFC, typed NFD": {nfc, nfd, true, 2},
		"stored NFD, typed NFC": {nfd, nfc, true, 2},
		"stored NFC, typed mix": {nfc, mixed, true, 2},
		"stored NFD, typed mix": {nfd, mixed, true, 3},
		"stored mix, typed NFC": {mixed, nfc, false, 2},
		"wrong Hangul":          {nfc, "다른 " + hangul, false, 2},
		"wrong mix":             {nfc, "x" + mixed, false, 3},
		"ASCII, right":          {phrase, phrase, true, 1},
		"ASCII, wrong":          {phrase, "x" + phrase, false, 1},
		// The bytes of somebody else's hash stay what they are.
		"a wide space for a space": {"열쇠 하나", "열쇠\u3000하나", false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			encoded, err := bcrypt.GenerateFromPassword([]byte(c.stored), bcrypt.MinCost)
			if err != nil {
				t.Fatal(err)
			}
			h := &password.Hasher{Cost: cheap, Slots: 1}
			if got := verify(t, h, string(encoded), c.typed); got.Match != c.match {
				t.Errorf("match = %v", got.Match)
			}
			if n := h.Counts().Hashes; n != c.hashes {
				t.Errorf("%d hashes, want %d", n, c.hashes)
			}
		})
	}
}
