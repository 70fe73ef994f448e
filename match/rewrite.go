package match

import (
	"path"
	"strings"
)

// rewrite does to a path what the Next.js router does before it asks the matcher.
// next@16.4.6 server/lib/router-utils/resolve-routes.js resolveRoutes, middleware_next_data.
func (s Site) rewrite(p string) string {
	return s.page(s.localize(p))
}

// localize puts the default locale in front of a path that has none.
func (s Site) localize(p string) string {
	if len(s.Locales) == 0 {
		return p
	}
	bare, hadBase := s.cutBase(p)
	if s.hasLocale(bare) || strings.HasPrefix(bare, "/_next/") {
		return p
	}
	out := "/" + s.DefaultLocale
	if bare != "/" {
		out += bare
	}
	if hadBase {
		out = s.BasePath + out
	}
	if strings.HasSuffix(p, "/") {
		out = s.addSlash(out)
	}
	return out
}

// page turns the data path of our own build into the path of its page.
func (s Site) page(p string) string {
	if s.BuildID == "" {
		return p
	}
	bare, hadBase := p, false
	if s.BasePath != "" {
		bare, hadBase = s.cutBase(p)
	}
	rest, ok := strings.CutPrefix(bare, "/_next/data/"+s.BuildID+"/")
	if !ok {
		return p
	}
	if rest, ok = strings.CutSuffix(rest, ".json"); !ok {
		return p
	}
	out := pagePath("/" + rest)
	if len(s.Locales) > 0 && !s.hasLocale(out) && !strings.HasPrefix(out, "/_next/") {
		if out == "/" {
			out = ""
		}
		out = "/" + s.DefaultLocale + out
	}
	if hadBase {
		out = s.joinBase(out)
	}
	return s.addSlash(out)
}

// pagePath undoes what the names of index pages look like on disk.
// next@16.4.6 shared/lib/page-path/denormalize-page-path.js.
func pagePath(p string) string {
	switch {
	case p == "/index":
		return "/"
	case strings.HasPrefix(p, "/index/") && !hasDynamicSegment(p):
		return p[len("/index"):]
	}
	return p
}

// hasDynamicSegment reports whether a segment reads [like-this].
func hasDynamicSegment(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if len(segment) > 2 && segment[0] == '[' && segment[len(segment)-1] == ']' {
			return true
		}
	}
	return false
}

// cutBase removes the base path. A path outside of it is returned as it is.
func (s Site) cutBase(p string) (bare string, hadBase bool) {
	rest, ok := strings.CutPrefix(p, s.BasePath)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return p, false
	case rest == "":
		return "/", true
	}
	return rest, true
}

// joinBase is path.posix.join of Node, which resolves dots and keeps a final slash.
func (s Site) joinBase(p string) string {
	joined := path.Join(s.BasePath, p)
	if p != "/" && strings.HasSuffix(p, "/") && !strings.HasSuffix(joined, "/") {
		joined += "/"
	}
	return joined
}

// hasLocale reports whether the first segment is a locale, in whatever case.
func (s Site) hasLocale(p string) bool {
	first, _, _ := strings.Cut(p[1:], "/")
	for _, locale := range s.Locales {
		if strings.EqualFold(first, locale) {
			return true
		}
	}
	return false
}

func (s Site) addSlash(p string) string {
	if s.TrailingSlash && !strings.HasSuffix(p, "/") {
		return p + "/"
	}
	return p
}

// redirect returns where Next.js sends a request with 308 before it asks the matcher, or
// nothing. next@16.4.6 server/lib/router-utils/resolve-routes.js, lib/load-custom-routes.js.
func (s Site) redirect(target, parsed string) string {
	sent, query, hasQuery := strings.Cut(target, "?")
	if hasQuery {
		query = "?" + query
	}
	if strings.Contains(sent, "//") || strings.Contains(sent, `\`) {
		return parsed + query
	}
	p := s.delocalize(s.rewrite(parsed))
	bare, inside := s.cutBase(p)
	segments := strings.Split(bare[1:], "/")
	last := segments[len(segments)-1]
	switch {
	case !inside || p == "/":
	case !s.TrailingSlash && strings.HasSuffix(p, "/"):
		return strings.TrimSuffix(p, "/") + query
	case !s.TrailingSlash, segments[0] == ".well-known":
	case last != "" && !strings.Contains(last, ".") || p == s.BasePath:
		return p + "/" + query
	case last == "" && len(segments) > 1 && hasExtension(segments[len(segments)-2]):
		return strings.TrimSuffix(p, "/") + query
	}
	return ""
}

// delocalize removes the default locale again; redirects are looked up without it.
func (s Site) delocalize(p string) string {
	bare, hadBase := s.cutBase(p)
	first, rest, more := strings.Cut(bare[1:], "/")
	if len(s.Locales) == 0 || !strings.EqualFold(first, s.DefaultLocale) {
		return p
	}
	out := "/" + rest
	switch {
	case !hadBase:
		return out
	case !more && s.BasePath != "":
		return s.BasePath
	}
	return s.BasePath + out
}

// hasExtension reports whether a segment ends in a dot and word characters.
func hasExtension(segment string) bool {
	i := strings.LastIndexByte(segment, '.')
	return i > 0 && i+1 < len(segment) && nameLength(segment[i+1:]) == len(segment)-i-1
}
