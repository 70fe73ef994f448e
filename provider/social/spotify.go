package social

import (
	"time"

	"github.com/signet-auth/signet/provider/oauth2"
)

// Spotify signs in with Spotify. A grant ends six months after the consent, however often it
// is renewed; nobody says that an address is verified. An app in development mode lets in
// those alone who are on its list.
func Spotify(id, secret string, o ...Options) *Provider {
	return plain(oauth2.Config{
		ID: "spotify", Name: "Spotify",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthBasic,
		Authorize: "https://accounts.spotify.com/authorize",
		Token:     "https://accounts.spotify.com/api/token",
		UserInfo:  "https://api.spotify.com/v1/me",
		Scopes:    []string{"user-read-email"},
		Map:       oauth2.Mapping{Subject: "/id", Name: "/display_name", Email: "/email", Image: "/images/0/url"},
		// What comes in an answer replaces the one before, and often none comes.
		Renewal:     oauth2.SingleUse,
		RefreshLife: 181 * 24 * time.Hour, // the shortest six months
		FixedEnd:    true,
	}, last(o))
}
