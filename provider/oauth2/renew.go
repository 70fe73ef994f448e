package oauth2

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/signet-auth/signet"
)

// ended are the errors of a refresh after which only the user can give another grant. The
// second line is of GitHub and Slack, the third of OpenID Connect Core section 3.1.2.6
// (Entra answers a refresh so).
var ended = []string{
	"invalid_grant",
	"bad_refresh_token", "invalid_refresh_token", "token_revoked", "token_expired",
	"interaction_required", "login_required", "consent_required",
}

// Refresh asks for new tokens, in one request at most. The answer is laid over the old set.
// Its error wraps [signet.ErrEnded] where the grant is over: where the provider says so,
// and where it answers with more scope than the user has given. When the provider is out
// of order it never does.
func (f Flow) Refresh(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	w = Complete(w)
	switch {
	case old.Refresh == "":
		return signet.Tokens{}, fmt.Errorf("oauth2: there is no refresh token: %w", signet.ErrEnded)
	case !old.RefreshExpires.IsZero() && !w.Now().Before(old.RefreshExpires):
		return signet.Tokens{}, fmt.Errorf("oauth2: the refresh token has expired: %w", signet.ErrEnded)
	}
	params := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}}
	answer, err := f.tokens(ctx, w, params)
	if err != nil {
		return signet.Tokens{}, f.over(err)
	}
	if old.Scope != "" && grows(scopes(old.Scope), scopes(answer.Tokens.Scope)) {
		return signet.Tokens{}, fmt.Errorf("oauth2: the refresh answer has more scope than was given: %w", signet.ErrEnded)
	}
	return f.merge(w, old, answer), nil
}

// over tells whether an error ends the grant.
func (f Flow) over(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Outage() {
		return err
	}
	if slices.Contains(ended, e.Code) || f.Ended != nil && f.Ended(e) {
		return fmt.Errorf("%w: %w", signet.ErrEnded, err)
	}
	return err
}

// merge lays an answer over the old set, with the end of a refresh token that the provider
// does not tell.
func (f Flow) merge(w signet.World, old signet.Tokens, answer Answer) signet.Tokens {
	t := old.Merge(answer.Tokens)
	switch {
	case !answer.Tokens.RefreshExpires.IsZero():
	case f.FixedEnd:
		t.RefreshExpires = old.RefreshExpires
	case answer.Tokens.Refresh != "" && answer.Tokens.Refresh == old.Refresh:
		t.RefreshExpires = old.RefreshExpires
	case answer.Tokens.Refresh != "" && f.RefreshLife > 0:
		t.RefreshExpires = w.Now().Add(f.RefreshLife).Truncate(time.Second)
	}
	return t
}

// grows tells whether something is in now that was not in before.
func grows(before, now []string) bool {
	return slices.ContainsFunc(now, func(s string) bool { return !slices.Contains(before, s) })
}

// Revoke gives the refresh token back at a revocation end point (RFC 7009), or the access
// token where there is none; the provider takes the other with it.
func (f Flow) Revoke(ctx context.Context, w signet.World, endpoint string, t signet.Tokens) error {
	params := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}}
	if t.Refresh == "" {
		params = url.Values{"token": {t.Access}, "token_type_hint": {"access_token"}}
	}
	if params.Get("token") == "" {
		return nil
	}
	w = Complete(w)
	reply, secrets, err := f.ask(ctx, w, endpoint, "revocation", params)
	if err != nil {
		return err
	}
	e := &Error{Op: "revocation", Status: reply.Status}
	if o, err := objectOf(reply); err == nil {
		if said := failureIn(o, reply.Status, secrets...); said != nil {
			said.Op = e.Op
			return said
		}
	}
	if reply.Status < 200 || reply.Status > 299 {
		return e
	}
	return nil
}
