package match_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

// nextVectors is testdata/next.json: answers of the compiled matcher code of next@16.4.6,
// checked against a production server of that version.
type nextVectors struct {
	About struct {
		Compiled map[string][]string `json:"compiled"`
	} `json:"about"`
	Cases []nextCase `json:"cases"`
}

type nextCase struct {
	ID       string          `json:"id"`
	Group    string          `json:"group"`
	Patterns json.RawMessage `json:"patterns"`
	Config   struct {
		BasePath      string `json:"basePath"`
		TrailingSlash bool   `json:"trailingSlash"`
		I18n          struct {
			Locales       []string `json:"locales"`
			DefaultLocale string   `json:"defaultLocale"`
		} `json:"i18n"`
	} `json:"config"`
	BuildID     string      `json:"buildId"`
	Path        string      `json:"path"`
	Headers     [][2]string `json:"headers"`
	Expect      any         `json:"expect"`
	MatchedPath string      `json:"matched_path"`
	By          string      `json:"by"`
	Observed    string      `json:"observed"`
}

func readVectors(tb testing.TB) nextVectors {
	tb.Helper()
	data, err := os.ReadFile("testdata/next.json")
	if err != nil {
		tb.Fatal(err)
	}
	var v nextVectors
	if err := json.Unmarshal(data, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (c nextCase) site() match.Site {
	return match.Site{
		BasePath:      c.Config.BasePath,
		Locales:       c.Config.I18n.Locales,
		DefaultLocale: c.Config.I18n.DefaultLocale,
		BuildID:       c.BuildID,
		TrailingSlash: c.Config.TrailingSlash,
	}
}

func (c nextCase) compile() (*match.Set, error) {
	patterns, err := match.ParseMatcher(string(c.Patterns))
	if err != nil {
		return nil, err
	}
	return match.Compile(c.site(), patterns...)
}

func (c nextCase) request() match.Request {
	r := match.Request{Target: c.Path, Host: "localhost", Header: http.Header{}}
	for _, h := range c.Headers {
		if strings.EqualFold(h[0], "Host") {
			r.Host = h[1]
			continue
		}
		r.Header.Add(h[0], h[1])
	}
	return r
}

func TestNextVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Cases) != 324 {
		t.Fatalf("read %d cases, want 324", len(v.Cases))
	}
	for _, c := range v.Cases {
		t.Run(c.ID+" "+c.Group, func(t *testing.T) { c.run(t) })
	}
}

func (c nextCase) run(t *testing.T) {
	set, err := c.compile()
	if c.Expect == "invalid" {
		if refused := (*match.PatternError)(nil); !errors.As(err, &refused) {
			t.Fatalf("Compile error = %v, want a PatternError", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	covered, err := set.Match(c.request())
	if c.Expect == "reject" {
		if !errors.Is(err, match.ErrTarget) {
			t.Errorf("Match error = %v, want ErrTarget", err)
		}
	} else if err != nil || covered != c.Expect {
		t.Errorf("Match(%s) = %v, %v, want %v", c.Path, covered, err, c.Expect)
	}
	c.explained(t, set.Explain(c.request()))
}

// explained compares what Next.js was seen to do with what Explain says it would.
func (c nextCase) explained(t *testing.T, e match.Explanation) {
	if c.Expect != "reject" && e.Covered != c.Expect {
		t.Errorf("Explain says covered = %v, want %v", e.Covered, c.Expect)
	}
	want := c.MatchedPath
	if want == "" {
		want, _, _ = strings.Cut(c.Path, "?")
	}
	if e.Path != want {
		t.Errorf("Explain says path = %q, want %q", e.Path, want)
	}
	if e.By != c.By {
		t.Errorf("Explain says by = %q, want %q", e.By, c.By)
	}
	location, redirected := strings.CutPrefix(c.Observed, "redirect 308 ")
	if redirected != (e.Redirect != "") || redirected && e.Redirect != location {
		t.Errorf("Explain says redirect to %q, Next.js was seen to %s", e.Redirect, c.Observed)
	}
	if !redirected && c.Expect != "reject" && e.Covered != (c.Observed == "run") {
		t.Errorf("Explain says covered = %v, Next.js was seen to %s", e.Covered, c.Observed)
	}
}

// Next.js reads its expressions back with RegExp.source, which escapes slashes outside of
// classes and line feeds.
func regexSource(text string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			b.WriteByte(c)
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			b.WriteByte('\\')
		case c == '\n':
			b.WriteString(`\n`)
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func TestPatternsCompileToTheExpressionsOfNext(t *testing.T) {
	v := readVectors(t)
	compared := map[string]bool{}
	for _, c := range v.Cases {
		want, ok := v.About.Compiled[string(c.Patterns)]
		if !ok || compared[string(c.Patterns)] {
			continue
		}
		set, err := c.compile()
		if err != nil {
			continue // an invalid pattern: TestNextVectors says more
		}
		got := set.Regexes()
		for i := range got {
			got[i] = regexSource(got[i])
		}
		compared[string(c.Patterns)] = true
		if !slices.Equal(got, want) {
			t.Errorf("%s compiles to\n%s, want\n%s", c.Patterns, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if len(compared) < 38 {
		t.Errorf("only %d pattern sets compared", len(compared))
	}
}
