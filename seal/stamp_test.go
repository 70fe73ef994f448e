package seal_test

import (
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
)

var someLife = seal.Life{Issued: time.Unix(1767225600, 999), Expires: time.Unix(1769817600, 999)}

func TestStamp(t *testing.T) {
	const times = `"iat":1767225600,"exp":1769817600,"jti":"id"}`
	for _, c := range []struct{ name, claims, want string }{
		{"nothing inside", `{}`, `{` + times},
		{"members stay as they are", `{"b":1.50,"a":"\u0041","o":{"exp":1, "iat":[ ]}}`,
			`{"b":1.50,"a":"\u0041","o":{"exp":1, "iat":[ ]},` + times},
		{"given times are replaced", `{"exp":1,"a":2,"iat":"x","jti":null,"z":3}`, `{"a":2,"z":3,` + times},
		{"only given times", `{"jti":"mine","exp":1,"iat":2}`, `{` + times},
		{"given times with an escape", `{"\u0065xp":1,"a":2}`, `{"a":2,` + times},
		{"white space between members goes", " { \"a\" : 1 ,\n \"b\": [ 1 ] } ", `{"a" : 1,"b": [ 1 ],` + times},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seal.Stamp([]byte("x"), []byte(c.claims), someLife, "id")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "x"+c.want {
				t.Errorf("Stamp = %s, want x%s", got, c.want)
			}
			if _, err := members(string(got[1:])); err != nil {
				t.Errorf("what Stamp wrote cannot be read: %v", err)
			}
		})
	}
}

func TestStampWithoutAName(t *testing.T) {
	got, err := seal.Stamp(nil, []byte(`{"jti":"theirs","a":1}`), someLife, "")
	if want := `{"a":1,"iat":1767225600,"exp":1769817600}`; err != nil || string(got) != want {
		t.Errorf("Stamp = %s, %v, want %s", got, err, want)
	}
}

func TestStampRefuses(t *testing.T) {
	for _, c := range []struct {
		name, claims string
		life         seal.Life
	}{
		{"a list", `[]`, someLife},
		{"a name of ours in another case", `{"Exp":1}`, someLife},
		{"the same with an escape", `{"\u0045xp":1}`, someLife},
		{"no life", `{}`, seal.Life{}},
		{"a life without end", `{}`, seal.Life{Issued: someLife.Issued}},
		{"a life without beginning", `{}`, seal.Life{Expires: someLife.Expires}},
		{"an end after the year 9999", `{}`, seal.Life{Issued: someLife.Issued, Expires: time.Unix(253402300800, 0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := seal.Stamp([]byte("x"), []byte(c.claims), c.life, "id")
			if err == nil || string(got) != "x" {
				t.Errorf("Stamp = %s, %v, want x and an error", got, err)
			}
		})
	}
}
