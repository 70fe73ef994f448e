package jwt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

func TestSealedOpensAgain(t *testing.T) {
	for name, makeCodec := range map[string]seal.Make{"HS256": jwt.HS256, "HS384": jwt.HS384, "HS512": jwt.HS512} {
		t.Run(name, func(t *testing.T) {
			codec, err := makeCodec(seal.Ring{newest, older}, "session")
			if err != nil {
				t.Fatal(err)
			}
			value := mustSeal(t, codec, `{"email":"minsu@example.com","n":9007199254740993}`)
			got, err := codec.Open(value, now)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"email":"minsu@example.com","n":9007199254740993,"iat":1767225600,"exp":1767229200,"jti":"`
			jti, ok := strings.CutPrefix(string(got.Claims), want)
			if !ok || len(jti) != 24 {
				t.Errorf("Claims = %s, want %s and 22 characters", got.Claims, want)
			}
			if string(got.Header) != `{"alg":"`+name+`"}` || got.Key != "2" || got.Stale || got.Life != life {
				t.Errorf("Open = %+v", got)
			}
			if alg, header, ok := jwt.Detect(value); alg != name || string(header) != string(got.Header) || !ok {
				t.Errorf("Detect = %s, %s, %t", alg, header, ok)
			}
			if again := mustSeal(t, codec, `{}`); again == mustSeal(t, codec, `{}`) {
				t.Error("two sessions of one second are one value")
			}
		})
	}
}

// The cookie of tutorial 0, as jose@6.2.17 writes it.
func TestTheTutorialsCookieIsWritten(t *testing.T) {
	tutorial := readCases[packageCase](t, "jwt.json")[0]
	codec := newCodec(t, jwt.Options{NoJTI: true}, seal.Key{ID: "1", Secret: tutorial.secret()})
	began := time.Unix(1723773847, 0)
	value, err := codec.Seal([]byte(`{"email":"test@test.com","expires":"2024-08-16T02:04:17.094Z"}`),
		seal.Life{Issued: began, Expires: began.Add(10 * time.Second)})
	if err != nil || value != tutorial.Token {
		t.Errorf("Seal = %s, %v, want %s", value, err, tutorial.Token)
	}
	first, err := codec.Open(value, began)
	if err != nil || len(first.Print) != 22 {
		t.Errorf("Print = %q, %v", first.Print, err)
	}
}

func TestOptionsAreWritten(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      jwt.Options
		header string
	}{
		{"nothing", jwt.Options{}, `{"alg":"HS256"}`},
		{"typ as jsonwebtoken", jwt.Options{Typ: "JWT"}, `{"alg":"HS256","typ":"JWT"}`},
		{"a key id", jwt.Options{Algorithm: "HS512", Typ: "session+jwt", KeyID: true}, `{"alg":"HS512","typ":"session+jwt","kid":"2"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			codec := newCodec(t, c.o, newest, older)
			got, err := codec.Open(mustSeal(t, codec, `{}`), now)
			if err != nil || string(got.Header) != c.header {
				t.Errorf("header %s, %v, want %s", got.Header, err, c.header)
			}
		})
	}
}

func TestWhatCannotBeACodec(t *testing.T) {
	five := seal.Secrets("1 a secret of 16", "2 a secret of 16", "3 a secret of 16", "4 a secret of 16", "5 a secret of 16")
	for _, c := range []struct {
		name string
		o    jwt.Options
		ring seal.Ring
	}{
		{"no secret", jwt.Options{}, nil},
		{"an empty secret", jwt.Options{}, seal.Secrets("")},
		{"a secret of 15 bytes", jwt.Options{}, seal.Secrets("123456789012345")},
		{"five secrets without key ids", jwt.Options{}, five},
		{"no such algorithm", jwt.Options{Algorithm: "none"}, five[:1]},
		{"an algorithm of public keys", jwt.Options{Algorithm: "RS256"}, five[:1]},
		{"an algorithm in small letters", jwt.Options{Algorithm: "hs256"}, five[:1]},
		{"a typ that breaks the header", jwt.Options{Typ: `x","alg":"none`}, five[:1]},
		{"a typ with an escape", jwt.Options{Typ: `JW\u0054`}, five[:1]},
		{"a key id that breaks the header", jwt.Options{KeyID: true}, seal.Ring{{ID: `"`, Secret: newest.Secret}}},
		{"a key id of 257 bytes", jwt.Options{KeyID: true}, seal.Ring{{ID: strings.Repeat("k", 257), Secret: newest.Secret}}},
		{"a leeway of hours", jwt.Options{Leeway: time.Hour}, five[:1]},
		{"a leeway to the other side", jwt.Options{Leeway: -1}, five[:1]},
	} {
		t.Run(c.name, func(t *testing.T) {
			if codec, err := c.o.New(c.ring, ""); err == nil || codec != nil {
				t.Errorf("New = %v, %v", codec, err)
			}
		})
	}
	if _, err := (jwt.Options{KeyID: true}).New(five, ""); err != nil {
		t.Errorf("five secrets with key ids: %v", err)
	}
}

