package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// enter runs one command line at the time of scripts and returns its status and what it printed.
func enter(t testing.TB, env map[string]string, stdin string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, &terminal{
		In: strings.NewReader(stdin), Out: &o, Err: &e,
		Now: func() time.Time { return scriptTime },
		Env: func(name string) string { return env[name] },
	})
	return status, o.String(), e.String()
}

// An inspection is the JSON that inspect prints, and nothing more.
type inspection struct {
	Format    string          `json:"format"`
	Valid     bool            `json:"valid"`
	Reason    string          `json:"reason"`
	Header    json.RawMessage `json:"header"`
	Claims    json.RawMessage `json:"claims"`
	IssuedAt  *int64          `json:"issued_at"`
	ExpiresAt *int64          `json:"expires_at"`
	Key       *string         `json:"key"`
}

func inspect(t testing.TB, env map[string]string, args ...string) inspection {
	t.Helper()
	status, out, errs := enter(t, env, "", append([]string{"inspect", "--json"}, args...)...)
	if errs != "" {
		t.Fatalf("standard error: %s", errs)
	}
	var got inspection
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil || d.More() {
		t.Fatalf("not one JSON object: %v: %s", err, out)
	}
	if want := map[bool]int{true: exitOK, false: exitNo}[got.Valid]; status != want {
		t.Errorf("exit status %d, want %d with valid %v", status, want, got.Valid)
	}
	if got.Valid != (got.Reason == "") {
		t.Errorf("valid %v with reason %q", got.Valid, got.Reason)
	}
	return got
}

// A tokenCase is one of seal/authjs/testdata: a token as next-auth, @auth/core or an
// attacker made it.
type tokenCase struct {
	ID, Kind, Version, Title, Token, Salt, Expect, Reason string
	Secrets                                               []string
	Now                                                   int64
	IssuedAt                                              int64 `json:"issued_at"`
	Claims                                                json.RawMessage
	Signet                                                *struct{ Expect string }
	Policy                                                struct {
		Salt    string
		Secrets []string
		Now     int64
		Require []string
	}
}

