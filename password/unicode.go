package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxLength is the longest password, in code points after normalising. Nothing is ever cut.
const MaxLength = 256

// maxBytes bounds the work of normalising. The longest NFD form of one NFC code point has
// four code points of at most four bytes.
const maxBytes = MaxLength * 4 * 4

// forms says over which bytes a stored hash may have been made.
type forms uint8

const (
	asReceived forms = iota // some other program's bytes: as received, NFC or NFD
	normalised              // ours: what opaque returns
	compatible              // better-auth and Lucia: NFKC
)

// of returns the distinct texts to try, most likely first.
func (f forms) of(password string) ([]string, error) {
	text, err := opaque(password)
	switch {
	case err != nil:
		return nil, err
	case f == normalised:
		return []string{text}, nil
	case f == compatible:
		return []string{norm.NFKC.String(password)}, nil
	}
	tries := []string{password}
	if ascii(password) {
		return tries, nil
	}
	if nfc := norm.NFC.String(password); nfc != password {
		tries = append(tries, nfc)
	}
	if nfd := norm.NFD.String(password); nfd != password {
		tries = append(tries, nfd)
	}
	return tries, nil
}

// opaque returns the text that new hashes are made over: RFC 8265 section 4.2.2 without its
// list of forbidden code points. Its error is a *WeakError: no hash may be made of this.
func opaque(password string) (string, error) {
	switch {
	case password == "":
		return "", &WeakError{Code: TooShort}
	case len(password) > maxBytes:
		return "", &WeakError{Code: TooLong}
	case !utf8.ValidString(password):
		// Before normalising: x/text before 0.39 looped for ever on some of these.
		return "", &WeakError{Code: Encoding}
	case strings.ContainsFunc(password, unicode.IsControl):
		// bcrypt repeats its key with a NUL between, so "abc\0abc" has the hash of "abc".
		return "", &WeakError{Code: Control}
	}
	text := password
	if !ascii(text) {
		// Spaces first, as RFC 8264 section 7 orders: mapping, then normalising.
		text = norm.NFC.String(strings.Map(plainSpace, text))
	}
	if utf8.RuneCountInString(text) > MaxLength {
		return "", &WeakError{Code: TooLong}
	}
	return text, nil
}

func plainSpace(r rune) rune {
	if r > unicode.MaxASCII && unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
