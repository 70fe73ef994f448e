package iron_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

type vector struct {
	ID, Name, Level, Seal string
	Now                   int64 `json:"now_ms"`
	Password              vectorPassword
	Options               vectorOptions
	Data                  json.RawMessage
	Request               string `json:"request_cookie"`
	Input                 struct {
		Data    string `json:"data_json"`
		Salt    string `json:"encryption_salt"`
		IV      string `json:"iv_hex"`
		MACSalt string `json:"integrity_salt"`
		TTL     int64  `json:"ttl_ms"`
		Now     int64  `json:"now_ms"`
		ID      string
		Secret  string `json:"password"`
	}
	Expect vectorExpect
	Signet *vectorExpect // where we differ on purpose
}

type vectorExpect struct {
	Accept  bool
	Data    json.RawMessage
	Legacy  json.RawMessage `json:"legacy_data"`
	Reason  string
	Seal    string
	Error   bool
	Session json.RawMessage
	Cookies []struct {
		Name       string
		Empty      bool
		Attributes []string
	}
}

type vectorPassword struct {
	Text string                     `json:"string"`
	Raw  string                     `json:"bytes_b64u"`
	Map  map[string]json.RawMessage `json:"map"`
}

type vectorOptions struct {
	Password   string
	TTL        *int64
	Chunk      bool
	Cookie     map[string]string          `json:"cookieOptions"`
	Encryption struct{ Algorithm string } `json:"encryption"`
	Name       string                     `json:"cookieName"`
}

func readVectors(t testing.TB, level string) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/seals.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	cases := slices.DeleteFunc(file.Cases, func(v vector) bool { return v.Level != level })
	if len(cases) == 0 {
		t.Fatalf("no cases of level %q", level)
	}
	for i, v := range cases {
		if v.Signet != nil {
			cases[i].Expect = *v.Signet
		}
	}
	return cases
}

// words maps the reasons of the vectors to ours. The packages call a wrong MAC and a
// wrong form alike; exact reasons of such seals are in TestReasons.
var words = map[string][]string{
	"expired":          {"expired"},
	"unknown-password": {"foreign"},
	"version":          {"unsupported"},
	"invalid":          {"foreign", "malformed"},
}

// ring gives the passwords as iron-session takes them: one without a map has the number 1.
func (p vectorPassword) ring(t testing.TB) seal.Ring {
	t.Helper()
	if p.Map == nil {
		return seal.Secrets(p.Text)
	}
	byNumber := map[string]string{}
	for id, raw := range p.Map {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			t.Fatal(err)
		}
		byNumber[id] = text
	}
	r, err := iron.Passwords(byNumber)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bare gives the passwords as bare seals take them.
func (p vectorPassword) bare(t testing.TB) []iron.Password {
	t.Helper()
	if p.Raw != "" {
		raw, err := base64.RawURLEncoding.DecodeString(p.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return []iron.Password{{Key: seal.Key{Secret: raw}, Raw: true}}
	}
	if p.Map == nil {
		return []iron.Password{{Key: seal.Key{Secret: []byte(p.Text)}}}
	}
	var out []iron.Password
	for id, raw := range p.Map {
		var two struct{ Encryption, Integrity string }
		if err := json.Unmarshal(raw, &two.Encryption); err != nil {
			if err := json.Unmarshal(raw, &two); err != nil {
				t.Fatal(err)
			}
		}
		entry := iron.Password{Key: seal.Key{ID: id, Secret: []byte(two.Encryption)}}
		if two.Integrity != "" {
			entry.Integrity = []byte(two.Integrity)
		}
		out = append(out, entry)
	}
	return out
}

func TestSessionVectors(t *testing.T) {
	for _, v := range readVectors(t, "session") {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			codec, err := iron.New(v.Password.ring(t), "carrotsession")
			if (err != nil) != (v.Expect.Reason == "config") {
				t.Fatalf("New error = %v, want reason %q", err, v.Expect.Reason)
			}
			if err == nil {
				checkOpen(t, codec, v)
			}
		})
	}
}

