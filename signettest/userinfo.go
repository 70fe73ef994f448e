package signettest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// bearer finds the access token that a call is made with. RFC 6750 section 2.1; Facebook
// also takes it in the query.
func (p *Provider) bearer(c *call) (*accessToken, *reply) {
	if p.quirk.api != nil {
		if no := p.quirk.api(c.r); no != nil {
			return nil, no
		}
	}
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	known := strings.EqualFold(scheme, "bearer") || p.ID == "twitch" && strings.EqualFold(scheme, "oauth")
	if !known {
		token = ""
		if p.ID == "facebook" {
			token = c.form.Get("access_token")
		}
	}
	if a := p.access[strings.TrimSpace(token)]; p.lives(a) {
		return a, nil
	}
	if s, ok := p.vector.UserinfoVariants["dead token"]; ok {
		no := sampleReply(s).because("the access token is dead or missing")
		return nil, &no
	}
	no := p.problem(http.StatusUnauthorized, "invalid_token", "the access token is dead or missing")
	return nil, &no
}

// userinfo is who the person is.
func (p *Provider) userinfo(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return *no
	}
	if c.entry.Endpoint == Helix {
		return p.helix(c, a)
	}
	if proof := c.form.Get("appsecret_proof"); p.ID == "facebook" && proof != "" && !p.proves(c, proof) {
		return p.problem(http.StatusBadRequest, "invalid_request", "appsecret_proof is wrong")
	}
	body := p.profile(a.grant.person)
	switch p.ID {
	case "twitch":
		keepAsked(a.grant.query.Get("claims"), "userinfo", body)
		p.name(c, body)
	case "x":
		if data, ok := body["data"].(map[string]any); ok && !hasScope(a.grant.scopes, "users.email") {
			delete(data, "confirmed_email")
		}
	}
	return jsonReply(http.StatusOK, body)
}

// proves checks Facebook's proof that the caller knows the app's secret.
func (p *Provider) proves(c *call, proof string) bool {
	token := c.form.Get("access_token")
	if _, bearer, ok := strings.Cut(c.r.Header.Get("Authorization"), " "); ok {
		token = bearer
	}
	mac := hmac.New(sha256.New, []byte(p.ClientSecret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil)) == proof
}

// oidcUserinfo is the second one of Kakao and GitLab, with the members of OpenID Connect.
func (p *Provider) oidcUserinfo(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return *no
	}
	if !p.openID(a.grant.scopes) {
		return p.problem(http.StatusForbidden, "insufficient_scope", "the scope openid was not asked for")
	}
	person := a.grant.person
	body := map[string]any{"sub": person.Subject}
	for name, v := range map[string]any{
		"name": orMissing(person.Name), "nickname": orMissing(person.Name),
		"email": orMissing(person.Email), "email_verified": person.EmailVerified,
	} {
		if v != nil {
			body[name] = v
		}
	}
	return jsonReply(http.StatusOK, body)
}

// helix is Twitch's API: it also wants to know which client calls.
func (p *Provider) helix(c *call, a *accessToken) reply {
	if c.r.Header.Get("Client-Id") != p.ClientID {
		return p.problem(http.StatusUnauthorized, "invalid_client", "Client-Id is missing or another's")
	}
	answer := sampleReply(p.vector.Extra["GET /helix/users (headers Authorization and Client-Id)"])
	body, _ := answer.body.(map[string]any)
	if rows, _ := body["data"].([]any); len(rows) > 0 {
		row, _ := rows[0].(map[string]any)
		row["id"], row["display_name"] = a.grant.person.Subject, a.grant.person.Name
		point(row, "/email", orMissing(a.grant.person.Email))
	}
	return answer
}

// validate is Twitch's answer whether a token still lives.
func (p *Provider) validate(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return sampleReply(p.vector.Extra["GET /oauth2/validate, dead"]).because(no.why)
	}
	answer := sampleReply(p.vector.Extra["GET /oauth2/validate"])
	body, _ := answer.body.(map[string]any)
	p.name(c, body)
	body["user_id"], body["scopes"] = a.grant.person.Subject, join(a.grant.scopes, []any{})
	body["expires_in"] = int(a.ends.Sub(p.now()).Seconds())
	return answer
}

// keepAsked leaves those members of a person out that the claims parameter does not name
// for this place. OpenID Connect Core section 5.5.
func keepAsked(parameter, place string, body map[string]any) {
	var asked map[string]map[string]any
	if json.Unmarshal([]byte(parameter), &asked) != nil {
		asked = nil
	}
	for _, name := range []string{"email", "email_verified", "picture", "preferred_username"} {
		if _, ok := asked[place][name]; !ok {
			delete(body, name)
		}
	}
}

// discovery is the document that names the end points.
func (p *Provider) discovery(c *call) reply {
	doc := clone(p.vector.DiscoveryDocument)
	if doc == nil {
		doc = map[string]any{
			"response_types_supported": []any{"code"}, "subject_types_supported": []any{"public"},
			"scopes_supported":                      join(p.vector.Scopes, []any{}),
			"token_endpoint_auth_methods_supported": join(p.clientAuth(), []any{}),
		}
		if p.hasPKCE() {
			doc["code_challenge_methods_supported"] = []any{"S256"}
		}
	}
	doc["issuer"] = p.issuer(c.real)
	if tenant := c.r.PathValue("tenant"); slices.Contains([]string{"common", "organizations"}, tenant) {
		doc["issuer"] = strings.Replace(p.issuer(c.real), p.tenant(), "{tenantid}", 1)
	}
	algs := p.algs()
	if p.alg() == "HS256" {
		algs = []string{"HS256", "ES256"}
	}
	doc["id_token_signing_alg_values_supported"] = join(algs, []any{})
	for e, name := range map[Endpoint]string{
		Authorization: "authorization_endpoint", Token: "token_endpoint", Userinfo: "userinfo_endpoint",
		OIDCUserinfo: "userinfo_endpoint", JWKS: "jwks_uri", Revocation: "revocation_endpoint", EndSession: "end_session_endpoint",
	} {
		if e == Userinfo && p.URL(OIDCUserinfo) != "" {
			continue
		}
		if u := p.url(e, c.real); u != "" {
			doc[name] = u
		}
	}
	if u := p.url(Logout, c.real); u != "" && p.ID == "microsoft-entra-id" {
		doc["end_session_endpoint"] = u
	}
	return jsonReply(http.StatusOK, doc)
}
