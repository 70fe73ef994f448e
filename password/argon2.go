package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What Hash writes.
const (
	saltSize = 18 // random bytes; a multiple of three, so that the mark stands apart in base64
	sumSize  = 32
	normName = "opaque"

	// normMark ends the salt of every hash of ours and notes how the password was
	// normalised. The salt is the one place in the PHC form where a note can stand without
	// making the hash unreadable for everybody else: unknown parameters and trailing fields
	// are refused by PHP, Rust and the C library. In the text it is "bm9ybT1vcGFxdWU".
	normMark = "norm=" + normName
)

// Bounds of argon2, for Cost and for what is stored.
const (
	maxTime    = 10
	maxThreads = 8
)

// A Cost is the price of one argon2id hash. Zero fields have the defaults of the OWASP
// password storage sheet: m=19456, t=2, p=1.
type Cost struct {
	Memory  int // KiB, 8 per thread to 262,144; zero means 19,456
	Time    int // passes over the memory, 1 to 10; zero means 2
	Threads int // 1 to 8; zero means 1
}

func (c Cost) scheme() (argon2Scheme, error) {
	s := argon2Scheme{id: true, memory: c.Memory, time: c.Time, threads: c.Threads}
	if s.memory == 0 {
		s.memory = 19456
	}
	if s.time == 0 {
		s.time = 2
	}
	if s.threads == 0 {
		s.threads = 1
	}
	if s.threads < 1 || s.threads > maxThreads || s.time < 1 || s.time > maxTime ||
		s.memory < 8*s.threads || s.memory > maxMemory {
		return s, fmt.Errorf("password: cost %s is out of bounds", s.params())
	}
	return s, nil
}

// argon2Scheme is RFC 9106, version 0x13.
type argon2Scheme struct {
	id                    bool // argon2id, not argon2i
	memory, time, threads int
}

func (s argon2Scheme) key(password string, salt []byte, size int) []byte {
	derive := argon2.Key
	if s.id {
		derive = argon2.IDKey
	}
	return derive([]byte(password), salt, uint32(s.time), uint32(s.memory), uint8(s.threads), uint32(size))
}

func (s argon2Scheme) matches(r record, password string, pepper []byte) (bool, error) {
	sum := spice(pepper, s.key(password, r.salt, len(r.sum)))
	return subtle.ConstantTimeCompare(sum, r.sum) == 1, nil
}

func (s argon2Scheme) needs() (memory, threads int) { return s.memory, s.threads }
func (s argon2Scheme) work() float64                { return 0.5 * float64(s.memory) * float64(s.time) }

func (s argon2Scheme) name() string {
	if s.id {
		return "argon2id"
	}
	return "argon2i"
}

func (s argon2Scheme) params() string {
	return fmt.Sprintf("m=%d,t=%d,p=%d", s.memory, s.time, s.threads)
}

// encode writes the PHC form. The order m, t, p is what the C library insists on.
func (s argon2Scheme) encode(r record) string {
	params := s.params()
	if r.pepper != "" {
		params += ",pepper=" + r.pepper
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$%s$v=%d$%s$%s$%s", s.name(), argon2.Version, params, b64(r.salt), b64(r.sum))
}

// newSalt returns random bytes and the mark.
func newSalt(random io.Reader) ([]byte, error) {
	salt := append(make([]byte, saltSize), normMark...)
	if _, err := io.ReadFull(random, salt[:saltSize]); err != nil {
		return nil, fmt.Errorf("password: salt: %w", err)
	}
	return salt, nil
}

// parseArgon2 reads "v=19$m=…,t=…,p=…$salt$sum". The parameters may come in any order:
// argon2@0.45 of npm sorts them by name. Hashes with a key id or associated data need a
// secret that we do not have, and version 16 is another function: both are refused.
func parseArgon2(rest string, id bool) (record, error) {
	field := strings.Split(rest, "$")
	if len(field) != 4 || field[0] != "v=19" {
		return record{}, ErrFormat
	}
	r, err := argon2Params(field[1], id)
	if err != nil {
		return record{}, err
	}
	if r.salt, r.sum, err = saltAndSum(field[2], field[3], phcBase64); err != nil {
		return record{}, err
	}
	if id && strings.HasSuffix(string(r.salt), normMark) {
		r.forms = normalised
	}
	if r.pepper != "" && (!id || len(r.sum) != sumSize) {
		return record{}, ErrFormat
	}
	return r, nil
}

func argon2Params(text string, id bool) (record, error) {
	var r record
	s := argon2Scheme{id: id}
	for param := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(param, "=")
		var err error
		switch {
		case name == "m" && s.memory == 0:
			s.memory, err = number(value, 1, maxMemory)
		case name == "t" && s.time == 0:
			s.time, err = number(value, 1, maxTime)
		case name == "p" && s.threads == 0:
			s.threads, err = number(value, 1, maxThreads)
		case name == "pepper" && r.pepper == "" && pepperID(value):
			r.pepper = value
		default:
			err = ErrFormat
		}
		if err != nil {
			return r, err
		}
	}
	if s.memory == 0 || s.time == 0 || s.threads == 0 {
		return r, ErrFormat
	}
	if s.memory < 8*s.threads { // RFC 9106 section 3.1
		return r, ErrLimits
	}
	r.scheme = s
	return r, nil
}
