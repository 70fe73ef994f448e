package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet/cookie"
)

// A pasted is a token the way a person copied it, cleaned.
type pasted struct {
	// Cookie is the name of the cookie it was in; empty where only the value was copied.
	Cookie string

	// Value is the token.
	Value string

	// Wrapped says that more than white space was around it, and no line of a header.
	Wrapped bool

	// Broken tells why a cookie in chunks cannot be put together; Value is empty then.
	Broken error
}

// sessionCookies are the names of session cookies, those of Auth.js v5 first: they are
// looked for in a Cookie line, and tried as salts.
var sessionCookies = []string{
	"authjs.session-token", "__Secure-authjs.session-token", "__Host-authjs.session-token",
	"next-auth.session-token", "__Secure-next-auth.session-token", "__Host-next-auth.session-token",
}

// clean finds the token in what a person copied out of a browser, a log or a terminal: a
// bare value, perhaps quoted, percent-encoded or broken into lines; a Cookie line; the
// Set-Cookie lines of an answer; an Authorization line. wanted, if not empty, is the
// cookie to take from among others.
func clean(text, wanted string) (pasted, error) {
	whole := text
	text = unquote(text)
	lines := cookieLines(text)
	if lines == nil {
		value := bareToken(text)
		_, isLine := cutFold(text, "authorization:")
		return pasted{Value: value, Wrapped: value != strings.TrimSpace(whole) && !isLine}, nil
	}
	return fromCookies(lines, wanted)
}

// exactly takes a token out of header lines alone and leaves it as it is.
func exactly(text, wanted string) (pasted, error) {
	if rest, ok := cutFold(text, "authorization:"); ok {
		rest = strings.TrimSpace(rest)
		if token, ok := cutFold(rest, "bearer "); ok {
			rest = strings.TrimSpace(token)
		}
		return pasted{Value: rest}, nil
	}
	lines := cookieLines(text)
	if lines == nil {
		return pasted{Value: text}, nil
	}
	return fromCookies(lines, wanted)
}

func fromCookies(lines []string, wanted string) (pasted, error) {
	jar, err := cookie.Read(http.Header{"Cookie": lines})
	if err != nil {
		return pasted{}, &usageError{"inspect: " + strings.TrimPrefix(err.Error(), "cookie: "), "paste only the cookie that holds the session"}
	}
	name, err := chooseCookie(jar, wanted)
	if err != nil {
		return pasted{}, err
	}
	found, err := jar.Chunked(name)
	return pasted{Cookie: name, Value: unquote(found.Value), Broken: err}, nil
}

// bareToken cleans a token that came without a cookie's name.
func bareToken(text string) string {
	text = unwrap(text)
	if rest, ok := cutFold(text, "authorization:"); ok {
		text = strings.TrimSpace(rest)
	}
	if rest, ok := cutFold(text, "bearer "); ok {
		text = strings.TrimSpace(rest)
	}
	if strings.Contains(text, "%") {
		if decoded, err := url.PathUnescape(text); err == nil {
			text = decoded
		}
	}
	return unquote(text)
}

// cookieLines returns what stands in text as the Cookie lines of a request, or nil if it
// is no cookie but a value.
func cookieLines(text string) []string {
	rows := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	var lines []string
	pairs := 0
	for _, row := range rows {
		row = strings.TrimLeft(row, "<> \t") // curl -v marks each line
		if rest, ok := cutFold(row, "set-cookie:"); ok {
			pair, _, _ := strings.Cut(rest, ";")
			lines = append(lines, pair)
		} else if rest, ok := cutFold(row, "cookie:"); ok {
			lines = append(lines, rest)
		}
		if isPair(row) {
			pairs++
		}
	}
	whole := unwrap(text)
	if rest, ok := cutFold(whole, "cookie:"); ok && len(lines) == 1 {
		return []string{rest} // one line that a terminal has broken into several
	}
	switch {
	case len(lines) > 0:
		return lines
	case pairs == len(rows):
		return rows // one cookie a line
	case isPair(whole):
		return []string{whole}
	}
	if pair, ok := labelled(whole); ok {
		return []string{pair}
	}
	return nil
}

// isPair tells whether s begins with the name of a cookie, = and a value. Padding at the
// end of a base64 text is none.
func isPair(s string) bool {
	name, rest, ok := strings.Cut(strings.TrimSpace(s), "=")
	value, _, more := strings.Cut(rest, ";")
	return ok && isCookieName(name) && (more || strings.Trim(value, "= ") != "")
}

