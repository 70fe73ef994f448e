package pages_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

var headers = []struct{ name, header, want string }{
	{"nothing", "", "en"},
	{"a Korean browser", "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"},
	{"an American browser", "en-US,en;q=0.9", "en"},
	{"a Korean abroad", "en-US,en;q=0.9,ko;q=0.8", "en"},
	{"a Korean in Japan", "ja,ko;q=0.9,en;q=0.8", "ko"},
	{"neither", "ja,fr;q=0.9", "en"},
	{"anything", "*", "en"},
	{"only the weight counts", "en;q=0.5,ko;q=0.6", "ko"},
	{"same weight, first wins", "ko,en", "ko"},
	{"upper case and spaces", " KO-kr ; Q=1 , EN", "ko"},
	{"Korean refused", "ko;q=0,en;q=0.1", "en"},
	{"everything refused", "ko;q=0,en;q=0", "en"},
	{"a script in between", "ko-Kore-KR", "ko"},
	{"another language that begins alike", "kok-IN,kor", "en"},
	{"weight above one", "en,ko;q=9", "en"},
	{"weight not a number", "en;q=0.1,ko;q=NaN", "en"},
	{"weight in another notation", "en;q=0.1,ko;q=0x1p0", "en"},
	{"weight without end", "en;q=0.1,ko;q=0.99999999", "en"},
	{"a parameter that is no weight", "en;q=0.1,ko;level=1", "en"},
	{"only commas", strings.Repeat(",", 400), "en"},
	{"beyond the entries that count", strings.Repeat("fr,", 32) + "ko", "en"},
	{"within the entries that count", strings.Repeat("fr,", 31) + "ko", "ko"},
	{"beyond the bytes that count", strings.Repeat(" ", 512) + "ko", "en"},
	{"a megabyte", strings.Repeat("ko;q=0.1,", 1<<17), "ko"},
}

func TestLanguage(t *testing.T) {
	for _, tt := range headers {
		t.Run(tt.name, func(t *testing.T) {
			if got := pages.Language(tt.header); got != tt.want {
				t.Errorf("Language(%.60q) = %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	for _, lang := range []string{"", "fr", "KO", "ko-KR", `"><b>`} {
		if got := inspect(t, render(t, pages.Frame{Lang: lang}, pages.SignIn{}))[0].attr["lang"]; got != "en" {
			t.Errorf("Frame.Lang %q gives a page in %q", lang, got)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	for _, tt := range headers {
		f.Add(tt.header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := pages.Language(header)
		if got != "ko" && got != "en" {
			t.Fatalf("Language(%q) = %q", header, got)
		}
		if got == "ko" && !strings.Contains(strings.ToLower(header), "ko") {
			t.Fatalf("Language(%q) is Korean out of nowhere", header)
		}
	})
}
