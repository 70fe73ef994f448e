package social

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// Kakao signs in with Kakao. id is the app's REST API key; secret is empty unless the app
// has switched its client secret on.
//
// No scope is asked for by default: what people agree to is set in Kakao's console, and one
// that the app has not been given ends on a page of Kakao's (KOE205).
func Kakao(id, secret string, o ...Options) *Provider {
	p := plain(oauth2.Config{
		ID: "kakao", Name: "Kakao", Region: "ko",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Authorize:      "https://kauth.kakao.com/oauth/authorize",
		Token:          "https://kauth.kakao.com/oauth/token",
		UserInfo:       "https://kapi.kakao.com/v2/user/me",
		ScopeSeparator: ",",
		Profile:        kakaoProfile,
		TrustEmail:     true,
		// In its last month a refresh token is replaced when it is used.
		Renewal: oauth2.SingleUse,
		Origins: []string{"https://kauth.kakao.com", "https://accounts.kakao.com"},
	}, last(o))
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		_, err := order{op: revocation, method: http.MethodPost, to: "https://kapi.kakao.com/v1/user/unlink", bearer: t.Access}.send(ctx, w)
		return err
	}
	p.depart = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		_, err := order{op: revocation, method: http.MethodPost, to: "https://kapi.kakao.com/v1/user/logout", bearer: t.Access}.send(ctx, w)
		return err
	}
	p.leave = func(back, state string) string {
		q := url.Values{"client_id": {id}, "logout_redirect_uri": {back}}
		if state != "" {
			q.Set("state", state)
		}
		return "https://kauth.kakao.com/oauth/logout?" + q.Encode()
	}
	return p
}

func kakaoProfile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	id := oauth2.Mapping{
		Subject: "/id", Name: "/kakao_account/profile/nickname",
		Email: "/kakao_account/email", Image: "/kakao_account/profile/profile_image_url",
	}.Identity(o)
	// An address may be verified and no longer valid: it then is somebody else's by now.
	id.EmailVerified = o.True("/kakao_account/is_email_valid") && o.True("/kakao_account/is_email_verified")
	if rest, ok := strings.CutPrefix(id.Image, "http://"); ok {
		id.Image = "https://" + rest // Kakao writes http, and serves both
	}
	return id, nil
}
