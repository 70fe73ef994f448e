package lucia_test

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/lucia"
)

var end = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // 1767225600

// readOne reads an export of one line.
func readOne(t testing.TB, line string) (lucia.Row, error) {
	t.Helper()
	var rows []lucia.Row
	var last error
	for row, err := range lucia.ReadRows(strings.NewReader(line)) {
		rows, last = append(rows, row), err
	}
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0], last
}

func TestReadRows(t *testing.T) {
	const plain = `"id":"` + plainRow + `","user_id":"u-1",`
	const text = `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600,"secret_hash":`
	for name, c := range map[string]struct {
		line  string
		user  string
		end   time.Time
		attrs string
		key   string // token with the same key
	}{
		"seconds":                     {`{` + plain + `"expires_at":1767225600}`, "u-1", end, "", plainToken},
		"milliseconds":                {`{` + plain + `"expires_at":1767225600123}`, "u-1", end.Add(123 * time.Millisecond), "", plainToken},
		"seconds as text":             {`{` + plain + `"expires_at":"1767225600"}`, "u-1", end, "", plainToken},
		"a date of JSON.stringify":    {`{` + plain + `"expires_at":"2026-01-01T00:00:00.000Z"}`, "u-1", end, "", plainToken},
		"a date of PostgreSQL":        {`{` + plain + `"expires_at":"2026-01-01T09:00:00.5+09:00"}`, "u-1", end.Add(time.Second / 2), "", plainToken},
		"camel case":                  {`{"id":"` + plainRow + `","userId":"u-1","expiresAt":1767225600}`, "u-1", end, "", plainToken},
		"a user's number":             {`{"id":"` + hashedRow + `","user_id":9007199254740993,"expires_at":1767225600}`, "9007199254740993", end, "", hashedToken},
		"the hash is null":            {`{` + plain + `"secret_hash":null,"expires_at":1767225600}`, "u-1", end, "", plainToken},
		"hash in hex":                 {text + `"` + textHash + `"}`, "u-1", end, "", textToken},
		"hash in capitals":            {text + `"` + strings.ToUpper(textHash) + `"}`, "u-1", end, "", textToken},
		"hash of PostgreSQL":          {text + `"\\x` + textHash + `"}`, "u-1", end, "", textToken},
		"hash in base64":              {text + `"TaI+lrqeOSzj/OlY5BJcEYmHpaKs08LhEWtlMuJzsHI="}`, "u-1", end, "", textToken},
		"last visit instead of end":   {`{"id":"` + byteRow + `","user_id":"u-1","token_last_verified_at":1767225600,"created_at":1,"secret_hash":"` + byteHash + `"}`, "u-1", end.Add(10 * 24 * time.Hour), `{"created_at":1}`, byteToken},
		"last visit under other name": {`{"id":"` + byteRow + `","userId":"u-1","lastVerifiedAt":1767225600,"secretHash":"` + byteHash + `"}`, "u-1", end.Add(10 * 24 * time.Hour), "", byteToken},
		"end before last visit":       {`{"id":"` + byteRow + `","userId":"u-1","lastVerifiedAt":1,"expires_at":1767225600,"secretHash":"` + byteHash + `"}`, "u-1", end, "", byteToken},
		"attributes":                  {`{"a\u0022b":1.0,` + plain + ` "n": {"x": [1, 2]},"expires_at":1767225600,"big":12345678901234567890, "없음":null}`, "u-1", end, `{"a\"b":1.0,"n":{"x": [1, 2]},"big":12345678901234567890,"없음":null}`, plainToken},
	} {
		t.Run(name, func(t *testing.T) {
			row, err := readOne(t, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if row.UserID != c.user || !row.Expires.Equal(c.end) || string(row.Attributes) != c.attrs {
				t.Errorf("user %q, end %v, attributes %s", row.UserID, row.Expires, row.Attributes)
			}
			if key, err := row.Key(); err != nil || key != parse(t, c.key).Key() {
				t.Errorf("Key = %s, %v", key, err)
			}
		})
	}
}

func TestReadRowsRefuses(t *testing.T) {
	const plain = `"id":"` + plainRow + `","user_id":"u-1"`
	for name, line := range map[string]string{
		"no JSON":                    `id,user_id,expires_at`,
		"an array":                   `[{` + plain + `,"expires_at":1767225600}]`,
		"two objects":                `{` + plain + `,"expires_at":1767225600}{}`,
		"cut":                        `{` + plain + `,"expires_at":17672`,
		"no id":                      `{"user_id":"u-1","expires_at":1767225600}`,
		"id a number":                `{"id":1,"user_id":"u-1","expires_at":1767225600}`,
		"id of no form":              `{"id":"x","user_id":"u-1","expires_at":1767225600}`,
		"hash in capitals for an id": `{"id":"` + strings.ToUpper(hashedRow) + `","user_id":"u-1","expires_at":1767225600}`,
		"no user":                    `{"id":"` + plainRow + `","expires_at":1767225600}`,
		"user null":                  `{"id":"` + plainRow + `","user_id":null,"expires_at":1767225600}`,
		"user empty":                 `{"id":"` + plainRow + `","user_id":"","expires_at":1767225600}`,
		"user with a fraction":       `{"id":"` + plainRow + `","user_id":1.5,"expires_at":1767225600}`,
		"user an object":             `{"id":"` + plainRow + `","user_id":{},"expires_at":1767225600}`,
		"user of 256 bytes":          `{"id":"` + plainRow + `","user_id":"` + strings.Repeat("u", 256) + `","expires_at":1767225600}`,
		"no end":                     `{` + plain + `}`,
		"end null":                   `{` + plain + `,"expires_at":null}`,
		"end empty":                  `{` + plain + `,"expires_at":""}`,
		"end before 1970":            `{` + plain + `,"expires_at":-1}`,
		"end after 9999":             `{` + plain + `,"expires_at":253402300800000}`,
		"end with a sign":            `{` + plain + `,"expires_at":"+1767225600"}`,
		"end with a fraction":        `{` + plain + `,"expires_at":1767225600.5}`,
		"end with an exponent":       `{` + plain + `,"expires_at":1e9}`,
		"end true":                   `{` + plain + `,"expires_at":true}`,
		"end without a zone":         `{` + plain + `,"expires_at":"2026-01-01T00:00:00"}`,
		"end of MySQL":               `{` + plain + `,"expires_at":"2026-01-01 00:00:00"}`,
		"plain id, last visit only":  `{` + plain + `,"last_verified_at":1767225600}`,
		"text form without a hash":   `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600}`,
		"plain id with a hash":       `{` + plain + `,"expires_at":1767225600,"secret_hash":"` + textHash + `"}`,
		"hash empty":                 `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600,"secret_hash":""}`,
		"hash of 31 bytes":           `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600,"secret_hash":"` + textHash[2:] + `"}`,
		"hash an array":              `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600,"secret_hash":[1,2]}`,
		"hash with loose bits":       `{"id":"` + textRow + `","user_id":"u-1","expires_at":1767225600,"secret_hash":"TaI+lrqeOSzj/OlY5BJcEYmHpaKs08LhEWtlMuJzsHJ="}`,
		"user in two spellings":      `{"id":"` + plainRow + `","user_id":"u-1","userId":"u-2","expires_at":1767225600}`,
	} {
		t.Run(name, func(t *testing.T) {
			row, err := readOne(t, line)
			var at *lucia.RowError
			if !errors.As(err, &at) || at.Line != 1 || !errors.Is(err, seal.ErrMalformed) {
				t.Fatalf("ReadRows error = %v, want malformed, line 1", err)
			}
			if row.ID != "" || row.Form() != 0 {
				t.Error("a row beside the error")
			}
			for _, hidden := range []string{plainRow, textRow, "u-1"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error %q holds a part of the line", err)
				}
			}
		})
	}
}

