package lucia_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal/lucia"
)

// A session of the old application is filed under its key, and found again by the cookie
// that its browser still has.
func Example() {
	const export = `{"id":"abcdefghijkmnpqrstuvwxyz","user_id":"u-1001","expires_at":1767225600,` +
		`"secret_hash":"4da23e96ba9e392ce3fce958e4125c118987a5a2acd3c2e1116b6532e273b072","country":"KR"}`
	filed := map[string]lucia.Row{}
	for row, err := range lucia.ReadRows(strings.NewReader(export)) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		key, err := row.Key()
		if err != nil {
			fmt.Println(err)
			continue
		}
		filed[key] = row
	}

	token, err := lucia.ParseCookie("abcdefghijkmnpqrstuvwxyz.mnpqrstuvwxyz23456789abc")
	if err != nil {
		fmt.Println(err)
		return
	}
	row, found := filed[token.Key()]
	fmt.Println(found, row.UserID, row.Expires.Format(time.DateOnly), string(row.Attributes))
	fmt.Println(row)
	// Output:
	// true u-1001 2026-01-01 {"country":"KR"}
	// lucia row (text-secret, redacted)
}

func ExampleParse() {
	token, err := lucia.Parse("abcdefghijklmnopqrstuvwxyz234567")
	fmt.Println(token.Form(), token.Row(), err)

	_, err = lucia.Parse("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	fmt.Println(err)
	// Output:
	// hashed-id 84cb29b2c78b393c0d30a90d5a9f670267d02d9ec3743fc1800acff8b03bac15 <nil>
	// seal: open lucia: malformed: not a token of Lucia
}

// With the old table still at hand, the row is looked up there and the secret compared.
func ExampleToken_Check() {
	table := map[string][]byte{"abcdefghijkmnpqrstuvwxyz": make([]byte, 32)} // id → secret_hash
	token, err := lucia.Parse("abcdefghijkmnpqrstuvwxyz.mnpqrstuvwxyz23456789abc")
	if err != nil {
		fmt.Println(err)
		return
	}
	hash, found := table[token.Row()]
	fmt.Println(found, token.Check(hash))
	// Output: true false
}

func ExampleReadRows() {
	const export = `{"id":"abcdefghijklmnopqrstuvwxyz234567abcdefgh","user_id":7,"expires_at":"2026-01-01T00:00:00.000Z"}
{"id":"abcdefghijklmnopqrstuvwxyz234567abcdefgh","user_id":7}`
	for row, err := range lucia.ReadRows(strings.NewReader(export)) {
		fmt.Println(row.Form(), row.UserID, err)
	}
	// Output:
	// plain-id 7 <nil>
	// none  lucia: line 2: seal: open lucia: malformed: expires_at is missing or no time
}

func ExampleBearer() {
	value, ok := lucia.Bearer("Bearer abcdefghijklmnopqrstuvwxyz234567")
	fmt.Println(value, ok)
	_, ok = lucia.Bearer("bearer abcdefghijklmnopqrstuvwxyz234567")
	fmt.Println(ok)
	// Output:
	// abcdefghijklmnopqrstuvwxyz234567 true
	// false
}

func ExampleForm_Slide() {
	s := lucia.ByteSecret.Slide()
	fmt.Println(s.Life, s.Every)
	// Output: 240h0m0s 1h0m0s
}
