package match_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

func TestFetches(t *testing.T) {
	for target, want := range map[string][]string{
		"/_next/image?url=%2Fadmin%2Fplan.gif&w=64&q=75":             {"/admin/plan.gif"},
		"/_next/image?url=/admin/plan.gif":                           {"/admin/plan.gif"},
		"/_next/image?w=64&%75rl=/%61dmin/plan.gif":                  {"/admin/plan.gif"},
		"/_next/image?url=/%2561dmin/plan.gif":                       {"/%61dmin/plan.gif"},
		"/docs/_next/image/?url=/a.png":                              {"/a.png"},
		"/ko/_next//image?url=/ko/../a.png":                          {"/ko/../a.png"},
		"/_next/x/../image?url=/a.png":                               {"/a.png"},
		"/%5Fnext/im%61ge?url=/a.png":                                {"/a.png"},
		"/_next/image?url=/a.png&url=%5Cb.png":                       {"/a.png", "/b.png"},
		"/_next/image?url=%2F%EC%82%AC%EC%A7%84+1.png%3Fv=1":         {"/%EC%82%AC%EC%A7%84%201.png?v=1"},
		"/_next/image?url=https%3A%2F%2Fcdn.example.com%2Fa.png&w=1": nil,
		"/_next/image?url=&w=1":                                      nil,
		"/_next/image":                                               nil,
		"/_next/imagery?url=/admin":                                  nil,
		"/image?url=/admin":                                          nil,
	} {
		got, ok := match.Fetches(target)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("Fetches(%s) = %q, %v, want %q", target, got, ok, want)
		}
	}
	for name, target := range map[string]string{
		"a picture of a picture": "/_next/image?url=/_next/image%3Furl=/admin/plan.gif",
		"many pictures":          "/_next/image?" + strings.Repeat("url=/a.png&", 9),
	} {
		if got, ok := match.Fetches(target); ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What Next.js fetches, or serves at another address, is the page of its rule.
func TestS109_CoversWhatNextServesElsewhere(t *testing.T) {
	ko := match.Site{Locales: []string{"en", "ko"}, DefaultLocale: "en"}
	set, err := match.Compile(ko, match.Pattern{Source: "/admin/:path*"})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]bool{
		"/_next/data/b1/admin.json":                     true,
		"/_next/data/b1/en/admin.json":                  true,
		"/en/_next/data/b1/admin.json":                  true,
		"/KO/_next/data/b1/admin.json":                  true,
		"/en/_next/data/b1/ko/admin.json":               true,
		"/en//_next/data/b1/admin.json":                 true,
		"/en/%5fnext/data/b1/admin.json":                true,
		"/e%6e/_next/data/b1/admin.json":                true,
		"/en/_next/data/b1/api/admin.json":              false,
		"/en/_next/data/b1/about.json":                  false,
		"/admin.prefetch.rsc":                           true,
		"/ko/admin.prefetch.rsc":                        true,
		"/about.prefetch.rsc":                           false,
		"/_next/image?url=/admin/plan.gif&w=64":         true,
		"/_next/image?url=/ko/admin/plan.gif":           true,
		"/_next/image?url=/ko/../admin/plan.gif":        true,
		"/_next/image?url=//admin/plan.gif":             true,
		"/_next/image?url=/about.png":                   false,
		"/_next/image?url=/_next/image%3Furl%3D/admin":  true,
		"/_next/image?url=https://cdn.example.com/a.js": false,
	} {
		if got := set.Covers(target); got != want {
			t.Errorf("Covers(%s) = %v, want %v", target, got, want)
		}
		if got := set.ExplainCovers(target); got.Covered != want {
			t.Errorf("ExplainCovers(%s) = %v, want %v", target, got.Covered, want)
		}
	}
	if e := set.ExplainCovers("/_next/image?url=/_next/image%3Furl%3D/admin"); !errors.Is(e.Err, match.ErrAmbiguous) {
		t.Errorf("a picture of a picture: %v", e.Err)
	}
}

// Whoever leaves the pictures out by name means it.
func TestPicturesLeftOutByName(t *testing.T) {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: classicPattern})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]bool{
		"/logo.png": true, "/_next/image?url=/logo.png": false, "/%5fnext/image?url=/logo.png": true,
		"/_next/image?url=/_next/image%3Furl%3D/logo.png": false,
	} {
		if got := set.Covers(target); got != want {
			t.Errorf("Covers(%s) = %v, want %v", target, got, want)
		}
	}
}
