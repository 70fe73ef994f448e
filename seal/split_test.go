package seal_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

func TestSplitDecodesEachPart(t *testing.T) {
	want := []string{`{"alg":"dir"}`, "", "a", "ab\xff\x00", strings.Repeat("ciphertext ", 100)}
	var texts []string
	for _, w := range want {
		texts = append(texts, base64.RawURLEncoding.EncodeToString([]byte(w)))
	}
	for n := 1; n <= 5; n++ {
		got, err := seal.Split(strings.Join(texts[:n], "."), n)
		if err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		for i, w := range want[:n] {
			if string(got[i]) != w {
				t.Errorf("%d parts: part %d = %q, want %q", n, i, got[i], w)
			}
		}
		for i := n; i < 5; i++ {
			if got[i] != nil {
				t.Errorf("%d parts: part %d is there too", n, i)
			}
		}
	}
	got, _ := seal.Split(strings.Join(texts, "."), 5)
	if joined := string(got[0][:cap(got[0])]); joined != strings.Join(want, "") {
		t.Errorf("the parts do not lie one after the other: %q", joined)
	}
}

func TestS89_OnlyStrictCompactTokensAreSplit(t *testing.T) {
	for _, c := range []struct {
		name, token string
		parts       int
	}{
		{"empty", "", 1},
		{"too few parts", "YWI.YWI", 3},
		{"too many parts", "YWI.YWI.YWI.YWI", 3},
		{"a dot at the end", "YWI.YWI.YWI.", 3},
		{"a dot in front", ".YWI.YWI.YWI", 3},
		{"padding", "YQ==.YWI.YWI", 3},
		{"padding inside", "YQ=Y.YWI.YWI", 3},
		{"the standard alphabet: plus", "YW+i.YWI.YWI", 3},
		{"the standard alphabet: slash", "YW/i.YWI.YWI", 3},
		{"a newline that encoding/base64 would skip", "YW\nI.YWI.YWI", 3},
		{"a carriage return and a newline", "YWIx\r\nYWI.YWI.YWI", 3},
		{"eight newlines", "\n\n\n\n\n\n\n\n.YWI.YWI", 3},
		{"a newline at the end", "YWI.YWI.YWI\n", 3},
		{"a space in front", " YWI.YWI.YWI", 3},
		{"a space inside", "YW I.YWI.YWI", 3},
		{"a tab", "YW\tI.YWI.YWI", 3},
		{"NUL at the end", "YWI.YWI.YWI\x00", 3},
		{"percent encoding", "YWI%2EYWI.YWI.YWI", 3},
		{"quotes", `"YWI.YWI.YWI"`, 3},
		{"a byte above ASCII", "YW\xc9I.YWI.YWI", 3},
		{"a full-width dot", "YWI．YWI.YWI.YWI", 3},
		{"a full-width letter", "ＹWI.YWI.YWI", 3},
		{"one character cannot be bytes", "Y.YWI.YWI", 3},
		{"five characters cannot be bytes", "YWIxY.YWI.YWI", 3},
		{"a bit set behind one byte", "YR.YWI.YWI", 3},
		{"a bit set behind two bytes", "YWJ.YWI.YWI", 3},
		{"two bytes above the limit", strings.Repeat("A", seal.MaxToken+2), 1},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seal.Split(c.token, c.parts)
			if !errors.Is(err, seal.ErrMalformed) {
				t.Fatalf("Split = %q, %v, want ErrMalformed", got, err)
			}
			for i, p := range got {
				if p != nil {
					t.Errorf("part %d came with the error", i)
				}
			}
			if n := testing.AllocsPerRun(100, func() { seal.Split(c.token, c.parts) }); n > 2 {
				t.Errorf("%v allocations to refuse it, want 2 at most", n)
			}
		})
	}
	if _, err := seal.Split(strings.Repeat("A", seal.MaxToken), 1); err != nil {
		t.Errorf("a token of exactly the limit: %v", err)
	}
}

func TestSplitKnowsOneToFiveParts(t *testing.T) {
	for _, n := range []int{-1, 0, 6} {
		_, err := seal.Split("YWI", n)
		if err == nil || errors.Is(err, seal.ErrMalformed) {
			t.Errorf("Split into %d = %v, want a fault of the caller", n, err)
		}
	}
}
