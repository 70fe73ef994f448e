package signettest

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize is the page that a visitor is sent to. What is wrong with client or redirect URI
// is told on a page of the provider's own; everything else goes back to the site. RFC 6749
// section 4.1.2.1.
func (p *Provider) authorize(c *call) reply {
	q := c.form
	if no := p.wrongClient(c); no != nil {
		return *no
	}
	if p.quirk.authorize != nil {
		if no := p.quirk.authorize(p, q); no != nil {
			return *no
		}
	}
	if code, what := p.wrongQuestion(q); code != "" {
		return p.wayBack(c, url.Values{"error": {code}, "error_description": {what}}).because(what)
	}
	if c.fault.deny != "" {
		return p.denied(c, c.fault.deny)
	}
	switch q.Get("fake_consent") {
	case "deny":
		return p.denied(c, p.denial())
	case "":
		if !p.ConsentPage {
			break
		}
		if hasScope(scopes(q.Get("prompt")), "none") {
			return p.wayBack(c, url.Values{"error": {"login_required"}}).because("prompt=none needs somebody signed in")
		}
		return p.consentPage(c)
	}
	g := p.consent(q)
	answer := url.Values{"code": {p.newCode(g)}}
	if p.ID == "apple" && g.first && len(g.scopes) > 0 {
		answer.Set("user", appleUser(g))
	}
	return p.wayBack(c, answer)
}

// denied is the way back without a code.
func (p *Provider) denied(c *call, code string) reply {
	answer := url.Values{"error": {code}}
	if p.ID != "apple" {
		answer.Set("error_description", "User denied access")
	}
	return p.wayBack(c, answer)
}

// denial is the visitor's no.
func (p *Provider) denial() string {
	if p.ID == "apple" {
		return "user_cancelled_authorize"
	}
	return "access_denied"
}

func (p *Provider) wrongClient(c *call) *reply {
	uri := c.form.Get("redirect_uri")
	u, err := url.Parse(uri)
	for _, rule := range []struct {
		ok   bool
		what string
	}{
		{c.r.Method == http.MethodGet || c.r.Method == http.MethodPost, "only GET and POST"},
		{c.repeated() == "", "the parameter " + c.repeated() + " came twice"},
		{c.form.Get("client_id") == p.ClientID, p.koe("KOE101: ") + "unknown client_id"},
		{err == nil && u.IsAbs() && u.Fragment == "", "redirect_uri is not an absolute URL"},
		{len(p.RedirectURIs) == 0 || slices.Contains(p.RedirectURIs, uri), p.koe("KOE006: ") + "redirect_uri is not registered"},
	} {
		if !rule.ok {
			no := errorPage(http.StatusBadRequest, rule.what)
			return &no
		}
	}
	return nil
}

// koe is a number of Kakao's.
func (p *Provider) koe(number string) string {
	if p.ID != "kakao" {
		return ""
	}
	return number
}

// wrongQuestion returns an OAuth error and what it is about; empty when all is well.
func (p *Provider) wrongQuestion(q url.Values) (code, what string) {
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	mode := q.Get("response_mode")
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "response_type is not code"
	case p.vector.Kind == "oidc" && p.ID != "apple" && !hasScope(scopes(q.Get("scope")), "openid"):
		return "invalid_scope", "the scope openid is missing"
	case mode != "" && mode != "query" && (mode != "form_post" || p.vector.Kind != "oidc"):
		return "invalid_request", "unknown response_mode"
	case strings.HasPrefix(p.vector.PKCE, "required") && challenge == "":
		return "invalid_request", "code_challenge is required"
	case challenge == "" || !p.hasPKCE():
		return "", ""
	case method != "S256":
		return "invalid_request", "code_challenge_method is not S256"
	case len(challenge) != 43:
		return "invalid_request", "code_challenge is not that of a SHA-256"
	}
	return "", ""
}

// hasPKCE: a provider that knows nothing of PKCE does not look at a challenge.
func (p *Provider) hasPKCE() bool {
	return strings.HasPrefix(p.vector.PKCE, "required") || strings.HasPrefix(p.vector.PKCE, "S256") && p.ID != "facebook"
}

// wayBack sends the visitor to the site with an answer, in the query or as a form.
func (p *Provider) wayBack(c *call, answer url.Values) reply {
	q := c.form
	if q.Has("state") {
		answer.Set("state", q.Get("state"))
	}
	if p.vector.DiscoveryDocument != nil { // it announces RFC 9207
		answer.Set("iss", p.issuer(c.real))
	}
	if c.fault.params != nil {
		c.fault.params(answer)
	}
	to, _ := url.Parse(q.Get("redirect_uri")) // wrongClient has parsed it
	if q.Get("response_mode") == "form_post" {
		return postingPage(to.String(), answer)
	}
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += answer.Encode()
	return redirectReply(to.String())
}

// postingPage is a form that posts itself, and has a button for those without scripts.
// OAuth 2.0 Form Post Response Mode, appendix A.
func postingPage(action string, values url.Values) reply {
	page := `<!doctype html><title>One moment</title>` + form(action, values, `<noscript><button>Continue</button></noscript>`) +
		`<script>document.forms[0].submit()</script>`
	return textReply(http.StatusOK, "text/html; charset=utf-8", page)
}

// consentPage asks the visitor.
func (p *Provider) consentPage(c *call) reply {
	page := `<!doctype html><title>Sign in</title><h1>` + html.EscapeString(p.ID) + `</h1><p>` +
		html.EscapeString(p.person.Name+" "+p.person.Email) + `</p>` +
		form(c.r.URL.Path, c.form, `<button name="fake_consent" value="allow">Allow</button> <button name="fake_consent" value="deny">Deny</button>`)
	return textReply(http.StatusOK, "text/html; charset=utf-8", page)
}

func form(action string, values url.Values, buttons string) string {
	var b strings.Builder
	b.WriteString(`<form method="post" action="` + html.EscapeString(action) + `">`)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			b.WriteString(`<input type="hidden" name="` + html.EscapeString(name) + `" value="` + html.EscapeString(value) + `">`)
		}
	}
	b.WriteString(buttons + `</form>`)
	return b.String()
}
