package match

import (
	"errors"
	"strings"
)

// errBareRepeat is what path-to-regexp throws for a repeated parameter with neither prefix
// nor suffix, which could not be split again.
var errBareRepeat = errors.New("repeated parameter without prefix and suffix")

// regexText turns parts into the text of a JavaScript regular expression:
// path-to-regexp@6.3.0 tokensToRegexp, anchored at both ends, not strict.
func regexText(parts []part) (string, error) {
	var b strings.Builder
	b.WriteByte('^')
	for _, p := range parts {
		if err := p.write(&b); err != nil {
			return "", err
		}
	}
	b.WriteString("[" + delimClass + "]?$")
	return b.String(), nil
}

func (p part) write(b *strings.Builder) error {
	if !p.group {
		b.WriteString(escapeText(p.text))
		return nil
	}
	prefix, suffix := escapeText(p.prefix), escapeText(p.suffix)
	repeated := p.modifier == "*" || p.modifier == "+"
	switch {
	case p.body == "":
		b.WriteString("(?:" + prefix + suffix + ")" + p.modifier)
	case prefix+suffix == "" && repeated:
		return errBareRepeat
	case prefix+suffix == "":
		b.WriteString("(" + p.body + ")" + p.modifier)
	case repeated:
		one := "(?:" + p.body + ")"
		b.WriteString("(?:" + prefix + "(" + one + "(?:" + suffix + prefix + one + ")*)" + suffix + ")")
		if p.modifier == "*" {
			b.WriteByte('?')
		}
	default:
		b.WriteString("(?:" + prefix + "(" + p.body + ")" + suffix + ")" + p.modifier)
	}
	return nil
}

// nextRegexText is regexText as Next calls it.
// next@16.4.6 lib/try-to-parse-path: after an error, every repeated token with neither prefix
// nor suffix gets a slash as its prefix, and the text is made again.
func nextRegexText(parts []part) string {
	text, err := regexText(parts)
	if err == nil {
		return text
	}
	mended := make([]part, len(parts))
	for i, p := range parts {
		if (p.modifier == "*" || p.modifier == "+") && p.prefix+p.suffix == "" {
			p.prefix = "/"
		}
		mended[i] = p
	}
	text, _ = regexText(mended) // no bare repetition is left, and there is no other error
	return text
}

// escapeText escapes what has a meaning in a regular expression, the same characters as
// path-to-regexp escapes.
func escapeText(s string) string {
	const special = `.+*?=^!:${}()[]|/\`
	if !strings.ContainsAny(s, special) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(special, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
