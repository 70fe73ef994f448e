package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"strings"
)

const maxIterations = 10_000_000 // 1.6 s of SHA-256

// pbkdf2Scheme is PBKDF2 (RFC 8018 section 5.2) with HMAC over the named hash.
type pbkdf2Scheme struct {
	hash       string // sha1, sha256 or sha512
	iterations int
}

func (s pbkdf2Scheme) matches(r record, password string, _ []byte) (bool, error) {
	var sum []byte
	var err error
	switch s.hash {
	case "sha1":
		sum, err = pbkdf2.Key(sha1.New, password, r.salt, s.iterations, len(r.sum))
	case "sha256":
		sum, err = pbkdf2.Key(sha256.New, password, r.salt, s.iterations, len(r.sum))
	case "sha512":
		sum, err = pbkdf2.Key(sha512.New, password, r.salt, s.iterations, len(r.sum))
	}
	// An error comes only from a program that is restricted to FIPS 140 parameters.
	return err == nil && subtle.ConstantTimeCompare(sum, r.sum) == 1, err
}

func (s pbkdf2Scheme) needs() (memory, threads int) { return 4, 1 }
func (s pbkdf2Scheme) name() string                 { return "pbkdf2-" + s.hash }
func (s pbkdf2Scheme) params() string               { return fmt.Sprintf("i=%d", s.iterations) }

func (s pbkdf2Scheme) work() float64 {
	perIteration := map[string]float64{"sha1": 0.2, "sha256": 0.16, "sha512": 0.5}[s.hash]
	return perIteration * float64(s.iterations)
}

// parsePBKDF2PHC reads "29000$salt$sum" (passlib, whose base64 has . for +) and
// "i=25000$salt$sum" (PHC, as npm's @phc/pbkdf2 writes it).
func parsePBKDF2PHC(rest, hash string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 3 {
		return record{}, ErrFormat
	}
	iterations, phc := strings.CutPrefix(field[0], "i=")
	if !phc {
		if strings.Contains(rest, "+") {
			return record{}, ErrFormat
		}
		field[1], field[2] = strings.ReplaceAll(field[1], ".", "+"), strings.ReplaceAll(field[2], ".", "+")
	}
	n, err := number(iterations, 1, maxIterations)
	if err != nil {
		return record{}, err
	}
	r := record{scheme: pbkdf2Scheme{hash, n}}
	r.salt, r.sum, err = saltAndSum(field[1], field[2], phcBase64)
	return r, err
}

// parsePBKDF2Django reads "600000$salt$sum".
func parsePBKDF2Django(rest, hash string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 3 {
		return record{}, ErrFormat
	}
	n, err := number(field[0], 1, maxIterations)
	if err != nil {
		return record{}, err
	}
	r := record{scheme: pbkdf2Scheme{hash, n}}
	if r.salt, err = bounded(field[1], minSalt, maxSalt, asText); err != nil {
		return record{}, err
	}
	r.sum, err = bounded(field[2], minSum, maxSum, djangoBase64)
	return r, err
}

// parsePBKDF2Werkzeug reads "sha256:600000$salt$sum".
func parsePBKDF2Werkzeug(rest string) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 3 {
		return record{}, ErrFormat
	}
	hash, iterations, _ := strings.Cut(field[0], ":")
	switch hash {
	case "sha1", "sha256", "sha512":
	default:
		return record{}, ErrFormat
	}
	n, err := number(iterations, 1, maxIterations)
	if err != nil {
		return record{}, err
	}
	r := record{scheme: pbkdf2Scheme{hash, n}}
	if r.salt, err = bounded(field[1], minSalt, maxSalt, asText); err != nil {
		return record{}, err
	}
	r.sum, err = bounded(field[2], minSum, maxSum, lowerHex)
	return r, err
}
