package pages

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits in characters of what is shown; longer text ends in an ellipsis.
const (
	nameLimit = 80
	saidLimit = 300
)

// urlLimit bounds in bytes what a page leads to or carries: a return URL is written once
// for each provider, so a long one would make pages many times its size.
const urlLimit = 4096

// carried is a return URL as a form carries it: unchanged, or left out if it is too long.
// Where it may lead is judged by whoever gets it back.
func carried(u string) string {
	if len(u) > urlLimit {
		return ""
	}
	return u
}

// plain makes text from outside fit to be shown on one line: valid UTF-8, no control or
// direction marks, runs of space folded, at most limit characters.
func plain(s string, limit int) string {
	// Cut first: the work done must not grow with what somebody sends.
	if most := limit * 2 * utf8.UTFMax; len(s) > most {
		s = s[:most]
	}
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), turns(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n >= limit {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// turns tells whether r changes the direction of what follows or is a tag character: a
// name that contains one can make the words around it read differently.
// Joiners stay, emoji and several scripts need them.
func turns(r rune) bool {
	switch {
	case r == 0x200E, r == 0x200F, r == 0x061C, r == 0xFEFF,
		r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

// monogram is the first letter or digit of a name in upper case, or "".
func monogram(name string) string {
	for _, r := range plain(name, nameLimit) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// target returns u if a page may lead or post there, else "": an http or https URL
// without user info, or a path of this site. `//host` and `/\host` are other sites to a
// browser.
func target(u string) string {
	if len(u) > urlLimit {
		return ""
	}
	if strings.ContainsFunc(u, func(r rune) bool { return r <= ' ' || r == 0x7F || r == '\\' || r == utf8.RuneError }) {
		return ""
	}
	if strings.HasPrefix(u, "/") {
		if strings.HasPrefix(u, "//") {
			return ""
		}
		return u
	}
	p, err := url.Parse(u)
	if err != nil || p.Host == "" || p.User != nil || (p.Scheme != "http" && p.Scheme != "https") {
		return ""
	}
	return u
}
