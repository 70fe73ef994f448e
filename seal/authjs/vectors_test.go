package authjs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// readCases reads the cases of a file in testdata.
func readCases[T any](t testing.TB, name string) []T {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []T }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	return file.Cases
}

// A packageCase is what next-auth or @auth/core answered.
type packageCase struct {
	ID, Kind, Version, Title, Salt, Token, Expect, Reason string
	Secrets                                               []string
	Now                                                   int64
	Claims                                                json.RawMessage
	Signet                                                *struct{ Expect, Why string }
	Kid                                                   string `json:"expect_kid"`
	Header                                                string `json:"expect_protected_header"`
}

// words maps the reasons of the vectors to ours.
var words = map[string]string{
	"expired":         "expired",
	"not-yet-valid":   "not-yet",
	"tampered":        "foreign",
	"wrong-secret":    "foreign",
	"wrong-salt":      "foreign",
	"old-secret":      "foreign",
	"unknown-kid":     "foreign",
	"v4-token":        "foreign", // version 5 reads A256GCM too, with another key
	"v5-token":        "unsupported",
	"unsupported-enc": "unsupported",
	"malformed":       "malformed",
	"bad-claims":      "malformed",
	"no-token":        "malformed",
}

func makeCodec(t testing.TB, version, salt string, secrets ...string) seal.Codec {
	t.Helper()
	makers := map[string]seal.Make{"v5": authjs.V5, "v4": authjs.V4Salted}
	c, err := makers[version](seal.Secrets(secrets...), salt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sameJSON(t testing.TB, got, want []byte) bool {
	t.Helper()
	var g, w any
	for raw, v := range map[*[]byte]*any{&got: &g, &want: &w} {
		d := json.NewDecoder(bytes.NewReader(*raw))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(g, w)
}

func TestPackageVectors(t *testing.T) {
	for _, c := range readCases[packageCase](t, "authjs.json") {
		t.Run(c.ID+" "+c.Version+" "+c.Title, func(t *testing.T) {
			if c.Kind == "jwe-kid" {
				testKeyID(t, c)
				return
			}
			got, err := makeCodec(t, c.Version, c.Salt, c.Secrets...).Open(c.Token, time.Unix(c.Now, 0))
			expect, reason := c.Expect, words[c.Reason]
			if c.Signet != nil {
				expect, reason = c.Signet.Expect, "malformed"
			}
			if expect != "ok" {
				if err == nil || seal.Reason(err) != reason {
					t.Fatalf("Open = %s, %v, want reason %q", got.Claims, err, reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got.Claims, c.Claims) {
				t.Errorf("Open = %s, want %s", got.Claims, c.Claims)
			}
		})
	}
}

// testKeyID seals a value and looks at the header it got.
func testKeyID(t *testing.T, c packageCase) {
	value, err := makeCodec(t, c.Version, c.Salt, c.Secrets...).Seal([]byte(`{}`), life)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(value, ".")
	header, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Kid string }
	if err := json.Unmarshal(header, &h); err != nil {
		t.Fatal(err)
	}
	if h.Kid != c.Kid || string(header) != c.Header {
		t.Errorf("header = %s, want %s", header, c.Header)
	}
}

// A hostileCase is a value that a verifier set up by Policy must judge as Expect says.
type hostileCase struct {
	ID, Category, Kind, Token, Expect, Why string
	Policy                                 struct {
		Format, Salt string
		Secrets      []string
		Now          int64
		Require      []string
	}
	Key json.RawMessage
}

// open reads a value as a session would be read: the codec, then what package signet
// asks of claims.
func (c hostileCase) open(t testing.TB, token string) error {
	version := "v5"
	if c.Policy.Format == "authjs-v4" {
		version = "v4"
	}
	got, err := makeCodec(t, version, c.Policy.Salt, c.Policy.Secrets...).Open(token, time.Unix(c.Policy.Now, 0))
	if err != nil {
		if got.Claims != nil {
			t.Errorf("claims came with the error %v", err)
		}
		return err
	}
	for _, either := range c.Policy.Require {
		values := make([][]byte, 1+strings.Count(either, "|"))
		if err := seal.Pick(got.Claims, strings.Split(either, "|"), values); err != nil {
			t.Fatal(err)
		}
		if len(bytes.Join(values, nil)) == 0 {
			return seal.ErrMalformed
		}
	}
	return nil
}

func TestHostileSessions(t *testing.T) {
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind != "session-jwe" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			if err := c.open(t, c.Token); (err == nil) != (c.Expect == "valid") {
				t.Fatalf("Open = %v, want %s: %s", err, c.Expect, c.Why)
			}
			for _, tail := range []string{"A", ".", "=", "\n", "\x00"} {
				if c.open(t, c.Token+tail) == nil {
					t.Errorf("with %q at the end it opens", tail)
				}
			}
			for i, b := range c.Token {
				// A good value with parts to spare is good without them.
				if b == '.' && strings.Count(c.Token[:i], ".") != 4 && c.open(t, c.Token[:i]) == nil {
					t.Errorf("its first %d bytes open", i)
				}
			}
		})
	}
}

func TestWycheproofJWEIsRefusedByItsHeader(t *testing.T) {
	seen := 0
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind != "jwe" {
			continue
		}
		seen++
		t.Run(c.ID, func(t *testing.T) {
			for _, codec := range []seal.Codec{makeCodec(t, "v5", "authjs.session-token", secret), makeCodec(t, "v4", "", secret)} {
				_, err := codec.Open(c.Token, now)
				if c.Expect != "invalid" || seal.Reason(err) != "unsupported" {
					t.Errorf("%s: Open = %v, want %s as unsupported: %s", codec.Format(), err, c.Expect, c.Why)
				}
			}
		})
	}
	if seen == 0 {
		t.Error("no cases")
	}
}

