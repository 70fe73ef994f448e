package email_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

var update = flag.Bool("update", false, "write the letters in testdata anew; look at the difference before you keep it")

// samples are a letter of each kind.
func samples(lang string) []signet.Letter {
	site := map[string]string{"ko": "감자마켓", "en": "Gamja & Co"}[lang]
	l := func(kind signet.LetterKind, link, code string, left time.Duration) signet.Letter {
		ends := noon.Add(left)
		if left == 0 {
			ends = time.Time{}
		}
		return signet.Letter{Kind: kind, To: "minsu@example.com", Lang: lang, Site: site, Link: link, Code: code, Ends: ends}
	}
	changed := l(signet.LetterChanged, "", "", 0)
	changed.Was = "minsu@example.com"
	change := l(signet.LetterChange, "https://gamja.example/api/auth/change?token=0f3c", "", 24*time.Hour)
	change.Was = "before@example.com"
	return []signet.Letter{
		l(signet.LetterSignIn, link, "048213", 10*time.Minute),
		l(signet.LetterVerify, "https://gamja.example/api/auth/verify?token=0f3c", "", 24*time.Hour),
		l(signet.LetterReset, "https://gamja.example/api/auth/reset?token=0f3c", "", 30*time.Minute),
		change,
		changed,
		l(signet.LetterNewPass, "https://gamja.example/api/auth/account", "", 0),
		l(signet.LetterKnown, "https://gamja.example/api/auth/signin", "", 0),
		l(signet.LetterNew, "https://gamja.example/api/auth/account", "", 0),
	}
}

var style = regexp.MustCompile(`(?s)<style>.*</style>`)

// looks is what all letters have in common; testdata has it once, in the letter that shows
// every part.
var looks = regexp.MustCompile(`(?s)<head>.*</head>\n|<table [^>]*>\n|</?t[rd][^>]*>\n?|</table>\n| (style|class)="[^"]*"`)

