package gateway

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/match"
)

// maxQueryKeys is how many parameters Go's own parser takes (GODEBUG urlmaxqueryparams);
// with more, two servers would see different ones: GO-2026-4976.
const maxQueryKeys = 10_000

// A target is what a request asks for, in the one spelling that is judged, logged and sent
// on.
type target struct {
	path  string // canonical: see match.Canonical
	query string // as sent, with its "?"; no rule looks at it
}

func (t target) String() string { return t.path + t.query }

// A refusal is an answer that a request gets before anybody asks whose it is.
type refusal struct {
	status int
	code   string
	why    string // for explanations; never shown to who sent the request
}

func (e *refusal) Error() string { return "gateway: " + e.why }

func refuse(why string) *refusal {
	return &refusal{http.StatusBadRequest, "bad-request", why}
}

// readTarget reads a request target as it stood on the request line. Only the origin form
// is taken, and the absolute form where authority, asked when needed, is in it.
func (g *Gate) readTarget(method, raw string, authority func() string) (target, *refusal) {
	switch method {
	case http.MethodConnect, http.MethodTrace, "TRACK":
		return target{}, &refusal{http.StatusMethodNotAllowed, "method", "the method " + method + " is not for servers behind a gateway"}
	}
	if !strings.HasPrefix(raw, "/") {
		rest, ok := cutAuthority(raw, authority)
		if !ok {
			return target{}, refuse("the target is neither a path nor a URL of ours")
		}
		raw = rest
	}
	switch {
	case strings.HasPrefix(raw, "//"):
		return target{}, refuse("the path begins with two slashes, which some read as a host")
	case strings.Contains(raw, "#"):
		return target{}, refuse("there is a fragment in the target")
	}
	_, query, asked := strings.Cut(raw, "?")
	if strings.Count(query, "&") >= maxQueryKeys {
		return target{}, refuse("too many query parameters")
	}
	if asked {
		query = "?" + query
	}
	t, no := canonical(raw, query, 0)
	if no != nil && g.left != 0 {
		return g.leave(raw, query, no)
	}
	return t, no
}

// leave reads a target that is ambiguous, if its route says that it does not mind. The
// rules of every reading hold all the same.
func (g *Gate) leave(raw, query string, no *refusal) (target, *refusal) {
	t, still := canonical(raw, query, g.left)
	if still != nil || g.isOwn(t.path) {
		return target{}, no
	}
	rt := g.first(t.path, nil)
	if rt == nil {
		return target{}, no
	}
	if _, still = canonical(raw, query, rt.left); still != nil {
		return target{}, no
	}
	return t, nil
}

// canonical makes a target of one in origin form.
func canonical(raw, query string, left match.Escapes) (target, *refusal) {
	path, err := left.Canonical(raw)
	if errors.Is(err, match.ErrLong) {
		return target{}, &refusal{http.StatusRequestURITooLong, "too-long", "the path is longer than 8 KiB"}
	}
	if err != nil {
		return target{}, refuse(strings.TrimPrefix(err.Error(), "match: "))
	}
	if !plain(path) {
		// Reading it once more must change nothing, or whoever does so sees another page.
		again, err := left.Canonical(path)
		if err != nil || again != path || strings.HasPrefix(path, "//") {
			return target{}, refuse("the path reads differently the second time")
		}
	}
	return target{path, query}, nil
}

// cutAuthority takes scheme and authority off an absolute target, if they are ours.
func cutAuthority(raw string, authority func() string) (string, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || !strings.EqualFold(rest[:end], authority()) {
		return "", false
	}
	rest = rest[end:]
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest, true
}

// strip cuts a prefix off the path and reads the rest anew: what is sent on is judged as
// what it has become. A prefix ends at a slash.
func (t target) strip(prefix string, left match.Escapes) (target, *refusal) {
	rest, ok := strings.CutPrefix(t.path, prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return target{}, &refusal{http.StatusNotFound, "not-found", "the path does not begin with the prefix to strip"}
	}
	if rest == "" {
		rest = "/"
	}
	short, no := canonical(rest, t.query, left)
	if no == nil && short.path != rest {
		no = refuse("the path changes its meaning without the prefix")
	}
	return short, no
}

// suspicious tells what a path has that servers are known to differ about, though we know
// of no second page behind it; "" for nothing. It is asked with Config.Strict only.
func suspicious(path string) string {
	lower := strings.ToLower(path)
	for _, sign := range [...]struct{ text, why string }{
		{";", "parameters in the path"}, {"%3b", "parameters in the path"},
		{"%3f", "an escaped question mark"}, {"%23", "an escaped number sign"},
		{"%25", "an escaped percent sign"},
		{"%ef%bc", "full-width letters"}, {"%ef%bd", "full-width letters"},
		{"./", "a dot at the end of a segment"}, {"%20/", "a blank at the end of a segment"},
	} {
		if strings.Contains(lower, sign.text) {
			return sign.why
		}
	}
	if strings.HasSuffix(lower, ".") || strings.HasSuffix(lower, "%20") {
		return "a dot or a blank at the end of the path"
	}
	return ""
}

// plain tells whether a path has one reading only, letter case aside: nothing in it can be
// decoded, cut off or taken for the data of another page.
func plain(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case isWord(c), c == '-', c == '~', c == '/':
		case c == '.' && i+1 < len(path) && path[i+1] != '/' && !strings.HasPrefix(path[i:], ".rsc"):
		default:
			return false
		}
	}
	return !strings.Contains(path, "/_next/data/")
}

// simple is plain for paths that also have escaped letters of Hangul and the Chinese
// script (U+4000 to U+DFFF), which nobody takes for anything else: a path decoded, or not.
func simple(path string) bool {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			continue
		}
		if i+2 >= len(path) {
			return false
		}
		lead := path[i+1] | 0x20 // a letter in small, a digit as it is
		last := path[i+2] | 0x20
		tail := lead == '8' || lead == '9' || lead == 'a' || lead == 'b'
		if !tail && (lead != 'e' || last < '4' || last == 'e' || last == 'f') {
			return false
		}
		i += 2
	}
	return plain(strings.ReplaceAll(path, "%", ""))
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// dropInternal removes the query parameters that Next.js gives to itself, by which a
// request could choose the page behind a rule: CVE-2026-44574.
func dropInternal(query string) string {
	if !strings.ContainsAny(query, "nN%_") {
		return query
	}
	var kept []string
	pairs := strings.Split(strings.TrimPrefix(query, "?"), "&")
	for _, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if key = queryKey(key); hasAnyPrefix(key, "nxtP", "nxtI", "__next") {
			continue
		}
		kept = append(kept, pair)
	}
	switch len(kept) {
	case len(pairs):
		return query
	case 0:
		return ""
	}
	return "?" + strings.Join(kept, "&")
}

// queryKey decodes a parameter's name, or returns it as it is.
func queryKey(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}
