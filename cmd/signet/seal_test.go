package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const sealSecret = "a secret for the test of sealing, long enough"

// sealed runs seal and returns the token.
func sealed(t testing.TB, claims string, args ...string) string {
	t.Helper()
	status, out, errs := enter(t, nil, claims, append([]string{"seal"}, args...)...)
	if status != exitOK || errs != "" || strings.Count(out, "\n") != 1 {
		t.Fatalf("seal %v: exit status %d\n%s%s", args, status, out, errs)
	}
	return strings.TrimSuffix(out, "\n")
}

func TestInspectOpensWhatSealWrites(t *testing.T) {
	const claims = `{ "sub":"7", "email":"minsu@example.com", "n":12345678901234567890, "t":"\u0041<&>", "이름":"김민수", "o":{"a":[1,2.50]} }`
	for title, c := range map[string]struct {
		seal, inspect []string
		key           string
	}{
		"authjs":                   {[]string{"--format", "authjs"}, nil, "1"},
		"authjs, another cookie":   {[]string{"--format", "authjs", "--salt", "my-cookie"}, []string{"--salt", "my-cookie"}, "1"},
		"authjs-v4":                {[]string{"--format", "authjs-v4"}, nil, "1"},
		"authjs-v4, check cookie":  {[]string{"--format", "authjs-v4", "--salt", "next-auth.state"}, []string{"--salt", "next-auth.state"}, "1"},
		"iron":                     {[]string{"--format", "iron"}, nil, "1"},
		"iron under a number":      {[]string{"--format", "iron", "--password-id", "7=" + sealSecret}, []string{"--password-id", "7=" + sealSecret}, "7"},
		"iron, highest number":     {[]string{"--format", "iron", "--password-id", "10=" + sealSecret, "--password-id", "9=not this " + sealSecret}, []string{"--password-id", "10=" + sealSecret}, "10"},
		"jwt":                      {[]string{"--format", "jwt"}, nil, "1"},
		"jwt with HS384":           {[]string{"--format", "jwt", "--alg", "HS384"}, nil, "1"},
		"jwt with HS512":           {[]string{"--format", "jwt", "--alg", "HS512"}, nil, "1"},
		"jwt that names its key":   {[]string{"--format", "jwt", "--password-id", "k1=" + sealSecret}, []string{"--password-id", "k0=not this " + sealSecret, "--password-id", "k1=" + sealSecret}, "k1"},
		"authjs, secret with a =":  {[]string{"--format", "authjs", "--password-id", "1=" + sealSecret + "=="}, []string{"--password-id", "1=" + sealSecret + "=="}, "1"},
		"iron, older of two reads": {[]string{"--format", "iron"}, []string{"--secret", "not this " + sealSecret, "--secret", sealSecret}, "2"},
	} {
		t.Run(title, func(t *testing.T) {
			if !strings.Contains(strings.Join(c.seal, " "), sealSecret) {
				c.seal = append(c.seal, "--secret", sealSecret)
			}
			if !strings.Contains(strings.Join(c.inspect, " "), sealSecret) {
				c.inspect = append(c.inspect, "--secret", sealSecret)
			}
			at := scriptTime.Add(-time.Hour).Unix()
			token := sealed(t, claims, append(c.seal, "--ttl", "2h", "--at", fmt.Sprint(at))...)
			got := inspect(t, nil, append(c.inspect, "--", token)...)
			if !got.Valid || *got.Key != c.key || *got.ExpiresAt != at+7200 {
				t.Fatalf("%+v", got)
			}
			if format := strings.Fields(title)[0]; got.Format != strings.Trim(format, ",") {
				t.Errorf("format %s", got.Format)
			}
			for _, text := range []string{`"n":12345678901234567890`, `"t":"\u0041<&>"`, `"이름":"김민수"`, `"o":{"a":[1,2.50]}`} {
				if !strings.Contains(string(got.Claims), text) {
					t.Errorf("%s is not in %s", text, got.Claims)
				}
			}
			late := inspect(t, nil, append(c.inspect, "--at", fmt.Sprint(at+7200+60), "--", token)...)
			if late.Reason != "expired" || string(late.Claims) != string(got.Claims) {
				t.Errorf("a minute after its end it is %+v", late)
			}
		})
	}
}

