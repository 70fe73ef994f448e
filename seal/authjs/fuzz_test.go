package authjs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

func FuzzOpenV5(f *testing.F) { fuzzOpen(f, "v5", cookie) }
func FuzzOpenV4(f *testing.F) { fuzzOpen(f, "v4", "") }

// fuzzOpen changes values. None may open but those that were sealed.
func fuzzOpen(f *testing.F, version, salt string) {
	codec := makeCodec(f, version, salt, secret, "another secret that is older")
	seeds := []string{
		"....",
		forge{version: version, secret: secret, salt: salt}.seal(f, good),
		forge{version: version, secret: secret, salt: salt, gcm: true}.seal(f, good),
	}
	for _, c := range readCases[hostileCase](f, "hostile.json") {
		if c.Kind == "session-jwe" || c.Kind == "jwe" {
			seeds = append(seeds, c.Token)
		}
	}
	genuine := map[string]bool{}
	for _, value := range seeds {
		_, err := codec.Open(value, now)
		genuine[value] = err == nil
		f.Add(value)
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
		authjs.Detect(value)
	})
}

// FuzzOpenGenuine puts anything into a value that is genuine as far as its tag goes.
// What opens must say the same to encoding/json.
func FuzzOpenGenuine(f *testing.F) {
	for _, h := range []string{
		`{"alg":"dir","enc":"A256CBC-HS512"}`, `{"alg":"dir","enc":"A256GCM"}`, `{"alg":"dir","enc":"A256GCM","zip":"DEF"}`,
		`{"alg":"dir","enc":"A256CBC-HS512","kid":"x"}`, `{"alg":"dir","alg":"none","enc":"A256GCM"}`, `[]`, ``,
	} {
		for _, c := range []string{good, `{}`, `{"exp":1e400}`, `{"exp":1767229200.5,"nbf":1}`, `{"exp":1,"exp":1767229200}`, `[1]`, ``} {
			f.Add([]byte(h), []byte(c))
		}
	}
	f.Fuzz(func(t *testing.T, header, claims []byte) {
		for version, forge := range versions {
			forge.header = string(header)
			got, err := openForged(t, forge, string(claims), now)
			if err != nil {
				if seal.Reason(err) == "" || got.Claims != nil {
					t.Fatalf("%s: Open = %s, %v", version, got.Claims, err)
				}
				continue
			}
			if !bytes.Equal(got.Claims, claims) {
				t.Fatalf("%s: claims = %q, want %q", version, got.Claims, claims)
			}
			checkOpened(t, header, claims, got)
		}
	})
}

func checkOpened(t *testing.T, header, claims []byte, got seal.Opened) {
	t.Helper()
	if len(header) == 0 {
		header = got.Header // the forge chose one
	}
	var h map[string]any
	if err := json.Unmarshal(header, &h); err != nil || h["alg"] != "dir" || (h["enc"] != "A256GCM" && h["enc"] != "A256CBC-HS512") {
		t.Fatalf("header %q opens, encoding/json says %v, %v", header, h, err)
	}
	for _, name := range []string{"zip", "crit", "b64", "p2c"} {
		if _, there := h[name]; there {
			t.Fatalf("header %q opens", header)
		}
	}
	var c map[string]json.RawMessage
	if err := json.Unmarshal(claims, &c); err != nil {
		t.Fatalf("claims %q open: %v", claims, err)
	}
	number := func(name string) (n float64, there bool) {
		if err := json.Unmarshal(c[name], &n); c[name] != nil && err != nil {
			t.Fatalf("claims %q open: %s: %v", claims, name, err)
		}
		return n, c[name] != nil
	}
	if exp, there := number("exp"); !there || exp <= float64(now.Unix()-15) {
		t.Fatalf("claims %q open after their time", claims)
	}
	if nbf, there := number("nbf"); there && nbf > float64(now.Unix()+15) {
		t.Fatalf("claims %q open before their time", claims)
	}
	if iat, there := number("iat"); there && math.Abs(iat-float64(got.Issued.UnixMicro())/1e6) > 1e-3 {
		t.Fatalf("claims %q: issued %v", claims, got.Issued)
	}
}
