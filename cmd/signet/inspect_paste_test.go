package main

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// aToken has the form of a v5 cookie; what it says does not matter here.
const aToken = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..lo1Aa4BLWSOoybI00o7-qA.tOIKCm0MQdk8NiFMN4tx6w.C8hrai0xEZlb6_-A"

func TestCleanFindsTheToken(t *testing.T) {
	const name = "authjs.session-token"
	a, b := aToken[:40], aToken[40:]
	for _, c := range []struct{ title, text, wanted, cookie, value string }{
		{"bare", aToken, "", "", aToken},
		{"white space around", " \t" + aToken + "\r\n", "", "", aToken},
		{"quotes and white space", " ' \"" + aToken + "\" ' ", "", "", aToken},
		{"typographic quotes", "“" + aToken + "”", "", "", aToken},
		{"in a code span", "`" + aToken + "`", "", "", aToken},
		{"broken into lines", a + "\n  " + b + "\n", "", "", aToken},
		{"percent-encoded", url.QueryEscape(aToken + "/"), "", "", aToken + "/"},
		{"percent-encoded quotes", "%22" + aToken + "%22", "", "", aToken},
		{"a percent sign that encodes nothing", "50%", "", "", "50%"},
		{"bearer", "Bearer " + aToken, "", "", aToken},
		{"authorization line", "Authorization: Bearer " + aToken, "", "", aToken},
		{"one pair", name + "=" + aToken, "", name, aToken},
		{"one pair with quotes", name + `="` + aToken + `"`, "", name, aToken},
		{"cookie line", "Cookie: a=1; " + name + "=" + aToken + "; b=2", "", name, aToken},
		{"cookie line in lower case", "cookie:" + name + "=" + aToken, "", name, aToken},
		{"cookie line broken into lines", "Cookie: a=1; " + name + "=" + a + "\n" + b + "; b=2", "", name, aToken},
		{"pairs without a label", "a=1; __Secure-" + name + "=" + aToken, "", "__Secure-" + name, aToken},
		{"one pair a line", "a=1\n" + name + ".0=" + a + "\n" + name + ".1=" + b, "", name, aToken},
		{"chunks out of order", name + ".1=" + b + "; " + name + ".0=" + a, "", name, aToken},
		{"set-cookie line", "Set-Cookie: " + name + "=" + aToken + "; Path=/; HttpOnly; SameSite=Lax", "", name, aToken},
		{"an answer with its headers", "HTTP/1.1 200 OK\r\nDate: x\r\nSet-Cookie: " + name + ".0=" + a + "; Path=/\r\nSet-Cookie: " + name + ".1=" + b + "; Path=/\r\n\r\nnull", "", name, aToken},
		{"as curl -v shows it", "> GET / HTTP/1.1\n> Cookie: " + name + "=" + aToken + "\n>", "", name, aToken},
		{"a row of developer tools", name + "\t" + aToken + "\tlocalhost\t/", "", name, aToken},
		{"a name and a colon", name + `: "` + aToken + `"`, "", name, aToken},
		{"the cookie that is asked for", name + "=x; authjs.state=" + aToken, "authjs.state", "authjs.state", aToken},
		{"the only cookie, whatever its name", "sid=" + aToken, "", "sid", aToken},
		{"the only token among cookies of other names", "theme=dark; sid=" + aToken + "; lang=ko", "", "sid", aToken},
		{"base64 padding makes no cookie", "abc.def==", "", "", "abc.def=="},
		{"an empty text", " ", "", "", ""},
		{"JSON", `{"protected":"eyJ"}`, "", "", `{"protected":"eyJ"}`},
		{"white space inside stays", aToken[:20] + " " + aToken[20:], "", "", aToken[:20] + " " + aToken[20:]},
	} {
		t.Run(c.title, func(t *testing.T) {
			got, err := clean(c.text, c.wanted)
			if err != nil || got.Broken != nil {
				t.Fatalf("clean = %v, %v", got, err)
			}
			if got.Cookie != c.cookie || got.Value != c.value {
				t.Errorf("clean = %q of the cookie %q, want %q of %q", got.Value, got.Cookie, c.value, c.cookie)
			}
		})
	}
}

