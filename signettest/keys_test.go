package signettest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

type jwk struct{ Kty, Kid, Alg, Crv, N, E, X, Y string }

func keysOf(t *testing.T, n *naive) []jwk {
	t.Helper()
	var set struct{ Keys []jwk }
	if err := json.Unmarshal([]byte(n.must(http.MethodGet, n.url(signettest.JWKS), nil, "").text), &set); err != nil {
		t.Fatal(err)
	}
	return set.Keys
}

// verifies checks a signature by the key of its name.
func verifies(t *testing.T, keys []jwk, token string) bool {
	t.Helper()
	header, _ := claims(t, token)
	parts := strings.Split(token, ".")
	input, sig := []byte(parts[0]+"."+parts[1]), unbase64(t, parts[2])
	sum := sha256.Sum256(input)
	for _, k := range keys {
		if k.Kid != header["kid"] || k.Alg != header["alg"] {
			continue
		}
		switch k.Kty {
		case "RSA":
			public := &rsa.PublicKey{N: new(big.Int).SetBytes(unbase64(t, k.N)), E: int(new(big.Int).SetBytes(unbase64(t, k.E)).Int64())}
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig) == nil
		case "EC":
			public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, unbase64(t, k.X), unbase64(t, k.Y)))
			return err == nil && len(sig) == 64 && ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
		case "OKP":
			return ed25519.Verify(unbase64(t, k.X), input, sig)
		}
	}
	return false
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestKeys(t *testing.T) {
	for _, alg := range []string{"", "RS256", "ES256", "EdDSA"} {
		p := signettest.NewIssuer(t)
		p.Alg = alg
		n := newNaive(t, p)
		tokens := n.signIn()
		old := tokens["id_token"].(string)
		header, c := claims(t, old)
		if alg != "" && header["alg"] != alg {
			t.Errorf("alg %v, want %s", header["alg"], alg)
		}
		half := 22
		if alg == "EdDSA" {
			half = 43
		}
		if hash, _ := c["at_hash"].(string); len(hash) != half {
			t.Errorf("at_hash %q", hash)
		}
		keys := keysOf(t, n)
		if len(keys) != 3 || !verifies(t, keys, old) {
			t.Errorf("%s: %d keys, or a bad signature", alg, len(keys))
		}
		p.RotateKeys()
		fresh := n.signIn()["id_token"].(string)
		if after := keysOf(t, n); verifies(t, after, old) || !verifies(t, after, fresh) || verifies(t, keys, fresh) {
			t.Errorf("%s: the rotation is none", alg)
		}
		own := p.Sign("", map[string]any{"typ": "logout+jwt"}, map[string]any{"sub": "x"})
		if h, c := claims(t, own); h["typ"] != "logout+jwt" || c["sub"] != "x" || !verifies(t, keysOf(t, n), own) {
			t.Errorf("%s: signed %v %v", alg, h, c)
		}
	}
}

func TestKeySetFaults(t *testing.T) {
	p := signettest.NewIssuer(t)
	n := newNaive(t, p)
	token := n.signIn()["id_token"].(string)
	p.Next(signettest.JWKS, signettest.BadKeys(), signettest.ManyKeys(200))
	if keys := keysOf(t, n); len(keys) != 7 || keys[0].Kid != "broken" || !verifies(t, keys, token) {
		t.Errorf("%d keys", len(keys))
	}
	if keys := keysOf(t, n); len(keys) != 203 || !verifies(t, keys, token) {
		t.Errorf("%d keys", len(keys))
	}
}

func TestTwoIssuersShareNoKey(t *testing.T) {
	a, b := signettest.NewIssuer(t), signettest.NewIssuer(t)
	na, nb := newNaive(t, a), newNaive(t, b)
	if verifies(t, keysOf(t, nb), na.signIn()["id_token"].(string)) {
		t.Error("one's token is good at the other")
	}
}

func TestLINESignsWithItsSecret(t *testing.T) {
	p := signettest.NewProvider(t, "line")
	token := newNaive(t, p).signIn()["id_token"].(string)
	cut := strings.LastIndex(token, ".")
	mac := hmac.New(sha256.New, []byte(p.ClientSecret))
	mac.Write([]byte(token[:cut]))
	header, _ := claims(t, token)
	if header["alg"] != "HS256" || !hmac.Equal(mac.Sum(nil), unbase64(t, token[cut+1:])) {
		t.Errorf("%v", header)
	}
}

func TestDiscovery(t *testing.T) {
	for _, test := range []struct{ id, userinfo string }{
		{"google", "https://openidconnect.googleapis.com/v1/userinfo"}, {"apple", ""}, {"kakao", "https://kapi.kakao.com/v1/oidc/userinfo"},
		{"linkedin", "https://api.linkedin.com/v2/userinfo"}, {"generic-oidc", "https://idp.example/userinfo"}, {"twitch", "https://id.twitch.tv/oauth2/userinfo"},
	} {
		p := signettest.NewProvider(t, test.id)
		n := newNaive(t, p)
		doc := n.must(http.MethodGet, p.RealIssuer()+"/.well-known/openid-configuration", nil, "").json
		got, _ := doc["userinfo_endpoint"].(string)
		if doc["issuer"] != p.RealIssuer() || doc["token_endpoint"] != p.RealURL(signettest.Token) || got != test.userinfo {
			t.Errorf("%s: %v", test.id, doc)
		}
		doc = n.must(http.MethodGet, p.Issuer()+"/.well-known/openid-configuration", nil, "").json
		if doc["issuer"] != p.Issuer() || doc["jwks_uri"] != p.URL(signettest.JWKS) || doc["authorization_endpoint"] == nil {
			t.Errorf("%s on loopback: %v", test.id, doc)
		}
	}
	p := signettest.NewProvider(t, "microsoft-entra-id")
	n := newNaive(t, p)
	doc := n.must(http.MethodGet, "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration", nil, "").json
	if doc["issuer"] != "https://login.microsoftonline.com/{tenantid}/v2.0" || doc["end_session_endpoint"] == nil {
		t.Errorf("Entra: %v", doc)
	}
	if signettest.NewGitHub(t).URL(signettest.Discovery) != "" || signettest.NewNaver(t).URL(signettest.JWKS) != "" {
		t.Error("GitHub or Naver has what it does not have")
	}
}
