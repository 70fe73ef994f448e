package jwt

import (
	"strings"

	"github.com/signet-auth/signet/seal"
)

const (
	// maxHeader bounds the protected header, in bytes. Ours has 15; one with a chain of
	// certificates, which we ignore, fits.
	maxHeader = 8 << 10

	// maxKeyID bounds the kid, in bytes.
	maxKeyID = 256
)

// A header is what we take notice of in a JWS header.
type header struct {
	alg, typ string
	kid      string // empty: names no key
	extended bool   // a member is there that changes what the rest means
}

// headerNames are the members that readHeader looks at: three that it reads, then those
// whose mere presence extends the header. b64 without crit is read in two ways (RFC 7797
// section 6), zip belongs to JWE.
var headerNames = []string{"alg", "typ", "kid", "crit", "b64", "zip"}

// readHeader parses a protected header. Members it does not know are ignored, as RFC 7515
// section 4 asks; so are jwk, jku, x5c and x5u.
func readHeader(raw []byte) (header, error) {
	if len(raw) > maxHeader {
		return header{}, malformed("header too long")
	}
	var values [6][]byte
	if err := seal.Pick(raw, headerNames, values[:]); err != nil {
		return header{}, err
	}
	h := header{extended: values[3] != nil || values[4] != nil || values[5] != nil}
	for i, text := range [...]*string{&h.alg, &h.typ, &h.kid} {
		if values[i] == nil {
			continue
		}
		var ok bool
		if *text, ok = seal.String(values[i]); !ok {
			return header{}, malformed("header")
		}
	}
	if h.alg == "" || len(h.kid) > maxKeyID {
		return header{}, malformed("header")
	}
	return h, nil
}

// isTyp tells whether a header's typ says want. RFC 7515 section 4.1.9: "application/" may
// be left out, and media types have no case.
func isTyp(typ, want string) bool {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	return strings.EqualFold(typ, want)
}

// Detect tells by shape and header, without a key and without a word on whether it is
// genuine, that a value is a signed token, and which algorithm it names. header is the
// protected header as sent, decoded.
func Detect(value string) (algorithm string, header []byte, ok bool) {
	parts, err := seal.Split(value, 3)
	if err != nil {
		return "", nil, false
	}
	raw := parts[0][:len(parts[0]):len(parts[0])]
	h, err := readHeader(raw)
	if err != nil {
		return "", nil, false
	}
	return h.alg, raw, true
}
