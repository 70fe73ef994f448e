package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/signet-auth/signet/match"
)

// matchCmd asks a Next.js matcher about paths.
type matchCmd struct {
	Patterns      operands `arg:"" help:"What config.matcher says. A pattern may be the JSON of an object matcher, or of a whole config.matcher. Put -- behind the last one."`
	Paths         operands `arg:"" optional:"" help:"Paths to ask about, behind --."`
	Method        string   `default:"GET" help:"Method of the request. Next.js does not look at it."`
	Header        []string `short:"H" sep:"none" placeholder:"'N: V'" help:"Header of the request, for has and missing; may be repeated."`
	BasePath      string   `placeholder:"/docs" help:"basePath of next.config."`
	Locales       []string `placeholder:"en,ko" help:"i18n.locales of next.config."`
	DefaultLocale string   `placeholder:"en" help:"i18n.defaultLocale of next.config."`
	BuildID       string   `name:"build-id" placeholder:"ID" help:"Build whose data paths (/_next/data/ID/….json) are taken for pages."`
	TrailingSlash bool     `help:"trailingSlash of next.config."`
	outputFlags
}

type matchReport struct {
	Patterns []string      `json:"patterns"`
	Paths    []matchAnswer `json:"paths"`
}

// A matchAnswer is what a set of patterns says of one path.
type matchAnswer struct {
	Path    string `json:"path"`
	Covered bool   `json:"covered"`

	// Protected is the answer of the same patterns as a `protect` rule of Signet, which
	// also counts other spellings of the path.
	Protected bool `json:"protected"`

	// Matched is what the patterns were run on.
	Matched  string         `json:"matched_path"`
	By       string         `json:"by,omitempty"`
	Redirect string         `json:"redirect,omitempty"`
	Error    string         `json:"error,omitempty"`
	Readings []matchReading `json:"readings"`
}

type matchReading struct {
	Reading string `json:"reading"`
	Path    string `json:"path"`
	Pattern string `json:"pattern"`
	Covered bool   `json:"covered"`
	Why     string `json:"why"`
}

// Run is the verb. Its answer is no when one of the paths is not covered.
func (c *matchCmd) Run(io *terminal) error {
	if len(c.Paths.list) == 0 {
		return &usageError{"match: no paths to ask about", "put -- between patterns and paths: signet match '/userposts/:path*' -- /userposts/1"}
	}
	set, err := c.compile(c.Patterns.list)
	if err != nil {
		return err
	}
	header, err := headersFrom("match", c.Header)
	if header.Get("Host") == "" {
		header.Set("Host", "localhost")
	}
	if err != nil {
		return err
	}
	answers := make([]matchAnswer, 0, len(c.Paths.list))
	no := false
	for _, path := range c.Paths.list {
		a := askMatcher(set, match.Request{Target: path, Header: header})
		answers = append(answers, a)
		no = no || !a.Covered
	}
	if c.JSON {
		err = writeJSON(io.Out, matchReport{c.Patterns.list, answers})
	} else {
		err = printAnswers(io.Out, answers)
	}
	if err == nil && no {
		return errNo
	}
	return err
}

// operands are all arguments up to a flag, to -- or to the end. The parser has this for
// slices too, but lets nothing follow a slice.
type operands struct{ list []string }

// Decode implements kong.MapperValue. Neither patterns nor paths begin with a dash, so
// what does is a flag, behind -- as well.
func (o *operands) Decode(from *kong.DecodeContext) error {
	taken := from.Scan.PopWhile(func(t kong.Token) bool { return t.IsValue() && !strings.HasPrefix(t.String(), "-") })
	for _, t := range taken {
		o.list = append(o.list, t.String())
	}
	rest := from.Scan.PopWhile(func(t kong.Token) bool { return !t.IsEOL() })
	for _, t := range slices.Backward(rest) {
		from.Scan.Push(t.String()) // in front of what is there
	}
	return nil
}

