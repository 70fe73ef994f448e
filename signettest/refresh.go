package signettest

import "strings"

// Rotation is what becomes of a refresh token that is used.
type Rotation string

const (
	// NoRefresh: there are no refresh tokens.
	NoRefresh Rotation = "no_refresh_token"

	// Stays: it goes on working; the answer repeats it or leaves it out, as the sample does.
	Stays Rotation = "none"

	// SingleUse: the answer has a new one, and using the old one again ends the grant with
	// all its tokens.
	SingleUse Rotation = "single_use"

	// NearExpiry: a new one comes in its last thirty days, and the old one then stops
	// working; before that there is none in the answer.
	NearExpiry Rotation = "near_expiry"

	// OldStays: the answer has a new one, and the old one goes on working.
	OldStays Rotation = "replaced_old_stays"

	// MayBeAbsent: it goes on working, and the answer has none.
	MayBeAbsent Rotation = "may_be_absent"
)

// rotationOf reads what the file says. What it calls unknown is to be taken for single use;
// providers whose token answer has no refresh token give none by themselves.
func rotationOf(v vector) Rotation {
	body, _ := v.TokenResponse.Body.(map[string]any)
	said := v.Refresh.Rotation
	switch {
	case body["refresh_token"] == nil:
		return NoRefresh
	case strings.HasPrefix(said, "unknown"):
		return SingleUse
	case said == "may_change":
		return Stays
	}
	return Rotation(said)
}

// renew gives a new access token for a refresh token.
func (p *Provider) renew(c *call) reply {
	name := c.form.Get("refresh_token")
	t := p.refresh[name]
	no := func(why string) reply { return sampleReply(p.vector.Refresh.Error).because(why) }
	switch {
	case t == nil:
		return no("the refresh token is unknown")
	case t.grant.dead:
		return no("the grant is over")
	case !t.ends.IsZero() && !p.now().Before(t.ends):
		return no("the refresh token is over")
	case t.spent && p.now().Before(t.spentAt.Add(p.Grace)):
		return t.answer
	case t.spent && p.Refresh == NearExpiry:
		return no("the refresh token was replaced")
	case t.spent:
		t.grant.dead = true // RFC 9700 section 4.14.2
		p.reuses++
		return no("the refresh token was used before: the grant is over")
	}
	return p.renewed(c, name, t)
}

// renewed is the answer to a good refresh token.
func (p *Provider) renewed(c *call, name string, t *refreshToken) reply {
	s := p.vector.Refresh.Response
	near := p.Refresh == NearExpiry && !t.ends.IsZero() && t.ends.Sub(p.now()) < month
	if near && p.vector.Refresh.ResponseNearExpiry != nil {
		s = *p.vector.Refresh.ResponseNearExpiry
	}
	answer := sampleReply(s)
	body, _ := answer.body.(map[string]any)
	like := strings.TrimRight(text(body["refresh_token"]), "0123456789")
	if like == "" {
		like = "FAKE-refresh-"
	}
	if body["scope"] != nil && text(body["scope"]) != "" && !p.quirk.ownScope && len(t.grant.scopes) > 0 {
		body["scope"] = join(t.grant.scopes, body["scope"])
	}
	access := p.newAccess(t.grant, body)
	switch {
	case p.Refresh == SingleUse, near:
		t.spent, t.spentAt = true, p.now()
		if p.ID == "github" {
			delete(p.access, t.access) // the access token given with it dies too
		}
		p.newRefresh(t.grant, access, body, like)
	case p.Refresh == OldStays:
		p.newRefresh(t.grant, access, body, like)
	case p.Refresh == Stays && body["refresh_token"] != nil:
		body["refresh_token"] = name
	default:
		delete(body, "refresh_token")
	}
	if body["id_token"] != nil {
		body["id_token"] = p.idToken(c, t.grant, access, "")
	}
	if t.spent {
		t.answer = reply{status: answer.status, contentType: answer.contentType, body: clone(body)}
	}
	return answer
}
