// Package oidc signs people in with any provider of OpenID Connect: [New] needs an issuer
// and the credentials of a client, and finds out the rest.
//
// It owns what an issuer says of itself (its discovery document and keys, fetched at the
// first use, bounded, cached, kept through outages and rotations) and the judgment of ID
// tokens: signature, issuer, audience, times, nonce, at_hash, auth_time. The flow is that
// of package oauth2, the reading of signed tokens that of package jwt.
//
// It does not own the attempt: that an answer belongs to the browser that asked, and is
// used once, is the business of package signet.
package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// Config describes a provider. ID, Issuer and ClientID are needed.
type Config struct {
	// ID stands in URLs and Name on the button; Name is ID when empty. Mark and Region are
	// those of [signet.Info].
	ID, Name, Mark, Region string

	// Issuer is the provider's name for itself, an https URL (http on loopback), written
	// exactly as in its discovery document. A provider with one name per tenant writes
	// {tenantid} where the tenant stands; Tenants then says which ones may come in.
	Issuer string

	// Discovery is the address of the discovery document where it is not Issuer and
	// /.well-known/openid-configuration.
	Discovery string

	// Endpoints, as far as set, are used instead of those of the document. With
	// Authorization, Token and Keys set there is no document.
	Endpoints Endpoints

	// Hosts are further host names on which end points of the document may be. Without, all
	// have to be of the issuer's owner: on its registrable domain. A discovered end point on
	// a host that stands nowhere in this configuration has to be at a public address.
	Hosts []string

	ClientID, ClientSecret string

	// Secret, if set, makes the secret of one call, instead of ClientSecret.
	Secret func(context.Context, signet.World) (string, error)

	// Auth is how the client proves itself; by default what the document offers, Basic
	// before post.
	Auth oauth2.Auth

	// Scopes are asked for: openid, profile and email when nil. openid is added where it is
	// missing.
	Scopes []string

	// Extra goes into the authorization URL.
	Extra url.Values

	// Header goes with every call to the provider.
	Header http.Header

	// NoPKCE and NoNonce leave these out, for providers who cannot.
	NoPKCE, NoNonce bool

	// FormPost: the answer comes as a form that the provider posts.
	FormPost bool

	// Algorithms may sign ID tokens: RS256, ES256, PS256 and EdDSA when nil. HS256, HS384
	// and HS512 are signed with the client's secret.
	Algorithms []string

	// MaxAge, if set, asks for a sign-in at the provider no longer ago than this, in whole
	// seconds, and refuses an older one.
	MaxAge time.Duration

	// Tenants are those who may come in through an Issuer with {tenantid}, compared with
	// the claim TenantClaim ("tid" when empty). AnyTenant lets in all of the provider's
	// tenants, whoever administers them.
	Tenants     []string
	AnyTenant   bool
	TenantClaim string

	// UserInfo asks the userinfo end point too, for what the ID token does not say.
	UserInfo bool

	// Profile, if set, says who somebody is, instead of [Person.Identity]; [oauth2.Tidy] is
	// applied to it.
	Profile func(context.Context, Person) (signet.Identity, error)

	// TrustEmail: see [signet.Info].
	TrustEmail bool

	// Renewal, RefreshLife, FixedEnd and Ended: see [oauth2.Config].
	Renewal     oauth2.Renewal
	RefreshLife time.Duration
	FixedEnd    bool
	Ended       func(*oauth2.Error) bool

	// Revoke, if set, gives tokens back in the provider's own way instead of RFC 7009.
	Revoke func(context.Context, signet.World, signet.Tokens) error

	// RefreshAhead is how long before its end an access token is renewed; zero: see
	// [signet.Info].
	RefreshAhead time.Duration

	// RevokeAtSignOut: see [signet.Info].
	RevokeAtSignOut bool

	// LeaveAtSignOut ends the session at the provider too, where it has an end point for
	// that; see [signet.Info]. Register the site's address as post_logout_redirect_uri there.
	LeaveAtSignOut bool

	// Origins are where the sign-in form may lead to; nil means that of the authorization
	// end point if it is configured, else the issuer's.
	Origins []string
}

