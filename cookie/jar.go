package cookie

import (
	"iter"
	"net/http"
	"strings"
)

// A Jar is the cookies of one request, in the order they came. It is a small value that
// shares memory with the header it was read from, so the header's Cookie lines must not
// be overwritten in place while it is in use; removing or replacing them is fine.
// The zero Jar is empty. Its methods may be called from several goroutines.
//
// The header is taken as pairs between semicolons. Spaces and tabs around a pair go; a
// piece without "=" or without a name is passed over; everything else, such as quotes
// around a value, is part of the name or the value. So a pair that is broken, quoted or
// written in another script is a foreign cookie at worst and hides none of its neighbours.
type Jar struct {
	lines []string
}

// Read collects the Cookie lines of a request. It decodes and allocates nothing.
//
// ErrTooLarge means more than MaxHeader octets, ErrTooMany more than MaxCookies cookies.
// The caller answers 431 to both: reading the first ones only, or none as net/http does,
// would sign somebody out without a word.
func Read(h http.Header) (Jar, error) {
	lines := h["Cookie"]
	size, most := 0, 0
	for _, line := range lines {
		size += len(line)
		most += strings.Count(line, ";") + 1
	}
	if size > MaxHeader {
		return Jar{}, ErrTooLarge
	}
	j := Jar{lines: lines}
	// Semicolons are quick to count and rarely say more than there is; only a header
	// with many of them is walked through.
	if most > MaxCookies && j.count() > MaxCookies {
		return Jar{}, ErrTooMany
	}
	return j, nil
}

// count returns the number of pieces that are not blank, also those without a name:
// they are cookies to the browser that sent them.
func (j Jar) count() int {
	n := 0
	for _, line := range j.lines {
		for piece := range strings.SplitSeq(line, ";") {
			if trim(piece) != "" {
				n++
			}
		}
	}
	return n
}

// Get returns the value of the only cookie with exactly this name, letter case included:
// browsers apply name prefixes to any spelling, so "__host-x" must not pass for "__Host-x".
//
// A value that holds a "%" is percent-decoded; where that fails it is returned as it
// came, as in Auth.js. Quotes stay. The value is foreign text: after decoding it may hold
// any character, line breaks included.
//
// Errors are ErrAbsent and ErrDuplicate. A cookie with an empty value is there.
func (j Jar) Get(name string) (value string, err error) {
	found := false
	c := cursor{lines: j.lines}
	for c.next() {
		if c.name != name {
			continue
		}
		if found {
			return "", ErrDuplicate
		}
		found, value = true, c.value
	}
	if !found {
		return "", ErrAbsent
	}
	return decode(value), nil
}

// First is Get for cookies in which a stranger's value does no harm: where the name came
// more than once it takes the first, as Auth.js does for its CSRF and callback-url
// cookies. ok is false when there is none.
func (j Jar) First(name string) (value string, ok bool) {
	c := cursor{lines: j.lines}
	for c.next() {
		if c.name == name {
			return decode(c.value), true
		}
	}
	return "", false
}

// All yields every cookie in request order, duplicates included, with its name as it came
// and its value decoded as by Get.
func (j Jar) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		c := cursor{lines: j.lines}
		for c.next() {
			if !yield(c.name, decode(c.value)) {
				return
			}
		}
	}
}

// A cursor walks over the pairs of a jar without allocating.
type cursor struct {
	name, value string // the current pair, value not decoded

	lines []string // not begun yet
	rest  string   // what is left of the current line
}

// next moves on to the next pair that has a name.
func (c *cursor) next() bool {
	for {
		for c.rest == "" {
			if len(c.lines) == 0 {
				return false
			}
			c.rest, c.lines = c.lines[0], c.lines[1:]
		}
		piece := c.rest
		if i := strings.IndexByte(piece, ';'); i >= 0 {
			piece, c.rest = piece[:i], piece[i+1:]
		} else {
			c.rest = ""
		}
		piece = trim(piece)
		// The name is not trimmed on its right: no browser sends "name =value", so
		// whoever does is not to be taken for one.
		if i := strings.IndexByte(piece, '='); i > 0 {
			c.name, c.value = piece[:i], trim(piece[i+1:])
			return true
		}
	}
}

// trim removes spaces and tabs at both ends, and no other white space.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
