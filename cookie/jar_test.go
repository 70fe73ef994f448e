package cookie_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/cookie"
)

func TestGetTakesOneExactName(t *testing.T) {
	for _, c := range []struct {
		name   string
		header []string
		want   string
		err    error
	}{
		{"the only cookie", []string{"sid=1"}, "1", nil},
		{"among others", []string{"a=0; sid=1; b=2"}, "1", nil},
		{"in the second line", []string{"a=0", "sid=1"}, "1", nil},
		{"after an empty line", []string{"", "sid=1"}, "1", nil},
		{"no cookies", nil, "", cookie.ErrAbsent},
		{"other letter case", []string{"SID=1; Sid=2"}, "", cookie.ErrAbsent},
		{"longer name", []string{"sid2=1; xsid=1; sid.0=1"}, "", cookie.ErrAbsent},
		{"without a value", []string{"sid="}, "", nil},
		{"without an equals sign", []string{"sid"}, "", cookie.ErrAbsent},
		{"space before the equals sign", []string{"sid =1"}, "", cookie.ErrAbsent},
		{"tabs and spaces around", []string{"a=0;\t sid=1 \t"}, "1", nil},
		{"space inside the value", []string{"sid=a b"}, "a b", nil},
		{"quotes stay", []string{`sid="1"`}, `"1"`, nil},
		{"twice", []string{"sid=1; sid=2"}, "", cookie.ErrDuplicate},
		{"twice the same", []string{"sid=1; sid=1"}, "", cookie.ErrDuplicate},
		{"twice in two lines", []string{"sid=1", "sid=2"}, "", cookie.ErrDuplicate},
		{"twice, one empty", []string{"sid=; sid=2"}, "", cookie.ErrDuplicate},
		{"other letter case beside it", []string{"SID=evil; sid=1; sId=evil"}, "1", nil},
		{"encoded name is another name", []string{"s%69d=1"}, "", cookie.ErrAbsent},
		{"encoded value", []string{"sid=a%7Cb"}, "a|b", nil},
		{"broken encoding stays", []string{"sid=a%7"}, "a%7", nil},
		{"value not UTF-8 with escapes", []string{"sid=\xff%20"}, "\xff ", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := read(t, c.header...).Get("sid")
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("Get = %q, %v, want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestForeignCookiesHideNothing(t *testing.T) {
	for name, foreign := range map[string]string{
		"control characters":  "a=\x00\x01\x1f\x7f",
		"an open quote":       `a="`,
		"quotes and a comma":  `a="x, y"`,
		"JSON":                `a={"k":"v=1"}`,
		"Korean":              "이름=값",
		"not UTF-8":           "\xff\xfe=\xc0",
		"a stray percent":     "a=100%",
		"no name":             "=sid",
		"no equals sign":      "sid",
		"only semicolons":     ";;;;",
		"a backslash":         `a=\`,
		"attribute lookalike": "Path=/; $Version=1",
		"our name inside":     "a=sid=2",
		"a very long value":   "a=" + strings.Repeat("x", 16_000),
	} {
		t.Run(name, func(t *testing.T) {
			for _, header := range []string{foreign + "; sid=1", "sid=1; " + foreign, foreign + "; sid=1; " + foreign} {
				j := read(t, header)
				if got, err := j.Get("sid"); got != "1" || err != nil {
					t.Errorf("Get in %.60q = %q, %v", header, got, err)
				}
				if got, err := j.Chunked("sid"); got.Value != "1" || err != nil {
					t.Errorf("Chunked in %.60q = %q, %v", header, got.Value, err)
				}
			}
		})
	}
}

func TestFirstTakesTheFirst(t *testing.T) {
	j := read(t, "u=1; u=2", "u=3")
	if got, ok := j.First("u"); got != "1" || !ok {
		t.Errorf("First = %q, %v, want 1", got, ok)
	}
	if got, ok := j.First("v"); got != "" || ok {
		t.Errorf("First = %q, %v, want none", got, ok)
	}
}

func TestAllKeepsOrderAndDuplicates(t *testing.T) {
	var got []string
	for name, value := range read(t, `b=1; a=%41; nameless; b="2"`, "c=").All() {
		got = append(got, name+":"+value)
	}
	if want := []string{"b:1", "a:A", `b:"2"`, "c:"}; !slices.Equal(got, want) {
		t.Errorf("All = %q, want %q", got, want)
	}
	for range read(t, "a=1; b=2").All() {
		break // must not go on
	}
}

func TestReadBounds(t *testing.T) {
	pairs := func(n int) string { return strings.TrimSuffix(strings.Repeat("a=b; ", n), "; ") }
	for _, c := range []struct {
		name  string
		lines []string
		want  error
	}{
		{"nothing", nil, nil},
		{"200 cookies", []string{pairs(200)}, nil},
		{"200 cookies and empty pieces", []string{pairs(200) + "; ; ;;", ";"}, nil},
		{"201 cookies", []string{pairs(201)}, cookie.ErrTooMany},
		{"201 cookies over two lines", []string{pairs(200), "a=b"}, cookie.ErrTooMany},
		{"201 cookies without names", []string{strings.Repeat("x;", 201)}, cookie.ErrTooMany},
		{"10,000 semicolons", []string{strings.Repeat("; ", 10_000)}, nil},
		{"32 KiB", []string{"a=" + strings.Repeat("x", 32<<10-2)}, nil},
		{"32 KiB and one", []string{"a=" + strings.Repeat("x", 32<<10-1)}, cookie.ErrTooLarge},
		{"32 KiB and one over two lines", []string{"a=" + strings.Repeat("x", 32<<10-2), "b"}, cookie.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := cookie.Read(http.Header{"Cookie": c.lines}); !errors.Is(err, c.want) {
				t.Errorf("Read error = %v, want %v", err, c.want)
			}
		})
	}
}

func TestZeroJarIsEmpty(t *testing.T) {
	var j cookie.Jar
	if _, err := j.Get("a"); !errors.Is(err, cookie.ErrAbsent) {
		t.Errorf("Get error = %v", err)
	}
	if _, err := j.Chunked("a"); !errors.Is(err, cookie.ErrAbsent) {
		t.Errorf("Chunked error = %v", err)
	}
	if names := j.Family("a"); names != nil {
		t.Errorf("Family = %q", names)
	}
}

func TestReadingAllocatesNextToNothing(t *testing.T) {
	h := tenCookies("sid=" + strings.Repeat("x", 500))
	plain, _ := cookie.Read(h)
	chunks, _ := cookie.Read(tenCookies("sid.0=a; sid.1=b; sid.2=c; sid.3=d"))
	encoded, _ := cookie.Read(tenCookies("sid=a%7Cb"))
	for _, c := range []struct {
		name string
		most float64
		do   func()
	}{
		{"Read", 0, func() { cookie.Read(h) }},
		{"Get", 0, func() { plain.Get("sid") }},
		{"Get of an absent cookie", 0, func() { plain.Get("none") }},
		{"First of an encoded value", 1, func() { encoded.First("sid") }},
		{"Chunked of a bare cookie: its Names", 1, func() { plain.Chunked("sid") }},
		{"Chunked of an absent cookie", 0, func() { plain.Chunked("none") }},
		{"Chunked of four: its Names and its Value", 2, func() { chunks.Chunked("sid") }},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.most {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.most)
		}
	}
}
