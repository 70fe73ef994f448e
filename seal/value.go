package seal

import (
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// String decodes a JSON string as [Members] hands it on. It reports false for any other
// value, and for a string that Members would refuse.
func String(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	s := scanner{data: raw}
	found, err := s.text()
	if err != nil || s.pos != len(raw) {
		return "", false
	}
	text := raw[1 : len(raw)-1]
	if found&hasEscape != 0 {
		text = unescape(nil, text)
	}
	return string(text), true
}

// The ends of what [Seconds] takes: the years 1 to 9999, which HTTP dates, RFC 3339 and
// JavaScript's toISOString can write in their usual form.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// Seconds decodes a JSON number of seconds since 1970, as iat, exp and nbf are. A
// fraction is kept, to the precision of a float64, as JavaScript does. It reports false
// for any other value, and for times outside of the years 1 to 9999, which no honest
// clock writes (they are milliseconds, or an overflow).
func Seconds(raw []byte) (time.Time, bool) {
	if len(raw) == 0 || numberLen(raw) != len(raw) {
		return time.Time{}, false
	}
	if n, ok := digits(raw); ok && n <= lastSecond {
		return time.Unix(n, 0), true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < firstSecond || f > lastSecond {
		return time.Time{}, false
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)), true
}

// digits reads a number of up to 12 digits, which is how every clock writes its time.
func digits(raw []byte) (n int64, ok bool) {
	if len(raw) > 12 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// numberLen gives the length of the JSON number that b starts with, 0 if none does.
// RFC 8259 section 6: no plus sign, no leading zero, digits on both sides of the point.
func numberLen(b []byte) int {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digitsLen(b[i:])
	if whole == 0 || whole > 1 && b[i] == '0' {
		return 0
	}
	i += whole
	if i < len(b) && b[i] == '.' {
		n := digitsLen(b[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := digitsLen(b[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

func digitsLen(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}

// escapeLen gives the length of the escape that b starts with, 0 if it is none we take.
// A surrogate pair is one escape. NUL is refused: a store that reads C strings would cut
// the text there. Half a pair is refused: decoders turn it into U+FFFD, and different
// texts become the same.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r := hex4(b)
		if r <= 0 {
			return 0
		}
		if !utf16.IsSurrogate(r) {
			return 6
		}
		if utf16.DecodeRune(r, hex4(b[6:])) != utf8.RuneError {
			return 12
		}
	}
	return 0
}

// hex4 reads \uXXXX at the start of b; -1 if something else is there.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape appends the meaning of a string's inside, which text has accepted.
func unescape(dst, b []byte) []byte {
	for len(b) > 0 {
		if b[0] != '\\' {
			dst = append(dst, b[0])
			b = b[1:]
			continue
		}
		n := escapeLen(b)
		if n == 0 {
			return dst
		}
		dst = appendEscape(dst, b[:n])
		b = b[n:]
	}
	return dst
}

func appendEscape(dst, esc []byte) []byte {
	switch esc[1] {
	case 'b':
		return append(dst, '\b')
	case 'f':
		return append(dst, '\f')
	case 'n':
		return append(dst, '\n')
	case 'r':
		return append(dst, '\r')
	case 't':
		return append(dst, '\t')
	case 'u':
		r := hex4(esc)
		if len(esc) == 12 {
			r = utf16.DecodeRune(r, hex4(esc[6:]))
		}
		return utf8.AppendRune(dst, r)
	}
	return append(dst, esc[1])
}
