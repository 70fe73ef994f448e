package match

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A Warning tells of a rule that does more or less than it seems to.
type Warning struct {
	Pattern string // the source
	Text    string // a sentence for whoever wrote it
}

// String returns the pattern and the text in one line.
func (w Warning) String() string { return strconv.Quote(w.Pattern) + ": " + w.Text }

// Protects checks whether the set is fit for rules that protect pages; call it once, when they
// are loaded. The error is a [*PatternError] for a pattern with Has or Missing, by which a
// client could take itself out of the rule, unless the pattern is marked ClientMayChoose.
// The warnings are for people: the rules can be used.
func (s *Set) Protects() ([]Warning, error) {
	if s == nil || s.all {
		return nil, nil
	}
	var warnings []Warning
	for i := range s.items {
		it := &s.items[i]
		if !it.ClientMayChoose && len(it.has)+len(it.missing) > 0 {
			return nil, &PatternError{it.Source, -1, "has and missing are chosen by the client and cannot guard a page: " +
				"a header would switch the protection off. Remove them, or say that the client may choose"}
		}
		for _, text := range s.site.doubts(it) {
			warnings = append(warnings, Warning{it.Source, text})
		}
	}
	return warnings, nil
}

func (s Site) doubts(it *item) []string {
	var texts []string
	if open := openExclusions(it); len(open) > 0 {
		texts = append(texts, "leaves out every path that only begins with "+strings.Join(open, ", ")+
			" (so "+strconv.Quote("/"+open[0]+"-more")+" too); end each with (?:/|$) to mean whole segments")
	}
	if it.NoLocale && len(s.Locales) > 0 && !s.hasLocale(it.Source) && !strings.ContainsAny(firstSegment(it.Source), ":({") {
		texts = append(texts, "covers nothing in Next.js: with locale: false the source must begin with a locale, which every path has by then")
	}
	for _, list := range [][]test{it.has, it.missing} {
		for _, t := range list {
			if t.root != nil && t.root.op == opAlt {
				texts = append(texts, "the | in "+t.Condition.String()+" splits ^…$ as a whole, so more values pass than it seems; write (?:a|b)")
			}
		}
	}
	return texts
}

func firstSegment(source string) string {
	first, _, _ := strings.Cut(source[1:], "/")
	return first
}

// openExclusions returns the alternatives of negative lookaheads that end inside a segment:
// (?!api) also leaves out /apiary.
func openExclusions(it *item) []string {
	units := utf16.Encode([]rune(it.regex))
	var open []string
	it.root.walk(func(n *node) {
		if n.op != opLook || !n.not || isOurs(units, n) {
			return
		}
		alternatives := []*node{n.subs[0]}
		if n.subs[0].op == opAlt {
			alternatives = n.subs[0].subs
		}
		for _, a := range alternatives {
			if text := quote(units, a); text != "" && endsInWord(a) {
				open = append(open, text)
			}
		}
	})
	return open
}

// isOurs reports whether a lookahead was put in by path-to-regexp or Next.js: then it stands in
// front of a class, (?!-)[^/], and is not an exclusion that somebody wrote.
func isOurs(units []uint16, n *node) bool {
	rest := string(utf16.Decode(units[n.end:]))
	return strings.HasPrefix(rest, "[^"+delimClass+"])+?") || strings.HasPrefix(rest, "[^/.]{1,}")
}

func quote(units []uint16, n *node) string {
	switch {
	case n.end > n.pos:
	case len(n.subs) == 0:
		return ""
	default: // a sequence has no place of its own
		n = &node{pos: n.subs[0].pos, end: n.subs[len(n.subs)-1].end}
	}
	return strings.ReplaceAll(string(utf16.Decode(units[n.pos:n.end])), `\`, "")
}

// endsInWord reports whether an alternative can end in a plain letter or digit.
func endsInWord(n *node) bool {
	for n.op == opCat && len(n.subs) > 0 {
		n = n.subs[len(n.subs)-1]
	}
	if n.op == opAlt {
		return slices.ContainsFunc(n.subs, endsInWord)
	}
	return n.isUnit() && n.spans[0].lo < 128 && isWord(byte(n.spans[0].lo))
}
