package pages_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

// scheme reads the colours from a block of custom properties.
func scheme(block string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// schemes are the two blocks at the top of the style, and the rest of it.
func schemes(t *testing.T) (light, dark map[string]string, rest string) {
	t.Helper()
	blocks := regexp.MustCompile(`(?s)^:root \{(.*?)\n\}\n@media \(prefers-color-scheme: dark\) \{\n  :root \{(.*?)\n  \}\n\}\n(.*)$`)
	m := blocks.FindStringSubmatch(strings.TrimSuffix(pages.Style, pages.Brands))
	if m == nil {
		t.Fatal("the style does not begin with the two colour schemes")
	}
	return scheme(m[1]), scheme(m[2]), m[3]
}

// luminance and contrast follow WCAG 2.2, "relative luminance" and "contrast ratio".
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("colour %q", hex)
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

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// shown are the pairs that meet on a page: text needs 4.5, edges of inputs and the focus
// ring 3 (WCAG 2.2 criteria 1.4.3 and 1.4.11).
var shown = []struct {
	front, back string
	least       float64
}{
	{"ink", "card", 4.5}, {"ink", "paper", 4.5}, {"ink", "tint", 4.5}, {"ink", "wrong-tint", 4.5},
	{"soft", "card", 4.5}, {"soft", "paper", 4.5},
	{"accent", "card", 4.5}, {"accent", "paper", 4.5}, {"accent-deep", "card", 4.5}, {"accent-deep", "paper", 4.5},
	{"on-accent", "accent", 4.5}, {"on-accent", "accent-deep", 4.5},
	{"on-tint", "tint", 4.5}, {"wrong", "wrong-tint", 4.5}, {"wrong", "card", 4.5},
	{"edge", "card", 3}, {"accent", "tint", 3}, {"edge", "wrong-tint", 3},
}

func TestContrastInBothSchemes(t *testing.T) {
	light, dark, _ := schemes(t)
	for name, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range shown {
			if got := contrast(t, colours[p.front], colours[p.back]); got < p.least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", name, p.front, p.back, got, p.least)
			}
		}
	}
}

func TestColoursAreOnlyNamedInTheSchemes(t *testing.T) {
	light, dark, rest := schemes(t)
	if len(light) == 0 || len(light) != len(dark) {
		t.Errorf("%d colours in light, %d in dark", len(light), len(dark))
	}
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl|oklch)a?\(`).FindString(rest); m != "" {
		t.Errorf("a colour outside of the schemes, so with no dark form: %s", m)
	}
	for _, m := range regexp.MustCompile(`var\(--([a-z-]+)\)`).FindAllStringSubmatch(rest, -1) {
		if light[m[1]] == "" && m[1] != "shadow" {
			t.Errorf("--%s is used and not set", m[1])
		}
	}
	// Text on a ground of its own must be among the pairs that are measured.
	ground := regexp.MustCompile(`background: var\(--([a-z-]+)\); color: var\(--([a-z-]+)\)`)
	for _, m := range ground.FindAllStringSubmatch(rest, -1) {
		measured := false
		for _, p := range shown {
			measured = measured || p.back == m[1] && p.front == m[2] && p.least == 4.5
		}
		if !measured {
			t.Errorf("--%s on --%s is not measured", m[2], m[1])
		}
	}
}

// The colors of providers bring their own ground, so that they need no dark form. A drawing
// on it needs 3, the text of a button 4.5 (WCAG 2.2 criteria 1.4.11 and 1.4.3).
func TestContrastOfProviders(t *testing.T) {
	rules := regexp.MustCompile(`(?m)^(\.[a-z., -]+) \{ --tile: (\S+); --glyph: (\S+); \}$`).FindAllStringSubmatch(pages.Brands, -1)
	seen := map[string]bool{}
	for _, r := range rules {
		least := 3.0
		if strings.Contains(r[1], ".on-") {
			least = 4.5
		}
		if r[2] != "var(--ink)" || r[3] != "var(--card)" { // which is measured above
			if got := contrast(t, r[2], r[3]); got < least {
				t.Errorf("%s has contrast %.2f, want %.1f", r[1], got, least)
			}
		}
		for _, class := range strings.Split(r[1], ", ") {
			seen[strings.TrimPrefix(class, ".")] = true
		}
	}
	for name := range pages.Drawings {
		if !seen[name] {
			t.Errorf("the drawing %q has no colors", name)
		}
	}
	if all := strings.Count(pages.Brands, "#"); all != 2*(len(rules)-1) {
		t.Errorf("%d colors, and %d rules that are measured", all, len(rules))
	}
}

func TestStyleKeepsItsPromises(t *testing.T) {
	for _, want := range []string{":focus-visible { outline: 3px", "prefers-reduced-motion: reduce", "forced-colors: active",
		":lang(ko) { word-break: keep-all; }", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR"} {
		if !strings.Contains(pages.Style, want) {
			t.Errorf("the style has no %q", want)
		}
	}
	// 2.75rem is 44 px. Everything that is touched has a least height.
	for _, m := range regexp.MustCompile(`min-height: ([0-9.]+)rem`).FindAllStringSubmatch(pages.Style, -1) {
		if rem, _ := strconv.ParseFloat(m[1], 64); rem < 2.75 {
			t.Errorf("a target of %s rem is hard to touch", m[1])
		}
	}
	for _, rule := range []string{`(?s)\nbutton, \.button \{[^}]*min-height`, `(?s)\ninput:not[^}]*min-height`, `(?s)\.aside a, footer a \{[^}]*min-height`, `(?s)\.brand \{[^}]*min-height`, `(?s)\.folds summary \{[^}]*min-height`} {
		if !regexp.MustCompile(rule).MatchString(pages.Style) {
			t.Errorf("no least height: %s", rule)
		}
	}
}
