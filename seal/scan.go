package seal

import (
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
	start   int  // where the opening quote of its name is
	colon   int  // behind the closing quote
	from    int  // where its value begins; it ends at pos
	escaped bool // the name holds a backslash
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
func (s *scanner) next() (bool, error) { return s.member(s.start < 0, 1) }

// end checks the names of the outermost object, and that nothing follows it.
func (s *scanner) end() error {
	if err := s.unique(0); err != nil {
		return err
	}
	s.space()
	if s.pos != len(s.data) {
		return malformed("data after the json value")
	}
	return nil
}

// name gives the name of the member without escapes.
func (s *scanner) name() []byte {
	name := s.data[s.start+1 : s.colon-1]
	if s.escaped {
		return unescape(nil, name)
	}
	return name
}

// value gives the value of the member as it is written.
func (s *scanner) value() []byte { return s.data[s.from:s.pos:s.pos] }

// member reads a member, or the closing brace of the object that is open. depth is the
// level of that object.
func (s *scanner) member(first bool, depth int) (bool, error) {
	start, from := s.plainName(first)
	colon, escaped := from-1, false
	if start < 0 {
		var err error
		if start, escaped, err = s.anyName(first); err != nil || start < 0 {
			return false, err
		}
		colon = s.pos
		s.space()
		if s.peek() != ':' {
			return false, malformed("json syntax")
		}
		from = s.pos + 1
	}
	if end := plainValue(s.data, from); end > 0 {
		s.pos = end
	} else {
		s.pos = from
		s.space()
		from = s.pos
		if err := s.any(depth); err != nil {
			return false, err
		}
	}
	s.start, s.colon, s.from, s.escaped = start, colon, from, escaped
	return true, nil
}

// anyName reads any name and gives where its opening quote is, or reads the closing
// brace; start is negative then.
func (s *scanner) anyName(first bool) (start int, escaped bool, err error) {
	s.space()
	c := s.peek()
	if c == '}' {
		s.pos++
		return -1, false, nil
	}
	if !first {
		if c != ',' {
			return 0, false, malformed("json syntax")
		}
		s.pos++
		s.space()
		c = s.peek()
	}
	if c != '"' {
		return 0, false, malformed("json syntax")
	}
	start = s.pos
	found, err := s.text()
	if err != nil {
		return 0, false, err
	}
	name := s.data[start+1 : s.pos-1]
	if s.script {
		if err := scriptName(name, found); err != nil {
			return 0, false, err
		}
	}
	s.names.push(number(name, found))
	return start, found&hasEscape != 0, nil
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
		i = plainEnd(data, i)
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
