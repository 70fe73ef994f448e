package lucia

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// maxLine is the longest line, in bytes, that ReadRows takes.
const maxLine = 64 << 10

// maxUserID is the longest user id, in bytes.
const maxUserID = 255

// A Row is a session as the old application's table has it. It prints as its form alone,
// whatever the verb and whichever logger or encoder: the id of a [PlainID] row is a live
// token.
type Row struct {
	// ID is the primary key, as text.
	ID string

	// UserID is the user's id in the old application; one that is a number is its digits.
	UserID string

	// Expires is when the session ends if nobody visits again.
	Expires time.Time

	// SecretHash is the SHA-256 of the secret, 32 bytes, for [TextSecret] and
	// [ByteSecret]. The other forms have none.
	SecretHash []byte

	// Attributes is a JSON object with all other columns, in their order and as they were
	// written; nil if there are none.
	Attributes json.RawMessage
}

// Form tells by the shapes of ID and SecretHash which tokens belong to the row; 0 if none
// could.
func (r Row) Form() Form {
	switch hashed := len(r.SecretHash) == secretSize; {
	case len(r.ID) == textPartSize && hashed && only(r.ID, clearLetters):
		return TextSecret
	case len(r.ID) == byteIDSize && hashed && only(r.ID, clearLetters):
		return ByteSecret
	case len(r.SecretHash) != 0:
		return 0
	case len(r.ID) == plainIDSize && only(r.ID, base32Letters):
		return PlainID
	case len(r.ID) == 2*secretSize && only(r.ID, "0123456789abcdef"):
		return HashedID
	}
	return 0
}

// Key is the name under which to file the row. It is the [Token.Key] of the one token that
// belongs to the row, and it is made by SHA-256 of what the row has, so that neither the
// key nor a whole store of them gives anybody a session. The error, for a row that no
// token belongs to, is an [*seal.OpenError] with [seal.ErrMalformed].
func (r Row) Key() (string, error) {
	if r.Form() == 0 {
		return "", malformed("id and secret_hash of no known form")
	}
	return key(r.ID, r.SecretHash), nil
}

// String names the form.
func (r Row) String() string { return "lucia row (" + r.Form().String() + ", redacted)" }

// GoString is String.
func (r Row) GoString() string { return r.String() }

// Format writes String for every verb.
func (r Row) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }

// LogValue is String for log/slog.
func (r Row) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText is String for encoding/json and other encoders.
func (r Row) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// A RowError tells which line of an export is wrong. It holds nothing of the line.
type RowError struct {
	Line int   // from 1 on
	Err  error // an [*seal.OpenError], or what the reader said
}

func (e *RowError) Error() string {
	return "lucia: line " + strconv.Itoa(e.Line) + ": " + e.Err.Error()
}

// Unwrap gives Err.
func (e *RowError) Unwrap() error { return e.Err }

// ReadRows reads an export: one JSON object a line, blank lines between them ignored.
//
// id and user_id are what they say (numbers are taken for user_id). expires_at is a number
// of seconds, or of milliseconds from 1e11 on, or such a number as text, or RFC 3339. Where
// there is none, as in the tables of [TextSecret] and [ByteSecret], the end is ten days
// after last_verified_at or token_last_verified_at. secret_hash is 32 bytes in hex, with
// or without PostgreSQL's \x before it, or in standard base64. These names may also be
// written as userId, expiresAt and so on; null is no value. All other members become
// Attributes.
//
// What is wrong with a line is a [*RowError], and reading goes on with the next, if the
// caller does. A line of more than 64 KiB and an error of r are the last that is yielded.
func ReadRows(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 0
		for lines.Scan() {
			n++
			if len(strings.TrimSpace(lines.Text())) == 0 {
				continue
			}
			row, err := readRow(lines.Bytes())
			if err != nil {
				err = &RowError{Line: n, Err: err}
			}
			if !yield(row, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Row{}, &RowError{Line: n + 1, Err: err})
		}
	}
}

