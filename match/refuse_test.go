package match_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

func TestCompileRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		pos    int
		why    string // part of the reason
	}{
		"a source without its slash":              {"about", 0, "start with a slash"},
		"an empty source":                         {"", 0, "start with a slash"},
		"bytes that are not UTF-8":                {"/\xff", -1, "UTF-8"},
		"a star after text":                       {"/a/*", 3, "nothing before *"},
		"a plus after text":                       {"/a+", 2, "nothing before +"},
		"a capturing group in a group":            {"/a/(x(y))", 5, "capturing"},
		"a group that starts with ?":              {"/(?:a)", 2, "start with ?"},
		"a group that is not closed":              {"/a/(b", 3, "not closed"},
		"a group that ends in a backslash":        {`/a/(b\`, 3, "not closed"},
		"an empty group":                          {"/a/()", 3, "empty"},
		"a colon without a name":                  {"/a/:-", 3, "name"},
		"two parameters with nothing between":     {"/:a:b", 3, "text between"},
		"a brace that is not closed":              {"/{a", 3, "end of pattern"},
		"a brace that was not opened":             {"/a}", 2, "unexpected }"},
		"a brace inside of braces":                {"/{a{b}}", 3, "unexpected {"},
		"a back-reference":                        {`/(a|b)-(\1)`, 8, "back-references"},
		"a back-reference by name":                {`/((?<x>a)\k<x>)`, 9, "back-references"},
		"a lookbehind":                            {"/((?<!a)b)", 2, "lookbehind"},
		"inline flags":                            {"/((?i:a))", 2, "not supported"},
		"a class that is not closed":              {"/a([b)", 3, "class is not closed"},
		"a range out of order":                    {"/([z-a])", 3, "out of order"},
		"numbers out of order":                    {"/(a{2,1})", 3, "out of order"},
		"a repetition of nothing":                 {"/(a**)", 4, "nothing before"},
		"a repetition of an assertion":            {"/(^*)", 3, "nothing before"},
		"braces that repeat nothing":              {"/({2})", 2, "nothing before"},
		"a group name used twice":                 {"/((?<x>a)(?<x>b))", 12, "twice"},
		"a bad group name":                        {"/((?<1>a))", 5, "name"},
		"a position behind other characters":      {"/한글/([z-a])", 10, "out of order"},
		"a repetition that explodes":              {"/((?:a{1000}){1000})", -1, "too large"},
		"a nested repetition that explodes":       {"/((?:(?:(?:a{99}){99}){99}){99})", -1, "too large"},
		"an enormous number":                      {"/(a{99999999999999999999})", -1, "too large"},
		"more than 4,096 characters":              {"/" + strings.Repeat("a", 4096), -1, "4097 characters"},
		"more than 4,096 with what Next.js adds":  {"/" + strings.Repeat("a", 4090), -1, "Next.js adds"},
		"a backslash that escapes what Next adds": {`/a\`, -1, "Next.js adds"},
		"an escaped parenthesis closes nothing":   {`/(a\)b(?:c)`, 1, "not closed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := match.Compile(match.Site{}, match.Pattern{Source: c.source})
			var refused *match.PatternError
			if !errors.As(err, &refused) {
				t.Fatalf("Compile error = %v, want a PatternError", err)
			}
			if refused.Pattern != c.source || refused.Pos != c.pos || !strings.Contains(refused.Why, c.why) {
				t.Errorf("refused at %d because %q, want at %d because of %q", refused.Pos, refused.Why, c.pos, c.why)
			}
			if !strings.HasPrefix(err.Error(), "match: pattern ") {
				t.Errorf("error text is %q", err)
			}
		})
	}
}

func TestCompileRefusesConditions(t *testing.T) {
	for name, c := range map[string]struct {
		condition match.Condition
		why       string
	}{
		"an unknown type":       {match.Condition{Type: "method", Value: "GET"}, "method"},
		"a host with a key":     {match.Condition{Type: "host", Key: "a", Value: "b"}, "no key"},
		"a host without value":  {match.Condition{Type: "host"}, "needs a value"},
		"a header without key":  {match.Condition{Type: "header"}, "key is missing"},
		"a value with an error": {match.Condition{Type: "header", Key: "x", Value: "(a"}, "not closed"},
		"a value that explodes": {match.Condition{Type: "header", Key: "x", Value: "(a{999}){999}"}, "too large"},
		"a value not in UTF-8":  {match.Condition{Type: "header", Key: "x", Value: "\xff"}, "UTF-8"},
		"a back-reference":      {match.Condition{Type: "header", Key: "x", Value: `(a)\1`}, "back-references"},
	} {
		t.Run(name, func(t *testing.T) {
			for list, p := range map[string]match.Pattern{
				"has":     {Source: "/a", Has: []match.Condition{c.condition}},
				"missing": {Source: "/a", Missing: []match.Condition{{Type: "cookie", Key: "fine"}, c.condition}},
			} {
				_, err := match.Compile(match.Site{}, p)
				var refused *match.PatternError
				if !errors.As(err, &refused) || !strings.Contains(refused.Why, c.why) || !strings.HasPrefix(refused.Why, list+"[") {
					t.Errorf("Compile error = %v, want a PatternError for %s because of %q", err, list, c.why)
				}
			}
		})
	}
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		any     string // sources that Parse finds, joined by blanks; empty: refused
		matcher string // the same for ParseMatcher
	}{
		"a plain source":               {"/a/:b*", "/a/:b*", ""},
		"the JSON of a source":         {`"/a"`, "/a", "/a"},
		"an array":                     {`["/a", {"source": "/b", "locale": false}]`, "/a /b", "/a /b"},
		"an object alone":              {`{"source": "/a"}`, "/a", ""},
		"an object with everything":    {`[{"source":"/a","locale":false,"has":[{"type":"host","value":"x"}],"missing":[{"type":"query","key":"k"}]}]`, "/a", "/a"},
		"an unknown key":               {`[{"source": "/a", "basePath": false}]`, "", ""},
		"an unknown key of has":        {`[{"source": "/a", "has": [{"type": "header", "key": "a", "name": "b"}]}]`, "", ""},
		"a key in other letters":       {`[{"Source": "/a"}]`, "", ""},
		"a name twice":                 {`[{"source": "/a", "source": "/b"}]`, "", ""},
		"no source":                    {`[{"locale": false}]`, "", ""},
		"a source that is no string":   {`[{"source": 1}]`, "", ""},
		"locale true":                  {`[{"source": "/a", "locale": true}]`, "", ""},
		"has that is no array":         {`[{"source": "/a", "has": {"type": "host"}}]`, "", ""},
		"a condition that is a string": {`[{"source": "/a", "has": ["host"]}]`, "", ""},
		"a key that is a number":       {`[{"source": "/a", "has": [{"type": "header", "key": 1}]}]`, "", ""},
		"a host with a key":            {`[{"source": "/a", "has": [{"type": "host", "key": "", "value": "a"}]}]`, "", ""},
		"an array in an array":         {`[["/a"]]`, "", ""},
		"something behind it":          {`["/a"] ["/b"]`, "", ""},
		"half of it":                   {`["/a", {"source`, "", ""},
		"bytes that are not UTF-8":     {"[\"/\xff\"]", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, parse := range []struct {
				name string
				f    func(string) ([]match.Pattern, error)
				want string
			}{{"Parse", match.Parse, c.any}, {"ParseMatcher", match.ParseMatcher, c.matcher}} {
				patterns, err := parse.f(c.text)
				var refused *match.PatternError
				if err != nil && !errors.As(err, &refused) {
					t.Fatalf("%s error = %v, want a PatternError", parse.name, err)
				}
				var sources []string
				for _, p := range patterns {
					sources = append(sources, p.String())
				}
				if got := strings.Join(sources, " "); got != parse.want || (err != nil) != (parse.want == "") {
					t.Errorf("%s = %q, %v, want %q", parse.name, got, err, parse.want)
				}
			}
		})
	}
}

func TestParseKeepsConditions(t *testing.T) {
	patterns, err := match.Parse(`{"source":"/a","locale":false,"has":[{"type":"header","key":"k","value":"v"}],"missing":[{"type":"query","key":"q"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	p := patterns[0]
	if !p.NoLocale || p.Has[0] != (match.Condition{Type: "header", Key: "k", Value: "v"}) || p.Missing[0] != (match.Condition{Type: "query", Key: "q"}) {
		t.Errorf("Parse = %+v", p)
	}
	if got := p.Has[0].String(); got != `header "k" like "v"` {
		t.Errorf("the condition reads %s", got)
	}
}
