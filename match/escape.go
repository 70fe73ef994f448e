package match

// escape reads what follows a backslash outside of a class.
func (p *regexParser) escape(at int) (n *node, repeatable bool, err error) {
	if p.i >= len(p.in) {
		return nil, false, p.fault(at, "the backslash at the end escapes nothing")
	}
	c := p.in[p.i]
	switch {
	case c == 'b':
		p.i++
		return &node{op: opWord}, false, nil
	case c == 'B':
		p.i++
		return &node{op: opNotWord}, false, nil
	case '1' <= c && c <= '9':
		return nil, false, p.fault(at, whyBackReference)
	case c == 'k' && p.namedRef < 0:
		p.namedRef = at
	}
	if spans, ok := namedClass(c); ok {
		p.i++
		return setNode(spans), true, nil
	}
	return unitNode(p.escapedUnit(false)), true, nil
}

// escapedUnit reads an escape that stands for one unit; the backslash is already read.
func (p *regexParser) escapedUnit(inClass bool) uint16 {
	c := p.in[p.i]
	p.i++
	switch c {
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	case 'c':
		return p.controlUnit(inClass)
	case 'x':
		return p.hexUnit(2, 'x')
	case 'u':
		return p.hexUnit(4, 'u')
	case '0', '1', '2', '3', '4', '5', '6', '7':
		p.i--
		return p.octalUnit()
	}
	return c // Annex B: any other character stands for itself
}

// controlUnit reads \cX. Annex B: without a letter (in a class also digit or underscore) the
// backslash is itself and the c is read again.
func (p *regexParser) controlUnit(inClass bool) uint16 {
	if p.i < len(p.in) && p.in[p.i] < 128 {
		x := byte(p.in[p.i])
		letter := isWord(x) && x != '_' && (x < '0' || x > '9')
		if letter || inClass && isWord(x) {
			p.i++
			return uint16(x % 32)
		}
	}
	p.i--
	return '\\'
}

func (p *regexParser) hexUnit(digits int, letter uint16) uint16 {
	if p.i+digits > len(p.in) {
		return letter
	}
	v := uint16(0)
	for _, c := range p.in[p.i : p.i+digits] {
		h, ok := hexValue(c)
		if !ok {
			return letter
		}
		v = v<<4 | uint16(h)
	}
	p.i += digits
	return v
}

func hexValue[T byte | uint16](c T) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return byte(c - '0'), true
	case 'a' <= c && c <= 'f':
		return byte(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return byte(c-'A') + 10, true
	}
	return 0, false
}

// octalUnit reads a legacy octal escape: at most three digits and at most 0377.
func (p *regexParser) octalUnit() uint16 {
	v := uint16(0)
	for n := 0; n < 3 && p.i < len(p.in) && '0' <= p.in[p.i] && p.in[p.i] <= '7'; n++ {
		next := v*8 + p.in[p.i] - '0'
		if next > 0o377 {
			break
		}
		v = next
		p.i++
	}
	return v
}

// class reads a character class whose opening bracket, at start, is already read.
func (p *regexParser) class(start int) ([]span, error) {
	not := p.eat('^')
	var spans []span
	for !p.eat(']') {
		at := p.i
		one, isSet, err := p.classAtom(start)
		if err != nil {
			return nil, err
		}
		if !p.peek('-') || p.i+1 < len(p.in) && p.in[p.i+1] == ']' {
			spans = append(spans, one...)
			continue
		}
		p.i++
		two, isSet2, err := p.classAtom(start)
		if err != nil {
			return nil, err
		}
		if isSet || isSet2 { // Annex B: [\d-x] is \d, a hyphen and x
			spans = append(append(append(spans, one...), span{'-', '-'}), two...)
			continue
		}
		if one[0].lo > two[0].lo {
			return nil, p.fault(at, "the range in the class is out of order")
		}
		spans = append(spans, span{one[0].lo, two[0].lo})
	}
	if not {
		return negate(spans), nil
	}
	return spans, nil
}

func (p *regexParser) classAtom(start int) (spans []span, isSet bool, err error) {
	if p.i >= len(p.in) {
		return nil, false, p.fault(start, "the class is not closed")
	}
	c := p.in[p.i]
	p.i++
	if c != '\\' {
		return []span{{c, c}}, false, nil
	}
	if p.i >= len(p.in) {
		return nil, false, p.fault(p.i-1, "the backslash at the end escapes nothing")
	}
	c = p.in[p.i]
	if spans, ok := namedClass(c); ok {
		p.i++
		return spans, true, nil
	}
	if c == 'b' {
		p.i++
		return []span{{'\b', '\b'}}, false, nil
	}
	u := p.escapedUnit(true)
	return []span{{u, u}}, false, nil
}
