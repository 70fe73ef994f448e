package password_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/password"
)

var ctx = context.Background()

func Example() {
	var hasher password.Hasher // one for the whole process
	var rules password.Rules

	if err := rules.Check(ctx, "three small teapots", "minsu@example.com", "Kim Minsu"); err != nil {
		fmt.Println(err)
	}
	stored, err := hasher.Hash(ctx, "three small teapots")
	fmt.Println(stored[:31], err)

	got, err := hasher.Verify(ctx, stored, "three small teapots")
	fmt.Println(got.Match, got.Upgrade, err)
	// Output:
	// $argon2id$v=19$m=19456,t=2,p=1$ <nil>
	// true false <nil>
}

// A hash from an earlier life of the app opens once more and asks to be replaced. The
// caller swaps the new hash in only if the old one is still what is stored.
func ExampleHasher_Verify() {
	var hasher password.Hasher
	stored := "$2b$04$b78yBUj6jdRKX4OOstwjDOkuoefeShTqe5Oc2YRpF3LSjGeqcvKKe" // by bcrypt(python)
	got, err := hasher.Verify(ctx, stored, "correct horse battery")
	fmt.Println(got.Match, got.Upgrade, err)
	if got.Upgrade {
		fresh, _ := hasher.Hash(ctx, "correct horse battery")
		fmt.Println(fresh[:10])
	}
	// Output:
	// true true <nil>
	// $argon2id$
}

func ExampleHasher_Hash() {
	var hasher password.Hasher
	_, err := hasher.Hash(ctx, "tab\tin it")
	fmt.Println(err)
	// Output: password: refused: control
}

// Whoever has no hash to verify, because the user is unknown, locked or has no password,
// runs the same work.
func ExampleHasher_Decoy() {
	var hasher password.Hasher
	users := map[string]string{} // nobody has signed up yet
	signIn := func(email, text string) (bool, error) {
		stored, known := users[email]
		if !known {
			return false, hasher.Decoy(ctx, text)
		}
		got, err := hasher.Verify(ctx, stored, text)
		return got.Match, err
	}
	ok, err := signIn("nobody@example.com", "a guess")
	fmt.Println(ok, err, hasher.Counts().Hashes)
	// Output: false <nil> 1
}

// After an import of users most hashes may be of another kind.
func ExampleHasher_Imitate() {
	var hasher password.Hasher
	imported := []string{
		"$2b$04$qsERKfPBYfVvFMbudr/5Ve.Ro46LTDJRVAjtFDPKNGh.Wv8wYk7qG",
		"$2b$04$FRIeqEbKMFIwPMZpJKd4au4q.ffYyCKFDy27WS0qjypYh/a.gya/a",
		"$argon2id$v=19$m=19456,t=2,p=1$ZWlnaHRlZW4gYnl0ZXMgb2Yhbm9ybT1vcGFxdWU$8zs2qNURosFxxJY49OyHih9kJChvPQdunA4O4z13yMY",
	}
	fmt.Println(hasher.Imitate(imported...)) // Decoy now runs bcrypt at cost 4
	// Output: <nil>
}

func ExampleHasher_Counts() {
	hasher := password.Hasher{Slots: 1}
	hasher.Decoy(ctx, "a guess")
	fmt.Printf("%+v\n", hasher.Counts())
	// Output: {Hashes:1 Refused:0 Running:0 Waiting:0}
}

func ExampleHasher_errors() {
	status := func(err error) int {
		switch {
		case errors.Is(err, password.ErrBusy):
			return http.StatusServiceUnavailable // with Retry-After
		case errors.Is(err, context.Canceled):
			return 499 // nobody listens any more
		}
		return http.StatusInternalServerError // the stored hash or the settings: for the log
	}
	fmt.Println(status(password.ErrBusy))
	// Output: 503
}

// A pepper is replaced by putting the new one first; each sign-in then moves one hash over.
func ExamplePepper() {
	first := password.Pepper{ID: "2025", Key: []byte(strings.Repeat("a", 32))} // random bytes, in life
	before := password.Hasher{Peppers: []password.Pepper{first}}
	stored, _ := before.Hash(ctx, "three small teapots")

	second := password.Pepper{ID: "2026", Key: []byte(strings.Repeat("b", 32))}
	now := password.Hasher{Peppers: []password.Pepper{second, first}}
	got, err := now.Verify(ctx, stored, "three small teapots")
	fmt.Println(got.Match, got.Upgrade, err)
	fmt.Println(now.Peppers)
	// Output:
	// true true <nil>
	// [pepper 2026 pepper 2025]
}

func ExampleCost() {
	hasher := password.Hasher{Cost: password.Cost{Memory: 32 << 10, Time: 3}} // 32 MiB, three passes
	stored, _ := hasher.Hash(ctx, "three small teapots")
	fmt.Println(stored[:31])
	// Output: $argon2id$v=19$m=32768,t=3,p=1$
}

func ExampleRules_Check() {
	rules := password.Rules{Words: []string{"Carrot Market"}}
	for _, text := range []string{"seven77", "P@ssw0rd1", "dkssud123", "carrot2026", "minsu1987!", "three small teapots"} {
		err := rules.Check(ctx, text, "minsu.kim@example.com", "Kim Minsu")
		var weak *password.WeakError
		if errors.As(err, &weak) {
			fmt.Println(text, "-", weak.Code)
			continue
		}
		fmt.Println(text, "- fine")
	}
	// Output:
	// seven77 - too-short
	// P@ssw0rd1 - common
	// dkssud123 - common
	// carrot2026 - common
	// minsu1987! - yours
	// three small teapots - fine
}

func ExampleBreachList() {
	list := "1C9B32D17D1F8B6E4F5BB0F2A2C9AB6D2D7E4A10:3\n" + // a file of gigabytes, in life
		"704A4D323D714DEDD6C93B01DFB2062FE18C4C79:12\n"
	rules := password.Rules{Breached: password.BreachList(strings.NewReader(list), int64(len(list)))}
	fmt.Println(rules.Check(ctx, "three small teapots"))
	// Output: password: refused: common
}

func ExampleParse() {
	info, err := password.Parse("$2y$12$" + strings.Repeat("a", 53))
	fmt.Printf("%+v %v\n", info, err)
	_, err = password.Parse("$2y$31$" + strings.Repeat("a", 53))
	fmt.Println(err)
	// Output:
	// {Algorithm:bcrypt Params:r=12 Norm: Pepper:} <nil>
	// password: stored hash asks for more than is allowed
}
