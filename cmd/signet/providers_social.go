package main

import (
	"slices"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
)

// A socialConfig is what some companies are told beside a client.
type socialConfig struct {
	teamID, keyID string // Apple
	offline       bool   // Google
}

// socialKinds are the types of companies: their IDs in Auth.js.
func socialKinds() []string { return social.Names() }

// Those who are found in more than one place, and those who have tenants.
var (
	withIssuer  = []string{"github", "gitlab", "microsoft-entra-id", "azure-ad"}
	withTenants = []string{"microsoft-entra-id", "azure-ad"}
)

func (p *providerConfig) takesIssuer() bool { return slices.Contains(withIssuer, p.kind) }

func (p *providerConfig) socialKeys() []key {
	o := &p.oauth
	keys := append(o.clientKeys(), []key{
		{"extra", pairs(&o.extra)},
		{"trust_email", flag(&o.trustEmail)},
		{"revoke_at_sign_out", flag(&o.revokeAtSignOut)},
	}...)
	if p.takesIssuer() {
		keys = append(keys, key{"issuer", endpoint(&o.issuer)})
	}
	if slices.Contains(withTenants, p.kind) {
		keys = append(keys, key{"tenants", words(&o.tenants)})
	}
	switch p.kind {
	case "apple":
		keys = append(keys, key{"team_id", text(&p.social.teamID)}, key{"key_id", text(&p.social.keyID)})
	case "google":
		keys = append(keys, key{"offline", flag(&p.social.offline)})
	}
	return keys
}

// checkSocial finds what is missing, and asks package social about the rest.
func (p *providerConfig) checkSocial(places places, at string) []problem {
	place := places.of(at)
	// Kakao has a switch for the secret.
	if missing := missingClient(place, at, *p, p.kind != "kakao"); len(missing) > 0 {
		return missing
	}
	if _, err := p.makeSocial(); err != nil {
		return []problem{{place, at + ": " + strings.TrimPrefix(err.Error(), "social: "), "see what the guide says about " + p.kind + " (docs/guide/providers.md)"}}
	}
	return nil
}

func (p *providerConfig) makeSocial() (signet.Provider, error) {
	o := &p.oauth
	s := social.Settings{
		Options: social.Options{
			ID: p.id, Name: p.name, Extra: valuesOf(o.extra), Offline: p.social.offline,
			TrustEmail: o.trustEmail, RefreshAhead: p.refreshAhead, RevokeAtSignOut: o.revokeAtSignOut,
		},
		ClientID: o.clientID, ClientSecret: o.clientSecret.plain(),
		TeamID: p.social.teamID, KeyID: p.social.keyID, Issuer: o.issuer, Tenants: o.tenants,
	}
	if o.scopes != nil {
		s.Scopes = *o.scopes
	}
	return social.New(p.kind, s)
}
