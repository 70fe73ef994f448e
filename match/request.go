package match

import "strings"

// maxPath bounds the path of a target, in bytes, before and after it is encoded. The work for
// one pattern is at most this times the size of the pattern.
const maxPath = 8 << 10

// byteKind sorts the bytes of a target.
type byteKind uint8

const (
	byteBad    byteKind = iota // not legal in a target
	bytePlain                  // stays as it is
	byteEncode                 // legal, but URLs write it as %XX
	byteSlash
	byteBackslash
	byteQuery
	byteFragment
)

// byteKinds follows llhttp, which Node parses requests with, for what is legal, and the path
// percent-encode set of the WHATWG URL standard for what is encoded.
var byteKinds = func() (kinds [256]byteKind) {
	for c := byte(0x21); c <= 0x7E; c++ {
		kinds[c] = bytePlain
		if strings.IndexByte("\"<>`{}", c) >= 0 {
			kinds[c] = byteEncode
		}
	}
	kinds['/'], kinds['\\'], kinds['?'], kinds['#'] = byteSlash, byteBackslash, byteQuery, byteFragment
	return kinds
}()

// requestPath returns the path that Next.js reads in a target, before it looks at locales and
// data paths. A target that needs no change costs no allocation.
func requestPath(target string) (string, error) {
	end, plain := len(target), target != "" && target[0] == '/'
	for i := 0; i < end; i++ {
		switch byteKinds[target[i]] {
		case bytePlain:
		case byteSlash:
			// A slash, a dot or its escape next: something may have to be resolved.
			if i+1 < len(target) && (target[i+1] == '/' || target[i+1] == '.' || target[i+1] == '%') {
				plain = false
			}
		case byteQuery:
			end = i
		case byteBad:
			return "", ErrTarget
		default:
			plain = false
		}
	}
	for i := end; i < len(target); i++ {
		if byteKinds[target[i]] == byteBad {
			return "", ErrTarget
		}
	}
	switch {
	case end > maxPath:
		return "", ErrLong
	case plain:
		return target[:end], nil
	}
	path, ok := urlPath(target)
	switch {
	case !ok:
		return "", ErrTarget
	case len(path) > maxPath: // escapes made it longer
		return "", ErrLong
	}
	return path, nil
}

// urlPath does the same with any target, legal or not: the path is cut out, its slashes are
// merged as Next.js does before it parses (shared/lib/utils.js normalizeRepeatedSlashes), dots
// are resolved and characters encoded as URL parsers do.
func urlPath(target string) (string, bool) {
	path, _, _ := strings.Cut(target, "?")
	path = mergeSlashes(path)
	if !strings.HasPrefix(path, "/") {
		var ok bool
		if path, ok = cutOrigin(path); !ok {
			return "", false
		}
	}
	path, _, _ = strings.Cut(path, "#")
	return resolveDots(encodePath(path)), true
}

// cutOrigin removes scheme and host from an absolute target. Its slashes are already merged.
func cutOrigin(target string) (string, bool) {
	scheme, rest, ok := strings.Cut(target, ":/")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", false
	}
	host := strings.IndexAny(rest, "/#")
	if host < 0 {
		host = len(rest)
	}
	if host == 0 {
		return "", false
	}
	return "/" + strings.TrimPrefix(rest[host:], "/"), true
}

func mergeSlashes(path string) string {
	if !strings.Contains(path, `\`) && !strings.Contains(path, "//") {
		return path
	}
	var b strings.Builder
	slash := false
	for i := range len(path) {
		c := path[i]
		if c == '\\' {
			c = '/'
		}
		if c != '/' || !slash {
			b.WriteByte(c)
		}
		slash = c == '/'
	}
	return b.String()
}

// encodePath percent-encodes what cannot stand in the path of a URL.
func encodePath(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if k := byteKinds[c]; k != byteBad && k != byteEncode {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// resolveDots resolves . and .. in a path that starts with a slash, also where their dots are
// escaped. URL standard, path state.
func resolveDots(path string) string {
	if strings.IndexByte(path, '.') < 0 && !strings.Contains(path, "%2") {
		return path
	}
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch dots(segment) {
		case 0:
			kept = append(kept, segment)
			continue
		case 2:
			kept = kept[:max(0, len(kept)-1)]
		}
		if last {
			kept = append(kept, "") // "/a/." is "/a/"
		}
	}
	return "/" + strings.Join(kept, "/")
}

// dots returns 1 or 2 for a segment that is a single or double dot, however written, else 0.
func dots(segment string) int {
	n := 0
	for segment != "" {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && strings.EqualFold(segment[:3], "%2e"):
			segment = segment[3:]
		default:
			return 0
		}
		n++
	}
	if n > 2 {
		return 0
	}
	return n
}
