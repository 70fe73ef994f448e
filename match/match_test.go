package match_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/match"
)

func TestSetsWithoutPatterns(t *testing.T) {
	none, err := match.Compile(match.Site{})
	if err != nil {
		t.Fatal(err)
	}
	every, err := match.Everything(match.Site{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set  *match.Set
		want bool
	}{"nil covers nothing": {nil, false}, "no pattern covers nothing": {none, false}, "no matcher covers everything": {every, true}} {
		t.Run(name, func(t *testing.T) {
			r := match.Request{Target: "/any/where"}
			if got, err := c.set.Match(r); got != c.want || err != nil {
				t.Errorf("Match = %v, %v, want %v", got, err, c.want)
			}
			if got := c.set.Covers(r.Target); got != c.want {
				t.Errorf("Covers = %v, want %v", got, c.want)
			}
			if got := c.set.Explain(r).Covered; got != c.want {
				t.Errorf("Explain says %v, want %v", got, c.want)
			}
			if got := c.set.ExplainCovers(r.Target).Covered; got != c.want {
				t.Errorf("ExplainCovers says %v, want %v", got, c.want)
			}
			if _, err := c.set.Match(match.Request{Target: "/a b"}); !errors.Is(err, match.ErrTarget) {
				t.Errorf("Match of an illegal target: error = %v, want ErrTarget", err)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	set := compileSources(t, "/:path*")
	long := "/" + strings.Repeat("a", 8<<10)
	for name, c := range map[string]struct {
		target string
		want   error
	}{
		"a path":                          {"/a", nil},
		"nothing":                         {"", match.ErrTarget},
		"an asterisk":                     {"*", match.ErrTarget},
		"an authority":                    {"example.com:443", match.ErrTarget},
		"an absolute URL":                 {"http://example.com/a?b", nil},
		"an absolute URL without a path":  {"HTTPS://example.com", nil},
		"an absolute URL of another kind": {"file:///etc/passwd", match.ErrTarget},
		"an absolute URL without a host":  {"http://", match.ErrTarget},
		"a space":                         {"/a b", match.ErrTarget},
		"a space in the query":            {"/a?b c", match.ErrTarget},
		"a control character":             {"/a\x01", match.ErrTarget},
		"a character outside of ASCII":    {"/é", match.ErrTarget},
		"the longest path":                {long[:8<<10], nil},
		"one byte more":                   {long, match.ErrLong},
		"too long once it is encoded":     {"/" + strings.Repeat("<", 3000), match.ErrLong},
		"a long query":                    {"/a?" + long, nil},
	} {
		t.Run(name, func(t *testing.T) {
			covered, err := set.Match(match.Request{Target: c.target})
			if !errors.Is(err, c.want) || covered != (c.want == nil) {
				t.Errorf("Match = %v, %v, want %v", covered, err, c.want)
			}
			if !set.Covers(c.target) {
				t.Error("Covers = false: what cannot be read must be covered too")
			}
		})
	}
}

func TestSites(t *testing.T) {
	for name, c := range map[string]struct {
		site match.Site
		ok   bool
	}{
		"the zero site":                              {match.Site{}, true},
		"a base path":                                {match.Site{BasePath: "/docs"}, true},
		"a base path without its slash":              {match.Site{BasePath: "docs"}, false},
		"a base path that ends in one":               {match.Site{BasePath: "/docs/"}, false},
		"a slash for a base path":                    {match.Site{BasePath: "/"}, false},
		"locales with their default":                 {match.Site{Locales: []string{"en", "ko"}, DefaultLocale: "ko"}, true},
		"locales without a default":                  {match.Site{Locales: []string{"en", "ko"}}, false},
		"a default locale that is not among locales": {match.Site{Locales: []string{"en"}, DefaultLocale: "fr"}, false},
		"a build id with a slash":                    {match.Site{BuildID: "a/b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := match.Compile(c.site); (err == nil) != c.ok {
				t.Errorf("Compile error = %v", err)
			}
			if _, err := match.Everything(c.site); (err == nil) != c.ok {
				t.Errorf("Everything error = %v", err)
			}
		})
	}
}

func TestRequestOf(t *testing.T) {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: "/a/b", Has: []match.Condition{
		{Type: "host", Value: `app\.example\.com`},
		{Type: "header", Key: "host", Value: `app\.example\.com`},
		{Type: "header", Key: "x-role"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewRequest("GET", "http://app.example.com/a/%62?q=1", nil)
	served.Header.Set("X-Role", "admin")
	if ok, err := set.Match(match.RequestOf(served)); !ok || err != nil {
		t.Errorf("a request that a server read: Match = %v, %v", ok, err)
	}
	made, _ := http.NewRequest("GET", "http://app.example.com/a/b", nil)
	made.Header.Set("X-Role", "admin")
	if ok, err := set.Match(match.RequestOf(made)); !ok || err != nil {
		t.Errorf("a request made by hand: Match = %v, %v", ok, err)
	}
}

func TestConditionsReadWhatNodeReads(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for name, c := range map[string]struct {
		condition match.Condition
		target    string
		header    http.Header
		want      bool
	}{
		"repeated headers are joined":             {match.Condition{Type: "header", Key: "x-role", Value: "a, b"}, "/", header("X-Role", "a", "X-Role", "b"), true},
		"of some headers only the first counts":   {match.Condition{Type: "header", Key: "Authorization", Value: "a"}, "/", header("Authorization", "a", "Authorization", "b"), true},
		"cookie lines are joined":                 {match.Condition{Type: "header", Key: "cookie", Value: "a=1; b=2"}, "/", header("Cookie", "a=1", "Cookie", "b=2"), true},
		"the last set-cookie counts":              {match.Condition{Type: "header", Key: "set-cookie", Value: "b"}, "/", header("Set-Cookie", "a", "Set-Cookie", "b"), true},
		"no set-cookie":                           {match.Condition{Type: "header", Key: "set-cookie"}, "/", nil, false},
		"header bytes are characters":             {match.Condition{Type: "header", Key: "x", Value: "Ã©"}, "/", header("X", "é"), true},
		"the first cookie of a name counts":       {match.Condition{Type: "cookie", Key: "a", Value: "1"}, "/", header("Cookie", "a=1; a=2"), true},
		"also if it is empty":                     {match.Condition{Type: "cookie", Key: "a"}, "/", header("Cookie", "a=; a=2"), false},
		"cookies may be quoted":                   {match.Condition{Type: "cookie", Key: "a", Value: "1 2"}, "/", header("Cookie", `b=3;a="1%202"`), true},
		"half a quote leaves nothing":             {match.Condition{Type: "cookie", Key: "a"}, "/", header("Cookie", `a="`), false},
		"a broken escape in a cookie stays":       {match.Condition{Type: "cookie", Key: "a", Value: "%zz"}, "/", header("Cookie", "a=%zz"), true},
		"a cookie without = is none":              {match.Condition{Type: "cookie", Key: "a"}, "/", header("Cookie", "a"), false},
		"cookies are decoded as UTF-8":            {match.Condition{Type: "cookie", Key: "a", Value: "[가-힣]"}, "/", header("Cookie", "a=%EA%B0%80"), true},
		"a plus in the query is a blank":          {match.Condition{Type: "query", Key: "a b", Value: "c d"}, "/?a+b=c%20d", nil, true},
		"the last query value counts":             {match.Condition{Type: "query", Key: "a", Value: "2"}, "/?a=1&&a=2", nil, true},
		"one empty query value does not hold":     {match.Condition{Type: "query", Key: "a"}, "/?a=", nil, false},
		"two empty query values do":               {match.Condition{Type: "query", Key: "a"}, "/?a=&a=", nil, true},
		"a fragment is no query":                  {match.Condition{Type: "query", Key: "a"}, "/#?a=1", nil, false},
		"query bytes that are not UTF-8":          {match.Condition{Type: "query", Key: "a", Value: "\uFFFD"}, "/?a=%FF", nil, true},
		"the host has no port and no capitals":    {match.Condition{Type: "host", Value: "a\\.b"}, "/", header("Host", "A.b:80"), true},
		"a value may hold capturing groups":       {match.Condition{Type: "header", Key: "x", Value: "(a)(?<n>b)"}, "/", header("X", "ab"), true},
		"a value may hold more than its anchors":  {match.Condition{Type: "header", Key: "x", Value: "a|b"}, "/", header("X", "ax"), true},
		"a value is matched in full without them": {match.Condition{Type: "header", Key: "x", Value: "a"}, "/", header("X", "ax"), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := match.Request{Target: c.target, Header: c.header}
			for _, missing := range []bool{false, true} {
				p := match.Pattern{Source: "/", Has: []match.Condition{c.condition}}
				if missing {
					p = match.Pattern{Source: "/", Missing: p.Has}
				}
				set, err := match.Compile(match.Site{}, p)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := set.Match(r); got != (c.want != missing) || err != nil {
					t.Errorf("missing = %v: Match = %v, %v", missing, got, err)
				}
			}
		})
	}
}

func TestSetIsForManyGoroutines(t *testing.T) {
	set := compileSources(t, append([]string{classicPattern, `/x/((?!\bb).*)`}, seedPatterns...)...)
	cases := map[string]bool{"/dashboard": true, "/api/x": false, "/x/b": true, "/home/1/review/2": true}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for target, want := range cases {
				if got, err := set.Match(match.Request{Target: target}); got != want || err != nil {
					t.Errorf("Match(%s) = %v, %v, want %v", target, got, err, want)
				}
				if got := set.Covers(target); got != want {
					t.Errorf("Covers(%s) = %v, want %v", target, got, want)
				}
			}
		})
	}
	wg.Wait()
}
