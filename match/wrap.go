package match

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Site holds the values of next.config that change what a pattern means. The zero Site is
// an application at the root of its host, without locales.
type Site struct {
	// BasePath is in front of every page: "" or "/docs".
	BasePath string

	// Locales and DefaultLocale are those of i18n. A path without a locale is matched as if
	// the default one stood in front of it.
	Locales       []string
	DefaultLocale string

	// BuildID is the build whose data paths (/_next/data/<BuildID>/….json) are known to be
	// the data of a page. Empty means that none is known; other ids are matched as they are.
	BuildID string

	// TrailingSlash is trailingSlash: pages end in a slash.
	TrailingSlash bool
}

func (s Site) check() error {
	if s.BasePath != "" && (s.BasePath[0] != '/' || strings.HasSuffix(s.BasePath, "/")) {
		return errors.New("match: base path " + strconv.Quote(s.BasePath) + " must start with a slash and not end in one")
	}
	if len(s.Locales) > 0 && !slices.Contains(s.Locales, s.DefaultLocale) {
		return errors.New("match: default locale " + strconv.Quote(s.DefaultLocale) + " is not among the locales")
	}
	if strings.Contains(s.BuildID, "/") {
		return errors.New("match: build id " + strconv.Quote(s.BuildID) + " must not hold a slash")
	}
	return nil
}

// What Next puts around every source.
// next@16.4.6 build/analysis/get-page-static-info.js getMiddlewareMatchers.
const (
	dataPrefix    = `/:nextData(_next/data/[^/]{1,})?`
	localePart    = `/:nextInternalLocale((?!_next/)[^/.]{1,})`
	transportForm = `\.rsc|\.segments/.+\.segment\.rsc`
	pageSuffix    = `{(\.json|` + transportForm + `)}?`
	rootSuffix    = `/?index|/?index\.json|/?index(?:` + transportForm + `))?`
)

// wrap returns the source that Next compiles in place of p's own.
func (s Site) wrap(p Pattern) string {
	source := p.Source
	isRoot := source == "/"
	if len(s.Locales) > 0 && !p.NoLocale {
		if isRoot {
			source = ""
		}
		source = localePart + source
	}
	switch {
	case isRoot && len(s.Locales) > 0:
		source += `(|\.json|` + rootSuffix
	case isRoot:
		source += `(` + rootSuffix
	default:
		source += pageSuffix
	}
	return s.BasePath + dataPrefix + source
}

// maxSource is the longest source that Next takes, in UTF-16 units, before and after wrapping.
const maxSource = 4096

// compilePattern parses p's source, first alone, then as Next wraps it, and returns the
// regular expression that Next would make of it, as text and parsed.
func (s Site) compilePattern(p Pattern) (text string, root *node, err error) {
	switch {
	case !utf8.ValidString(p.Source):
		return "", nil, &PatternError{p.Source, -1, "is not valid UTF-8"}
	case !strings.HasPrefix(p.Source, "/"):
		return "", nil, &PatternError{p.Source, 0, "must start with a slash"}
	}
	if err := checkSource(p.Source); err != nil {
		return "", nil, patternError(p.Source, err)
	}
	wrapped := s.wrap(p)
	if err := checkSource(wrapped); err != nil {
		return "", nil, &PatternError{p.Source, -1, "with what Next.js adds around it: " + err.Error()}
	}
	parts, _ := parseSource(wrapped)
	text = nextRegexText(parts)
	root, err = parseRegex(text)
	if err != nil {
		return "", nil, &PatternError{p.Source, -1, err.Error()}
	}
	return text, root, nil
}

// checkSource parses a source and every expression in it, each on its own, so that an error
// can be told by its position and no expression leans on what comes after it.
func checkSource(source string) error {
	if n := len(utf16.Encode([]rune(source))); n > maxSource {
		return &fault{-1, strconv.Itoa(n) + " characters long, the limit is " + strconv.Itoa(maxSource)}
	}
	parts, err := parseSource(source)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.body == "" || p.bodyPos < 0 {
			continue
		}
		if _, err := parseRegex(p.body); err != nil {
			return shift(err, p.body, p.bodyPos)
		}
	}
	return nil
}

// shift moves a fault inside body, told in UTF-16 units, to its byte offset in the source.
func shift(err error, body string, at int) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	return &fault{at + byteOffset(body, f.pos), f.why}
}

// byteOffset turns an offset in UTF-16 units into one in bytes.
func byteOffset(s string, units int) int {
	for i, r := range s {
		if units <= 0 {
			return i
		}
		units -= utf16.RuneLen(r)
	}
	return len(s)
}

func patternError(pattern string, err error) error {
	pos := -1
	var f *fault
	if errors.As(err, &f) {
		pos = f.pos
	}
	return &PatternError{pattern, pos, err.Error()}
}