// TestS90_ColumnsThatComeTwice, also in another case, name no session: readers differ in
// which they take.
func TestS90_ColumnsThatComeTwice(t *testing.T) {
	for _, second := range []string{`"user_id":"u-2"`, `"USER_ID":"u-2"`, `"user\u005fid":"u-2"`, `"x":1,"X":2`} {
		_, err := readOne(t, `{"id":"`+plainRow+`","user_id":"u-1","expires_at":1767225600,`+second+`}`)
		if !errors.Is(err, seal.ErrMalformed) {
			t.Errorf("%s: ReadRows error = %v, want malformed", second, err)
		}
	}
}

func exportOf(lines ...string) string { return strings.Join(lines, "\n") }

func TestReadRowsGoesOnAfterABadLine(t *testing.T) {
	good := `{"id":"` + plainRow + `","user_id":"u-1","expires_at":1767225600}`
	var got []string
	for row, err := range lucia.ReadRows(strings.NewReader(exportOf(good, "", "bad", "  \r", good+"\r", "{}", ""))) {
		got = append(got, fmt.Sprint(row.Form(), err != nil))
		var at *lucia.RowError
		if errors.As(err, &at) {
			got = append(got, fmt.Sprint(at.Line))
		}
	}
	if want := "plain-id false none true 3 plain-id false none true 6"; strings.Join(got, " ") != want {
		t.Errorf("read %s, want %s", strings.Join(got, " "), want)
	}
	n := 0
	for range lucia.ReadRows(strings.NewReader(exportOf(good, good, good))) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d rows after a break", n)
	}
}

func TestReadRowsEndsWhereReadingFails(t *testing.T) {
	good := `{"id":"` + plainRow + `","user_id":"u-1","expires_at":1767225600}` + "\n"
	var n int
	var last error
	for _, err := range lucia.ReadRows(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(good)))) {
		n, last = n+1, err
	}
	if !errors.Is(last, iotest.ErrTimeout) {
		t.Errorf("ReadRows error = %v after %d rows, want the reader's", last, n)
	}
	n = 0
	for _, err := range lucia.ReadRows(strings.NewReader(good + strings.Repeat("x", 1<<20) + "\n" + good)) {
		n, last = n+1, err
	}
	var at *lucia.RowError
	if n != 2 || !errors.Is(last, bufio.ErrTooLong) || !errors.As(last, &at) || at.Line != 2 {
		t.Errorf("a line of a megabyte: %d rows, error %v", n, last)
	}
}
