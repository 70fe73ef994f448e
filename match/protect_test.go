package match_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

func TestCovers(t *testing.T) {
	docs := match.Site{BasePath: "/docs"}
	korean := match.Site{Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	for name, c := range map[string]struct {
		site    match.Site
		pattern match.Pattern
		covered []string
		open    []string
	}{
		"a final slash is added": {
			pattern: match.Pattern{Source: "/api/(.*)"},
			covered: []string{"/api", "/api/", "/api/x"},
			open:    []string{"/", "/apix"},
		},
		"the base path itself is inside": {
			site: docs, pattern: match.Pattern{Source: "/((?!api).*)"},
			covered: []string{"/docs", "/docs/", "/docs/x"},
			open:    []string{"/docs/api", "/docs/api/", "/x", "/docsx"},
		},
		"a final slash does not undo an exclusion that ends there": {
			pattern: match.Pattern{Source: `/((?!.*\.png$|login$).*)`},
			covered: []string{"/a", "/login/x", "/a.png/b", "/loginx"},
			open:    []string{"/a.png", "/login", "/x/y.png"},
		},
		"neither does one that ends at the end or a slash": {
			pattern: match.Pattern{Source: `/((?!api(?:/|$)).*)`},
			covered: []string{"/", "/apiary", "/dash.rsc"},
			open:    []string{"/api", "/api/", "/api/x"},
		},
		"an exclusion holds only if every reading is excluded": {
			pattern: match.Pattern{Source: "/((?!api).*)"},
			covered: []string{"/%61pi/x", "/x%2f..%2fapi", "/x/../api", "//api", "/_next/data/OTHER/api/x.json"},
			open:    []string{"/api", "/api/x", "/api%2Fx", "/api/x.rsc", "/api/./x", "/api//x"},
		},
		"files that a rule leaves out stay out": {
			pattern: match.Pattern{Source: `/((?!.*\..*|_next).*)`},
			covered: []string{"/dash", "/dash.rsc", "/dash.segments/_tree.segment.rsc", "/dash%2ersc"},
			open:    []string{"/manifest.json", "/a.png", "/_next/static/chunks/a.js", "/robots.txt"},
		},
		"data paths ask for their page": {
			pattern: match.Pattern{Source: `/((?!_next).*)`},
			covered: []string{"/_next/data/b1/dash.json", "/_next/data/b1/index.json"},
			open:    []string{"/_next/static/a.js", "/_next/image?url=%2Fa.png&w=1&q=1"},
		},
		"also under a base path": {
			site: docs, pattern: match.Pattern{Source: `/((?!_next).*)`},
			covered: []string{"/docs/_next/data/b1/dash.json", "/docs/_next/data/b1/index.json", "/docs/dash.rsc"},
			open:    []string{"/docs/_next/static/a.js"},
		},
		"letters keep their case": {
			pattern: match.Pattern{Source: "/admin/:path*"},
			covered: []string{"/admin", "/admin/x"},
			open:    []string{"/Admin", "/ADMIN/x"},
		},
		"a path without a locale is one with the default": {
			site: korean, pattern: match.Pattern{Source: "/about"},
			covered: []string{"/about", "/en/about", "/ko/about", "/KO/about", "/about/", "/_next/data/b1/ko/about.json", "/_next/data/b1/about.json"},
			open:    []string{"/x/about", "/ko/x"},
		},
		"an exclusion is not fooled by locales": {
			site: korean, pattern: match.Pattern{Source: "/((?!api).*)"},
			covered: []string{"/dash", "/ko/dash", "/%61pi/x"},
			open:    []string{"/api/x", "/ko/api/x", "/api"},
		},
		"without locale the path as sent counts too": {
			site: korean, pattern: match.Pattern{Source: "/about", NoLocale: true},
			covered: []string{"/about"},
			open:    []string{"/en/about", "/ko/about"},
		},
		"conditions play no part": {
			pattern: match.Pattern{Source: "/a", Missing: []match.Condition{{Type: "query", Key: "open"}}},
			covered: []string{"/a", "/a?open=1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := match.Compile(c.site, c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, target := range c.covered {
				wantCovered(t, set, target, true)
			}
			for _, target := range c.open {
				wantCovered(t, set, target, false)
			}
		})
	}
}

func wantCovered(t *testing.T, set *match.Set, target string, want bool) {
	t.Helper()
	if got := set.Covers(target); got != want {
		t.Errorf("Covers(%s) = %v, want %v", target, got, want)
	}
	if got := set.CoversRequest(match.Request{Target: target}); got != want {
		t.Errorf("CoversRequest(%s) = %v, want %v", target, got, want)
	}
	if got := set.ExplainCovers(target).Covered; got != want {
		t.Errorf("ExplainCovers(%s) says %v, want %v", target, got, want)
	}
}