// labelled reads a name and a value as the tables of developer tools put them: a colon or
// a tab between the two. It returns them as a pair.
func labelled(s string) (string, bool) {
	i := strings.IndexAny(s, ":\t")
	if i < 0 || !isCookieName(s[:i]) {
		return "", false
	}
	value, _, _ := strings.Cut(strings.TrimLeft(s[i+1:], " \t"), "\t")
	value = unquote(value)
	return s[:i] + "=" + value, value != "" && !strings.ContainsAny(value, "; ")
}

// isCookieName tells names from other text. RFC 9110 section 5.6.2 has the characters of
// a token; no name that is in use is longer than this.
func isCookieName(s string) bool {
	return s != "" && len(s) <= 100 && !strings.HasPrefix(s, "eyJ") && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// chooseCookie finds the cookie that is meant: the one asked for, that of a session, the
// only one that can be a token, or the only one.
func chooseCookie(jar cookie.Jar, wanted string) (string, error) {
	if wanted != "" && len(jar.Family(wanted)) > 0 {
		return wanted, nil
	}
	for _, name := range sessionCookies {
		if len(jar.Family(name)) > 0 {
			return name, nil
		}
	}
	var names []string
	for name := range jar.All() {
		if base := withoutChunk(name); !slices.Contains(names, base) {
			names = append(names, base)
		}
	}
	if name, ok := onlyToken(jar, names); ok {
		return name, nil
	}
	switch {
	case len(names) == 0:
		return "", &usageError{"inspect: a Cookie line without a cookie in it", "paste the whole line, or the value alone"}
	case len(names) > 1:
		shown := names[:min(len(names), 5)]
		return "", &usageError{
			fmt.Sprintf("inspect: %d cookies, and none has the name of a session: %s", len(names), visible(strings.Join(shown, ", "))),
			"name the one you mean with --salt, or paste its value alone",
		}
	}
	return names[0], nil
}

// onlyToken finds the one cookie that has the form of a token.
func onlyToken(jar cookie.Jar, names []string) (string, bool) {
	var tokens []string
	for _, name := range names {
		found, err := jar.Chunked(name)
		if err == nil && formatOf(found.Value, headerOf(found.Value)) != "unknown" {
			tokens = append(tokens, name)
		}
	}
	if len(tokens) != 1 {
		return "", false
	}
	return tokens[0], true
}

// withoutChunk cuts the number of a chunk off a cookie's name.
func withoutChunk(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 && i < len(name)-1 && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}

// unwrap takes out line breaks and the indentation behind them, which come from copying
// and are never part of a token. Other white space stays, and makes it malformed.
func unwrap(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}

// quotes are the pairs that values get wrapped in, by shells, JSON, Markdown and word
// processors.
var quotes = []string{`""`, "''", "``", "“”", "‘’"}

// unquote removes white space and quotes around s, in whatever order they come.
func unquote(s string) string {
	for {
		s = strings.TrimSpace(s)
		i := slices.IndexFunc(quotes, func(q string) bool {
			open, end := q[:len(q)/2], q[len(q)/2:]
			return len(s) >= len(q) && strings.HasPrefix(s, open) && strings.HasSuffix(s, end)
		})
		if i < 0 {
			return s
		}
		s = s[len(quotes[i])/2 : len(s)-len(quotes[i])/2]
	}
}

// cutFold is strings.CutPrefix without regard to the case of ASCII letters.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// brokenWords says in plain words why chunks do not make a value.
func brokenWords(err error) (what, cure string) {
	switch {
	case errors.Is(err, cookie.ErrDuplicate):
		return "the cookie came more than once, so nobody can tell which one is meant", "find out who else sets it (another path or domain of the site); a server takes such a visitor for nobody"
	case errors.Is(err, cookie.ErrGap):
		return "the cookie is in chunks, and one of them is missing", "copy all of them, from name.0 on"
	case errors.Is(err, cookie.ErrTooLarge):
		return fmt.Sprintf("the cookie has more than %d chunks or %d bytes", cookie.MaxChunks, cookie.MaxToken), "keep less in the session; no server of ours reads that much"
	}
	return "the cookie is empty", "copy its value as well"
}
