package social

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// LINE signs in with LINE; id and secret are those of a channel. The ID token is signed with
// the secret. An address takes a permission and the scope email, and nobody says that it is
// verified.
func LINE(id, secret string, o ...Options) *Provider {
	p := openID(oidc.Config{
		ID: "line", Name: "LINE",
		Issuer:   "https://access.line.me",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Scopes:     []string{"profile", "openid"},
		Algorithms: []string{"HS256"},
		Profile: func(_ context.Context, who oidc.Person) (signet.Identity, error) {
			id := who.Identity()
			id.EmailVerified = false
			return id, nil
		},
		Renewal:     oauth2.Repeatable,
		RefreshLife: 90 * 24 * time.Hour,
	}, last(o))
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		_, err := order{op: revocation, method: http.MethodPost, to: "https://api.line.me/oauth2/v2.1/revoke", form: url.Values{
			"access_token": {t.Access}, "client_id": {id}, "client_secret": {secret},
		}}.send(ctx, w)
		return err
	}
	return p
}
