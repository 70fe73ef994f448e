package match

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrAmbiguous is wrapped by the errors of [Canonical] for targets that different servers
// would read differently. Answer 400.
var ErrAmbiguous = errors.New("match: ambiguous path")

// Canonical returns the one path that a target stands for: unreserved characters decoded,
// dots resolved, repeated slashes merged, query cut off. Other escapes stay as they were sent.
// What is judged and what is forwarded should both be this path.
//
// The error is [ErrTarget] or [ErrLong], or wraps [ErrAmbiguous] for a target in which an
// escaped slash, backslash or NUL, a control character, a second layer of escapes, an escape
// that is not UTF-8, a backslash, a fragment or a dot segment with parameters leaves a choice.
func Canonical(target string) (string, error) { return Escapes(0).Canonical(target) }

// Escapes are what [Escapes.Canonical] leaves as it was sent, although servers read it
// differently. Values may be added up. Zero leaves nothing.
//
// Who leaves something has to ask every rule for every reading of the path: [Set.Covers].
type Escapes uint8

const (
	// EscapedSlash is a slash that is part of a name: "/projects/group%2Fname".
	EscapedSlash Escapes = 1 << iota

	// EscapedPercent is a percent sign that is part of a name, and looks like the start of an
	// escape: "/search/100%25ab". A third layer of escapes is always refused.
	EscapedPercent

	// EscapedBytes is text in another encoding than UTF-8: "/%B0%A1" of EUC-KR.
	EscapedBytes
)

// Canonical is the function of this name, but for what is left. Where something is, no
// reading may have a dot segment that the path does not show.
func (e Escapes) Canonical(target string) (string, error) {
	path, err := requestPath(target)
	if err != nil {
		return "", err
	}
	sent, _, _ := strings.Cut(target, "?")
	why, path := ambiguity(sent, e), canonical(path)
	if why == "" && e != 0 {
		why = hidden(path)
	}
	if why != "" {
		return "", fmt.Errorf("%w: %s", ErrAmbiguous, why)
	}
	return path, nil
}

func ambiguity(sent string, left Escapes) string {
	switch {
	case strings.Contains(sent, `\`):
		return "backslash"
	case strings.Contains(sent, "#"):
		return "fragment"
	}
	decoded, broken := unescape(sent)
	switch {
	case broken:
		return "percent sign that escapes nothing"
	case left&EscapedBytes == 0 && !utf8.ValidString(decoded):
		return "escapes that are not UTF-8"
	case left&EscapedSlash == 0 && strings.Count(decoded, "/") != strings.Count(sent, "/"):
		return "escaped slash"
	case strings.Contains(decoded, `\`):
		return "escaped backslash"
	case strings.ContainsFunc(decoded, isControl):
		return "escaped control character"
	}
	twice, _ := unescape(decoded)
	if left&EscapedPercent == 0 && twice != decoded {
		return "escaped percent sign in front of two hexadecimal digits"
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if name, _, ok := strings.Cut(segment, ";"); ok && dots(name) != 0 {
			return "dot segment with parameters"
		}
	}
	return ""
}

// hidden looks for what would come to light when somebody decodes a canonical path.
func hidden(path string) string {
	once, _ := unescape(path)
	twice, _ := unescape(once)
	if thrice, _ := unescape(twice); thrice != twice {
		return "three layers of escapes"
	}
	if strings.ContainsFunc(twice, isControl) {
		return "escaped control character"
	}
	for _, reading := range []string{once, foldASCII(once), twice, foldASCII(twice)} {
		for segment := range strings.SplitSeq(strings.ReplaceAll(reading, `\`, "/"), "/") {
			if name, _, _ := strings.Cut(segment, ";"); dots(strings.TrimRight(name, " ")) != 0 {
				return "dot segment behind an escape"
			}
		}
	}
	return ""
}
