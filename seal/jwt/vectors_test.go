package jwt_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// readCases reads the cases of a file in testdata.
func readCases[T any](t testing.TB, name string) []T {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []T }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	return file.Cases
}

// A packageCase is a token with what Signet should make of it.
type packageCase struct {
	ID, Name, Group, Token, Why string

	Key struct {
		Kind      string
		UTF8      string
		Base64URL string `json:"b64u"`
		JWK       json.RawMessage
		PEM       string
	}
	Verify struct {
		Algorithms       []string
		Now              int64
		Tolerance        int64 `json:"clock_tolerance_s"`
		Issuer, Audience string
	}
	Expect struct {
		Accept bool
		Reason string
		Claims json.RawMessage
	}
}

// words maps the reasons of the vectors to ours.
var words = map[string][]string{
	"malformed": {"malformed"},
	"header":    {"malformed"},
	"claims":    {"malformed"},
	"alg":       {"unsupported"},
	"crit":      {"unsupported"},
	"key":       {"unsupported"}, // or the key is refused before there is a token
	"signature": {"foreign"},
	"issuer":    {"foreign"},
	"audience":  {"foreign"},
	"expired":   {"expired"},
	"not-yet":   {"not-yet"},
}

func (c packageCase) secret() []byte {
	if c.Key.Base64URL != "" {
		raw, _ := b64.DecodeString(c.Key.Base64URL)
		return raw
	}
	return []byte(c.Key.UTF8)
}

// keys makes the set of the case from its secret, or from each form of its public key.
func (c packageCase) keys(t *testing.T) (sets []jwt.KeySet, err error) {
	if c.Key.Kind != "public" {
		set, err := jwt.RingKeys(seal.Ring{{ID: "1", Secret: c.secret()}})
		return []jwt.KeySet{set}, err
	}
	fromJWK, err := jwt.ParseKey(c.Key.JWK)
	if err != nil {
		return nil, err
	}
	fromPEM, err := jwt.ParsePEM("", []byte(c.Key.PEM))
	if err != nil {
		t.Errorf("ParsePEM: %v", err)
		return nil, err
	}
	return []jwt.KeySet{newSet(t, fromJWK), newSet(t, fromPEM)}, nil
}

