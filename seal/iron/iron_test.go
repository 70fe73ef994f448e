package iron_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

func TestConfigurationsThatCannotServe(t *testing.T) {
	emoji := strings.Repeat("\U0001F510", 16)
	for _, c := range []struct {
		name string
		ring seal.Ring
		ok   bool
	}{
		{"no password", nil, false},
		{"31 characters", ring("1", secret[:31]), false},
		{"32 characters", ring("1", secret[:32]), true},
		{"16 emoji are 32 utf-16 units", ring("1", emoji), true},
		{"15 emoji and a letter", ring("1", emoji[4:]+"x"), false},
		{"31 hangul are 93 bytes", ring("1", strings.Repeat("\uac00", 31)), false},
		{"not utf-8", ring("1", secret+"\xff"), false},
		{"a short one behind a good one", ring("2", secret, "1", "short but 16 bytes"), false},
		{"a word for an id", ring("main", secret), false},
		{"no id", ring("", secret), false},
		{"leading zero", ring("01", secret), false},
		{"a sign", ring("+1", secret), false},
		{"negative", ring("-1", secret), false},
		{"a fraction", ring("1.5", secret), false},
		{"zero", ring("0", secret), true},
		{"the last number of JavaScript", ring("9007199254740991", secret), true},
		{"one more", ring("9007199254740992", secret), false},
		{"one id twice", ring("1", secret, "1", second), false},
	} {
		for _, makeCodec := range []seal.Make{iron.New, iron.Legacy, iron.Data} {
			if _, err := makeCodec(c.ring, "s"); (err == nil) != c.ok {
				t.Errorf("%s: error = %v, want none: %t", c.name, err, c.ok)
			} else if err != nil && (!strings.HasPrefix(err.Error(), "iron: ") || strings.Contains(err.Error(), secret[:16])) {
				t.Errorf("%s: error text %q", c.name, err)
			}
		}
	}
	if _, err := iron.Passwords(map[string]string{"01": secret}); err == nil {
		t.Error("Passwords takes 01 for a number")
	}
	if _, err := iron.New(nil, ""); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("no password: %v, want seal.ErrNoKey", err)
	}
}

func TestS100_TheHighestNumberSealsAndTheNumberOpens(t *testing.T) {
	old := makeCodec(t, iron.New, ring("2", secret))
	both, err := iron.Passwords(map[string]string{"2": secret, "10": second})
	if err != nil {
		t.Fatal(err)
	}
	grown := makeCodec(t, iron.New, both)
	before, err := old.Seal([]byte(good), life)
	if err != nil {
		t.Fatal(err)
	}
	after, err := grown.Seal([]byte(good), life)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(after, "Fe26.2*10*") {
		t.Errorf("sealed as %.12s, want number 10", after)
	}
	for value, want := range map[string]seal.Opened{before: {Key: "2", Stale: true}, after: {Key: "10"}} {
		got, err := grown.Open(value, now)
		if err != nil || got.Key != want.Key || got.Stale != want.Stale {
			t.Errorf("Open: key %q, stale %t, %v, want %q, %t", got.Key, got.Stale, err, want.Key, want.Stale)
		}
	}
	if _, reason := open(old, after, now); reason != "foreign" {
		t.Errorf("a number that is not there: reason %q, want foreign", reason)
	}
	// The number decides: no other password is tried.
	if _, reason := open(makeCodec(t, iron.New, ring("2", second, "10", secret)), before, now); reason != "foreign" {
		t.Errorf("right password, wrong number: reason %q, want foreign", reason)
	}
}

func TestOpened(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	value, err := codec.Seal([]byte(good), life)
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Open(value, now)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Claims) != good || !got.Issued.IsZero() || !got.Expires.Equal(life.Expires) || got.Header != nil || got.Key != "1" || got.Stale {
		t.Errorf("Open = %+v", got)
	}
	if fields := strings.Split(value, "*"); len(got.Print) < 20 || !strings.HasPrefix(fields[7], got.Print) {
		t.Errorf("print %q is not from the mac %q", got.Print, fields[7])
	}
	again, err := codec.Seal([]byte(good), life)
	if err != nil || again == value {
		t.Fatalf("two seals are one: %v", err)
	}
	if other, err := codec.Open(again, now); err != nil || other.Print == got.Print {
		t.Errorf("two seals have one print, %v", err)
	}
}

