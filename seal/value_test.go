package seal_test

import (
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
)

func TestString(t *testing.T) {
	for raw, want := range map[string]string{
		`""`:                         "",
		`"plain text"`:               "plain text",
		`"김민수 🙂"`:                    "김민수 🙂",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\uac00\uFFFD"`: "Aé가\uFFFD",
		`"\ud83d\ude42!"`:            "🙂!",
	} {
		if got, ok := seal.String([]byte(raw)); !ok || got != want {
			t.Errorf("String(%s) = %q, %t, want %q", raw, got, ok, want)
		}
	}
	for _, raw := range []string{``, `"`, `x`, `1`, `null`, `"a`, `"a"b`, ` "a"`, `"a" `, `"\`, `"\"`, `"\u000"`, `"\u0000"`, `"\ud800"`, "\"\xff\"", "\"\n\"", `["a"]`} {
		if got, ok := seal.String([]byte(raw)); ok {
			t.Errorf("String(%s) = %q, want none", raw, got)
		}
	}
}

func TestSeconds(t *testing.T) {
	at := func(s, ns int64) time.Time { return time.Unix(s, ns) }
	for raw, want := range map[string]time.Time{
		`0`:               at(0, 0),
		`-0`:              at(0, 0),
		`1767225600`:      at(1767225600, 0),
		`1767225600.5`:    at(1767225600, 5e8),
		`1767225600.0`:    at(1767225600, 0),
		`1.7672256e9`:     at(1767225600, 0),
		`-1`:              at(-1, 0),
		`-1.5`:            at(-2, 5e8),
		`253402300799`:    at(253402300799, 0),
		`-62135596800`:    at(-62135596800, 0),
		`0.00000000e1000`: at(0, 0),
	} {
		if got, ok := seal.Seconds([]byte(raw)); !ok || !got.Equal(want) {
			t.Errorf("Seconds(%s) = %v, %t, want %v", raw, got, ok, want)
		}
	}
	for _, raw := range []string{
		``, `null`, `true`, `"1767225600"`, `[1767225600]`, `01`, `+1`, `1.`, `.5`, `1e`, ` 1`, `1 `, `0x10`, `1_000`, `NaN`, `Inf`,
		`1e400`, `9223372036854775808`, `1767225600000`, `253402300800`, `999999999999`, `-1e12`,
	} {
		if got, ok := seal.Seconds([]byte(raw)); ok || !got.IsZero() {
			t.Errorf("Seconds(%s) = %v, %t, want none", raw, got, ok)
		}
	}
}
