package cookie

import (
	"strings"
	"unicode/utf8"
)

const upperHex = "0123456789ABCDEF"

// encode writes value as JavaScript's encodeURIComponent does. Octets that are not UTF-8
// become U+FFFD, which is what a JavaScript server would have had in their place: a URL
// from outside must not be able to make writing fail.
func encode(value string) string {
	if inValue.cover(value) {
		return value
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	var b strings.Builder
	b.Grow(len(value) + len(value)/2)
	for i := range len(value) {
		c := value[i]
		if inValue[c] {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

// decode undoes encode the way JavaScript's decodeURIComponent does: all or nothing.
// A stray "%" or escapes that are not UTF-8 leave the value as it came.
// @auth/core@0.41.3: a value that does not decode is used raw.
func decode(value string) string {
	if strings.IndexByte(value, '%') < 0 {
		return value
	}
	var b strings.Builder
	b.Grow(len(value))
	for i := 0; i < len(value); {
		if value[i] != '%' {
			b.WriteByte(value[i])
			i++
			continue
		}
		// A character of several octets must be escaped as a whole, so each run of
		// escapes is judged by itself.
		start := b.Len()
		for ; i < len(value) && value[i] == '%'; i += 3 {
			if i+2 >= len(value) {
				return value
			}
			high, low := unhex(value[i+1]), unhex(value[i+2])
			if high > 15 || low > 15 {
				return value
			}
			b.WriteByte(high<<4 | low)
		}
		if !utf8.ValidString(b.String()[start:]) {
			return value
		}
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
