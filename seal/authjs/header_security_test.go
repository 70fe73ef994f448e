package authjs_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

func TestS89_OnlyOneTextOpens(t *testing.T) {
	for version, f := range versions {
		value := f.seal(t, good)
		codec := makeCodec(t, f.version, f.salt, f.secret)
		if _, err := codec.Open(value, now); err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(value, ".")
		for name, other := range map[string]string{
			"six parts":                  value + ".",
			"four parts":                 strings.Join(parts[:4], "."),
			"a newline that Go skips":    strings.Replace(value, "..", "\n..", 1),
			"a newline at the end":       value + "\n",
			"a newline in each part":     strings.ReplaceAll(value, ".", "\r\n."),
			"padding":                    value + "=",
			"a space in front":           " " + value,
			"quotes":                     `"` + value + `"`,
			"percent encoding":           strings.Replace(value, ".", "%2E", 1),
			"a scheme word":              "Bearer " + value,
			"the JSON serialization":     `{"protected":"` + parts[0] + `","iv":"` + parts[2] + `","ciphertext":"` + parts[3] + `","tag":"` + parts[4] + `"}`,
			"nothing":                    "",
			"dots":                       "....",
			"longer than any cookie":     f.seal(t, good[:len(good)-1]+`,"a":"`+strings.Repeat("x", 13000)+`"}`),
			"an unused bit of the tag":   flipUnusedBit(t, value),
			"a value inside another one": value + "." + value,
		} {
			if _, err := codec.Open(other, now); seal.Reason(err) != "malformed" {
				t.Errorf("%s: %s: Open = %v, want malformed", version, name, err)
			}
		}
	}
}

// flipUnusedBit changes the last character of a value without changing what it decodes to.
func flipUnusedBit(t testing.TB, value string) string {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, value[len(value)-1])
	other := value[:len(value)-1] + string(alphabet[last^1])
	tag := value[strings.LastIndexByte(value, '.')+1:]
	a, errA := b64.DecodeString(tag)
	b, errB := b64.DecodeString(other[strings.LastIndexByte(other, '.')+1:])
	if errA != nil || errB != nil || !bytes.Equal(a, b) || len(tag)%4 == 0 {
		t.Fatal("the tag's last character has no unused bit")
	}
	return other
}

func TestS90_AmbiguousJSONIsRefused(t *testing.T) {
	for _, c := range []struct{ name, claims string }{
		{"a claim twice", `{"exp":1767229200,"sub":"a","sub":"b"}`},
		{"exp twice", `{"exp":1,"exp":1767229200}`},
		{"a claim in another case", `{"exp":1767229200,"sub":"a","SUB":"b"}`},
		{"a claim twice inside", `{"exp":1767229200,"user":{"id":1,"id":2}}`},
		{"invalid UTF-8", "{\"exp\":1767229200,\"sub\":\"\xff\"}"},
		{"half a pair", `{"exp":1767229200,"sub":"\ud800"}`},
		{"NUL", `{"exp":1767229200,"sub":"admin\u0000"}`},
		{"data behind", `{"exp":1767229200}{}`},
		{"a byte order mark", "\ufeff" + `{"exp":1767229200}`},
		{"65 levels", `{"exp":1767229200,"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`},
		{"a list", `[1767229200]`},
		{"a string", `"exp"`},
		{"nothing", ``},
		{"a token inside", `eyJhbGciOiJkaXIifQ..a.b.c`},
	} {
		for version, f := range versions {
			if _, err := openForged(t, f, c.claims, now); seal.Reason(err) != "malformed" {
				t.Errorf("%s: claims: %s: Open = %v, want malformed", version, c.name, err)
			}
		}
	}
	for _, c := range []struct{ name, header string }{
		{"a member twice", `{"alg":"dir","enc":"A256GCM","enc":"?"}`},
		{"a member in another case", `{"alg":"dir","enc":"?","ENC":"A128GCM"}`},
		{"names in capitals", `{"ALG":"dir","?":"?"}`},
		{"the Kelvin sign", `{"alg":"dir","enc":"?","kid":"a","` + "\u212a" + `id":"b"}`},
		{"half a pair", `{"alg":"dir","enc":"?","x":"\udc00"}`},
		{"data behind", `{"alg":"dir","enc":"?"} {}`},
		{"a byte order mark", "\ufeff" + `{"alg":"dir","enc":"?"}`},
		{"a list", `["dir","?"]`},
		{"nothing", " "},
		{"null", "null"},
		{"alg is missing", `{"enc":"?"}`},
		{"enc is missing", `{"alg":"dir"}`},
		{"alg is a list", `{"alg":["dir"],"enc":"?"}`},
		{"enc is null", `{"alg":"dir","enc":null}`},
		{"5 KiB", `{"alg":"dir","enc":"?","x":"` + strings.Repeat("x", 5<<10) + `"}`},
	} {
		for version, f := range versions {
			f.header = strings.ReplaceAll(c.header, `"?"`, `"`+encOf(f)+`"`)
			if _, err := openForged(t, f, good, now); seal.Reason(err) != "malformed" {
				t.Errorf("%s: header: %s: Open = %v, want malformed", version, c.name, err)
			}
		}
	}
}

func encOf(f forge) string {
	if f.gcm || f.version == "v4" {
		return "A256GCM"
	}
	return "A256CBC-HS512"
}