// A Provider signs in with OpenID Connect.
type Provider struct {
	config    Config
	metadata  cached[*metadata]
	keys      cached[*keyRing]
	secrets   *jwt.Set
	fault     error // of the configuration
	guard     guard
	documents oauth2.Breaker // discovery and keys
	tokens    oauth2.Breaker
	userinfo  oauth2.Breaker
}

var (
	_ signet.Provider  = (*Provider)(nil)
	_ signet.Refresher = (*Provider)(nil)
	_ signet.Revoker   = (*Provider)(nil)
	_ signet.Leaver    = (*Provider)(nil)
)

// tenantMark stands in an issuer for the tenant, as in the discovery documents of Entra.
const tenantMark = "{tenantid}"

// New makes a provider. It asks nobody: the discovery document is fetched when somebody
// signs in. What is wrong with c is told by Check, and by Begin.
func New(c Config) *Provider {
	if c.Name == "" {
		c.Name = c.ID
	}
	if c.Scopes == nil {
		c.Scopes = []string{"openid", "profile", "email"}
	}
	c.Scopes = withOpenID(c.Scopes)
	if c.Algorithms == nil {
		c.Algorithms = []string{"RS256", "ES256", "PS256", "EdDSA"}
	}
	if c.TenantClaim == "" {
		c.TenantClaim = "tid"
	}
	if c.Origins == nil {
		if c.Origins = oauth2.OriginOf(c.Endpoints.Authorization); c.Origins == nil {
			c.Origins = oauth2.OriginOf(c.Issuer)
		}
	}
	p := &Provider{config: c}
	p.metadata.load = p.discover
	p.keys.load = p.loadKeys
	p.fault = p.check()
	return p
}

// withOpenID puts openid in front where it is missing: without it a provider gives no ID
// token.
func withOpenID(scopes []string) []string {
	if slices.Contains(scopes, "openid") {
		return scopes
	}
	return append([]string{"openid"}, scopes...)
}

// Check says what is wrong with the configuration, nil if nothing is.
func (p *Provider) Check() error { return p.fault }

func (p *Provider) check() error {
	c := &p.config
	if c.ID == "" || c.ClientID == "" {
		return errors.New("oidc: a provider needs an ID and a client ID")
	}
	fault := func(what string) error { return fmt.Errorf("oidc: provider %q: %s", c.ID, what) }
	if err := oauth2.CheckURL(c.Issuer); err != nil || strings.Contains(c.Issuer, "?") {
		return fault("the issuer has to be an https URL without a query, as in its discovery document")
	}
	for _, e := range append(c.Endpoints.named(), endpoint{"Discovery", &c.Discovery, false}) {
		if *e.address == "" {
			continue
		}
		if err := oauth2.CheckURL(*e.address); err != nil {
			return fault(e.name + ": " + err.Error())
		}
	}
	if c.tenanted() != (len(c.Tenants) > 0 || c.AnyTenant) {
		return fault("an issuer with {tenantid} and a list of tenants go together")
	}
	if !c.secret() {
		return nil
	}
	if c.ClientSecret == "" {
		return fault("an ID token signed with HMAC needs the client's secret")
	}
	var err error
	if p.secrets, err = jwt.RingKeys(seal.Secrets(c.ClientSecret)); err != nil {
		return fault("the client's secret is too short to sign ID tokens with")
	}
	return nil
}

func (c *Config) tenanted() bool { return strings.Contains(c.Issuer, tenantMark) }

// secret tells whether ID tokens may be signed with the client's secret, secretOnly whether
// they have to be.
func (c *Config) secret() bool { return slices.ContainsFunc(c.Algorithms, withSecret) }

func (c *Config) secretOnly() bool {
	return !slices.ContainsFunc(c.Algorithms, func(a string) bool { return !withSecret(a) })
}

func withSecret(algorithm string) bool { return strings.HasPrefix(algorithm, "HS") }

