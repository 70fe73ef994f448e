package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/match"
)

// A verdict is what the routes say about a path.
type verdict struct {
	route *route // takes the request; nil for none
	rules []Rule // all have to hold
	sent  target // as the server gets it
	deny  bool   // some reading of the path belongs to no route, so nobody may see it
}

// errNoRoute: nothing is open that was not opened.
var errNoRoute = &refusal{http.StatusNotFound, "not-found", "no route takes the path, or not every reading of it"}

// decide finds the route and the rules of a target, also those that hold for what the
// target becomes on the way to its server. Without a refusal the verdict has a route.
func (g *Gate) decide(t target) (verdict, *refusal) {
	v := g.judge(t.path, nil)
	v.sent = t
	g.judgeFetches(&v, t)
	if v.route == nil || v.deny {
		return v, errNoRoute
	}
	rt := v.route
	if rt.server == "" {
		return v, nil
	}
	sent, no := rt.rewrite(t)
	if no != nil {
		return v, no
	}
	v.sent = sent
	if there := rt.base + sent.path; there != t.path {
		other := g.judge(there, func(other *route) bool { return other.server == rt.server })
		v.add(other.rules)
	}
	return v, nil
}

// judgeFetches adds the rules of the picture that a Next.js server fetches itself to answer
// /_next/image?url=…, whose route is open as a rule.
func (g *Gate) judgeFetches(v *verdict, t target) {
	if t.query == "" {
		return
	}
	fetched, ok := match.Fetches(t.String())
	v.deny = v.deny || !ok
	for _, inner := range fetched {
		picture, no := g.readTarget(http.MethodGet, inner, nil)
		if no != nil {
			v.deny = true
			return
		}
		there := g.judge(picture.path, nil)
		v.add(there.rules)
		v.deny = v.deny || there.route == nil || there.deny
	}
}

// judge finds the route of a canonical path, and the rules of every page that a server
// might take the path for. Of the routes, those count that among says; nil means all.
//
// Order decides only within one reading: "/public/a;b" is public where "/public/a" is, and
// "/public/..;/admin" would be for administrators.
func (g *Gate) judge(path string, among func(*route) bool) verdict {
	v := verdict{route: g.first(path, among)}
	if v.route != nil {
		v.rules = v.route.rules
	}
	if !simple(path) {
		for _, reading := range g.readings(path) {
			if at := g.covering(reading, among); at != nil {
				v.add(at.rules)
			} else {
				v.deny = true
			}
			v.addFolded(g, reading, among)
		}
		return v
	}
	if at := g.covering(path, among); at != nil {
		v.add(at.rules)
	}
	v.addFolded(g, path, among)
	return v
}

// addFolded adds the rules of the page that a server which ignores letter case sees. Where
// it sees none there is nothing to add: most routes are written in one case only.
func (v *verdict) addFolded(g *Gate, path string, among func(*route) bool) {
	lower := foldCase(path)
	if lower == path && !g.anyFolded {
		return
	}
	for _, rt := range g.routes {
		if (among == nil || among(rt)) && covers(rt.folded, lower) {
			v.add(rt.rules)
			return
		}
	}
}

// add takes rules in that are not there yet. It never writes into a route's own list.
func (v *verdict) add(rules []Rule) {
	for _, r := range rules {
		if !slices.Contains(v.rules, r) {
			v.rules = append(slices.Clip(v.rules), r)
		}
	}
}

// first is the route that a path belongs to, as Next.js would say.
func (g *Gate) first(path string, among func(*route) bool) *route {
	for _, rt := range g.routes {
		if among != nil && !among(rt) {
			continue
		}
		if ok, err := rt.set.Match(match.Request{Target: path}); ok && err == nil {
			return rt
		}
	}
	return nil
}

// covering is the first route that claims a reading of a path, also with a slash at its end.
func (g *Gate) covering(reading string, among func(*route) bool) *route {
	for _, rt := range g.routes {
		if (among == nil || among(rt)) && covers(rt.set, reading) {
			return rt
		}
	}
	return nil
}

// covers asks one pattern for one reading. Only of a plain path Covers asks nothing but
// that. Others are asked as they stand, and as what they would be when decoded.
func covers(s *match.Set, reading string) bool {
	if plain(reading) {
		return s.Covers(reading)
	}
	escaped := escapeReading(reading)
	if escaped != reading && strings.ContainsRune(reading, '%') {
		if ok, err := s.Match(match.Request{Target: reading}); ok && err == nil {
			return true
		}
	}
	ok, err := s.Match(match.Request{Target: escaped})
	return ok || err != nil
}

// foldCase writes a path as servers do that ignore letter case, some by way of capitals: ı
// and ſ have those of i and s, and the Kelvin sign is k in small letters.
func foldCase(path string) string {
	lower := strings.ToLower(path)
	if strings.ContainsAny(lower, "ıſ\u0307") {
		lower = strings.NewReplacer("ı", "i", "ſ", "s", "i\u0307", "i").Replace(lower) // İ in small letters is i and U+0307
	}
	return lower
}

// readings are all spellings that package match knows of a path, as sent and as careless
// servers have it.
func (g *Gate) readings(path string) []string {
	var all []string
	for _, any := range g.anything {
		for _, r := range any.ExplainCovers(path).Readings {
			if !slices.Contains(all, r.Path) {
				all = append(all, r.Path)
			}
		}
	}
	return all
}

// escapeReading writes a decoded path as a target that decodes to it.
func escapeReading(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`?#%\`, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// refuses returns the status with which the rules turn somebody away, or 0.
func refuses(rules []Rule, s *signet.Session) int {
	status := 0
	for _, r := range rules {
		if s == nil {
			if r.session {
				return http.StatusUnauthorized
			}
			continue
		}
		if r.group != "" && !slices.Contains(s.Groups, r.group) {
			status = http.StatusForbidden
		}
	}
	return status
}

// rewrite makes the server's target of one that was judged.
func (rt *route) rewrite(t target) (target, *refusal) {
	if rt.StripPrefix != "" {
		short, no := t.strip(rt.StripPrefix, rt.left)
		if no != nil {
			return t, no
		}
		t = short
	}
	if rt.Next {
		t.query = dropInternal(t.query)
	}
	return t, nil
}