func TestBareVectors(t *testing.T) {
	for _, v := range readVectors(t, "iron") {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			makeBare := iron.Bare
			if v.Options.Encryption.Algorithm == "aes-128-ctr" {
				makeBare = iron.BareCTR
			}
			codec, err := makeBare(v.Password.bare(t)...)
			if err != nil {
				t.Fatal(err)
			}
			checkOpen(t, codec, v)
		})
	}
}

func checkOpen(t *testing.T, codec seal.Codec, v vector) {
	t.Helper()
	got, err := codec.Open(v.Seal, time.UnixMilli(v.Now))
	if !v.Expect.Accept {
		if reason := seal.Reason(err); !slices.Contains(words[v.Expect.Reason], reason) {
			t.Fatalf("Open error = %v, want one of %q", err, words[v.Expect.Reason])
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, got.Claims, v.Expect.Data) {
		t.Errorf("Open = %s, want %s", got.Claims, v.Expect.Data)
	}
	// What was sealed elsewhere can be sealed again, byte for byte.
	again := codec
	if len(v.Seal) > seal.MaxToken {
		again = makeCodec(t, iron.Data, v.Password.ring(t))
	}
	value, err := again.Seal(got.Claims, seal.Life{})
	if err != nil {
		t.Fatal(err)
	}
	if claims, reason := open(again, value, now); claims != string(got.Claims) {
		t.Errorf("sealed again: Open = %s, reason %q, want %s", claims, reason, got.Claims)
	}
}

func TestLegacyVectors(t *testing.T) {
	seen := 0
	for _, v := range readVectors(t, "session") {
		codec, err := iron.Legacy(v.Password.ring(t), "carrotsession")
		if err != nil {
			continue // TestSessionVectors judges configurations
		}
		got, err := codec.Open(v.Seal, time.UnixMilli(v.Now))
		switch {
		case v.Expect.Legacy != nil:
			seen++
			if err != nil || !sameJSON(t, got.Claims, v.Expect.Legacy) || !got.Stale {
				t.Errorf("%s: Open = %s, stale %t, %v, want %s, stale", v.ID, got.Claims, got.Stale, err, v.Expect.Legacy)
			}
		case v.Expect.Accept:
			if err != nil || !sameJSON(t, got.Claims, v.Expect.Data) {
				t.Errorf("%s: Open = %s, %v, want %s as without the option", v.ID, got.Claims, err, v.Expect.Data)
			}
		case v.Expect.Reason == "version" && err == nil:
			if string(got.Claims) != "{}" || !got.Stale {
				t.Errorf("%s: Open = %s, stale %t, want {}", v.ID, got.Claims, got.Stale)
			}
		case err == nil:
			t.Errorf("%s: Open = %s, want an error", v.ID, got.Claims)
		}
	}
	if seen == 0 {
		t.Error("no vector of the older shape")
	}
}

func TestSealVectors(t *testing.T) {
	for _, v := range readVectors(t, "seal") {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			in := v.Input
			codec, err := iron.Bare(iron.Password{Key: seal.Key{ID: in.ID, Secret: []byte(in.Secret)}})
			if err != nil {
				t.Fatal(err)
			}
			var life seal.Life
			if in.TTL != 0 {
				life.Expires = time.UnixMilli(in.Now + in.TTL)
			}
			got, err := iron.SealWith(codec, in.Salt, in.IV, in.MACSalt, []byte(in.Data), life)
			if err != nil || got != v.Expect.Seal {
				t.Errorf("Seal = %s, %v, want %s", got, err, v.Expect.Seal)
			}
		})
	}
}

// sameJSON compares values as JavaScript does: numbers are doubles.
func sameJSON(t testing.TB, got, want []byte) bool {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(g, w)
}