func TestS91_CriticalExtensionsAreRefused(t *testing.T) {
	for _, extra := range []string{
		`"crit":["exp"],"exp":1`, `"crit":["x-must"],"x-must":1`, `"crit":[]`, `"crit":"exp"`, `"crit":null`,
		`"b64":false`, `"b64":true`, `"b64":false,"crit":["b64"]`,
	} {
		for version, f := range versions {
			f.header = `{"alg":"dir","enc":"` + encOf(f) + `",` + extra + `}`
			if _, err := openForged(t, f, good, now); seal.Reason(err) != "unsupported" {
				t.Errorf("%s: %s: Open = %v, want unsupported", version, extra, err)
			}
		}
	}
}

func TestS92_TheHeaderBringsNoKey(t *testing.T) {
	calls := 0
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
	defer trap.Close()
	attacker := "the secret of somebody else, long enough"
	for version, f := range versions {
		bad := f
		bad.secret = attacker
		jwk := fmt.Sprintf(`{"kty":"oct","k":"%s"}`, b64.EncodeToString(bad.key(t, 64)))
		for _, extra := range []string{
			`"jwk":` + jwk, `"jku":"` + trap.URL + `"`, `"x5u":"` + trap.URL + `"`, `"x5c":["AAAA"]`, `"typ":"JWT"`, `"foo":{"bar":1}`,
		} {
			bad.header = `{"alg":"dir","enc":"` + encOf(f) + `",` + extra + `}`
			codec := makeCodec(t, f.version, f.salt, f.secret)
			if _, err := codec.Open(bad.seal(t, good), now); seal.Reason(err) != "foreign" {
				t.Errorf("%s: %s with another key: Open = %v, want foreign", version, extra, err)
			}
			f.header = bad.header
			if _, err := codec.Open(f.seal(t, good), now); err != nil {
				t.Errorf("%s: %s is not ignored: %v", version, extra, err)
			}
		}
	}
	if calls != 0 {
		t.Errorf("%d requests went out", calls)
	}
	for _, c := range []struct{ kid, want string }{
		{`""`, "foreign"}, {`"../../../dev/null"`, "foreign"}, {`"__proto__"`, "foreign"}, {`"1"`, "foreign"},
		{`7`, "malformed"}, {`null`, "malformed"}, {`["a"]`, "malformed"},
		{`"` + strings.Repeat("k", 256) + `"`, "foreign"}, {`"` + strings.Repeat("k", 257) + `"`, "malformed"},
	} {
		for _, version := range []string{"v5", "v5 with gcm"} {
			f := versions[version]
			f.header = `{"alg":"dir","enc":"` + encOf(f) + `","kid":` + c.kid + `}`
			if _, err := openForged(t, f, good, now); seal.Reason(err) != c.want {
				t.Errorf("%s: kid %.20s: Open = %v, want %s", version, c.kid, err, c.want)
			}
		}
	}
}

func TestS93_OnlyListedAlgorithmsOpen(t *testing.T) {
	header := func(alg, enc, extra string) string { return `{"alg":"` + alg + `","enc":"` + enc + `"` + extra + `}` }
	for version, f := range versions {
		enc := encOf(f)
		headers := map[string]string{
			// 2^31-1 rounds would take many minutes.
			"PBES2":               header("PBES2-HS256+A128KW", enc, `,"p2c":2147483647,"p2s":"7BjqyNdYseulLTwQ05rcbQ"`),
			"PBES2 rounds on dir": header("dir", enc, `,"p2c":2147483647,"p2s":"7BjqyNdYseulLTwQ05rcbQ"`),
			"compression":         header("dir", enc, `,"zip":"DEF"`),
			"unknown compression": header("dir", enc, `,"zip":null`),
			"a key of our own":    header("dir", enc, `,"epk":{"kty":"EC","crv":"P-256"}`),
			"party info":          header("dir", enc, `,"apu":"AA","apv":"AA"`),
			"key wrap values":     header("dir", enc, `,"iv":"AAAAAAAAAAAAAAAA","tag":"AAAAAAAAAAAAAAAAAAAAAA"`),
		}
		for _, alg := range []string{"", "none", "DIR", "dir ", "A128KW", "A256KW", "A256GCMKW", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW", "HS256"} {
			headers["alg "+alg] = header(alg, enc, "")
		}
		for _, other := range []string{"", "none", "A128GCM", "A192GCM", "A256CBC", "A128CBC-HS256", "A192CBC-HS384", "a256gcm", "a256cbc-hs512", "A256GCM ", "XC20P", "C20P"} {
			headers["enc "+other] = header("dir", other, "")
		}
		for name, h := range headers {
			f.header = h
			if got, err := openForged(t, f, good, now); seal.Reason(err) != "unsupported" || got.Claims != nil {
				t.Errorf("%s: %s: Open = %v, want unsupported", version, name, err)
			}
		}
		f.header = ""
		f.wrapped = "AAAA"
		if _, err := openForged(t, f, good, now); seal.Reason(err) != "malformed" {
			t.Errorf("%s: an encrypted key beside dir: Open = %v, want malformed", version, err)
		}
	}
	cbc := versions["v5"]
	cbc.version, cbc.salt = "v5", ""
	if _, err := makeCodec(t, "v4", "", secret).Open(cbc.seal(t, good), now); seal.Reason(err) != "unsupported" {
		t.Errorf("version 4 with A256CBC-HS512: Open = %v, want unsupported", err)
	}
}
