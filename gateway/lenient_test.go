package gateway_test

import (
	"regexp"
	"strconv"
	"strings"
)

// The most careless server there could be, written from the set-up text of the attack
// vectors and not from the code that is tested against it.

var (
	escaped  = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	escapedU = regexp.MustCompile(`%[uU][0-9a-fA-F]{4}`)
	nextData = regexp.MustCompile(`^/_next/data/[^/]+(/.*?)(\.json)?$`)
	nextRSC  = regexp.MustCompile(`(\.segments/.*\.segment)?\.rsc$`)
)

// carelessly returns every path that a careless server might see in a target.
func carelessly(target string) []string {
	path, _, _ := strings.Cut(target, "?")
	var all []string
	for range 3 { // as it is, decoded once, decoded twice
		for _, p := range []string{path, cutHash(path)} {
			all = append(all, careless(p))
		}
		path = unescapeBytes(path)
	}
	for _, p := range all {
		if m := nextData.FindStringSubmatch(p); m != nil {
			all = append(all, m[1])
		}
		if short := nextRSC.ReplaceAllString(p, ""); short != p {
			all = append(all, short)
		}
	}
	return all
}

func cutHash(p string) string {
	if i := strings.IndexAny(p, "#?"); i > 0 {
		return p[:i]
	}
	return p
}

func unescapeBytes(p string) string {
	p = escapedU.ReplaceAllStringFunc(p, func(s string) string {
		n, _ := strconv.ParseUint(s[2:], 16, 32)
		return string(rune(n))
	})
	return escaped.ReplaceAllStringFunc(p, func(s string) string {
		n, _ := strconv.ParseUint(s[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// fold turns overlong and full-width forms into ASCII. The bytes of an overlong form are
// read as a sloppy decoder does.
func foldForms(p string) string {
	p = overlongs(p)
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFF01 + '!'
		}
		return r
	}, p)
}

func overlongs(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case (c == 0xC0 || c == 0xC1) && i+1 < len(p) && p[i+1]&0xC0 == 0x80:
			b.WriteByte(c&1<<6 | p[i+1]&0x3F)
			i++
		case c == 0xE0 && i+2 < len(p) && p[i+1] <= 0x81 && p[i+1] >= 0x80:
			b.WriteByte(p[i+1]&1<<6 | p[i+2]&0x3F)
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func careless(p string) string {
	p = strings.ReplaceAll(foldForms(p), `\`, "/")
	p, _, _ = strings.Cut(p, "\x00")
	var kept []string
	for _, s := range strings.Split(p, "/") {
		s, _, _ = strings.Cut(s, ";")
		s = strings.TrimRight(s, " ")
		if s != "." && s != ".." {
			s = strings.TrimRight(s, ". ")
		}
		switch s = strings.ToLower(s); s {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, s)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// reaches tells whether some reading of a target is the path or below it.
func reaches(target string, protected ...string) (string, bool) {
	for _, p := range carelessly(target) {
		for _, prefix := range protected {
			if p == prefix || strings.HasPrefix(p, prefix+"/") {
				return p, true
			}
		}
	}
	return "", false
}
