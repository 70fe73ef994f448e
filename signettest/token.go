package signettest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
)

// idTokenHere is where an ID token belongs in a sample.
const idTokenHere = "<id_token>"

// token is the end point that the site's server calls.
func (p *Provider) token(c *call) reply {
	if no := p.wrongTokenRequest(c); no != nil {
		return *no
	}
	switch grantType := c.form.Get("grant_type"); {
	case grantType == "authorization_code", grantType == "" && p.ID == "facebook" && c.form.Has("code"):
		return p.exchange(c)
	case grantType == "refresh_token" && p.Refresh != NoRefresh:
		return p.renew(c)
	case grantType == "delete" && p.ID == "naver":
		return p.naverDelete(c)
	case grantType == "fb_exchange_token" && p.ID == "facebook":
		return p.facebookExchange(c)
	}
	return p.problem(http.StatusBadRequest, "unsupported_grant_type", "unsupported grant_type")
}

// wrongTokenRequest checks the form and who sends it.
func (p *Provider) wrongTokenRequest(c *call) *reply {
	get := p.ID == "naver" || p.ID == "facebook"
	if c.r.Method != http.MethodPost && !(get && c.r.Method == http.MethodGet) {
		no := p.problem(http.StatusMethodNotAllowed, "invalid_request", "only POST")
		return &no
	}
	if name := c.repeated(); name != "" {
		no := p.problem(http.StatusBadRequest, "invalid_request", "the parameter "+name+" came twice")
		return &no
	}
	return p.wrongSecret(c)
}

// wrongSecret checks who the client is; what it returns is the no.
func (p *Provider) wrongSecret(c *call) *reply {
	why := ""
	switch {
	case p.Apple != nil:
		if err := p.Apple.check(c.secret, p.ClientID, p.Issuer(), p.now()); err != nil {
			why = err.Error()
		}
	case !slices.Contains(p.clientAuth(), c.entry.Auth):
		why = "the client signs in by " + c.entry.Auth + ", which is not taken here"
	case c.entry.Auth == authBasic && c.form.Get("client_secret") != "":
		why = "the client signs in twice" // RFC 6749 section 2.3
	case c.entry.Auth == authNone && p.ClientSecret != "":
		why = "the client secret is missing"
	case !p.knows(c.clientID, c.secret):
		why = "client_id or client_secret is wrong"
	}
	if why == "" && c.clientID != p.ClientID {
		why = "client_id is wrong"
	}
	if why == "" {
		return nil
	}
	no := p.problem(http.StatusUnauthorized, "invalid_client", "client authentication failed")
	if s, ok := p.vector.TokenErrorVariants[p.quirk.clientError]; ok {
		no = sampleReply(s)
	}
	if p.ID == "github" { // the sample is a form, which formUnlessJSON makes of it where it belongs
		no = p.problem(http.StatusOK, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
	}
	no.why = why
	return &no
}

// clientAuth are the ways to sign in that the provider takes.
func (p *Provider) clientAuth() []string {
	list := slices.Clone(p.vector.ClientAuth)
	if p.ID == "generic-oidc" || p.ID == "generic-oauth2" {
		list = []string{authBasic, authPost, authNone}
	}
	if p.ID == "facebook" {
		list = append(list, authQuery)
	}
	return list
}

func (p *Provider) knows(id, secret string) bool {
	return id == p.ClientID && subtle.ConstantTimeCompare([]byte(secret), []byte(p.ClientSecret)) == 1
}

// exchange gives tokens for a code.
func (p *Provider) exchange(c *call) reply {
	k := p.codes[c.form.Get("code")]
	if code, why := p.wrongCode(c, k); why != "" {
		if code == "redirect_uri_mismatch" && (p.ID == "github" || p.ID == "kakao") {
			return p.problem(http.StatusBadRequest, code, "redirect URI mismatch").because(why)
		}
		return sampleReply(p.vector.TokenError).because(why)
	}
	k.used = true
	return p.firstAnswer(c, k.grant)
}

// wrongCode says what is wrong with a code and what comes with it.
func (p *Provider) wrongCode(c *call, k *code) (code, why string) {
	if k == nil {
		return "", "the code is unknown"
	}
	if k.used {
		k.grant.dead = true // RFC 6749 section 4.1.2: its tokens end as well
		return "", "the code was used before"
	}
	if k.grant.dead || !p.now().Before(k.ends) {
		return "", "the code is over"
	}
	asked, sent := k.grant.query.Get("redirect_uri"), c.form.Get("redirect_uri")
	if asked != sent && !(p.quirk.redirectOptional && sent == "") {
		return "redirect_uri_mismatch", "redirect_uri is not that of the authorization end point"
	}
	challenge := k.grant.query.Get("code_challenge")
	if !p.hasPKCE() {
		return "", ""
	}
	verifier := c.form.Get("code_verifier")
	if challenge == "" && verifier != "" {
		return "", "a code_verifier without a code_challenge" // RFC 9700 section 2.1.1: a downgrade
	}
	sum := sha256.Sum256([]byte(verifier))
	if challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
		return "", "code_verifier does not fit"
	}
	return "", ""
}

