package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// leeway is how far a provider's clock may be from ours.
const leeway = time.Minute

// loadKeys fetches the key set.
func (p *Provider) loadKeys(ctx context.Context, w signet.World, old *keyRing) (*keyRing, error) {
	m, err := p.known(ctx, w)
	if err != nil {
		return nil, err
	}
	text, err := p.fetch(ctx, w, "keys", m.Keys, maxKeySet)
	if err != nil {
		return nil, err
	}
	ring, err := old.next(text, w.Now())
	if err != nil {
		return nil, unreadable("keys", err)
	}
	return ring, nil
}

// verifier is what every ID token of the provider is judged by. OpenID Connect Core section
// 3.1.3.7.
func (p *Provider) verifier(w signet.World) jwt.Verifier {
	c := &p.config
	keys := lookup{secrets: p.secrets, world: w}
	if !c.secretOnly() {
		keys.cache = &p.keys
	}
	v := jwt.Verifier{
		Keys: keys, Algorithms: c.Algorithms, Issuer: c.Issuer, Audience: c.ClientID,
		Profile: jwt.IDToken, Leeway: leeway,
	}
	if c.tenanted() {
		v.Issuer, v.MatchIssuer = "", c.tenantOf
	}
	return v
}

// tenantOf judges an issuer with a tenant in it: the tenant is on the list, and put into the
// configured issuer it gives that of the token.
func (c *Config) tenantOf(issuer string, claims []byte) bool {
	var value [1][]byte
	if seal.Pick(claims, []string{c.TenantClaim}, value[:]) != nil {
		return false
	}
	tenant, ok := seal.String(value[0])
	if !ok || tenant == "" || strings.Trim(strings.ToLower(tenant), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return false // a / would make another issuer of it
	}
	if !c.AnyTenant && !slices.Contains(c.Tenants, tenant) {
		return false
	}
	return strings.ReplaceAll(c.Issuer, tenantMark, tenant) == issuer
}

// judge verifies the ID token of a sign-in.
func (p *Provider) judge(ctx context.Context, w signet.World, a oauth2.Answer, kept oauth2.Kept) (jwt.Verified, error) {
	if a.Tokens.ID == "" {
		return jwt.Verified{}, errors.New("oidc: there is no ID token in the answer")
	}
	v := p.verifier(w)
	v.Nonce, v.WithoutNonce = kept.Nonce, p.config.NoNonce
	v.AccessToken = a.Tokens.Access
	v.MaxAge = p.config.MaxAge
	if kept.MaxAge != nil {
		asked := max(time.Duration(min(*kept.MaxAge, 1<<31))*time.Second, 1) // 0 s is a nanosecond there
		if v.MaxAge == 0 || asked < v.MaxAge {
			v.MaxAge = asked
		}
	}
	return p.idToken(ctx, w, v, a.Tokens.ID)
}

// idToken verifies one.
func (p *Provider) idToken(ctx context.Context, w signet.World, v jwt.Verifier, token string) (jwt.Verified, error) {
	got, err := p.verify(ctx, w, v, token)
	if err != nil {
		return jwt.Verified{}, fmt.Errorf("oidc: the ID token: %w", err)
	}
	return got, nil
}

// verify verifies a token, a second time with new keys where the ones we had do not fit: the
// provider may just have changed them, with a new name or with the old one.
func (p *Provider) verify(ctx context.Context, w signet.World, v jwt.Verifier, token string) (jwt.Verified, error) {
	got, err := v.Verify(ctx, token, w.Now())
	if err != nil && !p.config.secretOnly() && keyFault(err) && p.keys.renew(ctx, w) {
		got, err = v.Verify(ctx, token, w.Now())
	}
	return got, err
}

// keyFault tells whether other keys could have led to another verdict. A signature that does
// not fit comes without a detail.
func keyFault(err error) bool {
	var e *seal.OpenError
	return errors.As(err, &e) && (errors.Is(e.Reason, seal.ErrForeign) && e.Detail == "" || errors.Is(e.Reason, seal.ErrUnsupported))
}