func TestSealRefusesWhatWouldNotOpen(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest)
	for _, claims := range []string{
		`[]`, `{"sub":7}`, `{"sub":null}`, `{"nbf":"x"}`, `{"a":1,"A":2}`, `{"EXP":1}`, `{"a":"` + strings.Repeat("x", seal.MaxToken) + `"}`,
	} {
		if value, err := codec.Seal([]byte(claims), life); err == nil || value != "" {
			t.Errorf("Seal(%.20s) = %.20s, %v", claims, value, err)
		}
	}
	numeric := newCodec(t, jwt.Options{NumericSubject: true}, newest)
	if got, err := numeric.Open(mustSeal(t, numeric, `{"sub":7}`), now); err != nil || !strings.HasPrefix(string(got.Claims), `{"sub":7,`) {
		t.Errorf("a sub that is a number by option: %s, %v", got.Claims, err)
	}
}

func TestWhichSecretOpens(t *testing.T) {
	const other = `{"alg":"HS256","kid":"somebody else's"}`
	for _, c := range []struct {
		name, header string
		signer       seal.Key
		key          string // empty: foreign
		stale        bool
	}{
		{"the newest, unnamed", `{"alg":"HS256"}`, newest, "2", false},
		{"the older, unnamed", `{"alg":"HS256"}`, older, "1", true},
		{"the older by its name", `{"alg":"HS256","kid":"1"}`, older, "1", true},
		{"the newest by the name of the older", `{"alg":"HS256","kid":"1"}`, newest, "", false},
		{"the older by the name of the newest", `{"alg":"HS256","kid":"2"}`, older, "", false},
		{"the older by a name that is not ours", other, older, "1", true},
		{"an empty name", `{"alg":"HS256","kid":""}`, older, "1", true},
		{"a stranger", `{"alg":"HS256"}`, seal.Key{Secret: []byte("the secret of a stranger")}, "", false},
		{"a stranger by our name", `{"alg":"HS256","kid":"2"}`, seal.Key{Secret: []byte("the secret of a stranger")}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			codec := newCodec(t, jwt.Options{}, newest, older)
			got, err := codec.Open(forge(t, "HS256", c.signer.Secret, c.header, good), now)
			if c.key == "" {
				if !errors.Is(err, seal.ErrForeign) {
					t.Errorf("Open = %s, %v, want foreign", got.Claims, err)
				}
				return
			}
			if err != nil || got.Key != c.key || got.Stale != c.stale {
				t.Errorf("Open = key %q, stale %t, %v", got.Key, got.Stale, err)
			}
		})
	}
}

// A secret that is in the ring twice is the newest, or each visit would write a new cookie.
func TestASecretThatIsThereTwice(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest, seal.Key{ID: "again", Secret: newest.Secret})
	got, err := codec.Open(mustSeal(t, codec, `{}`), now)
	if err != nil || got.Key != newest.ID || got.Stale {
		t.Errorf("Open = key %q, stale %t, %v", got.Key, got.Stale, err)
	}
}

func TestAtMostFourSecretsAreTried(t *testing.T) {
	ring := seal.Secrets("5 a secret of 16", "4 a secret of 16", "3 a secret of 16", "2 a secret of 16", "1 a secret of 16")
	codec := newCodec(t, jwt.Options{KeyID: true}, ring...)
	for i, k := range ring {
		_, err := codec.Open(forge(t, "HS256", k.Secret, `{"alg":"HS256"}`, good), now)
		if (err == nil) != (i < 4) {
			t.Errorf("secret %d from the newest, unnamed: %v", i, err)
		}
		if _, err := codec.Open(forge(t, "HS256", k.Secret, `{"alg":"HS256","kid":"`+k.ID+`"}`, good), now); err != nil {
			t.Errorf("secret %d from the newest, by name: %v", i, err)
		}
	}
}

