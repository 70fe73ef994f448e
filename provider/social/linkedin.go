package social

import (
	"context"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// LinkedIn signs in with LinkedIn. Its web flow knows neither PKCE nor a nonce; refresh
// tokens are for selected partners.
func LinkedIn(id, secret string, o ...Options) *Provider {
	return openID(oidc.Config{
		ID: "linkedin", Name: "LinkedIn",
		Issuer:    "https://www.linkedin.com/oauth",
		Endpoints: oidc.Endpoints{Revocation: "https://www.linkedin.com/oauth/v2/revoke"},
		ClientID:  id, ClientSecret: secret, Auth: oauth2.AuthPost,
		NoPKCE: true, NoNonce: true,
		Scopes: []string{"openid", "profile", "email"},
		Profile: func(_ context.Context, who oidc.Person) (signet.Identity, error) {
			id := who.Identity()
			id.EmailVerified = yes(who.Claims, "/email_verified")
			return id, nil
		},
		TrustEmail: true,
		Renewal:    oauth2.Repeatable,
	}, last(o))
}
