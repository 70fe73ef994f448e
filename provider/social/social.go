// Package social knows the sign-in of companies: [Kakao], [Naver], [Google], [GitHub],
// [Apple] and ten more. Each is mostly data for package oauth2 or oidc: addresses, scopes,
// where in a profile things are, what becomes of refresh tokens, how far an address can be
// trusted, and how a grant is given back.
//
// What a company does in its own way is here and nowhere else. The flow itself, the
// judgment of ID tokens and the bounds of every call belong to those two packages. A
// company that is missing is an [oauth2.Config] or [oidc.Config] of your own.
//
// IDs and names of environment variables are those of Auth.js, so that accounts and
// settings of an application that used it stay good.
package social

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// Options are rare wishes; the zero value is what most sites want. Constructors take none
// or one of them; of several the last counts.
type Options struct {
	// ID stands in URLs and account rows, Name on the button; empty means the usual one.
	ID, Name string

	// Scopes are asked for instead of the usual ones; an empty list that is not nil asks
	// for none.
	Scopes []string

	// Extra goes into the authorization URL and over what is usual there. An "hd" at
	// Google and a "team" at Slack are also compared with the ID token, so that nobody
	// else comes in.
	Extra url.Values

	// Offline asks Google for a refresh token. It gives one at the first consent alone, and
	// again after a sign-in that was begun with prompt=consent.
	Offline bool

	// TrustEmail trusts addresses that the provider has verified where that is left off by
	// default: Discord, X, Slack, Twitch, and a GitLab of your own. Kakao, Google, GitHub,
	// Apple, Entra, LinkedIn and gitlab.com are trusted without it; Naver, Facebook, LINE
	// and Spotify never say that an address is verified.
	TrustEmail bool

	// RefreshAhead is how long before its end an access token is renewed; zero: see
	// [signet.Info].
	RefreshAhead time.Duration

	// RevokeAtSignOut gives the grant back when the session ends. At most providers the
	// visitor then has to consent anew at the next sign-in, and Naver, Discord and Facebook
	// end every session of theirs at this site. Kakao ends the tokens and keeps the consent.
	RevokeAtSignOut bool
}

// A Provider signs in with one company. It also is a [signet.Checker], [signet.Refresher],
// [signet.Revoker] and [signet.Departer]. Its methods may be called from several goroutines.
type Provider struct {
	flow flow

	// fault is what is wrong with the settings beyond what flow knows.
	fault error

	// renew, if set, renews tokens instead of flow.
	renew func(context.Context, signet.World, signet.Tokens) (signet.Tokens, error)

	// unlink, if set, gives a grant back instead of flow, with an access token that is
	// still alive.
	unlink func(context.Context, signet.World, signet.Tokens) error

	// depart, if set, ends the tokens at a sign-out, where giving the grant back is more.
	depart func(context.Context, signet.World, signet.Tokens) error

	// leave, if set, is the address that ends the provider's own session.
	leave func(back, state string) string
}

// flow is what [oauth2.Provider] and [oidc.Provider] have in common.
type flow interface {
	signet.Provider
	signet.Checker
	signet.Refresher
	signet.Revoker
	Renewal() oauth2.Renewal
}

var _ flow = (*Provider)(nil)

// Info describes the provider.
func (p *Provider) Info() signet.Info { return p.flow.Info() }

// Check says what is wrong with the settings, nil if nothing is.
func (p *Provider) Check() error {
	if p.fault != nil {
		return p.fault
	}
	return p.flow.Check()
}

// Renewal tells what the provider does with refresh tokens.
func (p *Provider) Renewal() oauth2.Renewal {
	if p.renew != nil {
		return oauth2.Repeatable
	}
	return p.flow.Renewal()
}

// Begin sends the visitor to the provider.
func (p *Provider) Begin(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	if p.fault != nil {
		return nil, p.fault
	}
	return p.flow.Begin(ctx, a)
}

// Finish exchanges the code that the visitor brings and finds out who it is.
func (p *Provider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	return p.flow.Finish(ctx, a)
}

// Refresh renews tokens. Facebook has no refresh tokens and extends an access token that is
// still alive. Apple throttles more than about one call a day and user.
func (p *Provider) Refresh(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	if p.renew != nil {
		return p.renew(ctx, oauth2.Complete(w), old)
	}
	return p.flow.Refresh(ctx, w, old)
}

