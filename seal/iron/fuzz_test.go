package iron_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

func FuzzOpen(f *testing.F)       { fuzzOpen(f, iron.New) }
func FuzzOpenLegacy(f *testing.F) { fuzzOpen(f, iron.Legacy) }

// fuzzOpen changes values. None may open but those that were sealed.
func fuzzOpen(f *testing.F, makeIt seal.Make) {
	codec := makeCodec(f, makeIt, ring("1", secret, "2", second))
	genuine := map[string]bool{}
	add := func(value string) {
		_, err := codec.Open(value, now)
		genuine[value] = err == nil
		f.Add(value)
	}
	for _, level := range []string{"session", "iron"} {
		for _, v := range readVectors(f, level) {
			// Who holds a cookie may choose any suffix.
			text, _, _ := strings.Cut(v.Seal, "~")
			for _, suffix := range []string{"", "~1", "~2", "~3"} {
				add(text + suffix)
			}
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := codec.Open(value, now)
		if err == nil {
			if !genuine[value] {
				t.Fatalf("a value nobody sealed opens: %q, %s", value, got.Claims)
			}
			return
		}
		var open *seal.OpenError
		if !errors.As(err, &open) || open.Codec != codec.Format() || seal.Reason(err) == "" || got.Claims != nil {
			t.Fatalf("Open(%q) = %s, %#v", value, got.Claims, err)
		}
	})
}

// FuzzOpenGenuine puts anything into a seal whose MAC is right. What opens must be an
// object to encoding/json, too, and be what was put in.
func FuzzOpenGenuine(f *testing.F) {
	for _, plain := range []string{good, `{}`, `{"a":"x\ud83dy\u0000"}`, `{"__proto__":1}`, `{"persistent":{"a":1},"b":2}`, `[1]`, ``} {
		for _, expiration := range []string{"", "1751209600000", "1", "99999999999999999999999", "01", "1.5"} {
			f.Add([]byte(plain), expiration, "", "")
		}
	}
	f.Add([]byte(good), "", "AAAA", "")
	f.Add([]byte(good), "", "", strings.Repeat("A", 21)+"B")
	codec, legacy := makeCodec(f, iron.New, seal.Secrets(secret)), makeCodec(f, iron.Legacy, seal.Secrets(secret))
	f.Fuzz(func(t *testing.T, plain []byte, expiration, ciphertext, iv string) {
		value := forge{id: "1", expiration: expiration, ciphertext: ciphertext, iv: iv}.seal(t, string(plain))
		got, err := codec.Open(value, now)
		if err != nil {
			if seal.Reason(err) == "" || got.Claims != nil {
				t.Fatalf("Open = %s, %v", got.Claims, err)
			}
		} else {
			checkObject(t, got.Claims)
			if ciphertext == "" && iv == "" && string(got.Claims) != string(plain) {
				t.Fatalf("claims = %q, want %q", got.Claims, plain)
			}
			if !got.Expires.IsZero() && got.Expires.Add(time.Minute).Compare(now) <= 0 {
				t.Fatalf("it opens at %v, %v after its end", now, now.Sub(got.Expires))
			}
		}
		old, err := legacy.Open(strings.TrimSuffix(value, "~2"), now)
		if err == nil {
			checkObject(t, old.Claims)
		} else if seal.Reason(err) == "" {
			t.Fatal(err)
		}
	})
}

func checkObject(t *testing.T, claims []byte) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(claims, &members); err != nil || members == nil {
		t.Fatalf("claims %q open: %v", claims, err)
	}
	if _, there := members["__proto__"]; there {
		t.Fatalf("claims %q open", claims)
	}
}

// FuzzRoundTrip seals anything that Seal takes and expects it back, byte for byte.
func FuzzRoundTrip(f *testing.F) {
	for _, claims := range []string{good, `{}`, ` {"a":[1,2.5e9,null,true]} `, `{"s":"\ud83d"}`, `{"a":"` + strings.Repeat("x", 300) + `"}`, `[]`} {
		f.Add([]byte(claims), secret, int64(1751209600000))
		f.Add([]byte(claims), strings.Repeat("\uac00", 32), int64(0))
	}
	f.Fuzz(func(t *testing.T, claims []byte, text string, ends int64) {
		codec, err := iron.Data(ring("7", text), "")
		if err != nil {
			return
		}
		var life seal.Life
		if ends != 0 {
			life.Expires = time.UnixMilli(ends)
		}
		value, err := codec.Seal(claims, life)
		if err != nil {
			return
		}
		got, err := codec.(seal.Inspector).Inspect(value)
		if err != nil || string(got.Claims) != string(claims) || !got.Expires.Equal(life.Expires) || got.Stale || got.Key != "7" {
			t.Fatalf("Inspect = %+v, %v, want %q, %v", got, err, claims, life.Expires)
		}
		// The standard library's primitives read the same text.
		parts := strings.Split(value, "*")
		again := forge{
			password: text, id: "7", expiration: parts[5], salt: parts[2], macSalt: parts[6], iv: parts[3], ciphertext: parts[4],
		}.seal(t, "")
		if again != value {
			t.Fatalf("sealed as %s, want %s", value, again)
		}
	})
}
