package social

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// twitchClaims asks for what the ID token leaves out by itself (OpenID Connect Core section
// 5.5).
const twitchClaims = `{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null},` +
	`"userinfo":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}`

// Twitch signs in with Twitch.
func Twitch(id, secret string, o ...Options) *Provider {
	p := openID(oidc.Config{
		ID: "twitch", Name: "Twitch",
		Issuer:   "https://id.twitch.tv/oauth2",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		NoPKCE: true,
		Scopes: []string{"openid", "user:read:email"},
		Extra:  url.Values{"claims": {twitchClaims}},
		Header: http.Header{"Client-Id": {id}}, // its API answers nobody without
		Profile: func(_ context.Context, who oidc.Person) (signet.Identity, error) {
			id := who.Identity()
			id.Name = who.Claims.Text("/preferred_username")
			return id, nil
		},
		Renewal: oauth2.SingleUse,
		// The word is that of the status, and what was wrong stands beside it.
		Ended: func(e *oauth2.Error) bool {
			return e.Code == "" && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnauthorized) &&
				(e.Text == `"Bad Request"` || e.Text == `"Unauthorized"` || strings.Contains(e.Text, "refresh token"))
		},
		Origins: []string{"https://id.twitch.tv", "https://www.twitch.tv"},
	}, last(o))
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		_, err := order{op: revocation, method: http.MethodPost, to: "https://id.twitch.tv/oauth2/revoke", form: url.Values{
			"client_id": {id}, "token": {t.Access},
		}}.send(ctx, w)
		return err
	}
	return p
}
