package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A matcherCase is one of match/testdata/next.json: what next@16.4.6 answered.
type matcherCase struct {
	ID, Group, Path, By, Observed string
	Patterns                      json.RawMessage
	Expect                        any // true, false, "invalid" or "reject"
	Method                        string
	Headers                       [][2]string
	BuildID                       string `json:"buildId"`
	MatchedPath                   string `json:"matched_path"`
	Config                        struct {
		BasePath      string
		TrailingSlash bool
		I18n          struct {
			Locales       []string
			DefaultLocale string
		}
	}
}

// patterns are the arguments for a value of config.matcher: a string and a bare object
// each are one, an array is one for each of its items or, where it has none, itself.
func (c matcherCase) patterns(t *testing.T) []string {
	t.Helper()
	var items []json.RawMessage
	if c.Patterns[0] != '[' {
		items = append(items, c.Patterns)
	} else if err := json.Unmarshal(c.Patterns, &items); err != nil {
		t.Fatal(err)
	}
	if len(items) == 0 {
		return []string{"[]"}
	}
	var args []string
	for _, item := range items {
		var source string
		if json.Unmarshal(item, &source) != nil {
			source = string(item)
		}
		args = append(args, source)
	}
	return args
}

func (c matcherCase) args(t *testing.T) []string {
	args := append([]string{"match", "--json"}, c.patterns(t)...)
	if c.Method != "" {
		args = append(args, "--method", c.Method)
	}
	for _, h := range c.Headers {
		args = append(args, "--header", h[0]+": "+h[1])
	}
	if c.Config.BasePath != "" {
		args = append(args, "--base-path", c.Config.BasePath)
	}
	if len(c.Config.I18n.Locales) > 0 {
		args = append(args, "--locales", strings.Join(c.Config.I18n.Locales, ","), "--default-locale", c.Config.I18n.DefaultLocale)
	}
	if c.BuildID != "" {
		args = append(args, "--build-id", c.BuildID)
	}
	if c.Config.TrailingSlash {
		args = append(args, "--trailing-slash")
	}
	return append(args, "--", c.Path)
}

func TestMatchAnswersAsNextDoes(t *testing.T) {
	raw, err := os.ReadFile("../../match/testdata/next.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []matcherCase }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) < 300 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		t.Run(c.ID+" "+c.Group, func(t *testing.T) {
			status, out, errs := enter(t, nil, "", c.args(t)...)
			want := map[any]int{true: exitOK, false: exitNo, "invalid": exitUsage, "reject": exitNo}[c.Expect]
			if c.Patterns[0] == '{' {
				want = exitOK // Next.js wants an array around an object; who types one does not
			}
			if status != want {
				t.Fatalf("exit status %d, want %d\n%s%s", status, want, out, errs)
			}
			if status == exitUsage {
				if errs == "" || out != "" {
					t.Errorf("a refused pattern prints %q and %q", out, errs)
				}
				return
			}
			c.compare(t, out)
		})
	}
}

func (c matcherCase) compare(t *testing.T, out string) {
	t.Helper()
	var got matchReport
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Paths) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	a := got.Paths[0]
	if rejected := c.Expect == "reject"; rejected != (a.Error != "") {
		t.Errorf("error %q, rejected %v", a.Error, rejected)
	}
	if a.By != c.By || c.MatchedPath != "" && a.Matched != c.MatchedPath {
		t.Errorf("by %q on %q, want by %q on %q", a.By, a.Matched, c.By, c.MatchedPath)
	}
	if to, ok := strings.CutPrefix(c.Observed, "redirect 308 "); ok && a.Redirect != to {
		t.Errorf("redirect to %q, want %q", a.Redirect, to)
	}
	// What Next covers is protected as well: a protect rule only ever covers more.
	if a.Covered && !a.Protected {
		t.Error("covered, but not protected")
	}
}
