package seal_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

func ExampleSecrets() {
	ring := seal.Secrets("the secret we made today, 2026", "the secret of the year before")
	for _, k := range ring {
		fmt.Println(k) // never the secret itself
	}
	// Output:
	// key "2" (redacted)
	// key "1" (redacted)
}

func ExampleRing_Check() {
	fmt.Println(seal.Ring{}.Check())
	fmt.Println(seal.Secrets("too short").Check())
	// Output:
	// seal: no secret: no-key
	// seal: secret "1" has 9 bytes, needs at least 16
}

func ExampleSplit() {
	parts, err := seal.Split("eyJhbGciOiJkaXIifQ..c2VhbGVk", 3)
	fmt.Printf("%s %q %s %v\n", parts[0], parts[1], parts[2], err)

	_, err = seal.Split("eyJhbGciOiJkaXIifQ==..c2VhbGVk", 3)
	fmt.Println(err)
	// Output:
	// {"alg":"dir"} "" sealed <nil>
	// seal: malformed: not base64url
}

func ExampleMembers() {
	err := seal.Members([]byte(`{"sub":"u-1001","role":"editor"}`), func(name string, value []byte) error {
		fmt.Printf("%s is %s\n", name, value)
		return nil
	})
	fmt.Println(err)

	err = seal.Members([]byte(`{"sub":"u-1001","Sub":"admin"}`), func(string, []byte) error { return nil })
	fmt.Println(err)
	// Output:
	// sub is "u-1001"
	// role is "editor"
	// <nil>
	// seal: malformed: json name twice
}

func ExamplePick() {
	values := make([][]byte, 2)
	err := seal.Pick([]byte(`{"sub":"u-1001","exp":1769817600}`), []string{"exp", "nbf"}, values)
	fmt.Printf("%s %v %v\n", values[0], values[1] == nil, err)
	// Output: 1769817600 true <nil>
}

func ExampleString() {
	fmt.Println(seal.String([]byte(`"\uae40\ubbfc\uc218"`)))
	fmt.Println(seal.String([]byte(`"half a pair: \ud83d"`)))
	// Output:
	// 김민수 true
	//  false
}

func ExampleSeconds() {
	at, ok := seal.Seconds([]byte(`1769817600.5`))
	fmt.Println(at.UTC(), ok)
	_, ok = seal.Seconds([]byte(`1769817600000`)) // milliseconds
	fmt.Println(ok)
	// Output:
	// 2026-01-31 00:00:00.5 +0000 UTC true
	// false
}

func ExampleStamp() {
	life := seal.Life{Issued: time.Unix(1767225600, 0), Expires: time.Unix(1769817600, 0)}
	claims, err := seal.Stamp(nil, []byte(`{"exp":1, "sub":"u-1001"}`), life, "cd39ec54")
	fmt.Println(string(claims), err)
	// Output: {"sub":"u-1001","iat":1767225600,"exp":1769817600,"jti":"cd39ec54"} <nil>
}

func ExampleReason() {
	err := fmt.Errorf("session: %w", &seal.OpenError{Codec: "authjs", Reason: seal.ErrExpired})
	fmt.Println(seal.Reason(err), errors.Is(err, seal.ErrExpired))
	// Output: expired true
}

func ExampleOpenError() {
	_, err := seal.Split("not a token", 5)
	var open *seal.OpenError
	if errors.As(err, &open) {
		fmt.Println(open.Reason, "-", open.Detail)
	}
	// Output: malformed - too few parts
}

// A cached codec answers as the codec does, and the second time without cryptography.
// Whoever changes the keys makes a new one.
func ExampleCached() {
	bare, err := authjs.V5(seal.Secrets("the secret we made today, 2026"), "authjs.session-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	codec := seal.Cached(bare, 2*10_000) // for 10,000 live sessions: about 10 MB
	signedIn := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	value, err := codec.Seal([]byte(`{"sub":"u-1001"}`), seal.Life{Issued: signedIn, Expires: signedIn.Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, visit := range []time.Duration{time.Minute, 2 * time.Minute, 2 * time.Hour} {
		opened, err := codec.Open(value, signedIn.Add(visit))
		fmt.Printf("%.16s %v\n", opened.Claims, err)
	}
	// Output:
	// {"sub":"u-1001", <nil>
	// {"sub":"u-1001", <nil>
	//  seal: open authjs: expired
}

func ExampleElements() {
	err := seal.Elements([]byte(`["web", "api"]`), func(value []byte) error {
		audience, ok := seal.String(value)
		fmt.Println(audience, ok)
		return nil
	})
	fmt.Println(err)
	// Output:
	// web true
	// api true
	// <nil>
}
