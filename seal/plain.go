package seal

import (
	"encoding/binary"
	"math/bits"
)

// Nearly all that a scanner sees is plain: short ASCII names, ASCII texts and whole numbers
// without a space between them. What is here reads that, eight bytes at a time, which is
// most of the speed of this package, and leaves all else to the rest of the scanner.
// Nothing here refuses anything.

// Numbers to do something with each of eight bytes.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// wordAt reads the eight bytes from data[i] on, the first one lowest.
func wordAt(data []byte, i int) uint64 { return binary.LittleEndian.Uint64(data[i:]) }

// specials sets the high bit of the first byte in x that does not mean itself in a string:
// anything but ASCII, quote, backslash and control characters. Bits above that one may be
// set or not; all are clear where each byte is plain.
func specials(x uint64) uint64 {
	// A byte that is too small borrows from its high bit, and perhaps from the bytes
	// above it. XOR makes the quote as small as the control characters, which stay so. A
	// byte beyond ASCII keeps its high bit in one of the two at least.
	return (((x ^ 0x02*ones) - 0x21*ones) | ((x ^ '\\'*ones) - ones)) & highs
}

// firstOf gives the place of the byte whose high bit specials has set.
func firstOf(special uint64) int { return bits.TrailingZeros64(special) / 8 }

// before has all bits of the bytes before that one.
func before(special uint64) uint64 { return (special ^ (special - 1)) >> 8 }

// smallWord makes the ASCII letters in a word of plain bytes small.
func smallWord(x uint64) uint64 {
	// A sum has its high bit set where the byte is large enough. No byte carries.
	capitals := (x + (0x80-'A')*ones) &^ (x + (0x80-'Z'-1)*ones) & highs
	return x | capitals>>2
}

// plainEnd gives where the first byte from i on is that does not mean itself in a string,
// or len(data).
func plainEnd(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		if special := specials(wordAt(data, i)); special != 0 {
			return i + firstOf(special)
		}
	}
	if len(data) < 8 {
		for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' && data[i] < 0x80 {
			i++
		}
		return i
	}
	// Shifting brings zeros in behind the last byte, and they are special.
	rest := wordAt(data, len(data)-8) >> (8 * (8 - (len(data) - i)))
	return i + firstOf(specials(rest))
}

// plainName reads a plain name of up to 15 bytes, the comma before it and the colon behind
// it, with no white space between them. It gives where the opening quote is and where the
// value has to begin. start is negative for any other name, and nothing has been read then.
func (s *scanner) plainName(first bool) (start, from int) {
	data, i := s.data, s.pos
	if !first {
		if i >= len(data) || data[i] != ',' {
			return -1, 0
		}
		i++
	}
	if len(data)-i < 1+8 || data[i] != '"' || s.script && data[i+1] == '_' {
		return -1, 0 // also for __proto__, which anyName looks at
	}
	start, i = i, i+1
	x, y := wordAt(data, i), uint64(0)
	special := specials(x)
	if special != 0 {
		x &= before(special)
	} else {
		i += 8
		if len(data)-i < 8 {
			return -1, 0
		}
		y = wordAt(data, i)
		if special = specials(y); special == 0 {
			return -1, 0
		}
		y &= before(special)
	}
	i += firstOf(special)
	if len(data)-i < 2 || data[i] != '"' || data[i+1] != ':' {
		return -1, 0
	}
	s.names.push(shortNumber(smallWord(x), smallWord(y)))
	return start, i + 2
}

// plainValue gives where a value ends that begins at data[i] and is a plain text or a whole
// number above 0, and 0 for any other, good or bad.
func plainValue(data []byte, i int) (end int) {
	if i >= len(data) {
		return 0
	}
	c := data[i]
	i++
	switch {
	case c == '"':
		i = plainEnd(data, i)
		if i < len(data) && data[i] == '"' {
			return i + 1
		}
	case '1' <= c && c <= '9':
		for i < len(data) && '0' <= data[i] && data[i] <= '9' {
			i++
		}
		// A fraction or an exponent may follow.
		if i < len(data) && (data[i] == ',' || data[i] == '}') {
			return i
		}
	}
	return 0
}
