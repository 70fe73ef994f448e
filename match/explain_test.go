package match_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

func TestExplainTellsWhy(t *testing.T) {
	set, err := match.Compile(match.Site{},
		match.Pattern{Source: "/posts/:id"},
		match.Pattern{Source: classicPattern},
		match.Pattern{Source: "/a", Has: []match.Condition{{Type: "query", Key: "q"}}, Missing: []match.Condition{{Type: "cookie", Key: "session"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		target, cookie string
		index          int
		covered        bool
		why            string
	}{
		"a match":                        {"/posts/1", "", 0, true, "the path matches"},
		"no match":                       {"/posts", "", 0, false, "the path does not match"},
		"a lookahead":                    {"/api/x", "", 1, false, "left out by (?!api|_next/static|_next/image|favicon.ico)"},
		"a condition that does not hold": {"/a", "", 2, false, `query "q" does not hold`},
		"a condition that must not hold": {"/a?q=1", "session=x", 2, false, `cookie "session" is there and must be missing`},
		"conditions that hold":           {"/a?q=1", "", 2, true, "the path matches"},
	} {
		t.Run(name, func(t *testing.T) {
			e := set.Explain(match.Request{Target: c.target, Header: map[string][]string{"Cookie": {c.cookie}}})
			if len(e.Readings) != 3 {
				t.Fatalf("%d readings, want one for each pattern", len(e.Readings))
			}
			r := e.Readings[c.index]
			if r.Name != "raw" || r.Index != c.index || r.Covered != c.covered || !strings.Contains(r.Why, c.why) {
				t.Errorf("the reading is %+v, want covered = %v because %q", r, c.covered, c.why)
			}
		})
	}
}

func TestExplainTellsOfRedirects(t *testing.T) {
	slash := match.Site{TrailingSlash: true}
	docs := match.Site{BasePath: "/docs"}
	docsSlash := match.Site{BasePath: "/docs", TrailingSlash: true}
	locales := match.Site{BasePath: "/docs", Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	for _, c := range []struct {
		site         match.Site
		target, want string
	}{
		{match.Site{}, "/", ""},
		{match.Site{}, "/a", ""},
		{match.Site{}, "/a/?x=/", "/a?x=/"},
		{match.Site{}, "/a//b?x", "/a/b?x"},
		{match.Site{}, `/a\b`, "/a/b"},
		{match.Site{}, "/_next/x/", "/_next/x"},
		{slash, "/", ""},
		{slash, "/a?x", "/a/?x"},
		{slash, "/a/", ""},
		{slash, "/a.b", ""},
		{slash, "/a.b/", "/a.b"},
		{slash, "/a.b/c/", ""},
		{slash, "/.well-known/x", ""},
		{slash, "/.well-known/x.y/", ""},
		{docs, "/docs/", "/docs"},
		{docs, "/docs", ""},
		{docs, "/docs/a/", "/docs/a"},
		{docs, "/a/", ""},
		{docsSlash, "/docs", "/docs/"},
		{docsSlash, "/docs/a", "/docs/a/"},
		{locales, "/docs/en/a/", "/docs/a"},
		{locales, "/docs/ko/a/", "/docs/ko/a"},
		{locales, "/docs/en", ""},
	} {
		set, err := match.Compile(c.site, match.Pattern{Source: "/:path*"})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Explain(match.Request{Target: c.target}).Redirect; got != c.want {
			t.Errorf("%+v: %s is redirected to %q, want %q", c.site, c.target, got, c.want)
		}
	}
}

func TestExplainOfTargetsThatAreNoTargets(t *testing.T) {
	set := compileSources(t, "/:path*")
	e := set.Explain(match.Request{Target: "/a b"})
	if e.Covered || !errors.Is(e.Err, match.ErrTarget) || e.Path != "/a%20b" || !e.Readings[0].Covered {
		t.Errorf("Explain = %+v", e)
	}
	e = set.Explain(match.Request{Target: "/" + strings.Repeat("a", 9000)})
	if e.Covered || !errors.Is(e.Err, match.ErrLong) || e.Readings != nil {
		t.Errorf("Explain of a long path = %+v", e)
	}
	e = set.ExplainCovers("/a b")
	if !e.Covered || !errors.Is(e.Err, match.ErrTarget) {
		t.Errorf("ExplainCovers = %+v", e)
	}
	e = set.ExplainCovers("/a%00")
	if !e.Covered || !errors.Is(e.Err, match.ErrAmbiguous) {
		t.Errorf("ExplainCovers of a NUL = %+v", e)
	}
}

func TestExplainCoversTellsWhichReading(t *testing.T) {
	set := compileSources(t, "/admin/(.*)")
	for target, want := range map[string]string{
		"/admin":             "as sent: the path matches with a slash at its end",
		"/%61dmin/":          "decoded: the path matches",
		"/admin;x/y":         "lenient: the path matches",
		"/x/..;/admin/y.rsc": "lenient: the path matches",
	} {
		e := set.ExplainCovers(target)
		found := ""
		for _, r := range e.Readings {
			if r.Covered {
				found = r.Name + ": " + r.Why
				break
			}
		}
		if !e.Covered || found != want {
			t.Errorf("ExplainCovers(%s): the first reading that is covered is %q, want %q", target, found, want)
		}
	}
}
