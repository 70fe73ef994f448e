package match

import (
	"strconv"
	"strings"
)

// A Pattern is one item of config.matcher.
type Pattern struct {
	// Source is the path pattern. It starts with a slash and is matched against the whole
	// path, case-sensitively.
	Source string

	// Has must all hold, and Missing must not hold at all, for the pattern to count.
	// What they look at is chosen by the client: see [Set.Protects].
	Has, Missing []Condition

	// NoLocale is locale: false. The pattern is then matched against the path with its
	// locale, which Next puts in front of every path that has none.
	NoLocale bool

	// ClientMayChoose says that whoever wrote Has and Missing knows that the client can make
	// them hold or fail, and wants them in a protecting rule all the same.
	ClientMayChoose bool
}

// String returns the source.
func (p Pattern) String() string { return p.Source }

// A Condition is one item of has or missing.
type Condition struct {
	// Type is "header", "cookie", "query" or "host".
	Type string

	// Key names the header, cookie or query parameter. A host has none.
	Key string

	// Value is a JavaScript regular expression that is put between ^ and $ as it is, without
	// a group around it. Empty means any value but the empty one; a host must state it.
	Value string
}

// String returns the condition the way it is put in explanations.
func (c Condition) String() string {
	s := c.Type
	if c.Key != "" {
		s += " " + strconv.Quote(c.Key)
	}
	if c.Value != "" {
		s += " like " + strconv.Quote(c.Value)
	}
	return s
}

// A PatternError tells why a pattern was refused. It is meant for the person who wrote it.
type PatternError struct {
	Pattern string // the source, or the text that should have been a pattern
	Pos     int    // byte offset in Pattern, or -1 if the pattern as a whole is meant
	Why     string
}

func (e *PatternError) Error() string {
	var b strings.Builder
	b.WriteString("match: pattern ")
	b.WriteString(strconv.Quote(e.Pattern))
	if e.Pos >= 0 {
		b.WriteString(" at ")
		b.WriteString(strconv.Itoa(e.Pos))
	}
	b.WriteString(": ")
	b.WriteString(e.Why)
	return b.String()
}
