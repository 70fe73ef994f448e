package social

import (
	"context"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// GitLabOptions are [Options], and more.
type GitLabOptions struct {
	Options

	// Base is the address of an installation, with its path if it is below one:
	// "https://corp.example/gitlab". Empty means gitlab.com. Addresses at any other are
	// trusted with TrustEmail alone, since administrators make users there.
	Base string
}

// GitLab signs in with gitlab.com or an installation of your own.
func GitLab(id, secret string, o ...GitLabOptions) *Provider {
	const company = "https://gitlab.com"
	options := last(o)
	base := strings.TrimRight(options.Base, "/")
	if base == "" {
		base = company
	}
	return plain(oauth2.Config{
		ID: "gitlab", Name: "GitLab",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Authorize:  base + "/oauth/authorize",
		Token:      base + "/oauth/token",
		UserInfo:   base + "/api/v4/user",
		Revocation: base + "/oauth/revoke",
		Scopes:     []string{"read_user"},
		Profile:    gitlabProfile,
		TrustEmail: base == company,
		Renewal:    oauth2.SingleUse,
	}, options.Options)
}

func gitlabProfile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	id := oauth2.Mapping{Subject: "/id", Name: "/name", Email: "/email", Image: "/avatar_url"}.Identity(o)
	if id.Name == "" {
		id.Name = o.Text("/username")
	}
	_, err = time.Parse(time.RFC3339, o.Text("/confirmed_at")) // or null
	id.EmailVerified = err == nil
	return id, nil
}
