package password

import (
	"crypto/subtle"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/crypto/scrypt"
)

const (
	maxScryptLog  = 20      // of N
	maxScryptWork = 1 << 22 // N·r·p: sixteen times better-auth's
)

// scryptScheme is RFC 7914.
type scryptScheme struct{ log, r, p int }

func (s scryptScheme) matches(r record, password string, _ []byte) (bool, error) {
	sum, err := scrypt.Key([]byte(password), r.salt, 1<<s.log, s.r, s.p, len(r.sum))
	return subtle.ConstantTimeCompare(sum, r.sum) == 1, err
}

// needs: 128·N·r bytes of table; p blocks are worked on one after the other.
func (s scryptScheme) needs() (memory, threads int) { return s.r << s.log / 8, 1 }
func (s scryptScheme) work() float64                { return 0.27 * float64((s.r*s.p)<<s.log) }
func (s scryptScheme) name() string                 { return "scrypt" }
func (s scryptScheme) params() string               { return fmt.Sprintf("ln=%d,r=%d,p=%d", s.log, s.r, s.p) }

// within refuses what would cost too much. Each number is bounded before, so the products
// cannot overflow.
func (s scryptScheme) within() error {
	memory, _ := s.needs()
	if memory > maxMemory || (s.r*s.p)<<s.log > maxScryptWork {
		return ErrLimits
	}
	return nil
}

// parseScryptPHC reads "ln=16,r=8,p=1$salt$sum": passlib, RustCrypto.
func parseScryptPHC(rest string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 3 {
		return record{}, ErrFormat
	}
	param := strings.Split(field[0], ",")
	if len(param) != 3 {
		return record{}, ErrFormat
	}
	var s scryptScheme
	var err error
	if s.log, err = setting(param[0], "ln", 1, maxScryptLog); err != nil {
		return record{}, err
	}
	if s.r, err = setting(param[1], "r", 1, maxScryptWork); err != nil {
		return record{}, err
	}
	if s.p, err = setting(param[2], "p", 1, maxScryptWork); err != nil {
		return record{}, err
	}
	return s.record(field[1], field[2], phcBase64, phcBase64)
}

// parseScryptDjango reads "N$salt$r$p$sum" (Django 4's ScryptPasswordHasher).
func parseScryptDjango(rest string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 5 {
		return record{}, ErrFormat
	}
	s, err := scryptNumbers(field[0], field[2], field[3])
	if err != nil {
		return record{}, err
	}
	return s.record(field[1], field[4], asText, djangoBase64)
}

// parseScryptWerkzeug reads "N:r:p$salt$sum".
func parseScryptWerkzeug(rest string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 3 {
		return record{}, ErrFormat
	}
	param := strings.Split(field[0], ":")
	if len(param) != 3 {
		return record{}, ErrFormat
	}
	s, err := scryptNumbers(param[0], param[1], param[2])
	if err != nil {
		return record{}, err
	}
	return s.record(field[1], field[2], asText, lowerHex)
}

// What better-auth 1 and Lucia use without saying so in the hash: lucia now, lucia1 in
// the days of Lucia 1.
var (
	lucia  = scryptScheme{log: 14, r: 16, p: 1}
	lucia1 = scryptScheme{log: 14, r: 8, p: 1}
)

// parseScryptUntagged reads "salt:key" of better-auth 1, of Lucia 3's Scrypt and of what
// its LegacyScrypt takes over from Lucia 1. Only the last has r=8, and nothing in the hash
// tells: both are tried.
func parseScryptUntagged(text string) (record, error) {
	salt, _, _ := strings.Cut(text, ":")
	if strings.ContainsFunc(salt, notOfSalt) {
		return record{}, ErrFormat
	}
	r, err := parseScryptLucia(text)
	r.second = lucia1
	return r, err
}

// notOfSalt: these programs write hex, or letters and digits. Without a tag, what has
// other signs is something else.
func notOfSalt(r rune) bool {
	return (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r) && r != '-' && r != '_'
}

// parseScryptLucia reads "salt:key", the key 64 bytes in hex. After "s2:" it is r=16, as
// Lucia 2 wrote it. What scrypt gets as salt is its text, also where that is hex.
func parseScryptLucia(rest string) (record, error) {
	salt, key, ok := strings.Cut(rest, ":")
	if !ok || len(key) != 128 {
		return record{}, ErrFormat
	}
	r, err := lucia.record(salt, key, asText, lowerHex)
	r.forms = compatible
	return r, err
}

// scryptNumbers reads N itself, which must be a power of two.
func scryptNumbers(n, r, p string) (s scryptScheme, err error) {
	size, err := number(n, 2, 1<<maxScryptLog)
	if err != nil {
		return s, err
	}
	if bits.OnesCount(uint(size)) != 1 {
		return s, ErrFormat
	}
	s.log = bits.TrailingZeros(uint(size))
	if s.r, err = number(r, 1, maxScryptWork); err != nil {
		return s, err
	}
	s.p, err = number(p, 1, maxScryptWork)
	return s, err
}

func (s scryptScheme) record(salt, sum string, decodeSalt, decodeSum func(string) ([]byte, error)) (record, error) {
	err := s.within()
	if err != nil {
		return record{}, err
	}
	r := record{scheme: s}
	if r.salt, err = bounded(salt, minSalt, maxSalt, decodeSalt); err != nil {
		return record{}, err
	}
	r.sum, err = bounded(sum, minSum, maxSum, decodeSum)
	return r, err
}
