package match

import (
	"slices"
	"strings"
)

// Covers reports whether a rule made of this set protects the page behind a request target.
//
// It says yes when any reading of the path is covered: as sent, as Next.js parses it, decoded,
// canonical, as lenient servers would understand it, with the data prefix and the suffixes of
// data and component requests removed, with the default locale where there is none, and with a
// final slash or without. What a negative lookahead excludes is thus let through only if no reading
// asks for protection. Letters keep their case, as in Next.js.
//
// Of pictures, the one that Next.js would fetch counts too: [Fetches]. Otherwise query, fragment and
// headers play no part, and neither do Has and Missing, which
// [Set.Protects] refuses; for patterns marked ClientMayChoose see [Set.CoversRequest].
// A target that [Set.Match] would call an error is covered, and so is one with an escaped
// control character: what servers make of it cannot be foreseen.
func (s *Set) Covers(target string) bool {
	return s.protects(target, nil)
}

// CoversRequest is Covers, except that the Has and Missing of patterns marked ClientMayChoose
// are asked as well: the client may take itself out of such a rule.
func (s *Set) CoversRequest(r Request) bool {
	return s.protects(r.Target, &r)
}

func (s *Set) protects(target string, r *Request) bool {
	if s == nil {
		return false
	}
	path, err := requestPath(target)
	if err != nil || s.all {
		return true
	}
	if s.protectsPath(path, r) || s.protectsFetches(target, r) {
		return true
	}
	if isPlain(target[:min(len(path), len(target))], path) {
		return false
	}
	if hidesControl(path) {
		return true
	}
	for _, spelling := range s.site.spellings(target) {
		if s.protectsPath(spelling.path, r) {
			return true
		}
	}
	return false
}

// protectsFetches asks for what a server fetches itself to answer the target.
func (s *Set) protectsFetches(target string, r *Request) bool {
	fetched, ok := Fetches(target)
	if ok && len(fetched) == 0 {
		return false
	}
	rest := s.about(target)
	for _, inner := range fetched {
		if rest.protects(inner, r) {
			return true
		}
	}
	return !ok && len(rest.items) > 0
}

// about is the set without the patterns that leave out a target in so many words: whoever
// writes (?!_next/image) wants pictures to be seen.
func (s *Set) about(target string) *Set {
	path, err := requestPath(target)
	if err != nil {
		return s
	}
	rest := *s
	rest.items = nil
	for i := range s.items {
		it := &s.items[i]
		if !slices.ContainsFunc(it.exclusions(), func(e exclusion) bool { out, _ := e.without.run(s.site.localize(path), false); return out }) {
			rest.items = append(rest.items, *it)
		}
	}
	return &rest
}

// protectsPath asks every pattern for one reading.
func (s *Set) protectsPath(path string, r *Request) bool {
	localized := s.site.localize(path)
	for i := range s.items {
		it := &s.items[i]
		if (it.protects(localized) || it.NoLocale && it.protects(path)) && it.applies(r) {
			return true
		}
	}
	return false
}

// protects tries a path as it is and with the final slash added. A path that ends in a slash
// needs no other form: every pattern lets one slash stand there.
func (it *item) protects(path string) bool {
	return it.path.match(path, false) || it.matchSlash(path)
}

// matchSlash tries a path with a final slash added: /docs/ is covered by /docs/((?!api).*),
// so /docs is too. The slash must not undo an exclusion: if (?!login$) takes /login out, then
// /login/ does not bring it in again. That is what the soft form of the expression is for.
func (it *item) matchSlash(path string) bool {
	if strings.HasSuffix(path, "/") {
		return false
	}
	if it.soft != nil {
		return it.soft.match(path, true)
	}
	return it.path.match(path, true)
}

// applies reports whether conditions do not keep a protecting pattern from counting.
func (it *item) applies(r *Request) bool {
	return r == nil || !it.ClientMayChoose || it.holds(r)
}

