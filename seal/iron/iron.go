// Package iron seals and opens Fe26.2 seals: the cookies of iron-session 6, 8 and 9 and
// the bare seals of @hapi/iron and iron-webcrypto.
//
// A seal is text of eight fields. AES-256-CBC hides a JSON object, HMAC-SHA-256 covers it
// together with the number of the password and the time it ends; both keys come from the
// password and a salt by one round of PBKDF2-HMAC-SHA-1. One round slows no one down who
// guesses: a password has to be random. iron-session appends ~2, which no MAC covers.
//
//   - [New] is a session cookie: a seal and ~2.
//   - [Legacy] also opens what iron-session wrote before version 6.
//   - [Data] is what sealData and unsealData do: the same text, outside of cookies.
//   - [Bare] and [BareCTR] are seals without ~2 under passwords of any name.
//
// The package owns the text, its end and what belongs to the seal in a cookie's
// attributes ([MaxAge], [ChunkRoom]). It does not own cookies, sessions or the meaning of
// claims, and it adds no claims of its own: the format has no issue time and no way to
// revoke, so package signet puts both into the payload.
package iron

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/signet-auth/signet/seal"
)

// Names of the formats, as configuration and `signet inspect` use them.
const (
	Format     = "iron"      // with ~2
	FormatBare = "iron-bare" // without
)

// MaxSeal is the longest text, in bytes, that the codecs open and that [Data] and [Bare]
// write. Cookies end far before it, at [seal.MaxToken].
const MaxSeal = 64 << 10

// MinPassword is the shortest password, in UTF-16 units: what JavaScript calls length.
const MinPassword = 32

var (
	_ seal.Make      = New
	_ seal.Make      = Legacy
	_ seal.Make      = Data
	_ seal.Inspector = (*codec)(nil)
)

// New makes the codec of iron-session's cookies. It takes no notice of the cookie's name:
// iron seals all cookies of one password alike, so give each its own.
//
// The ids of the ring are those of iron-session's password map, whole numbers in decimal;
// [Passwords] makes a ring of such a map. The first of the ring seals, as everywhere: give
// the newest the highest number, since that is the one that iron-session seals with. The
// number in a seal decides which password opens it, and no other is tried. A single
// password in iron-session has the number 1, and so has the one of [seal.Secrets]; from a
// second password on give numbers by hand. New fails for what [seal.Ring.Check] says, other ids, and passwords
// that are shorter than [MinPassword] or not UTF-8.
//
// Seal refuses values above [seal.MaxToken].
func New(ring seal.Ring, _ string) (seal.Codec, error) {
	return numbered(ring, &codec{format: Format, suffix: true, max: seal.MaxToken})
}

// Legacy is [New] that also opens cookies of iron-session 5 and before: without a suffix
// or with ~1. Their claims are the object under "persistent"; if that is not there or
// null they are {}, as in iron-session 8. They come out as Stale.
//
// Suffixes can be changed by whoever holds a cookie. So a seal with ~2 is never
// unwrapped, and with one taken away all that can be reached is what the app itself has
// put under "persistent". Use it for the time of a move.
func Legacy(ring seal.Ring, _ string) (seal.Codec, error) {
	return numbered(ring, &codec{format: Format, suffix: true, legacy: true, max: seal.MaxToken})
}

// Data is [New] for values outside of cookies (links, messages to another server): Seal
// writes up to [MaxSeal].
func Data(ring seal.Ring, _ string) (seal.Codec, error) {
	return numbered(ring, &codec{format: Format, suffix: true, max: MaxSeal})
}

// A codec is any of the forms. It is read-only once made.
type codec struct {
	format string
	keys   []*key // the one that seals comes first, never empty
	anyID  bool   // there is one password, and it opens seals of every id
	suffix bool   // ~2
	legacy bool   // also none or ~1
	ctr    bool   // AES-128-CTR
	max    int    // the longest text that Seal writes
}

func (c *codec) Format() string { return c.format }

// String keeps the passwords out of logs.
func (c *codec) String() string { return "iron codec " + c.format }

// GoString is String.
func (c *codec) GoString() string { return c.String() }

// numbered gives c the keys of a ring with numbers for ids.
func numbered(ring seal.Ring, c *codec) (seal.Codec, error) {
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("iron: %w", err)
	}
	for _, k := range ring {
		if _, err := number(k.ID); err != nil {
			return nil, err
		}
		made, err := newKey(Password{Key: k})
		if err != nil {
			return nil, err
		}
		c.keys = append(c.keys, made)
	}
	return c, nil
}

// Passwords makes a ring of iron-session's password map: the highest number comes first
// and seals (iron-session@9.0.1; 10 beats 2). It fails for ids that are not whole numbers.
func Passwords(byNumber map[string]string) (seal.Ring, error) {
	ring := make(seal.Ring, 0, len(byNumber))
	for id, password := range byNumber {
		if _, err := number(id); err != nil {
			return nil, err
		}
		ring = append(ring, seal.Key{ID: id, Secret: []byte(password)})
	}
	slices.SortFunc(ring, func(a, b seal.Key) int {
		x, _ := number(a.ID)
		y, _ := number(b.ID)
		return cmp.Compare(y, x)
	})
	return ring, nil
}

// maxNumber is the last whole number that JavaScript tells from the next one.
const maxNumber = 1<<53 - 1

// number reads an id as iron-session numbers its passwords. 01 would be sealed as 1 and
// not be found again.
func number(id string) (uint64, error) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n > maxNumber || strconv.FormatUint(n, 10) != id {
		return 0, fmt.Errorf("iron: password id %q is not a whole number", id)
	}
	return n, nil
}

// checkPassword holds a password against iron-session's rule, in its own units: 16 emoji
// pass.
func checkPassword(id string, secret []byte) error {
	if !utf8.Valid(secret) {
		return fmt.Errorf("iron: password %q is not utf-8", id)
	}
	n := 0
	for _, r := range string(secret) {
		n += utf16.RuneLen(r)
	}
	if n < MinPassword {
		return fmt.Errorf("iron: password %q has %d utf-16 units, needs at least %d", id, n, MinPassword)
	}
	return nil
}

// errRawCTR is for a key that would fit neither AES-128 nor the other packages.
var errRawCTR = errors.New("iron: a raw key of 32 bytes does not fit aes-128-ctr")
