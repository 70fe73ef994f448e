package iron_test

import (
	"bytes"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

func password(id, secret string) iron.Password {
	return iron.Password{Key: seal.Key{ID: id, Secret: []byte(secret)}}
}

func makeBare(t testing.TB, passwords ...iron.Password) seal.Codec {
	t.Helper()
	c, err := iron.Bare(passwords...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBareIDs(t *testing.T) {
	none := makeBare(t, password("", secret))
	byDefault := makeBare(t, password("default", secret), password("k_1", second))
	sealed := func(id, password string) string { return forge{id: id, password: password, bare: true}.seal(t, good) }
	for _, c := range []struct {
		name   string
		codec  seal.Codec
		value  string
		reason string
	}{
		{"a single password without id, no id", none, sealed("", secret), ""},
		{"a single password without id, any id", none, sealed("k_1", secret), ""},
		{"a single password without id, another password", none, sealed("", second), "foreign"},
		{"no id is default", byDefault, sealed("", secret), ""},
		{"default by name", byDefault, sealed("default", secret), ""},
		{"by name", byDefault, sealed("k_1", second), ""},
		{"unknown", byDefault, sealed("k_2", second), "foreign"},
		{"the names of another case", byDefault, sealed("K_1", second), "foreign"},
		{"the suffix of a session", byDefault, sealed("k_1", second) + "~2", "malformed"},
		{"default, but without a name in the map", makeBare(t, password("", secret), password("b", second)), sealed("default", secret), ""},
	} {
		if _, reason := open(c.codec, c.value, now); reason != c.reason {
			t.Errorf("%s: reason %q, want %q", c.name, reason, c.reason)
		}
	}
}

func TestBareRoundTrips(t *testing.T) {
	raw := iron.Password{Key: seal.Key{ID: "r", Secret: bytes.Repeat([]byte{0xfe}, 32)}, Raw: true}
	two := password("x", secret)
	two.Integrity = []byte(second)
	ctr, err := iron.BareCTR(two)
	if err != nil {
		t.Fatal(err)
	}
	cbc := makeBare(t, two)
	for name, codec := range map[string]seal.Codec{"raw": makeBare(t, raw), "two passwords": cbc, "ctr": ctr, "no id": makeBare(t, password("", secret))} {
		for _, claims := range []string{`{}`, good, `{"fifteen":"abc"}`} {
			value, err := codec.Seal([]byte(claims), seal.Life{})
			if err != nil {
				t.Fatal(err)
			}
			if got, reason := open(codec, value, now); got != claims {
				t.Errorf("%s: Open = %s, reason %q, want %s", name, got, reason, claims)
			}
		}
	}
	// No MAC names the cipher: what passes it must still not open, nor panic.
	for _, claims := range []string{`{"a":12}`, `{"a":"0123456789"}`, `{}`} {
		value, err := ctr.Seal([]byte(claims), seal.Life{})
		if err != nil {
			t.Fatal(err)
		}
		if _, reason := open(cbc, value, now); reason != "malformed" && reason != "foreign" {
			t.Errorf("ctr read as cbc: reason %q", reason)
		}
		if value, err = cbc.Seal([]byte(claims), seal.Life{}); err != nil {
			t.Fatal(err)
		}
		if _, reason := open(ctr, value, now); reason != "malformed" {
			t.Errorf("cbc read as ctr: reason %q", reason)
		}
	}
	value, err := makeBare(t, password("r", secret)).Seal([]byte(good), seal.Life{})
	if err != nil {
		t.Fatal(err)
	}
	if _, reason := open(makeBare(t, raw), value, now); reason != "malformed" {
		t.Errorf("a salted seal read with a raw key: reason %q", reason)
	}
}

func TestBareConfigurations(t *testing.T) {
	raw := func(n int) iron.Password {
		return iron.Password{Key: seal.Key{Secret: make([]byte, n)}, Raw: true}
	}
	shortMAC, rawMAC := password("a", secret), raw(32)
	shortMAC.Integrity, rawMAC.Integrity = []byte(secret[:31]), make([]byte, 16)
	for name, passwords := range map[string][]iron.Password{
		"none":                   nil,
		"short":                  {password("a", secret[:31])},
		"short for the mac":      {shortMAC},
		"raw of 31":              {raw(31)},
		"raw of 33":              {raw(33)},
		"raw mac of 16":          {rawMAC},
		"a star in the id":       {password("a*b", secret)},
		"a hyphen in the id":     {password("a-b", secret)},
		"one id twice":           {password("a", secret), password("a", second)},
		"no id and default":      {password("", secret), password("default", second)},
		"a letter out of ascii":  {password("\u00e9", secret)},
		"a sign next to letters": {password("[", secret)},
	} {
		if _, err := iron.Bare(passwords...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := iron.BareCTR(raw(32)); err == nil {
		t.Error("a raw key for aes-128-ctr: no error")
	}
}