func TestClientMayChoose(t *testing.T) {
	p := match.Pattern{
		Source:          "/a/:path*",
		Missing:         []match.Condition{{Type: "header", Key: "purpose", Value: "prefetch"}},
		ClientMayChoose: true,
	}
	set, err := match.Compile(match.Site{}, p)
	if err != nil {
		t.Fatal(err)
	}
	prefetch := map[string][]string{"Purpose": {"prefetch"}}
	for _, target := range []string{"/a/b", "/a/%62", "/a;x/b"} {
		if !set.CoversRequest(match.Request{Target: target}) {
			t.Errorf("CoversRequest(%s) = false without the header", target)
		}
		if set.CoversRequest(match.Request{Target: target, Header: prefetch}) {
			t.Errorf("CoversRequest(%s) = true with the header", target)
		}
		if !set.Covers(target) {
			t.Errorf("Covers(%s) = false", target)
		}
	}
	if warnings, err := set.Protects(); err != nil || len(warnings) != 0 {
		t.Errorf("Protects = %v, %v", warnings, err)
	}
	p.ClientMayChoose = false
	set, err = match.Compile(match.Site{}, p)
	if err != nil {
		t.Fatal(err)
	}
	if !set.CoversRequest(match.Request{Target: "/a/b", Header: prefetch}) {
		t.Error("a header took the client out of a rule that is not marked")
	}
}

func TestProtectsRefusesWhatTheClientChooses(t *testing.T) {
	condition := []match.Condition{{Type: "header", Key: "next-router-prefetch"}}
	for _, p := range []match.Pattern{{Source: "/a", Has: condition}, {Source: "/a", Missing: condition}} {
		set, err := match.Compile(match.Site{}, match.Pattern{Source: "/b"}, p)
		if err != nil {
			t.Fatal(err)
		}
		var refused *match.PatternError
		if _, err := set.Protects(); !errors.As(err, &refused) || refused.Pattern != "/a" {
			t.Errorf("Protects error = %v, want a PatternError for /a", err)
		}
	}
}