// columns are the members of a line that are read, as they are written; nil where one is
// missing or null.
type columns struct{ id, user, expires, verified, hash []byte }

// column gives the place for a member of that name.
func (c *columns) column(name string) *[]byte {
	switch name {
	case "id":
		return &c.id
	case "user_id", "userId":
		return &c.user
	case "expires_at", "expiresAt":
		return &c.expires
	case "last_verified_at", "lastVerifiedAt", "token_last_verified_at", "tokenLastVerifiedAt":
		return &c.verified
	case "secret_hash", "secretHash":
		return &c.hash
	}
	return nil
}

func readRow(line []byte) (Row, error) {
	var c columns
	var rest []byte
	err := seal.Members(line, func(name string, value []byte) error {
		place := c.column(name)
		switch {
		case place == nil:
			rest = appendMember(rest, name, value)
		case *place != nil:
			return malformed("a column twice, in two spellings")
		case string(value) != "null":
			*place = value
		}
		return nil
	})
	if err != nil {
		return Row{}, err
	}
	r, err := c.row()
	if err != nil {
		return Row{}, err
	}
	if rest != nil {
		r.Attributes = append(rest, '}')
	}
	return r, nil
}

// appendMember adds to an object that is still open.
func appendMember(object []byte, name string, value []byte) []byte {
	if object == nil {
		object = append(object, '{')
	} else {
		object = append(object, ',')
	}
	quoted, _ := json.Marshal(name) // a string always has a JSON form
	object = append(object, quoted...)
	object = append(object, ':')
	return append(object, value...)
}

// row decodes the columns.
func (c *columns) row() (r Row, err error) {
	var ok bool
	if r.ID, ok = seal.String(c.id); !ok {
		return Row{}, malformed("id is missing or no text")
	}
	if r.UserID, ok = userID(c.user); !ok {
		return Row{}, malformed("user_id is missing, empty or too long")
	}
	if c.hash != nil {
		text, _ := seal.String(c.hash)
		if r.SecretHash, ok = secretHash(text); !ok {
			return Row{}, malformed("secret_hash is not 32 bytes in hex or base64")
		}
	}
	form := r.Form()
	if form == 0 {
		return Row{}, malformed("id and secret_hash of no known form")
	}
	if r.Expires, ok = c.end(form); !ok {
		return Row{}, malformed("expires_at is missing or no time")
	}
	return r, nil
}

// end is expires_at, or follows from the last visit.
func (c *columns) end(form Form) (time.Time, bool) {
	if c.expires != nil {
		return moment(c.expires)
	}
	t, ok := moment(c.verified)
	return t.Add(form.Slide().Life), ok && (form == TextSecret || form == ByteSecret)
}

func userID(raw []byte) (string, bool) {
	text, ok := seal.String(raw)
	if !ok {
		if _, err := strconv.ParseUint(string(raw), 10, 64); err != nil {
			return "", false
		}
		text = string(raw)
	}
	return text, text != "" && len(text) <= maxUserID
}

// secretHash tells the ways to write 32 bytes apart by their lengths.
func secretHash(text string) ([]byte, bool) {
	if len(text) == 44 {
		raw, err := b64.DecodeString(text)
		return raw, err == nil && len(raw) == secretSize && b64.EncodeToString(raw) == text
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(text, `\x`))
	return raw, err == nil && len(raw) == secretSize
}

// moment reads a time as an export writes it.
func moment(raw []byte) (time.Time, bool) {
	const (
		firstMilli = 1e11            // 1973 in milliseconds, the year 5138 in seconds
		lastMilli  = 253402300799999 // the end of 9999
	)
	text, quoted := seal.String(raw)
	if !quoted {
		text = string(raw)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil && quoted:
		t, err := time.Parse(time.RFC3339, text)
		return t.UTC(), err == nil
	case err != nil || n < 0 || n > lastMilli || text[0] == '+':
		return time.Time{}, false
	case n >= firstMilli:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Unix(n, 0).UTC(), true
}
