// Package lucia reads the session tokens of Lucia 3 and of the three ways of keeping
// sessions that its author taught after it.
//
// Such a token is opaque: it names a row in the old application's table, and the row has
// the user and the end. So there is no codec here. [Parse] takes a cookie's value apart
// and tells which row to look up, and [ReadRows] reads rows that were exported. Both give
// the same key for one session ([Token.Key], [Row.Key]): rows can be filed under it ahead
// of time and found by the token's bearer, and the files hold nothing that would do as a
// cookie.
//
// The package does not own cookies, the old database, or what becomes of the session that
// was found. Passwords of Lucia are read by package password.
package lucia

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// Format is the name that configuration and `signet inspect` use.
const Format = "lucia"

const (
	// CookieName is the name that Lucia 3 gives its cookie. The guides leave it to the
	// application; most chose "session".
	CookieName = "auth_session"

	// CookieLife is how long the cookie lives where Lucia 3 has expires: false. The row
	// still ends as [Form.Slide] says.
	CookieLife = 400 * 24 * time.Hour
)

// A Form is one of the four ways to make a token. Their lengths differ, so a value has one
// form at most.
type Form int

const (
	// PlainID is Lucia 3 (lucia@3.2.2): 25 bytes in lower-case base32, 40 characters. The
	// token is the row's id.
	PlainID Form = iota + 1

	// HashedID is the guide of October 2024: 20 bytes in lower-case base32, 32
	// characters. The row's id is the SHA-256 of the token's text in lower-case hex.
	HashedID

	// TextSecret is the guide of 2025: id and secret, 24 characters each of an alphabet
	// without l, o, 0 and 1, with a dot between them. The row has the SHA-256 of the
	// secret's text.
	TextSecret

	// ByteSecret is the file of July 2026: an id of 16 such characters, a dot, and 32 bytes
	// in standard base64. The row has the SHA-256 of the bytes.
	ByteSecret
)

// String is a word for reports.
func (f Form) String() string {
	switch f {
	case PlainID:
		return "plain-id"
	case HashedID:
		return "hashed-id"
	case TextSecret:
		return "text-secret"
	case ByteSecret:
		return "byte-secret"
	}
	return "none"
}

// A Slide tells how an application pushes out the end of a session that is in use.
type Slide struct {
	Life  time.Duration // from the last push to the end
	Every time.Duration // how old a push must be before the next
}

// Slide is what applications of this form do unless they changed it. Of no form it is
// zero.
func (f Form) Slide() Slide {
	const day = 24 * time.Hour
	switch f {
	case PlainID, HashedID: // when less than half is left
		return Slide{Life: 30 * day, Every: 15 * day}
	case TextSecret, ByteSecret:
		return Slide{Life: 10 * day, Every: time.Hour}
	}
	return Slide{}
}

// Alphabets: RFC 4648 base32 in lower case, and the 32 letters that cannot be taken for
// another.
const (
	base32Letters = "abcdefghijklmnopqrstuvwxyz234567"
	clearLetters  = "abcdefghijkmnpqrstuvwxyz23456789"
)

const (
	plainIDSize  = 40
	hashedSize   = 32
	textPartSize = 24
	byteIDSize   = 16
	secretSize   = 32
)

var b64 = base64.StdEncoding

// A Token is what a bearer sent, taken apart. It prints as its form alone, whatever the
// verb and whichever logger. The zero Token is no session's.
type Token struct {
	form Form
	row  string
	hash []byte // of the secret; nil where the form has none
}

