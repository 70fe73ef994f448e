package social

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
)

// GitHubOptions are [Options], and more.
type GitHubOptions struct {
	Options

	// Base is the address of an Enterprise Server, "https://git.corp.example"; empty means
	// github.com.
	Base string
}

// GitHub signs in with GitHub: an OAuth app, or a GitHub App, whose tokens end after eight
// hours and are renewed once each. An address is verified where /user/emails says so of the
// primary one; the public address of a profile proves nothing.
func GitHub(id, secret string, o ...GitHubOptions) *Provider {
	options := last(o)
	base, api := "https://github.com", "https://api.github.com"
	if own := strings.TrimRight(options.Base, "/"); own != "" && own != base {
		base, api = own, own+"/api/v3"
	}
	p := plain(oauth2.Config{
		ID: "github", Name: "GitHub",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Authorize:  base + "/login/oauth/authorize",
		Token:      base + "/login/oauth/access_token",
		UserInfo:   api + "/user",
		Issuer:     base + "/login/oauth",
		Scopes:     []string{"read:user", "user:email"},
		Profile:    githubProfile(api + "/user/emails"),
		TrustEmail: true,
		Renewal:    oauth2.SingleUse,
	}, options.Options)
	p.unlink = func(ctx context.Context, w signet.World, t signet.Tokens) error {
		body, err := json.Marshal(map[string]string{"access_token": t.Access})
		if err != nil {
			return err
		}
		_, err = order{
			op: revocation, method: http.MethodDelete, to: api + "/applications/" + url.PathEscape(id) + "/token",
			json: body, id: id, key: secret,
			gone: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, // the token is dead
		}.send(ctx, w)
		return err
	}
	return p
}

func githubProfile(emails string) func(context.Context, oauth2.Fetch) (signet.Identity, error) {
	return func(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
		o, err := f.UserInfo(ctx)
		if err != nil {
			return signet.Identity{}, err
		}
		id := oauth2.Mapping{Subject: "/id", Name: "/name", Email: "/email", Image: "/avatar_url"}.Identity(o)
		if id.Name == "" {
			id.Name = o.Text("/login")
		}
		reply, err := f.Raw(ctx, emails)
		switch {
		case err != nil:
			return signet.Identity{}, err
		case reply.Status == http.StatusNotFound, reply.Status == http.StatusForbidden:
			return id, nil // without the scope user:email
		case reply.Status != http.StatusOK:
			return signet.Identity{}, &oauth2.Error{Op: "userinfo", Status: reply.Status}
		}
		err = githubAddress(reply.Body, &id)
		return id, err
	}
}

// githubAddress takes the primary address from the list.
func githubAddress(list []byte, id *signet.Identity) error {
	err := seal.Elements(list, func(row []byte) error {
		if o := oauth2.Object(row); o.True("/primary") {
			id.Email, id.EmailVerified = o.Text("/email"), o.True("/verified")
		}
		return nil
	})
	if err != nil { // not wrapped: what a reader says is no verdict on the visitor
		return &oauth2.Error{Op: "userinfo", Status: http.StatusOK, Err: errNoList}
	}
	return nil
}
