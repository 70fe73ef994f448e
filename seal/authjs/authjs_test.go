package authjs_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

func TestRoundTrip(t *testing.T) {
	life := seal.Life{Issued: time.Unix(1767225600, 999999999), Expires: time.Unix(1769817600, 1)}
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret)
		for _, claims := range []string{
			`{}`,
			`{"sub":"u-1001","name":"김민수 🙂","picture":null,"n":9007199254740993,"f":0.10,"e":"\u0041"}`,
			`{"a":"` + strings.Repeat("x", 9000) + `"}`,
		} {
			value, err := codec.Seal([]byte(claims), life)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Open(value, time.Unix(1767225600, 0))
			if err != nil {
				t.Fatalf("%s: Open(Seal(%.40s)) = %v", version, claims, err)
			}
			inside := strings.TrimSuffix(claims, "}")
			if inside != "{" {
				inside += ","
			}
			form := regexp.MustCompile(`^` + regexp.QuoteMeta(inside) + `"iat":1767225600,"exp":1769817600,"jti":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}$`)
			if !form.Match(got.Claims) {
				t.Errorf("%s: claims = %.200s, want %s", version, got.Claims, form)
			}
			if got.Issued.Unix() != 1767225600 || got.Expires.Unix() != 1769817600 {
				t.Errorf("%s: life = %v", version, got.Life)
			}
			if got.Key != "1" || got.Stale {
				t.Errorf("%s: key %q, stale %t, want 1, false", version, got.Key, got.Stale)
			}
			if text, _, _ := strings.Cut(value, "."); b64.EncodeToString(got.Header) != text {
				t.Errorf("%s: header = %s", version, got.Header)
			}
		}
	}
}

func TestSealRefusesABeginningThatIsNoTime(t *testing.T) {
	life := seal.Life{Issued: time.Unix(1000, 0), Expires: time.Unix(2000, 0)}
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret)
		for _, c := range []struct {
			name, claims string
			opens        int64 // a second at which the value opens; 0: it is not sealed
		}{
			{"in the past", `{"nbf":999}`, 1000},
			{"with a fraction", `{"nbf":999.5}`, 1000},
			{"within the life", `{"nbf":1500}`, 1500},
			{"inside another member", `{"a":{"nbf":"x"},"nbf ":null}`, 1000},
			{"in another case, which Open does not know", `{"NBF":"x"}`, 1000},
			{"within the tolerance behind the end", `{"nbf":2020}`, 2010},
			{"in milliseconds", `{"nbf":1767225600000}`, 0},
			{"a word", `{"nbf":"1"}`, 0},
			{"null", `{"nbf":null}`, 0},
			{"a word, spelt with an escape", `{"n\u0062f":"1"}`, 0},
		} {
			value, err := codec.Seal([]byte(c.claims), life)
			if (err == nil) != (c.opens != 0) {
				t.Errorf("%s: %s: Seal = %v", version, c.name, err)
			}
			if err != nil {
				continue
			}
			if _, err := codec.Open(value, time.Unix(c.opens, 0)); err != nil {
				t.Errorf("%s: %s: Open = %v", version, c.name, err)
			}
		}
	}
}

func TestFormatIsTheNameInConfiguration(t *testing.T) {
	for version, want := range map[string]string{"v5": "authjs", "v4": "authjs-v4"} {
		if got := makeCodec(t, version, "", secret).Format(); got != want {
			t.Errorf("%s: Format = %q, want %q", version, got, want)
		}
	}
	v4, err := authjs.V4(seal.Secrets(secret), cookie)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v4.Open(forge{version: "v4", secret: secret}.seal(t, good), now); err != nil {
		t.Errorf("V4 uses the cookie's name as salt: %v", err)
	}
}

func TestSealIsNeverTheSameTwice(t *testing.T) {
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret)
		values, ivs, ids, prints := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
		const rounds = 500
		for range rounds {
			value, err := codec.Seal([]byte(`{"sub":"u-1001"}`), life)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Open(value, now)
			if err != nil {
				t.Fatal(err)
			}
			var claims struct{ JTI string }
			if err := json.Unmarshal(got.Claims, &claims); err != nil {
				t.Fatal(err)
			}
			values[value], ivs[strings.Split(value, ".")[2]] = true, true
			ids[claims.JTI], prints[got.Print] = true, true
		}
		if len(values) != rounds || len(ivs) != rounds || len(ids) != rounds || len(prints) != rounds {
			t.Errorf("%s: of %d: %d values, %d IVs, %d jti, %d prints", version, rounds, len(values), len(ivs), len(ids), len(prints))
		}
	}
}