// Revoke gives the grant back. Where that takes a live access token, as at Kakao and Naver,
// a dead one is renewed first. Entra and Spotify have no way to do so, and that is no error.
func (p *Provider) Revoke(ctx context.Context, w signet.World, t signet.Tokens) error {
	if p.unlink == nil {
		return p.flow.Revoke(ctx, w, t)
	}
	return p.withLive(ctx, w, t, p.unlink)
}

// SignedOut ends the tokens of somebody who signs out. Kakao keeps the consent then, and at
// the next sign-in nobody is asked again; elsewhere it is Revoke.
func (p *Provider) SignedOut(ctx context.Context, w signet.World, t signet.Tokens) error {
	if p.depart == nil {
		return p.Revoke(ctx, w, t)
	}
	return p.withLive(ctx, w, t, p.depart)
}

// withLive makes a call that takes a live access token; a dead one is renewed first.
func (p *Provider) withLive(ctx context.Context, w signet.World, t signet.Tokens, call func(context.Context, signet.World, signet.Tokens) error) error {
	if t.Access == "" && t.Refresh == "" {
		return nil
	}
	w = oauth2.Complete(w)
	over := !t.Expires.IsZero() && !w.Now().Before(t.Expires)
	if t.Refresh != "" && (over || t.Access == "") {
		var err error
		if t, err = p.Refresh(ctx, w, t); err != nil {
			return err
		}
	}
	return call(ctx, w, t)
}

// EndSession is the address that ends the provider's own session in the browser it is opened
// in; see [oidc.Provider.EndSession]. "" means that the provider has none. At Kakao, back
// has to be registered as a logout redirect URI.
func (p *Provider) EndSession(ctx context.Context, w signet.World, idToken, back, state string) (string, error) {
	if p.leave != nil {
		return p.leave(back, state), nil
	}
	if f, ok := p.flow.(*oidc.Provider); ok {
		return f.EndSession(ctx, w, idToken, back, state)
	}
	return "", nil
}

// plain makes a provider of OAuth 2.
func plain(c oauth2.Config, o Options) *Provider {
	p := &Provider{fault: noSecret(c.ID, c.ClientID, c.ClientSecret)}
	if c.Mark == "" {
		c.Mark = c.ID
	}
	o.lay(&c.ID, &c.Name, &c.Scopes, &c.Extra)
	c.TrustEmail, c.RefreshAhead, c.RevokeAtSignOut = c.TrustEmail || o.TrustEmail, o.RefreshAhead, o.RevokeAtSignOut
	p.flow = oauth2.New(c)
	return p
}

// openID makes a provider of OpenID Connect.
func openID(c oidc.Config, o Options) *Provider {
	p := &Provider{}
	if c.Secret == nil {
		p.fault = noSecret(c.ID, c.ClientID, c.ClientSecret)
	}
	if c.Mark == "" {
		c.Mark = c.ID
	}
	o.lay(&c.ID, &c.Name, &c.Scopes, &c.Extra)
	c.TrustEmail, c.RefreshAhead, c.RevokeAtSignOut = c.TrustEmail || o.TrustEmail, o.RefreshAhead, o.RevokeAtSignOut
	p.flow = oidc.New(c)
	return p
}

// lay puts the options over what is usual.
func (o Options) lay(id, name *string, scopes *[]string, extra *url.Values) {
	if o.ID != "" {
		*id = o.ID
	}
	if o.Name != "" {
		*name = o.Name
	}
	if o.Scopes != nil {
		*scopes = o.Scopes
	}
	if len(o.Extra) > 0 {
		all := url.Values{}
		maps.Copy(all, *extra)
		maps.Copy(all, o.Extra)
		*extra = all
	}
}

// noSecret is the fault of a client without a secret: a provider would say no only when the
// first visitor is there. At Kakao alone it is a choice.
func noSecret(id, client, secret string) error {
	if client != "" && secret == "" && id != "kakao" {
		return fmt.Errorf("social: provider %q needs a client secret", id)
	}
	return nil
}

// last is the options that count.
func last[T any](list []T) T {
	if len(list) == 0 {
		return *new(T)
	}
	return list[len(list)-1]
}

// yes reads a flag of providers that write it as true or, documented so, as the text
// "true". Nowhere else does a text count (security line S-78).
func yes(o oauth2.Object, pointer string) bool {
	return o.True(pointer) || o.Text(pointer) == "true"
}

// elsewhere refuses somebody whom the provider vouches for, but not as one of ours.
func elsewhere(what string) error {
	return &signet.Refused{Code: "elsewhere", Kind: "AccessDenied", Err: fmt.Errorf("social: not of the %s that was configured", what)}
}

// domainOf is what stands behind the @ of an address, in lower case.
func domainOf(email string) string {
	return strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
}