func TestProtectsWarns(t *testing.T) {
	i18n := match.Site{Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	for name, c := range map[string]struct {
		site    match.Site
		pattern match.Pattern
		want    string // part of the only warning; empty: none
	}{
		"exclusions that end inside a segment": {match.Site{}, match.Pattern{Source: classicPattern}, "begins with api, _next/static, _next/image, favicon.ico"},
		"exclusions in an inner group":         {match.Site{}, match.Pattern{Source: "/((?!(?:api|trpc)).*)"}, "begins with (?:api|trpc)"},
		"exclusions of whole segments":         {match.Site{}, match.Pattern{Source: "/((?!api(?:/|$)|login$|.*\\.png$|.*\\..*|trpc/).*)"}, ""},
		"parameters that follow text":          {match.Site{}, match.Pattern{Source: "/:from-:to/:name.:ext"}, ""},
		"plain patterns":                       {i18n, match.Pattern{Source: "/userposts/:path*"}, ""},
		"a source without its locale":          {i18n, match.Pattern{Source: "/about", NoLocale: true}, "begin with a locale"},
		"a source with its locale":             {i18n, match.Pattern{Source: "/KO/about", NoLocale: true}, ""},
		"a source that may begin with any":     {i18n, match.Pattern{Source: "/:locale/about", NoLocale: true}, ""},
		"a bar without a group": {match.Site{}, match.Pattern{Source: "/a", ClientMayChoose: true,
			Has: []match.Condition{{Type: "header", Key: "x-role", Value: "admin|staff"}}}, `header "x-role" like "admin|staff"`},
		"a bar in a group": {match.Site{}, match.Pattern{Source: "/a", ClientMayChoose: true,
			Has: []match.Condition{{Type: "header", Key: "x-role", Value: "(admin|staff)"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := match.Compile(c.site, c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			warnings, err := set.Protects()
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(warnings) != 0 {
					t.Errorf("Protects = %v, want no warning", warnings)
				}
				return
			}
			if len(warnings) != 1 || !strings.Contains(warnings[0].String(), c.want) || warnings[0].Pattern != c.pattern.Source {
				t.Errorf("Protects = %v, want one warning with %q", warnings, c.want)
			}
		})
	}
	var none *match.Set
	if warnings, err := none.Protects(); warnings != nil || err != nil {
		t.Errorf("Protects of no set = %v, %v", warnings, err)
	}
}

func TestCanonical(t *testing.T) {
	for target, want := range map[string]string{
		"/":                 "/",
		"/a/b?c=d/../e":     "/a/b",
		"/a//b/./c/../d/":   "/a/b/d/",
		"/%61%2D%5f%7E/%2e": "/a-_~/",
		"/a/%2E%2e/b":       "/b",
		"/../..":            "/",
		"/a%20b/%EA%B0%80":  "/a%20b/%EA%B0%80",
		"/a%3Fb%23c":        "/a%3Fb%23c",
		"/a<b>":             "/a%3Cb%3E",
		"/a;v=1":            "/a;v=1",
		"http://h/a/../b":   "/b",
	} {
		got, err := match.Canonical(target)
		if err != nil || got != want {
			t.Errorf("Canonical(%s) = %s, %v, want %s", target, got, err, want)
		}
		if again, err := match.Canonical(got); err != nil || again != got {
			t.Errorf("Canonical(%s) = %s, %v: not the same twice", got, again, err)
		}
	}
	for name, target := range map[string]string{
		"an escaped slash":               "/a%2fb",
		"an escaped backslash":           "/a%5Cb",
		"a backslash":                    `/a\b`,
		"an escaped NUL":                 "/a%00",
		"an escaped line feed":           "/a%0ab",
		"an escaped DEL":                 "/a%7f",
		"two layers of escapes":          "/a%252fb",
		"overlong UTF-8":                 "/a%c0%afb",
		"Latin-1":                        "/caf%e9",
		"half a surrogate pair":          "/%ed%a0%80",
		"a broken escape":                "/a%2",
		"a percent sign alone":           "/100%",
		"parameters of a dot segment":    "/a/..;x=1/b",
		"parameters of an escaped one":   "/a/%2e%2e%3bx/b",
		"a fragment":                     "/a#b",
		"a fragment in front of a query": "/a#?b",
	} {
		if got, err := match.Canonical(target); !errors.Is(err, match.ErrAmbiguous) || got != "" {
			t.Errorf("%s: Canonical(%s) = %q, %v, want ErrAmbiguous", name, target, got, err)
		} else if strings.Contains(err.Error(), target) {
			t.Errorf("%s: the error repeats the target: %v", name, err)
		}
	}
	if _, err := match.Canonical("/a b"); !errors.Is(err, match.ErrTarget) {
		t.Errorf("an illegal target: %v, want ErrTarget", err)
	}
	if _, err := match.Canonical("/" + strings.Repeat("a", 9000)); !errors.Is(err, match.ErrLong) {
		t.Errorf("a long target: %v, want ErrLong", err)
	}
}

// What is left out of the judgement is exactly what was asked for, and nothing hides in it.
func TestEscapesAreLeft(t *testing.T) {
	const slash, percent, bytes = match.EscapedSlash, match.EscapedPercent, match.EscapedBytes
	for _, c := range []struct {
		name, target string
		left         match.Escapes
		want         string // empty: ambiguous
	}{
		{"a slash", "/projects/group%2Fname", slash, "/projects/group%2Fname"},
		{"a slash beside what is plain", "/a/./%62/x%2fy?z=%2f", slash, "/a/b/x%2fy"},
		{"a slash, and percent signs are left", "/a%2Fb", percent | bytes, ""},
		{"a percent sign", "/search/100%25ab", percent, "/search/100%25ab"},
		{"a percent sign that hides a slash", "/a%252fb", percent, "/a%252fb"},
		{"a percent sign, and slashes are left", "/a%252fb", slash, ""},
		{"EUC-KR", "/%B0%A1%B3%AA", bytes, "/%B0%A1%B3%AA"},
		{"EUC-KR, and slashes are left", "/%B0%A1", slash, ""},
		{"all three", "/%B0%A1%2F%25ab", slash | percent | bytes, "/%B0%A1%2F%25ab"},
		{"dots behind a slash", "/a/..%2fadmin", slash, ""},
		{"dots behind a slash, escaped", "/a/x%2f%2e%2e%2fadmin", slash, ""},
		{"dots behind a slash with parameters", "/a/..;x%2fadmin", slash, ""},
		{"dots and a blank behind a slash", "/a/..%20%2fadmin", slash, ""},
		{"dots behind two layers", "/a/%252e%252e/admin", slash | percent, ""},
		{"dots in overlong UTF-8", "/a/%c0%ae%c0%ae/admin", bytes, ""},
		{"a slash in three layers", "/a%25252fb", slash | percent, ""},
		{"NUL behind two layers", "/a%2500", slash | percent, ""},
		{"NUL", "/a%2f%00", slash | percent | bytes, ""},
		{"a backslash", "/a%2f%5c", slash | percent | bytes, ""},
		{"a backslash behind two layers and dots", "/a/..%255cb", slash | percent, ""},
		{"a broken escape", "/a%2f%", slash | percent | bytes, ""},
	} {
		got, err := c.left.Canonical(c.target)
		if c.want == "" {
			if !errors.Is(err, match.ErrAmbiguous) || got != "" {
				t.Errorf("%s: Canonical(%s) = %q, %v, want ErrAmbiguous", c.name, c.target, got, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: Canonical(%s) = %q, %v, want %q", c.name, c.target, got, err, c.want)
		}
	}
}
