package jwt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// FuzzOpen changes session tokens. None may open but those that were signed.
func FuzzOpen(f *testing.F) {
	codec := newCodec(f, jwt.Options{}, newest, older)
	genuine := map[string]bool{}
	for _, value := range []string{
		"..", hs256(f, `{"alg":"HS256"}`, good), hs256(f, `{"alg":"HS256","typ":"JWT","kid":"2"}`, good), hs256(f, `{"alg":"HS256"}`, `{"exp":1767229200,"jti":"j"}`),
		forge(f, "HS256", older.Secret, `{"alg":"HS256","kid":"1"}`, good), hs256(f, `{"alg":"none"}`, good), hs256(f, `{"alg":"HS256","crit":["x"]}`, good),
	} {
		_, err := codec.Open(value, now)
		genuine[value] = err == nil
		f.Add(value)
	}
	for _, c := range readCases[hostileCase](f, "hostile.json") {
		if c.Kind == "jwt" {
			f.Add(c.Token)
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		jwt.Detect(value)
		got, err := codec.Open(value, now)
		if err == nil {
			if !genuine[value] {
				t.Fatalf("a value nobody signed opens: %q, %s", value, got.Claims)
			}
			return
		}
		var open *seal.OpenError
		if !errors.As(err, &open) || open.Codec != jwt.Format || seal.Reason(err) == "" || got.Claims != nil {
			t.Fatalf("Open(%q) = %s, %#v", value, got.Claims, err)
		}
	})
}

// FuzzVerify signs anything and offers it to each profile. What is accepted must say to
// encoding/json what the policy asks.
func FuzzVerify(f *testing.F) {
	const id = `{"iss":"https://idp.test","aud":"signet-app","sub":"u","iat":1767225600,"exp":1767229200,"nonce":"n","jti":"j","client_id":"c"}`
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","typ":"at+jwt"}`, `{"alg":"HS256","typ":"logout+jwt","kid":"2"}`, `{"alg":"none"}`, `{"alg":"HS256","b64":false}`} {
		for _, claims := range []string{id, good, `{"exp":1e400}`, `{"aud":["signet-app","x"],"exp":1767229200}`, `{"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`} {
			f.Add([]byte(header), []byte(claims))
		}
	}
	keys, err := jwt.RingKeys(seal.Ring{newest, older})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, claims []byte) {
		for _, profile := range []jwt.Profile{"", jwt.IDToken, jwt.AccessToken, jwt.LogoutToken} {
			v := jwt.Verifier{Keys: keys, Issuer: issuer, Audience: audience, Profile: profile}
			if profile == jwt.IDToken {
				v.Nonce = "n"
			}
			got, err := v.Verify(t.Context(), hs256(t, string(header), string(claims)), now)
			if err != nil {
				if seal.Reason(err) == "" || got.Claims != nil {
					t.Fatalf("Verify = %s, %v", got.Claims, err)
				}
				continue
			}
			checkVerified(t, profile, header, claims, got)
		}
	})
}

func checkVerified(t *testing.T, profile jwt.Profile, header, claims []byte, got jwt.Verified) {
	t.Helper()
	var h struct {
		Alg, Typ string
		Crit     any
		B64      any `json:"b64"`
	}
	if err := json.Unmarshal(header, &h); err != nil || h.Alg != "HS256" || h.Crit != nil || h.B64 != nil {
		t.Fatalf("header %q is accepted: %v", header, err)
	}
	typ := strings.TrimPrefix(strings.ToLower(h.Typ), "application/")
	if want := string(profile); profile != "" && profile != jwt.IDToken && typ != want || (profile == "" || profile == jwt.IDToken) && typ != "" && typ != "jwt" {
		t.Fatalf("typ %q is accepted as %q", h.Typ, want)
	}
	var c map[string]any
	if err := json.Unmarshal(claims, &c); err != nil || !bytes.Equal(got.Claims, claims) {
		t.Fatalf("claims %q are accepted: %v", claims, err)
	}
	exp, ok := c["exp"].(float64)
	list, many := c["aud"].([]any)
	if !ok || exp <= float64(now.Unix()) || c["iss"] != issuer || !many && c["aud"] != audience || many && len(list) == 0 {
		t.Fatalf("claims %q are accepted", claims)
	}
	if profile == jwt.IDToken && c["nonce"] != "n" || profile == jwt.LogoutToken && c["nonce"] != nil {
		t.Fatalf("nonce of %q", claims)
	}
	if sub, there := c["sub"]; there && (sub != got.Subject || got.Subject == "") {
		t.Fatalf("sub of %q is %q", claims, got.Subject)
	}
}

