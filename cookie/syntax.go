package cookie

import "strings"

// octets is a set of letters, digits and some signs.
type octets [256]bool

func lettersDigitsAnd(signs string) *octets {
	var o octets
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + signs) {
		o[c] = true
	}
	return &o
}

// cover reports whether s has no other octets.
func (o *octets) cover(s string) bool {
	for i := range len(s) {
		if !o[s[i]] {
			return false
		}
	}
	return true
}

var (
	inToken = lettersDigitsAnd("!#$%&'*+-.^_`|~") // RFC 9110 section 5.6.2
	inLabel = lettersDigitsAnd("-")               // RFC 1123 section 2.1
	inValue = lettersDigitsAnd("-_.!~*'()")       // ECMA-262, encodeURIComponent leaves them
)

// isToken reports whether s can be a cookie's name.
func isToken(s string) bool { return s != "" && inToken.cover(s) }

// isPath reports whether s can be the value of Path. RFC 6265bis section 4.1.1, with the
// leading slash without which browsers ignore it, no spaces, which they may trim, and no
// quotes and backslashes, with which readers drop the attribute.
func isPath(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == ';' || c == '"' || c == '\\' {
			return false
		}
	}
	return strings.HasPrefix(s, "/") && len(s) <= maxAttribute
}

// isDomain reports whether s is a host name, with or without a leading dot, which
// browsers ignore.
func isDomain(s string) bool {
	if len(s) > 254 { // 253 and the dot, well under maxAttribute
		return false
	}
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		if label == "" || len(label) > 63 || !inLabel.cover(label) {
			return false
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
