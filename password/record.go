package password

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// What can be wrong with a stored hash. None of them holds any part of it.
var (
	ErrFormat = errors.New("password: stored hash not recognised")
	ErrLimits = errors.New("password: stored hash asks for more than is allowed")
	ErrPepper = errors.New("password: stored hash names a pepper that is not configured")
)

// Bounds of everything stored. A hash planted in the database, or imported without a
// look, can then occupy one slot for some two seconds, and no memory beyond maxMemory.
const (
	maxEncoded       = 512     // characters
	maxMemory        = 1 << 18 // KiB: 256 MiB
	minSalt, maxSalt = 8, 64   // bytes
	minSum, maxSum   = 16, 64  // bytes
)

// An Info tells what a stored hash is, without salt and hash.
type Info struct {
	// Algorithm is argon2id, argon2i, bcrypt, bcrypt-sha256, bcrypt-sha512b64, scrypt,
	// pbkdf2-sha1, pbkdf2-sha256 or pbkdf2-sha512.
	Algorithm string

	// Params are the parameters as the PHC form writes them: "m=19456,t=2,p=1". Where a
	// hash does not tell which of two it was made with, those tried first.
	Params string

	// Norm is "opaque" for a hash of ours, "nfkc" for those of better-auth and Lucia, and
	// empty if it was made over whatever bytes arrived.
	Norm string

	// Pepper is the id of the pepper, or empty.
	Pepper string
}

// Parse tells what encoded is. It does no hashing, and it is the same reader that
// [Hasher.Verify] uses, so what it accepts can be verified. It knows
//
//   - $argon2id$ and $argon2i$, version 19;
//   - $2a$, $2b$ and $2y$, and $bcrypt-sha512b64$2b$…, see below;
//   - $scrypt$ln=…,r=…,p=…$ of passlib and others, s2:salt:key of Lucia 2, salt:key of
//     better-auth and of Lucia 3 (r=16) or 1 (r=8);
//   - $pbkdf2$, $pbkdf2-sha256$ and $pbkdf2-sha512$ of passlib and of npm's @phc/pbkdf2;
//   - Django's pbkdf2_sha1$, pbkdf2_sha256$, scrypt$, argon2$, bcrypt$ and bcrypt_sha256$;
//   - Werkzeug's scrypt:… and pbkdf2:….
//
// The tag $bcrypt-sha512b64 before a bcrypt string says that the password went through
// SHA-512 and base64 first, so that bcrypt's limit of 72 bytes does not apply to it.
//
// Errors: [ErrFormat], or [ErrLimits] for parameters that would cost too much.
func Parse(encoded string) (Info, error) {
	r, err := parse(encoded)
	if err != nil {
		return Info{}, err
	}
	return Info{
		Algorithm: r.scheme.name(),
		Params:    r.scheme.params(),
		Norm:      [...]string{asReceived: "", normalised: normName, compatible: "nfkc"}[r.forms],
		Pepper:    r.pepper,
	}, nil
}

// A record is a stored hash, taken apart.
type record struct {
	scheme scheme
	second scheme // tried after scheme, with no larger needs; mostly nil
	forms  forms
	pepper string // id
	salt   []byte // as the scheme uses it: for bcrypt, text
	sum    []byte
}

// schemes are those to try.
func (r record) schemes() []scheme {
	if r.second == nil {
		return []scheme{r.scheme}
	}
	return []scheme{r.scheme, r.second}
}

// work is that of a wrong password.
func (r record) work() (sum float64) {
	for _, s := range r.schemes() {
		sum += s.work()
	}
	return sum
}

// A scheme is an algorithm with its parameters; a comparable value.
type scheme interface {
	matches(r record, password string, pepper []byte) (bool, error)
	needs() (memory, threads int) // memory in KiB
	work() float64                // about µs on one core of 2025, to put hashes in order
	name() string
	params() string
}

