package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

// casesIn reads the cases of a vector file that lies beside a codec.
func casesIn[T any](t testing.TB, path string) []T {
	t.Helper()
	raw, err := os.ReadFile("../../seal/" + path)
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

// sameValues compares JSON as JavaScript reads it: numbers are doubles.
func sameValues(t testing.TB, got, want []byte) bool {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(g, w)
}

type ironExpect struct {
	Accept bool
	Data   json.RawMessage
	Reason string
}

// An ironCase is one of seal/iron/testdata/seals.json: a seal as iron-session, @hapi/iron
// or an attacker made it.
type ironCase struct {
	ID, Name, Level, Seal string
	Now                   int64 `json:"now_ms"`
	Password              struct {
		Text string                     `json:"string"`
		Raw  string                     `json:"bytes_b64u"`
		Map  map[string]json.RawMessage `json:"map"`
	}
	Expect ironExpect
	Signet *ironExpect
}

// args are the flags of a case; ok is false where its password cannot be typed.
func (c ironCase) args() (args []string, ok bool) {
	args = []string{"--at", fmt.Sprint(c.Now / 1000)}
	for id, raw := range c.Password.Map {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, false // two passwords in one
		}
		args = append(args, "--password-id", id+"="+text)
	}
	if c.Password.Text != "" {
		args = append(args, "--secret", c.Password.Text)
	}
	return append(args, "--", c.Seal), c.Password.Raw == ""
}

// ironReasons maps the reasons of the vectors to the words of inspect. The packages call
// a wrong MAC and a wrong form alike.
var ironReasons = map[string][]string{
	"expired": {"expired"}, "unknown-password": {"foreign"}, "version": {"unsupported"},
	"invalid": {"foreign", "malformed"}, "config": {"no-key"},
}

func TestInspectAnswersForIronAsTheVectorsDo(t *testing.T) {
	seen := 0
	for _, c := range casesIn[ironCase](t, "iron/testdata/seals.json") {
		args, ok := c.args()
		if !ok || c.Level != "session" && c.Level != "iron" {
			continue
		}
		seen++
		t.Run(c.ID+" "+c.Name, func(t *testing.T) {
			got, want := inspect(t, nil, args...), c.Expect
			if c.Signet != nil {
				want = *c.Signet
			}
			if got.Format != "iron" {
				t.Errorf("format %s", got.Format)
			}
			if !want.Accept {
				if !slices.Contains(ironReasons[want.Reason], got.Reason) {
					t.Errorf("reason %q, want one of %q", got.Reason, ironReasons[want.Reason])
				}
				if want.Reason == "expired" && (got.ExpiresAt == nil || string(got.Claims) == "null") {
					t.Errorf("the end is %v, the claims are %s", got.ExpiresAt, got.Claims)
				}
				return
			}
			if !got.Valid || got.Key == nil {
				t.Fatalf("%+v, want it to be valid", got)
			}
			if !sameValues(t, got.Claims, want.Data) {
				t.Errorf("claims %s, want %s", got.Claims, want.Data)
			}
			if id := strings.Split(c.Seal, "*")[1]; c.Password.Map[id] != nil && *got.Key != id {
				t.Errorf("key %s, want the id %s", *got.Key, id)
			}
		})
	}
	if seen < 80 {
		t.Errorf("only %d cases", seen)
	}
}

func TestInspectWithoutASecretJudgesTheFormOfIron(t *testing.T) {
	for _, c := range casesIn[ironCase](t, "iron/testdata/seals.json") {
		if c.Level != "session" || !c.Expect.Accept {
			continue
		}
		if got := inspect(t, nil, "--", c.Seal); got.Reason != "no-key" || string(got.Claims) != "null" || got.Key != nil {
			t.Errorf("%s: %+v", c.ID, got)
		}
	}
}

