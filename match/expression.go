package match

import (
	"slices"
	"strings"
)

// expression is a regular expression ready to be run: by a table if it has one, else by its
// program. heads is a quick way to say no.
type expression struct {
	heads   []string
	table   *table
	program *program
}

func newExpression(root *node, softEnd bool) (expression, error) {
	p, err := compile(root, softEnd)
	if err != nil {
		return expression{}, err
	}
	return expression{heads: heads(root), table: newTable(p), program: p}, nil
}

// match reports whether the expression matches text, or text with one more slash at its end.
func (e *expression) match(text string, slash bool) bool {
	if !e.begins(text, slash) {
		return false
	}
	if e.table != nil {
		if matched, ok := e.table.match(text, slash); ok {
			return matched
		}
	}
	matched, _ := e.program.run(text, slash)
	return matched
}

func (e *expression) begins(text string, slash bool) bool {
	if e.heads == nil {
		return true
	}
	for _, head := range e.heads {
		if strings.HasPrefix(text, head) {
			return true
		}
		if n := len(text); slash && len(head) == n+1 && head[n] == '/' && head[:n] == text {
			return true
		}
	}
	return false
}

// heads returns literal texts, one of which every matching text begins with, or nil if none
// are known. A pattern has two: its own beginning and the one behind the data prefix.
func heads(root *node) []string {
	subs := []*node{root}
	if root.op == opCat {
		subs = root.subs
	}
	if subs[0].op != opBegin {
		return nil // not anchored: it may begin anywhere
	}
	found := readHeads(nil, nil, subs[1:], 0)
	for _, head := range found {
		if len(head) < 2 {
			return nil // a slash begins every path
		}
	}
	return found
}

// readHeads appends to found what a sequence begins with, behind head. It follows both ways of
// at most two optional parts.
func readHeads(found []string, head []byte, rest []*node, forks int) []string {
	for len(rest) > 0 {
		n := rest[0]
		rest = rest[1:]
		switch {
		case n.op == opEmpty:
		case n.isUnit() && n.spans[0].lo < 128:
			head = append(head, byte(n.spans[0].lo))
		case n.op == opCat:
			rest = slices.Concat(n.subs, rest)
		case n.op == opRepeat && n.min == 0 && n.max == 1 && forks < 2:
			forks++
			found = readHeads(found, slices.Clone(head), slices.Concat(n.subs, rest), forks)
		default:
			return append(found, string(head))
		}
	}
	return append(found, string(head))
}
