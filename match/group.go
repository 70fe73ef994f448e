package match

import (
	"maps"
	"unicode"
	"unicode/utf16"
)

// parseRegex parses a JavaScript regular expression without flags, with the liberties of
// ECMA-262 Annex B that browsers and Node take: a brace that starts no repetition is itself,
// an unknown escape is its letter.
//
// Refused, though JavaScript has them: back-references and lookbehind, which no linear engine
// can run, and inline flags.
func parseRegex(text string) (*node, error) {
	p := &regexParser{in: utf16.Encode([]rune(text)), names: map[string]bool{}, namedRef: -1}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.i < len(p.in) {
		return nil, p.fault(p.i, "a closing parenthesis without an opening one")
	}
	if p.named && p.namedRef >= 0 {
		return nil, p.fault(p.namedRef, whyBackReference)
	}
	return n, nil
}

const (
	whyBackReference   = "back-references are not supported: they cannot be matched in bounded time"
	whyLookbehind      = "lookbehind is not supported, only (?=…) and (?!…)"
	whyNothingToRepeat = "nothing before the repetition sign that it could repeat"
)

type regexParser struct {
	in    []uint16
	i     int
	names map[string]bool // group names that may not be used again here

	named    bool // some group has a name
	namedRef int  // where the first \k stands, or -1: a back-reference if some group has a name
}

func (p *regexParser) fault(pos int, why string) error { return &fault{pos, why} }

func (p *regexParser) peek(c uint16) bool { return p.i < len(p.in) && p.in[p.i] == c }

func (p *regexParser) eat(c uint16) bool {
	if p.peek(c) {
		p.i++
		return true
	}
	return false
}

func (p *regexParser) eatWord(s string) bool {
	for k := range len(s) {
		if p.i+k >= len(p.in) || p.in[p.i+k] != uint16(s[k]) {
			return false
		}
	}
	p.i += len(s)
	return true
}

// alternatives reads up to a closing parenthesis or the end. The same group name may occur in
// different alternatives, but not twice in one.
func (p *regexParser) alternatives() (*node, error) {
	start, before := p.i, maps.Clone(p.names)
	after := maps.Clone(p.names)
	var subs []*node
	for {
		p.names = maps.Clone(before)
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		subs = append(subs, n)
		maps.Copy(after, p.names)
		if !p.eat('|') {
			break
		}
	}
	p.names = after
	if len(subs) == 1 {
		return subs[0], nil
	}
	return &node{op: opAlt, subs: subs, pos: start, end: p.i}, nil
}

func (p *regexParser) sequence() (*node, error) {
	var subs []*node
	for p.i < len(p.in) && !p.peek('|') && !p.peek(')') {
		n, err := p.term()
		if err != nil {
			return nil, err
		}
		subs = append(subs, n)
	}
	return catNode(subs), nil
}

// term reads an atom or assertion and what repeats it.
func (p *regexParser) term() (*node, error) {
	start := p.i
	n, repeatable, err := p.atom()
	if err != nil {
		return nil, err
	}
	n.pos, n.end = start, p.i
	at := p.i
	lo, hi, ok, err := p.quantifier()
	if err != nil || !ok {
		return n, err
	}
	if !repeatable {
		return nil, p.fault(at, whyNothingToRepeat)
	}
	p.eat('?') // lazy or greedy is the same to us
	return &node{op: opRepeat, subs: []*node{n}, min: lo, max: hi, pos: start, end: p.i}, nil
}

func (p *regexParser) atom() (n *node, repeatable bool, err error) {
	at := p.i
	c := p.in[p.i]
	switch c {
	case '^':
		p.i++
		return &node{op: opBegin}, false, nil
	case '$':
		p.i++
		return &node{op: opEnd}, false, nil
	case '*', '+', '?':
		return nil, false, p.fault(at, whyNothingToRepeat)
	case '{':
		if _, _, ok, err := p.quantifier(); ok || err != nil {
			return nil, false, p.fault(at, whyNothingToRepeat)
		}
	case '(':
		p.i++
		return p.group(at)
	case '[':
		p.i++
		spans, err := p.class(at)
		return setNode(spans), true, err
	case '.':
		p.i++
		return setNode(negate(lineEndSpans)), true, nil
	case '\\':
		p.i++
		return p.escape(at)
	}
	p.i++
	return unitNode(c), true, nil
}

// group reads a group or lookahead whose opening parenthesis, at at, is already read. Annex B
// lets lookaheads be repeated, too.
func (p *regexParser) group(at int) (n *node, repeatable bool, err error) {
	look, not := false, false
	switch {
	case p.eatWord("?:"):
	case p.eatWord("?="):
		look = true
	case p.eatWord("?!"):
		look, not = true, true
	case p.eatWord("?<="), p.eatWord("?<!"):
		return nil, false, p.fault(at, whyLookbehind)
	case p.eatWord("?<"):
		if err := p.groupName(); err != nil {
			return nil, false, err
		}
	case p.peek('?'):
		return nil, false, p.fault(at, "this kind of group is not supported")
	}
	body, err := p.alternatives()
	if err != nil {
		return nil, false, err
	}
	if !p.eat(')') {
		return nil, false, p.fault(at, "the parenthesis is not closed")
	}
	if look {
		return &node{op: opLook, subs: []*node{body}, not: not}, true, nil
	}
	return &node{op: opCat, subs: []*node{body}}, true, nil
}

// groupName reads NAME> . Names do nothing for us, but a bad one must be refused.
func (p *regexParser) groupName() error {
	start := p.i
	for p.i < len(p.in) && p.in[p.i] != '>' {
		p.i++
	}
	name := string(utf16.Decode(p.in[start:p.i]))
	if !p.eat('>') || !isIdentifier(name) {
		return p.fault(start, "this is not a name for a group")
	}
	if p.names[name] {
		return p.fault(start, "this group name is used twice")
	}
	p.named = true
	p.names[name] = true
	return nil
}

func isIdentifier(s string) bool {
	for i, r := range s {
		start := unicode.IsLetter(r) || r == '_' || r == '$'
		if !start && (i == 0 || !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return s != ""
}

// repeatWithoutEnd stands for the absent upper bound of * + and {n,}.
const repeatWithoutEnd = -1

// quantifier reads * + ? {n} {n,} {n,m} if one is next. Braces that are none of these are
// left alone: they are plain characters.
func (p *regexParser) quantifier() (lo, hi int, ok bool, err error) {
	switch {
	case p.eat('*'):
		return 0, repeatWithoutEnd, true, nil
	case p.eat('+'):
		return 1, repeatWithoutEnd, true, nil
	case p.eat('?'):
		return 0, 1, true, nil
	case !p.peek('{'):
		return 0, 0, false, nil
	}
	start := p.i
	p.i++
	lo, ok = p.number()
	hi = lo
	if ok && p.eat(',') {
		hi = repeatWithoutEnd
		if n, bounded := p.number(); bounded {
			hi = n
		}
	}
	if !ok || !p.eat('}') {
		p.i = start
		return 0, 0, false, nil
	}
	if hi != repeatWithoutEnd && hi < lo {
		return 0, 0, false, p.fault(start, "the numbers in braces are out of order")
	}
	return lo, hi, true, nil
}

// number reads digits. Anything above the largest program is as good as that: it will be
// refused for its size.
func (p *regexParser) number() (int, bool) {
	start, n := p.i, 0
	for p.i < len(p.in) && '0' <= p.in[p.i] && p.in[p.i] <= '9' {
		n = min(n*10+int(p.in[p.i]-'0'), maxProgram+1)
		p.i++
	}
	return n, p.i > start
}
