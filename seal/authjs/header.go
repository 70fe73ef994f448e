package authjs

import (
	"strings"

	"github.com/signet-auth/signet/seal"
)

const (
	// maxHeader bounds the protected header, in bytes. Ours has 138.
	maxHeader = 4 << 10

	// maxKeyID bounds the kid, in bytes. Ours has 86.
	maxKeyID = 256
)

// A header is what we take notice of in a JWE header.
type header struct {
	alg, enc string
	kid      string
	named    bool // kid is there; empty is a name, too
	extended bool // a member is there that asks for something we do not do
}

// headerNames are the members that readHeader looks at: the three that it reads, then
// those whose mere presence extends the header. zip would let a small cookie become a
// large one, crit and b64 change what the rest means, the others belong to key
// management with a second key or a password. A claim that is repeated in the header would
// have to be the one inside (RFC 7519 section 5.3; jose: replicated claims).
var headerNames = []string{
	"alg", "enc", "kid",
	"zip", "crit", "b64", "epk", "apu", "apv", "p2s", "p2c", "iv", "tag",
	"iss", "sub", "aud",
}

// readHeader parses a protected header. Members it does not know are ignored, as RFC 7516
// section 4 asks; so are jwk, jku, x5c and x5u, which would bring a key along.
func readHeader(raw []byte) (header, error) {
	var h header
	if len(raw) > maxHeader {
		return h, malformed("header too long")
	}
	var values [16][]byte
	if err := seal.Pick(raw, headerNames, values[:]); err != nil {
		return h, err
	}
	alg, enc, kid := values[0], values[1], values[2]
	for _, v := range values[3:] {
		h.extended = h.extended || v != nil
	}
	var algOK, encOK, kidOK bool
	h.alg, algOK = seal.String(alg)
	h.enc, encOK = seal.String(enc)
	h.kid, kidOK = seal.String(kid)
	h.named = kid != nil
	if !algOK || !encOK || h.named && !kidOK || len(h.kid) > maxKeyID {
		return header{}, malformed("header")
	}
	return h, nil
}

// check refuses what is not on our list. It does so before any key is looked at: a
// password-based alg names a number of rounds, and we run none.
func (h header) check() error {
	switch {
	case h.alg != "dir":
		return unsupported("key management")
	case h.enc != encCBC && h.enc != encGCM:
		return unsupported("content encryption")
	case h.extended:
		return unsupported("header extension")
	}
	return nil
}

// Detect tells which format a value has by its shape and header, without a key and
// without a word on whether it is genuine: [FormatV5] if the header names a key or the
// encryption of version 5, [FormatV4] if it says A256GCM and names none. header is the
// protected header as sent, decoded. ok is false for anything else.
func Detect(value string) (format string, header []byte, ok bool) {
	parts, err := seal.Split(value, 5)
	if err != nil {
		return "", nil, false
	}
	raw := parts[0][:len(parts[0]):len(parts[0])]
	h, err := readHeader(raw)
	switch {
	case err != nil:
		return "", nil, false
	case h.named || h.enc == encCBC:
		return FormatV5, raw, true
	case h.enc == encGCM:
		return FormatV4, raw, true
	}
	return "", nil, false
}

// protectedOf gives the text of the first part, which the tag covers.
func protectedOf(value string) []byte {
	text, _, _ := strings.Cut(value, ".")
	return []byte(text)
}
