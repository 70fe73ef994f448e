package oauth2

import (
	"strconv"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// An Object is one JSON object that a provider sent, read by [seal.Members]'s strict rules.
// Its methods take JSON pointers (RFC 6901): "/kakao_account/profile/nickname",
// "/data/0/id". A level that is missing, or of another type, means no value.
type Object []byte

// valid tells whether it is an object at all.
func (o Object) valid() bool {
	return seal.Members(o, func(string, []byte) error { return nil }) == nil
}

// At gives the value at a pointer as it is written, nil where there is none. A null is
// none.
func (o Object) At(pointer string) []byte {
	value := []byte(o)
	for pointer != "" {
		if pointer[0] != '/' {
			return nil
		}
		var name string
		name, pointer, _ = cut(pointer[1:])
		if value = member(value, name); value == nil {
			return nil
		}
	}
	if string(value) == "null" {
		return nil
	}
	return value
}

// cut takes the first name off a pointer.
func cut(pointer string) (name, rest string, more bool) {
	i := strings.IndexByte(pointer, '/')
	if i < 0 {
		i = len(pointer)
	}
	name, rest = pointer[:i], pointer[i:]
	// RFC 6901 section 4: ~1 first, or ~01 would become a slash.
	return strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~"), rest, rest != ""
}

// member gives the value of a name in an object or an index in an array.
func member(value []byte, name string) []byte {
	if len(value) == 0 {
		return nil
	}
	if value[0] != '[' {
		var found [1][]byte
		if seal.Pick(value, []string{name}, found[:]) != nil {
			return nil
		}
		return found[0]
	}
	index, err := strconv.ParseUint(name, 10, 16)
	if err != nil {
		return nil
	}
	var found []byte
	err = seal.Elements(value, func(element []byte) error {
		if index == 0 {
			found = element
		}
		index-- // wraps round after the one that was meant, and stays away from 0
		return nil
	})
	if err != nil {
		return nil
	}
	return found
}

// Text gives a text, "" for anything else.
func (o Object) Text(pointer string) string {
	text, _ := seal.String(o.At(pointer))
	return text
}

// True tells whether a value is true itself: not "true", not 1.
func (o Object) True(pointer string) bool { return string(o.At(pointer)) == "true" }

// ID gives an identifier: a text as it is, an integer in its digits, so that 1 and "1" are
// one, and none of 64 bits is rounded. Anything else, also 1.0 and 1e3, is none.
func (o Object) ID(pointer string) string {
	value := o.At(pointer)
	if text, ok := seal.String(value); ok {
		return text
	}
	digits := string(value)
	if strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits
}