func newSet(t testing.TB, keys ...*jwt.Key) *jwt.Set {
	t.Helper()
	set, err := jwt.NewSet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (c packageCase) check(t *testing.T, claims []byte, err error) {
	t.Helper()
	if c.Expect.Accept {
		if err != nil {
			t.Fatalf("refused: %v: %s", err, c.Why)
		}
		if !sameJSON(t, claims, c.Expect.Claims) {
			t.Errorf("claims = %s, want %s", claims, c.Expect.Claims)
		}
		return
	}
	if err == nil || claims != nil {
		t.Fatalf("accepted with %s: %s", claims, c.Why)
	}
	want := words[c.Expect.Reason]
	if c.Group == "encoding" {
		want = []string{"malformed", "foreign"}
	}
	if got := seal.Reason(err); !slices.Contains(want, got) {
		t.Errorf("%v, want one of %q", err, want)
	}
}

func TestVectorsOfThePackages(t *testing.T) {
	for _, c := range readCases[packageCase](t, "jwt.json") {
		t.Run(c.ID+"/"+c.Name, func(t *testing.T) {
			now := time.Unix(c.Verify.Now, 0)
			leeway := time.Duration(c.Verify.Tolerance) * time.Second
			sets, err := c.keys(t)
			if err != nil {
				if c.Expect.Accept || c.Expect.Reason != "key" {
					t.Fatalf("the key is refused: %v", err)
				}
				return
			}
			for _, keys := range sets {
				v := jwt.Verifier{
					Keys: keys, Algorithms: c.Verify.Algorithms, Leeway: leeway, Issuer: c.Verify.Issuer, Audience: c.Verify.Audience,
					FutureIssued: true,
				}
				got, err := v.Verify(t.Context(), c.Token, now)
				c.check(t, got.Claims, err)
			}
			// A session has neither issuer nor audience.
			if c.Key.Kind == "public" || c.Verify.Issuer != "" || c.Verify.Audience != "" {
				return
			}
			algorithm := "HS256"
			if len(c.Verify.Algorithms) == 1 {
				algorithm = c.Verify.Algorithms[0]
			}
			codec, err := jwt.Options{Algorithm: algorithm, Leeway: leeway}.New(seal.Ring{{ID: "1", Secret: c.secret()}}, "")
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Open(c.Token, now)
			c.check(t, got.Claims, err)
		})
	}
}

func sameJSON(t testing.TB, got, want []byte) bool {
	t.Helper()
	var g, w any
	for raw, v := range map[*[]byte]*any{&got: &g, &want: &w} {
		d := json.NewDecoder(bytes.NewReader(*raw))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(g, w)
}

// A hostileCase is one of testdata/hostile.json.
type hostileCase struct {
	ID, Category, Kind, Token, Expect, Why string

	TokenGen *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	} `json:"token_gen"`
	Key    json.RawMessage
	Policy policy
	Assert map[string]any

	Alg       string
	Public    string `json:"pk_hex"`
	Message   string `json:"msg_hex"`
	Signature string `json:"sig_hex"`
}

// A policy is what a case asks a verifier to be.
type policy struct {
	Algs        []string
	Iss, Aud    string
	Leeway      int64 `json:"leeway_s"`
	Now         int64
	Require     []string
	Profile     string
	Typ         string
	Nonce       string
	AccessToken string `json:"access_token"`
	MaxAge      int64  `json:"max_age_s"`
	MaxIatAge   int64  `json:"max_iat_age_s"`
	CheckIat    bool   `json:"check_iat"`
	MaxExp      int64  `json:"max_exp"`
	MaxDepth    int    `json:"max_json_depth"`
	MaxToken    int    `json:"max_token_bytes"`
}

func (p policy) verifier(t testing.TB, keys jwt.KeySet) jwt.Verifier {
	t.Helper()
	if p.MaxDepth != 0 && p.MaxDepth != 64 {
		t.Fatalf("the depth of JSON is 64, not %d", p.MaxDepth)
	}
	v := jwt.Verifier{
		Keys: keys, Algorithms: p.Algs, Issuer: p.Iss, Audience: p.Aud, Profile: jwt.Profile(p.Profile), Typ: p.Typ,
		Require: p.Require, Nonce: p.Nonce, WithoutNonce: p.Nonce == "", AccessToken: p.AccessToken,
		MaxAge: time.Duration(p.MaxAge) * time.Second, MaxIssuedAge: time.Duration(p.MaxIatAge) * time.Second,
		FutureIssued: !p.CheckIat, Leeway: time.Duration(p.Leeway) * time.Second, MaxTokenBytes: p.MaxToken,
	}
	if p.MaxExp != 0 {
		v.Latest = time.Unix(p.MaxExp, 0)
	}
	return v
}

func (c hostileCase) text() string {
	if g := c.TokenGen; g != nil {
		return g.Prefix + strings.Repeat(g.Repeat, g.Count) + g.Suffix
	}
	return c.Token
}

// keys reads the case's key or set by the door that configuration and providers use.
func (c hostileCase) keys(t testing.TB) jwt.KeySet {
	t.Helper()
	raw := c.Key
	if !bytes.Contains(raw, []byte(`"keys"`)) {
		raw = slices.Concat([]byte(`{"keys":[`), raw, []byte(`]}`))
	}
	set, err := jwt.ParseKeys(raw)
	if err != nil {
		t.Fatalf("ParseKeys: %v", err)
	}
	return set
}

// verify gives the verdict on a token under the policy of the case.
func (c hostileCase) verify(t testing.TB, token string) (jwt.Verified, error) {
	t.Helper()
	v := c.Policy.verifier(t, c.keys(t))
	if c.Kind != "jws" {
		return v.Verify(t.Context(), token, time.Unix(c.Policy.Now, 0))
	}
	payload, err := v.Authentic(t.Context(), token)
	return jwt.Verified{Claims: payload}, err
}

func TestHostileVectors(t *testing.T) {
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind == "sig" {
			continue // see TestHostileSignatures
		}
		t.Run(c.Category+"/"+c.ID, func(t *testing.T) {
			got, err := c.verify(t, c.text())
			if (err == nil) != (c.Expect == "valid") {
				t.Fatalf("Verify gives %v, want %s: %s", err, c.Expect, c.Why)
			}
			if err != nil {
				var open *seal.OpenError
				if !errors.As(err, &open) || got.Claims != nil {
					t.Errorf("Verify = %s, %#v", got.Claims, err)
				}
			}
			c.assert(t, got)
			c.mutate(t)
		})
	}
}

