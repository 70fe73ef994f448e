package signettest

import (
	"net/http"
	"net/url"
)

// naverAuthorize: Naver's page lists state as required.
func naverAuthorize(_ *Provider, q url.Values) *reply {
	if q.Get("state") != "" {
		return nil
	}
	no := errorPage(http.StatusBadRequest, "state is missing")
	return &no
}

// naverDelete is grant_type=delete at the token end point: it needs an access token that is
// still alive.
func (p *Provider) naverDelete(c *call) reply {
	token := c.form.Get("access_token")
	a := p.access[token]
	if !p.lives(a) || c.form.Get("service_provider") != "NAVER" {
		return p.problem(http.StatusOK, "invalid_request", "no live access token, or no service_provider").because("the token is dead")
	}
	p.endPerson(a.grant.person.Subject)
	return jsonReply(http.StatusOK, map[string]any{"access_token": token, "result": "success"})
}
