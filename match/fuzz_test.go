package match_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

// Anything may be typed as a pattern: it is refused with a reason, or it can be asked.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"/a/:b*", classicPattern, "/:from-:to", `/q\(1\){s}?/:n(\d+)+`, `/((?<n>a)|[^\]\u0041-z]{2,3}?)`,
		`[{"source":"/a","has":[{"type":"header","key":"k","value":"(a|b)$"}],"locale":false}]`, `["/a",{"source":"/"}]`,
		"/x:y*", "/한글/(.{2})", `/((?!(?=a)*\b).*)`, "/(a{1000}{2})", "/([)", `/\`, `"/a`,
	} {
		f.Add(seed, "/a/b.json?q=1", uint8(0))
	}
	sites := []match.Site{
		{},
		{BasePath: "/docs", TrailingSlash: true, BuildID: "b1"},
		{Locales: []string{"en", "ko"}, DefaultLocale: "en", BuildID: "b1"},
	}
	f.Fuzz(func(t *testing.T, text, target string, site uint8) {
		patterns, err := match.Parse(text)
		if err != nil {
			return
		}
		set, err := match.Compile(sites[int(site)%len(sites)], patterns...)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "match: ") {
				t.Errorf("error text is %q", err)
			}
			return
		}
		askAll(t, set, match.Request{Target: target, Header: http.Header{"K": {"a"}}})
	})
}

// Anything may be sent as a target: the ways to ask agree, and no rule is lost on the way from
// what Next.js would cover to what is protected.
func FuzzMatch(f *testing.F) {
	for _, target := range append([]string{
		"/", "/docs/_next/data/b1/ko/x.json", "/ko/about", "/a%ED%95%9C?x=%zz&x=2#y", "/[id]/index", "http://h/x", "*", "/%u0041;x/..%2f",
		"/" + strings.Repeat("<", 3000), "/en/_next/data/b1/admin.json", "/_next/image?url=%2Fadmin%2Fa.gif&w=1", "/_next/image?url=/_next/image",
	}, spellingsOfAdmin...) {
		f.Add(target, "a=1; session=\"%EA\"", "app.example.com:80")
	}
	var sets []*match.Set
	for _, site := range []match.Site{
		{},
		{BasePath: "/docs", TrailingSlash: true, BuildID: "b1"},
		{Locales: []string{"en", "ko"}, DefaultLocale: "en", BuildID: "b1"},
	} {
		set, err := match.Compile(site,
			match.Pattern{Source: "/admin/:path*"},
			match.Pattern{Source: `/((?!api|.*\.png$).*)`, Has: []match.Condition{{Type: "cookie", Key: "session"}}},
			match.Pattern{Source: "/:a-:b/(x+)?", Missing: []match.Condition{{Type: "query", Key: "x", Value: `(\w|%)+`}}},
			match.Pattern{Source: "/about", NoLocale: true, Has: []match.Condition{{Type: "host", Value: ".*example.*"}}})
		if err != nil {
			f.Fatal(err)
		}
		sets = append(sets, set)
	}
	f.Fuzz(func(t *testing.T, target, cookie, host string) {
		for _, set := range sets {
			askAll(t, set, match.Request{Target: target, Header: http.Header{"Cookie": {cookie}}, Host: host})
		}
	})
}

func askAll(t *testing.T, set *match.Set, r match.Request) {
	t.Helper()
	matched, err := set.Match(r)
	explained := set.Explain(r)
	if explained.Covered != matched || explained.Err != err {
		t.Errorf("Match(%q) = %v, %v; Explain says %v, %v", r.Target, matched, err, explained.Covered, explained.Err)
	}
	covers := set.Covers(r.Target)
	if why := set.ExplainCovers(r.Target); why.Covered != covers {
		t.Errorf("Covers(%q) = %v, ExplainCovers says %v", r.Target, covers, why.Covered)
	}
	if matched && !covers {
		t.Errorf("Match(%q) is true and Covers is not", r.Target)
	}
	if err != nil && !covers {
		t.Errorf("Match(%q) is an error and Covers is false", r.Target)
	}
	for _, left := range []match.Escapes{0, match.EscapedSlash | match.EscapedPercent | match.EscapedBytes} {
		canonical, err := left.Canonical(r.Target)
		if err != nil {
			continue
		}
		if again, err := left.Canonical(canonical); err != nil || again != canonical {
			t.Errorf("Canonical(%q) = %q, and of that %q, %v", r.Target, canonical, again, err)
		}
		if set.Covers(canonical) && !covers {
			t.Errorf("Covers(%q) is false, but it stands for %q, which is covered", r.Target, canonical)
		}
	}
}

// The table and the program give the same answer, whatever the expression.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"^a(?!b$)[^/]*$", "(?=a)|b", `(?:a?){3}\b`, "[^]$^", "(?!^)(?:.)*", `😀+[\d-x]`} {
		f.Add(seed, "a/b한😀")
	}
	f.Fuzz(func(t *testing.T, regex, text string) {
		if len(text) > 200 || len(regex) > 200 {
			return
		}
		e, err := match.NewExpression(regex)
		if err != nil {
			return
		}
		for _, slash := range []bool{false, true} {
			want, steps := e.Run(text, slash)
			if bound := 2 * e.Size() * (len(text) + 2); steps > bound {
				t.Errorf("%q on %q: %d steps, want at most %d", regex, text, steps, bound)
			}
			if got, ok := e.Table(text, slash); ok && got != want {
				t.Errorf("%q on %q, slash %v: table %v, program %v", regex, text, slash, got, want)
			}
		}
		written, _ := e.Run(text+"/", false)
		if added, _ := e.Run(text, true); added != written {
			t.Errorf("%q on %q: %v with a slash added, %v with it written", regex, text, added, written)
		}
	})
}