func (c hostileCase) assert(t *testing.T, got jwt.Verified) {
	t.Helper()
	for name, want := range c.Assert {
		switch want := want.(type) {
		case bool:
			if got.True(name) != want {
				t.Errorf("%s = %t, want %t", name, got.True(name), want)
			}
		case string:
			if got.Text(name) != want {
				t.Errorf("%s = %q, want %q", name, got.Text(name), want)
			}
		default:
			t.Fatalf("%s: no way to check %T", name, want)
		}
	}
}

// mutate runs the rules of the vectors: with a byte more, and cut at each border.
func (c hostileCase) mutate(t *testing.T) {
	t.Helper()
	token := c.text()
	for _, more := range []string{"A", "Q", ".", "=", "\n", "\x00"} {
		if got, err := c.verify(t, token+more); err == nil {
			t.Errorf("with %q behind it the token is valid: %s", more, got.Claims)
		}
	}
	borders := 0
	for i := range len(token) {
		if token[i] != '.' {
			continue
		}
		if borders++; borders > 8 {
			break
		}
		for _, cut := range []string{token[:i], token[:i+1], token[i+1:]} {
			if got, err := c.verify(t, cut); err == nil && (borders < 3 || strings.Count(cut, ".") != 2) {
				t.Errorf("cut at %d the token is valid: %s", i, got.Claims)
			}
		}
	}
}

func TestHostileSignatures(t *testing.T) {
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind != "sig" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			unhex := func(text string) []byte {
				raw, err := hex.DecodeString(text)
				if err != nil {
					t.Fatal(err)
				}
				return raw
			}
			if c.Alg != "Ed25519" && c.Alg != "EdDSA" {
				t.Fatalf("no way to check %s", c.Alg)
			}
			k, err := jwt.NewKey("", ed25519.PublicKey(unhex(c.Public)))
			good := err == nil && k.VerifySignature("EdDSA", string(unhex(c.Message)), unhex(c.Signature))
			if good != (c.Expect == "valid") {
				t.Fatalf("key %v, signature good: %t, want %s: %s", err, good, c.Expect, c.Why)
			}
		})
	}
}

// No hostile token of any kind opens as a session, but those that are plain tokens of ours.
func TestHostileVectorsAsSessions(t *testing.T) {
	opened := 0
	for _, c := range readCases[hostileCase](t, "hostile.json") {
		if c.Kind == "sig" {
			continue
		}
		var key struct{ Kty, K string }
		if err := json.Unmarshal(c.Key, &key); err != nil {
			t.Fatal(err)
		}
		secret, _ := b64.DecodeString(key.K)
		if key.Kty != "oct" || len(secret) < seal.MinSecret {
			secret = []byte("a secret that signed none of these")
		}
		codec := newCodec(t, jwt.Options{}, seal.Key{ID: "1", Secret: secret})
		for _, token := range []string{c.text(), c.text() + "A", c.text() + "."} {
			got, err := codec.Open(token, time.Unix(1767225600, 0))
			if err != nil {
				if seal.Reason(err) == "" || got.Claims != nil {
					t.Errorf("%s: Open = %s, %v", c.ID, got.Claims, err)
				}
				continue
			}
			opened++
			// What a session does not ask for may be wrong in it: issuer, audience, subject.
			if c.Expect != "valid" && c.Category != "claims" || token != c.text() {
				t.Errorf("%s: opens as a session: %s", c.ID, c.Why)
			}
		}
	}
	if opened == 0 {
		t.Error("none opens, also no valid one")
	}
}
