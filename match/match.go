package match

import (
	"errors"
	"net/http"
	"strings"
)

// A Set is a compiled matcher. It does not change, and its methods may be called from several
// goroutines.
//
// A nil Set covers nothing.
type Set struct {
	site  Site
	items []item
	all   bool // there is no matcher: everything is covered
}

// item is one compiled pattern.
type item struct {
	Pattern
	regex        string // what Next.js compiles the pattern to
	root         *node
	path         expression
	soft         *expression // for a path with a slash put to its end, if that differs from path
	has, missing []test
	explained    *exclusions
}

// Compile prepares patterns for matching. With no patterns the set covers no request, as an
// empty matcher array does in Next.js; for a site that has no matcher at all, see [Everything].
//
// A pattern that Next.js would refuse is refused with a [*PatternError], and so is one that
// cannot be run in bounded time (back-references, lookbehind) or would be too large.
func Compile(site Site, patterns ...Pattern) (*Set, error) {
	if err := site.check(); err != nil {
		return nil, err
	}
	s := &Set{site: site}
	for _, p := range patterns {
		it, err := site.compile(p)
		if err != nil {
			return nil, err
		}
		s.items = append(s.items, it)
	}
	return s, nil
}

// Everything returns the set of a site that states no matcher: it covers every request.
func Everything(site Site) (*Set, error) {
	if err := site.check(); err != nil {
		return nil, err
	}
	return &Set{site: site, all: true}, nil
}

func (s Site) compile(p Pattern) (item, error) {
	text, root, err := s.compilePattern(p)
	if err != nil {
		return item{}, err
	}
	it := item{Pattern: p, regex: text, root: root, explained: &exclusions{}}
	if it.path, err = newExpression(root, false); err != nil {
		return item{}, patternError(p.Source, err)
	}
	if endsInside(root) {
		soft, err := newExpression(root, true)
		if err != nil {
			return item{}, patternError(p.Source, err)
		}
		it.soft = &soft
	}
	if it.has, err = newTests(p, p.Has, "has"); err != nil {
		return item{}, err
	}
	it.missing, err = newTests(p, p.Missing, "missing")
	return it, err
}

// A Request is what patterns look at. The method is not among it: Next.js never looks there.
type Request struct {
	// Target is the request target as it was sent, query included.
	Target string

	// Header and Host serve has and missing only. Cookies come out of Header. If Host is
	// empty, the Host line of Header counts.
	Header http.Header
	Host   string
}

// RequestOf returns what patterns look at in r. It takes the target from r.RequestURI, so it
// does not see what a http.StripPrefix in front of the handler has cut off.
func RequestOf(r *http.Request) Request {
	target := r.RequestURI
	if target == "" {
		target = r.URL.RequestURI() // made by hand, not read by a server
	}
	return Request{Target: target, Header: r.Header, Host: r.Host}
}

// Errors of a request target that is not matched at all.
var (
	// ErrTarget is for targets that no server should take: characters outside of visible
	// ASCII, or neither a path nor an http URL. Answer 400.
	ErrTarget = errors.New("match: not a request target")

	// ErrLong is for paths above 8 KiB. Answer 414.
	ErrLong = errors.New("match: path too long")
)

// Match reports whether the set covers r in Next.js: whether its middleware (proxy) would run.
// The error is [ErrTarget] or [ErrLong].
//
// Redirects that Next.js answers before its matcher (repeated slashes, final slash) are not
// taken into account: the answer is the one for the path as it stands.
func (s *Set) Match(r Request) (bool, error) {
	path, err := requestPath(r.Target)
	if err != nil || s == nil {
		return false, err
	}
	if s.all {
		return true, nil
	}
	path = s.site.rewrite(path)
	if s.covers(path, &r) {
		return true, nil
	}
	if strings.IndexByte(path, '%') < 0 {
		return false, nil
	}
	decoded, ok := decodeComponent(path)
	return ok && s.covers(decoded, &r), nil
}

func (s *Set) covers(path string, r *Request) bool {
	for i := range s.items {
		if it := &s.items[i]; it.path.match(path, false) && it.holds(r) {
			return true
		}
	}
	return false
}

// holds reports whether every has and no missing holds.
func (it *item) holds(r *Request) bool { return it.failing(r) == nil }