func tokenCases(t testing.TB, file, kind string) []tokenCase {
	t.Helper()
	raw, err := os.ReadFile("../../seal/authjs/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []tokenCase }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var list []tokenCase
	for _, c := range all.Cases {
		if c.Kind == kind {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		t.Fatal("no cases")
	}
	return list
}

// args are the flags and the token of a case.
func (c tokenCase) args() []string {
	args := []string{"--at", fmt.Sprint(c.Now), "--salt", c.Salt}
	for _, s := range c.Secrets {
		args = append(args, "--secret", s)
	}
	return append(args, "--", c.Token)
}

// publicReasons maps the reasons of the vectors to the words of inspect.
var publicReasons = map[string]string{
	"ok": "", "expired": "expired", "not-yet-valid": "not-yet",
	"tampered": "foreign", "wrong-secret": "foreign", "wrong-salt": "foreign", "old-secret": "foreign",
	"unknown-kid": "foreign", "v4-token": "foreign",
	"v5-token": "unsupported", "unsupported-enc": "unsupported",
	"malformed": "malformed", "bad-claims": "malformed", "no-token": "malformed",
}

func TestInspectAnswersAsThePackagesDo(t *testing.T) {
	for _, c := range tokenCases(t, "authjs.json", "jwe-decode") {
		t.Run(c.ID+" "+c.Version+" "+c.Title, func(t *testing.T) {
			got := inspect(t, nil, c.args()...)
			reason, known := publicReasons[c.Reason]
			if !known {
				t.Fatalf("no word for %q", c.Reason)
			}
			if c.Signet != nil && c.Signet.Expect == "reject" {
				reason = "malformed"
			}
			if got.Reason != reason {
				t.Errorf("reason %q, want %q", got.Reason, reason)
			}
			if reason == "" {
				checkOpened(t, c, got)
			}
			// A token whose times are missing or make no sense is malformed, and opens all the same.
			opened := reason == "" || reason == "expired" || reason == "not-yet" || strings.Contains(c.Title, "exp ")
			if opened != (got.Key != nil) || opened != (string(got.Claims) != "null") {
				t.Errorf("reason %q with key %v and claims %s", reason, got.Key, got.Claims)
			}
		})
	}
}

func checkOpened(t *testing.T, c tokenCase, got inspection) {
	t.Helper()
	if !reflect.DeepEqual(decode(t, got.Claims), decode(t, c.Claims)) {
		t.Errorf("claims %s, want %s", got.Claims, c.Claims)
	}
	for claim, at := range map[string]*int64{"iat": got.IssuedAt, "exp": got.ExpiresAt} {
		want := decode(t, c.Claims).(map[string]any)[claim]
		if at == nil || fmt.Sprint(*at) != fmt.Sprint(want) {
			t.Errorf("%s is shown as %v, want %v", claim, at, want)
		}
	}
	if format := map[string]string{"v4": authjs.FormatV4, "v5": authjs.FormatV5}[c.Version]; got.Format != format {
		t.Errorf("format %s, want %s", got.Format, format)
	}
}

// decode keeps the text of numbers.
func decode(t testing.TB, raw []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func TestInspectShowsClaimsOfATokenWhoseTimeIsOver(t *testing.T) {
	for _, c := range tokenCases(t, "authjs.json", "jwe-decode") {
		if c.Reason != "ok" || c.Signet != nil {
			continue
		}
		fresh := inspect(t, nil, c.args()...)
		c.Now = *fresh.ExpiresAt + 100
		late := inspect(t, nil, c.args()...)
		if late.Reason != "expired" || !bytes.Equal(late.Claims, fresh.Claims) || *late.Key != *fresh.Key {
			t.Errorf("%s: after its end it is %+v", c.ID, late)
		}
	}
}

func TestInspectShowsThePayloadByteForByte(t *testing.T) {
	const secret = "a secret for the test of payloads"
	claims := `{"sub":"7","n":1e400,"z":-0.0,"big":12345678901234567890,"t":"\u0041<&>\/","o":{ "a" : [1, 2.50] },"k":"한"}`
	codec, err := authjs.V5(seal.Secrets(secret), "authjs.session-token")
	if err != nil {
		t.Fatal(err)
	}
	token, err := codec.Seal([]byte(claims), seal.Life{Issued: scriptTime, Expires: scriptTime.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := codec.Open(token, scriptTime)
	if err != nil {
		t.Fatal(err)
	}
	got := inspect(t, nil, token, "--secret", secret)
	if !bytes.Equal(got.Claims, opened.Claims) || !bytes.Equal(got.Header, opened.Header) {
		t.Errorf("claims %s and header %s, sealed were %s and %s", got.Claims, got.Header, opened.Claims, opened.Header)
	}
	for _, text := range []string{"1e400", "-0.0", "12345678901234567890", `"\u0041<&>\/"`, "2.50"} {
		if !bytes.Contains(got.Claims, []byte(text)) {
			t.Errorf("%s is not shown as it was sealed: %s", text, got.Claims)
		}
	}
}

func TestInspectFindsVersionAndCookieNameByItself(t *testing.T) {
	usual := map[string]bool{"": true, "authjs.session-token": true, "__Secure-authjs.session-token": true}
	seen := 0
	for _, c := range tokenCases(t, "authjs.json", "jwe-decode") {
		if !usual[c.Salt] || c.Reason != "ok" || c.Signet != nil {
			continue
		}
		seen++
		args := []string{c.Token, "--at", fmt.Sprint(c.Now)}
		for _, s := range c.Secrets {
			args = append(args, "--secret", s)
		}
		if got := inspect(t, nil, args...); !got.Valid {
			t.Errorf("%s %s: without --salt the reason is %s", c.ID, c.Title, got.Reason)
		}
	}
	if seen < 20 {
		t.Errorf("only %d cases", seen)
	}
}

func TestInspectRefusesHostileTokens(t *testing.T) {
	for _, c := range tokenCases(t, "hostile.json", "session-jwe") {
		t.Run(c.ID, func(t *testing.T) {
			c.Salt, c.Secrets, c.Now = c.Policy.Salt, c.Policy.Secrets, c.Policy.Now
			got := inspect(t, nil, c.args()...)
			want := c.Expect == "valid"
			switch {
			case got.Valid && memberOf(got.Claims, "sub") == nil && memberOf(got.Claims, "email") == nil:
				want = want || len(c.Policy.Require) > 0 // refused by what takes it for a session, not by the codec
			}
			if got.Valid != want {
				t.Errorf("valid is %v with reason %q, want %v", got.Valid, got.Reason, want)
			}
		})
	}
}

func TestInspectWithoutASecretStillJudgesForm(t *testing.T) {
	for _, c := range tokenCases(t, "authjs.json", "jwe-decode") {
		c.Secrets = nil
		got := inspect(t, nil, c.args()...)
		want := "no-key"
		switch c.Reason {
		case "malformed", "no-token":
			want = "malformed"
		case "v5-token", "unsupported-enc":
			want = "unsupported"
		}
		if got.Valid || got.Reason != want || string(got.Claims) != "null" || got.Key != nil {
			t.Errorf("%s %s: %+v, want reason %s", c.ID, c.Title, got, want)
		}
		if want == "no-key" && string(got.Header) == "null" {
			t.Errorf("%s: the header is not shown", c.ID)
		}
	}
}

func TestInspectTakesSecretsOfTheEnvironment(t *testing.T) {
	c := tokenCases(t, "authjs.json", "jwe-decode")[18] // a v5 session
	args := []string{c.Token, "--at", fmt.Sprint(c.Now)}
	for _, name := range envSecrets {
		got := inspect(t, map[string]string{name: c.Secrets[0], "AUTH_URL": "https://example.com"}, args...)
		if !got.Valid || *got.Key != name {
			t.Errorf("with %s: %+v", name, got)
		}
	}
	env := map[string]string{"AUTH_SECRET": c.Secrets[0]}
	if got := inspect(t, env, append(args, "--secret", "another one that does not fit")...); got.Reason != "foreign" {
		t.Errorf("the environment was asked although there is --secret: %+v", got)
	}
}

// The moment inside a token's life is found wherever it lies, and however short it is.
func TestOpenWheneverFindsTheLife(t *testing.T) {
	const secret = "a secret for the test of lives"
	codec, err := authjs.V4(seal.Secrets(secret), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, life := range [][2]int64{{-5, -1}, {0, 1}, {1767225600, 1767225601}, {1 << 35, 1<<35 + 1}, {-1 << 35, 1 << 36}} {
		claims := fmt.Sprintf(`{"nbf":%d}`, life[0])
		token, err := codec.Seal([]byte(claims), seal.Life{Issued: time.Unix(life[0], 0), Expires: time.Unix(life[1], 0)})
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int64{-1 << 36, life[0] - 16, life[0], life[1] + 15, 1 << 37} {
			opened, err := openWhenever(codec, token, time.Unix(at, 0))
			if opened.Claims == nil {
				t.Errorf("life %v is not found from %d: %v", life, at, err)
			}
			if inside := at > life[0]-16 && at < life[1]+15; inside != (err == nil) {
				t.Errorf("at %d the life %v gives %v", at, life, err)
			}
		}
	}
	token, err := codec.Seal([]byte(`{"nbf":2000}`), seal.Life{Issued: time.Unix(0, 0), Expires: time.Unix(1000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := openWhenever(codec, token, time.Unix(1500, 0)); opened.Claims == nil || seal.Reason(err) == "" {
		t.Errorf("what ends before it begins gives %s, %v", opened.Claims, err)
	}
}

// Security line S-102: no secret is ever printed, in any spelling, whatever is asked.
func TestS102_InspectPrintsNoSecret(t *testing.T) {
	spellings := func(secret string) []string {
		raw := []byte(secret)
		return []string{
			secret, hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
			fmt.Sprint(raw), strings.Trim(fmt.Sprintf("%q", secret), `"`), secret[len(secret)-12:],
		}
	}
	check := func(t *testing.T, secrets []string, env map[string]string, args ...string) {
		t.Helper()
		for _, more := range [][]string{nil, {"--json"}} {
			_, out, errs := enter(t, env, "", append(append([]string{"inspect"}, more...), args...)...)
			for _, s := range secrets {
				for _, spelling := range spellings(s) {
					if strings.Contains(out+errs, spelling) {
						t.Errorf("%q is in\n%s%s", spelling, out, errs)
					}
				}
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range tokenCases(t, "authjs.json", "jwe-decode") {
		kind := c.Version + c.Reason
		if seen[kind] {
			continue // the same words would be printed
		}
		seen[kind] = true
		check(t, c.Secrets, nil, c.args()...)
		env := map[string]string{"AUTH_SECRET": c.Secrets[0]}
		check(t, c.Secrets, env, "--at", fmt.Sprint(c.Now), "--salt", "some.other-cookie", "--", c.Token)
		check(t, c.Secrets, env, "--at", fmt.Sprint(c.Now), "--", c.Token)
	}
	const short, long = "only14bytes...", "a secret that nobody may ever see"
	check(t, []string{short}, nil, "abc", "--secret", short)
	check(t, []string{short}, map[string]string{"AUTH_SECRET": short}, "abc")
	check(t, []string{long}, nil, "abc", "--secret", long, "--at", "noon")
	check(t, []string{long}, nil, "abc", "--secret="+long, "--secrets")
	file := t.TempDir() + "/secret"
	for text, mode := range map[string]os.FileMode{long: 0o644, long + "\x01": 0o600, short: 0o600} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		check(t, []string{text}, nil, "abc", "--secret-file", file)
	}
}

// A file that others can read is no place for a secret.
func TestS102_SecretFileOfInspectMustNotBeOpenToOthers(t *testing.T) {
	file := t.TempDir() + "/secret"
	if err := os.WriteFile(file, []byte("a secret that others can read\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]int{0o600: exitNo, 0o640: exitNo, 0o644: exitUsage, 0o660: exitUsage} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if status, out, errs := enter(t, nil, "", "inspect", "abc", "--secret-file", file); status != want {
			t.Errorf("mode %04o: exit status %d, want %d\n%s%s", mode, status, want, out, errs)
		}
	}
}

func TestInspectDisarmsClaimsForTheTerminal(t *testing.T) {
	const secret = "a secret for the test of terminals"
	codec, err := authjs.V4(seal.Secrets(secret), "")
	if err != nil {
		t.Fatal(err)
	}
	token, err := codec.Seal([]byte("{\"sub\":\"\u009b2J\",\"name\":\"\u202eevil\u007f\",\"signet\":{\"by\":\"\u009b1m\"}}"), seal.Life{Issued: scriptTime, Expires: scriptTime.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	status, out, _ := enter(t, nil, "", "inspect", token, "--secret", secret)
	if status != exitOK || !strings.Contains(out, `\u009b2J`) || strings.ContainsAny(out, "\u009b\u202e\u007f") {
		t.Errorf("exit status %d\n%q", status, out)
	}
}
