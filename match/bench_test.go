package match_test

import (
	"testing"

	"github.com/dlclark/regexp2/v2"

	"github.com/signet-auth/signet/match"
)

// seedPatterns are patterns as the tutorials write them.
var seedPatterns = []string{
	"/userposts/:path*",
	"/mypage/:path*",
	"/home/:stadiumId/review/:path*",
	"/settings/:path*",
	"/post/:id",
}

const classicPattern = "/((?!api|_next/static|_next/image|favicon.ico).*)"

var benchPaths = []struct{ name, target string }{
	{"first of five", "/userposts/1/edit"},
	{"third of five", "/home/42/review/7"},
	{"last of five", "/post/1"},
	{"none of five", "/signin?callbackUrl=%2Fmypage"},
}

func compileSources(tb testing.TB, sources ...string) *match.Set {
	tb.Helper()
	patterns := make([]match.Pattern, len(sources))
	for i, s := range sources {
		patterns[i].Source = s
	}
	set, err := match.Compile(match.Site{}, patterns...)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func BenchmarkFivePatterns(b *testing.B) {
	set := compileSources(b, seedPatterns...)
	peer := peersOf(b, set)
	for _, p := range benchPaths {
		r := match.Request{Target: p.target}
		b.Run(p.name+"/match", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Match(r)
			}
		})
		b.Run(p.name+"/covers", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Covers(p.target)
			}
		})
		path := set.Explain(r).Path
		b.Run(p.name+"/regexp2", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				anyMatches(b, peer, path)
			}
		})
	}
}

func BenchmarkClassicPattern(b *testing.B) {
	set := compileSources(b, classicPattern)
	peer := peersOf(b, set)
	for _, target := range []string{"/dashboard/settings", "/api/auth/session"} {
		b.Run(target+"/match", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Match(match.Request{Target: target})
			}
		})
		b.Run(target+"/regexp2", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				anyMatches(b, peer, target)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		compileSources(b, append([]string{classicPattern}, seedPatterns...)...)
	}
}

func peersOf(tb testing.TB, set *match.Set) []*regexp2.Regexp {
	tb.Helper()
	var peers []*regexp2.Regexp
	for _, text := range set.Regexes() {
		peers = append(peers, regexp2.MustCompile(text, regexp2.ECMAScript))
	}
	return peers
}

func anyMatches(tb testing.TB, peers []*regexp2.Regexp, path string) bool {
	for _, p := range peers {
		ok, err := p.MatchString(path)
		if err != nil {
			tb.Fatal(err)
		}
		if ok {
			return true
		}
	}
	return false
}