// An aeadCase is a raw primitive.
type aeadCase struct {
	ID, Kind, Alg, Expect, Why string
	Key                        hexBytes `json:"key_hex"`
	IV                         hexBytes `json:"iv_hex"`
	AAD                        hexBytes `json:"aad_hex"`
	Msg                        hexBytes `json:"msg_hex"`
	CT                         hexBytes `json:"ct_hex"`
	Tag                        hexBytes `json:"tag_hex"`
}

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

func TestWycheproofPrimitives(t *testing.T) {
	opens := map[string]func(raw, iv, aad, ct, tag []byte) ([]byte, error){
		"A256CBC-HS512": authjs.OpenCBC,
		"A256GCM":       authjs.OpenGCM,
	}
	seen := map[string]int{}
	for _, c := range readCases[aeadCase](t, "hostile.json") {
		if c.Kind != "aead" {
			continue
		}
		seen[c.Alg]++
		t.Run(c.ID, func(t *testing.T) {
			got, err := opens[c.Alg](c.Key, c.IV, c.AAD, bytes.Clone(c.CT), c.Tag)
			if c.Expect == "invalid" {
				if seal.Reason(err) == "" || got != nil {
					t.Errorf("open = %x, %v, want a refusal: %s", got, err, c.Why)
				}
				return
			}
			if err != nil || !bytes.Equal(got, c.Msg) {
				t.Fatalf("open = %x, %v, want %x", got, err, []byte(c.Msg))
			}
			if c.Alg != "A256CBC-HS512" {
				return
			}
			sealed, err := authjs.SealCBC(c.Key, c.IV, c.AAD, c.Msg)
			if want := append(bytes.Clone(c.CT), c.Tag...); err != nil || !bytes.Equal(sealed, want) {
				t.Errorf("seal = %x, %v, want %x", sealed, err, want)
			}
		})
	}
	for alg := range opens {
		if seen[alg] == 0 {
			t.Errorf("no cases for %s", alg)
		}
	}
}