func TestSealRefuses(t *testing.T) {
	for _, c := range []struct {
		name, claims string
		life         seal.Life
	}{
		{"claims that are no object", `[]`, life},
		{"a member twice", `{"a":1,"a":2}`, life},
		{"a member of ours in another case", `{"Exp":1}`, life},
		{"more than a cookie holds", `{"a":"` + strings.Repeat("x", seal.MaxToken) + `"}`, life},
		{"what base64 makes more than a cookie holds", `{"a":"` + strings.Repeat("x", seal.MaxToken*3/4) + `"}`, life},
		{"no life", `{}`, seal.Life{}},
	} {
		for _, version := range []string{"v5", "v4"} {
			value, err := makeCodec(t, version, cookie, secret).Seal([]byte(c.claims), c.life)
			if err == nil || value != "" {
				t.Errorf("%s: %s: Seal = %.20q, %v, want an error", version, c.name, value, err)
			}
		}
	}
}

// What Seal lets through, Open takes: the largest value, too.
func TestTheLargestValueOpens(t *testing.T) {
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret)
		longest := 0
		for n := seal.MaxToken * 3 / 4; n > 0; n-- {
			value, err := codec.Seal([]byte(`{"a":"`+strings.Repeat("x", n)+`"}`), life)
			if err != nil {
				continue
			}
			longest = len(value)
			if _, err := codec.Open(value, now); err != nil {
				t.Errorf("%s: %d bytes: %v", version, len(value), err)
			}
			break
		}
		if longest < seal.MaxToken-32 {
			t.Errorf("%s: the largest value has %d bytes", version, longest)
		}
	}
}

func TestPrintNamesTheValueNotItsText(t *testing.T) {
	for version, f := range versions {
		got, err := openForged(t, f, good, now)
		if err != nil {
			t.Fatal(err)
		}
		value := f.seal(t, good)
		tag, err := b64.DecodeString(value[strings.LastIndexByte(value, '.')+1:])
		if err != nil {
			t.Fatal(err)
		}
		if want := b64.EncodeToString(tag[:16]); got.Print != want {
			t.Errorf("%s: Print = %q, want %q", version, got.Print, want)
		}
	}
}

func TestInspectShowsWhatOpenRefusesForItsTime(t *testing.T) {
	for _, c := range []struct {
		name, claims    string
		issued, expires int64 // -1: none
	}{
		{"over", `{"iat":1000,"exp":2000}`, 1000, 2000},
		{"not begun", `{"exp":253402300799,"nbf":253402300700}`, -1, 253402300799},
		{"without an end", `{"iat":1000}`, 1000, -1},
		{"with times that make no sense", `{"iat":"x","exp":1e400}`, -1, -1},
	} {
		for version, f := range versions {
			codec := makeCodec(t, f.version, f.salt, f.secret)
			value := f.seal(t, c.claims)
			if _, err := codec.Open(value, now); err == nil {
				t.Fatalf("%s: %s: it opens", version, c.name)
			}
			got, err := codec.(seal.Inspector).Inspect(value)
			if err != nil || string(got.Claims) != c.claims || got.Key != "1" || got.Print == "" || got.Header == nil {
				t.Errorf("%s: %s: Inspect = %+v, %v", version, c.name, got, err)
			}
			for which, at := range map[string]struct {
				got  time.Time
				want int64
			}{"issued": {got.Issued, c.issued}, "expires": {got.Expires, c.expires}} {
				if at.got.IsZero() != (at.want == -1) || !at.got.IsZero() && at.got.Unix() != at.want {
					t.Errorf("%s: %s: %s = %v, want %d", version, c.name, which, at.got, at.want)
				}
			}
		}
	}
	codec := makeCodec(t, "v5", cookie, secret)
	for name, value := range map[string]string{
		"foreign":   forge{version: "v5", secret: "somebody else's secret", salt: cookie}.seal(t, good),
		"malformed": versions["v5"].seal(t, `[]`),
	} {
		if got, err := codec.(seal.Inspector).Inspect(value); seal.Reason(err) != name || got.Claims != nil {
			t.Errorf("%s: Inspect = %s, %v", name, got.Claims, err)
		}
	}
}

