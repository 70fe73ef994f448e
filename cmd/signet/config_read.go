package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a configuration file. The parser's work grows with the square of the nesting
// and of the lines.
const (
	maxConfig  = 64 << 10
	maxLines   = 4000
	maxNesting = 32
)

// A reader walks a parsed signet.yaml. It collects what is wrong instead of stopping, so
// that a person sees all of it at once.
type reader struct {
	c        *config
	problems []problem
}

// A node is a value in the file with the key that it stands under.
type node struct {
	ast.Node
	key string // "session.max_age", "providers[0].type"
}

// A key says how the value behind a name is taken.
type key struct {
	name string
	take func(*reader, node)
}

// read takes over what text says and returns what is wrong with it.
func (c *config) read(text []byte) []problem {
	r := &reader{c: c}
	root, err := parse(text)
	var bad *badYAML
	switch {
	case errors.As(err, &bad):
		r.problems = append(r.problems, problem{fmt.Sprintf("%s:%d:%d", c.file, bad.line, bad.column), bad.what, bad.cure})
	case root != nil:
		section(c.keys())(r, node{root, ""})
	}
	return r.problems
}

// badYAML is a file that is no YAML, or YAML of the kinds that nobody needs here.
type badYAML struct {
	line, column int
	what, cure   string
}

func (e *badYAML) Error() string { return e.what }

// parse returns the mapping of the file, or nil where there is nothing in it. Its error is
// a [*badYAML]. Whatever the parser does with odd input, it is that.
func parse(text []byte) (root ast.Node, err error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if !utf8.Valid(text) {
		return nil, &badYAML{1, 1, "not UTF-8 text", "save the file as UTF-8"}
	}
	if bytes.Count(text, []byte("\n")) > maxLines {
		return nil, &badYAML{maxLines, 1, fmt.Sprintf("more than %d lines", maxLines), "a configuration has a few hundred at most"}
	}
	if line := tooDeep(text); line > 0 {
		return nil, &badYAML{line, 1, "nested too deeply", "a configuration has a few levels only"}
	}
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, &badYAML{1, 1, "cannot be parsed as YAML", "compare it with what `signet init` writes"}
		}
	}()
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		e := &badYAML{1, 1, "not valid YAML: " + strings.ReplaceAll(syntax.Message, "\t", `\t`), "check indentation, quotes and colons around here"}
		if syntax.Token != nil && syntax.Token.Position != nil {
			e.line, e.column = syntax.Token.Position.Line, syntax.Token.Position.Column
		}
		return nil, e
	}
	if err != nil {
		return nil, &badYAML{1, 1, "cannot be parsed as YAML", "compare it with what `signet init` writes"}
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			p := doc.Body.GetToken().Position
			return nil, &badYAML{p.Line, p.Column, "a second document", "keep everything in one, without ---"}
		}
		root = doc.Body
	}
	return root, nil
}

// tooDeep returns the line in which brackets, or dashes and question marks that open
// levels on one line, go deeper than any configuration does; 0 for none. It counts quoted
// brackets too: better to ask for a simpler file than to guess.
func tooDeep(text []byte) int {
	depth, number := 0, 0
	for line := range bytes.Lines(text) {
		number++
		if bytes.Count(line, []byte("- ")) > maxNesting && bytes.Count(line, []byte("- "))*2 > len(line)/2 {
			return number
		}
		for _, b := range line {
			switch b {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxNesting {
				return number
			}
		}
	}
	return 0
}

// place is where a node stands, as compilers write it.
func (r *reader) place(n ast.Node) string {
	t := n.GetToken()
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken() // its own token is the first colon
	}
	if t == nil || t.Position == nil {
		return r.c.file
	}
	return fmt.Sprintf("%s:%d:%d", r.c.file, t.Position.Line, t.Position.Column)
}

func (r *reader) wrong(n node, what, cure string) {
	if n.key != "" {
		what = n.key + ": " + what
	}
	r.problems = append(r.problems, problem{r.place(n.Node), what, cure})
}

// entries lists keys and values of a mapping; nil where n is none, which is then told.
func (r *reader) entries(n node) []*ast.MappingValueNode {
	switch m := n.Node.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	case *ast.NullNode: // a key with everything below it commented out
		return nil
	}
	if n.key == "" {
		r.wrong(n, "not a list of settings", "write each as `key: value`")
		return nil
	}
	r.wrong(n, "has to be a group of settings, not "+kindOf(n.Node), "write them below it, each as `key: value`")
	return nil
}

// keyName is the plain text of a key; ok is false for keys of other kinds.
func keyName(k ast.MapKeyNode) (name string, ok bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.MappingKeyNode, *ast.MergeKeyNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "", false
	}
	return k.GetToken().Value, true
}

// section takes a mapping with known keys.
func section(keys []key) func(*reader, node) { return sectionBut(keys, nil) }

// sectionBut also knows keys of others, which it offers to nobody.
func sectionBut(keys, others []key) func(*reader, node) {
	return func(r *reader, n node) {
		first := map[string]int{}
		for _, e := range r.entries(n) {
			name, ok := keyName(e.Key)
			if !ok {
				r.wrong(node{e.Key, n.key}, "a key of this kind is not taken", "write plain keys, without ?, <<, & or *")
				continue
			}
			if line, twice := first[name]; twice {
				r.wrong(node{e.Key, ""}, fmt.Sprintf("key %s is there twice, first in line %d", quoted(name), line), "remove one of them")
				continue
			}
			first[name] = e.Key.GetToken().Position.Line
			take := find(keys, name)
			if take == nil {
				take = find(others, name)
			}
			if take == nil {
				r.unknown(e.Key, name, keys)
				continue
			}
			below := name
			if n.key != "" {
				below = n.key + "." + name
			}
			r.c.places[below] = r.place(e.Value)
			take(r, node{e.Value, below})
		}
	}
}

func find(keys []key, name string) func(*reader, node) {
	for _, k := range keys {
		if k.name == name {
			return k.take
		}
	}
	return nil
}

// unknown says which key was probably meant: one of its neighbours, or the same word
// elsewhere in the file.
func (r *reader) unknown(at ast.Node, name string, keys []key) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	cure := "known here: " + strings.Join(names, ", ")
	if near := nearest(name, names); near != "" {
		cure = fmt.Sprintf("did you mean %q?", near)
	} else if home := homeOf(name); home != "" {
		cure = fmt.Sprintf("it belongs under %q", home)
	}
	r.wrong(node{at, ""}, "unknown key "+quoted(name), cure)
}

// sequence takes a list, item by item.
func sequence(item func(*reader, node)) func(*reader, node) {
	return func(r *reader, n node) {
		switch list := n.Node.(type) {
		case *ast.NullNode:
		case *ast.SequenceNode:
			for i, v := range list.Values {
				below := n.key + "[" + strconv.Itoa(i) + "]"
				r.c.places[below] = r.place(v)
				item(r, node{v, below})
			}
		default:
			r.wrong(n, "has to be a list, not "+kindOf(n.Node), `write it as ["…", "…"], or below it with a dash before each`)
		}
	}
}

// scalar returns the text of a single value; ok is false where n is none, which is told.
func (r *reader) scalar(n node, cure string) (text string, ok bool) {
	switch v := n.Node.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		r.wrong(n, "has no value", "write one, or remove the line")
		return "", false
	}
	r.wrong(n, "has to be a single value, not "+kindOf(n.Node), cure)
	return "", false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a group of settings"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias"
	case *ast.TagNode:
		return "a tagged value"
	}
	return "a single value"
}
