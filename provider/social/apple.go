package social

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// AppleKey is how an app proves itself to Apple.
type AppleKey struct {
	// ClientID is the Services ID of the web site.
	ClientID string

	// TeamID and KeyID stand on Apple's pages, and PEM is the text of the file
	// AuthKey_….p8: every call makes a secret of its own with it, good for five minutes.
	TeamID, KeyID, PEM string

	// Secret is one made beforehand, as Auth.js takes it, where there is no PEM. It ends
	// after six months at most.
	Secret string
}

// String names the client alone.
func (k AppleKey) String() string { return "Apple key of " + k.ClientID }

// GoString is String.
func (k AppleKey) GoString() string { return k.String() }

// Format writes String for every verb.
func (k AppleKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

const (
	appleIssuer = "https://appleid.apple.com"
	appleLife   = 5 * time.Minute
)

// Apple signs in with Apple. Its answer is posted by Apple's site, so the site has to be
// https. The name comes with the first consent alone, unsigned; an address of Apple's relay
// is verified, and is nobody else's.
//
// Apple asks apps that can delete accounts to revoke the grant then: keep the tokens.
func Apple(k AppleKey, o ...Options) *Provider {
	c := oidc.Config{
		ID: "apple", Name: "Apple",
		Issuer:    appleIssuer,
		Endpoints: oidc.Endpoints{Revocation: appleIssuer + "/auth/revoke"},
		ClientID:  k.ClientID, ClientSecret: k.Secret, Auth: oauth2.AuthPost,
		Scopes:     []string{"name", "email"},
		FormPost:   true,
		Profile:    appleProfile,
		TrustEmail: true,
		Renewal:    oauth2.Repeatable,
	}
	if k.PEM == "" {
		return openID(c, last(o))
	}
	private, fault := k.private()
	c.Secret = func(_ context.Context, w signet.World) (string, error) {
		if fault != nil {
			return "", fault
		}
		return k.secret(private, oauth2.Complete(w))
	}
	p := openID(c, last(o))
	p.fault = fault
	return p
}

// private reads the key.
func (k AppleKey) private() (*ecdsa.PrivateKey, error) {
	if k.TeamID == "" || k.KeyID == "" {
		return nil, errors.New("social: Apple's key needs its key ID and the team ID")
	}
	block, _ := pem.Decode([]byte(k.PEM))
	if block == nil {
		return nil, errors.New("social: Apple's key is not PEM, which begins with -----BEGIN PRIVATE KEY-----")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("social: Apple's key is not a private key on P-256")
	}
	return private, nil
}

// secret makes the client secret of one call: a JWT signed with ES256 (RFC 7518 section 3.4).
func (k AppleKey) secret(private *ecdsa.PrivateKey, w signet.World) (string, error) {
	now := w.Now()
	input, err := jwtInput(
		map[string]any{"alg": "ES256", "kid": k.KeyID, "typ": "JWT"},
		map[string]any{
			"iss": k.TeamID, "sub": k.ClientID, "aud": appleIssuer,
			"iat": now.Unix(), "exp": now.Add(appleLife).Unix(),
		})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(w.Rand, private, sum[:])
	if err != nil {
		return "", errors.New("social: Apple's client secret cannot be signed")
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(signature[:]), nil
}

func jwtInput(parts ...map[string]any) (string, error) {
	texts := make([]string, len(parts))
	for i, part := range parts {
		text, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		texts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	return strings.Join(texts, "."), nil
}

func appleProfile(_ context.Context, who oidc.Person) (signet.Identity, error) {
	id := who.Identity()
	id.EmailVerified = yes(who.Claims, "/email_verified")
	id.Name = appleName(who.Fields.Get("user"))
	return id, nil
}

// appleName reads the member user of the posted answer. Nobody has signed it: a name to
// greet somebody with may come from there, and the address beside it may not.
func appleName(user string) string {
	o := oauth2.Object(user)
	return strings.TrimSpace(o.Text("/name/firstName") + " " + o.Text("/name/lastName"))
}
