package match

// maxProgram bounds the instructions of one expression, and with it the work per unit of a
// path. 4,000 plain characters stay below it, (…{1000}){1000} does not.
const maxProgram = 6_000

// inst is one state of the automaton. It leads to out (a split also to alt).
type inst struct {
	op   op // opSet, opAlt (split), opLook, opBegin, opEnd, opWord, opNotWord; opEmpty is final
	not  bool
	out  int32
	alt  int32 // second way of a split; first instruction of a lookahead's body
	set  set
	rank int32 // which body it is part of; see finals
}

// program is a Thompson automaton that is run from the end of the text to its beginning.
//
// Going backwards, the set of states from which the rest of the text is accepted follows from
// the set one position further on and the unit between. A lookahead is then no riddle: when a
// position is reached, whether its body matches from here on is already known, since the body
// is part of the same automaton. Bodies are ranked, inner ones first, and closed in that order.
type program struct {
	insts  []inst
	start  int32
	finals []int32 // final state of each body by rank; the last is the expression's own

	// Who leads here: consuming (opSet) and not consuming.
	consuming, passing [][]int32

	hasWord bool // some \b or \B: the state depends on the unit before
}

// compile turns a parsed expression into a program. softEnd makes $ inside of negative
// lookaheads ignore a final slash; see Set.Covers.
func compile(root *node, softEnd bool) (*program, error) {
	if size(root) > maxProgram {
		return nil, &fault{-1, "too large when its repetitions are written out"}
	}
	c := &compiler{p: &program{}, bodies: map[*node]int32{}}
	var looks []*node
	root.walk(func(n *node) {
		if n.op == opLook {
			looks = append(looks, n)
		}
	})
	for _, look := range looks { // inner ones come first
		c.soft = softEnd && look.not
		c.bodies[look] = c.body(look.subs[0])
	}
	c.soft = false
	c.p.start = c.body(root)
	c.p.link()
	return c.p, nil
}

// size counts instructions, with room to spare, without building them.
func size(n *node) int {
	total := 1
	for _, sub := range n.subs {
		total += size(sub)
	}
	switch {
	case n.op != opRepeat:
	case n.max == repeatWithoutEnd:
		total *= n.min + 1
	default:
		total *= max(n.max, 1)
	}
	return min(total, maxProgram+1)
}

type compiler struct {
	p      *program
	bodies map[*node]int32
	soft   bool
}

func (c *compiler) add(i inst) int32 {
	i.rank = int32(len(c.p.finals)) - 1
	c.p.insts = append(c.p.insts, i)
	return int32(len(c.p.insts)) - 1
}

// body compiles an expression of its own rank and returns its first instruction.
func (c *compiler) body(n *node) int32 {
	c.p.finals = append(c.p.finals, int32(len(c.p.insts)))
	return c.emit(n, c.add(inst{op: opEmpty, out: -1, alt: -1}))
}

// emit compiles n so that it leads to out, and returns where it begins.
func (c *compiler) emit(n *node, out int32) int32 {
	switch n.op {
	case opSet:
		return c.add(inst{op: opSet, set: newSet(n.spans), out: out, alt: -1})
	case opCat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			out = c.emit(n.subs[i], out)
		}
		return out
	case opAlt:
		first := c.emit(n.subs[len(n.subs)-1], out)
		for i := len(n.subs) - 2; i >= 0; i-- {
			first = c.add(inst{op: opAlt, out: c.emit(n.subs[i], out), alt: first})
		}
		return first
	case opRepeat:
		return c.repeat(n, out)
	case opLook:
		return c.add(inst{op: opLook, not: n.not, out: out, alt: c.bodies[n]})
	case opEnd:
		end := c.add(inst{op: opEnd, out: out, alt: -1})
		if !c.soft {
			return end
		}
		slash := c.add(inst{op: opSet, set: newSet([]span{{'/', '/'}}), out: end, alt: -1})
		return c.add(inst{op: opAlt, out: slash, alt: end})
	case opBegin, opWord, opNotWord:
		c.p.hasWord = c.p.hasWord || n.op != opBegin
		return c.add(inst{op: n.op, out: out, alt: -1})
	}
	return out // opEmpty
}

func (c *compiler) repeat(n *node, out int32) int32 {
	sub, first := n.subs[0], out
	if n.max == repeatWithoutEnd {
		loop := c.add(inst{op: opAlt, out: -1, alt: out})
		c.p.insts[loop].out = c.emit(sub, loop)
		first = loop
	}
	for range n.max - n.min { // none if there is no upper bound
		first = c.add(inst{op: opAlt, out: c.emit(sub, first), alt: out})
	}
	for range n.min {
		first = c.emit(sub, first)
	}
	return first
}

// link fills in who leads where.
func (p *program) link() {
	p.consuming = make([][]int32, len(p.insts))
	p.passing = make([][]int32, len(p.insts))
	for i := range p.insts {
		in, from := &p.insts[i], int32(i)
		switch in.op {
		case opEmpty:
		case opSet:
			p.consuming[in.out] = append(p.consuming[in.out], from)
		case opAlt:
			p.passing[in.out] = append(p.passing[in.out], from)
			p.passing[in.alt] = append(p.passing[in.alt], from)
		default:
			p.passing[in.out] = append(p.passing[in.out], from)
		}
	}
}