func TestGolden(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		for _, l := range samples(lang) {
			t.Run(lang+" "+string(l.Kind), func(t *testing.T) {
				subject, text, markup, err := email.Render(l, noon)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Join("testdata", string(l.Kind)+"."+lang)
				golden(t, name+".txt", "Subject: "+subject+"\n\n"+text)
				markup = style.ReplaceAllString(markup, "<style>/* html/letter.html */</style>")
				if l.Kind != signet.LetterSignIn {
					markup = looks.ReplaceAllString(markup, "")
				}
				golden(t, name+".html", markup)
				for _, leftover := range []string{"{", "}", "_", "Zgotmplz", "<no value>", "%!"} {
					if strings.Contains(subject, leftover) || strings.Contains(strings.ReplaceAll(text, l.Link, ""), leftover) || strings.Contains(markup, "ZgotmplZ") {
						t.Errorf("%q is left over", leftover)
					}
				}
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference. Now:\n%s", file, got)
	}
}

func TestEveryKindSpeaksBothLanguages(t *testing.T) {
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for _, l := range samples("en") {
		for _, site := range []string{"", "Gamja"} {
			l.Site = site
			l.Lang = "ko"
			ko, koText, koHTML, err := email.Render(l, noon)
			if err != nil {
				t.Fatal(err)
			}
			l.Lang = "fr" // read as English
			en, enText, enHTML, err := email.Render(l, noon)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{ko, koText, koHTML} {
				if !hangul.MatchString(s) || strings.Contains(s, "Wasn’t you") {
					t.Errorf("%s: not in Korean: %s", l.Kind, s)
				}
			}
			for _, s := range []string{en, enText, enHTML} {
				if hangul.MatchString(s) {
					t.Errorf("%s: not in English: %s", l.Kind, s)
				}
			}
			if !strings.Contains(koHTML, `lang="ko"`) || !strings.Contains(enHTML, `lang="en"`) || !strings.Contains(enText, "Wasn’t you?") || !strings.Contains(koText, "직접 ") {
				t.Errorf("%s: no language, or no word for strangers", l.Kind)
			}
			for _, s := range []string{ko, koText, en, enText} {
				if strings.Contains(s, "  ") && !strings.Contains(s, "    048213") || strings.Contains(s, " .") || strings.Contains(s, " ,") || s != strings.TrimLeft(s, " ") || (site == "") == strings.Contains(s, "Gamja") {
					t.Errorf("%s, site %q: a gap, or the name is wrong: %q", l.Kind, site, s)
				}
			}
		}
	}
}

func TestLife(t *testing.T) {
	for _, test := range []struct {
		left   time.Duration
		en, ko string
	}{
		{10 * time.Minute, "for 10 minutes.", "10분 동안"},
		{10*time.Minute - 20*time.Millisecond, "for 10 minutes.", "10분 동안"},
		{time.Second, "for 1 minute.", "1분 동안"},
		{-time.Hour, "for 1 minute.", "1분 동안"},
		{90 * time.Minute, "for 90 minutes.", "90분 동안"},
		{2*time.Hour + 59*time.Minute, "for 2 hours.", "2시간 동안"},
		{24*time.Hour - time.Second, "for 24 hours.", "24시간 동안"},
	} {
		for lang, want := range map[string]string{"en": test.en, "ko": test.ko} {
			l := signInLetter(lang)
			l.Ends = noon.Add(test.left)
			if _, text, markup, err := email.Render(l, noon); err != nil || !strings.Contains(text, want) || !strings.Contains(markup, want) {
				t.Errorf("%v left: want %q (%v)\n%s", test.left, want, err, text)
			}
		}
	}
}

func TestWhatALetterNeeds(t *testing.T) {
	for name, change := range map[string]func(*signet.Letter){
		"neither link nor code": func(l *signet.Letter) { l.Link, l.Code = "", "" },
		"a kind nobody knows":   func(l *signet.Letter) { l.Kind = "advertisement" },
		"a code of five digits": func(l *signet.Letter) { l.Code = "12345" },
		"a code of letters":     func(l *signet.Letter) { l.Code = "12345a" },
		"a code of wide digits": func(l *signet.Letter) { l.Code = "１２" },
		"no address":            func(l *signet.Letter) { l.To = "" },
	} {
		l := signInLetter("ko")
		change(&l)
		if _, _, _, err := email.Render(l, noon); err == nil || !strings.HasPrefix(err.Error(), "email: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := signInLetter("en")
	l.Link = ""
	if _, text, markup, err := email.Render(l, noon); err != nil || !strings.Contains(text, "\nType this code on the page") || strings.Contains(markup, "href") {
		t.Errorf("a code alone: %v\n%s", err, text)
	}
	l = signInLetter("en")
	l.Code = ""
	if _, text, _, err := email.Render(l, noon); err != nil || strings.Contains(text, "ype this code") {
		t.Errorf("a link alone: %v\n%s", err, text)
	}
}

// The letter that goes to an address nobody has proved does not tell another address.
func TestChangeKeepsTheOldAddressToItself(t *testing.T) {
	for _, l := range samples("ko") {
		_, text, markup, err := email.Render(l, noon)
		if err != nil || strings.Contains(text+markup, "before@") {
			t.Errorf("%s: %v, or the old address is told", l.Kind, err)
		}
	}
}

// WCAG 2.2 criterion 1.4.3: text has a contrast of 4.5 to what is behind it.
func TestContrast(t *testing.T) {
	for _, pair := range [][2]string{
		{"#1e1d1a", "#ffffff"}, {"#5f5c55", "#ffffff"}, {"#ffffff", "#1f5f4e"}, {"#1a5243", "#e9f1ed"}, {"#1f5f4e", "#ffffff"},
		{"#edece7", "#1c1f1b"}, {"#aba9a0", "#1c1f1b"}, {"#0e211a", "#8ccbb2"}, {"#a9dfca", "#22332c"}, {"#8ccbb2", "#1c1f1b"},
	} {
		if got := contrast(t, pair[0], pair[1]); got < 4.5 {
			t.Errorf("%v has contrast %.2f", pair, got)
		}
	}
	_, _, markup, err := email.Render(signInLetter("ko"), noon)
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(markup[strings.Index(markup, "<body"):]+"\x00"+markup[:strings.Index(markup, "<body")], "\x00")
	for _, c := range regexp.MustCompile(`color: (#[0-9a-f]{6})`).FindAllStringSubmatch(light, -1) {
		if !strings.Contains("#f6f5f1 #ffffff #e6e3db #1e1d1a #5f5c55 #1f5f4e #e9f1ed #1a5243", c[1]) {
			t.Errorf("%s is not measured", c[1])
		}
	}
	for _, c := range regexp.MustCompile(`color: (#[0-9a-f]{6})`).FindAllStringSubmatch(dark, -1) {
		if !strings.Contains("#131512 #1c1f1b #31352f #edece7 #aba9a0 #8ccbb2 #0e211a #22332c #a9dfca", c[1]) {
			t.Errorf("%s is not measured in the dark", c[1])
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		n, err := strconv.ParseUint(hex[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		part := func(shift int) float64 {
			c := float64(n>>shift&0xFF) / 255
			if c <= 0.04045 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}
