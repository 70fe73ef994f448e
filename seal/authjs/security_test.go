package authjs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// kinds are the names under which Auth.js seals values.
var kinds = []string{
	"authjs.session-token", "__Secure-authjs.session-token", "__Host-authjs.session-token", "authjs.session-token.0",
	"authjs.pkce.code_verifier", "__Secure-authjs.pkce.code_verifier", "authjs.state", "__Secure-authjs.state",
	"authjs.nonce", "__Secure-authjs.nonce", "authjs.challenge", "authjs.callback-url", "authjs.csrf-token",
	"next-auth.session-token", "next-auth.state", "encodedState", "encodedWebauthnChallenge", "",
}

func TestS05_AValueOpensUnderItsOwnNameOnly(t *testing.T) {
	codecs := map[string]map[string]seal.Codec{"v5": {}, "v4": {}} // v4 with a salt: its check cookies
	for version := range codecs {
		for _, name := range kinds {
			codecs[version][name] = makeCodec(t, version, name, secret)
		}
	}
	open := func(version, name, value string) string {
		_, err := codecs[version][name].Open(value, now)
		return seal.Reason(err)
	}
	for version := range codecs {
		for _, from := range kinds {
			ours, err := codecs[version][from].Seal([]byte(`{"sub":"u-1001"}`), life)
			if err != nil {
				t.Fatal(err)
			}
			f := forge{version: version, secret: secret, salt: from}
			withGCM := f
			withGCM.gcm = true
			for kind, value := range map[string]string{"sealed": ours, "forged": f.seal(t, good), "with gcm": withGCM.seal(t, good)} {
				for _, to := range kinds {
					want := "foreign"
					if from == to {
						want = ""
					}
					if got := open(version, to, value); got != want {
						t.Errorf("%s: %s for %q, read as %q: reason %q, want %q", version, kind, from, to, got, want)
					}
				}
			}
		}
	}
	for _, name := range kinds {
		v5 := forge{version: "v5", secret: secret, salt: name, gcm: true}.seal(t, good)
		v4 := forge{version: "v4", secret: secret, salt: name}.seal(t, good)
		if a, b := open("v4", name, v5), open("v5", name, v4); a != "foreign" || b != "foreign" {
			t.Errorf("%q: read by the other version: reasons %q and %q, want foreign", name, a, b)
		}
	}
}

// versions are the two session codecs with the forges that fit them.
var versions = map[string]forge{
	"v5":          {version: "v5", secret: secret, salt: cookie},
	"v5 with gcm": {version: "v5", secret: secret, salt: cookie, gcm: true},
	"v4":          {version: "v4", secret: secret, salt: ""},
}

// openForged seals claims with a forge and opens them with the codec of its version.
func openForged(t testing.TB, f forge, claims string, at time.Time) (seal.Opened, error) {
	t.Helper()
	return makeCodec(t, f.version, f.salt, f.secret).Open(f.seal(t, claims), at)
}

