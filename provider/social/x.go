package social

import (
	"context"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// X signs in with X; its ID is twitter, as in Auth.js. An address takes a permission of the
// app and the scope users.email; X shows those alone that it has confirmed. Without the
// scope offline.access, which is asked for, the grant ends after two hours.
func X(id, secret string, o ...Options) *Provider {
	return plain(oauth2.Config{
		ID: "twitter", Name: "X", Mark: "x",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthBasic,
		Authorize:  "https://x.com/i/oauth2/authorize",
		Token:      "https://api.x.com/2/oauth2/token",
		UserInfo:   "https://api.x.com/2/users/me?user.fields=profile_image_url,confirmed_email",
		Revocation: "https://api.x.com/2/oauth2/revoke",
		Scopes:     []string{"users.read", "tweet.read", "offline.access"},
		Profile:    xProfile,
		Renewal:    oauth2.SingleUse,
		Ended: func(e *oauth2.Error) bool {
			return e.Code == "invalid_request" && strings.Contains(e.Text, "the token was invalid")
		},
		Origins: []string{"https://x.com", "https://twitter.com"},
	}, last(o))
}

func xProfile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	id := oauth2.Mapping{
		Subject: "/data/id", Name: "/data/name", Email: "/data/confirmed_email", Image: "/data/profile_image_url",
	}.Identity(o)
	id.EmailVerified = id.Email != ""
	return id, nil
}
