package social

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// Naver signs in with Naver, at its /oauth2.0/ end points. What people agree to is set in
// Naver's console. An address is one for contact that its owner may choose: never proof.
func Naver(id, secret string, o ...Options) *Provider {
	const token = "https://nid.naver.com/oauth2.0/token"
	p := plain(oauth2.Config{
		ID: "naver", Name: "Naver", Region: "ko",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Authorize:    "https://nid.naver.com/oauth2.0/authorize",
		Token:        token,
		UserInfo:     "https://openapi.naver.com/v1/nid/me",
		StateAtToken: true, NoPKCE: true,
		Profile: naverProfile,
		Renewal: oauth2.Repeatable,
		Ended: func(e *oauth2.Error) bool {
			return e.Code == "invalid_request" && strings.Contains(e.Text, "refresh_token")
		},
	}, last(o))
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		answer, err := order{op: revocation, method: http.MethodPost, to: token, form: url.Values{
			"grant_type": {"delete"}, "client_id": {id}, "client_secret": {secret},
			"access_token": {t.Access}, "service_provider": {"NAVER"},
		}}.send(ctx, w)
		if err == nil && answer.Text("/result") != "success" {
			err = &oauth2.Error{Op: revocation, Status: http.StatusOK, Code: "no_success"}
		}
		return err
	}
	return p
}

func naverProfile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	id := oauth2.Mapping{
		Subject: "/response/id", Name: "/response/nickname", Email: "/response/email", Image: "/response/profile_image",
	}.Identity(o)
	if id.Name == "" {
		id.Name = o.Text("/response/name") // each is agreed to by itself
	}
	return id, nil
}
