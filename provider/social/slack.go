package social

import (
	"context"
	"net/http"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// Slack signs in with Slack. An ID of a user means something in its workspace alone: a site
// for one workspace says so with Extra "team", the ID of the workspace, and everybody else
// is refused. Refresh tokens come where the app has token rotation.
func Slack(id, secret string, o ...Options) *Provider {
	options := last(o)
	p := openID(oidc.Config{
		ID: "slack", Name: "Slack",
		Issuer:   "https://slack.com",
		ClientID: id, ClientSecret: secret,
		Scopes:   []string{"openid", "profile", "email"},
		UserInfo: true, // the ID token has no picture
		Profile:  slackProfile(options.Extra.Get("team")),
		Renewal:  oauth2.SingleUse,
	}, options)
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		_, err := order{op: revocation, method: http.MethodPost, to: "https://slack.com/api/auth.revoke", bearer: t.Access}.send(ctx, w)
		return err
	}
	return p
}

func slackProfile(team string) func(context.Context, oidc.Person) (signet.Identity, error) {
	return func(_ context.Context, who oidc.Person) (signet.Identity, error) {
		if team != "" && who.Claims.Text("/https:~1~1slack.com~1team_id") != team {
			return signet.Identity{}, elsewhere("workspace")
		}
		return who.Identity(), nil
	}
}
