package signettest

import (
	"net/http"
	"net/url"
	"strings"
)

const githubEmails = "GET /user/emails"

// githubShown: the addresses are at an end point of their own; the one that counts is the
// primary one.
func githubShown(p *Provider, person *Person) {
	list, _ := p.vector.Extra[githubEmails].Body.([]any)
	for _, row := range list {
		if row := row.(map[string]any); row["primary"] == true {
			person.Email, person.EmailVerified = text(row["email"]), row["verified"]
		}
	}
}

// githubProfile: neither flag nor private address are in the profile.
func githubProfile(_ Person, body map[string]any) { delete(body, "email_verified") }

// githubProblem: the API has a message, the token end point answers as if all were well.
func githubProblem(status int, code, text string) reply {
	if code == "invalid_token" {
		return jsonReply(status, map[string]any{"message": "Bad credentials"})
	}
	return inOK(status, code, text)
}

// githubAPI: a call without a User-Agent is refused.
func githubAPI(r *http.Request) *reply {
	if r.UserAgent() != "" {
		return nil
	}
	no := textReply(http.StatusForbidden, "text/plain", "a User-Agent header is required")
	no.why = "no User-Agent"
	return &no
}

// emails lists the addresses; a token without the scope finds no such page.
func (p *Provider) emails(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return *no
	}
	if !hasScope(a.grant.scopes, "user:email", "user") {
		no := sampleReply(p.vector.Extra["GET /user/emails without scope"])
		no.why = "scope user:email was not asked for"
		return no
	}
	person, list := a.grant.person, []any{}
	rows, _ := clone(p.vector.Extra[githubEmails].Body).([]any)
	for _, row := range rows {
		row := row.(map[string]any)
		if row["primary"] == true {
			if person.Email == "" {
				continue
			}
			row["email"] = person.Email
			point(row, "/verified", person.EmailVerified)
		}
		list = append(list, row)
	}
	return jsonReply(http.StatusOK, list)
}

// formUnlessJSON: GitHub's token end point answers a form to those who do not ask for JSON.
func formUnlessJSON(r *http.Request, answer reply) reply {
	body, ok := answer.body.(map[string]any)
	if !ok || strings.Contains(r.Header.Get("Accept"), "json") {
		return answer
	}
	form := url.Values{}
	for k, v := range body {
		form.Set(k, asText(v))
	}
	answer.body, answer.contentType = form.Encode(), formType
	return answer
}

// githubRevoke is DELETE /applications/{client_id}/token, and …/grant for all tokens of the
// user. The client signs in with Basic, the token is in a JSON body.
func (p *Provider) githubRevoke(c *call) reply {
	if c.r.Method != http.MethodDelete {
		return p.problem(http.StatusMethodNotAllowed, "method", "only DELETE")
	}
	if c.r.PathValue("client_id") != p.ClientID || c.entry.Auth != authBasic || !p.knows(c.clientID, c.secret) {
		return jsonReply(http.StatusUnauthorized, map[string]any{"message": "Bad credentials"}).because("the client")
	}
	a := p.access[c.form.Get("access_token")]
	if a == nil || a.grant.dead {
		return jsonReply(http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed"}).because("the token")
	}
	if strings.HasSuffix(c.r.URL.Path, "/grant") {
		p.endPerson(a.grant.person.Subject)
	}
	a.grant.dead = true
	return textReply(http.StatusNoContent, "", "")
}
