package seal

import "encoding/binary"

// notBase64 marks a character outside of the alphabet in sextets.
const notBase64 = 1 << 31

// sextets gives the value of a base64url character (RFC 4648 section 5) at each of the
// four places of a group, shifted to where it belongs in the group's 24 bits.
var sextets = func() (t [4][256]uint32) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for place := range t {
		for c := range t[place] {
			t[place][c] = notBase64
		}
		for v, c := range []byte(alphabet) {
			t[place][c] = uint32(v) << (18 - 6*place)
		}
	}
	return t
}()

// decodeSlack is how many bytes behind its result decode may overwrite.
const decodeSlack = 2

// decodedLen gives the number of bytes that n characters without padding stand for.
func decodedLen(n int) int { return n * 6 / 8 }

// decode reads canonical base64url without padding into dst, which has room for
// decodedLen and decodeSlack bytes, and tells whether text is that and nothing else.
// encoding/base64 does the same at half the speed, but skips CR and LF even when it is
// told to be strict.
func decode(dst []byte, text string) bool {
	for len(text) >= 8 {
		a := group(text[:4])
		b := group(text[4:8])
		if (a|b)&notBase64 != 0 {
			return false
		}
		binary.BigEndian.PutUint64(dst, uint64(a)<<40|uint64(b)<<16)
		text, dst = text[8:], dst[6:]
	}
	if len(text) >= 4 {
		a := group(text[:4])
		if a&notBase64 != 0 {
			return false
		}
		dst[0], dst[1], dst[2] = byte(a>>16), byte(a>>8), byte(a)
		text, dst = text[4:], dst[3:]
	}
	// What is left stands for less than three bytes. The bits behind the last byte must
	// be 0, or several texts would stand for the same bytes.
	switch len(text) {
	case 0:
		return true
	case 2:
		a := sextets[0][text[0]] | sextets[1][text[1]]
		dst[0] = byte(a >> 16)
		return a&(notBase64|0xffff) == 0
	case 3:
		a := sextets[0][text[0]] | sextets[1][text[1]] | sextets[2][text[2]]
		dst[0], dst[1] = byte(a>>16), byte(a>>8)
		return a&(notBase64|0xff) == 0
	}
	return false
}

// group gives the 24 bits of four characters.
func group(text string) uint32 {
	_ = text[3]
	return sextets[0][text[0]] | sextets[1][text[1]] | sextets[2][text[2]] | sextets[3][text[3]]
}
