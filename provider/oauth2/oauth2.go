// Package oauth2 signs people in with any provider of OAuth 2 (RFC 6749): [New] makes a
// provider of addresses, credentials and a mapping of the profile.
//
// It owns the authorization code flow as this library runs it ([Flow]): PKCE and state
// always, a code exchanged in one request or not at all, answers of bounded size read
// strictly where it matters and tolerantly where providers differ, errors without secrets.
// Package oidc stands on it.
//
// It does not own the attempt: that an answer belongs to the browser that asked, and is
// used once, is the business of package signet. It takes no ID token for anything; that is
// package oidc's.
package oauth2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// Renewal is what a provider does with refresh tokens.
type Renewal int

const (
	// SingleUse: a refresh token is good once, or nobody knows. After an answer that was
	// lost the grant may be over.
	SingleUse Renewal = iota

	// Repeatable: the same refresh token may be used again, so a lost answer costs nothing.
	Repeatable

	// NoRenewal: there are no refresh tokens, or using them needs something else.
	NoRenewal
)

// Config describes a provider. ID, ClientID, Authorize and Token are needed, and either
// Map.Subject with UserInfo, or Profile.
type Config struct {
	// ID stands in URLs and Name on the button; Name is ID when empty. Mark and Region are
	// those of [signet.Info].
	ID, Name, Mark, Region string

	ClientID, ClientSecret string

	// Secret, if set, makes the secret of one call, instead of ClientSecret.
	Secret func(context.Context, signet.World) (string, error)

	// Auth is how the client proves itself: Basic where there is a secret.
	Auth Auth

	// Authorize, Token, UserInfo and Revocation are the addresses of the end points: https,
	// or http on loopback. UserInfo and Revocation may be empty.
	Authorize, Token, UserInfo, Revocation string

	// Scopes are asked for. None sends no scope parameter at all, as some providers fail on
	// an empty one. ScopeSeparator is a blank when empty.
	Scopes         []string
	ScopeSeparator string

	// Extra goes into the authorization URL ("access_type": "offline"), TokenExtra into the
	// exchange of the code. Neither can replace what the protocol needs.
	Extra, TokenExtra url.Values

	// StateAtToken repeats the state in the exchange of the code, as Naver asks.
	StateAtToken bool

	// Header goes with every call to the provider.
	Header http.Header

	// NoPKCE leaves out PKCE, for a provider who fails when it sees it.
	NoPKCE bool

	// FormPost: the answer comes as a form that the provider posts.
	FormPost bool

	// Issuer, if set, is compared with the iss of an answer; IssuerInAnswer demands one
	// (RFC 9207).
	Issuer         string
	IssuerInAnswer bool

	// Map says where in the answer of UserInfo things are. Profile, if set, is asked
	// instead; its identity needs no more than a Subject, and [Tidy] is applied to it.
	Map     Mapping
	Profile func(context.Context, Fetch) (signet.Identity, error)

	// TrustEmail: see [signet.Info].
	TrustEmail bool

	// Renewal is what the provider does with refresh tokens. RefreshLife is how long one
	// lives where the answer does not tell, 0 if nobody knows; FixedEnd counts it from the
	// user's consent on.
	Renewal     Renewal
	RefreshLife time.Duration
	FixedEnd    bool

	// Ended tells further errors by which the provider means that the grant is over.
	Ended func(*Error) bool

	// Revoke, if set, gives tokens back in the provider's own way instead of RFC 7009.
	Revoke func(context.Context, signet.World, signet.Tokens) error

	// RefreshAhead is how long before its end an access token is renewed; zero: see
	// [signet.Info].
	RefreshAhead time.Duration

	// RevokeAtSignOut: see [signet.Info].
	RevokeAtSignOut bool

	// Origins are where the sign-in form may lead to; nil means that of Authorize.
	Origins []string
}

// A Mapping says where in a profile things are, as JSON pointers: "/user/uid". An empty one
// means that the profile does not have it.
type Mapping struct {
	// Subject is the provider's unchangeable name of the user: a text, or an integer. Never
	// take an address or a login name for it, since those can change hands.
	Subject string

	Name, Email, EmailVerified, Image string
}

// A Provider signs in with OAuth 2.
type Provider struct {
	flow   Flow
	config Config
	asked  Breaker // of the userinfo end point
}

var (
	_ signet.Provider  = (*Provider)(nil)
	_ signet.Refresher = (*Provider)(nil)
	_ signet.Revoker   = (*Provider)(nil)
)