// FuzzVerifyToken changes tokens signed with the private keys of the vectors, which nobody
// has here. What was signed is accepted, whatever its signature is spelled like; nothing
// else is. The keys are fixed, as each of the fuzzer's processes has to know them.
func FuzzVerifyToken(f *testing.F) {
	var keys []*jwt.Key
	var tokens []string
	for _, c := range readCases[packageCase](f, "jwt.json") {
		if c.Key.Kind != "public" {
			continue
		}
		f.Add(c.Token)
		tokens = append(tokens, c.Token)
		if k, err := jwt.ParseKey(c.Key.JWK); err == nil && c.Expect.Accept {
			keys = append(keys, k)
		}
	}
	v := jwt.Verifier{Keys: newSet(f, keys...), Algorithms: all}
	signedAt := time.Unix(1750000001, 0)
	genuine := map[string]bool{}
	for _, token := range tokens {
		if _, err := v.Verify(f.Context(), token, signedAt); err == nil {
			genuine[token[:strings.LastIndexByte(token, '.')]] = true
		}
	}
	if len(genuine) == 0 {
		f.Fatal("no genuine token")
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(t.Context(), token, signedAt)
		if err == nil && !genuine[token[:max(0, strings.LastIndexByte(token, '.'))]] || err != nil && seal.Reason(err) == "" {
			t.Fatalf("Verify(%q) = %v", token, err)
		}
	})
}

// FuzzParseKeys offers anything as a set of keys. Those found must have been in it, and
// never secrets beside public keys.
func FuzzParseKeys(f *testing.F) {
	for _, c := range readCases[hostileCase](f, "hostile.json") {
		if len(c.Key) > 0 {
			f.Add([]byte(c.Key))
			f.Add(keySet(string(c.Key)))
		}
	}
	f.Add(keySet(secretJWK("s", longSecret), publicJWK(f, "ES256", `,"kid":"k"`)))
	f.Add(keySet(publicJWK(f, "EdDSA", `,"key_ops":["verify"]`), publicJWK(f, "RS256", `,"use":"sig"`)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if k, err := jwt.ParseKey(raw); (err == nil) != (k != nil) {
			t.Fatalf("ParseKey = %v, %v", k, err)
		}
		set, err := jwt.ParseKeys(raw)
		if err != nil {
			if set != nil {
				t.Fatalf("ParseKeys = %v, %v", set, err)
			}
			return
		}
		var file struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(raw, &file); err != nil || len(file.Keys) < set.Len() {
			t.Fatalf("%d keys out of %q, %v", set.Len(), raw, err)
		}
		found, err := set.Lookup(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		secrets := 0
		for _, k := range found {
			if strings.Contains(k.String(), "HS256") {
				secrets++
			}
		}
		if secrets != 0 && secrets != len(found) {
			t.Fatalf("secrets beside public keys: %v", found)
		}
	})
}

// FuzzRoundTrip seals anything. What can be sealed opens and says the same, but for the
// members that Seal owns.
func FuzzRoundTrip(f *testing.F) {
	for _, claims := range []string{benchClaims, `{}`, `{"exp":1,"jti":"x","a":[{"b":null}]}`, `{"nbf":1}`, `{"nbf":1767229200}`, `{"sub":""}`, `{"a":"\ud83d\ude42"}`} {
		f.Add([]byte(claims))
	}
	codec := newCodec(f, jwt.Options{Typ: "JWT", KeyID: true}, newest, older)
	f.Fuzz(func(t *testing.T, claims []byte) {
		value, err := codec.Seal(claims, life)
		if err != nil {
			return
		}
		got, err := codec.Open(value, now)
		if errors.Is(err, seal.ErrNotYet) && bytes.Contains(claims, []byte("b")) {
			return // an nbf of their own
		}
		if err != nil {
			t.Fatalf("%q is sealed and does not open: %v", claims, err)
		}
		var before, after map[string]any
		if json.Unmarshal(claims, &before) != nil || json.Unmarshal(got.Claims, &after) != nil {
			t.Fatalf("%q or %q is not JSON", claims, got.Claims)
		}
		for _, ours := range []string{"iat", "exp", "jti"} {
			delete(before, ours)
			if after[ours] == nil {
				t.Fatalf("%q has no %s", got.Claims, ours)
			}
		}
		for name := range before {
			if _, there := after[name]; !there {
				t.Fatalf("%q has lost %s of %q", got.Claims, name, claims)
			}
		}
	})
}
