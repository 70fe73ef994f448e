package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A reader is one of the two ways to read a token that newest has signed.
type reader func(token string) (claims []byte, err error)

// readers are the session codec and a verifier, both with the secret newest.
func readers(t testing.TB) map[string]reader {
	t.Helper()
	codec := newCodec(t, jwt.Options{}, newest)
	keys, err := jwt.RingKeys(seal.Ring{newest})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]reader{
		"session": func(token string) ([]byte, error) {
			got, err := codec.Open(token, now)
			return got.Claims, err
		},
		"verifier": func(token string) ([]byte, error) {
			got, err := jwt.Verifier{Keys: keys}.Verify(t.Context(), token, now)
			return got.Claims, err
		},
	}
}

// refused checks that nobody reads a token, and why.
func refused(t *testing.T, name, token string, want ...string) {
	t.Helper()
	for by, read := range readers(t) {
		claims, err := read(token)
		var open *seal.OpenError
		if !errors.As(err, &open) || open.Codec != jwt.Format || claims != nil || !slices.Contains(want, seal.Reason(err)) {
			t.Errorf("%s, %s: claims %s, %v, want %q", name, by, claims, err, want)
		}
	}
}

// accepted checks that both read a token.
func accepted(t *testing.T, name, token string) {
	t.Helper()
	for by, read := range readers(t) {
		if _, err := read(token); err != nil {
			t.Errorf("%s, %s: %v", name, by, err)
		}
	}
}

func hs256(t testing.TB, header, claims string) string {
	return forge(t, "HS256", newest.Secret, header, claims)
}

func TestS89_OneSpellingOfAToken(t *testing.T) {
	genuine := hs256(t, `{"alg":"HS256"}`, good)
	accepted(t, "as it should be", genuine)
	parts := strings.Split(genuine, ".")
	for name, token := range map[string]string{
		"nothing": "", "two parts": parts[0] + "." + parts[1], "four parts": genuine + ".", "five parts": genuine + "..",
		"padding": genuine + "=", "a newline behind it": genuine + "\n", "a newline inside": parts[0] + "\n." + parts[1] + "." + parts[2],
		"a carriage return inside": genuine[:30] + "\r" + genuine[30:], "a blank in front": " " + genuine, "NUL behind it": genuine + "\x00",
		"the scheme in front": "Bearer " + genuine, "a full-width dot": strings.ReplaceAll(genuine, ".", "\uff0e"),
		"percent signs": strings.ReplaceAll(genuine, ".", "%2E"), "longer than 16 KiB": genuine + strings.Repeat("A", seal.MaxToken),
		"JSON serialization": fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]),
	} {
		refused(t, name, token, "malformed")
	}
	// The last character of a MAC of 32 bytes has two bits to spare.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, genuine[len(genuine)-1])
	for spare := 1; spare < 4; spare++ {
		refused(t, "bits to spare", genuine[:len(genuine)-1]+string(alphabet[last|spare]), "malformed")
	}
	for cut := range len(parts[2]) {
		refused(t, "a part of the MAC", genuine[:len(genuine)-len(parts[2])+cut], "foreign", "malformed")
	}
}

func TestS90_AmbiguousTokensAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"a name twice": `{"alg":"HS256","exp":1767229200,"exp":1767229200}`, "a name in two cases": `{"alg":"HS256","exp":1767229200,"Exp":1}`,
		"a name twice by escape": `{"alg":"HS256","exp":1767229200,"\u0065xp":1}`, "invalid UTF-8": "{\"alg\":\"HS256\",\"exp\":1767229200,\"a\":\"\xff\"}",
		"half a surrogate": `{"alg":"HS256","exp":1767229200,"a":"\ud800"}`, "NUL": `{"alg":"HS256","exp":1767229200,"a":"\u0000"}`,
		"data behind it": `{"alg":"HS256","exp":1767229200}{}`, "a byte order mark": "\ufeff" + `{"alg":"HS256","exp":1767229200}`,
		"65 levels": `{"alg":"HS256","exp":1767229200,"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
		"a list":    `["HS256"]`, "null": `null`, "nothing": ``, "cut": `{"alg":"HS256","exp":1767229200`,
		"inner name twice": `{"alg":"HS256","exp":1767229200,"a":[{"b":1,"B":2}]}`,
	} {
		refused(t, "header: "+name, hs256(t, text, good), "malformed")
		refused(t, "claims: "+name, hs256(t, `{"alg":"HS256"}`, text), "malformed")
	}
	accepted(t, "64 levels", hs256(t, `{"alg":"HS256"}`, `{"exp":1767229200,"a":`+strings.Repeat("[", 63)+strings.Repeat("]", 63)+`}`))
}

func TestS91_ExtensionsAreRefused(t *testing.T) {
	for _, member := range []string{
		`"crit":["exp"],"exp":1`, `"crit":["x"]`, `"crit":[]`, `"crit":null`, `"crit":"exp"`, `"crit":["alg"]`, `"crit":["b64"],"b64":true`,
		`"crit":["b64"],"b64":false`, `"b64":false`, `"b64":true`, `"zip":"DEF"`,
	} {
		refused(t, member, hs256(t, `{"alg":"HS256",`+member+`}`, good), "unsupported")
	}
	accepted(t, "a member that nobody knows", hs256(t, `{"alg":"HS256","foo":{"crit":["x"]}}`, good))
}

// trap fails the test when anything goes out while it runs.
func trap(t *testing.T) {
	t.Helper()
	caught := func() error {
		t.Error("something went out")
		return errors.New("trap")
	}
	transport, resolver := http.DefaultTransport, net.DefaultResolver
	t.Cleanup(func() { http.DefaultTransport, net.DefaultResolver = transport, resolver })
	http.DefaultTransport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, caught() })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, caught() }}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestS92_NoKeyComesWithTheToken(t *testing.T) {
	trap(t)
	thief, err := strange()
	if err != nil {
		t.Fatal(err)
	}
	point, err := thief.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	jwk := fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q}`, b64.EncodeToString(point[1:33]), b64.EncodeToString(point[33:]))
	v := jwt.Verifier{Keys: newSet(t, publicKey(t, "k", "ES256"))}
	for _, member := range []string{
		`"jwk":` + jwk, `"jku":"https://thief.test/keys"`, `"x5u":"https://thief.test/cert"`, `"x5c":["MIIB"]`, `"x5t":"AA"`,
		`"jwk":1`, `"jku":["file:///etc/passwd"]`,
	} {
		for _, kid := range []string{``, `"kid":"k",`, `"kid":"thief",`} {
			header := `{"alg":"ES256",` + kid + member + `}`
			if _, err := v.Verify(t.Context(), forge(t, "ES256", thief, header, good), now); !errors.Is(err, seal.ErrForeign) {
				t.Errorf("%s: %v, want foreign", header, err)
			}
		}
		// They are ignored, so they do not spoil a genuine token either.
		if _, err := v.Verify(t.Context(), forge(t, "ES256", privateKeys()["ES256"], `{"alg":"ES256","kid":"k",`+member+`}`, good), now); err != nil {
			t.Errorf("genuine, with %s: %v", member, err)
		}
	}
}

