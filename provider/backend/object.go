package backend

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// A level is one JSON object in an answer, read by [seal.Members]'s strict rules; nil where
// there is no object.
type level map[string][]byte

// levelOf reads an object. Of a value that is none it gives nil.
func levelOf(raw []byte) level {
	l := level{}
	err := seal.Members(raw, func(name string, value []byte) error {
		l[name] = value
		return nil
	})
	if err != nil {
		return nil
	}
	return l
}

// in gives the object under a name.
func (l level) in(name string) level {
	if raw := l[name]; len(raw) > 0 && raw[0] == '{' {
		return levelOf(raw)
	}
	return nil
}

// path takes a place apart: a JSON pointer (RFC 6901) if it begins with a slash, else names
// with dots between.
func path(place string) []string {
	if place == "" {
		return nil
	}
	if place[0] != '/' {
		return strings.Split(place, ".")
	}
	names := strings.Split(place[1:], "/")
	for i, name := range names {
		// RFC 6901 section 4: ~1 first, or ~01 would become a slash.
		names[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return names
}

// at gives what is at a place, nil where a level is missing or of another type. A null is
// nothing.
func (l level) at(names []string) []byte {
	if len(names) == 0 || l == nil {
		return nil
	}
	value := l[names[0]]
	for _, name := range names[1:] {
		switch {
		case len(value) == 0:
			return nil
		case value[0] == '{':
			value = levelOf(value)[name]
		case value[0] == '[':
			value = element(value, name)
		default:
			return nil
		}
	}
	if string(value) == "null" {
		return nil
	}
	return value
}

// element gives one of an array.
func element(array []byte, index string) []byte {
	n, err := strconv.ParseUint(index, 10, 16)
	if err != nil {
		return nil
	}
	for _, value := range elements(array) {
		if n == 0 {
			return value
		}
		n--
	}
	return nil
}

// elements gives those of an array, none where it is not one.
func elements(array []byte) [][]byte {
	var all [][]byte
	err := seal.Elements(array, func(value []byte) error {
		all = append(all, value)
		return nil
	})
	if err != nil {
		return nil
	}
	return all
}

// object writes the level again, names in order.
func (l level) object() []byte {
	out := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(l)) {
		if i > 0 {
			out = append(out, ',')
		}
		quoted, _ := json.Marshal(name) // a text can always be written
		out = append(append(append(out, quoted...), ':'), l[name]...)
	}
	return append(out, '}')
}

// text gives a text, "" for anything else.
func text(raw []byte) string {
	s, _ := seal.String(raw)
	return s
}

// idOf gives an identifier: a text as it is, an integer in its digits, so that 1 and "1" are
// one, and none of 64 bits is rounded. Anything else, also 1.0, 1e3 and -1, is none.
func idOf(raw []byte) string {
	if s, ok := seal.String(raw); ok {
		return s
	}
	if len(bytes.Trim(raw, "0123456789")) > 0 {
		return ""
	}
	return string(raw)
}

// claimsOf reads the claims of a JWT, without any check: who reads them knows where the
// token comes from. Of another token there are none.
func claimsOf(token string) level {
	parts, err := seal.Split(token, 3)
	if err != nil {
		return nil
	}
	return levelOf(parts[1])
}
