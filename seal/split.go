package seal

import (
	"fmt"
	"strings"
)

// MaxToken is the longest token, in bytes, that Signet reads or writes: what four cookie
// chunks hold, with a little to spare.
const MaxToken = 16 << 10

// Parts are the decoded parts of a compact token, in order. They lie in one buffer of
// their own without gaps and each has the capacity up to that buffer's end: an AEAD that
// wants ciphertext and tag in one piece reslices the ciphertext. Appending to one part
// overwrites the next.
type Parts [5][]byte

// Split reads a compact token of exactly that many parts (1 to 5): dots between parts,
// each part canonical base64url without padding, no other byte anywhere, [MaxToken] at
// most. Parts may be empty, the token may not. Every refusal is an [*OpenError] with
// [ErrMalformed]; the one allocation comes after the length and the dots are checked.
func Split(token string, parts int) (Parts, error) {
	var out Parts
	if parts < 1 || parts > len(out) {
		return out, fmt.Errorf("seal: split into %d parts: 1 to %d are possible", parts, len(out))
	}
	if token == "" {
		return out, malformed("empty")
	}
	if len(token) > MaxToken {
		return out, malformed("token too long")
	}
	var texts [len(out)]string
	size, rest := 0, token
	for i := range parts - 1 {
		text, after, found := strings.Cut(rest, ".")
		if !found {
			return out, malformed("too few parts")
		}
		texts[i], rest = text, after
		size += decodedLen(len(text))
	}
	if strings.IndexByte(rest, '.') >= 0 {
		return out, malformed("too many parts")
	}
	texts[parts-1] = rest
	size += decodedLen(len(rest))

	buf := make([]byte, size+decodeSlack)
	for i, text := range texts[:parts] {
		if !decode(buf, text) {
			return Parts{}, malformed("not base64url")
		}
		n := decodedLen(len(text))
		out[i], buf = buf[:n:len(buf)-decodeSlack], buf[n:]
	}
	return out, nil
}