// Parse reads a token: exact length and alphabet, one spelling only. Its error is an
// [*seal.OpenError] with [seal.ErrMalformed].
func Parse(value string) (Token, error) {
	switch len(value) {
	case plainIDSize:
		if only(value, base32Letters) {
			return Token{form: PlainID, row: value}, nil
		}
	case hashedSize:
		if only(value, base32Letters) {
			sum := sha256.Sum256([]byte(value))
			return Token{form: HashedID, row: hex.EncodeToString(sum[:])}, nil
		}
	case textPartSize + 1 + textPartSize:
		id, secret, _ := strings.Cut(value, ".")
		if len(id) == textPartSize && only(id, clearLetters) && only(secret, clearLetters) {
			sum := sha256.Sum256([]byte(secret))
			return Token{form: TextSecret, row: id, hash: sum[:]}, nil
		}
	case byteIDSize + 1 + 44: // 32 bytes in base64
		id, secret, _ := strings.Cut(value, ".")
		if len(id) == byteIDSize && only(id, clearLetters) {
			return byteSecret(id, secret)
		}
	}
	return Token{}, malformed("not a token of Lucia")
}

// byteSecret reads the secret. encoding/base64 skips line ends and takes loose bits; writing
// it again leaves one spelling.
func byteSecret(id, secret string) (Token, error) {
	raw, err := b64.DecodeString(secret)
	if err != nil || len(raw) != secretSize || b64.EncodeToString(raw) != secret {
		return Token{}, malformed("secret is not 32 bytes in base64")
	}
	sum := sha256.Sum256(raw)
	return Token{form: ByteSecret, row: id, hash: sum[:]}, nil
}

// ParseCookie is [Parse] for the value of a cookie as it was sent. Frameworks that write
// cookies by encodeURIComponent (Next.js, npm's cookie) send the base64 of [ByteSecret]
// with %2B, %2F and %3D in it; no other token changes.
func ParseCookie(value string) (Token, error) {
	const longest = byteIDSize + 1 + 3*44
	if len(value) <= longest && strings.Contains(value, "%") {
		value = escapes.Replace(value)
	}
	return Parse(value)
}

var escapes = strings.NewReplacer("%2B", "+", "%2F", "/", "%3D", "=")

// Find gives the key under which the session of a cookie's value is filed. It has the form
// of the Find in signet.Format.
func Find(value string) (key string, err error) {
	t, err := ParseCookie(value)
	if err != nil {
		return "", err
	}
	return t.Key(), nil
}

// Bearer gives the token of an Authorization header, as Lucia 3 reads it: the scheme must
// be spelt exactly Bearer. What follows its one space is for [Parse].
func Bearer(authorization string) (value string, ok bool) {
	return strings.CutPrefix(authorization, "Bearer ")
}

// Form is how the token was made.
func (t Token) Form() Form { return t.form }

// Row is the id to look up in the old table.
func (t Token) Row() string { return t.row }

// Key is the name under which the session's row is filed; see [Row.Key]. Whoever finds a
// row by it needs no [Token.Check]: the hash of the secret is part of the key. The zero
// Token has none.
func (t Token) Key() string {
	if t.form == 0 {
		return ""
	}
	return key(t.row, t.hash)
}

// Check tells whether the token belongs to the row with this hash of a secret, in a time
// that does not depend on how near it comes. Where the form has no secret, the row must
// have no hash: it is enough there that the row was found.
func (t Token) Check(secretHash []byte) bool {
	if t.form == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(t.hash, secretHash) == 1
}

// key is made of what the row has. A row's plain id is a token, so it must go through a
// hash; the others go along, and all keys look alike.
func key(row string, secretHash []byte) string {
	h := sha256.New()
	h.Write([]byte("signet lucia session "))
	h.Write([]byte(row))
	h.Write([]byte{0}) // ends the id
	h.Write(secretHash)
	return Format + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// only tells whether text has no other letters than those.
func only(text, letters string) bool { return strings.Trim(text, letters) == "" }

// String names the form: the rest is as good as a password.
func (t Token) String() string { return "lucia token (" + t.form.String() + ", redacted)" }

// GoString is String.
func (t Token) GoString() string { return t.String() }

// Format writes String for every verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, t.String()) }

// LogValue is String for log/slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

func malformed(detail string) error {
	return &seal.OpenError{Codec: Format, Reason: seal.ErrMalformed, Detail: detail}
}
