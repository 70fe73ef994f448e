package match

import (
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// maxTableStates bounds what a table remembers. Beyond it, texts that need a new state are run
// by the program, which is slower but costs no memory.
const maxTableStates = 1000

// table remembers the states of a program's backward run that have occurred, so that each unit
// of a text costs one look-up. It fills itself; readers take no lock.
type table struct {
	classes [utf8.RuneSelf]uint8 // class of each ASCII unit
	wide    []span               // all other units, in spans of one class each
	wideOf  []uint8
	sample  []uint16 // one unit of each class

	start *tableState // nothing read yet

	mu    sync.Mutex // guards what is below, and the writing of next
	m     *machine
	known map[string]*tableState
	full  atomic.Bool
}

// tableState is a set of live states of the program. It follows from the states that have just
// read a unit, the seeds, and from whether this is the end of the text.
type tableState struct {
	next    []atomic.Pointer[tableState] // by class; nil is not known yet
	seeds   []int32
	end     bool
	inside  bool // a match begins here, and here is not the beginning of the text
	atBegin bool // a match begins here if here is the beginning
}

// newTable returns nil for a program that no table can stand for.
func newTable(p *program) *table {
	if p.hasWord {
		return nil // \b looks at both sides, a state knows only one
	}
	t := &table{m: newMachine(p), known: map[string]*tableState{}}
	if !t.split() {
		return nil
	}
	t.start = t.state(nil, true)
	return t
}

// match tells whether the expression matches somewhere in the text; slash as in program.run.
// If ok is false the table is full and does not know.
func (t *table) match(text string, slash bool) (matched, ok bool) {
	s := t.start
	if slash {
		if s.inside {
			return true, true
		}
		s = t.read(s, '/')
	}
	for rest := len(text); rest > 0 && s != nil; {
		if s.inside {
			return true, true
		}
		if c := text[rest-1]; c < utf8.RuneSelf {
			class := t.classes[c]
			next := s.next[class].Load()
			if next == nil {
				next = t.grow(s, class)
			}
			s = next
			rest--
			continue
		}
		first, second, width := lastUnits(text[:rest])
		if second != 0 {
			if s = t.read(s, second); s == nil {
				break
			}
			if s.inside {
				return true, true
			}
		}
		s = t.read(s, first)
		rest -= width
	}
	if s == nil {
		return false, false
	}
	return s.atBegin, true
}

// read returns the state after one more unit, or nil if the table is full.
func (t *table) read(s *tableState, unit uint16) *tableState {
	var class uint8
	if unit < utf8.RuneSelf {
		class = t.classes[unit]
	} else {
		i, _ := slices.BinarySearchFunc(t.wide, unit, func(s span, u uint16) int { return int(s.lo) - int(u) - 1 })
		class = t.wideOf[i-1]
	}
	if next := s.next[class].Load(); next != nil {
		return next
	}
	return t.grow(s, class)
}

// grow works out where a class leads from a state.
func (t *table) grow(s *tableState, class uint8) *tableState {
	if t.full.Load() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m.close(s.seeds, place{end: s.end})
	t.m.seed(t.sample[class])
	next := t.state(t.m.seeds, false)
	if next != nil {
		s.next[class].Store(next)
	}
	return next
}

// state finds or makes a state.
func (t *table) state(seeds []int32, end bool) *tableState {
	sorted := slices.Clone(seeds)
	slices.Sort(sorted) // ranks stay in order: instructions of one body lie together
	key := make([]byte, 0, 1+2*len(sorted))
	for _, i := range sorted {
		key = append(key, byte(i), byte(i>>8)) // maxProgram fits
	}
	if end {
		key = append(key, 1)
	}
	if s, ok := t.known[string(key)]; ok {
		return s
	}
	if len(t.known) == maxTableStates {
		t.full.Store(true)
		return nil
	}
	s := &tableState{next: make([]atomic.Pointer[tableState], len(t.sample)), seeds: sorted, end: end}
	t.m.close(sorted, place{begin: true, end: end})
	s.atBegin = t.m.alive(t.m.p.start)
	t.m.close(sorted, place{end: end})
	s.inside = t.m.alive(t.m.p.start)
	t.known[string(key)] = s
	return s
}

// split sorts all units into classes that no set of the program tells apart.
func (t *table) split() bool {
	cuts := []int{0, utf8.RuneSelf}
	for i := range t.m.p.insts {
		for _, s := range t.m.p.insts[i].set.spans() {
			cuts = append(cuts, int(s.lo), int(s.hi)+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	number := map[string]uint8{}
	for i, lo := range cuts {
		if lo > maxUnit {
			break
		}
		key := t.members(uint16(lo))
		class, ok := number[key]
		if !ok {
			if len(number) == 255 {
				return false
			}
			class = uint8(len(number))
			number[key] = class
			t.sample = append(t.sample, uint16(lo))
		}
		t.assign(cuts, i, class)
	}
	return true
}

// assign gives the units from the i-th cut to the next their class.
func (t *table) assign(cuts []int, i int, class uint8) {
	hi := maxUnit
	if i+1 < len(cuts) {
		hi = cuts[i+1] - 1
	}
	if cuts[i] >= utf8.RuneSelf {
		t.wide = append(t.wide, span{uint16(cuts[i]), uint16(hi)})
		t.wideOf = append(t.wideOf, class)
		return
	}
	for c := cuts[i]; c <= hi; c++ {
		t.classes[c] = class
	}
}

// members tells in which sets a unit is, as a string to compare.
func (t *table) members(unit uint16) string {
	bits := make([]byte, (len(t.m.p.insts)+7)/8)
	for i := range t.m.p.insts {
		if in := &t.m.p.insts[i]; in.op == opSet && in.set.has(unit) {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return string(bits)
}