// firstAnswer is the answer to a code.
func (p *Provider) firstAnswer(c *call, g *grant) reply {
	s := p.vector.TokenResponse
	if p.Refresh != NoRefresh {
		for _, name := range []string{"GitHub App, expiring tokens", "token rotation on", "selected partners"} {
			if variant, ok := p.vector.TokenResponseVariants[name]; ok {
				s = variant
			}
		}
	}
	if s.ContentType == formType { // formUnlessJSON makes a form of it
		s = p.vector.TokenResponseVariants["with Accept: application/json"]
	}
	answer := sampleReply(s)
	body, _ := answer.body.(map[string]any)
	if text(body["scope"]) != "" || body["scope"] != nil && p.ID == "twitch" {
		if !p.quirk.ownScope && len(g.scopes) > 0 {
			body["scope"] = join(g.scopes, body["scope"])
		}
	}
	if p.quirk.token != nil {
		p.quirk.token(p, g, body)
	}
	if p.ID == "gitlab" && p.openID(g.scopes) {
		body["id_token"] = idTokenHere
	}
	like, refreshes := body["refresh_token"]
	access := p.newAccess(g, body)
	if refreshes && p.Refresh != NoRefresh {
		p.newRefresh(g, access, body, text(like))
	} else {
		deleteKeys(body, map[string]any{"refresh_token": nil, "refresh_token_expires_in": nil})
	}
	if body["id_token"] != nil {
		body["id_token"] = p.idToken(c, g, access, g.query.Get("nonce"))
	}
	return answer
}

// facebookExchange makes a long-lived token of a live one.
func (p *Provider) facebookExchange(c *call) reply {
	a := p.access[c.form.Get("fb_exchange_token")]
	if !p.lives(a) {
		return sampleReply(p.vector.Refresh.Error).because("the token is dead")
	}
	answer := sampleReply(p.vector.Refresh.Response)
	body, _ := answer.body.(map[string]any)
	p.newAccess(a.grant, body)
	return answer
}

// idToken fills the sample in for this grant and signs it.
func (p *Provider) idToken(c *call, g *grant, access, nonce string) string {
	header := map[string]any{}
	if p.vector.IDToken != nil {
		header = clone(p.vector.IDToken.Header)
	}
	claims := p.claims(g.person)
	if p.quirk.claims != nil {
		p.quirk.claims(g, claims)
	}
	fill(claims, g, p.now())
	p.name(c, claims)
	claims["nonce"] = nonce
	if _, ok := claims["at_hash"]; ok {
		claims["at_hash"] = leftHalf(p.alg(), access)
	}
	if _, echoed := p.sampleClaims()["nonce"]; nonce == "" || !echoed {
		delete(claims, "nonce")
	}
	p.head(header, p.alg())
	if c.fault.claims != nil {
		c.fault.claims(header, claims)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return p.sign(p.alg(), c.fault.key, header, claims)
}
