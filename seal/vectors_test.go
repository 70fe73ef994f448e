package seal_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

// A hostileCase is a signed token of testdata/hostile.json.
type hostileCase struct {
	ID, Category, Token, Expect, Why string
	TokenGen                         *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	} `json:"token_gen"`
}

func (c hostileCase) text() string {
	if g := c.TokenGen; g != nil {
		return g.Prefix + strings.Repeat(g.Repeat, g.Count) + g.Suffix
	}
	return c.Token
}

func readHostile(t testing.TB) []hostileCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/hostile.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []hostileCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	return file.Cases
}

// readToken reads a signed token as far as it goes without a key.
func readToken(token string) error {
	parts, err := seal.Split(token, 3)
	if err != nil {
		return err
	}
	for _, object := range parts[:2] {
		if err := seal.Members(object, func(string, []byte) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

func TestHostileVectors(t *testing.T) {
	for _, c := range readHostile(t) {
		t.Run(c.Category+"/"+c.ID, func(t *testing.T) {
			token := c.text()
			err := readToken(token)
			if (err == nil) != (c.Expect == "valid") {
				t.Fatalf("reading gives %v, want %s: %s", err, c.Expect, c.Why)
			}
			if err != nil && seal.Reason(err) != "malformed" {
				t.Errorf("Reason(%v) = %q, want malformed", err, seal.Reason(err))
			}
			for i, b := range token {
				// A good token with parts to spare is good without them.
				if b == '.' && strings.Count(token, ".") == 2 && readToken(token[:i]) == nil {
					t.Errorf("the first %d bytes alone are read", i)
				}
			}
			if readToken(token+"A") == nil && readToken(token+".") == nil {
				t.Error("with one byte more it is read")
			}
		})
	}
}
