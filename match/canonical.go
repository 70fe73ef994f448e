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
func Canonical(target string) (string, error) {
	path, err := requestPath(target)
	if err != nil {
		return "", err
	}
	sent, _, _ := strings.Cut(target, "?")
	if why := ambiguity(sent); why != "" {
		return "", fmt.Errorf("%w: %s", ErrAmbiguous, why)
	}
	return canonical(path), nil
}

func ambiguity(sent string) string {
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
	case !utf8.ValidString(decoded):
		return "escapes that are not UTF-8"
	case strings.Count(decoded, "/") != strings.Count(sent, "/"):
		return "escaped slash"
	case strings.Contains(decoded, `\`):
		return "escaped backslash"
	case strings.ContainsFunc(decoded, isControl):
		return "escaped control character"
	}
	if twice, _ := unescape(decoded); twice != decoded {
		return "escaped percent sign in front of two hexadecimal digits"
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if name, _, ok := strings.Cut(segment, ";"); ok && dots(name) != 0 {
			return "dot segment with parameters"
		}
	}
	return ""
}
