package signettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// An AppleKey is the key that a client of Apple makes its secrets with: instead of a secret
// it sends a JWT signed with it.
type AppleKey struct {
	TeamID, KeyID string
	Private       *ecdsa.PrivateKey
}

func newAppleKey(t testing.TB) *AppleKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("signettest: %v", err)
	}
	return &AppleKey{TeamID: "TEAMFAKE01", KeyID: "KEYFAKE001", Private: private}
}

// PEM is the key as Apple's site hands it out, in a file AuthKey_….p8.
func (k *AppleKey) PEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		panic("signettest: " + err.Error()) // a curve that x509 does not know
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// appleAudience is what client secrets are for.
const appleAudience = "https://appleid.apple.com"

// check verifies a client secret.
func (k *AppleKey) check(secret, clientID, here string, now time.Time) error {
	parts := strings.Split(secret, ".")
	if len(parts) != 3 {
		return errors.New("the client secret is no JWT")
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil {
		return errors.New("the client secret cannot be read")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	good := len(sig) == 64 && ecdsa.Verify(&k.Private.PublicKey, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	ends, began := time.Unix(claims.Exp, 0), time.Unix(claims.Iat, 0)
	for _, rule := range []struct {
		ok   bool
		what string
	}{
		{header.Alg == "ES256" && header.Kid == k.KeyID, "the client secret's alg or kid"},
		{good, "the client secret's signature"},
		{claims.Iss == k.TeamID && claims.Sub == clientID, "the client secret's iss or sub"},
		{claims.Aud == appleAudience || claims.Aud == here, "the client secret's aud"},
		{now.Before(ends) && !ends.After(began.Add(6*month+3*24*time.Hour)), "the client secret's life"},
	} {
		if !rule.ok {
			return errors.New(rule.what)
		}
	}
	return nil
}

func decodePart(part string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// appleShown: the name is not in the ID token; it comes once, with the answer itself.
func appleShown(_ *Provider, person *Person) {
	if person.Name == "" {
		person.Name = "Sora Kim"
	}
}

// appleAuthorize: asking for name or address makes the answer a form that is posted.
func appleAuthorize(_ *Provider, q url.Values) *reply {
	if q.Get("response_mode") == "form_post" || !hasScope(scopes(q.Get("scope")), "name", "email") {
		return nil
	}
	no := errorPage(http.StatusBadRequest, "invalid_request: response_mode must be form_post when a scope is asked for")
	return &no
}

// appleClaims: a flag goes with its address, and the address with its scope.
func appleClaims(g *grant, claims map[string]any) {
	if !hasScope(g.scopes, "email") {
		delete(claims, "email")
	}
	if claims["email"] == nil {
		maps.DeleteFunc(claims, func(k string, _ any) bool { return k == "email_verified" || k == "is_private_email" })
	}
}

// appleUser is the member user of the answer, unsigned, at the first consent only.
func appleUser(g *grant) string {
	first, last, _ := strings.Cut(g.person.Name, " ")
	user := map[string]any{}
	if hasScope(g.scopes, "name") {
		user["name"] = map[string]any{"firstName": first, "lastName": last}
	}
	if hasScope(g.scopes, "email") && g.person.Email != "" {
		user["email"] = g.person.Email
	}
	raw, _ := json.Marshal(user) // texts alone
	return string(raw)
}
