package seal

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxDepth bounds nesting and with it the scanner's recursion.
const maxDepth = 64

// A scanner walks over one JSON object. begin, then next until it says no, then end.
// It holds no pointer to itself and so stays on its caller's stack.
type scanner struct {
	data   []byte
	pos    int
	names  names
	script bool // the rules of PickScript

	// The member that next has read.
	start   int    // where the opening quote of its name is
	name    []byte // between the quotes, as written
	escaped bool   // name holds a backslash
	value   []byte // as written
}

func (s *scanner) begin() error {
	s.space()
	if s.peek() != '{' {
		return malformed("not a json object")
	}
	s.pos++
	s.start = -1
	return nil
}

// next reads the next member of the outermost object. It says no at the object's end.
func (s *scanner) next() (bool, error) {
	ok, err := s.member(s.start < 0, 1)
	if err == nil && !ok {
		err = s.unique(0)
	}
	return ok, err
}

// end checks that nothing follows the object or array.
func (s *scanner) end() error {
	s.space()
	if s.pos != len(s.data) {
		return malformed("data after the json value")
	}
	return nil
}

// unescaped gives the name of the member without escapes.
func (s *scanner) unescaped() []byte {
	if s.escaped {
		return unescape(nil, s.name)
	}
	return s.name
}

// member reads a member, or the closing brace of the object that is open. depth is the
// level of that object.
func (s *scanner) member(first bool, depth int) (bool, error) {
	s.space()
	c := s.peek()
	if c == '}' {
		s.pos++
		return false, nil
	}
	if !first {
		if c != ',' {
			return false, malformed("json syntax")
		}
		s.pos++
		s.space()
		c = s.peek()
	}
	if c != '"' {
		return false, malformed("json syntax")
	}
	start := s.pos
	found, err := s.text()
	if err != nil {
		return false, err
	}
	name := s.data[start+1 : s.pos-1]
	if s.script {
		if err := scriptName(name, found); err != nil {
			return false, err
		}
	}
	s.names.push(number(name, found))
	s.space()
	if s.peek() != ':' {
		return false, malformed("json syntax")
	}
	s.pos++
	s.space()
	from := s.pos
	if err := s.any(depth); err != nil {
		return false, err
	}
	if depth == 1 {
		s.start, s.name, s.escaped = start, name, found&hasEscape != 0
		s.value = s.data[from:s.pos:s.pos]
	}
	return true, nil
}

// any reads a value of any kind. depth is the level of the container around it.
func (s *scanner) any(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || '0' <= c && c <= '9':
		n := numberLen(s.data[s.pos:])
		if n == 0 {
			return malformed("json number")
		}
		s.pos += n
		return nil
	case c == '{':
		return s.object(depth + 1)
	case c == '[':
		return s.array(depth + 1)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return malformed("json syntax")
}

func (s *scanner) object(depth int) error {
	if depth > maxDepth {
		return malformed("json nested too deep")
	}
	s.pos++
	base := s.names.count
	for first := true; ; first = false {
		ok, err := s.member(first, depth)
		if err != nil {
			return err
		}
		if !ok {
			return s.unique(base)
		}
	}
}

func (s *scanner) array(depth int) error {
	if depth > maxDepth {
		return malformed("json nested too deep")
	}
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		s.space()
		if err := s.any(depth); err != nil {
			return err
		}
		s.space()
		c := s.peek()
		s.pos++
		if c == ']' {
			return nil
		}
		if c != ',' {
			return malformed("json syntax")
		}
	}
}

func (s *scanner) word(w string) error {
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return malformed("json syntax")
	}
	s.pos += len(w)
	return nil
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// peek gives the byte at pos, or 0 at the end: no JSON token starts with 0.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

// What text found in a string beside plain ASCII.
const (
	hasEscape = 1 << iota
	hasHigh
	hasScript // an escape that only PickScript takes
)

// text reads a string, from the opening quote to behind the closing one, and says what
// is in it.
func (s *scanner) text() (found uint8, err error) {
	data, i := s.data, s.pos+1
	from := i
	for {
		i += plainLen(data[i:])
		if i == len(data) {
			return found, malformed("json string without end")
		}
		switch c := data[i]; {
		case c == '"':
			if found&hasHigh != 0 && !utf8.Valid(data[from:i]) {
				return found, malformed("invalid utf-8")
			}
			s.pos = i + 1
			return found, nil
		case c >= utf8.RuneSelf:
			found |= hasHigh
			for i < len(data) && data[i] >= utf8.RuneSelf {
				i++
			}
		case c == '\\':
			found |= hasEscape
			n := escapeLen(data[i:])
			if n == 0 && s.script {
				found |= hasScript
				n = scriptEscapeLen(data[i:])
			}
			if n == 0 {
				return found, malformed("json escape")
			}
			i += n
		default:
			return found, malformed("control character in json string")
		}
	}
}

// plainLen counts the bytes at the start of b that mean themselves in a string: ASCII
// but quote, backslash and control characters. It looks at eight bytes at a time, which
// is most of the speed of this package.
func plainLen(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// A byte below 0x20, or one that XOR makes zero, borrows from its high bit. So
		// may the bytes after it, but the first one is true.
		special := ((x - ones*' ') | ((x ^ ones*'"') - ones) | ((x ^ ones*'\\') - ones) | x) & highs
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}
