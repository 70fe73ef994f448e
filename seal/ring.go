package seal

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// MinSecret is the shortest secret, in bytes, that a codec takes. It is a floor for
// cookies that exist already; a server should ask for 32 bytes and more.
const MinSecret = 16

// A Key is one secret with the name it goes by in logs and reports. It prints as its ID
// alone, whatever the verb and whichever logger or encoder.
type Key struct {
	// ID tells keys apart in [Opened.Key] and, in formats that name their key on the
	// wire by a number or word of the operator's, on the wire.
	ID string

	// Secret is the key material as the operator typed it. Auth.js uses the text's
	// bytes: a secret that looks like base64 is not decoded.
	Secret []byte

	// Made is when the key was added to the ring, or zero when nobody knows. A program of
	// several processes lets a key be known everywhere before it seals with it.
	Made time.Time
}

// A Ring holds the secrets of one program, newest first: the first seals, any opens.
// It must not change once a codec has been made from it.
type Ring []Key

// Secrets makes a ring from texts, newest first. IDs count up from the oldest, which is
// "1", so that putting a new secret in front renames none. Dropping the oldest does;
// formats that write IDs into their values need IDs chosen by hand.
func Secrets(newestFirst ...string) Ring {
	ring := make(Ring, len(newestFirst))
	for i, s := range newestFirst {
		ring[i] = Key{ID: strconv.Itoa(len(newestFirst) - i), Secret: []byte(s)}
	}
	return ring
}

// Check reports why a ring cannot serve: it is empty, two keys share an ID, or a secret
// is shorter than [MinSecret]. Every codec asks it when it is made.
func (r Ring) Check() error {
	if len(r) == 0 {
		return fmt.Errorf("seal: no secret: %w", ErrNoKey)
	}
	for i, k := range r {
		if len(k.Secret) < MinSecret {
			return fmt.Errorf("seal: secret %q has %d bytes, needs at least %d", k.ID, len(k.Secret), MinSecret)
		}
		for _, newer := range r[:i] {
			if newer.ID == k.ID {
				return fmt.Errorf("seal: two secrets are called %q", k.ID)
			}
		}
	}
	return nil
}

// String names the key by its ID.
func (k Key) String() string { return "key " + strconv.Quote(k.ID) + " (redacted)" }

// GoString is String: %#v must not spell out the secret either.
func (k Key) GoString() string { return k.String() }

// Format writes String for every verb, also for those that skip String (%d, %x).
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogValue is String for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String for encoding/json and other encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