// Info describes the provider.
func (p *Provider) Info() signet.Info {
	c := p.config
	return signet.Info{
		ID: c.ID, Type: "oidc", Name: c.Name, Mark: c.Mark, Region: c.Region, FormPost: c.FormPost,
		TrustEmail: c.TrustEmail, Origins: c.Origins, RefreshAhead: c.RefreshAhead, RevokeAtSignOut: c.RevokeAtSignOut, LeaveAtSignOut: c.LeaveAtSignOut,
	}
}

// Renewal tells what the provider does with refresh tokens.
func (p *Provider) Renewal() oauth2.Renewal { return p.config.Renewal }

// about gives what is known of the provider, and a flow with it.
func (p *Provider) about(ctx context.Context, w signet.World) (*metadata, oauth2.Flow, error) {
	if p.fault != nil {
		return nil, oauth2.Flow{}, p.fault
	}
	m, err := p.known(ctx, w)
	if err != nil {
		return nil, oauth2.Flow{}, err
	}
	c := &p.config
	f := oauth2.Flow{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, Secret: c.Secret, Auth: m.auth,
		Authorize: m.Authorization, Token: m.Token, Scopes: c.Scopes, Extra: c.Extra, Header: c.Header,
		NoPKCE: c.NoPKCE, Nonce: !c.NoNonce, FormPost: c.FormPost,
		Issuer: c.Issuer, IssuerInAnswer: m.issuerInAnswer,
		RefreshLife: c.RefreshLife, FixedEnd: c.FixedEnd, Ended: c.Ended, Breaker: &p.tokens,
	}
	if c.tenanted() {
		f.Issuer = "" // compared with that of the ID token
	}
	return m, f, nil
}

func (p *Provider) known(ctx context.Context, w signet.World) (*metadata, error) {
	if m, ok := p.config.pinned(); ok {
		return &m, nil
	}
	return p.metadata.get(ctx, w)
}

// Begin sends the visitor to the provider.
func (p *Provider) Begin(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	_, f, err := p.about(ctx, oauth2.Complete(a.World))
	if err != nil {
		return nil, oauth2.Unavailable(err)
	}
	f.Extra = p.extra()
	b := *a
	if scope := a.Extra.Get("scope"); scope != "" {
		b.Extra = url.Values{}
		for name, values := range a.Extra {
			b.Extra[name] = values
		}
		b.Extra.Set("scope", strings.Join(withOpenID(strings.Fields(scope)), " "))
	}
	to, err := f.Begin(&b)
	if err != nil {
		return nil, err
	}
	return to, nil
}

// extra is Extra with what else the configuration asks for.
func (p *Provider) extra() url.Values {
	if p.config.MaxAge <= 0 {
		return p.config.Extra
	}
	extra := url.Values{"max_age": {strconv.Itoa(int(p.config.MaxAge / time.Second))}}
	for name, values := range p.config.Extra {
		extra[name] = values
	}
	return extra
}

// Finish exchanges the code that the visitor brings and judges the ID token that comes with
// it.
func (p *Provider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	ctx, cancel := context.WithTimeout(ctx, oauth2.FinishTime)
	defer cancel()
	b := *a
	b.World = oauth2.Complete(a.World)
	m, f, err := p.about(ctx, b.World)
	if err != nil {
		return nil, oauth2.Unavailable(err)
	}
	plain := b.World
	b.World = p.reach(plain, m.Token)
	answer, kept, err := f.Finish(ctx, &b)
	if err != nil {
		return nil, err
	}
	token, err := p.judge(ctx, plain, answer, kept)
	if err != nil {
		return nil, oauth2.Unavailable(err)
	}
	if a.Fields.Has("iss") && a.Fields.Get("iss") != token.Issuer {
		return nil, errors.New("oidc: the answer is of another issuer than its ID token")
	}
	id, err := p.identify(ctx, plain, m, answer, token, a.Fields)
	if err != nil {
		return nil, oauth2.Unavailable(err)
	}
	return id, nil
}
