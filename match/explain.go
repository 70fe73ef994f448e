package match

import (
	"fmt"
	"sync"
	"unicode/utf16"
)

// An Explanation is an answer with its reasons.
type Explanation struct {
	// Covered is what Match, or Covers, answers.
	Covered bool

	// Err tells why the target should have been refused: the error of Match, or what makes
	// Covers say yes to it. After Explain the rest is what the patterns would say all the same.
	Err error

	// Path is what the patterns are run on: the path of the target after URL parsing, locale
	// and data-path rewriting.
	Path string

	// By is "raw" or "decoded" if only Path as it stands, or only Path decoded once, is
	// covered, and empty if both are or neither is. [Set.ExplainCovers] leaves it empty.
	By string

	// Redirect is where Next.js would send the request with status 308 before it asks the
	// matcher, because of repeated slashes or the final slash. Empty: it would not.
	Redirect string

	// Readings tells, for each reading of the path and each pattern, what came of it.
	Readings []Reading
}

// A Reading is one spelling of the path against one pattern.
type Reading struct {
	Name    string // which spelling: "raw", "decoded", and more for ExplainCovers
	Path    string
	Pattern Pattern
	Index   int // of the pattern in the set
	Covered bool
	Why     string // a short sentence
}

// Explain answers like [Set.Match], with reasons.
func (s *Set) Explain(r Request) Explanation {
	var e Explanation
	_, e.Err = requestPath(r.Target)
	parsed, ok := urlPath(r.Target)
	if s == nil || !ok || e.Err == ErrLong {
		return e
	}
	e.Path = s.site.rewrite(parsed)
	e.Redirect = s.site.redirect(r.Target, parsed)
	decoded, _ := decodeComponent(e.Path)
	raw := s.read(&e, spelling{"raw", e.Path}, &r)
	dec := raw
	if decoded != e.Path {
		dec = s.read(&e, spelling{"decoded", decoded}, &r)
	}
	switch {
	case raw && !dec:
		e.By = "raw"
	case dec && !raw:
		e.By = "decoded"
	}
	e.Covered = e.Err == nil && (raw || dec)
	return e
}

func (s *Set) read(e *Explanation, sp spelling, r *Request) bool {
	covered := s.all
	for i := range s.items {
		it := &s.items[i]
		reading := Reading{Name: sp.name, Path: sp.path, Pattern: it.Pattern, Index: i}
		reading.Covered, reading.Why = it.explain(sp.path, r)
		e.Readings = append(e.Readings, reading)
		covered = covered || reading.Covered
	}
	return covered
}

func (it *item) explain(path string, r *Request) (covered bool, why string) {
	if !it.path.match(path, false) {
		return false, it.whyNot(path)
	}
	if t := it.failing(r); t != nil {
		if isOneOf(it.missing, t) {
			return false, "the path matches, but " + t.Condition.String() + " is there and must be missing"
		}
		return false, "the path matches, but " + t.Condition.String() + " does not hold"
	}
	return true, "the path matches"
}

func isOneOf(list []test, t *test) bool {
	for i := range list {
		if &list[i] == t {
			return true
		}
	}
	return false
}

// exclusions are the lookaheads of a pattern, each with the program of the pattern without it.
// Only explanations need them, so they are made when the first one is asked for.
type exclusions struct {
	once sync.Once
	list []exclusion
}

type exclusion struct {
	text    string
	without *program
}

func (it *item) exclusions() []exclusion {
	it.explained.once.Do(func() {
		const most = 16 // each is a program of the size of the pattern
		units := utf16.Encode([]rune(it.regex))
		it.root.walk(func(n *node) {
			if n.op != opLook || isOurs(units, n) || len(it.explained.list) == most {
				return
			}
			p, err := compile(it.root.replace(n, &node{op: opEmpty}), false)
			if err == nil {
				text := string(utf16.Decode(units[n.pos:n.end]))
				it.explained.list = append(it.explained.list, exclusion{text, p})
			}
		})
	})
	return it.explained.list
}

// whyNot finds the lookahead without which the path would match.
func (it *item) whyNot(path string) string {
	if !it.path.begins(path, false) {
		return "the path does not match"
	}
	for _, e := range it.exclusions() {
		if matched, _ := e.without.run(path, false); matched {
			return "the path is left out by " + e.text
		}
	}
	return "the path does not match"
}

// replace returns a copy of n in which old is replaced.
func (n *node) replace(old, by *node) *node {
	if n == old {
		return by
	}
	same := *n
	same.subs = make([]*node, len(n.subs))
	for i, sub := range n.subs {
		same.subs[i] = sub.replace(old, by)
	}
	return &same
}

// ExplainCovers answers like [Set.Covers], with reasons. Readings holds every spelling of the
// path that was tried; Has and Missing play no part. If Err is set, the target is covered for
// that reason, and there are no readings.
func (s *Set) ExplainCovers(target string) Explanation {
	var e Explanation
	if s == nil {
		return e
	}
	e.Path, e.Err = requestPath(target)
	if e.Err == nil && hidesControl(e.Path) {
		e.Err = fmt.Errorf("%w: escaped control character", ErrAmbiguous)
	}
	e.Covered = s.all || e.Err != nil
	if e.Covered {
		return e
	}
	for _, sp := range s.site.spellings(target) {
		for i := range s.items {
			it := &s.items[i]
			reading := Reading{Name: sp.name, Path: s.site.localize(sp.path), Pattern: it.Pattern, Index: i}
			reading.Covered, reading.Why = it.explainProtects(reading.Path)
			if !reading.Covered && it.NoLocale && it.protects(sp.path) {
				reading.Path = sp.path
				reading.Covered, reading.Why = it.explainProtects(sp.path)
			}
			e.Readings = append(e.Readings, reading)
			e.Covered = e.Covered || reading.Covered
		}
	}
	return s.explainFetches(target, e)
}

// explainFetches adds the readings of what a server would fetch to answer the target.
func (s *Set) explainFetches(target string, e Explanation) Explanation {
	fetched, ok := Fetches(target)
	if ok && len(fetched) == 0 {
		return e
	}
	rest := s.about(target)
	if !ok && len(rest.items) > 0 {
		e.Covered, e.Err, e.Readings = true, fmt.Errorf("%w: pictures of pictures", ErrAmbiguous), nil
		return e
	}
	for _, inner := range fetched {
		picture := rest.ExplainCovers(inner)
		for _, reading := range picture.Readings {
			reading.Name = "picture, " + reading.Name
			e.Readings = append(e.Readings, reading)
		}
		e.Covered = e.Covered || picture.Covered
		if e.Err == nil {
			e.Err = picture.Err
		}
	}
	return e
}

func (it *item) explainProtects(path string) (covered bool, why string) {
	switch {
	case it.path.match(path, false):
		return true, "the path matches"
	case it.matchSlash(path):
		return true, "the path matches with a slash at its end"
	}
	return false, it.whyNot(path)
}