func TestS12_AValueWithoutAnEndIsRefused(t *testing.T) {
	second := func(n int64) time.Time { return time.Unix(n, 0) }
	for _, c := range []struct {
		name, claims string
		at           time.Time
		want         string
	}{
		{"no exp", `{"sub":"a","iat":1}`, now, "malformed"},
		{"nothing at all", `{}`, now, "malformed"},
		{"exp is null", `{"exp":null}`, now, "malformed"},
		{"exp is a word", `{"exp":"1767229200"}`, now, "malformed"},
		{"exp is true", `{"exp":true}`, now, "malformed"},
		{"exp is a list", `{"exp":[1767229200]}`, now, "malformed"},
		{"exp overflows to infinity", `{"exp":1e400}`, now, "malformed"},
		{"exp is beyond int64", `{"exp":9223372036854775808}`, now, "malformed"},
		{"exp is in milliseconds", `{"exp":1767229200000}`, now, "malformed"},
		{"exp in another case", `{"EXP":1767229200}`, now, "malformed"},
		{"exp inside another member", `{"a":{"exp":1767229200}}`, now, "malformed"},
		{"exp is zero", `{"exp":0}`, now, "expired"},
		{"exp is negative", `{"exp":-1}`, now, "expired"},
		{"14 s after exp", `{"exp":1000}`, second(1014), ""},
		{"14.999 s after exp", `{"exp":1000}`, time.Unix(1014, 999e6), ""},
		{"15 s after exp", `{"exp":1000}`, second(1015), "expired"},
		{"a fraction more than 15 s before the clock", `{"exp":1000.5}`, second(1015), ""},
		{"a fraction, one second later", `{"exp":1000.5}`, second(1016), "expired"},
		{"exp with an exponent", `{"exp":1e3}`, second(1015), "expired"},
		{"nbf 15 s ahead", `{"exp":9999,"nbf":1015}`, second(1000), ""},
		{"nbf 16 s ahead", `{"exp":9999,"nbf":1016}`, second(1000), "not-yet"},
		{"nbf a fraction more than 15 s ahead", `{"exp":9999,"nbf":1015.5}`, second(1000), "not-yet"},
		{"nbf is null", `{"exp":9999,"nbf":null}`, second(1000), "malformed"},
		{"nbf is a word", `{"exp":9999,"nbf":"1"}`, second(1000), "malformed"},
		{"iat in the future is not judged", `{"exp":9999,"iat":5000}`, second(1000), ""},
		{"iat is a word", `{"exp":9999,"iat":"1"}`, second(1000), "malformed"},
		{"the latest end there is", `{"exp":253402300799}`, now, ""},
	} {
		for version, f := range versions {
			t.Run(version+" "+c.name, func(t *testing.T) {
				if _, err := openForged(t, f, c.claims, c.at); seal.Reason(err) != c.want {
					t.Errorf("Open = %v, want reason %q", err, c.want)
				}
			})
		}
	}
}

func TestS94_TheTagIsCheckedBeforeAnythingElse(t *testing.T) {
	f := versions["v5"]
	codec := makeCodec(t, "v5", cookie, secret)
	_, badMAC := codec.Open(changeLast(f.seal(t, good)), now)
	if seal.Reason(badMAC) != "foreign" {
		t.Fatalf("a changed tag: Open = %v, want foreign", badMAC)
	}
	pad := func(n int, b ...byte) []byte { return append(bytes.Repeat([]byte("x"), n), b...) }
	for name, raw := range map[string][]byte{
		"padding 0":                     pad(31, 0),
		"padding 17":                    pad(31, 17),
		"padding 255":                   pad(31, 255),
		"padding 2 after 1":             pad(30, 1, 2),
		"padding 16 with one byte off":  append(pad(16, 15), bytes.Repeat([]byte{16}, 15)...),
		"padding 17 in two blocks":      bytes.Repeat([]byte{17}, 32),
		"padding 3 with the first off":  pad(29, 2, 3, 3),
		"padding 3 with the second off": pad(29, 3, 2, 3),
	} {
		f.raw = raw
		_, err := codec.Open(f.seal(t, ""), now)
		if !reflect.DeepEqual(err, badMAC) {
			t.Errorf("%s: Open = %#v, a wrong tag gives %#v", name, err, badMAC)
		}
	}
	for n := range 64 {
		if n > 0 && n%16 == 0 {
			continue
		}
		f.raw = make([]byte, n)
		if _, err := codec.Open(f.seal(t, ""), now); seal.Reason(err) != "malformed" {
			t.Errorf("%d bytes of ciphertext: Open = %v, want malformed", n, err)
		}
	}
	f.raw = nil
	for version, f := range versions {
		codec := makeCodec(t, f.version, f.salt, f.secret)
		for n := range 65 {
			if n == 32 && encOf(f) != "A256GCM" || n == 16 && encOf(f) == "A256GCM" {
				continue
			}
			f.tag = func(tag []byte) []byte { return append(tag, make([]byte, 64)...)[:n] }
			if _, err := codec.Open(f.seal(t, good), now); seal.Reason(err) != "malformed" {
				t.Errorf("%s: a tag of %d bytes: Open = %v, want malformed", version, n, err)
			}
		}
		f.tag = nil
		for _, n := range []int{1, 8, 11, 13, 15, 17, 32} {
			f.iv = make([]byte, n)
			if _, err := codec.Open(f.seal(t, good), now); seal.Reason(err) != "malformed" {
				t.Errorf("%s: an IV of %d bytes: Open = %v, want malformed", version, n, err)
			}
		}
		f.iv, f.aad = nil, new(string)
		if _, err := codec.Open(f.seal(t, good), now); seal.Reason(err) != "foreign" {
			t.Errorf("%s: a tag that does not cover the header: Open = %v, want foreign", version, err)
		}
	}
	key, iv := make([]byte, 64), make([]byte, 16)
	sealed, err := authjs.SealCBC(key, iv, nil, []byte("sixteen bytes!! and more"))
	if err != nil {
		t.Fatal(err)
	}
	ct, tag := sealed[:32:32], sealed[32:]
	tag[31] ^= 1
	before := bytes.Clone(ct)
	if _, err := authjs.OpenCBC(key, iv, nil, ct, tag); err == nil || !bytes.Equal(ct, before) {
		t.Errorf("a wrong tag: err %v; decrypted before the tag was checked: %t", err, !bytes.Equal(ct, before))
	}
}

