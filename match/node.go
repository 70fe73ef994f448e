package match

// op says what a node of a parsed regular expression does.
type op byte

const (
	opEmpty   op = iota // matches nothing, always
	opSet               // one unit out of spans
	opCat               // subs one after the other
	opAlt               // any of subs
	opRepeat            // subs[0], min to max times; max < 0 is without end
	opLook              // subs[0] matches here (or, if not, does not); nothing is consumed
	opBegin             // ^
	opEnd               // $
	opWord              // \b
	opNotWord           // \B
)

// node is a piece of a parsed regular expression. Whether a repetition is greedy does not
// matter here: the question is only whether the whole text matches.
type node struct {
	op       op
	spans    []span
	subs     []*node
	min, max int
	not      bool
	pos, end int // where it stood, in UTF-16 units, to quote it
}

func unitNode(u uint16) *node { return &node{op: opSet, spans: []span{{u, u}}} }

func setNode(spans []span) *node { return &node{op: opSet, spans: spans} }

func catNode(subs []*node) *node {
	switch len(subs) {
	case 0:
		return &node{op: opEmpty}
	case 1:
		return subs[0]
	}
	return &node{op: opCat, subs: subs}
}

// isUnit reports whether n is one certain unit.
func (n *node) isUnit() bool {
	return n.op == opSet && len(n.spans) == 1 && n.spans[0].lo == n.spans[0].hi
}

// walk calls visit for n and everything below it, inner nodes first.
func (n *node) walk(visit func(*node)) {
	for _, sub := range n.subs {
		sub.walk(visit)
	}
	visit(n)
}