// New makes a provider. It asks nobody; what is wrong with c is told by Check, and by
// Begin.
func New(c Config) *Provider {
	if c.Name == "" {
		c.Name = c.ID
	}
	if c.Origins == nil {
		c.Origins = OriginOf(c.Authorize)
	}
	return &Provider{config: c, flow: Flow{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, Secret: c.Secret, Auth: c.Auth,
		Authorize: c.Authorize, Token: c.Token, Scopes: c.Scopes, ScopeSeparator: c.ScopeSeparator,
		Extra: c.Extra, TokenExtra: c.TokenExtra, StateAtToken: c.StateAtToken, Header: c.Header,
		NoPKCE: c.NoPKCE, FormPost: c.FormPost, Issuer: c.Issuer, IssuerInAnswer: c.IssuerInAnswer,
		RefreshLife: c.RefreshLife, FixedEnd: c.FixedEnd, Ended: c.Ended, Breaker: &Breaker{},
	}}
}

// Check says what is missing in the configuration, nil if nothing is.
func (p *Provider) Check() error {
	c := p.config
	if c.ID == "" || c.ClientID == "" {
		return errors.New("oauth2: a provider needs an ID and a client ID")
	}
	for _, address := range []struct {
		name, value string
		needed      bool
	}{{"Authorize", c.Authorize, true}, {"Token", c.Token, true}, {"UserInfo", c.UserInfo, c.Profile == nil}, {"Revocation", c.Revocation, false}} {
		if address.value == "" && !address.needed {
			continue
		}
		if err := CheckURL(address.value); err != nil {
			return fmt.Errorf("oauth2: provider %q: %s: %w", c.ID, address.name, err)
		}
	}
	if c.Profile != nil {
		return nil
	}
	for _, pointer := range []string{c.Map.Name, c.Map.Email, c.Map.EmailVerified, c.Map.Image} {
		if pointer != "" && pointer[0] != '/' {
			return fmt.Errorf("oauth2: provider %q: %q is no JSON pointer, which begins with /", c.ID, pointer)
		}
	}
	if !strings.HasPrefix(c.Map.Subject, "/") {
		return fmt.Errorf("oauth2: provider %q: Map.Subject says where the user's unchangeable ID is", c.ID)
	}
	return nil
}

// CheckURL tells whether the address of an end point can be used: it is absolute, without
// user and fragment, and https unless it is on loopback.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "":
		return errors.New("not an absolute URL")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return errors.New("not https")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// OriginOf gives the origin of an address, as a list of one for [signet.Info]; nil if it
// has none.
func OriginOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}

// Info describes the provider.
func (p *Provider) Info() signet.Info {
	c := p.config
	return signet.Info{
		ID: c.ID, Type: "oauth", Name: c.Name, Mark: c.Mark, Region: c.Region, FormPost: c.FormPost,
		TrustEmail: c.TrustEmail, Origins: c.Origins, RefreshAhead: c.RefreshAhead, RevokeAtSignOut: c.RevokeAtSignOut,
	}
}

// Renewal tells what the provider does with refresh tokens.
func (p *Provider) Renewal() Renewal { return p.config.Renewal }

// Begin sends the visitor to the provider.
func (p *Provider) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	to, err := p.flow.Begin(a)
	if err != nil {
		return nil, err
	}
	return to, nil
}

// Finish exchanges the code that the visitor brings and asks the provider who it is.
func (p *Provider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	ctx, cancel := context.WithTimeout(ctx, FinishTime)
	defer cancel()
	answer, _, err := p.flow.Finish(ctx, a)
	if err != nil {
		return nil, err
	}
	f := NewFetch(a.World, answer, p.config.UserInfo, p.config.Header, &p.asked)
	f.Fields = a.Fields
	profile := p.config.Profile
	if profile == nil {
		profile = p.config.Map.profile
	}
	id, err := profile(ctx, f)
	if err != nil {
		return nil, Unavailable(err)
	}
	if id.Tokens == nil {
		id.Tokens = &answer.Tokens
	}
	if id, err = Tidy(id); err != nil {
		return nil, err
	}
	return id, nil
}

// Refresh renews tokens; see [Flow.Refresh].
func (p *Provider) Refresh(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	if p.config.Renewal == NoRenewal {
		return signet.Tokens{}, fmt.Errorf("oauth2: provider %q renews no tokens: %w", p.config.ID, signet.ErrEnded)
	}
	return p.flow.Refresh(ctx, w, old)
}

// Revoke gives tokens back. A provider without a way to do so is not asked, and that is no
// error: nobody could do anything about it.
func (p *Provider) Revoke(ctx context.Context, w signet.World, t signet.Tokens) error {
	switch {
	case p.config.Revoke != nil:
		return p.config.Revoke(ctx, w, t)
	case p.config.Revocation != "":
		return p.flow.Revoke(ctx, w, p.config.Revocation, t)
	}
	return nil
}
