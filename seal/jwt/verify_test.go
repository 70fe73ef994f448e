package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

var all = []string{
	"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

var byDefault = []string{"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"}

// longSecret is as long as the longest hash.
var longSecret = []byte(strings.Repeat("0123456789abcdef", 4))

// signer gives what signs alg, and the key that checks it.
func signer(t testing.TB, alg string) (private any, check *jwt.Key) {
	t.Helper()
	if alg[:2] != "HS" {
		return privateKeys()[alg], publicKey(t, "k", alg)
	}
	k, err := jwt.ParseKey([]byte(secretJWK("k", longSecret)))
	if err != nil {
		t.Fatal(err)
	}
	return longSecret, k
}

func TestEveryAlgorithm(t *testing.T) {
	for _, alg := range all {
		t.Run(alg, func(t *testing.T) {
			private, key := signer(t, alg)
			token := forge(t, alg, private, `{"alg":"`+alg+`","kid":"k"}`, good)
			set := newSet(t, key)
			got, err := jwt.Verifier{Keys: set, Algorithms: []string{alg}}.Verify(t.Context(), token, now)
			if err != nil || string(got.Claims) != good || got.Key != "k" || got.Algorithm != alg || got.Subject != "u-1001" || got.Life != life {
				t.Errorf("listed: %+v, %v", got, err)
			}
			if _, err := (jwt.Verifier{Keys: set}).Verify(t.Context(), token, now); (err == nil) != slices.Contains(byDefault, alg) {
				t.Errorf("by default: %v", err)
			}
			changed := []byte(token)
			changed[strings.IndexByte(token, '.')+5] ^= 1
			if _, err := (jwt.Verifier{Keys: set, Algorithms: []string{alg}}).Verify(t.Context(), string(changed), now); err == nil {
				t.Error("a changed payload is accepted")
			}
		})
	}
}

func TestTheZeroVerifierAcceptsNothing(t *testing.T) {
	_, err := jwt.Verifier{}.Verify(t.Context(), forge(t, "HS256", newest.Secret, `{"alg":"HS256"}`, good), now)
	if !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("Verify = %v, want no-key", err)
	}
	empty := jwt.Verifier{Keys: new(jwt.Set)}
	if _, err := empty.Verify(t.Context(), forge(t, "HS256", newest.Secret, `{"alg":"HS256"}`, good), now); !errors.Is(err, seal.ErrForeign) {
		t.Errorf("an empty set: %v, want foreign", err)
	}
}

// A policyCase changes good ID token claims or the policy for them.
type policyCase struct {
	name   string
	header string // default: RS256 and kid
	claims string // members in place of those of the base
	change func(*jwt.Verifier)
	want   string // reason; empty: accepted
}

const (
	issuer   = "https://idp.test"
	audience = "signet-app"
)