// A signedCase is one of seal/jwt/testdata/jwt.json: a token as jose, jsonwebtoken or an
// attacker made it.
type signedCase struct {
	ID, Name, Group, Token string
	Key                    struct {
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
	Signet *struct {
		Accept bool
		Reason string
		Claims json.RawMessage
	}
}

var signedReasons = map[string][]string{
	"malformed": {"malformed"}, "header": {"malformed"}, "claims": {"malformed"},
	"alg": {"unsupported"}, "crit": {"unsupported"}, "key": {"unsupported"},
	"signature": {"foreign"}, "expired": {"expired"}, "not-yet": {"not-yet"},
}

// asked tells whether the case asks for what inspect leaves to the receiver of a token:
// issuer, audience, tolerance, fewer algorithms than the key is for.
func (c signedCase) asked() bool {
	v := c.Verify
	return v.Tolerance != 0 || v.Issuer != "" || v.Audience != "" || strings.Contains(c.Name, "list allows") || strings.Contains(c.Name, "is expected")
}

func TestInspectAnswersForSignedTokensAsTheVectorsDo(t *testing.T) {
	seen := 0
	for _, c := range casesIn[signedCase](t, "jwt/testdata/jwt.json") {
		if c.asked() {
			continue
		}
		seen++
		t.Run(c.ID+" "+c.Name, func(t *testing.T) {
			for _, key := range c.keyArgs(t) {
				status, _, errs := enter(t, nil, "", append(append([]string{"inspect", "--json"}, key...), "--", c.Token)...)
				if status == exitUsage {
					if c.Expect.Accept || c.Expect.Reason != "key" {
						t.Errorf("the key is refused: %s", errs)
					}
					continue
				}
				c.check(t, inspect(t, nil, append(key, "--at", fmt.Sprint(c.Verify.Now), "--", c.Token)...))
			}
		})
	}
	if seen < 60 {
		t.Errorf("only %d cases", seen)
	}
}

// keyArgs are the ways to give the key of a case.
func (c signedCase) keyArgs(t *testing.T) [][]string {
	if c.Key.JWK == nil {
		secret := c.Key.UTF8
		if raw, err := base64.RawURLEncoding.DecodeString(c.Key.Base64URL); err == nil && len(raw) > 0 {
			secret = string(raw)
		}
		return [][]string{{"--secret", secret}}
	}
	var list [][]string
	for name, text := range map[string]string{"key.jwk": string(c.Key.JWK), "set.json": `{"keys":[` + string(c.Key.JWK) + `]}`, "key.pem": c.Key.PEM} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list = append(list, []string{"--key-file", path})
	}
	return list
}

func (c signedCase) check(t *testing.T, got inspection) {
	t.Helper()
	want := c.Expect
	if c.Signet != nil {
		want = *c.Signet
	}
	if !want.Accept {
		words := signedReasons[want.Reason]
		if c.Group == "encoding" {
			words = []string{"malformed", "foreign"}
		}
		if !slices.Contains(words, got.Reason) {
			t.Errorf("reason %q, want one of %q", got.Reason, words)
		}
		return
	}
	if !got.Valid || got.Key == nil || got.Format != "jwt" {
		t.Fatalf("%+v, want it to be valid", got)
	}
	if !sameValues(t, got.Claims, want.Claims) {
		t.Errorf("claims %s, want %s", got.Claims, want.Claims)
	}
	for claim, at := range map[string]*int64{"iat": got.IssuedAt, "exp": got.ExpiresAt} {
		if want, ok := seal.Seconds(memberOf(want.Claims, claim)); ok && (at == nil || *at != want.Unix()) {
			t.Errorf("%s is shown as %v, want %d", claim, at, want.Unix())
		}
	}
}

// A hostileCase is one of seal/jwt/testdata/hostile.json.
type hostileCase struct {
	ID, Category, Kind, Token, Expect, Why string
	TokenGen                               *struct {
		Prefix, Repeat, Suffix string
		Count                  int
	} `json:"token_gen"`
	Key    json.RawMessage
	Policy struct{ Now int64 }
}

// forTheReceiver are the kinds of cases that are wrong in what inspect leaves to the
// receiver: audience, issuer, what claims are required, what the token is for.
var forTheReceiver = []string{"claims", "oidc", "logout-token", "typ"}

func TestInspectRefusesHostileSignedTokens(t *testing.T) {
	valid := 0
	for _, c := range casesIn[hostileCase](t, "jwt/testdata/hostile.json") {
		if c.Kind != "jwt" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			if g := c.TokenGen; g != nil {
				c.Token = g.Prefix + strings.Repeat(g.Repeat, g.Count) + g.Suffix
			}
			key := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(key, c.Key, 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"inspect", "--json", "--at", fmt.Sprint(c.Policy.Now), "--key-file", key, "--", c.Token}
			if status, _, _ := enter(t, nil, "", args...); status == exitUsage {
				if c.Expect == "valid" || c.Category != "key-confusion" {
					t.Errorf("the key is refused: %s", c.Why)
				}
				return
			}
			got := inspect(t, nil, args[2:]...)
			if c.Expect == "valid" {
				valid++
				if kid, ok := seal.String(memberOf(c.Key, "kid")); ok && (got.Key == nil || *got.Key != kid) {
					t.Errorf("key %v, want %s", got.Key, kid)
				}
			}
			if !got.Valid && c.Expect == "valid" {
				t.Errorf("reason %q: %s", got.Reason, c.Why)
			}
			if got.Valid && c.Expect != "valid" && !slices.Contains(forTheReceiver, c.Category) {
				t.Errorf("valid is %v with reason %q: %s", got.Valid, got.Reason, c.Why)
			}
		})
	}
	if valid == 0 {
		t.Error("no case is valid")
	}
}

