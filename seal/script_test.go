package seal_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

func TestScriptObjects(t *testing.T) {
	const half, nul = `\ud83d`, `\u0000`
	deep := strings.Repeat(`{"a":`, 3) + `{"__proto__":1}` + strings.Repeat(`}`, 3)
	for _, c := range []struct {
		name, object   string
		script, strict bool
	}{
		{"plain", `{"a":"b"}`, true, true},
		{"a whole pair", `{"a":"\ud83d\udd10"}`, true, true},
		{"the first half alone", `{"a":"x` + half + `y"}`, true, false},
		{"the second half alone", `{"a":"\uDD10"}`, true, false},
		{"halves in the wrong order", `{"a":"\udd10\ud83d"}`, true, false},
		{"half at the end, in an array", `{"a":["` + half + `"]}`, true, false},
		{"NUL, nested", `{"a":{"b":"` + nul + `"}}`, true, false},
		{"half in a name", `{"` + half + `":1}`, false, false},
		{"half in a nested name", `{"a":{"` + half + `":1}}`, false, false},
		{"NUL in a name", `{"` + nul + `":1}`, false, false},
		{"NUL as it is", "{\"a\":\"\x00\"}", false, false},
		{"no hex digits", `{"a":"\ud8zz"}`, false, false},
		{"cut escape", `{"a":"\ud8"}`, false, false},
		{"unknown escape", `{"a":"\x41"}`, false, false},
		{"invalid utf-8 beside a half", `{"a":"` + half + "\xff\"}", false, false},
		{"surrogate as utf-8", "{\"a\":\"\xed\xa0\xbd\"}", false, false},
		{"__proto__", `{"__proto__":{}}`, false, true},
		{"__proto__ with escapes", `{"_\u005fproto\u005F_":{}}`, false, true},
		{"__proto__ deep down", deep, false, true},
		{"__proto__ in an array", `{"a":[1,{"__proto__":1}]}`, false, true},
		{"__proto__ as a value", `{"a":"__proto__"}`, true, true},
		{"__PROTO__ is another name", `{"__PROTO__":1}`, true, true},
		{"a name twice", `{"a":1,"A":2}`, false, false},
		{"an array", `[]`, false, false},
		{"more after it", `{} {}`, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			values := make([][]byte, 1)
			if err := seal.PickScript([]byte(c.object), []string{"a"}, values); (err == nil) != c.script {
				t.Errorf("PickScript(%s) = %v, want accepted %t", c.object, err, c.script)
			} else if err != nil && seal.Reason(err) != "malformed" {
				t.Errorf("PickScript(%s): reason %q", c.object, seal.Reason(err))
			}
			if err := seal.Pick([]byte(c.object), []string{"a"}, values); (err == nil) != c.strict {
				t.Errorf("Pick(%s) = %v, want accepted %t", c.object, err, c.strict)
			}
		})
	}
}

func TestScriptValuesStayAsWritten(t *testing.T) {
	values := make([][]byte, 2)
	err := seal.PickScript([]byte(`{"a":"x\ud83dy","b":1e21}`), []string{"b", "a"}, values)
	if err != nil || string(values[0]) != "1e21" || string(values[1]) != `"x\ud83dy"` {
		t.Fatalf("PickScript = %q, %v", values, err)
	}
	if s, ok := seal.String(values[1]); ok {
		t.Errorf("String decodes half a pair, as %q", s)
	}
}
