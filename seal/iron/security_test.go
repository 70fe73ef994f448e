package iron_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

func TestS89_AValueHasOneSpelling(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	value := forge{id: "1", expiration: "1751209600000"}.seal(t, good)
	if _, reason := open(codec, value, now); reason != "" {
		t.Fatalf("the value itself: reason %q", reason)
	}
	refused := func(name, changed string) {
		t.Helper()
		if _, err := codec.Open(changed, now); err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
	for at := range len(value) {
		for _, insert := range []string{"\n", "\r", " ", "=", "*", "~", "A", "\x00"} {
			refused(fmt.Sprintf("%q put in at %d", insert, at), value[:at]+insert+value[at:])
		}
		refused(fmt.Sprintf("without the character at %d", at), value[:at]+value[at+1:])
		for _, c := range []byte("Aa0_*~") {
			if c != value[at] {
				refused(fmt.Sprintf("%q at %d", c, at), value[:at]+string(c)+value[at+1:])
			}
		}
		// Also the other texts that a lax base64 decoder takes for the same bytes.
		if c := value[at] + 1; c != '*' {
			refused(fmt.Sprintf("the next character at %d", at), value[:at]+string(c)+value[at+1:])
		}
	}
	refused("something behind it", value+" ")
	refused("percent-encoded", strings.ReplaceAll(value, "*", "%2A"))
	refused("upper case", strings.ToUpper(value))

	// An owner of the password could write these; nothing that follows the format does.
	for name, f := range map[string]forge{
		"ciphertext with padding":         {ciphertext: strings.Repeat("A", 22) + "=="},
		"ciphertext with unused bits":     {ciphertext: strings.Repeat("A", 21) + "B"},
		"ciphertext with a line end":      {ciphertext: strings.Repeat("A", 11) + "\n" + strings.Repeat("A", 11)},
		"ciphertext in standard base64":   {ciphertext: strings.Repeat("A", 21) + "+"},
		"ciphertext, long, unused bits":   {ciphertext: strings.Repeat("A", 16385) + "B"},
		"ciphertext, long, a line end":    {ciphertext: strings.Repeat("A", 16384) + "\nAAAAAAA"},
		"ciphertext of a part of a block": {ciphertext: strings.Repeat("A", 20)},
		"iv with a line end":              {iv: forgedIV[:11] + "\n" + forgedIV[12:]},
		"iv with line ends for a byte":    {iv: forgedIV[:20] + "\n\n"},
		"iv with unused bits":             {iv: forgedIV[:21] + "x"},
		"iv too long":                     {iv: strings.Repeat("A", 23)},
		"iv too short":                    {iv: strings.Repeat("A", 21)},
		"leading zero in the end":         {expiration: "01751209600000"},
		"a sign in the end":               {expiration: "+1751209600000"},
		"a fraction in the end":           {expiration: "1751209600000.5"},
		"the end zero":                    {expiration: "0"},
		"salts of 63":                     {salt: strings.Repeat("a", 63), macSalt: strings.Repeat("a", 63)},
		"salts of 65":                     {salt: strings.Repeat("a", 65), macSalt: strings.Repeat("a", 65)},
		"an id with a hyphen":             {id: "1-"},
	} {
		if f.id == "" {
			f.id = "1"
		}
		// A wrong byte of the IV would only change a letter here.
		if _, reason := open(codec, f.seal(t, `{"name":"abcdefghijklmnop"}`), now); reason != "malformed" {
			t.Errorf("%s: reason %q, want malformed", name, reason)
		}
	}
}

func TestS89_ALongValueCostsNothing(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	for _, value := range []string{
		strings.Repeat("*", 1<<20) + "~2", strings.Repeat("~", 1<<20), strings.Repeat("A", 1<<20),
		"Fe26.2*1*" + strings.Repeat("a", iron.MaxSeal),
	} {
		if _, reason := open(codec, value, now); reason != "malformed" {
			t.Errorf("%d bytes: reason %q, want malformed", len(value), reason)
		}
		if n := testing.AllocsPerRun(20, func() { codec.Open(value, now) }); n > 3 {
			t.Errorf("%d bytes: %v allocations to refuse them", len(value), n)
		}
	}
}

func TestS90_ClaimsAreReadStrictly(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	for name, plain := range map[string]string{
		"a name twice":             `{"a":1,"a":2}`,
		"a name in another case":   `{"user":1,"User":2}`,
		"a name with an escape":    `{"a":1,"\u0061":2}`,
		"a nested name twice":      `{"a":{"b":1,"b":2}}`,
		"invalid utf-8":            "{\"a\":\"\xff\"}",
		"invalid utf-8 in a name":  "{\"\xff\":1}",
		"half a pair in a name":    `{"\ud83d":1}`,
		"NUL in a name":            `{"\u0000":1}`,
		"NUL as it is":             "{\"a\":\"\x00\"}",
		"__proto__":                `{"__proto__":{"admin":true}}`,
		"__proto__, nested":        `{"a":[{"\u005f_proto__":1}]}`,
		"a byte order mark":        "\ufeff{}",
		"data behind it":           `{}{}`,
		"NUL behind it":            "{}\x00",
		"65 levels":                strings.Repeat(`{"a":`, 65) + `1` + strings.Repeat(`}`, 65),
		"an array":                 `[]`,
		"null":                     `null`,
		"text":                     `"abc"`,
		"a number":                 `1`,
		"nothing":                  ``,
		"no JSON":                  `{a:1}`,
		"a number of no JSON":      `{"a":NaN}`,
		"a trailing comma":         `{"a":1,}`,
		"an object that is broken": `{"a":1`,
	} {
		if _, reason := open(codec, forge{id: "1"}.seal(t, plain), now); reason != "malformed" {
			t.Errorf("%s: reason %q, want malformed", name, reason)
		}
		if _, err := codec.Seal([]byte(plain), life); err == nil {
			t.Errorf("%s: it is sealed", name)
		}
	}
}

func TestS94_TheMACComesFirst(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	over := forge{id: "1", expiration: "1"}
	if _, reason := open(codec, over.seal(t, good), now); reason != "expired" {
		t.Fatalf("a seal that is over: reason %q, want expired", reason)
	}
	over.password = second
	if _, reason := open(codec, over.seal(t, good), now); reason != "foreign" {
		t.Errorf("forged and over: reason %q, want foreign: who cannot seal must not choose the reason", reason)
	}
	forged := forge{id: "1", password: second}
	for name, f := range map[string]forge{
		"ciphertext that is no base64": {ciphertext: "!!!"},
		"ciphertext of half a block":   {ciphertext: "AAAA"},
		"iv that is no base64":         {iv: strings.Repeat("!", 22)},
		"wrong padding":                {padding: make([]byte, 2)},
	} {
		f.id, f.password = "1", second
		if _, reason := open(codec, f.seal(t, good), now); reason != "foreign" {
			t.Errorf("%s under a wrong MAC: reason %q, want foreign", name, reason)
		}
	}
	// Faults of the padding say what a wrong MAC says, in the same words.
	_, wrongMAC := codec.Open(forged.seal(t, good), now)
	for name, padding := range map[string][]byte{
		"zero": {0, 0}, "too long": {17, 17}, "two bytes that differ": {1, 2}, "255": {255, 255}, "one of two is wrong": {3, 2},
	} {
		plain := good[:len(good)-(len(good)+2)%16] // with the padding, whole blocks
		_, err := codec.Open(forge{id: "1", padding: padding}.seal(t, plain), now)
		if err == nil || err.Error() != wrongMAC.Error() {
			t.Errorf("padding %s: %v, want %v", name, err, wrongMAC)
		}
	}
}

func TestS94_NoMACIsTooShort(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	value := strings.TrimSuffix(forge{id: "1"}.seal(t, good), "~2")
	at := strings.LastIndex(value, "*") + 1
	for n := range 43 {
		if _, reason := open(codec, value[:at+n]+"~2", now); reason != "malformed" {
			t.Errorf("%d characters of the MAC: reason %q, want malformed", n, reason)
		}
	}
}

func TestReasons(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	value := forge{id: "1", expiration: "1751209600000"}.seal(t, good)
	cut := strings.TrimSuffix(value, "~2")
	for _, c := range []struct{ name, value, want string }{
		{"nothing", "", "malformed"},
		{"another format", "eyJhbGciOiJkaXIifQ..a.b.c", "malformed"},
		{"only the suffix", "~2", "malformed"},
		{"only stars", "*******~2", "malformed"},
		{"seven fields", value[:strings.LastIndex(value, "*")] + "~2", "malformed"},
		{"nine fields", cut + "*x~2", "malformed"},
		{"prefix of another version", strings.Replace(value, "Fe26.2", "Fe26.1", 1), "malformed"},
		{"prefix in small letters", strings.Replace(value, "Fe", "fe", 1), "malformed"},
		{"no suffix", cut, "unsupported"},
		{"~1", cut + "~1", "unsupported"},
		{"~3", cut + "~3", "unsupported"},
		{"~02", cut + "~02", "unsupported"},
		{"~2 twice", value + "~2", "unsupported"},
		{"in quotes", `"` + value + `"`, "unsupported"},
		{"an id of nobody", strings.Replace(value, "*1*", "*2*", 1), "foreign"},
		{"an id of JavaScript", strings.Replace(value, "*1*", "*constructor*", 1), "foreign"},
		{"no id", strings.Replace(value, "*1*", "**", 1), "foreign"},
		{"an end that was moved", strings.Replace(value, "1751209600000", "1751209600001", 1), "foreign"},
		{"an end that was taken away", strings.Replace(value, "1751209600000", "", 1), "foreign"},
		{"over", forge{id: "1", expiration: "1749999940000"}.seal(t, good), "expired"},
		{"over in a millisecond", forge{id: "1", expiration: "1749999940001"}.seal(t, good), ""},
		{"an end beyond all clocks", forge{id: "1", expiration: strings.Repeat("9", 300)}.seal(t, good), ""},
	} {
		_, err := codec.Open(c.value, now)
		if got := seal.Reason(err); got != c.want {
			t.Errorf("%s: reason %q (%v), want %q", c.name, got, err, c.want)
		}
		var open *seal.OpenError
		if err != nil && (!errors.As(err, &open) || open.Codec != "iron") {
			t.Errorf("%s: error %#v", c.name, err)
		}
	}
}

func TestS102_PasswordsDoNotPrint(t *testing.T) {
	p := iron.Password{Key: seal.Key{ID: "1", Secret: []byte(secret)}, Integrity: []byte(second)}
	codec := makeBare(t, p)
	var out bytes.Buffer
	for _, v := range []any{p, &p, []iron.Password{p}, codec} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{secret, second} {
		for _, part := range []string{s[:12], fmt.Sprintf("%x", s[:6]), strings.Trim(fmt.Sprint([]byte(s[:6])), "[]")} {
			if strings.Contains(out.String(), part) {
				t.Errorf("%q is in the output:\n%s", part, out.String())
			}
		}
	}
}

func TestErrorsHoldNothingOfTheValue(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	for _, f := range []forge{{id: "1", password: second}, {id: "needle9"}, {id: "1", expiration: "1"}} {
		if _, err := codec.Open(f.seal(t, good), now); err == nil || strings.Contains(err.Error(), "needle9") || len(err.Error()) > 80 {
			t.Errorf("error %v", err)
		}
	}
}

func TestCodecsServeManyAtOnce(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	done := make(chan error)
	for worker := range 8 {
		go func() {
			done <- func() error {
				claims := fmt.Sprintf(`{"worker":%d}`, worker)
				for range 200 {
					value, err := codec.Seal([]byte(claims), seal.Life{Expires: now.Add(time.Hour)})
					if err != nil {
						return err
					}
					if got, err := codec.Open(value, now); err != nil || string(got.Claims) != claims {
						return fmt.Errorf("Open = %s, %v, want %s", got.Claims, err, claims)
					}
				}
				return nil
			}()
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
