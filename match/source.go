package match

import "strings"

// tokenKind names what the lexer of path-to-regexp tells apart.
type tokenKind string

const (
	tokenChar     tokenKind = "text"
	tokenEscaped  tokenKind = "escaped character"
	tokenModifier tokenKind = "repetition sign"
	tokenOpen     tokenKind = "{"
	tokenClose    tokenKind = "}"
	tokenName     tokenKind = "parameter"
	tokenGroup    tokenKind = "group"
	tokenEnd      tokenKind = "end of pattern"
)

type token struct {
	kind  tokenKind
	pos   int // byte offset in the source
	value string
}

// fault is an error inside one source or one regular expression, before it is known whose.
type fault struct {
	pos int
	why string
}

func (f *fault) Error() string { return f.why }

// lex cuts a source into tokens as path-to-regexp@6.3.0 does. It works on bytes where the
// original works on UTF-16 units; every character with a meaning is ASCII, so the result is
// the same.
func lex(source string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(source); {
		t := token{kind: tokenChar, pos: i, value: source[i : i+1]}
		next := i + 1
		var err error
		switch source[i] {
		case '*', '+', '?':
			t.kind = tokenModifier
		case '{':
			t.kind = tokenOpen
		case '}':
			t.kind = tokenClose
		case '\\':
			// A backslash at the very end escapes nothing and vanishes, as in the original.
			next = min(i+2, len(source))
			t.kind, t.value = tokenEscaped, source[i+1:next]
		case ':':
			next = i + 1 + nameLength(source[i+1:])
			t.kind, t.value = tokenName, source[i+1:next]
			if t.value == "" {
				return nil, &fault{i, "a name must follow the colon"}
			}
		case '(':
			t.kind = tokenGroup
			t.value, next, err = lexGroup(source, i)
		}
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		i = next
	}
	return append(tokens, token{kind: tokenEnd, pos: len(source)}), nil
}

func nameLength(s string) int {
	for i := range len(s) {
		if !isWord(s[i]) {
			return i
		}
	}
	return len(s)
}

// lexGroup reads the group that opens at start. Parentheses are counted without regard to
// character classes, as in the original.
func lexGroup(source string, start int) (body string, next int, err error) {
	if strings.HasPrefix(source[start+1:], "?") {
		return "", 0, &fault{start + 1, "a group may not start with ?"}
	}
	depth := 1
	for i := start + 1; i < len(source); i++ {
		switch source[i] {
		case '\\':
			i++
		case '(':
			depth++
			if !strings.HasPrefix(source[i+1:], "?") {
				return "", 0, &fault{i, "a group may not hold a capturing group, write (?:…)"}
			}
		case ')':
			depth--
			if depth > 0 {
				continue
			}
			if i == start+1 {
				return "", 0, &fault{start, "the group is empty"}
			}
			return source[start+1 : i], i + 1, nil
		}
	}
	return "", 0, &fault{start, "the group is not closed"}
}

// part is a token of path-to-regexp's second stage: literal text, or a parameter or group
// with what stands around it.
type part struct {
	text string // literal text; everything below is empty then

	group          bool
	name           string
	prefix, suffix string
	body           string // regular expression, empty for a {group} without a value
	bodyPos        int    // offset of body in the source, -1 if we made it
	modifier       string
}

const (
	prefixChars = "./"
	delimiters  = "/#?"
	delimClass  = `\/#\?` // delimiters, escaped
)

// partReader is the parser's place in the tokens.
type partReader struct {
	tokens []token
	parts  []part
	path   string // literal text not yet in parts
}

// parseSource reads a source into parts: path-to-regexp@6.3.0 parse, with default options.
func parseSource(source string) ([]part, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	r := &partReader{tokens: tokens}
	for len(r.tokens) > 0 {
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return r.parts, nil
}

func (r *partReader) next() error {
	char, isChar := r.take(tokenChar)
	if k := r.tokens[0].kind; k == tokenName || k == tokenGroup {
		return r.parameter(char.value)
	}
	if !isChar {
		char, _ = r.take(tokenEscaped)
	}
	if char.value != "" {
		r.path += char.value
		return nil
	}
	r.flush()
	if open, ok := r.take(tokenOpen); ok {
		return r.braces(open)
	}
	_, err := r.must(tokenEnd)
	return err
}

// parameter reads :name, :name(re) or (re). Of the text before it, one dot or slash belongs
// to it as its prefix.
func (r *partReader) parameter(char string) error {
	prefix := char
	if !strings.Contains(prefixChars, char) {
		r.path += char
		prefix = ""
	}
	r.flush()
	p := part{group: true, prefix: prefix}
	if err := r.value(&p); err != nil {
		return err
	}
	r.finish(p)
	return nil
}

// braces reads {prefix :name(re) suffix}.
func (r *partReader) braces(open token) error {
	p := part{group: true, bodyPos: -1, prefix: r.text()}
	if k := r.tokens[0].kind; k == tokenName || k == tokenGroup {
		if err := r.value(&p); err != nil {
			return err
		}
	}
	p.suffix = r.text()
	if _, err := r.must(tokenClose); err != nil {
		return err
	}
	r.finish(p)
	return nil
}

func (r *partReader) value(p *part) error {
	name, _ := r.take(tokenName)
	group, ok := r.take(tokenGroup)
	p.name, p.body, p.bodyPos = name.value, group.value, group.pos+1
	if ok {
		return nil
	}
	var err error
	p.bodyPos = -1
	p.body, err = r.safeBody(p.prefix, name.pos)
	return err
}

func (r *partReader) finish(p part) {
	modifier, _ := r.take(tokenModifier)
	p.modifier = modifier.value
	r.parts = append(r.parts, p)
}

// safeBody is the pattern of a parameter that states none. Text before the parameter may not
// occur in its value, unless it holds a delimiter, which cannot occur there anyway.
func (r *partReader) safeBody(prefix string, pos int) (string, error) {
	text := prefix
	if len(r.parts) > 0 && text == "" {
		last := r.parts[len(r.parts)-1]
		if last.group {
			return "", &fault{pos, "there must be text between two parameters"}
		}
		text = last.text
	}
	if text == "" || strings.ContainsAny(text, delimiters) {
		return "[^" + delimClass + "]+?", nil
	}
	return "(?:(?!" + escapeText(text) + ")[^" + delimClass + "])+?", nil
}

func (r *partReader) flush() {
	if r.path == "" {
		return
	}
	r.parts = append(r.parts, part{text: r.path})
	r.path = ""
}

func (r *partReader) text() string {
	var b strings.Builder
	for {
		t, ok := r.take(tokenChar)
		if !ok {
			t, ok = r.take(tokenEscaped)
		}
		if !ok || t.value == "" {
			return b.String()
		}
		b.WriteString(t.value)
	}
}

func (r *partReader) take(kind tokenKind) (token, bool) {
	if len(r.tokens) == 0 || r.tokens[0].kind != kind {
		return token{}, false
	}
	t := r.tokens[0]
	r.tokens = r.tokens[1:]
	return t, true
}

func (r *partReader) must(kind tokenKind) (token, error) {
	if t, ok := r.take(kind); ok {
		return t, nil
	}
	got := r.tokens[0]
	why := "unexpected " + string(got.kind)
	if got.kind == tokenModifier {
		why = "nothing before " + got.value + " that it could repeat; put * + ? after a parameter or a group, or escape it"
	}
	return token{}, &fault{got.pos, why}
}
