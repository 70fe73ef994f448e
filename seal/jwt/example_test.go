package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A cookie that jose's SignJWT wrote is read with the same secret.
func ExampleHS256() {
	codec, err := jwt.HS256(seal.Secrets("my-secret-key-in-a-tutorial"), "session")
	if err != nil {
		fmt.Println(err)
		return
	}
	const cookie = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6InRlc3RAdGVzdC5jb20iLCJleHBpcmVzIjoiMjAyNC0wOC0xNlQwMjowNDoxNy4wOTRaIiwiaWF0IjoxNzIzNzczODQ3LCJleHAiOjE3MjM3NzM4NTd9.0eH6JBSYpe0s-saGwX1VltgS96u8ju7xrzTikmG8-O8"
	opened, err := codec.Open(cookie, time.Unix(1723773852, 0))
	fmt.Println(string(opened.Claims), err)

	_, err = codec.Open(cookie, time.Unix(1723773857, 0))
	fmt.Println(err, errors.Is(err, seal.ErrExpired))
	// Output:
	// {"email":"test@test.com","expires":"2024-08-16T02:04:17.094Z","iat":1723773847,"exp":1723773857} <nil>
	// seal: open jwt: expired true
}

// HS384 and HS512 are chosen in the same way; a token of one does not open with another.
func ExampleHS384() {
	ring := seal.Secrets("a secret that has forty-eight bytes or more of it")
	hs384, err := jwt.HS384(ring, "session")
	if err != nil {
		fmt.Println(err)
		return
	}
	hs512, err := jwt.HS512(ring, "session")
	if err != nil {
		fmt.Println(err)
		return
	}
	signedIn := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	value, err := hs384.Seal([]byte(`{"sub":"u-1001"}`), seal.Life{Issued: signedIn, Expires: signedIn.Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = hs512.Open(value, signedIn)
	fmt.Println(err)
	// Output: seal: open jwt: unsupported: algorithm
}

func ExampleHS512() {
	codec, err := jwt.HS512(seal.Secrets("too short"), "session")
	fmt.Println(codec, err)
	// Output: <nil> jwt: seal: secret "1" has 9 bytes, needs at least 16
}

// An app that expects its own claims, iat and exp and nothing else.
func ExampleOptions() {
	codec, err := jwt.Options{NoJTI: true}.New(seal.Secrets("my-secret-key-in-a-tutorial"), "session")
	if err != nil {
		fmt.Println(err)
		return
	}
	signedIn := time.Unix(1723773847, 0)
	life := seal.Life{Issued: signedIn, Expires: signedIn.Add(10 * time.Second)}
	value, err := codec.Seal([]byte(`{"email":"test@test.com","expires":"2024-08-16T02:04:17.094Z"}`), life)
	fmt.Println(value[len(value)-43:], err)
	// Output: 0eH6JBSYpe0s-saGwX1VltgS96u8ju7xrzTikmG8-O8 <nil>
}

func ExampleDetect() {
	algorithm, header, ok := jwt.Detect("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA")
	fmt.Println(algorithm, string(header), ok)
	// Output: HS256 {"alg":"HS256","typ":"JWT"} true
}

// keysOfTheProvider is what a provider publishes, here the key of RFC 8037 appendix A.2.
const keysOfTheProvider = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`

func ExampleVerifier() {
	keys, err := jwt.ParseKeys([]byte(keysOfTheProvider))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := jwt.Verifier{
		Keys:       keys,
		Algorithms: []string{"EdDSA"},
		Issuer:     "https://idp.test",
		Audience:   "my-client-id",
		Profile:    jwt.IDToken,
		Leeway:     time.Minute,
	}
	login := provider
	login.Nonce = "the nonce of this sign-in"
	_, err = login.Verify(context.Background(), "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.e30.AAAA", time.Now())
	fmt.Println(err, "-", seal.Reason(err))
	// Output: seal: open jwt: foreign - foreign
}

// An access token that a program signs for itself and its back ends, with a secret.
func ExampleRingKeys() {
	keys, err := jwt.RingKeys(seal.Secrets("a new secret of forty or so characters.."))
	if err != nil {
		fmt.Println(err)
		return
	}
	v := jwt.Verifier{Keys: keys, Algorithms: []string{"HS256"}, Require: []string{"sub"}}
	const token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1LTEwMDEiLCJlbWFpbF92ZXJpZmllZCI6dHJ1ZSwiZXhwIjoxNzY3MjI5MjAwfQ.XRhIP9tLYfMJjP5r99mAFV7TdgQfFSEYVdxSkeeQPb4"
	got, err := v.Verify(context.Background(), token, time.Unix(1767225600, 0))
	fmt.Println(got.Subject, got.True("email_verified"), got.Expires.Unix(), err)
	// Output: u-1001 true 1767229200 <nil>
}

// Keys of the operator's own: tokens pick from them by kid.
func ExampleNewSet() {
	key, err := jwt.ParseKey([]byte(`{"kty":"oct","kid":"2026","alg":"HS256","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := jwt.NewSet(key)
	fmt.Println(set.Len(), key, err)

	_, err = jwt.NewSet(key, key)
	fmt.Println(err)
	// Output:
	// 1 jwt key "2026" for HS256 <nil>
	// jwt: two keys of the set are called "2026"
}

func ExampleParsePEM() {
	const text = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
	key, err := jwt.ParsePEM("back end", []byte(text))
	fmt.Println(key, err)
	// Output: jwt key "back end" for EdDSA <nil>
}

func ExampleParseKeys() {
	// What is not for checking signatures is left out.
	set, err := jwt.ParseKeys([]byte(`{"keys":[{"kty":"RSA","use":"enc"},{"kty":"EC","crv":"secp256k1"}]}`))
	fmt.Println(set.Len(), err)
	// Output: 0 <nil>
}
