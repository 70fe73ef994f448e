package match

import "strings"

// maxFetches bounds the pictures of one target. Next.js itself refuses more than one.
const maxFetches = 8

// Fetches returns the targets that a Next.js server asks itself for to answer a target: that of
// the picture in /_next/image?url=…, in whatever spelling. A rule that holds for a picture has
// to hold there too. ok is false where they cannot be told: refuse such a target, or take
// it for covered.
//
// Pictures of other hosts, which next.config has to list, are not looked at.
//
// next@16.4.6: server/image-optimizer.js fetchInternalImage, and the same in 14.1.0.
func Fetches(target string) (targets []string, ok bool) {
	sent, query, asks := strings.Cut(target, "?")
	if !asks || !strings.Contains(sent, "image") && !strings.Contains(sent, "%") || !isOptimizer(sent) {
		return nil, true
	}
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(queryText(name), "url") {
			continue
		}
		path := strings.ReplaceAll(queryText(value), `\`, "/")
		if !strings.HasPrefix(path, "/") {
			continue
		}
		path, _, _ = strings.Cut(path, "#")
		path = encodePath(path)
		inner, _, _ := strings.Cut(path, "?")
		if len(targets) == maxFetches || isOptimizer(inner) {
			return nil, false
		}
		targets = append(targets, path)
	}
	return targets, true
}

// isOptimizer tells whether some server takes a path for that of pictures.
func isOptimizer(path string) bool {
	parsed, _ := urlPath(path)
	once, onceCut := lenient(parsed)
	twice, twiceCut := lenient(once)
	for _, reading := range []string{parsed, once, onceCut, twice, twiceCut} {
		if strings.HasSuffix(strings.TrimRight(strings.ToLower(reading), "/"), "/_next/image") {
			return true
		}
	}
	return false
}

// queryText decodes a name or a value of a query.
func queryText(s string) string {
	decoded, _ := unescape(strings.ReplaceAll(s, "+", " "))
	return decoded
}