// readers finds the one who reads a hash by how it begins.
var readers = []struct {
	prefix string
	read   func(rest string) (record, error)
}{
	{"$argon2id$", func(rest string) (record, error) { return parseArgon2(rest, true) }},
	{"$argon2i$", func(rest string) (record, error) { return parseArgon2(rest, false) }},
	{"$2", func(rest string) (record, error) { return parseBcrypt("$2"+rest, plainBcrypt) }},
	{"$bcrypt-sha512b64$", func(rest string) (record, error) { return parseBcrypt("$"+rest, sha512Bcrypt) }},
	{"$scrypt$", parseScryptPHC},
	{"$pbkdf2$", func(rest string) (record, error) { return parsePBKDF2PHC(rest, "sha1") }},
	{"$pbkdf2-sha1$", func(rest string) (record, error) { return parsePBKDF2PHC(rest, "sha1") }},
	{"$pbkdf2-sha256$", func(rest string) (record, error) { return parsePBKDF2PHC(rest, "sha256") }},
	{"$pbkdf2-sha512$", func(rest string) (record, error) { return parsePBKDF2PHC(rest, "sha512") }},
	// Django 3.2 and 6: the algorithm's name, then its own text.
	{"argon2$argon2id$", func(rest string) (record, error) { return parseArgon2(rest, true) }},
	{"bcrypt$", func(rest string) (record, error) { return parseBcrypt(rest, plainBcrypt) }},
	{"bcrypt_sha256$", func(rest string) (record, error) { return parseBcrypt(rest, sha256Bcrypt) }},
	{"pbkdf2_sha1$", func(rest string) (record, error) { return parsePBKDF2Django(rest, "sha1") }},
	{"pbkdf2_sha256$", func(rest string) (record, error) { return parsePBKDF2Django(rest, "sha256") }},
	{"scrypt$", parseScryptDjango},
	// Werkzeug, which is Flask's.
	{"scrypt:", parseScryptWerkzeug},
	{"pbkdf2:", parsePBKDF2Werkzeug},
	{"s2:", parseScryptLucia},
	{"", parseScryptUntagged},
}

func parse(encoded string) (record, error) {
	if len(encoded) > maxEncoded || strings.ContainsFunc(encoded, notPrinting) {
		// Go's base64 skips line ends, so a hash followed by one would pass otherwise.
		return record{}, ErrFormat
	}
	for _, r := range readers {
		if rest, ok := strings.CutPrefix(encoded, r.prefix); ok {
			return r.read(rest)
		}
	}
	return record{}, ErrFormat
}

func notPrinting(r rune) bool { return r <= ' ' || r > '~' }

// number reads a plain decimal: no sign, no leading zero, from least to most.
func number(s string, least, most int) (int, error) {
	if s == "" || s[0] == '0' && len(s) > 1 {
		return 0, ErrFormat
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, ErrFormat
		}
		if n <= most { // then it cannot overflow
			n = n*10 + int(s[i]-'0')
		}
	}
	if n < least || n > most {
		return 0, ErrLimits
	}
	return n, nil
}

// setting reads "name=number".
func setting(s, name string, least, most int) (int, error) {
	value, ok := strings.CutPrefix(s, name+"=")
	if !ok {
		return 0, ErrFormat
	}
	return number(value, least, most)
}

// saltAndSum decodes both and holds them to the bounds, by length before any decoding.
func saltAndSum(salt, sum string, decode func(string) ([]byte, error)) ([]byte, []byte, error) {
	a, err := bounded(salt, minSalt, maxSalt, decode)
	if err != nil {
		return nil, nil, err
	}
	b, err := bounded(sum, minSum, maxSum, decode)
	return a, b, err
}

func bounded(text string, least, most int, decode func(string) ([]byte, error)) ([]byte, error) {
	if len(text) > 2*most { // hex is the longest way to write bytes
		return nil, ErrLimits
	}
	data, err := decode(text)
	if err != nil {
		return nil, ErrFormat
	}
	if len(data) < least || len(data) > most {
		return nil, ErrLimits
	}
	return data, nil
}

func asText(s string) ([]byte, error) { return []byte(s), nil }

// The ways to write bytes. Strict, so that one hash has one spelling.
var (
	phcBase64    = base64.RawStdEncoding.Strict().DecodeString
	djangoBase64 = base64.StdEncoding.Strict().DecodeString
	lowerHex     = func(s string) ([]byte, error) {
		if s != strings.ToLower(s) {
			return nil, ErrFormat
		}
		return hex.DecodeString(s)
	}
)

// medianOf returns the record of median work, with salt and sum wiped: what is left has the
// same lengths and so costs the same.
func medianOf(stored []string) (record, error) {
	var read []record
	for _, encoded := range stored {
		if r, err := parse(encoded); err == nil {
			read = append(read, r)
		}
	}
	if len(read) == 0 {
		return record{}, ErrFormat
	}
	slices.SortFunc(read, func(a, b record) int {
		switch wa, wb := a.work(), b.work(); {
		case wa < wb:
			return -1
		case wa > wb:
			return 1
		}
		return 0
	})
	median := read[(len(read)-1)/2]
	median.salt = slices.Repeat([]byte{'.'}, len(median.salt)) // '.' is bcrypt's zero
	median.sum = slices.Repeat([]byte{'.'}, len(median.sum))
	return median, nil
}
