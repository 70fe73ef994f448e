package match

// Regexes returns what Next.js compiles each pattern to.
func (s *Set) Regexes() []string {
	var out []string
	for i := range s.items {
		out = append(out, s.items[i].regex)
	}
	return out
}

// Expression runs a JavaScript regular expression by each engine.
type Expression struct {
	program *program
	table   *table
}

func NewExpression(text string) (*Expression, error) {
	root, err := parseRegex(text)
	if err != nil {
		return nil, err
	}
	p, err := compile(root, false)
	if err != nil {
		return nil, err
	}
	return &Expression{p, newTable(p)}, nil
}

// Run reports what the program says and in how many steps.
func (e *Expression) Run(text string, slash bool) (matched bool, steps int) {
	return e.program.run(text, slash)
}

// Size is the number of instructions.
func (e *Expression) Size() int { return len(e.program.insts) }

// Table reports what the table says; ok is false if there is none, or it is full.
func (e *Expression) Table(text string, slash bool) (matched, ok bool) {
	if e.table == nil {
		return false, false
	}
	return e.table.match(text, slash)
}

// TableStates is the number of states the table has come across.
func (e *Expression) TableStates() int {
	if e.table == nil {
		return 0
	}
	return len(e.table.known)
}
