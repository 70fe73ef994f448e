package password_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/signet-auth/signet/password"
)

// FuzzVerify gives any text as a stored hash. What can be read is verified if it is cheap.
func FuzzVerify(f *testing.F) {
	for _, c := range hostile {
		if len(c.encoded) < 1000 {
			f.Add(c.encoded, phrase)
		}
	}
	for _, c := range readCases[foreignCase](f, "foreign.json") {
		f.Add(c.Hash, c.Password)
	}
	f.Add("$argon2id$v=19$m=8,t=1,p=1,pepper=a$c2FsdHNhbHQ$"+sum43, "\xff")
	h := &password.Hasher{Cost: cheap, Peppers: []password.Pepper{{ID: "a", Key: make([]byte, 32)}}}
	f.Fuzz(func(t *testing.T, encoded, text string) {
		info, err := password.Parse(encoded)
		if err != nil {
			if info != (password.Info{}) || !errors.Is(err, password.ErrFormat) && !errors.Is(err, password.ErrLimits) {
				t.Errorf("Parse = %+v, %v", info, err)
			}
			return
		}
		work := password.Work(encoded)
		if info.Algorithm == "" || info.Params == "" || work <= 0 || work > 3_000_000 {
			t.Errorf("Parse = %+v, work %v", info, work)
		}
		if work > 1000 {
			return
		}
		_, err = h.Verify(context.Background(), encoded, text)
		if err != nil && !errors.Is(err, password.ErrPepper) {
			t.Errorf("Verify = %v", err)
		}
	})
}

// FuzzHash holds that every acceptable password has one form, and is verified in each.
func FuzzHash(f *testing.F) {
	for _, text := range []string{phrase, "열려라 참깨", "Å\u3000q\u0323\u0307", "a\x00", "\xed\xa0\x80", "👨‍👩‍👧", "\u0344\u0fb9", strings.Repeat("\u0301", 40)} {
		f.Add(text)
	}
	h := &password.Hasher{Cost: cheap, Rand: zeros{}}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := password.Opaque(text)
		encoded, hashErr := h.Hash(context.Background(), text)
		if (err == nil) != (hashErr == nil) {
			t.Fatalf("%v, Hash = %v", err, hashErr)
		}
		if err != nil {
			return
		}
		if again, err := password.Opaque(form); again != form || err != nil {
			t.Errorf("%+q has the form %+q, which has the form %+q, %v", text, form, again, err)
		}
		for _, typed := range []string{text, norm.NFC.String(text), norm.NFD.String(text)} {
			if len(typed) > 4096 {
				continue
			}
			if got := verify(t, h, encoded, typed); got != (password.Outcome{Match: true}) {
				t.Errorf("stored %+q, typed %+q: %+v", text, typed, got)
			}
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzCheck: any password and any owner give nil or a code that pages can translate.
func FuzzCheck(f *testing.F) {
	f.Add("minsu1234", "minsu@example.com", "앱")
	f.Add("ㅂㅈㄷㄱ1234", "김민수", "")
	f.Add(strings.Repeat("\u0301", 9), "\xff", "\x00")
	f.Add(strings.Repeat("1qaz", 64), "aaaaaaaa", "qaz")
	f.Add("éèüß\u3000ﷺﷺ", "ﷺ", "ǆ")
	f.Fuzz(func(t *testing.T, text, own, word string) {
		err := password.Rules{Words: []string{word}}.Check(context.Background(), text, own)
		if err == nil {
			return
		}
		switch code := codeOf(err); code {
		case password.TooShort, password.TooLong, password.Common, password.Yours, password.Control, password.Encoding:
		default:
			t.Errorf("Check(%+q) = %q", text, code)
		}
		if len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Errorf("%v holds the password", err)
		}
	})
}

// FuzzBreachList: any file gives an answer or an error, and comes to an end.
func FuzzBreachList(f *testing.F) {
	f.Add([]byte(breachFile("\n", func(int) string { return ":1" }, "a", "b", "c")), "b")
	f.Add([]byte("\n\n\n\n"), "a")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		password.BreachList(bytes.NewReader(file), int64(len(file)))(context.Background(), text)
	})
}
