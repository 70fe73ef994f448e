package social

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// Google signs in with Google. An address is verified where Google has the last word on it:
// at gmail.com, and at the Workspace domain of the account (claim hd).
func Google(id, secret string, o ...Options) *Provider {
	options := last(o)
	extra := url.Values{}
	if options.Offline {
		extra.Set("access_type", "offline")
	}
	return openID(oidc.Config{
		ID: "google", Name: "Google",
		Issuer:   "https://accounts.google.com",
		Hosts:    []string{"oauth2.googleapis.com", "openidconnect.googleapis.com", "www.googleapis.com"},
		ClientID: id, ClientSecret: secret,
		Scopes: []string{"openid", "email", "profile"}, Extra: extra,
		Profile:    googleProfile(options.Extra.Get("hd")),
		TrustEmail: true,
		Renewal:    oauth2.Repeatable,
		Revoke: func(ctx context.Context, w signet.World, t signet.Tokens) error {
			token := t.Refresh
			if token == "" {
				token = t.Access
			}
			if token == "" {
				return nil
			}
			_, err := order{op: revocation, method: http.MethodPost, to: "https://oauth2.googleapis.com/revoke", form: url.Values{"token": {token}}}.send(ctx, w)
			return err
		},
	}, options)
}

// googleProfile lets nobody in but those of the Workspace domain only, where one is given;
// "*" is any.
func googleProfile(only string) func(context.Context, oidc.Person) (signet.Identity, error) {
	return func(_ context.Context, who oidc.Person) (signet.Identity, error) {
		hd := who.Claims.Text("/hd")
		if only != "" && (hd == "" || only != "*" && hd != only) {
			return signet.Identity{}, elsewhere("Workspace domain")
		}
		id := who.Identity()
		// Google's guidance: an address elsewhere was verified once, and can have changed
		// hands since.
		domain := domainOf(id.Email)
		id.EmailVerified = id.EmailVerified && (domain == "gmail.com" || hd != "" && domain == hd)
		return id, nil
	}
}
