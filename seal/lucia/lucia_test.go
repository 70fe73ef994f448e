package lucia_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/lucia"
)

// One token of each form. Those of the guides and their hashes were computed with
// WebCrypto, as the guides do.
const (
	plainToken = "abcdefghijklmnopqrstuvwxyz234567abcdefgh"
	plainRow   = plainToken

	hashedToken = "abcdefghijklmnopqrstuvwxyz234567"
	hashedRow   = "84cb29b2c78b393c0d30a90d5a9f670267d02d9ec3743fc1800acff8b03bac15"

	textRow   = "abcdefghijkmnpqrstuvwxyz"
	textToken = textRow + ".mnpqrstuvwxyz23456789abc"
	textHash  = "4da23e96ba9e392ce3fce958e4125c118987a5a2acd3c2e1116b6532e273b072"

	byteRow   = "23456789abcdefgh"
	byteToken = byteRow + ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	byteHash  = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
)

var sessions = []struct {
	form  lucia.Form
	token string
	row   string
	hash  string // in hex
}{
	{lucia.PlainID, plainToken, plainRow, ""},
	{lucia.HashedID, hashedToken, hashedRow, ""},
	{lucia.TextSecret, textToken, textRow, textHash},
	{lucia.ByteSecret, byteToken, byteRow, byteHash},
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func parse(t testing.TB, value string) lucia.Token {
	t.Helper()
	token, err := lucia.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenAndRowMeet(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sessions {
		t.Run(s.form.String(), func(t *testing.T) {
			token := parse(t, s.token)
			if token.Form() != s.form || token.Row() != s.row {
				t.Errorf("form %v, row %s, want %v, %s", token.Form(), token.Row(), s.form, s.row)
			}
			if !token.Check(unhex(t, s.hash)) {
				t.Error("Check: not the hash of the row")
			}
			row := lucia.Row{ID: s.row, SecretHash: unhex(t, s.hash)}
			key, err := row.Key()
			if err != nil || row.Form() != s.form || key != token.Key() {
				t.Errorf("row: form %v, key %s, %v; the token's is %s", row.Form(), key, err, token.Key())
			}
			if seen[key] || !strings.HasPrefix(key, "lucia:") || len(key) != 6+43 {
				t.Errorf("Key = %s", key)
			}
			seen[key] = true
		})
	}
}

// TestKeysStayAsTheyAre: they are in stores. Computed with Python's hashlib.
func TestKeysStayAsTheyAre(t *testing.T) {
	for token, want := range map[string]string{
		plainToken:  "lucia:280OcPZ5dW82UgU4Gxa02-tsvaiGt8O8uqdYEUKoR0k",
		hashedToken: "lucia:a-cK9u6i4JUa8BueisMnZYfwfTfArp2u-iLtu4QGA2w",
		textToken:   "lucia:dDgbyfYofujWXnIwblQzKxDJ1f1zHXOcLkHArpNMNvk",
		byteToken:   "lucia:FuKzO7DZ4GCaRcebsKs1O5WvTuPMoQerd1r8uS6RR_w",
	} {
		if got := parse(t, token).Key(); got != want {
			t.Errorf("%v: Key = %s, want %s", parse(t, token).Form(), got, want)
		}
	}
}

// wrong are values near to tokens.
var wrong = map[string]string{
	"nothing":                      "",
	"a dot":                        ".",
	"plain, one letter short":      plainToken[1:],
	"plain, one letter more":       plainToken + "a",
	"plain, in capitals":           strings.ToUpper(plainToken),
	"plain, with a 1":              plainToken[1:] + "1",
	"plain, with an 8":             "8" + plainToken[1:],
	"plain, a space":               plainToken[1:] + " ",
	"plain, a line end":            plainToken[1:] + "\n",
	"plain, padding":               plainToken[1:] + "=",
	"plain, NUL":                   plainToken[1:] + "\x00",
	"plain, Hangul of 40 bytes":    strings.Repeat("가", 12) + "abcd",
	"hashed, one letter short":     hashedToken[1:],
	"hashed, with a 0":             hashedToken[1:] + "0",
	"hashed, the row's id":         hashedRow,
	"text, l":                      "l" + textToken[1:],
	"text, o":                      textToken[:48] + "o",
	"text, 0":                      textToken[:30] + "0" + textToken[31:],
	"text, 1":                      textToken[:30] + "1" + textToken[31:],
	"text, no dot":                 strings.Replace(textToken, ".", "a", 1),
	"text, dot one place early":    textRow[1:] + "." + textToken[24:25] + textToken[25:] + "a",
	"text, two dots":               textToken[:48] + ".",
	"text, id alone":               textRow,
	"text, secret cut":             textToken[:48],
	"text, secret longer":          textToken + "a",
	"text, its hash for secret":    textRow + "." + textHash,
	"bytes, no padding":            strings.TrimSuffix(byteToken, "="),
	"bytes, loose bits":            strings.Replace(byteToken, "h8=", "h9=", 1),
	"bytes, base64url":             byteRow + "." + strings.Repeat("-", 42) + "8=",
	"bytes, a line end inside":     byteRow + "." + byteToken[17:40] + "\n" + byteToken[41:],
	"bytes, 33 bytes":              byteRow + "." + strings.Repeat("A", 44),
	"bytes, 31 bytes":              byteRow + "." + strings.Repeat("A", 42) + "==",
	"bytes, padding in the middle": byteRow + "." + strings.Repeat("A", 20) + "=" + strings.Repeat("A", 23),
	"bytes, o in the id":           "o" + byteToken[1:],
	"bytes, percent":               strings.Replace(byteToken, "=", "%3D", 1),
	"a megabyte":                   strings.Repeat("a", 1<<20),
}

func TestParseRefuses(t *testing.T) {
	for name, value := range wrong {
		token, err := lucia.Parse(value)
		var e *seal.OpenError
		if !errors.As(err, &e) || e.Codec != "lucia" || !errors.Is(err, seal.ErrMalformed) {
			t.Errorf("%s: Parse error = %v, want malformed", name, err)
		}
		if token.Form() != 0 || token.Row() != "" || token.Key() != "" || token.Check(nil) || token.Check(make([]byte, 32)) {
			t.Errorf("%s: Parse = form %v", name, token.Form())
		}
	}
}

func TestRefusingAllocatesLittle(t *testing.T) {
	for name, value := range wrong {
		if n := testing.AllocsPerRun(50, func() { lucia.ParseCookie(value) }); n > 8 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestS08_TruncatedTokensAreRefused, and so are truncated hashes.
func TestS08_TruncatedTokensAreRefused(t *testing.T) {
	for _, s := range sessions {
		for n := range len(s.token) {
			token, err := lucia.Parse(s.token[:n])
			if err == nil && token.Key() == parse(t, s.token).Key() {
				t.Errorf("%v: %d characters are enough", s.form, n)
			}
		}
		hash := unhex(t, s.hash)
		for n := range len(hash) {
			if parse(t, s.token).Check(hash[:n]) {
				t.Errorf("%v: %d bytes of the hash are enough", s.form, n)
			}
			if row := (lucia.Row{ID: s.row, SecretHash: hash[:n]}); row.Form() == s.form {
				t.Errorf("%v: a row with %d bytes of hash", s.form, n)
			}
		}
	}
}

// TestS08_WhatIsStoredIsNoToken: neither a key nor the id and hash of a row open anything,
// but for the plain ids, whose rows are not what is stored.
func TestS08_WhatIsStoredIsNoToken(t *testing.T) {
	for _, s := range sessions {
		key := parse(t, s.token).Key()
		for _, value := range []string{key, strings.TrimPrefix(key, "lucia:")} {
			if _, err := lucia.Parse(value); err == nil {
				t.Errorf("%v: the key is a token", s.form)
			}
			if strings.Contains(value, s.token) || strings.Contains(value, s.row) {
				t.Errorf("%v: the token is in the key", s.form)
			}
		}
		if s.form == lucia.PlainID {
			continue
		}
		for _, value := range []string{s.row, s.row + "." + s.hash, s.hash} {
			if _, err := lucia.Parse(value); err == nil && value != "" {
				t.Errorf("%v: the row is a token", s.form)
			}
		}
	}
}

func TestS08_AnotherSecretIsAnotherKey(t *testing.T) {
	for _, s := range sessions[2:] {
		right := parse(t, s.token)
		flipped := []byte(s.token)
		flipped[len(s.row)+1]++ // m becomes n, A becomes B
		other := parse(t, string(flipped))
		if other.Row() != right.Row() || other.Key() == right.Key() || other.Check(unhex(t, s.hash)) {
			t.Errorf("%v: one row, another secret: row %s, same key %t", s.form, other.Row(), other.Key() == right.Key())
		}
		hash := unhex(t, s.hash)
		for i := range hash {
			hash[i] ^= 1
			if right.Check(hash) {
				t.Errorf("%v: byte %d of the hash is not compared", s.form, i)
			}
			hash[i] ^= 1
		}
		if right.Check(nil) {
			t.Errorf("%v: a row without a hash will do", s.form)
		}
	}
	if parse(t, plainToken).Check(unhex(t, textHash)) {
		t.Error("a plain id belongs to a row with a hash")
	}
}

func TestParseCookie(t *testing.T) {
	const raw = byteRow + ".+/+/AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	sent := byteRow + ".%2B%2F%2B%2FAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8%3D"
	for _, value := range []string{raw, sent} {
		token, err := lucia.ParseCookie(value)
		if err != nil || token.Key() != parse(t, raw).Key() {
			t.Errorf("ParseCookie = %v, %v", token, err)
		}
	}
	for _, s := range sessions {
		if token, err := lucia.ParseCookie(s.token); err != nil || token.Key() != parse(t, s.token).Key() {
			t.Errorf("%v: ParseCookie = %v, %v", s.form, token, err)
		}
	}
	for _, value := range []string{
		sent + "%", strings.ToLower(sent), "%61" + plainToken[1:], strings.Replace(sent, "%3D", "%253D", 1), strings.Repeat("%2B", 1<<16),
	} {
		if _, err := lucia.ParseCookie(value); !errors.Is(err, seal.ErrMalformed) {
			t.Errorf("%.70s: ParseCookie error = %v, want malformed", value, err)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer " + plainToken: plainToken,
		"Bearer ":              "",
		"bearer " + plainToken: "none",
		"BEARER x":             "none",
		"Bearer":               "none",
		"Bearer\tx":            "none",
		" Bearer x":            "none",
		"Basic x":              "none",
		plainToken:             "none",
		"":                     "none",
	} {
		value, ok := lucia.Bearer(header)
		if ok != (want != "none") || ok && value != want {
			t.Errorf("%q: Bearer = %q, %t", header, value, ok)
		}
	}
	for _, header := range []string{"Bearer  " + plainToken, "Bearer " + plainToken + " x"} {
		value, _ := lucia.Bearer(header)
		if _, err := lucia.Parse(value); err == nil {
			t.Errorf("%q: read", header)
		}
	}
}

func TestSlides(t *testing.T) {
	const day = 24 * time.Hour
	for form, want := range map[lucia.Form]lucia.Slide{
		lucia.PlainID:    {Life: 30 * day, Every: 15 * day},
		lucia.HashedID:   {Life: 30 * day, Every: 15 * day},
		lucia.TextSecret: {Life: 10 * day, Every: time.Hour},
		lucia.ByteSecret: {Life: 10 * day, Every: time.Hour},
		0:                {},
	} {
		if got := form.Slide(); got != want {
			t.Errorf("%v: Slide = %v, want %v", form, got, want)
		}
	}
}

// TestNothingPrintsASecret, whatever the verb, logger and encoder.
func TestNothingPrintsASecret(t *testing.T) {
	var out bytes.Buffer
	handlers := []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)}
	for _, s := range sessions {
		token := parse(t, s.token)
		row := lucia.Row{ID: s.row, UserID: "u-1", SecretHash: unhex(t, s.hash), Attributes: []byte(`{"a":"` + s.row + `"}`)}
		for _, v := range []any{token, &token, row, &row, []lucia.Row{row}, struct{ T lucia.Token }{token}, map[string]lucia.Row{"x": row}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(text)
			for _, h := range handlers {
				slog.New(h).Info("x", "v", v)
			}
		}
		secret := s.token[len(s.token)-20:]
		for _, hidden := range []string{s.token, s.row, secret, fmt.Sprintf("%x", s.token), fmt.Sprintf("%x", s.row)} {
			if strings.Contains(out.String(), hidden) {
				t.Errorf("%v: %s is printed", s.form, hidden)
			}
		}
	}
}
