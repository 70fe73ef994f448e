package seal

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"
)

// names remembers the names of all objects that are open, innermost last, one number
// for each: what it needs does not grow with the length of names, and for usual objects
// it is no allocation.
type names struct {
	count int
	near  [32]uint64
	far   []uint64 // those that near has no room for

	// seen has one of 256 bits for each name that was ever pushed. While none of them has
	// been wanted twice no name can have come twice, and nothing need be compared.
	seen  [4]uint64
	clash bool
}

func (n *names) push(number uint64) {
	// The upper bits of a product depend on all bits of the number.
	hash := number * 0x9e3779b97f4a7c15
	word, bit := &n.seen[hash>>56&3], uint64(1)<<(hash>>58)
	n.clash = n.clash || *word&bit != 0
	*word |= bit
	if n.count < len(n.near) {
		n.near[n.count] = number
	} else {
		n.far = append(n.far, number)
	}
	n.count++
}

// pop forgets the names from base on and gives them to the caller, to keep until the
// next push.
func (n *names) pop(base int) []uint64 {
	count := n.count
	n.count = base
	if count <= len(n.near) {
		return n.near[base:count]
	}
	far := max(0, base-len(n.near))
	out := n.far[far:]
	n.far = n.far[:far]
	if base < len(n.near) {
		out = append(slices.Clone(n.near[base:]), out...)
	}
	return out
}

// unique checks the names of the object that began at base.
func (s *scanner) unique(base int) error {
	numbers := s.names.pop(base)
	if !s.names.clash {
		return nil
	}
	if len(numbers) > 16 {
		slices.Sort(numbers)
		for i := 1; i < len(numbers); i++ {
			if numbers[i] == numbers[i-1] {
				return malformed("json name twice")
			}
		}
		return nil
	}
	for i, n := range numbers {
		for _, before := range numbers[:i] {
			if n == before {
				return malformed("json name twice")
			}
		}
	}
	return nil
}

// seed and seeds make the numbers of long names unpredictable: nobody can send two that
// collide.
var (
	seed  = maphash.MakeSeed()
	seeds = [2]uint64{maphash.String(seed, "x"), maphash.String(seed, "y")}
)

// number is the same for all spellings of a name, with escapes or in another case. Names
// of up to 8 bytes are their own number. Longer ones share it with another name with a
// chance of about 2^-64, and then a good object is refused; a bad one never passes.
func number(name []byte, found uint8) uint64 {
	var room [64]byte
	folded := room[:0]
	if found != 0 {
		if found&hasEscape != 0 {
			name = unescape(nil, name)
		}
		for len(name) > 0 {
			r, size := utf8.DecodeRune(name)
			folded = utf8.AppendRune(folded, fold(r))
			name = name[size:]
		}
	} else if len(name) > 8 {
		for _, c := range name {
			folded = append(folded, small(c))
		}
	} else {
		folded = name
	}
	if len(folded) > 15 {
		return maphash.Bytes(seed, folded)
	}
	var words [16]byte
	for i, c := range folded {
		words[i] = small(c)
	}
	return shortNumber(binary.LittleEndian.Uint64(words[:]), binary.LittleEndian.Uint64(words[8:]))
}

// shortNumber is the number of a name of up to 15 bytes, folded already and filled up with
// zeros, which no name contains.
func shortNumber(x, y uint64) uint64 {
	if y == 0 {
		return x
	}
	high, low := bits.Mul64(x^seeds[0], y^seeds[1])
	return high ^ low
}

// small folds an ASCII letter.
func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// fold gives one rune for all that differ in case only, and a small letter for those
// that fold into ASCII: encoding/json takes U+017F for s and U+212A for k.
func fold(r rune) rune {
	least := r
	if r >= utf8.RuneSelf {
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
	}
	if least < utf8.RuneSelf {
		return rune(small(byte(least)))
	}
	return least
}
