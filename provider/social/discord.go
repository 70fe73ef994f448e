package social

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// Discord signs in with Discord. Giving a grant back ends all of the user's tokens for this
// app.
func Discord(id, secret string, o ...Options) *Provider {
	return plain(oauth2.Config{
		ID: "discord", Name: "Discord",
		ClientID: id, ClientSecret: secret,
		Authorize:  "https://discord.com/oauth2/authorize",
		Token:      "https://discord.com/api/oauth2/token",
		UserInfo:   "https://discord.com/api/users/@me",
		Revocation: "https://discord.com/api/oauth2/token/revoke",
		Scopes:     []string{"identify", "email"},
		Profile:    discordProfile,
		Renewal:    oauth2.SingleUse,
	}, last(o))
}

func discordProfile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	id := oauth2.Mapping{Subject: "/id", Name: "/global_name", Email: "/email", EmailVerified: "/verified"}.Identity(o)
	if id.Name == "" {
		id.Name = o.Text("/username")
	}
	id.Image = discordImage(id.Subject, o.Text("/avatar"), o.Text("/discriminator"))
	return id, nil
}

// discordImage is the address of a picture, or of one of Discord's own for those who have
// none: by the ID, or by the number behind old names.
func discordImage(id, avatar, discriminator string) string {
	const host = "https://cdn.discordapp.com/"
	if avatar != "" {
		kind := ".png"
		if strings.HasPrefix(avatar, "a_") {
			kind = ".gif"
		}
		return host + "avatars/" + url.PathEscape(id) + "/" + url.PathEscape(avatar) + kind
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return ""
	}
	index := n >> 22 % 6
	if old, err := strconv.ParseUint(discriminator, 10, 16); err == nil && old != 0 {
		index = old % 5
	}
	return host + "embed/avatars/" + strconv.FormatUint(index, 10) + ".png"
}
