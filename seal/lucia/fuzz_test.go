package lucia_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/lucia"
)

// shapes are the forms once more, as patterns. The last character before the padding of 32
// bytes in base64 is one whose low bits are 0.
var shapes = map[lucia.Form]*regexp.Regexp{
	lucia.PlainID:    regexp.MustCompile(`\A[a-z2-7]{40}\z`),
	lucia.HashedID:   regexp.MustCompile(`\A[a-z2-7]{32}\z`),
	lucia.TextSecret: regexp.MustCompile(`\A[a-km-np-z2-9]{24}\.[a-km-np-z2-9]{24}\z`),
	lucia.ByteSecret: regexp.MustCompile(`\A[a-km-np-z2-9]{16}\.[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\z`),
}

func FuzzParse(f *testing.F) {
	for _, s := range sessions {
		f.Add(s.token)
	}
	for _, value := range wrong {
		if len(value) < 1000 {
			f.Add(value)
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, err := lucia.Parse(value)
		want := lucia.Form(0)
		for form, shape := range shapes {
			if shape.MatchString(value) {
				want = form
			}
		}
		if token.Form() != want || (err == nil) != (want != 0) {
			t.Fatalf("Parse = %v, %v, want %v", token.Form(), err, want)
		}
		if err != nil && !errors.Is(err, seal.ErrMalformed) {
			t.Errorf("Parse error = %v", err)
		}
		fromCookie, err := lucia.ParseCookie(strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(value))
		if want != 0 && (err != nil || fromCookie.Key() != token.Key()) {
			t.Errorf("ParseCookie = %v, %v", fromCookie, err)
		}
	})
}

func FuzzReadRows(f *testing.F) {
	f.Add([]byte(`{"id":"` + plainRow + `","user_id":"u-1","expires_at":1767225600,"role":"editor"}`))
	f.Add([]byte(`{"id":"` + textRow + `","user_id":7,"expires_at":"2026-01-01T00:00:00Z","secret_hash":"` + textHash + `"}` + "\n\n{}"))
	f.Add([]byte(`{"id":"` + byteRow + `","userId":"u","lastVerifiedAt":"1767225600000","secretHash":"\\x` + byteHash + `","\u0041":[null]}`))
	f.Fuzz(func(t *testing.T, export []byte) {
		for row, err := range lucia.ReadRows(strings.NewReader(string(export))) {
			var at *lucia.RowError
			if err != nil {
				if !errors.As(err, &at) || row.Form() != 0 {
					t.Errorf("ReadRows = %v, %v", row, err)
				}
				continue
			}
			if key, err := row.Key(); err != nil || len(key) != 6+43 || row.UserID == "" {
				t.Errorf("a row without a key: %v", err)
			}
			if y := row.Expires.Year(); y < 0 || y > 9999 {
				t.Errorf("a row ends in %d", y)
			}
			if row.Attributes != nil && !json.Valid(row.Attributes) {
				t.Errorf("attributes are no JSON: %s", row.Attributes)
			}
		}
	})
}