func TestSealWithoutAnEnd(t *testing.T) {
	token := sealed(t, `{"a":1}`, "--format", "iron", "--ttl", "0", "--secret", sealSecret)
	got := inspect(t, nil, "--secret", sealSecret, "--at", fmt.Sprint(1<<36), "--", token)
	if !got.Valid || got.ExpiresAt != nil {
		t.Errorf("%+v", got)
	}
	for _, format := range []string{"authjs", "authjs-v4", "jwt"} {
		status, out, errs := enter(t, nil, "{}", "seal", "--format", format, "--ttl", "0", "--secret", sealSecret)
		if status != exitUsage || out != "" || !strings.Contains(errs, "--ttl 0 is for --format iron only") {
			t.Errorf("%s: exit status %d\n%s%s", format, status, out, errs)
		}
	}
}

func TestSealPrintsJSON(t *testing.T) {
	for _, c := range []struct{ ttl, want string }{{"1h", fmt.Sprint(scriptTime.Add(time.Hour).Unix())}, {"0", "null"}} {
		status, out, _ := enter(t, nil, `{}`, "seal", "--format", "iron", "--ttl", c.ttl, "--secret", sealSecret, "--json")
		var got struct {
			Token, Format, Key string
			IssuedAt           int64           `json:"issued_at"`
			ExpiresAt          json.RawMessage `json:"expires_at"`
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || status != exitOK {
			t.Fatalf("exit status %d, %v: %s", status, err, out)
		}
		if !strings.HasPrefix(got.Token, "Fe26.2*1*") || got.Format != "iron" || got.Key != "1" || got.IssuedAt != scriptTime.Unix() || string(got.ExpiresAt) != c.want {
			t.Errorf("%+v", got)
		}
	}
}

func TestSealTakesTheNewestSecretOfTheEnvironment(t *testing.T) {
	env := map[string]string{"AUTH_SECRET": "an old one " + sealSecret, "AUTH_SECRET_2": sealSecret}
	_, out, _ := enter(t, env, `{"sub":"7"}`, "seal", "--format", "jwt", "--json")
	if !strings.Contains(out, `"key": "AUTH_SECRET_2"`) {
		t.Errorf("%s", out)
	}
}

// FuzzSeal seals whatever claims there are: what is sealed opens again.
func FuzzSeal(f *testing.F) {
	for _, seed := range []string{`{}`, `{"sub":"7"}`, `{"exp":1,"iat":"x","jti":null}`, `{"a":1,"a":2}`, `{"EXP":1}`, `{"__proto__":1}`, `{"s":"\ud83d"}`, `[]`, `{"a":"\u0000"}`, "{\"a\":\"\xff\"}", `{"sub":7}`, `{"nbf":"x"}`, `{"a":1} {}`, " { } ", `{"exp":1e400}`} {
		for _, format := range []string{"authjs", "authjs-v4", "iron", "jwt"} {
			f.Add(seed, format)
		}
	}
	f.Fuzz(func(t *testing.T, claims, format string) {
		if !strings.Contains(" authjs authjs-v4 iron jwt ", " "+format+" ") {
			return
		}
		status, out, errs := enter(t, nil, claims, "seal", "--format", format, "--secret", sealSecret)
		if status != exitOK {
			if status != exitUsage || out != "" || !strings.HasPrefix(errs, "signet: seal: ") {
				t.Errorf("exit status %d\n%s%s", status, out, errs)
			}
			return
		}
		got := inspect(t, nil, "--secret", sealSecret, "--", strings.TrimSuffix(out, "\n"))
		if got.Valid || got.Reason == "not-yet" { // claims may have an nbf
			return
		}
		t.Errorf("%q is sealed as %s and opens as %+v", claims, out, got)
	})
}

// Security line S-102, for seal.
func TestS102_SealPrintsNoSecret(t *testing.T) {
	const secret = "zq-nobody-may-ever-see-this-secret"
	for _, args := range [][]string{
		{"--format", "authjs", "--secret", secret}, {"--format", "iron", "--password-id", secret}, {"--format", "iron", "--password-id", "=" + secret},
		{"--format", "iron", "--password-id", "x=" + secret}, {"--format", "iron", "--password-id", "1=" + secret[:20]},
		{"--format", "jwt", "--password-id", "1=" + secret[:10]}, {"--format", "jwt", "--password-id", "1=" + secret, "--password-id", "1=" + secret},
		{"--format", "jwt", "--secret", secret, "--ttl", "0"}, {"--format", "jwt", "--secret", secret, "--json"}, {"--format", "x", "--secret", secret},
	} {
		for _, claims := range []string{`{"a":1}`, `x`, ``} {
			_, out, errs := enter(t, nil, claims, append([]string{"seal"}, args...)...)
			if strings.Contains(out+errs, secret[:10]) {
				t.Errorf("seal %v prints the secret:\n%s%s", args, out, errs)
			}
		}
	}
}