func TestOlderFormsAreStale(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     forge
		named bool
		stale bool
	}{
		{"v5 as sealed", forge{version: "v5"}, true, false},
		{"v5 without kid", forge{version: "v5"}, false, true},
		{"v5 with A256GCM", forge{version: "v5", gcm: true}, false, true},
		{"v5 with A256GCM and its kid", forge{version: "v5", gcm: true}, true, true},
		{"v4 as sealed", forge{version: "v4"}, false, false},
		{"v4 with a kid, which it takes no notice of", forge{version: "v4"}, true, true},
	} {
		c.f.secret, c.f.salt = secret, cookie
		if c.named {
			c.f.header = `{"alg":"dir","enc":"` + encOf(c.f) + `","kid":"` + c.f.kid(t) + `"}`
		}
		got, err := openForged(t, c.f, good, now)
		if err != nil || got.Stale != c.stale || got.Key != "1" {
			t.Errorf("%s: stale %t, key %q, %v, want stale %t", c.name, got.Stale, got.Key, err, c.stale)
		}
	}
	f := forge{version: "v5", secret: secret, salt: cookie, gcm: true}
	f.header = `{"alg":"dir","enc":"A256GCM","kid":"` + (forge{version: "v5", secret: secret, salt: cookie}).kid(t) + `"}`
	if _, err := openForged(t, f, good, now); seal.Reason(err) != "foreign" {
		t.Errorf("A256GCM with the kid of the other size: Open = %v, want foreign", err)
	}
}

func TestHeadersMaySpaceThemselves(t *testing.T) {
	for version, f := range versions {
		f.header = ` { "enc" : "` + encOf(f) + `" , "alg" : "d\u0069r" } `
		if _, err := openForged(t, f, good, now); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestOpenedPartsDoNotOverlap(t *testing.T) {
	for version, f := range versions {
		got, err := openForged(t, f, good, now)
		if err != nil {
			t.Fatal(err)
		}
		header, claims := string(got.Header), string(got.Claims)
		_ = append(got.Header, bytes.Repeat([]byte("x"), 500)...)
		_ = append(got.Claims, bytes.Repeat([]byte("x"), 500)...)
		if string(got.Header) != header || string(got.Claims) != claims || claims != good {
			t.Errorf("%s: appending to one changed the other", version)
		}
	}
}

func TestCodecsServeManyAtOnce(t *testing.T) {
	for _, version := range []string{"v5", "v4"} {
		codec := makeCodec(t, version, cookie, secret, "another secret that is older")
		var wait sync.WaitGroup
		for g := range 8 {
			wait.Go(func() {
				claims := `{"sub":"` + strings.Repeat(string(rune('a'+g)), 50*g+1) + `"`
				for range 200 {
					value, err := codec.Seal([]byte(claims+"}"), life)
					if err != nil {
						t.Error(err)
						return
					}
					got, err := codec.Open(value, now)
					if err != nil || !bytes.HasPrefix(got.Claims, []byte(claims)) {
						t.Errorf("Open = %.60s, %v, want %.60s", got.Claims, err, claims)
						return
					}
				}
			})
		}
		wait.Wait()
	}
}

func TestDetect(t *testing.T) {
	v5, v5gcm, v4 := versions["v5"], versions["v5 with gcm"], versions["v4"]
	header := func(h string) string { return b64.EncodeToString([]byte(h)) + "...." }
	for _, c := range []struct{ name, value, want string }{
		{"v5 without kid", v5.seal(t, good), "authjs"},
		{"v4", v4.seal(t, good), "authjs-v4"},
		{"v5 with A256GCM and without kid looks like v4", v5gcm.seal(t, good), "authjs-v4"},
		{"A256GCM with kid", header(`{"alg":"dir","enc":"A256GCM","kid":"x"}`), "authjs"},
		{"another enc with kid", header(`{"alg":"dir","enc":"A128GCM","kid":"x"}`), "authjs"},
		{"another alg", header(`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1}`), "authjs-v4"},
		{"another enc without kid", header(`{"alg":"dir","enc":"A128GCM"}`), ""},
		{"a broken header", header(`{"alg":"dir","enc":"A256GCM"`), ""},
		{"three parts", "eyJhbGciOiJIUzI1NiJ9.e30.", ""},
		{"an iron seal", "Fe26.2*1*a*b*c*d*e*f", ""},
		{"nothing", "", ""},
	} {
		format, h, ok := authjs.Detect(c.value)
		if format != c.want || ok != (c.want != "") || ok != (h != nil) {
			t.Errorf("%s: Detect = %q, %s, %t, want %q", c.name, format, h, ok, c.want)
		}
		if text, _, _ := strings.Cut(c.value, "."); ok && b64.EncodeToString(h) != text {
			t.Errorf("%s: header = %s", c.name, h)
		}
	}
}