// A token whose time is over shows what is in it and who signed it, with public keys, too.
func TestInspectShowsSignedClaimsWhoseTimeIsOver(t *testing.T) {
	for _, c := range casesIn[signedCase](t, "jwt/testdata/jwt.json") {
		if !c.Expect.Accept || c.asked() {
			continue
		}
		for _, key := range c.keyArgs(t) {
			got := inspect(t, nil, append(key, "--at", fmt.Sprint(1<<36), "--", c.Token)...)
			if got.Reason != "expired" || got.Key == nil || !sameValues(t, got.Claims, c.Expect.Claims) {
				t.Errorf("%s %s: %+v", c.ID, c.Name, got)
			}
		}
	}
}

// Security line S-102, for the other formats: neither a secret nor the half of a token that
// is one.
func TestS102_InspectPrintsNoSecretOfAnyFormat(t *testing.T) {
	check := func(secrets []string, args ...string) {
		t.Helper()
		for _, more := range [][]string{nil, {"--json"}} {
			_, out, errs := enter(t, nil, "", append(append([]string{"inspect"}, more...), args...)...)
			for _, s := range secrets {
				if strings.Contains(out+errs, s) {
					t.Errorf("%q is in\n%s%s", s, out, errs)
				}
			}
		}
	}
	for _, c := range casesIn[ironCase](t, "iron/testdata/seals.json") {
		args, ok := c.args()
		if !ok || c.Level != "session" && c.Level != "iron" || len(c.Password.Text) == 0 && len(c.Password.Map) == 0 {
			continue
		}
		secrets := []string{}
		for i, a := range args {
			if i > 0 && (args[i-1] == "--secret" || args[i-1] == "--password-id") {
				secrets = append(secrets, a[strings.IndexByte(a, '=')+1:][:12])
			}
		}
		check(secrets, args...)
		check(secrets, "--password-id", c.Password.Text, "--", c.Seal)
	}
	for _, c := range casesIn[signedCase](t, "jwt/testdata/jwt.json") {
		if s := c.Key.UTF8; len(s) >= 12 {
			check([]string{s[:12]}, "--secret", s, "--at", fmt.Sprint(c.Verify.Now), "--", c.Token)
			check([]string{s[:12]}, "--password-id", "1="+s, "--password-id", s, "--", c.Token)
		}
	}
	for token, secret := range map[string]string{
		"abcdefghijklmnopqrstuvwxyz234567abcdefgh":                       "abcdefghijklmnopqrstuvwxyz234567abcdefgh",
		"abcdefghijklmnopqrstuvwxyz234567":                               "abcdefghijklmnopqrstuvwxyz234567",
		"abcdefghijkmnpqrstuvwxyz.mnpqrstuvwxyz23456789abc":              "mnpqrstuvwxyz23456789abc",
		"abcdefghijkmnpqr.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=":  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"AAAAAAAAAAE.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8":        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"Bearer abcdefghijkmnpqrstuvwxyz.mnpqrstuvwxyz23456789abc":       "mnpqrstuvwxyz23456789abc",
		"auth_session=abcdefghijkmnpqrstuvwxyz.mnpqrstuvwxyz23456789abc": "mnpqrstuvwxyz23456789abc",
	} {
		check([]string{secret}, token)
	}
}

// Claims of a stranger are no commands for the terminal, in any format.
func TestInspectDisarmsTheClaimsOfEveryFormat(t *testing.T) {
	for _, format := range []string{"authjs", "iron", "jwt"} {
		token := sealed(t, "{\"sub\":\"\u009b2J\",\"a\u202eb\":1750000000,\"signet\":{\"x\u009b\":1750000000}}", "--format", format, "--secret", sealSecret)
		status, out, _ := enter(t, nil, "", "inspect", token, "--secret", sealSecret)
		if status != exitOK || strings.ContainsAny(out, "\u009b\u202e") || !strings.Contains(out, `a\u202eb`) {
			t.Errorf("%s: exit status %d\n%q", format, status, out)
		}
	}
	for _, token := range []string{"Fe26.2*\u009b2J*a*b*c*d*e*f~2", "Fe26.2*" + strings.Repeat("x", 500) + "*a*b*c*d*e*f~2"} {
		if _, out, _ := enter(t, nil, "", "inspect", token, "--secret", sealSecret); strings.ContainsRune(out, '\u009b') || len(out) > 600 {
			t.Errorf("%q", out)
		}
	}
}