// Programs say what they mean: only lines of headers are taken apart.
func TestExactlyLeavesTheTokenAsItIs(t *testing.T) {
	for _, text := range []string{aToken, " " + aToken, `"` + aToken + `"`, "Bearer " + aToken, "%41" + aToken, aToken + "\n", aToken[:9] + "\n" + aToken[9:], "", "a.b=="} {
		if got, err := exactly(text, ""); err != nil || got != (pasted{Value: text}) {
			t.Errorf("exactly(%q) = %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"Authorization: Bearer " + aToken, "authorization:bearer " + aToken, "Cookie: a=1; authjs.session-token=" + aToken, "authjs.session-token=" + aToken} {
		if got, err := exactly(text, ""); err != nil || got.Value != aToken {
			t.Errorf("exactly(%q) = %+v, %v", text, got, err)
		}
	}
}

func TestCleanSaysWhatIsWrongWithCookies(t *testing.T) {
	for text, want := range map[string]error{
		"authjs.session-token.0=a; authjs.session-token.2=c": cookie.ErrGap,
		"authjs.session-token=a; authjs.session-token=b":     cookie.ErrDuplicate,
		"authjs.session-token=; a=b":                         cookie.ErrAbsent,
		"s.0=a; s.1=a; s.2=a; s.3=a; s.4=a":                  cookie.ErrTooLarge,
	} {
		got, err := clean(text, "")
		if err != nil || !errors.Is(got.Broken, want) || got.Value != "" {
			t.Errorf("clean(%q) = %+v, %v, want broken by %v", text, got, err, want)
		}
		if what, cure := brokenWords(got.Broken); what == "" || cure == "" {
			t.Errorf("%v: no words", want)
		}
	}
	for _, text := range []string{"a=1; b=2", "Cookie: ", "a=" + strings.Repeat("x", cookie.MaxHeader), strings.Repeat("a=1;", 300)} {
		var usage *usageError
		if got, err := clean(text, ""); !errors.As(err, &usage) || usage.cure == "" {
			t.Errorf("clean(%.20q…) = %+v, %v", text, got, err)
		}
	}
}

// fuzzRing and fuzzKeys have sealed nothing.
var fuzzRing = append(seal.Secrets("a secret for the fuzzing of pastes", "another one for the fuzzing of pastes"),
	seal.Key{ID: numbered + "x", Secret: []byte("a third one, for the fuzzing of pastes")})

var fuzzKeys = []keyFile{{"key.jwk", func() *jwt.Set {
	set, err := parseKeys([]byte(`{"kty":"EC","x":"it-mdAChHfDUNq0Y6AvBjDIGvQGbmd9448WeuWUTXQQ","y":"IfnHo1EWo0ChAAd67BnABoBvFUxgLLjrzK5M6REiCXE","crv":"P-256"}`))
	if err != nil {
		panic(err)
	}
	return set
}()}}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		aToken, `"` + aToken + `"`, "Cookie: a=1; authjs.session-token.0=x; authjs.session-token.1=y", "Set-Cookie: a=b; Path=/\nset-cookie: c=d",
		"a\tb\tc", "a: b", "%22%20%22", "Bearer x", "''", `"`, "“", "a=1\nb=2", "=;=;", "\r\n> cookie:", "Fe26.2*1*a*b*c*d*e*f", "%%%", "\x00\xff",
		"Fe26.2*1*" + strings.Repeat("a", 64) + "*" + strings.Repeat("A", 22) + "*AAAA*1*" + strings.Repeat("a", 64) + "*" + strings.Repeat("A", 43) + "~2",
		"Fe26.2**a*b*c*d*e*f~1", "fe26.2%2A1%2A", "~*~*~*~*~*~*~*~", "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.AA", "eyJ.eyJ.", "eyJhbGciOiJub25lIn0.e30.",
		"eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJhdWQiOlsxXX0.AA", "abcdefghijklmnopqrstuvwxyz234567", "s=abcdefghijkmnpqr.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8%3D",
	} {
		f.Add(seed, "")
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, text, wanted string) {
		got, err := clean(text, wanted)
		if err != nil {
			var usage *usageError
			if !errors.As(err, &usage) {
				t.Fatalf("clean(%q) = %v", text, err)
			}
			return
		}
		if len(got.Value) > len(text) || got.Value != unquote(got.Value) {
			t.Errorf("clean(%q) = %q", text, got.Value)
		}
		if got.Broken != nil && got.Value != "" {
			t.Errorf("clean(%q) is broken and has the value %q", text, got.Value)
		}
		exact, err := exactly(text, wanted)
		if err != nil {
			exact.Value = text
		}
		// Whatever was pasted, it opens only if it is what was sealed.
		in := inspector{ring: fuzzRing, sets: fuzzKeys, now: scriptTime}
		for _, value := range []string{got.Value, exact.Value} {
			for _, in := range []inspector{in, {now: scriptTime}} {
				found := in.look(value)
				if found.Err == nil || seal.Reason(found.Err) == "" || found.What == "" || found.Cure == "" || found.Verified {
					t.Errorf("%q is found to be %+v", value, found)
				}
				decode(t, found.json())
				if err := found.print(io.Discard, scriptTime); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
