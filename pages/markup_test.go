package pages_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// each runs a check on every sample in both languages.
func each(t *testing.T, check func(t *testing.T, s sample, page string, tags []*tag)) {
	for _, lang := range []string{"en", "ko"} {
		for _, s := range samples(lang) {
			t.Run(lang+" "+s.name, func(t *testing.T) {
				page := render(t, s.frame, s.page)
				check(t, s, page, inspect(t, page))
			})
		}
	}
}

func TestEveryPageHasItsLandmarks(t *testing.T) {
	each(t, func(t *testing.T, s sample, page string, tags []*tag) {
		if !strings.HasPrefix(page, "<!doctype html>\n") {
			t.Error("no doctype: browsers would fall back to quirks")
		}
		if got := tags[0].attr["lang"]; got != s.frame.Lang {
			t.Errorf("lang = %q, want %q", got, s.frame.Lang)
		}
		for name, want := range map[string]int{"main": 1, "h1": 1, "title": 1, "style": 1} {
			if got := len(only(tags, name)); got != want {
				t.Errorf("%d <%s>, want %d", got, name, want)
			}
		}
		if s.frame.Site != "" && len(only(tags, "header")) != 1 {
			t.Error("no header, though the site has a name")
		}
		if strings.TrimSpace(only(tags, "title")[0].text) == "" {
			t.Error("empty title")
		}
		hangul := strings.ContainsFunc(only(tags, "title")[0].text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
		if s.name != "notice" && hangul != (s.frame.Lang == "ko") {
			t.Errorf("title %q is in the wrong language", only(tags, "title")[0].text)
		}
	})
}

func TestEveryInputHasALabel(t *testing.T) {
	each(t, func(t *testing.T, s sample, page string, tags []*tag) {
		labels, ids := map[string]string{}, map[string]bool{}
		for _, tg := range tags {
			if tg.name == "label" {
				labels[tg.attr["for"]] = strings.TrimSpace(tg.text)
			}
			if id, ok := tg.attr["id"]; ok {
				if ids[id] || id == "" {
					t.Errorf("id %q is not unique", id)
				}
				ids[id] = true
			}
		}
		for _, tg := range tags {
			for _, ref := range []string{"aria-describedby", "aria-labelledby", "for"} {
				for _, id := range strings.Fields(tg.attr[ref]) {
					if !ids[id] {
						t.Errorf("%s of <%s> points to %q, which is not there", ref, tg.name, id)
					}
				}
			}
			if _, hidden := tg.attr["hidden"]; hidden || tg.name != "input" || tg.attr["type"] == "hidden" {
				continue
			}
			if labels[tg.attr["id"]] == "" {
				t.Errorf("input %q has no label", tg.attr["name"])
			}
			if tg.attr["autocomplete"] == "" {
				t.Errorf("input %q does not say what may be filled in", tg.attr["name"])
			}
			if tg.attr["type"] == "password" && tg.attr["value"] != "" {
				t.Errorf("a password is written into the page")
			}
		}
	})
}

func TestEveryFormIsAPlainPost(t *testing.T) {
	each(t, func(t *testing.T, s sample, page string, tags []*tag) {
		forms, tokens := 0, 0
		for _, tg := range tags {
			switch {
			case tg.name == "form":
				forms++
				if tg.attr["method"] != "post" || tg.attr["action"] == "" {
					t.Errorf("form %v is not a post to somewhere", tg.attr)
				}
			case tg.name == "input" && tg.attr["name"] == "csrfToken":
				tokens++
				if tg.attr["value"] != "0123abcd" || tg.attr["type"] != "hidden" {
					t.Errorf("csrfToken is %v", tg.attr)
				}
			case tg.name == "input" && tg.attr["name"] == "callbackUrl":
				if !strings.HasPrefix(tg.attr["value"], "https://orchard.example/") {
					t.Errorf("callbackUrl is %q", tg.attr["value"])
				}
			case tg.name == "button":
				if strings.TrimSpace(tg.text) == "" || tg.attr["type"] != "submit" {
					t.Errorf("button %v without words or type", tg.attr)
				}
			}
		}
		if forms != tokens || forms != len(only(tags, "button")) {
			t.Errorf("%d forms, %d tokens, %d buttons", forms, tokens, len(only(tags, "button")))
		}
	})
}

func TestErrorsAreSaidAloud(t *testing.T) {
	each(t, func(t *testing.T, s sample, page string, tags []*tag) {
		i := slices.IndexFunc(tags, func(tg *tag) bool { return tg.attr["role"] == "alert" })
		for _, tg := range tags {
			wrong := tg.attr["aria-invalid"] == "true"
			if wrong && (i < 0 || !slices.Contains(strings.Fields(tg.attr["aria-describedby"]), tags[i].attr["id"])) {
				t.Errorf("input %q is wrong, but no alert says why", tg.attr["name"])
			}
		}
		var focus []string
		for _, tg := range tags {
			if _, ok := tg.attr["autofocus"]; ok {
				focus = append(focus, tg.attr["name"])
			}
		}
		if got := strings.Join(focus, " "); got != cursor[s.name] {
			t.Errorf("the cursor is in %q, want %q", got, cursor[s.name])
		}
	})
}

// cursor is the one input that takes the cursor, by sample: what is to be mended, or all
// that the page is for.
var cursor = map[string]string{
	"signin-wrong": "password", "signup-refused": "password", "verify-code": "code", "verify-code-wrong": "code",
	"forgot-mistyped": "email", "new-password-refused": "password", "ask-again": "farm",
	"account-single": "password", "account-taken": "email",
}
