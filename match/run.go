package match

import (
	"sync"
	"unicode/utf8"
)

// place says what the assertions need to know about a position.
type place struct{ begin, end, boundary bool }

// machine holds the states of one run, or of building a table.
type machine struct {
	p *program

	live  []int32  // states that accept the rest of the text, by rank
	seeds []int32  // states that one unit leads from into live, by rank
	mark  []uint32 // mark[i] == round: instruction i is in live
	round uint32
	stack []int32

	steps int // edges looked at, for the tests that show how work grows
}

func newMachine(p *program) *machine { return &machine{p: p, mark: make([]uint32, len(p.insts))} }

// seed collects the states that read unit and then stand in live.
func (m *machine) seed(unit uint16) {
	m.seeds = m.seeds[:0]
	for _, to := range m.live {
		for _, from := range m.p.consuming[to] {
			m.steps++
			if m.p.insts[from].set.has(unit) {
				m.seeds = append(m.seeds, from)
			}
		}
	}
}

// close makes live the seeds and all that leads to them without reading. A body accepts
// wherever it ends, so its final state is always in. Ranks are closed one after the other:
// by the time a lookahead is asked, its body is done.
func (m *machine) close(seeds []int32, at place) {
	m.round++
	if m.round == 0 { // wrapped: old marks would look new
		clear(m.mark)
		m.round = 1
	}
	m.live = m.live[:0]
	for rank, final := range m.p.finals {
		m.reach(final, at)
		for len(seeds) > 0 && m.p.insts[seeds[0]].rank == int32(rank) {
			m.reach(seeds[0], at)
			seeds = seeds[1:]
		}
	}
}

func (m *machine) reach(first int32, at place) {
	m.stack = append(m.stack[:0], first)
	for len(m.stack) > 0 {
		to := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		if m.alive(to) {
			continue
		}
		m.mark[to] = m.round
		m.live = append(m.live, to)
		for _, from := range m.p.passing[to] {
			m.steps++
			if m.open(&m.p.insts[from], at) {
				m.stack = append(m.stack, from)
			}
		}
	}
}

func (m *machine) alive(i int32) bool { return m.mark[i] == m.round }

// open tells whether an instruction that reads nothing lets through at this place.
func (m *machine) open(in *inst, at place) bool {
	switch in.op {
	case opLook:
		return m.alive(in.alt) != in.not
	case opBegin:
		return at.begin
	case opEnd:
		return at.end
	case opWord:
		return at.boundary
	case opNotWord:
		return !at.boundary
	}
	return true
}

var machines sync.Pool

// run tells whether the expression matches somewhere in the text, and how many edges it
// looked at: at most twice the program for each unit of the text. slash reads the text as if
// one more slash stood at its end.
func (p *program) run(text string, slash bool) (matched bool, steps int) {
	m, _ := machines.Get().(*machine)
	if m == nil || len(m.mark) < len(p.insts) {
		m = newMachine(p)
	}
	m.p, m.steps = p, 0
	matched = m.run(text, slash)
	m.p = nil
	machines.Put(m)
	return matched, m.steps
}

func (m *machine) run(text string, slash bool) bool {
	wordAfter := false
	enter := func(seeds []int32, rest int, end bool) bool {
		wordBefore := rest > 0 && isWord(text[rest-1])
		m.close(seeds, place{begin: rest == 0, end: end, boundary: wordBefore != wordAfter})
		return m.alive(m.p.start)
	}
	if slash {
		m.close(nil, place{end: true, boundary: false})
		if m.alive(m.p.start) {
			return true
		}
		m.seed('/')
		if enter(m.seeds, len(text), false) {
			return true
		}
	} else if enter(nil, len(text), true) {
		return true
	}
	for rest := len(text); rest > 0; {
		first, second, width := lastUnits(text[:rest])
		wordAfter = width == 1 && isWord(text[rest-1])
		if second != 0 { // the later half of a surrogate pair
			m.seed(second)
			if m.close(m.seeds, place{}); m.alive(m.p.start) {
				return true
			}
		}
		rest -= width
		m.seed(first)
		if enter(m.seeds, rest, false) {
			return true
		}
	}
	return false
}

// lastUnits returns the UTF-16 units of the last character: first alone, or both halves of a
// pair, and its width in bytes.
func lastUnits(text string) (first, second uint16, width int) {
	if c := text[len(text)-1]; c < utf8.RuneSelf {
		return uint16(c), 0, 1
	}
	r, width := utf8.DecodeLastRuneInString(text)
	if r <= maxUnit {
		return uint16(r), 0, width
	}
	r -= 0x10000
	return 0xD800 + uint16(r>>10), 0xDC00 + uint16(r&0x3FF), width
}