func (c *matchCmd) compile(texts []string) (*match.Set, error) {
	var patterns []match.Pattern
	for _, text := range texts {
		some, err := match.Parse(text)
		if err != nil {
			return nil, badPattern(err)
		}
		for _, p := range some {
			p.ClientMayChoose = true // for the answer of a protect rule
			patterns = append(patterns, p)
		}
	}
	set, err := match.Compile(match.Site{
		BasePath: c.BasePath, Locales: c.Locales, DefaultLocale: c.DefaultLocale,
		BuildID: c.BuildID, TrailingSlash: c.TrailingSlash,
	}, patterns...)
	if err != nil {
		return nil, badPattern(err)
	}
	return set, nil
}

func badPattern(err error) error {
	cure := "Next.js refuses to build with it, or Signet cannot run it in bounded time"
	var p *match.PatternError
	if errors.As(err, &p) && !strings.HasPrefix(p.Pattern, "/") && !strings.ContainsAny(p.Pattern, `{["`) {
		cure = "patterns begin with /; quote them, so that the shell leaves * and ( alone"
	}
	return &usageError{visible(err.Error()), cure}
}

// header is the header of the request, of a browser on this machine unless told otherwise.
// headersFrom reads headers as they are typed.
func headersFrom(verb string, lines []string) (http.Header, error) {
	h := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isCookieName(name) { // a token, too
			return h, &usageError{fmt.Sprintf("%s: --header %q is no header", verb, line), "write it as 'Name: value'"}
		}
		h.Add(textproto.TrimString(name), textproto.TrimString(value))
	}
	return h, nil
}

func askMatcher(set *match.Set, r match.Request) matchAnswer {
	e := set.Explain(r)
	a := matchAnswer{
		Path: r.Target, Covered: e.Covered, Protected: set.CoversRequest(r),
		Matched: e.Path, By: e.By, Redirect: e.Redirect, Readings: []matchReading{},
	}
	switch {
	case errors.Is(e.Err, match.ErrTarget):
		a.Error = "no server takes it: it is not a path as browsers send it"
	case e.Err != nil:
		a.Error = strings.TrimPrefix(e.Err.Error(), "match: ")
	}
	for _, r := range e.Readings {
		a.Readings = append(a.Readings, matchReading{r.Name, r.Path, r.Pattern.Source, r.Covered, r.Why})
	}
	return a
}

// printAnswers prints each path with its verdict, and below it why.
func printAnswers(w io.Writer, answers []matchAnswer) error {
	var b strings.Builder
	for _, a := range answers {
		verdict := "not covered"
		if a.Covered {
			verdict = "covered"
		}
		fmt.Fprintf(&b, "%-11s  %s\n", verdict, visible(a.Path))
		for _, line := range a.reasons() {
			fmt.Fprintf(&b, "             %s\n", visible(line))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// reasons are the lines below a path.
func (a *matchAnswer) reasons() []string {
	if a.Error != "" {
		lines := []string{a.Error}
		if a.Matched != "" && a.Matched != a.Path {
			lines = append(lines, "a browser makes "+a.Matched+" of it: ask about that")
		}
		return lines
	}
	var lines []string
	if a.Redirect != "" {
		lines = append(lines, "Next.js redirects it to "+a.Redirect+" before it asks")
	}
	if len(a.Readings) == 0 {
		lines = append(lines, "the matcher is empty")
	}
	var told []string
	for _, r := range a.Readings {
		line := r.Pattern + ": " + r.Why
		key := line
		if a.Covered {
			key = r.Pattern // once is enough
		}
		if r.Covered != a.Covered || slices.Contains(told, key) {
			continue // what does not cover is of interest only where nothing does
		}
		told = append(told, key)
		if r.Path != a.Path {
			line += " (" + r.Reading + " as " + r.Path + ")"
		}
		lines = append(lines, line)
	}
	if a.By == "raw" {
		lines = append(lines, "only as it stands: decoded, no pattern covers it")
	}
	if a.Protected && !a.Covered {
		lines = append(lines, "a protect rule of Signet covers it all the same: some servers read it as a path that is covered")
	}
	return lines
}