// endsInside reports whether a negative lookahead holds a $, which a final slash could undo.
func endsInside(root *node) bool {
	found := false
	root.walk(func(n *node) {
		if n.op == opLook && n.not {
			n.subs[0].walk(func(inner *node) { found = found || inner.op == opEnd })
		}
	})
	return found
}

// isPlain reports whether a path that was sent as it is parsed has one reading only: there is
// nothing in it to decode, cut off or strip.
func isPlain(sent, path string) bool {
	if sent != path || strings.Contains(path, "/_next/data/") {
		return false
	}
	for i := range len(path) {
		switch c := path[i]; {
		case isWord(c), c == '-', c == '~', c == '/':
		case c == '.' && i+1 < len(path) && path[i+1] != '/' && !strings.HasPrefix(path[i:], ".rsc"):
		default:
			return false
		}
	}
	return true
}

// hidesControl reports whether a control character is in a path, escaped once or twice.
func hidesControl(path string) bool {
	once, _ := unescape(path)
	twice, _ := unescape(once)
	return strings.ContainsFunc(once, isControl) || strings.ContainsFunc(twice, isControl)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }

// spelling is one way to read a target, and what it is called in explanations.
type spelling struct{ name, path string }

// spellings returns all readings of a target but the slash added, each once.
func (s Site) spellings(target string) []spelling {
	var all []spelling
	add := func(name, path string) {
		known := slices.ContainsFunc(all, func(sp spelling) bool { return sp.path == path })
		if !known && strings.HasPrefix(path, "/") {
			all = append(all, spelling{name, path})
		}
	}
	for _, base := range s.basicSpellings(target) {
		add(base.name, base.path)
		for _, page := range s.pages(base.path) {
			add(base.name+", as a page", page)
		}
	}
	return all
}

func (s Site) basicSpellings(target string) []spelling {
	sent, _, _ := strings.Cut(target, "?")
	sent, _, _ = strings.Cut(sent, "#")
	parsed, _ := urlPath(target)
	decoded, _ := decodeComponent(parsed)
	rewritten := s.rewrite(parsed)
	rewrittenDecoded, _ := decodeComponent(rewritten)
	once, onceCut := lenient(parsed)
	twice, twiceCut := lenient(once)
	return []spelling{
		{"as sent", sent},
		{"raw", rewritten},
		{"decoded", rewrittenDecoded},
		{"parsed", parsed},
		{"parsed and decoded", decoded},
		{"canonical", canonical(parsed)},
		{"lenient", once},
		{"lenient, cut", onceCut},
		{"lenient twice", twice},
		{"lenient twice, cut", twiceCut},
	}
}

// pages returns the pages whose data or components a path asks for: next@16.4.6 serves them
// at other addresses than the page itself.
func (s Site) pages(p string) []string {
	var out []string
	bare, hadBase := s.cutBase(p)
	if s.hasLocale(bare) { // Next.js takes one off here, too
		if i := strings.Index(bare[1:], "/"); i >= 0 && strings.HasPrefix(bare[1+i:], "/_next/data/") {
			bare = bare[1+i:]
		}
	}
	if rest, ok := strings.CutPrefix(bare, "/_next/data/"); ok {
		if _, page, ok := strings.Cut(rest, "/"); ok {
			// Only here: a plain /x.json is a file of its own, and a rule that excludes
			// files must be able to mean it.
			bare = pagePath("/" + strings.TrimSuffix(page, ".json"))
			out = append(out, bare)
		}
	}
	if page, ok := cutTransport(bare); ok {
		out = append(out, pagePath(page))
	}
	if s.BasePath == "" || !hadBase {
		return out
	}
	for i := range out {
		out[i] = strings.TrimSuffix(s.BasePath+out[i], "/")
	}
	return out
}

// cutTransport removes the suffix of a component request or of one of its segments.
func cutTransport(p string) (string, bool) {
	if page, ok := strings.CutSuffix(p, ".segment.rsc"); ok {
		if i := strings.Index(page, ".segments/"); i >= 0 {
			return page[:i], true
		}
	}
	page, ok := strings.CutSuffix(p, ".rsc")
	return strings.TrimSuffix(page, ".prefetch"), ok // of partial prerendering
}