func TestS92_AKeyIDIsAnIndexAndNothingElse(t *testing.T) {
	empty := []byte{}
	for _, kid := range []string{`""`, `"../../../../dev/null"`, `"' OR 1=1 --"`, `"__proto__"`, `"2"`, `"http://thief.test/"`} {
		refused(t, kid, forge(t, "HS256", empty, `{"alg":"HS256","kid":`+kid+`}`, good), "foreign")
	}
	for _, kid := range []string{`1`, `null`, `["2"]`, `{"2":1}`, `"` + strings.Repeat("k", 257) + `"`} {
		refused(t, kid[:min(9, len(kid))], hs256(t, `{"alg":"HS256","kid":`+kid+`}`, good), "malformed")
	}
	asked := 0
	v := jwt.Verifier{Keys: lookup(func(kid string) ([]*jwt.Key, error) {
		asked++
		if len(kid) > 256 {
			t.Errorf("asked for a kid of %d bytes", len(kid))
		}
		return nil, nil
	})}
	for _, n := range []int{256, 257, 8000} {
		v.Verify(t.Context(), hs256(t, `{"alg":"HS256","kid":"`+strings.Repeat("k", n)+`"}`, good), now)
	}
	if asked != 1 {
		t.Errorf("the keys were asked %d times, want once", asked)
	}
}

// The package cannot fetch: it has nothing to do it with. crypto/x509, which reads public
// keys, makes no connections.
func TestS92_NothingIsImportedThatCouldFetch(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, i := range parsed.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if path == "os" || path == "net" || strings.HasPrefix(path, "net/") || strings.HasPrefix(path, "os/") || path == "syscall" || path == "unsafe" {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
	if seen == 0 {
		t.Error("no files")
	}
}

func TestS93_AlgorithmsThatAreNotListedAreRefused(t *testing.T) {
	for _, alg := range []string{"none", "None", "NONE", "hs256", "HS256 ", "HS257", "HS1", "ES256K", "Ed25519", "dir", "PBES2-HS256+A128KW", "RSA1_5"} {
		refused(t, alg, hs256(t, `{"alg":"`+alg+`"}`, good), "unsupported")
		unsigned := b64.EncodeToString([]byte(`{"alg":"`+alg+`"}`)) + "." + b64.EncodeToString([]byte(good)) + "."
		refused(t, alg+" unsigned", unsigned, "unsupported")
	}
	for _, header := range []string{`{}`, `{"alg":null}`, `{"alg":""}`, `{"alg":["HS256"]}`, `{"alg":256}`, `{"ALG":"HS256"}`} {
		refused(t, header, hs256(t, header, good), "malformed")
	}
}

// The header's algorithm picks from what both the policy and the key allow; it adds nothing.
func TestS73_PolicyAndKeyDecideTheAlgorithm(t *testing.T) {
	for _, made := range all {
		private, key := signer(t, made)
		for _, said := range all {
			token := forge(t, made, private, `{"alg":"`+said+`","kid":"k"}`, good)
			for _, listed := range all {
				v := jwt.Verifier{Keys: newSet(t, key), Algorithms: []string{listed}}
				_, err := v.Verify(t.Context(), token, now)
				// The secret is for all of HMAC.
				if want := made == said && said == listed; (err == nil) != want {
					t.Errorf("signed with %s, says %s, listed %s: %v", made, said, listed, err)
				}
			}
		}
	}
}

// A public key is public: a MAC made with any spelling of it proves nothing.
func TestS73_APublicKeyIsNoSecret(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		set, err := jwt.ParseKeys(keySet(publicJWK(t, alg, `,"kid":"k"`)))
		if err != nil {
			t.Fatal(err)
		}
		v := jwt.Verifier{Keys: set, Algorithms: all}
		for _, secret := range [][]byte{publicPEM(t, alg), []byte(publicJWK(t, alg, "")), {}, []byte(strings.TrimSpace(string(publicPEM(t, alg))))} {
			for _, header := range []string{`{"alg":"HS256","kid":"k"}`, `{"alg":"HS256"}`} {
				if _, err := v.Verify(t.Context(), forge(t, "HS256", secret, header, good), now); !errors.Is(err, seal.ErrUnsupported) {
					t.Errorf("%s as a secret: %v, want unsupported", alg, err)
				}
			}
		}
	}
}
