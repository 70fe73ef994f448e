package match_test

import (
	"testing"

	"github.com/signet-auth/signet/match"
)

// The answers were taken from the router of next@16.4.6 (getResolveRoutes), run with a matcher
// that notes the path it is asked about.
func TestPathsAreRewrittenAsByTheRouterOfNext(t *testing.T) {
	docs := match.Site{BasePath: "/docs", BuildID: "b1"}
	docsSlash := match.Site{BasePath: "/docs", BuildID: "b1", TrailingSlash: true}
	ko := match.Site{BuildID: "b1", TrailingSlash: true, Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	docsKo := match.Site{BasePath: "/docs", BuildID: "b1", Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	docsKoSlash := docsKo
	docsKoSlash.TrailingSlash = true
	for _, c := range []struct {
		site         match.Site
		target, want string
	}{
		{match.Site{BuildID: "b1"}, "/_next/data/b1/index/x.json", "/x"},
		{match.Site{BuildID: "b1"}, "/_next/data/b1/index/[id].json", "/index/[id]"},
		{match.Site{BuildID: "b1"}, "/_next/data/b1/.json", "/"},
		{match.Site{BuildID: "b1"}, "/_next/data/b1.json", "/_next/data/b1.json"},
		{match.Site{BuildID: "b1"}, "/_next/data/b1/x", "/_next/data/b1/x"},
		{docs, "/docs/_next/data/b1/x/.json", "/docs/x/"},
		{docs, "/docs/_next/data/b1/...json", "/"},
		{docs, "/_next/data/b1/x.json", "/x"},
		{docs, "/docs/_next/data/b1/index.json", "/docs"},
		{docsSlash, "/docs/_next/data/b1/index.json", "/docs/"},
		{ko, "/_next/data/b1/index.json", "/en/"},
		{docsKoSlash, "/docs/x/", "/docs/en/x/"},
		{docsKo, "/docs", "/docs/en"},
		{docsKo, "/x", "/en/x"},
		{docsKo, "/docs/_next/data/b1/KO/x.json", "/docs/KO/x"},
	} {
		set, err := match.Compile(c.site, match.Pattern{Source: "/a"})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Explain(match.Request{Target: c.target}).Path; got != c.want {
			t.Errorf("%+v: the path of %s is %s, want %s", c.site, c.target, got, c.want)
		}
	}
}
