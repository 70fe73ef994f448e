package match

import "slices"

// span is a closed range of UTF-16 units, which is what JavaScript expressions without the
// u flag are made of.
type span struct{ lo, hi uint16 }

const maxUnit = 0xFFFF

// The sets that JavaScript has names for. ECMA-262 CharacterClassEscape, LineTerminator and
// WhiteSpace; \s is wider there than in Go.
var (
	digitSpans = []span{{'0', '9'}}
	wordSpans  = []span{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	spaceSpans = []span{{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A},
		{0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}}
	lineEndSpans = []span{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
)

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_'
}

// set is a set of units: a bitmap for ASCII, sorted spans for the rest.
type set struct {
	ascii [2]uint64
	wide  []span
}

func newSet(spans []span) set {
	var s set
	for _, r := range normalize(spans) {
		for c := uint32(r.lo); c <= uint32(r.hi) && c < 128; c++ {
			s.ascii[c/64] |= 1 << (c % 64)
		}
		if r.hi >= 128 {
			s.wide = append(s.wide, span{max(r.lo, 128), r.hi})
		}
	}
	return s
}

func (s *set) has(unit uint16) bool {
	if unit < 128 {
		return s.ascii[unit/64]>>(unit%64)&1 == 1
	}
	_, found := slices.BinarySearchFunc(s.wide, unit, func(r span, u uint16) int {
		switch {
		case r.hi < u:
			return -1
		case r.lo > u:
			return 1
		}
		return 0
	})
	return found
}

// spans returns the set again as sorted spans.
func (s *set) spans() []span {
	var out []span
	for c := range uint16(128) {
		if s.has(c) {
			out = append(out, span{c, c})
		}
	}
	return append(normalize(out), s.wide...)
}

// normalize sorts spans and joins those that touch.
func normalize(spans []span) []span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int { return int(a.lo) - int(b.lo) })
	var out []span
	for _, r := range sorted {
		if n := len(out); n > 0 && int(r.lo) <= int(out[n-1].hi)+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// negate returns all units that are in no span.
func negate(spans []span) []span {
	var out []span
	next := 0
	for _, r := range normalize(spans) {
		if int(r.lo) > next {
			out = append(out, span{uint16(next), r.lo - 1})
		}
		next = int(r.hi) + 1
	}
	if next <= maxUnit {
		out = append(out, span{uint16(next), maxUnit})
	}
	return out
}

// namedClass returns the set behind \d \D \s \S \w \W.
func namedClass(letter uint16) ([]span, bool) {
	switch letter {
	case 'd':
		return digitSpans, true
	case 'D':
		return negate(digitSpans), true
	case 's':
		return spaceSpans, true
	case 'S':
		return negate(spaceSpans), true
	case 'w':
		return wordSpans, true
	case 'W':
		return negate(wordSpans), true
	}
	return nil, false
}
