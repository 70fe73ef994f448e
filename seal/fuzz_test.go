package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/signet-auth/signet/seal"
)

// splitByLibrary is Split once more, slowly: check every byte, then encoding/base64.
func splitByLibrary(token string, parts int) ([][]byte, bool) {
	if token == "" || len(token) > seal.MaxToken {
		return nil, false
	}
	for _, c := range []byte(token) {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", rune(c)) {
			return nil, false
		}
	}
	var out [][]byte
	for text := range strings.SplitSeq(token, ".") {
		b, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, false
		}
		out = append(out, b)
	}
	return out, len(out) == parts
}

func FuzzSplit(f *testing.F) {
	for _, c := range readHostile(f) {
		if len(c.Token) > 0 {
			f.Add(c.Token, 3)
		}
	}
	for _, s := range []string{"", ".", "....", "YWI.YWJj.YWJjZA", "YWJjZGVmZ2hpamts.YW", "YR", "YW\nI", "_-_-_-_-_-_-.."} {
		f.Add(s, 1+strings.Count(s, "."))
	}
	f.Fuzz(func(t *testing.T, token string, parts int) {
		parts = 1 + (parts&0x7fff)%5
		got, err := seal.Split(token, parts)
		want, ok := splitByLibrary(token, parts)
		if (err == nil) != ok {
			t.Fatalf("Split(%q, %d) = %v, the library says %t", token, parts, err, ok)
		}
		for i, w := range want {
			if ok && !bytes.Equal(got[i], w) {
				t.Fatalf("part %d = %q, want %q", i, got[i], w)
			}
		}
	})
}

// acceptable judges an object by encoding/json and our own rules on top. It is not asked
// about surrogates, which encoding/json replaces without a word.
func acceptable(object []byte) bool {
	if !utf8.Valid(object) || !json.Valid(object) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	if t, _ := d.Token(); t != json.Delim('{') {
		return false
	}
	type level struct {
		object, value bool
		names         []string
	}
	levels := []*level{{object: true}}
	for len(levels) > 0 {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := levels[len(levels)-1]
		s, isText := token.(string)
		if isText && strings.ContainsRune(s, 0) {
			return false
		}
		switch {
		case token == json.Delim('}') || token == json.Delim(']'):
			levels = levels[:len(levels)-1]
			continue
		case top.object && !top.value:
			for _, n := range top.names {
				if strings.EqualFold(n, s) {
					return false
				}
			}
			top.names = append(top.names, s)
			top.value = true
			continue
		}
		top.value = false
		if delim, ok := token.(json.Delim); ok {
			levels = append(levels, &level{object: delim == '{'})
			if len(levels) > 64 {
				return false
			}
		}
	}
	_, err := d.Token()
	return err == io.EOF
}

func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{}`, benchObject, `{"a":{"b":[1,-2.5e+3,true,false,null,"\ud83d\ude42\n"]},"이름":"김민수"}`,
		`{"exp":1,"EXP":2}`, `{"a":"\u0000"}`, `{"kid":1,"Kid":2}`, ` {"a" : [ ] , "b" : { } } `, `{"a":01}`,
		`{"a":` + nest("[", "", "]", 63) + `}`, `{"a":` + nest("[", "", "]", 64) + `}`, `{"a":1}x`, "{\"a\":\"\xff\"}",
		`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"a":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		got := map[string]json.RawMessage{}
		err := seal.Members(object, func(name string, value []byte) error {
			got[name] = value
			return nil
		})
		if err != nil {
			surrogates := bytes.Contains(bytes.ToLower(object), []byte(`\ud`))
			if !surrogates && acceptable(object) {
				t.Fatalf("Members(%q) = %v, but nothing is wrong with it", object, err)
			}
			return
		}
		if !acceptable(object) {
			t.Fatalf("Members takes %q", object)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(object, &want); err != nil || len(want) != len(got) {
			t.Fatalf("%q: encoding/json finds %d members, %v, Members %d", object, len(want), err, len(got))
		}
		for name, w := range want {
			if !bytes.Equal(got[name], w) {
				t.Fatalf("%q: member %q = %s, encoding/json says %s", object, name, got[name], w)
			}
			sameValue(t, w)
		}
		checkPickAndStamp(t, object, got)
	})
}

// sameValue compares String and Seconds with encoding/json.
func sameValue(t *testing.T, raw []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		v = math.Inf(1) // a number beyond float64
	}
	s, isString := v.(string)
	if got, ok := seal.String(raw); ok != isString || got != s {
		t.Fatalf("String(%s) = %q, %t, want %q, %t", raw, got, ok, s, isString)
	}
	n, isNumber := v.(float64)
	inside := isNumber && n >= -62135596800 && n <= 253402300799
	got, ok := seal.Seconds(raw)
	if ok != inside {
		t.Fatalf("Seconds(%s) = %v, %t, want %t", raw, got, ok, inside)
	}
	if diff := float64(got.Unix()) + float64(got.Nanosecond())/1e9 - n; ok && math.Abs(diff) > 1e-4 {
		t.Fatalf("Seconds(%s) = %v, off by %v", raw, got, diff)
	}
}

func checkPickAndStamp(t *testing.T, object []byte, want map[string]json.RawMessage) {
	t.Helper()
	values := make([][]byte, 2)
	if err := seal.Pick(object, []string{"a", "exp"}, values); err != nil {
		t.Fatalf("Members takes %q, Pick says %v", object, err)
	}
	if !bytes.Equal(values[0], want["a"]) || !bytes.Equal(values[1], want["exp"]) {
		t.Fatalf("Pick(%q) = %q", object, values)
	}
	stamped, err := seal.Stamp(nil, object, someLife, "id")
	if err != nil {
		return
	}
	seen := 0
	err = seal.Members(stamped, func(name string, value []byte) error {
		if name != "iat" && name != "exp" && name != "jti" {
			seen++
			if !bytes.Equal(value, want[name]) {
				t.Fatalf("Stamp changed %q from %s to %s", name, want[name], value)
			}
		}
		return nil
	})
	delete(want, "iat")
	delete(want, "exp")
	delete(want, "jti")
	if err != nil || seen != len(want) {
		t.Fatalf("Stamp(%q) = %q: %d members of %d, %v", object, stamped, seen, len(want), err)
	}
}
