package social

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// FacebookOptions are [Options], and more.
type FacebookOptions struct {
	Options

	// Version is that of the Graph API, "v24.0" when empty.
	Version string
}

const graph = "https://graph.facebook.com"

// Facebook signs in with Facebook. It does not say that an address is verified, and has no
// refresh tokens: a token that lives about 60 days can be exchanged while it is alive.
func Facebook(id, secret string, o ...FacebookOptions) *Provider {
	options := last(o)
	version := options.Version
	if version == "" {
		version = "v24.0"
	}
	b := facebook{id: id, secret: secret, token: graph + "/" + version + "/oauth/access_token"}
	p := plain(oauth2.Config{
		ID: "facebook", Name: "Facebook",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Authorize:      "https://www.facebook.com/" + version + "/dialog/oauth",
		Token:          b.token,
		UserInfo:       graph + "/me",
		NoPKCE:         true, // its flow for ID tokens alone has it
		Scopes:         []string{"public_profile", "email"},
		ScopeSeparator: ",",
		Profile:        b.profile,
		Renewal:        oauth2.NoRenewal,
		Origins:        []string{"https://www.facebook.com", "https://m.facebook.com"},
	}, options.Options)
	p.renew, p.unlink = b.extend, b.unlink
	return p
}

// facebook is one app.
type facebook struct{ id, secret, token string }

// proven adds to a call the proof that who makes it knows the secret of the app, so that a
// token that was stolen is of no use elsewhere.
func (b facebook) proven(path, token string, q url.Values) string {
	mac := hmac.New(sha256.New, []byte(b.secret))
	mac.Write([]byte(token))
	q.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
	return graph + path + "?" + q.Encode()
}

func (b facebook) profile(ctx context.Context, f oauth2.Fetch) (signet.Identity, error) {
	o, err := f.Get(ctx, b.proven("/me", f.Tokens.Access, url.Values{"fields": {"id,name,email,picture"}}))
	if err != nil {
		return signet.Identity{}, err
	}
	return oauth2.Mapping{Subject: "/id", Name: "/name", Email: "/email", Image: "/picture/data/url"}.Identity(o), nil
}

// extend exchanges a live token for one that lives longer.
func (b facebook) extend(ctx context.Context, w signet.World, old signet.Tokens) (signet.Tokens, error) {
	if old.Access == "" || !old.Expires.IsZero() && !w.Now().Before(old.Expires) {
		return signet.Tokens{}, fmt.Errorf("social: Facebook's token has expired: %w", signet.ErrEnded)
	}
	answer, err := order{op: "token", method: http.MethodPost, to: b.token, form: url.Values{
		"grant_type": {"fb_exchange_token"}, "client_id": {b.id}, "client_secret": {b.secret}, "fb_exchange_token": {old.Access},
	}}.send(ctx, w)
	var e *oauth2.Error
	switch {
	case errors.As(err, &e) && e.Code == "190" && !e.Outage(): // the token is dead
		return signet.Tokens{}, fmt.Errorf("%w: %w", signet.ErrEnded, err)
	case err != nil:
		return signet.Tokens{}, err
	}
	token := signet.Tokens{Access: answer.Text("/access_token")}
	if token.Access == "" {
		return signet.Tokens{}, &oauth2.Error{Op: "token", Status: http.StatusOK, Err: errors.New("there is no access token in the answer")}
	}
	if n, err := strconv.ParseUint(answer.ID("/expires_in"), 10, 31); err == nil && n > 0 {
		token.Expires = w.Now().Add(time.Duration(n) * time.Second).Truncate(time.Second)
	}
	return old.Merge(token), nil
}

func (b facebook) unlink(ctx context.Context, w signet.World, t signet.Tokens) error {
	_, err := order{op: revocation, method: http.MethodDelete, to: b.proven("/me/permissions", t.Access, url.Values{}), bearer: t.Access}.send(ctx, w)
	return err
}
