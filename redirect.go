package signet

import (
	"context"
	"strings"
)

// maxReturn bounds a return target, in bytes.
const maxReturn = 2048

// returnTo reads where somebody wants to go after signing in or out and returns it as an
// absolute URL, or false for anything that a browser might take to another site. own is
// our origin; a path is taken as ours. What is returned is written anew and never the text
// that came in, so that no browser can read it differently.
func (a *Auth) returnTo(own, value string) (string, bool) {
	if value == "" || len(value) > maxReturn || strings.ContainsFunc(value, notInReturn) {
		return "", false
	}
	if value[0] == '/' {
		path, ok := cleanTarget(value)
		return own + path, ok
	}
	end := strings.Index(value, "://")
	if end < 0 {
		return "", false
	}
	end += len("://")
	if n := strings.IndexAny(value[end:], "/?#"); n >= 0 {
		end += n
	} else {
		end = len(value)
	}
	origin := own
	if value[:end] != own {
		var ok bool
		if origin, ok = canonicalOrigin(value[:end]); !ok || !a.ours(own, origin) {
			return "", false
		}
	}
	rest, ok := cleanTarget(value[end:])
	if ok && origin == value[:end] && rest == value[end:] {
		return value, true // as it would be written
	}
	return origin + rest, ok
}

// notInReturn tells characters that browsers drop, or read as "/".
func notInReturn(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' || r == '\ufffd' }

// cleanTarget takes path, query and fragment and percent-encodes what browsers would
// (WHATWG URL, path and query percent-encode sets). It refuses a path that begins with
// two slashes in any spelling, and a % that encodes nothing.
func cleanTarget(s string) (string, bool) {
	if len(s) > 1 && s[0] == '/' {
		second := strings.ToLower(s[1:min(len(s), 4)])
		if second[0] == '/' || second == "%2f" || second == "%5c" {
			return "", false
		}
	}
	if !strings.ContainsFunc(s, needsWriting) {
		return s, true
	}
	var b strings.Builder
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", false
			}
			b.WriteByte(c)
		case needsWriting(rune(c)):
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// needsWriting tells the characters that cleanTarget looks at.
func needsWriting(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("%\"'<>`{}|^", r)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// callbackURL chooses where to go: the first of the candidates that is not empty, if it is
// safe, else our origin (ruling: refused means the default, never an error). The
// application's Redirect callback has the last word, within the same bounds.
func (a *Auth) callbackURL(ctx context.Context, own string, candidates ...string) string {
	to := own
	for _, c := range candidates {
		if c == "" {
			continue
		}
		if safe, ok := a.returnTo(own, c); ok {
			to = safe
		} else {
			a.stats.refusedReturn.Add(1)
		}
		break
	}
	if a.config.Callbacks.Redirect == nil {
		return to
	}
	if safe, ok := a.returnTo(own, a.config.Callbacks.Redirect(ctx, to, own)); ok {
		return safe
	}
	return own
}
