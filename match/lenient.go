package match

import (
	"strings"
	"unicode/utf8"
)

// canonical writes a parsed path in its one plain spelling: unreserved characters decoded
// once (RFC 3986 section 6.2.2.2), dots resolved, slashes merged.
func canonical(path string) string {
	if strings.IndexByte(path, '%') < 0 {
		return resolveDots(mergeSlashes(path))
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c, ok := escapedByte(path[i:])
		switch {
		case !ok:
			b.WriteByte(path[i])
		case isWord(c) || c == '-' || c == '.' || c == '~':
			b.WriteByte(c)
			i += 2
		default:
			b.WriteString(path[i : i+3])
			i += 2
		}
	}
	return resolveDots(mergeSlashes(b.String()))
}

// lenient reads a path the way the most careless servers do: everything decoded, also overlong
// and full-width forms, without ;parameters and without dots and blanks at the end of a segment.
// cut is the same up to a decoded ? or #. No single server does all of this; a rule that
// protects must hold for each.
func lenient(path string) (whole, cut string) {
	decoded, _ := unescape(unescapeU(path))
	decoded = foldASCII(decoded)
	whole = tidy(decoded)
	if i := strings.IndexAny(decoded, "?#"); i >= 0 {
		return whole, tidy(decoded[:i])
	}
	return whole, whole
}

func tidy(path string) string {
	segments := strings.Split(mergeSlashes("/" + path)[1:], "/")
	for i, segment := range segments {
		segment, _, _ = strings.Cut(segment, ";")
		segment = strings.TrimRight(segment, " ")
		if dots(segment) == 0 {
			segment = strings.TrimRight(segment, ". ")
		}
		segments[i] = segment
	}
	return resolveDots(mergeSlashes("/" + strings.Join(segments, "/")))
}

// unescapeU decodes %uXXXX, which some servers take.
func unescapeU(s string) string {
	if !strings.Contains(s, "%u") && !strings.Contains(s, "%U") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if len(s)-i >= 6 && s[i] == '%' && s[i+1]|0x20 == 'u' {
			hi, ok := escapedByte("%" + s[i+2:i+4])
			lo, ok2 := escapedByte("%" + s[i+4:i+6])
			if ok && ok2 {
				b.WriteRune(rune(hi)<<8 | rune(lo))
				i += 5
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// foldASCII turns full-width forms and overlong UTF-8 of ASCII characters into these.
func foldASCII(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			b.WriteByte(byte(r - 0xFF01 + '!'))
		case r == utf8.RuneError && width == 1:
			c, n := overlong(s[i:])
			b.WriteByte(c)
			width = n
		default:
			b.WriteString(s[i : i+width])
		}
		i += width
	}
	return b.String()
}

// overlong reads an ASCII character that is written in more bytes than it needs, or else the
// first byte as it is.
func overlong(s string) (c byte, width int) {
	tail := func(i int) bool { return i < len(s) && s[i]&0xC0 == 0x80 }
	switch {
	case (s[0] == 0xC0 || s[0] == 0xC1) && tail(1):
		return s[0]&1<<6 | s[1]&0x3F, 2
	case s[0] == 0xE0 && tail(1) && s[1] <= 0x81 && tail(2):
		return s[1]&1<<6 | s[2]&0x3F, 3
	case s[0] == 0xF0 && tail(1) && s[1] == 0x80 && tail(2) && s[2] <= 0x81 && tail(3):
		return s[2]&1<<6 | s[3]&0x3F, 4
	}
	return s[0], 1
}
