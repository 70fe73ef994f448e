package iron

import (
	"encoding/base64"
	"strings"
)

const (
	prefix  = "Fe26.2"
	current = "~2" // iron-session 6 to 9
	macSize = 43   // characters
	ivSize  = 22   // characters
)

var b64 = base64.RawURLEncoding

// The fields of a seal, in order. The MAC covers those before fieldMACSalt.
const (
	fieldPrefix = iota
	fieldID
	fieldSalt
	fieldIV
	fieldCiphertext
	fieldExpiration
	fieldMACSalt
	fieldMAC
	fieldCount
)

// fields are the parts of a seal as they are written.
type fields struct {
	part [fieldCount]string
	base string // what the MAC covers
}

// split takes a seal apart and looks at the form of each field. It does not ask for the
// alphabets of salts and ciphertext: the MAC does, and what it vouches for is decoded
// strictly. Reasons are all malformed.
func split(text string) (f fields, err error) {
	rest, at := text, 0
	for i := range f.part {
		n := strings.IndexByte(rest, '*')
		last := i == fieldMAC
		if last != (n < 0) {
			return f, malformed("not eight fields")
		}
		if last {
			n = len(rest)
		} else if i == fieldExpiration {
			f.base = text[:at+n]
		}
		f.part[i] = rest[:n]
		if !last {
			rest, at = rest[n+1:], at+n+1
		}
	}
	switch p := &f.part; {
	case p[fieldPrefix] != prefix:
		return f, malformed("prefix")
	case !isID(p[fieldID]):
		return f, malformed("password id")
	case len(p[fieldSalt]) != len(p[fieldMACSalt]) || len(p[fieldSalt]) != 0 && len(p[fieldSalt]) != saltSize:
		return f, malformed("salt size")
	case len(p[fieldIV]) != ivSize:
		return f, malformed("iv size")
	case !isExpiration(p[fieldExpiration]):
		return f, malformed("expiration")
	case len(p[fieldMAC]) != macSize:
		return f, malformed("mac size")
	}
	return f, nil
}

// isID tells whether s can be a password's id; the empty one can.
func isID(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '_' {
			return false
		}
	}
	return true
}

// isExpiration takes nothing, or a whole number of milliseconds without a leading zero,
// as iron-webcrypto 2 does: one time has one spelling.
func isExpiration(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i == 0 && s[i] == '0' {
			return false
		}
	}
	return true
}
