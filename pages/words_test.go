package pages_test

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/signet-auth/signet/pages"
)

// texts are all strings of one language by the path of their field.
func texts(v reflect.Value, path string, into map[string]string) {
	switch v.Kind() {
	case reflect.String:
		into[path] = v.String()
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), path+"."+v.Type().Field(i).Name, into)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			texts(v.MapIndex(k), path+"["+k.String()+"]", into)
		}
	}
}

func both() (en, ko map[string]string) {
	en, ko = map[string]string{}, map[string]string{}
	texts(reflect.ValueOf(*pages.English), "", en)
	texts(reflect.ValueOf(*pages.Korean), "", ko)
	return en, ko
}

func TestBothLanguagesSayEverything(t *testing.T) {
	en, ko := both()
	if a, b := slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ko)); !slices.Equal(a, b) {
		t.Fatalf("the languages have different texts:\n%v\n%v", a, b)
	}
	hole := regexp.MustCompile(`\{(browser|system)?\}`)
	for path := range en {
		if strings.TrimSpace(en[path]) == "" || strings.TrimSpace(ko[path]) == "" {
			t.Errorf("%s is empty", path)
		}
		a, b := hole.FindAllString(en[path], -1), hole.FindAllString(ko[path], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) && !strings.HasSuffix(path, ".One") {
			t.Errorf("%s has room for %v in English and %v in Korean", path, a, b)
		}
	}
}

func TestTextsAreInTheirLanguage(t *testing.T) {
	en, ko := both()
	hangul := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
	}
	wordless := []string{".Lang", ".Date", ".AgentOn"}
	for path := range en {
		if hangul(en[path]) {
			t.Errorf("English %s = %q", path, en[path])
		}
		if !hangul(ko[path]) && !slices.Contains(wordless, path) {
			t.Errorf("Korean %s = %q", path, ko[path])
		}
	}
}

// A particle that depends on how the word before it ends cannot follow a name that is
// filled in: it would be wrong for half of all names.
func TestKoreanFitsAnyName(t *testing.T) {
	particle := regexp.MustCompile(`\}(은|는|이|가|을|를|와|과|으로|로|아|야)([ .,?!]|$)`)
	_, ko := both()
	for path, text := range ko {
		if m := particle.FindString(text); m != "" {
			t.Errorf("%s = %q has %q after a name", path, text, m)
		}
	}
}

func TestEveryCodeHasItsWords(t *testing.T) {
	want := slices.Sorted(maps.Keys(pages.Codes))
	for _, w := range []map[string]struct{}{keys(pages.English.Sayings), keys(pages.Korean.Sayings)} {
		delete(w, "") // the general text
		if got := slices.Sorted(maps.Keys(w)); !slices.Equal(got, want) {
			t.Errorf("codes with words: %v\nwant %v", got, want)
		}
	}
}

func keys[V any](m map[string]V) map[string]struct{} {
	set := map[string]struct{}{}
	for k := range m {
		set[k] = struct{}{}
	}
	return set
}
