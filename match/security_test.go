package match_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

// spellingsOfAdmin are ways to write /admin/panel that some server understands. What each must
// not do is lead around a rule for /admin.
var spellingsOfAdmin = []string{
	"/admin/panel",
	"/admin/panel/",
	"/admin//panel",
	"//admin/panel",
	"///admin/panel",
	"/./admin/panel",
	"/admin/./panel",
	"/admin/%2e/panel",
	"/public/../admin/panel",
	"/public/x/../../admin/panel",
	"/public/%2e%2e/admin/panel",
	"/public/.%2E/admin/panel",
	"/public/%2E%2E%2Fadmin/panel",
	"/public/..%2fadmin%2fpanel",
	"/.%2fadmin/panel",
	"/%2fadmin/panel",
	"/%61dmin/panel",
	"/%61%64%6d%69%6e/panel",
	"/admin%2fpanel",
	"/admin%2Fpanel",
	"/admin%5cpanel",
	`/admin\panel`,
	`\admin\panel`,
	`/public/\..\..\admin`,
	"/public/..%5cadmin/panel",
	"/%2561dmin/panel",
	"/admin%252fpanel",
	"/public/%252e%252e/admin/panel",
	"/admin;jsessionid=1/panel",
	"/admin;x",
	"/admin%3bx=1/panel",
	"/;x/admin/panel",
	"/public/..;/admin/panel",
	"/public/..;a=b/admin/panel",
	"/public/..%00/admin/panel",
	"/admin%00/panel",
	"/admin%00.png",
	"/admin%0a/panel",
	"/admin./panel",
	"/admin%20/panel",
	"/admin../panel",
	"/admin%23",
	"/admin%3f",
	"/admin%3fx/panel",
	"/public%3f/../admin/panel",
	"/admin%c0%afpanel",
	"/%c1%a1dmin/panel",
	"/admin%e0%80%afpanel",
	"/admin%f0%80%80%afpanel",
	"/admin%uff0fpanel",
	"/admin%u002fpanel",
	"/%ef%bd%81dmin/panel",
	"/public%ef%bc%8f..%ef%bc%8fadmin/panel",
	"http://other.test/admin/panel",
	"https://other.test//admin/panel",
}

// S-107: rules look at the path only, in all of its spellings.
func TestS107_NoSpellingOfAPathLeadsAroundARule(t *testing.T) {
	set := compileSources(t, "/account/:path*", "/admin/:path*")
	for _, target := range spellingsOfAdmin {
		if !set.Covers(target) {
			t.Errorf("Covers(%s) = false", target)
		}
	}
	for _, target := range []string{"/", "/public", "/public/x.png", "/administrator", "/adm", "/public/admin/..", "/public/a%20b;c=1/%EA%B0%80", "/public/%2561"} {
		if set.Covers(target) {
			t.Errorf("Covers(%s) = true: nothing there reads as /admin", target)
		}
	}
}

func TestS107_QueryAndFragmentNeitherWidenNorNarrow(t *testing.T) {
	set := compileSources(t, "/admin/:path*", `/((?!public|admin|.*\.png$).*)`)
	for target, want := range map[string]bool{"/admin": true, "/public": false, "/a.png": false, "/other": true, "/admin/x": true} {
		for _, more := range []string{
			"?x=/admin", "?/../admin", "?/../public", "?x=.png", "?.png", "??", "?#/admin", "?%2fadmin", "?x=1&y=//admin",
		} {
			wantCovered(t, set, target+more, want)
			if got, err := set.Match(match.Request{Target: target + more}); err != nil || got != want {
				t.Errorf("Match(%s) = %v, %v, want %v", target+more, got, err, want)
			}
		}
		for _, more := range []string{"#/public", "#x?.png", "#/../public", "#.png"} {
			if got := set.Covers(target + more); want && !got {
				t.Errorf("Covers(%s) = false: a fragment took it out", target+more)
			}
		}
	}
}

// Whatever is made of a covered path by ways of writing that change nothing, it stays covered.
func TestS107_RewritingACoveredPathKeepsItCovered(t *testing.T) {
	set := compileSources(t, "/admin/:path*", "/home/:id/review", `/files/:name.:ext`, "/b(\\d+)/x")
	rng := rand.New(rand.NewPCG(5, 6))
	for _, path := range []string{"/admin", "/admin/panel/x", "/home/42/review", "/files/a.b.txt", "/b17/x"} {
		for range 300 {
			target := respell(rng, path)
			if !set.Covers(target) {
				t.Fatalf("Covers(%s) = false, but it is %s", target, path)
			}
		}
	}
}