func TestTheTimesOfASession(t *testing.T) {
	for _, c := range []struct {
		name, claims string
		leeway       time.Duration
		want         string // reason, empty: opens
	}{
		{"one second left", `{"exp":1767225601}`, 0, ""},
		{"a part of a second left", `{"exp":1767225600.5}`, 0, ""},
		{"over this second", `{"exp":1767225600}`, 0, "expired"},
		{"over, inside the leeway", `{"exp":1767225596}`, 5 * time.Second, ""},
		{"over, at the end of the leeway", `{"exp":1767225595}`, 5 * time.Second, "expired"},
		{"begins this second", `{"exp":1767229200,"nbf":1767225600}`, 0, ""},
		{"begins next second", `{"exp":1767229200,"nbf":1767225601}`, 0, "not-yet"},
		{"begins inside the leeway", `{"exp":1767229200,"nbf":1767225605}`, 5 * time.Second, ""},
		{"begins behind the leeway", `{"exp":1767229200,"nbf":1767225606}`, 5 * time.Second, "not-yet"},
		{"no end", `{"iat":1767225600}`, 0, "malformed"},
		{"an end that is text", `{"exp":"1767229200"}`, 0, "malformed"},
		{"an end in milliseconds", `{"exp":1767229200000}`, 0, "malformed"},
		{"an end beyond numbers", `{"exp":1e400}`, 0, "malformed"},
		{"a beginning that is text", `{"exp":1767229200,"nbf":"1"}`, 0, "malformed"},
		{"an issue that is text", `{"exp":1767229200,"iat":"1"}`, 0, "malformed"},
		{"issued tomorrow", `{"exp":1767429200,"iat":1767325600}`, 0, ""},
		{"a name of ours in capitals", `{"EXP":1767229200}`, 0, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			codec := newCodec(t, jwt.Options{Leeway: c.leeway}, newest)
			value := forge(t, "HS256", newest.Secret, `{"alg":"HS256"}`, c.claims)
			got, err := codec.Open(value, now.Add(999*time.Millisecond))
			if seal.Reason(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("Open = %s, %v, want %q", got.Claims, err, c.want)
			}
			seen, err := codec.(seal.Inspector).Inspect(value)
			if err != nil || string(seen.Claims) != c.claims {
				t.Errorf("Inspect = %s, %v", seen.Claims, err)
			}
		})
	}
}

// A print is the beginning of the MAC: the same for one value, another for every other.
func TestPrints(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest)
	seen := map[string]string{}
	for _, claims := range []string{`{"exp":1767229200}`, `{"exp":1767229200,"jti":"a"}`, `{"exp":1767229201,"jti":"a"}`} {
		value := forge(t, "HS256", newest.Secret, `{"alg":"HS256"}`, claims)
		got, err := codec.Open(value, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Print) != 22 || !strings.Contains(value, "."+got.Print) || seen[got.Print] != "" {
			t.Errorf("%s: print %q, as of %q", claims, got.Print, seen[got.Print])
		}
		seen[got.Print] = claims
	}
}

func TestDetectSaysNo(t *testing.T) {
	for _, value := range []string{"", "..", "a.b", "e30.e30.", "eyJhbGciOjF9..", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a.b.c"} {
		if alg, header, ok := jwt.Detect(value); ok || alg != "" || header != nil {
			t.Errorf("Detect(%q) = %s, %s, %t", value, alg, header, ok)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	codec := newCodec(t, jwt.Options{}, newest)
	set, err := jwt.RingKeys(seal.Ring{newest})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := set.Lookup(t.Context(), "2")
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, x := range []any{codec, set, keys[0], keys, jwt.Verifier{Keys: set}} {
			text := fmt.Sprintf(verb, x)
			if strings.Contains(text, string(newest.Secret[:8])) || strings.Contains(text, fmt.Sprintf("%x", newest.Secret[:8])) ||
				strings.Contains(text, "115 105 103 110") {
				t.Errorf("%s of a %T: %s", verb, x, text)
			}
		}
	}
	if got := keys[0].String(); got != `jwt key "2" for HS256, HS384, HS512` || keys[0].ID() != "2" {
		t.Errorf("String = %s", got)
	}
}