// changeLast changes one bit of the tag that stands for something.
func changeLast(value string) string {
	at := len(value) - 4
	other := byte('A')
	if value[at] == other {
		other = 'B'
	}
	return value[:at] + string(other) + value[at+1:]
}

func TestS94_EveryBitCounts(t *testing.T) {
	for version, f := range versions {
		codec := makeCodec(t, f.version, f.salt, f.secret)
		parts := strings.Split(f.seal(t, good), ".")
		for i, part := range parts {
			raw, err := b64.DecodeString(part)
			if err != nil {
				t.Fatal(err)
			}
			for bit := range 8 * len(raw) {
				raw[bit/8] ^= 1 << (bit % 8)
				changed := append([]string{}, parts...)
				changed[i] = b64.EncodeToString(raw)
				if _, err := codec.Open(strings.Join(changed, "."), now); err == nil {
					t.Fatalf("%s: part %d, bit %d changed: it opens", version, i, bit)
				}
				raw[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
}

func TestS98_KeyInventory(t *testing.T) {
	// The one pair of keys that is related: in version 5 the A256GCM key is the first
	// half, the MAC key, of the A256CBC-HS512 key.
	for _, salt := range kinds {
		f := forge{version: "v5", secret: secret, salt: salt}
		if !bytes.Equal(f.key(t, 32), f.key(t, 64)[:32]) {
			t.Errorf("%q: the GCM key is not the first half of the CBC key", salt)
		}
		f.gcm = true
		if _, err := openForged(t, f, good, now); err != nil {
			t.Errorf("%q: version 5 does not read A256GCM under that half: %v", salt, err)
		}
	}
	// All others are independent: one for each version and name, and each half of its own.
	owner := map[string]string{}
	add := func(name string, key []byte) {
		if other, taken := owner[string(key)]; taken {
			t.Errorf("%s and %s have one key", name, other)
		}
		owner[string(key)] = name
	}
	for _, salt := range kinds {
		long := forge{version: "v5", secret: secret, salt: salt}.key(t, 64)
		add("v5 MAC and GCM key of "+salt, long[:32])
		add("v5 encryption key of "+salt, long[32:])
		add("v4 key of "+salt, forge{version: "v4", secret: secret, salt: salt}.key(t, 32))
	}
	// And those of the codecs are these: what they seal names the CBC key by thumbprint.
	for _, salt := range kinds {
		value, err := makeCodec(t, "v5", salt, secret).Seal([]byte(`{}`), life)
		if err != nil {
			t.Fatal(err)
		}
		_, header, _ := authjs.Detect(value)
		if kid := (forge{version: "v5", secret: secret, salt: salt}).kid(t); !bytes.Contains(header, []byte(kid)) {
			t.Errorf("%q: header %s does not name key %s", salt, header, kid)
		}
	}
}

func TestS100_TheNewestSecretSealsAndAnyOpens(t *testing.T) {
	secrets := []string{"secret number four of the year", "secret number three of the year", "secret number two of the year", "secret number one of the year"}
	for _, version := range []string{"v5", "v4"} {
		salt := map[string]string{"v5": cookie, "v4": ""}[version]
		codec := makeCodec(t, version, salt, secrets...)
		for i, s := range secrets {
			value, err := makeCodec(t, version, salt, s).Seal([]byte(`{"sub":"u-1001"}`), life)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Open(value, now)
			if err != nil {
				t.Fatalf("%s: secret %d of the ring: %v", version, i, err)
			}
			if want := fmt.Sprint(len(secrets) - i); got.Key != want || got.Stale != (i > 0) {
				t.Errorf("%s: secret %d: key %q, stale %t, want key %q", version, i, got.Key, got.Stale, want)
			}
			if !bytes.HasPrefix(got.Claims, []byte(`{"sub":"u-1001",`)) {
				t.Errorf("%s: secret %d: claims %s", version, i, got.Claims)
			}
			// Retired: the value of a secret that has left the ring is nobody's.
			rest := append(append([]string{}, secrets[:i]...), secrets[i+1:]...)
			if _, err := makeCodec(t, version, salt, rest...).Open(value, now); seal.Reason(err) != "foreign" {
				t.Errorf("%s: secret %d has left the ring: Open = %v, want foreign", version, i, err)
			}
		}
		value, err := codec.Seal([]byte(`{}`), life)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := makeCodec(t, version, salt, secrets[0]).Open(value, now); err != nil {
			t.Errorf("%s: the newest secret did not seal: %v", version, err)
		}
	}
	// Version 5 without kid: the newest only, as Auth.js.
	old := forge{version: "v5", secret: secrets[1], salt: cookie}
	if _, err := makeCodec(t, "v5", cookie, secrets...).Open(old.seal(t, good), now); seal.Reason(err) != "foreign" {
		t.Errorf("no kid, second secret: Open = %v, want foreign", err)
	}
	for _, makeCodec := range []seal.Make{authjs.V5, authjs.V4, authjs.V4Salted} {
		for name, ring := range map[string]seal.Ring{"no secret": nil, "a secret of 15 bytes": seal.Secrets("0123456789abcde")} {
			if _, err := makeCodec(ring, cookie); err == nil || strings.Contains(err.Error(), "0123456789abcde") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := authjs.V4(seal.Secrets(append(secrets, "secret number zero of the year")...), cookie); err == nil {
		t.Error("version 4 takes five secrets")
	}
	if _, err := authjs.V5(seal.Secrets(append(secrets, "secret number zero of the year")...), cookie); err != nil {
		t.Errorf("version 5 names its keys and takes five secrets: %v", err)
	}
}

func TestS102_NothingPrintsAKey(t *testing.T) {
	for version, f := range versions {
		codec := makeCodec(t, f.version, f.salt, f.secret)
		_, err := codec.Open(f.seal(t, `{"sub":"canary-claim"}`), now)
		if err == nil {
			t.Fatal("a value without exp opens")
		}
		_, sealErr := codec.Seal([]byte(`{"sub":"canary-claim","sub":1}`), life)
		if sealErr == nil {
			t.Fatal("a member twice is sealed")
		}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "codec", codec, "err", err)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "codec", codec, "err", err)
		js, _ := json.Marshal(codec)
		text := fmt.Sprintf("%v %+v %#v %s %q %d %x|%v %+v %#v %v|%s %s", codec, codec, codec, codec, codec, codec, codec, err, err, err, sealErr, js, &out)
		key := f.key(t, 64)
		for _, canary := range []string{
			secret, "canary", fmt.Sprintf("%x", secret[:8]), strings.Trim(fmt.Sprint([]byte(secret[:8])), "[]"), b64.EncodeToString(key[:12]),
			fmt.Sprintf("%x", key[:8]), strings.Trim(fmt.Sprint(key[:8]), "[]"), strings.Trim(fmt.Sprint(key[32:40]), "[]"), fmt.Sprintf("%x", key[32:40]),
		} {
			if strings.Contains(text, canary) {
				t.Errorf("%s: %q is in %s", version, canary, text)
			}
		}
	}
}
