package password

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	maxBcryptCost  = 15 // 2 s on one core
	maxBcryptInput = 72 // bytes; bcrypt ignores the rest
	bcryptSalt     = 22 // characters
	bcryptSum      = 31 // characters
	bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// before is what happens to a password before bcrypt sees it.
type before uint8

const (
	plainBcrypt  before = iota // nothing
	sha256Bcrypt               // Django's BCryptSHA256PasswordHasher: SHA-256 in hex
	sha512Bcrypt               // SHA-512 in base64, of which bcrypt sees 72 characters, 432 bits
)

type bcryptScheme struct {
	cost   int
	before before
}

func (s bcryptScheme) matches(r record, password string, _ []byte) (bool, error) {
	input := []byte(password)
	switch s.before {
	case sha256Bcrypt:
		sum := sha256.Sum256(input)
		input = hex.AppendEncode(nil, sum[:])
	case sha512Bcrypt:
		sum := sha512.Sum512(input)
		input = base64.StdEncoding.AppendEncode(nil, sum[:])
	}
	// $2a$, $2b$ and $2y$ are one computation for what passes the door (no NUL, short
	// enough), so one spelling does for all.
	err := bcrypt.CompareHashAndPassword(fmt.Appendf(nil, "$2b$%02d$%s%s", s.cost, r.salt, r.sum), input)
	if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, err
	}
	// Compare cuts silently, so 72 right bytes and anything after them would do. The work is
	// done all the same: a quick no would tell that this account still has a bcrypt hash.
	fits := len(password) <= maxBcryptInput || s.before != plainBcrypt
	return err == nil && fits, nil
}

func (s bcryptScheme) needs() (memory, threads int) { return 4, 1 }
func (s bcryptScheme) work() float64                { return 55 * float64(int(1)<<s.cost) }
func (s bcryptScheme) params() string               { return fmt.Sprintf("r=%d", s.cost) }

func (s bcryptScheme) name() string {
	return [...]string{plainBcrypt: "bcrypt", sha256Bcrypt: "bcrypt-sha256", sha512Bcrypt: "bcrypt-sha512b64"}[s.before]
}

// parseBcrypt reads "$2b$12$" and 53 characters. $2x$ marks hashes of a PHP bug and is
// refused; x/crypto would take any letter there.
func parseBcrypt(text string, b before) (record, error) {
	field := strings.Split(text, "$")
	if len(field) != 4 || field[0] != "" || len(field[2]) != 2 || len(field[3]) != bcryptSalt+bcryptSum ||
		strings.Trim(field[3], bcryptAlphabet) != "" {
		return record{}, ErrFormat
	}
	switch field[1] {
	case "2a", "2b", "2y":
	default:
		return record{}, ErrFormat
	}
	cost, err := number(strings.TrimPrefix(field[2], "0"), bcrypt.MinCost, maxBcryptCost)
	if err != nil {
		return record{}, err
	}
	return record{
		scheme: bcryptScheme{cost: cost, before: b},
		salt:   []byte(field[3][:bcryptSalt]),
		sum:    []byte(field[3][bcryptSalt:]),
	}, nil
}