// respell writes a path in another way that a server undoes.
func respell(rng *rand.Rand, path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c == '/' && rng.IntN(4) == 0:
			b.WriteString(pick(rng, "//", "/./", "/%2e/", "/x/../", "/x/%2E./", "%2f", "%5C", `\`))
		case rng.IntN(4) == 0 && c != '/':
			fmt.Fprintf(&b, pick(rng, "%%%02x", "%%%02X", "%%25%02x"), c)
		default:
			b.WriteByte(c)
		}
	}
	target := b.String() + pick(rng, "", "/", "?x", "/?", "?/../x", ".rsc", ".segments/_tree.segment.rsc")
	if target[0] != '/' {
		target = "/" + target
	}
	return target
}

// S-109: what a client adds to be taken for something else changes nothing.
func TestS109_FrameworkHeadersDoNotLiftProtection(t *testing.T) {
	set, err := match.Compile(match.Site{},
		match.Pattern{Source: "/admin/:path*"},
		match.Pattern{Source: classicPattern, Missing: []match.Condition{
			{Type: "header", Key: "next-router-prefetch"},
			{Type: "header", Key: "purpose", Value: "prefetch"},
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []http.Header{
		{"X-Middleware-Subrequest": {"middleware:middleware:middleware:middleware:middleware"}},
		{"X-Middleware-Subrequest": {"src/middleware"}},
		{"X-Middleware-Invoke": {"1"}},
		{"X-Middleware-Next": {"1"}},
		{"X-Nextjs-Data": {"1"}},
		{"Rsc": {"1"}},
		{"Next-Router-Prefetch": {"1"}, "Purpose": {"prefetch"}},
		{"Next-Router-State-Tree": {"x"}},
		{"Next-Router-Segment-Prefetch": {"/_tree"}},
		{"X-Original-Url": {"/public"}, "X-Rewrite-Url": {"/public"}, "X-Forwarded-Uri": {"/public"}},
		{"User-Agent": {"kube-probe/1.30"}},
	} {
		for _, target := range []string{"/admin/panel", "/dashboard"} {
			if !set.CoversRequest(match.Request{Target: target, Header: h, Host: "localhost"}) {
				t.Errorf("%v takes %s out of protection", h, target)
			}
		}
		if ok, err := set.Match(match.Request{Target: "/admin/panel", Header: h}); !ok || err != nil {
			t.Errorf("with %v Match = %v, %v, want true", h, ok, err)
		}
	}
}

func TestS109_DataAndComponentAddressesAreJudgedAsTheirPage(t *testing.T) {
	sites := map[string]match.Site{
		"a plain site":        {},
		"a known build":       {BuildID: "b1"},
		"pages end in slash":  {BuildID: "b1", TrailingSlash: true},
		"under a base path":   {BasePath: "/docs", BuildID: "b1"},
		"locales":             {Locales: []string{"en", "ko"}, DefaultLocale: "en", BuildID: "b1"},
		"locales, base path":  {BasePath: "/docs", Locales: []string{"en", "ko"}, DefaultLocale: "en"},
		"locales, slash, all": {BasePath: "/docs", Locales: []string{"en", "ko"}, DefaultLocale: "en", BuildID: "b1", TrailingSlash: true},
	}
	for name, site := range sites {
		t.Run(name, func(t *testing.T) {
			for source, pages := range map[string][]string{
				"/admin/:path*":             {"/admin", "/admin/panel"},
				"/home/:id/review/:path*":   {"/home/1/review", "/home/1/review/2"},
				"/":                         {"/"},
				`/((?!api|_next|.*\..*).*)`: {"/", "/dash", "/dash/x"},
			} {
				set, err := match.Compile(site, match.Pattern{Source: source})
				if err != nil {
					t.Fatal(err)
				}
				for _, page := range pages {
					for _, target := range addressesOf(site, page) {
						if !set.Covers(target) {
							t.Errorf("%s: Covers(%s) = false, but it is %s", source, target, page)
						}
					}
				}
			}
		})
	}
}

// addressesOf returns where Next.js serves a page, its data and its components.
func addressesOf(site match.Site, page string) []string {
	paths := []string{page}
	for _, locale := range site.Locales {
		paths = append(paths, strings.TrimSuffix("/"+locale+page, "/"))
	}
	var targets []string
	for _, p := range paths {
		name := p
		if name == "/" {
			name = "/index"
		}
		targets = append(targets, strings.TrimSuffix(site.BasePath+p, "/")+"/", site.BasePath+name+".rsc",
			site.BasePath+name+".segments/_tree.segment.rsc", site.BasePath+name+".segments/a/b.segment.rsc")
		for _, build := range []string{"b1", "other"} {
			data := site.BasePath + "/_next/data/" + build + name
			targets = append(targets, data+".json", data+".json?x=1", data+".rsc")
		}
		if p != "/" {
			targets = append(targets, site.BasePath+p, site.BasePath+p+"?_rsc=1abcd")
		}
	}
	return targets
}
