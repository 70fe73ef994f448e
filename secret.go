package signet

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"math"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// Labels of the keys derived from a secret. One key, one purpose: what is made for one can
// not be shown for another.
const (
	labelCSRF     = "signet csrf 1"
	labelDevice   = "signet device 1"
	labelAdopt    = "signet adopt 1"
	labelAttempts = "signet attempts 1"
	labelRest     = "signet at rest 1"
)

// subkeys derives one 32-byte key per secret for a purpose, in the order of the ring.
func subkeys(ring seal.Ring, label string) ([][]byte, error) {
	keys := make([][]byte, 0, len(ring))
	for _, own := range ring {
		k, err := hkdf.Key(sha256.New, own.Secret, nil, label, 32)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Bounds of secrets.
const (
	minSecret      = 32
	minWeakSecret  = 16
	minEntropyBits = 112
)

// knownSecrets stand in tutorials and documentation; whoever reads those can sign cookies.
// Compared without case, also as part of the secret.
var knownSecrets = []string{
	"my-secret-key-in-a-tutorial", "qerkasjhfkauiqeywrhkasjhfksajfh", "dkasdhfjahsdfjhskdfhaksdhfakjs",
	"complex_password_at_least_32_characters_long", "changeme", "change-me", "change_me",
	"your-secret", "your_secret", "yoursecret", "mysecret", "my-secret", "my_secret", "supersecret",
	"super-secret", "super_secret", "secretsecret", "secret-key", "secret_key", "nextauth_secret",
	"auth_secret", "passwordpassword", "keyboard cat", "keyboard-cat", "placeholder", "please-change",
	"0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "example",
	"mgy4n2y3ytk5ztq0ngjlytk4yme5zja0yze2zge1zmu",
}

// CheckSecret tells why s must not seal cookies: too short, known from a tutorial, or too
// easy to guess. The error does not repeat it.
func CheckSecret(s string) error {
	if len(s) < minSecret {
		return errors.New("shorter than 32 bytes")
	}
	folded := strings.ToLower(s)
	for _, k := range knownSecrets {
		if strings.Contains(folded, k) {
			return errors.New("known from a tutorial or a sample")
		}
	}
	if guessBits(s) < minEntropyBits {
		return errors.New("easy to guess: few different characters, or a repeated pattern")
	}
	return nil
}

// guessBits estimates from above how hard s is to guess: the entropy of its characters
// over its length without repetition.
func guessBits(s string) float64 {
	// A text that repeats with a period is worth one period.
	for p := 1; p <= len(s)/2; p++ {
		if strings.HasPrefix(s[p:], s[:len(s)-p]) {
			s = s[:p]
			break
		}
	}
	var count [256]int
	runs := 0
	for i := range len(s) {
		count[s[i]]++
		if i > 0 && (s[i] == s[i-1] || s[i] == s[i-1]+1) {
			runs++ // aaaa, 1234
		}
	}
	var perChar float64
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			perChar -= p * math.Log2(p)
		}
	}
	return perChar * float64(len(s)-runs)
}