// merge puts members in place of those of base that have their names.
func merge(t testing.TB, base, members string) string {
	t.Helper()
	given := map[string]string{}
	var order []string
	for _, object := range []string{base, "{" + members + "}"} {
		err := seal.Members([]byte(object), func(name string, value []byte) error {
			if _, known := given[name]; !known {
				order = append(order, name)
			}
			given[name] = string(value)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	for _, name := range order {
		if given[name] != `"-"` { // leave it out
			out = append(out, fmt.Sprintf("%q:%s", name, given[name]))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

func runPolicy(t *testing.T, v jwt.Verifier, header, base string, cases []policyCase) {
	t.Helper()
	v.Keys = newSet(t, publicKey(t, "k", "RS256"))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := v
			if c.change != nil {
				c.change(&v)
			}
			h := header
			if c.header != "" {
				h = c.header
			}
			token := forge(t, "RS256", privateKeys()["RS256"], h, merge(t, base, c.claims))
			got, err := v.Verify(t.Context(), token, now)
			if seal.Reason(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("Verify = %s, %v, want %q", got.Claims, err, c.want)
			}
			if err != nil && got.Claims != nil {
				t.Errorf("claims leave with an error: %s", got.Claims)
			}
		})
	}
}

const plain = `{"alg":"RS256","kid":"k"}`

func TestIDTokens(t *testing.T) {
	v := jwt.Verifier{Issuer: issuer, Audience: audience, Profile: jwt.IDToken, Nonce: "n-1", Leeway: time.Minute}
	base := `{"iss":"https://idp.test","aud":"signet-app","sub":"u-1","iat":1767225540,"exp":1767229200,"nonce":"n-1"}`
	runPolicy(t, v, plain, base, []policyCase{
		{name: "as it should be"},
		{name: "with typ JWT", header: `{"alg":"RS256","kid":"k","typ":"jwt"}`},
		{name: "another issuer", claims: `"iss":"https://idp.test/"`, want: "foreign"},
		{name: "no issuer", claims: `"iss":"-"`, want: "malformed"},
		{name: "an issuer that is no text", claims: `"iss":["https://idp.test"]`, want: "malformed"},
		{name: "no audience", claims: `"aud":"-"`, want: "malformed"},
		{name: "an empty list of audiences", claims: `"aud":[]`, want: "foreign"},
		{name: "an audience in another case", claims: `"aud":"Signet-App"`, want: "foreign"},
		{name: "two audiences and no azp", claims: `"aud":["signet-app","x"]`, want: "foreign"},
		{name: "two audiences and our azp", claims: `"aud":["x","signet-app"],"azp":"signet-app"`},
		{name: "two audiences and another's azp", claims: `"aud":["signet-app","x"],"azp":"x"`, want: "foreign"},
		{name: "one audience and another's azp", claims: `"azp":"x"`, want: "foreign"},
		{name: "an azp that is no text", claims: `"azp":null`, want: "foreign"},
		{name: "no subject", claims: `"sub":"-"`, want: "malformed"},
		{name: "an empty subject", claims: `"sub":""`, want: "malformed"},
		{name: "a subject of 255 bytes", claims: `"sub":"` + strings.Repeat("s", 255) + `"`},
		{name: "a subject of 256 bytes", claims: `"sub":"` + strings.Repeat("s", 256) + `"`, want: "malformed"},
		{name: "a subject that is a number", claims: `"sub":1`, want: "malformed"},
		{name: "no iat", claims: `"iat":"-"`, want: "malformed"},
		{name: "an iat at the end of the leeway", claims: `"iat":1767225660`},
		{name: "an iat behind the leeway", claims: `"iat":1767225661`, want: "not-yet"},
		{name: "a future iat is refused whatever the option", claims: `"iat":1767225661`,
			change: func(v *jwt.Verifier) { v.FutureIssued = true }, want: "not-yet"},
		{name: "over inside the leeway", claims: `"exp":1767225541`},
		{name: "over at the end of the leeway", claims: `"exp":1767225540`, want: "expired"},
		{name: "another nonce", claims: `"nonce":"n-2"`, want: "foreign"},
		{name: "no nonce", claims: `"nonce":"-"`, want: "foreign"},
		{name: "no nonce was asked", claims: `"nonce":"-"`, change: func(v *jwt.Verifier) { v.Nonce, v.WithoutNonce = "", true }},
		{name: "at_hash of another token", claims: `"at_hash":"-OjnQrgbgGYE_AHfiFVypw"`,
			change: func(v *jwt.Verifier) { v.AccessToken = "ya29.access-token" }, want: "foreign"},
		{name: "at_hash of this token", claims: `"at_hash":"mLzc-GFcHSVfaiaPxAa37w"`,
			change: func(v *jwt.Verifier) { v.AccessToken = "ya29.access-token" }},
		{name: "no at_hash", change: func(v *jwt.Verifier) { v.AccessToken = "ya29.access-token" }},
		{name: "an at_hash that is no text", claims: `"at_hash":1`,
			change: func(v *jwt.Verifier) { v.AccessToken = "ya29.access-token" }, want: "foreign"},
		{name: "signed in lately enough", claims: `"auth_time":1767221940`, change: func(v *jwt.Verifier) { v.MaxAge = time.Hour }},
		{name: "signed in too long ago", claims: `"auth_time":1767221939`, change: func(v *jwt.Verifier) { v.MaxAge = time.Hour }, want: "expired"},
		{name: "signed in tomorrow", claims: `"auth_time":1767325600`, change: func(v *jwt.Verifier) { v.MaxAge = time.Hour }, want: "not-yet"},
		{name: "no auth_time", change: func(v *jwt.Verifier) { v.MaxAge = time.Nanosecond }, want: "malformed"},
		{name: "a tenant's issuer", claims: `"iss":"https://idp.test/t1","tid":"t1"`, change: byTenant},
		{name: "a tenant's issuer with another's claim", claims: `"iss":"https://idp.test/t1","tid":"t2"`, change: byTenant, want: "foreign"},
	})
}

// byTenant shows how an issuer of many names is judged.
func byTenant(v *jwt.Verifier) {
	v.Issuer = ""
	v.MatchIssuer = func(iss string, claims []byte) bool {
		var tenant [1][]byte
		if seal.Pick(claims, []string{"tid"}, tenant[:]) != nil {
			return false
		}
		id, ok := seal.String(tenant[0])
		return ok && id == "t1" && iss == "https://idp.test/"+id
	}
}

func TestAccessTokens(t *testing.T) {
	v := jwt.Verifier{Issuer: issuer, Audience: audience, Profile: jwt.AccessToken}
	base := `{"iss":"https://idp.test","aud":"signet-app","sub":"u-1","iat":1767225540,"exp":1767229200,"jti":"j","client_id":"c"}`
	runPolicy(t, v, `{"alg":"RS256","kid":"k","typ":"at+jwt"}`, base, []policyCase{
		{name: "as it should be"},
		{name: "the long form of typ", header: `{"alg":"RS256","typ":"application/AT+JWT"}`},
		{name: "several audiences", claims: `"aud":["x","signet-app"],"azp":"x"`},
		{name: "no typ", header: plain, want: "unsupported"},
		{name: "a prefix alone", header: `{"alg":"RS256","typ":"application/"}`, want: "unsupported"},
		{name: "no client", claims: `"client_id":"-"`, want: "malformed"},
		{name: "an empty jti", claims: `"jti":""`, want: "malformed"},
		{name: "a jti that is no text", claims: `"jti":1`, want: "malformed"},
		{name: "a scope is required", change: func(v *jwt.Verifier) { v.Require = []string{"scope|scp"} }, want: "malformed"},
		{name: "the other name of the scope", claims: `"scp":"read"`, change: func(v *jwt.Verifier) { v.Require = []string{"scope|scp"} }},
	})
}

func TestLogoutTokens(t *testing.T) {
	v := jwt.Verifier{Issuer: issuer, Audience: audience, Profile: jwt.LogoutToken}
	base := `{"iss":"https://idp.test","aud":"signet-app","sub":"u-1","sid":"s","iat":1767225540,"exp":1767225720,"jti":"l",` +
		`"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	runPolicy(t, v, `{"alg":"RS256","kid":"k","typ":"logout+jwt"}`, base, []policyCase{
		{name: "as it should be"},
		{name: "a session and no subject", claims: `"sub":"-"`},
		{name: "a subject and no session", claims: `"sid":"-"`},
		{name: "neither", claims: `"sub":"-","sid":"-"`, want: "malformed"},
		{name: "a session that is no text", claims: `"sid":1`, want: "malformed"},
		{name: "a nonce", claims: `"nonce":"n"`, want: "malformed"},
		{name: "a nonce that is null", claims: `"nonce":null`, want: "malformed"},
		{name: "no events", claims: `"events":"-"`, want: "malformed"},
		{name: "another event", claims: `"events":{"x":{}}`, want: "malformed"},
		{name: "an event that is no object", claims: `"events":{"http://schemas.openid.net/event/backchannel-logout":true}`, want: "malformed"},
		{name: "no jti", claims: `"jti":"-"`, want: "malformed"},
		{name: "issued two minutes ago", claims: `"iat":1767225480`},
		{name: "issued longer ago", claims: `"iat":1767225479`, want: "expired"},
		{name: "issued longer ago, where that is allowed", claims: `"iat":1767225479`, change: func(v *jwt.Verifier) { v.MaxIssuedAge = time.Hour }},
	})
}

func TestPlainTokens(t *testing.T) {
	base := `{"sub":"u-1","exp":1767229200}`
	runPolicy(t, jwt.Verifier{}, plain, base, []policyCase{
		{name: "as it should be"},
		{name: "no end", claims: `"exp":"-"`, want: "malformed"},
		{name: "an end that is null", claims: `"exp":null`, want: "malformed"},
		{name: "for somebody, and we are nobody", claims: `"aud":"signet-app"`, want: "foreign"},
		{name: "for an empty name", claims: `"aud":""`, want: "foreign"},
		{name: "for an empty name among others", claims: `"aud":["x",""]`, want: "foreign"},
		{name: "about nobody", claims: `"sub":""`, want: "malformed"},
		{name: "for us", claims: `"aud":"signet-app"`, change: func(v *jwt.Verifier) { v.Audience = audience }},
		{name: "for nobody", change: func(v *jwt.Verifier) { v.Audience = audience }, want: "foreign"},
		{name: "from nobody", change: func(v *jwt.Verifier) { v.Issuer = issuer }, want: "foreign"},
		{name: "not yet", claims: `"nbf":1767225601`, want: "not-yet"},
		{name: "an nbf that is text", claims: `"nbf":"1"`, want: "malformed"},
		{name: "issued in the future", claims: `"iat":1767225601`, want: "not-yet"},
		{name: "issued in the future, where that is allowed", claims: `"iat":1767225601`, change: func(v *jwt.Verifier) { v.FutureIssued = true }},
		{name: "an age is asked and no iat", change: func(v *jwt.Verifier) { v.MaxIssuedAge = time.Hour }, want: "malformed"},
		{name: "an age is asked and iat in the future", claims: `"iat":1767225601`,
			change: func(v *jwt.Verifier) { v.MaxIssuedAge, v.FutureIssued = time.Hour, true }, want: "not-yet"},
		{name: "an age is asked and it is too old", claims: `"iat":1767221999`, change: func(v *jwt.Verifier) { v.MaxIssuedAge = time.Hour }, want: "expired"},
		{name: "an end later than the latest", change: func(v *jwt.Verifier) { v.Latest = time.Unix(1767229199, 0) }, want: "malformed"},
		{name: "an end at the latest", change: func(v *jwt.Verifier) { v.Latest = time.Unix(1767229200, 0) }},
		{name: "a typ of its own", header: `{"alg":"RS256","typ":"invite+jwt"}`, change: func(v *jwt.Verifier) { v.Typ = "invite+jwt" }},
		{name: "without the typ that is asked", change: func(v *jwt.Verifier) { v.Typ = "invite+jwt" }, want: "unsupported"},
		{name: "longer than the limit", change: func(v *jwt.Verifier) { v.MaxTokenBytes = 100 }, want: "malformed"},
		{name: "required and null", claims: `"email":null`, change: func(v *jwt.Verifier) { v.Require = []string{"email"} }, want: "malformed"},
	})
}

func TestWhatCannotBeAVerifier(t *testing.T) {
	for _, c := range []struct {
		name string
		v    jwt.Verifier
	}{
		{"an unknown profile", jwt.Verifier{Profile: "id"}},
		{"an id token without an issuer", jwt.Verifier{Profile: jwt.IDToken, Audience: "a", Nonce: "n"}},
		{"an id token without an audience", jwt.Verifier{Profile: jwt.IDToken, Issuer: "i", Nonce: "n"}},
		{"an id token without a nonce", jwt.Verifier{Profile: jwt.IDToken, Issuer: "i", Audience: "a"}},
		{"an access token without an audience", jwt.Verifier{Profile: jwt.AccessToken, Issuer: "i"}},
		{"a log-out token without an issuer", jwt.Verifier{Profile: jwt.LogoutToken, Audience: "a"}},
		{"the algorithm none", jwt.Verifier{Algorithms: []string{"RS256", "none"}}},
		{"an empty algorithm", jwt.Verifier{Algorithms: []string{""}}},
		{"a leeway to the other side", jwt.Verifier{Leeway: -1}},
		{"an age to the other side", jwt.Verifier{MaxIssuedAge: -1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.v.Keys = newSet(t, publicKey(t, "k", "RS256"))
			_, err := c.v.Verify(t.Context(), forge(t, "RS256", privateKeys()["RS256"], plain, good), now)
			if err == nil || seal.Reason(err) != "" {
				t.Errorf("Verify = %v, want a fault of configuration", err)
			}
		})
	}
}

// A lookup is a key set that is a function.
type lookup func(kid string) ([]*jwt.Key, error)

func (f lookup) Lookup(_ context.Context, kid string) ([]*jwt.Key, error) { return f(kid) }

func TestAFaultOfTheKeySetIsNoVerdict(t *testing.T) {
	broken := errors.New("the provider is down")
	v := jwt.Verifier{Keys: lookup(func(string) ([]*jwt.Key, error) { return nil, broken })}
	_, err := v.Verify(t.Context(), forge(t, "RS256", privateKeys()["RS256"], plain, good), now)
	if !errors.Is(err, broken) || seal.Reason(err) != "" {
		t.Errorf("Verify = %v", err)
	}
}

func TestWithoutAKeyIDTheFirstPublicKeyThatFitsIsTaken(t *testing.T) {
	first, second := publicKey(t, "a", "RS256"), publicKey(t, "b", "ES256")
	private := privateKeys()
	set := newSet(t, first, second, publicKey(t, "c", "ES384"))
	for _, alg := range []string{"RS256", "ES256"} {
		token := forge(t, alg, private[alg], `{"alg":"`+alg+`"}`, good)
		if _, err := (jwt.Verifier{Keys: set}).Verify(t.Context(), token, now); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
	stranger, err := jwt.NewKey("z", strangersKey(t))
	if err != nil {
		t.Fatal(err)
	}
	behind := newSet(t, stranger, second)
	token := forge(t, "ES256", private["ES256"], `{"alg":"ES256"}`, good)
	if _, err := (jwt.Verifier{Keys: behind}).Verify(t.Context(), token, now); !errors.Is(err, seal.ErrForeign) {
		t.Errorf("the second of its kind: %v, want foreign", err)
	}
	named := forge(t, "ES256", private["ES256"], `{"alg":"ES256","kid":"b"}`, good)
	if _, err := (jwt.Verifier{Keys: behind}).Verify(t.Context(), named, now); err != nil {
		t.Errorf("the second by its name: %v", err)
	}
}

func TestClaimsAreReadByTheirType(t *testing.T) {
	claims := `{"exp":1767229200,"email":"a@b.test","email_verified":"true","admin":1,"ok":true,"jti":"j"}`
	v := jwt.Verifier{Keys: newSet(t, publicKey(t, "k", "RS256"))}
	got, err := v.Verify(t.Context(), forge(t, "RS256", privateKeys()["RS256"], plain, claims), now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Text("email") != "a@b.test" || got.Text("admin") != "" || got.Text("nothing") != "" || got.ID != "j" {
		t.Errorf("texts: %q %q %q, jti %q", got.Text("email"), got.Text("admin"), got.Text("nothing"), got.ID)
	}
	if got.True("email_verified") || got.True("admin") || got.True("nothing") || !got.True("ok") {
		t.Error("only true itself is true")
	}
	if (jwt.Verified{}).True("ok") || (jwt.Verified{}).Text("ok") != "" {
		t.Error("an empty verdict says something")
	}
}
