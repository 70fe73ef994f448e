package oidc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
)

// Refresh renews tokens as [oauth2.Flow.Refresh] does. An ID token in the answer has to be
// genuine and about the same person: OpenID Connect Core section 12.2. One that is not ends
// the grant, as what came with it is somebody else's.
func (p *Provider) Refresh(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	if p.config.Renewal == oauth2.NoRenewal {
		return signet.Tokens{}, fmt.Errorf("oidc: provider %q renews no tokens: %w", p.config.ID, signet.ErrEnded)
	}
	w = oauth2.Complete(w)
	m, f, err := p.about(ctx, w)
	if err != nil {
		return signet.Tokens{}, err
	}
	before := old
	before.ID = "" // so that one in the answer is told from the one that stays
	now, err := f.Refresh(ctx, p.reach(w, m.Token), before)
	if err != nil {
		return signet.Tokens{}, err
	}
	if now.ID == "" {
		now.ID = old.ID
		return now, nil
	}
	if err := p.same(ctx, w, old, now); err != nil {
		return signet.Tokens{}, err
	}
	return now, nil
}

// same judges a new ID token beside the old one.
func (p *Provider) same(ctx context.Context, w signet.World, old, now signet.Tokens) error {
	v := p.verifier(w)
	v.WithoutNonce, v.AccessToken = true, now.Access
	token, err := p.idToken(ctx, w, v, now.ID)
	if err != nil {
		var bad *seal.OpenError
		if errors.As(err, &bad) {
			return fmt.Errorf("%w: %w", signet.ErrEnded, err)
		}
		return err
	}
	before := claimsOf(old.ID)
	if before == nil {
		return nil // there was none to compare it with
	}
	after := oauth2.Object(token.Claims)
	for _, claim := range []string{"/iss", "/sub", "/aud", "/azp", "/nonce"} {
		was, is := before.At(claim), after.At(claim)
		if claim == "/nonce" && is == nil {
			continue // need not be there again
		}
		if !sameValue(was, is) {
			return fmt.Errorf("oidc: the new ID token has another %s: %w", claim[1:], signet.ErrEnded)
		}
	}
	return nil
}

// sameValue compares two claims: texts by what they mean, others by how they are written.
func sameValue(a, b []byte) bool {
	x, ok := seal.String(a)
	if y, also := seal.String(b); ok && also {
		return x == y
	}
	return bytes.Equal(a, b)
}

// claimsOf reads an ID token that we have verified when it came.
func claimsOf(token string) oauth2.Object {
	if token == "" {
		return nil
	}
	parts, err := seal.Split(token, 3)
	if err != nil {
		return nil
	}
	return oauth2.Object(parts[1])
}

// Revoke gives tokens back. A provider without a way to do so is not asked, and that is no
// error: nobody could do anything about it.
func (p *Provider) Revoke(ctx context.Context, w signet.World, t signet.Tokens) error {
	if p.config.Revoke != nil {
		return p.config.Revoke(ctx, w, t)
	}
	w = oauth2.Complete(w)
	m, f, err := p.about(ctx, w)
	if err != nil {
		return err
	}
	if m.Revocation == "" {
		return nil
	}
	return f.Revoke(ctx, p.reach(w, m.Revocation), m.Revocation, t)
}

// EndSession is the address that ends the provider's own session in the browser it is opened
// in, and comes back to back with state (OpenID Connect RP-Initiated Logout section 2). back
// has to be registered with the provider; it and state may be empty. idToken, the last one,
// tells the provider whose session is meant; without it most ask the visitor. "" means that
// the provider has no such address.
func (p *Provider) EndSession(ctx context.Context, w signet.World, idToken, back, state string) (string, error) {
	m, _, err := p.about(ctx, oauth2.Complete(w))
	if err != nil || m.EndSession == "" {
		return "", err
	}
	to, err := url.Parse(m.EndSession)
	if err != nil {
		return "", errors.New("oidc: the end_session_endpoint cannot be read")
	}
	q := to.Query()
	q.Set("client_id", p.config.ClientID)
	for name, value := range map[string]string{"id_token_hint": idToken, "post_logout_redirect_uri": back, "state": state} {
		if value != "" {
			q.Set(name, value)
		}
	}
	to.RawQuery = q.Encode()
	return to.String(), nil
}
