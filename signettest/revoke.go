package signettest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// revoke takes tokens back, each provider in its way; those of no way of their own follow
// RFC 7009.
func (p *Provider) revoke(c *call) reply {
	switch p.ID {
	case "github":
		return p.githubRevoke(c)
	case "facebook", "slack":
		return p.bearerRevoke(c)
	}
	if c.r.Method != http.MethodPost {
		return p.problem(http.StatusMethodNotAllowed, "invalid_request", "only POST")
	}
	if no := p.wrongRevoker(c); no != nil {
		return *no
	}
	token := c.form.Get("token")
	if p.ID == "line" {
		token = c.form.Get("access_token")
	}
	if token == "" {
		return p.problem(http.StatusBadRequest, "invalid_request", "the token is missing")
	}
	g := p.grantOf(token)
	over := g == nil || g.dead
	if g != nil {
		g.dead = true
		if p.ID == "discord" { // it ends all of the user's tokens
			p.endPerson(g.person.Subject)
		}
	}
	switch p.ID {
	case "google":
		if over {
			return p.problem(http.StatusBadRequest, "invalid_token", "Token expired or revoked")
		}
	case "x":
		return jsonReply(http.StatusOK, map[string]any{"revoked": true})
	case "apple", "line", "twitch":
		return textReply(http.StatusOK, "", "")
	}
	return jsonReply(http.StatusOK, map[string]any{}) // also for a token unknown: RFC 7009 section 2.2
}

// wrongRevoker checks who takes a token back. Google asks nobody; Twitch asks for the name
// alone.
func (p *Provider) wrongRevoker(c *call) *reply {
	switch p.ID {
	case "google":
		return nil
	case "twitch":
		if c.clientID == p.ClientID {
			return nil
		}
		no := p.problem(http.StatusBadRequest, "invalid_client", "invalid client id")
		return &no
	}
	return p.wrongSecret(c)
}

// bearerRevoke ends the token that the call is made with: Facebook by DELETE, Slack by POST.
func (p *Provider) bearerRevoke(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return *no
	}
	if p.ID == "facebook" {
		if c.r.Method != http.MethodDelete {
			return p.problem(http.StatusMethodNotAllowed, "invalid_request", "only DELETE")
		}
		p.endPerson(a.grant.person.Subject)
		return jsonReply(http.StatusOK, map[string]any{"success": true})
	}
	a.grant.dead = true
	return jsonReply(http.StatusOK, map[string]any{"ok": true, "revoked": true})
}

// grantOf finds the grant behind an access or refresh token.
func (p *Provider) grantOf(token string) *grant {
	if a := p.access[token]; a != nil {
		return a.grant
	}
	if r := p.refresh[token]; r != nil {
		return r.grant
	}
	return nil
}

// goodbye is the page that ends the visitor's session at the provider and sends them on.
// OpenID Connect RP-Initiated Logout; Kakao's and Entra's have parameters of their own.
func (p *Provider) goodbye(c *call) reply {
	q := c.form
	to := q.Get("post_logout_redirect_uri")
	if p.ID == "kakao" {
		to = q.Get("logout_redirect_uri")
	}
	if name := c.repeated(); name != "" {
		return errorPage(http.StatusBadRequest, "the parameter "+name+" came twice")
	}
	hint := q.Get("id_token_hint")
	if hint == "" && q.Get("client_id") == "" && to != "" {
		return errorPage(http.StatusBadRequest, "neither id_token_hint nor client_id says who asks")
	}
	if hint != "" && !p.mine(hint) || q.Get("client_id") != "" && q.Get("client_id") != p.ClientID {
		return errorPage(http.StatusBadRequest, "id_token_hint or client_id is another's")
	}
	if to == "" {
		return textReply(http.StatusOK, "text/html; charset=utf-8", "<!doctype html><title>Bye</title><h1>Signed out</h1>")
	}
	u, err := url.Parse(to)
	if err != nil || !u.IsAbs() {
		return errorPage(http.StatusBadRequest, "the page to go to is not an absolute URL")
	}
	if state := q.Get("state"); state != "" {
		values := u.Query()
		values.Set("state", state)
		u.RawQuery = values.Encode()
	}
	return redirectReply(u.String())
}

// mine tells whether an ID token is one of this client's. Its end and its signature do not
// matter: a hint is a hint.
func (p *Provider) mine(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var claims struct {
		Iss string
		Aud any
	}
	if _, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil || decodePart(parts[1], &claims) != nil {
		return false
	}
	return slices.Contains([]string{p.Issuer(), p.RealIssuer()}, claims.Iss) && claims.Aud == p.ClientID
}
