package signettest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// kakaoCodes are the numbers Kakao gives its errors; its users know them better than the
// words of OAuth.
var kakaoCodes = map[string]string{
	"invalid_client": "KOE010", "redirect_uri_mismatch": "KOE303", "invalid_grant": "KOE320",
}

func kakaoProblem(status int, code, text string) reply {
	if code == "invalid_token" {
		return jsonReply(http.StatusUnauthorized, map[string]any{"msg": text, "code": -401})
	}
	body := map[string]any{"error": code, "error_description": text}
	if number := kakaoCodes[code]; number != "" {
		body["error_code"] = number
	}
	if code == "redirect_uri_mismatch" {
		body["error"] = "invalid_grant"
	}
	return jsonReply(status, body)
}

// kakaoProfile: with the address its flags are gone.
func kakaoProfile(person Person, body map[string]any) {
	account, ok := body["kakao_account"].(map[string]any)
	if !ok || person.Email != "" || account["has_email"] == nil {
		return
	}
	account["has_email"] = false
	delete(account, "is_email_valid")
	delete(account, "is_email_verified")
}

// kakaoAuthorize shows KOE205 on Kakao's own page, without a way back, for a scope that the
// app does not have.
func kakaoAuthorize(p *Provider, q url.Values) *reply {
	for _, scope := range scopes(q.Get("scope")) {
		has := slices.Contains(p.KakaoScopes, scope)
		if scope == "openid" {
			has = p.OpenIDConnect
		}
		if !has {
			no := errorPage(http.StatusBadRequest, "KOE205: the app does not have the scope "+scope)
			return &no
		}
	}
	return nil
}

// kakaoToken: the answer has an ID token where OpenID Connect is switched on.
func kakaoToken(p *Provider, g *grant, body map[string]any) {
	if p.openID(g.scopes) {
		body["id_token"] = idTokenHere
	}
}

// kakaoBye is logout, which ends the tokens, and unlink, which ends the grant.
func (p *Provider) kakaoBye(unlink bool) func(*call) reply {
	return func(c *call) reply {
		if c.r.Method != http.MethodPost {
			return p.problem(http.StatusMethodNotAllowed, "invalid_request", "only POST")
		}
		a, no := p.bearer(c)
		if no != nil {
			return *no
		}
		a.grant.dead = true
		if unlink {
			p.endPerson(a.grant.person.Subject)
		}
		return jsonReply(http.StatusOK, map[string]any{"id": p.profile(a.grant.person)["id"]})
	}
}

// kakaoTokenInfo tells how long an access token lives.
func (p *Provider) kakaoTokenInfo(c *call) reply {
	a, no := p.bearer(c)
	if no != nil {
		return *no
	}
	left := int(a.ends.Sub(p.now()).Seconds())
	return jsonReply(http.StatusOK, map[string]any{"id": p.profile(a.grant.person)["id"], "expires_in": left, "app_id": 1})
}

func asText(v any) string {
	if s := text(v); s != "" {
		return s
	}
	if n, ok := v.(int); ok {
		return strconv.Itoa(n)
	}
	return ""
}
