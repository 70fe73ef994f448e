package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

const minPepper = 32 // bytes: what HMAC-SHA-256 can make use of

// A Pepper is a key kept apart from the stored hashes. What is stored is then
// HMAC-SHA-256(Key, argon2id output), useless to whoever has only the database.
// Losing the key loses every password made with it.
type Pepper struct {
	// ID is stored with each hash. 1 to 32 letters, digits, dots and hyphens.
	ID string

	// Key has at least 32 random bytes.
	Key []byte `json:"-"`
}

// Format prints the id and never the key, whatever the verb.
func (p Pepper) Format(s fmt.State, _ rune) { io.WriteString(s, "pepper "+p.ID) }

// LogValue is the id.
func (p Pepper) LogValue() slog.Value { return slog.StringValue(p.ID) }

// spice applies a pepper to the output of the hash function. No key, no change.
func spice(key, sum []byte) []byte {
	if key == nil {
		return sum
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(sum)
	return mac.Sum(nil)
}

// pepper finds the key for an id read from a stored hash. No id, no key.
func (h *Hasher) pepper(id string) ([]byte, error) {
	if id == "" {
		return nil, nil
	}
	for _, p := range h.Peppers {
		if p.ID == id {
			return p.Key, nil
		}
	}
	return nil, ErrPepper
}

func checkPeppers(peppers []Pepper) error {
	seen := map[string]bool{}
	for _, p := range peppers {
		switch {
		case !pepperID(p.ID):
			return fmt.Errorf("password: pepper id %q: want 1 to 32 letters, digits, dots and hyphens", p.ID)
		case seen[p.ID]:
			return fmt.Errorf("password: pepper id %q: used twice", p.ID)
		case len(p.Key) < minPepper:
			return fmt.Errorf("password: pepper %q: key of %d bytes, want at least %d", p.ID, len(p.Key), minPepper)
		}
		seen[p.ID] = true
	}
	return nil
}

// pepperID keeps to the characters that the PHC form allows in a value.
func pepperID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-':
		default:
			return false
		}
	}
	return 1 <= len(id) && len(id) <= 32
}
