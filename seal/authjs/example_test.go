package authjs_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// A cookie that next-auth 5.0.0-beta.32 wrote is read with the same secret and the name
// of the cookie, and the other way round.
func ExampleV5() {
	ring := seal.Secrets("a new secret of forty or so characters..", "the old secret, still good for opening")
	codec, err := authjs.V5(ring, "__Secure-authjs.session-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	signedIn := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	value, err := codec.Seal([]byte(`{"sub":"u-1001"}`), seal.Life{Issued: signedIn, Expires: signedIn.Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	opened, err := codec.Open(value, signedIn.Add(time.Minute))
	fmt.Printf("%.16s %s %t %v\n", opened.Claims, opened.Key, opened.Stale, err)

	_, err = codec.Open(value, signedIn.Add(2*time.Hour))
	fmt.Println(err, errors.Is(err, seal.ErrExpired))
	// Output:
	// {"sub":"u-1001", 2 false <nil>
	// seal: open authjs: expired true
}

func ExampleV4() {
	codec, err := authjs.V4(seal.Secrets("MGY4N2Y3YTk5ZTQ0NGJlYTk4YmE5ZjA0YzE2ZGE1ZmU="), "next-auth.session-token")
	fmt.Println(codec.Format(), err)

	_, err = codec.Open("not a session", time.Now())
	fmt.Println(err)
	// Output:
	// authjs-v4 <nil>
	// seal: open authjs-v4: malformed: too few parts
}

func ExampleV4Salted() {
	ring := seal.Secrets("MGY4N2Y3YTk5ZTQ0NGJlYTk4YmE5ZjA0YzE2ZGE1ZmU=")
	state, err := authjs.V4Salted(ring, "next-auth.state")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	value, err := state.Seal([]byte(`{"state":"xyz"}`), seal.Life{Issued: now, Expires: now.Add(15 * time.Minute)})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := authjs.V4(ring, "next-auth.session-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = session.Open(value, now)
	fmt.Println(err)
	// Output: seal: open authjs-v4: foreign
}

func ExampleDetect() {
	format, header, ok := authjs.Detect("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..arBLPDoI7sOjGejF.cf5M.Nj7e2WOmER2iHIQbW2kjjA")
	fmt.Println(format, string(header), ok)
	// Output: authjs-v4 {"alg":"dir","enc":"A256GCM"} true
}

// A tool that explains a value wants to see inside one that is over, too.
func Example_inspect() {
	codec, err := authjs.V5(seal.Secrets("a new secret of forty or so characters.."), "authjs.session-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	value, err := codec.Seal([]byte(`{"sub":"u-1001"}`), seal.Life{Issued: long, Expires: long.Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if inspector, ok := codec.(seal.Inspector); ok {
		opened, err := inspector.Inspect(value)
		fmt.Printf("%.15s until %s %v\n", opened.Claims, opened.Expires.UTC().Format(time.DateTime), err)
	}
	// Output: {"sub":"u-1001" until 2020-01-01 01:00:00 <nil>
}
