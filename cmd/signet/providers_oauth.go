package main

import (
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// An oauthConfig is what `type: oidc` and `type: oauth2` are told, and in part the types of
// companies.
type oauthConfig struct {
	clientID     string
	clientSecret secret
	scopes       *[]string // nil: nothing was said

	issuer, discovery                              string
	authorize, token, userinfo, revocation, keySet string
	hosts                                          []string
	auth                                           string
	extra                                          map[string]string
	header                                         map[string]*secret
	scopeSeparator                                 string
	pkce, nonce                                    *bool
	algorithms                                     []string
	maxAge                                         time.Duration
	tenants                                        []string
	anyTenant                                      bool
	tenantClaim                                    string
	askUserinfo                                    bool
	mapping                                        oauth2.Mapping
	trustEmail                                     bool
	renewal                                        string
	refreshLife                                    time.Duration
	leaveAtSignOut, revokeAtSignOut                bool
	mark, region                                   string
}

// clientKeys are for everything that is registered at another site.
func (o *oauthConfig) clientKeys() []key {
	return []key{
		{"client_id", text(&o.clientID)},
		{"client_secret", oneSecret(&o.clientSecret)},
		{"scopes", wordsOrNone(&o.scopes)},
	}
}

// keys are those of both kinds that are written out.
func (o *oauthConfig) keys() []key {
	return append(o.clientKeys(), []key{
		{"authorize", endpoint(&o.authorize)},
		{"token", endpoint(&o.token)},
		{"userinfo", endpoint(&o.userinfo)},
		{"revocation", endpoint(&o.revocation)},
		{"issuer", endpoint(&o.issuer)},
		{"auth", choice(&o.auth, "basic", "post", "query", "none")},
		{"extra", pairs(&o.extra)},
		{"header", headers(&o.header)},
		{"pkce", flagOr(&o.pkce)},
		{"trust_email", flag(&o.trustEmail)},
		{"renewal", choice(&o.renewal, "single_use", "repeatable", "none")},
		{"refresh_life", duration(&o.refreshLife)},
		{"revoke_at_sign_out", flag(&o.revokeAtSignOut)},
		{"mark", text(&o.mark)},
		{"region", choice(&o.region, "ko", "en")},
	}...)
}

func (o *oauthConfig) oidcKeys() []key {
	return append(o.keys(), []key{
		{"discovery", endpoint(&o.discovery)},
		{"jwks", endpoint(&o.keySet)},
		{"hosts", words(&o.hosts)},
		{"nonce", flagOr(&o.nonce)},
		{"algorithms", words(&o.algorithms)},
		{"max_age", duration(&o.maxAge)},
		{"tenants", words(&o.tenants)},
		{"any_tenant", flag(&o.anyTenant)},
		{"tenant_claim", text(&o.tenantClaim)},
		{"ask_userinfo", flag(&o.askUserinfo)},
		{"leave_at_sign_out", flag(&o.leaveAtSignOut)},
	}...)
}

func (o *oauthConfig) oauth2Keys() []key {
	return append(o.keys(), []key{
		{"scope_separator", text(&o.scopeSeparator)},
		{"map", section([]key{
			{"id", pointer(&o.mapping.Subject)},
			{"name", pointer(&o.mapping.Name)},
			{"email", pointer(&o.mapping.Email)},
			{"email_verified", pointer(&o.mapping.EmailVerified)},
			{"image", pointer(&o.mapping.Image)},
		})},
	}...)
}

// check finds what is missing.
func (o *oauthConfig) check(places places, at string, p providerConfig) []problem {
	var problems []problem
	place := places.of(at)
	miss := func(what, cure string) { problems = append(problems, problem{place, at + ": " + what, cure}) }
	if p.id == "" {
		miss("has no id", "add `id: corp`: it stands in URLs, in the names of variables and beside each account")
		return problems
	}
	problems = append(problems, missingClient(place, at, p, o.auth != "none")...)
	switch p.kind {
	case kindOIDC:
		if o.issuer == "" {
			miss("has no issuer", "set "+envName(p.id, "ISSUER")+", or write `issuer: https://…` as it stands in the discovery document")
		}
	case kindOAuth2:
		for _, need := range []struct{ name, value, cure string }{
			{"authorize", o.authorize, "write the address that visitors are sent to"},
			{"token", o.token, "write the address where a code is exchanged"},
			{"userinfo", o.userinfo, "write the address that tells who a token belongs to"},
			{"map.id", o.mapping.Subject, "write `map: {id: /id}`: where the answer of userinfo has the user's unchangeable ID"},
		} {
			if need.value == "" {
				miss("has no "+need.name, need.cure)
			}
		}
	}
	return problems
}

// missingClient tells of a client without ID, or without the secret that it needs.
func missingClient(place, at string, p providerConfig, needsSecret bool) []problem {
	var problems []problem
	if p.oauth.clientID == "" {
		problems = append(problems, problem{place, at + ": has no client ID", "set " + envName(p.id, "ID") + ", or write `client_id`"})
	}
	if needsSecret && p.oauth.clientSecret.none() {
		cure := "set " + envName(p.id, "SECRET") + ", or write `client_secret: {env: NAME}`"
		if !p.isSocial() {
			cure += "; `auth: none` is for a client that has none"
		}
		problems = append(problems, problem{place, at + ": has no client secret", cure})
	}
	return problems
}

var (
	auths    = map[string]oauth2.Auth{"basic": oauth2.AuthBasic, "post": oauth2.AuthPost, "query": oauth2.AuthQuery, "none": oauth2.AuthNone}
	renewals = map[string]oauth2.Renewal{"single_use": oauth2.SingleUse, "repeatable": oauth2.Repeatable, "none": oauth2.NoRenewal}
)

func (p *providerConfig) makeOIDC() signet.Provider {
	o := &p.oauth
	c := oidc.Config{
		ID: p.id, Name: p.name, Mark: o.mark, Region: o.region,
		Issuer: o.issuer, Discovery: o.discovery, Hosts: o.hosts,
		Endpoints: oidc.Endpoints{Authorization: o.authorize, Token: o.token, UserInfo: o.userinfo, Keys: o.keySet, Revocation: o.revocation},
		ClientID:  o.clientID, ClientSecret: o.clientSecret.plain(), Auth: auths[o.auth],
		Extra: valuesOf(o.extra), Header: requestHeader(o.header), NoPKCE: isOff(o.pkce), NoNonce: isOff(o.nonce),
		Algorithms: o.algorithms, MaxAge: o.maxAge, Tenants: o.tenants, AnyTenant: o.anyTenant, TenantClaim: o.tenantClaim,
		UserInfo: o.askUserinfo, TrustEmail: o.trustEmail, Renewal: renewals[o.renewal], RefreshLife: o.refreshLife,
		RefreshAhead: p.refreshAhead, RevokeAtSignOut: o.revokeAtSignOut, LeaveAtSignOut: o.leaveAtSignOut,
	}
	if o.scopes != nil {
		c.Scopes = *o.scopes
	}
	return oidc.New(c)
}

func (p *providerConfig) makeOAuth2() signet.Provider {
	o := &p.oauth
	c := oauth2.Config{
		ID: p.id, Name: p.name, Mark: o.mark, Region: o.region,
		ClientID: o.clientID, ClientSecret: o.clientSecret.plain(), Auth: auths[o.auth],
		Authorize: o.authorize, Token: o.token, UserInfo: o.userinfo, Revocation: o.revocation,
		ScopeSeparator: o.scopeSeparator, Extra: valuesOf(o.extra), Header: requestHeader(o.header), NoPKCE: isOff(o.pkce),
		Issuer: o.issuer, Map: o.mapping, TrustEmail: o.trustEmail, Renewal: renewals[o.renewal], RefreshLife: o.refreshLife,
		RefreshAhead: p.refreshAhead, RevokeAtSignOut: o.revokeAtSignOut,
	}
	if o.scopes != nil {
		c.Scopes = *o.scopes
	}
	return oauth2.New(c)
}

func isOff(b *bool) bool { return b != nil && !*b }

func valuesOf(texts map[string]string) url.Values {
	if len(texts) == 0 {
		return nil
	}
	v := url.Values{}
	for name, text := range texts {
		v.Set(name, text)
	}
	return v
}

func requestHeader(fields map[string]*secret) http.Header {
	if len(fields) == 0 {
		return nil
	}
	h := http.Header{}
	for name, s := range fields {
		h.Set(name, s.plain())
	}
	return h
}
