package oauth2

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet"
)

// Auth is how a client proves itself at the token end point (RFC 6749 section 2.3).
type Auth int

// The zero Auth is AuthBasic where there is a secret, else AuthNone.
const (
	AuthDefault Auth = iota
	AuthBasic        // in the Authorization header
	AuthPost         // in the body; a client without a secret sends its ID alone
	AuthQuery        // all parameters in the query of a POST without a body
	AuthNone         // the ID in the body and no secret
)

// ask makes one call to an end point that takes client and parameters, and no second one
// whatever happens: a code is good for one use, and so are some refresh tokens.
func (f Flow) ask(ctx context.Context, w signet.World, endpoint, op string, params url.Values) (Reply, []string, error) {
	r, secrets, err := f.request(ctx, w, endpoint, params)
	if err != nil {
		return Reply{}, nil, err
	}
	within := fetchTime
	if op == "token" {
		within = tokenTime
	}
	reply, err := f.Breaker.Send(w, op, r, within, maxAnswer)
	return reply, secrets, err
}

// request writes the call. secrets are the parts of it that no error may repeat.
func (f Flow) request(ctx context.Context, w signet.World, endpoint string, params url.Values) (r *http.Request, secrets []string, err error) {
	secret := f.ClientSecret
	if f.Secret != nil {
		if secret, err = f.Secret(ctx, w); err != nil {
			return nil, nil, err
		}
	}
	auth := f.Auth
	if auth == AuthDefault {
		auth = AuthBasic
		if secret == "" {
			auth = AuthNone
		}
	}
	form := url.Values{}
	for name, values := range params {
		form[name] = values
	}
	if auth != AuthBasic {
		form.Set("client_id", f.ClientID)
	}
	if secret != "" && (auth == AuthPost || auth == AuthQuery) {
		form.Set("client_secret", secret)
	}
	body := form.Encode()
	if auth == AuthQuery {
		endpoint, body = withQuery(endpoint, form), ""
	}
	r, err = http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return nil, nil, errors.New("oauth2: the URL of an end point cannot be read")
	}
	r.GetBody = nil // nor does net/http send it twice
	for name, values := range f.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if auth == AuthBasic {
		// RFC 6749 section 2.3.1: both are form-encoded first.
		r.SetBasicAuth(url.QueryEscape(f.ClientID), url.QueryEscape(secret))
	}
	secrets = []string{secret}
	for _, name := range []string{"code", "code_verifier", "refresh_token", "access_token", "token"} {
		secrets = append(secrets, form.Get(name))
	}
	return r, secrets, nil
}

// withQuery adds parameters to those that a URL has; of the same name they replace them.
func withQuery(to string, params url.Values) string {
	u, err := url.Parse(to)
	if err != nil {
		return to // Check has refused it
	}
	q := u.Query()
	for name, values := range params {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}
