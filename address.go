package signet

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// errEmail is all that a refused address is told; which rule it broke helps nobody.
var errEmail = errors.New("signet: not an e-mail address")

// Bounds of an address, in bytes (RFC 5321 section 4.5.3.1).
const (
	maxEmail      = 254
	maxEmailLocal = 64
)

// ParseEmail reads an e-mail address as a person typed it and returns the form that mail
// is delivered to: the local part as typed, the domain in lower-case ASCII. It is stricter
// than RFC 5322, since every address it lets through will stand in a mail header one day:
// no quotes, comments, lists or blanks, one @. An address that looks different after
// Unicode NFKC is refused rather than changed, so that no look-alike reaches the account
// of another.
func ParseEmail(typed string) (string, error) {
	s := strings.TrimSpace(typed)
	if len(s) > maxEmail || !utf8.ValidString(s) || !norm.NFKC.IsNormalString(s) {
		return "", errEmail
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > maxEmailLocal || strings.ContainsFunc(s, notInEmail) {
		return "", errEmail
	}
	if strings.Contains(domain, "@") || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return "", errEmail
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !mailDomain(ascii) {
		return "", errEmail
	}
	// A domain that does not come back from its Unicode form unchanged has two spellings.
	back, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return "", errEmail
	}
	if again, err := idna.Lookup.ToASCII(back); err != nil || again != ascii {
		return "", errEmail
	}
	return local + "@" + ascii, nil
}

// mailDomain tells whether mail can be delivered to a domain: it has labels of 1 to 63
// bytes (RFC 1035 section 2.3.4), more than one unless it is localhost, and the last is
// none of an IPv4 address.
func mailDomain(ascii string) bool {
	last := ""
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		last = label
	}
	return last != ascii && !('0' <= last[0] && last[0] <= '9') || ascii == "localhost"
}

// notInEmail tells the characters that have a meaning in a mail header, or none at all.
func notInEmail(r rune) bool {
	switch r {
	case '"', ',', ';', ':', '<', '>', '(', ')', '[', ']', '\\':
		return true
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// FoldEmail is the form under which two spellings of one address are the same: ASCII in
// lower case. Other letters stay as they are, since lower-casing İ or the Kelvin sign would
// give an ASCII letter that belongs to another address.
func FoldEmail(address string) string {
	s := strings.TrimSpace(address)
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
