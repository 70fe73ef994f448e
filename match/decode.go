package match

import (
	"strings"
	"unicode/utf8"
)

// decodeComponent is JavaScript's decodeURIComponent: all escapes, once, or not at all if one
// of them is broken or they do not make UTF-8.
func decodeComponent(s string) (string, bool) {
	decoded, broken := unescape(s)
	if broken || !utf8.ValidString(decoded) {
		return s, false
	}
	return decoded, true
}

// unescape decodes every %XX and leaves alone, and reports, a % that is not one.
func unescape(s string) (decoded string, broken bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		c, ok := escapedByte(s[i:])
		if !ok {
			broken = true
			b.WriteByte('%')
			continue
		}
		b.WriteByte(c)
		i += 2
	}
	return b.String(), broken
}

// escapedByte reads the %XX that s begins with.
func escapedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, ok := hexValue(s[1])
	lo, ok2 := hexValue(s[2])
	return hi<<4 | lo, ok && ok2
}