func TestEnds(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	ends := now.Add(time.Second)
	value, err := codec.Seal([]byte(good), seal.Life{Expires: ends.Add(999 * time.Microsecond)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := codec.Open(value, now); err != nil || !got.Expires.Equal(ends) {
		t.Errorf("expires = %v, %v, want whole milliseconds, rounded down: %v", got.Expires, err, ends)
	}
	for _, c := range []struct {
		name, reason string
		after        time.Duration
	}{
		{"a minute behind its end, less a millisecond", "", time.Minute - time.Millisecond},
		{"less than a millisecond is none", "", time.Minute - time.Microsecond},
		{"a minute behind its end", "expired", time.Minute},
	} {
		if _, reason := open(codec, value, ends.Add(c.after)); reason != c.reason {
			t.Errorf("%s: reason %q, want %q", c.name, reason, c.reason)
		}
	}
	over := ends.Add(1000 * time.Hour)
	if got, err := codec.(seal.Inspector).Inspect(value); err != nil || string(got.Claims) != good || !got.Expires.Equal(ends) {
		t.Errorf("Inspect = %s, %v, %v", got.Claims, got.Expires, err)
	}
	endless, err := codec.Seal([]byte(good), seal.Life{Issued: now})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := codec.Open(endless, over.AddDate(5000, 0, 0)); err != nil || !got.Expires.IsZero() {
		t.Errorf("without an end: %v, %v", got.Expires, err)
	}
	for _, wrong := range []time.Time{time.UnixMilli(0), time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := codec.Seal([]byte(good), seal.Life{Expires: wrong}); err == nil {
			t.Errorf("a seal that ends in %d is made", wrong.Year())
		}
	}
}

func TestClaimsStayAsTheyAre(t *testing.T) {
	codec := makeCodec(t, iron.New, seal.Secrets(secret))
	for _, claims := range []string{
		`{}`, ` { "a" : 1 } `, `{"iat":1,"exp":2,"jti":"x"}`, `{"n":9007199254740993,"f":1e21,"z":-0,"long":0.10000000000000000001}`,
		`{"s":"x\ud83dy","nul":"\u0000"}`, `{"이름":"홍길동","e":"\u00e9"}`, `{"a":"*~2"}`,
	} {
		value, err := codec.Seal([]byte(claims), life)
		if err != nil {
			t.Fatal(err)
		}
		if got, reason := open(codec, value, now); got != claims {
			t.Errorf("Open = %s, reason %q, want %s", got, reason, claims)
		}
	}
}

func TestLegacy(t *testing.T) {
	strict := makeCodec(t, iron.New, seal.Secrets(secret))
	legacy := makeCodec(t, iron.Legacy, seal.Secrets(secret))
	sealed := func(plain string) string { return forge{id: "1", bare: true}.seal(t, plain) }
	wrapped := `{"persistent":{"user":{"id":30}},"flash":{"m":"x"}}`
	for _, c := range []struct{ name, value, claims, reason string }{
		{"no suffix", sealed(wrapped), `{"user":{"id":30}}`, ""},
		{"~1", sealed(wrapped) + "~1", `{"user":{"id":30}}`, ""},
		{"~2 is never unwrapped", sealed(wrapped) + "~2", wrapped, ""},
		{"nothing persistent", sealed(good), `{}`, ""},
		{"persistent is null", sealed(`{"persistent":null}`), `{}`, ""},
		{"persistent is an array", sealed(`{"persistent":[1]}`), "", "malformed"},
		{"persistent is text", sealed(`{"persistent":"abc"}`), "", "malformed"},
		{"a name twice beside it", sealed(`{"persistent":{},"a":1,"a":2}`), "", "malformed"},
		{"~0", sealed(wrapped) + "~0", "", "unsupported"},
		{"~01", sealed(wrapped) + "~01", "", "unsupported"},
		{"~3", sealed(wrapped) + "~3", "", "unsupported"},
		{"bare tilde", sealed(wrapped) + "~", "", "unsupported"},
		{"~1~1", sealed(wrapped) + "~1~1", "", "unsupported"},
		{"another password", forge{id: "1", bare: true, password: second}.seal(t, wrapped), "", "foreign"},
	} {
		claims, reason := open(legacy, c.value, now)
		if claims != c.claims || reason != c.reason {
			t.Errorf("%s: Open = %s, reason %q, want %s, %q", c.name, claims, reason, c.claims, c.reason)
		}
		if got, _ := legacy.Open(c.value, now); reason == "" && got.Stale == strings.HasSuffix(c.value, "~2") {
			t.Errorf("%s: stale = %t", c.name, got.Stale)
		}
		if _, reason := open(strict, c.value, now); !strings.HasSuffix(c.value, "~2") && reason != "unsupported" {
			t.Errorf("%s, without the option: reason %q, want unsupported", c.name, reason)
		}
	}
	value, err := legacy.Seal([]byte(good), life)
	if err != nil || !strings.HasSuffix(value, "~2") {
		t.Errorf("sealed as %s, %v, want the present form", value, err)
	}
}

func TestSizes(t *testing.T) {
	session := makeCodec(t, iron.New, seal.Secrets(secret))
	data := makeCodec(t, iron.Data, seal.Secrets(secret))
	claims := func(n int) []byte { return []byte(`{"b":"` + strings.Repeat("x", n) + `"}`) }
	if _, err := session.Seal(claims(13000), life); err == nil {
		t.Error("a session is sealed that no cookies hold")
	}
	value, err := data.Seal(claims(40000), life)
	if err != nil {
		t.Fatal(err)
	}
	for _, codec := range []seal.Codec{session, data} {
		if got, reason := open(codec, value, now); got != string(claims(40000)) {
			t.Errorf("40 kB: reason %q, %d bytes", reason, len(got))
		}
	}
	for _, n := range []int{50000, 100000} {
		if _, err := data.Seal(claims(n), life); err == nil {
			t.Errorf("%d bytes are sealed", n)
		}
	}
	// sealed-sessions: 220 + ceil(4C/3) and the suffix.
	value, err = session.Seal([]byte(`{"a":1}`), life)
	if err != nil || len(value) != 244 {
		t.Errorf("%d bytes for a small session, %v, want 244", len(value), err)
	}
}
