package backend

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// secretParts and secretWords are what members are called that no profile may hold, in lower
// case and without what separates words.
var (
	secretParts = []string{"password", "passwd", "passphrase", "secret", "token", "jwt", "apikey", "privatekey", "credential", "cookie", "비밀번호"}
	secretWords = []string{"pass", "pwd", "pw", "hash", "salt", "otp", "pin", "access", "refresh", "authorization", "session", "sessionid", "sid", "csrf"}
)

var separators = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

// secretName tells whether a member with that name is a secret, by its name.
func secretName(name string) bool {
	name = separators.Replace(strings.ToLower(name))
	return slices.Contains(secretWords, name) ||
		slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}

// scrub copies a JSON value without members that are secrets, by their name or because they
// hold one: what the visitor typed, a token. A text in an array becomes null.
func scrub(dst, raw []byte, secrets []string) []byte {
	switch {
	case len(raw) == 0:
		return append(dst, "null"...)
	case raw[0] == '{':
		return scrubObject(dst, raw, secrets)
	case raw[0] == '[':
		dst = append(dst, '[')
		for i, value := range elements(raw) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = scrub(dst, value, secrets)
		}
		return append(dst, ']')
	}
	if holdsSecret(raw, secrets) {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

func scrubObject(dst, raw []byte, secrets []string) []byte {
	start := len(dst)
	dst = append(dst, '{')
	comma := false
	err := seal.Members(raw, func(name string, value []byte) error {
		if secretName(name) || holdsSecret(value, secrets) || holds(name, secrets) {
			return nil
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		quoted, err := json.Marshal(name)
		if err != nil {
			return err
		}
		dst = append(append(dst, quoted...), ':')
		dst = scrub(dst, value, secrets)
		return nil
	})
	if err != nil {
		return append(dst[:start], "null"...)
	}
	return append(dst, '}')
}

// holdsSecret tells whether a text, or a number, is or holds a secret, or a JWT of whatever
// kind.
func holdsSecret(raw []byte, secrets []string) bool {
	if raw[0] == '{' || raw[0] == '[' {
		return false
	}
	s, ok := seal.String(raw)
	if !ok {
		return slices.Contains(secrets, string(bytes.TrimSpace(raw)))
	}
	return holds(s, secrets) || claimsOf(s) != nil
}

// holds tells whether a text gives a secret away. A short one has to be all of it: "1" is in
// too many texts.
func holds(s string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool {
		return secret != "" && (s == secret || len(secret) >= 4 && strings.Contains(s, secret))
	})
}
