package backend

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
)

// Refresh asks for new tokens, in one call. The answer is laid over the old set. Its error
// wraps [signet.ErrEnded] where the back end says that the grant is over, and where there is
// no way to renew it; a back end that is out of order never says so.
func (p *Provider) Refresh(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	c := &p.config
	w = complete(w)
	switch {
	case p.fault != nil:
		return signet.Tokens{}, p.fault
	case c.RefreshURL == "":
		return signet.Tokens{}, fmt.Errorf("backend: provider %q renews no tokens: %w", c.ID, signet.ErrEnded)
	case !isToken(old.Refresh):
		return signet.Tokens{}, fmt.Errorf("backend: there is no refresh token: %w", signet.ErrEnded)
	case !old.RefreshExpires.IsZero() && !w.Now().Before(old.RefreshExpires):
		return signet.Tokens{}, fmt.Errorf("backend: the refresh token has expired: %w", signet.ErrEnded)
	}
	if _, open := p.renew.open(w.Now()); open {
		return signet.Tokens{}, &Error{Op: opRefresh, Err: errResting}
	}
	r, err := newRequest(ctx, c, http.MethodPost, c.RefreshURL, nil, c.RefreshWith, old.Refresh)
	if err != nil {
		return signet.Tokens{}, err
	}
	got, err := p.renew.send(w, opRefresh, r)
	if err != nil {
		return signet.Tokens{}, err
	}
	return c.renewed(got, w, old)
}

// renewed reads the answer to a refresh.
func (c *Config) renewed(r reply, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	if !c.ok(r.status) {
		return signet.Tokens{}, c.over(r, levelOf(r.body))
	}
	a, _, err := c.read(r, w.Now())
	switch {
	case err != nil:
		return signet.Tokens{}, err
	case a.saysNo():
		return signet.Tokens{}, c.over(r, a.top)
	case a.tokens.Access == "":
		return signet.Tokens{}, r.fault(errNoToken)
	case changesUser(old.Access, a.tokens.Access):
		return signet.Tokens{}, fmt.Errorf("%w: %w", signet.ErrEnded, r.fault(errOtherUser))
	}
	if a.tokens.Refresh == old.Refresh && a.tokens.RefreshExpires.IsZero() {
		a.tokens.RefreshExpires = old.RefreshExpires
	}
	return old.Merge(a.tokens), nil
}

// over tells whether a refusal ends the grant: 401 does, and what the configuration lists;
// 400, 403 and a refusal under a good status do if they say so.
func (c *Config) over(r reply, top level) error {
	err := r.fault(nil)
	if r.status/100 == 3 {
		return r.fault(errRedirect)
	}
	ends := r.status == http.StatusUnauthorized || slices.Contains(c.RefreshEnded, r.status)
	if r.status == 400 || r.status == 403 || c.ok(r.status) {
		for _, name := range []string{"error", "code", "message", "detail", "msg", "error_description"} {
			ends = ends || isOver(phrase(top[name], 0))
		}
	}
	if !ends {
		return err
	}
	return fmt.Errorf("%w: %w", signet.ErrEnded, err)
}

// isOver tells whether an error says that a refresh token is of no more use: invalid_grant,
// "Refresh token expired", TOKEN_NOT_VALID, "jwt expired".
func isOver(said string) bool {
	said = separators.Replace(strings.ToLower(said))
	if strings.Contains(said, "invalidgrant") {
		return true
	}
	has := func(word string) bool { return strings.Contains(said, word) }
	return slices.ContainsFunc([]string{"token", "jwt", "토큰"}, has) &&
		slices.ContainsFunc([]string{"expired", "invalid", "notvalid", "revoked", "malformed", "만료", "유효하지"}, has)
}

// changesUser tells whether two access tokens are JWTs of two users (security line S-87, for
// what there is here instead of an ID token).
func changesUser(before, after string) bool {
	was, is := idOf(claimsOf(before)["sub"]), idOf(claimsOf(after)["sub"])
	return was != "" && is != "" && was != is
}

// Revoke gives tokens back. Without a LogoutURL, or tokens, nobody is asked. That the back
// end knows no such token any more is as good.
func (p *Provider) Revoke(ctx context.Context, w signet.World, t signet.Tokens) error {
	c := &p.config
	if p.fault != nil || c.LogoutURL == "" || t.IsZero() {
		return p.fault
	}
	refresh := t.Refresh
	if c.RefreshWith.In == Bearer || !isToken(refresh) {
		refresh = ""
	}
	r, err := newRequest(ctx, c, http.MethodPost, c.LogoutURL, nil, c.RefreshWith, refresh)
	if err != nil {
		return err
	}
	if isToken(t.Access) {
		r.Header.Set("Authorization", "Bearer "+t.Access)
	}
	got, err := send(complete(w), opLogout, r)
	switch {
	case err != nil:
		return err
	case got.status/100 == 2, got.status == http.StatusUnauthorized:
		return nil
	case got.status/100 == 3:
		return got.fault(errRedirect)
	}
	return got.fault(nil)
}
