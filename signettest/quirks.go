package signettest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A quirk is what a provider does in its own way. Places are JSON pointers into the answer
// of the user info end point.
type quirk struct {
	subject, name, email string
	verified             string // empty: no such flag

	// shown and profile have the last word on reading and on writing a person.
	shown   func(*Provider, *Person)
	profile func(Person, map[string]any)

	// clientError names the sample for a wrong client; empty means problem.
	clientError string

	// problem writes an error; nil means as in RFC 6749 section 5.2.
	problem func(status int, code, text string) reply

	// redirectOptional: the token end point does not insist on the redirect URI.
	redirectOptional bool

	// ownScope: the answer's scope stays as in the sample, whatever was asked for.
	ownScope bool

	// refreshLife is how long a refresh token lives where the answer does not say.
	refreshLife time.Duration

	// authorize has further wishes about the request for a code.
	authorize func(*Provider, url.Values) *reply

	// token has the last word on the answer to a code.
	token func(*Provider, *grant, map[string]any)

	// claims has the last word on an ID token's.
	claims func(*grant, map[string]any)

	// api has further wishes about calls with an access token.
	api func(*http.Request) *reply
}

const month = 30 * 24 * time.Hour

// quirks are told apart by the ID. Sources are in spec/providers.md of the project.
var quirks = map[string]quirk{
	"google": {subject: "/sub", name: "/name", email: "/email", verified: "/email_verified", ownScope: true,
		token: googleToken},
	"github": {subject: "/id", name: "/name", verified: "/email_verified",
		redirectOptional: true, problem: githubProblem, shown: githubShown, profile: githubProfile, api: githubAPI},
	"kakao": {subject: "/id", name: "/kakao_account/profile/nickname", email: "/kakao_account/email",
		verified: "/kakao_account/is_email_verified", clientError: "secret missing or wrong", problem: kakaoProblem,
		profile: kakaoProfile, authorize: kakaoAuthorize, token: kakaoToken},
	"naver": {subject: "/response/id", name: "/response/nickname", email: "/response/email",
		clientError: "bad client", problem: inOK, redirectOptional: true, authorize: naverAuthorize},
	"apple": {subject: "/sub", name: "/name", email: "/email", verified: "/email_verified", shown: appleShown,
		clientError: "client secret expired or wrong", authorize: appleAuthorize, claims: appleClaims},
	"discord": {subject: "/id", name: "/global_name", email: "/email", verified: "/verified"},
	"microsoft-entra-id": {subject: "/sub", name: "/name", email: "/email", verified: "/xms_edov", ownScope: true,
		refreshLife: 3 * month, profile: entraProfile, token: entraToken},
	"gitlab": {subject: "/id", name: "/name", email: "/email", verified: "/confirmed_at", shown: gitlabShown,
		profile: gitlabProfile, claims: gitlabClaims},
	"facebook": {subject: "/id", name: "/name", email: "/email", problem: facebookProblem},
	"line":     {subject: "/sub", name: "/name", refreshLife: 3 * month, claims: lineClaims},
	"x":        {subject: "/data/id", name: "/data/name", email: "/data/confirmed_email", token: xToken},
	"linkedin": {subject: "/sub", name: "/name", email: "/email", verified: "/email_verified", ownScope: true},
	"slack":    {subject: "/sub", name: "/name", email: "/email", verified: "/email_verified", problem: slackProblem},
	"twitch": {subject: "/sub", name: "/preferred_username", email: "/email", verified: "/email_verified",
		problem: twitchProblem, claims: twitchClaims},
	"spotify":        {subject: "/id", name: "/display_name", email: "/email", refreshLife: 6 * month},
	"generic-oidc":   {subject: "/sub", name: "/name", email: "/email", verified: "/email_verified"},
	"generic-oauth2": {subject: "/user/uid", name: "/user/display", email: "/user/mail"},
}

// inOK: GitHub and Naver answer errors with the status of a success.
func inOK(_ int, code, text string) reply {
	return jsonReply(http.StatusOK, map[string]any{"error": code, "error_description": text})
}

func facebookProblem(status int, code, text string) reply {
	number := 100
	if code == "invalid_token" {
		number = 190
	}
	return jsonReply(status, map[string]any{"error": map[string]any{"message": text, "type": "OAuthException", "code": number}})
}

func slackProblem(_ int, code, _ string) reply {
	if code == "invalid_token" {
		code = "invalid_auth"
	}
	return jsonReply(http.StatusOK, map[string]any{"ok": false, "error": code})
}

func twitchProblem(status int, _, text string) reply {
	return jsonReply(status, map[string]any{"status": status, "message": text})
}

// googleToken: a refresh token comes only with offline access, at the first consent or when
// the consent page was asked for.
func googleToken(_ *Provider, g *grant, body map[string]any) {
	if g.query.Get("access_type") != "offline" || !g.first && !hasScope(scopes(g.query.Get("prompt")), "consent") {
		delete(body, "refresh_token")
	}
}

func entraProfile(_ Person, body map[string]any) { delete(body, "xms_edov") }

func entraToken(_ *Provider, g *grant, body map[string]any) {
	if !hasScope(g.scopes, "offline_access") {
		delete(body, "refresh_token")
	}
}

// xToken: without offline.access the grant ends with its access token.
func xToken(_ *Provider, g *grant, body map[string]any) {
	if !hasScope(g.scopes, "offline.access") {
		delete(body, "refresh_token")
	}
}

// lineClaims: the address is for those who asked for the scope.
func lineClaims(g *grant, claims map[string]any) {
	if !hasScope(g.scopes, "email") {
		delete(claims, "email")
	}
}

// twitchClaims: what the claims parameter does not name is left out.
func twitchClaims(g *grant, claims map[string]any) {
	keepAsked(g.query.Get("claims"), "id_token", claims)
}

func gitlabShown(_ *Provider, person *Person) {
	if at, ok := person.Profile["confirmed_at"]; ok {
		person.EmailVerified = at != nil
	}
}

// gitlabProfile: the flag is the time of the confirmation.
func gitlabProfile(_ Person, body map[string]any) {
	switch body["confirmed_at"] {
	case true:
		body["confirmed_at"] = "2021-02-03T04:10:00.000Z"
	case false:
		body["confirmed_at"] = nil
	}
}

func gitlabClaims(g *grant, claims map[string]any) {
	claims["name"], claims["email"] = g.person.Name, g.person.Email
	claims["email_verified"] = g.person.EmailVerified
}

// openID tells whether an ID token belongs to the scopes asked for.
func (p *Provider) openID(list []string) bool {
	switch {
	case p.vector.Kind == "oidc":
		return true
	case p.ID == "kakao":
		return p.OpenIDConnect && slices.Contains(list, "openid")
	case p.ID == "gitlab":
		return slices.Contains(list, "openid")
	}
	return false
}

// sampleClaims are those of the sample's ID token; GitLab's are not in the file and are
// those of OpenID Connect Core section 2.
func (p *Provider) sampleClaims() map[string]any {
	if p.vector.IDToken != nil {
		return clone(p.vector.IDToken.Claims)
	}
	if p.ID == "gitlab" {
		return map[string]any{
			"iss": p.vector.Issuer, "aud": "<client_id>", "sub": "770011", "iat": "<iat>", "exp": "<iat+120>",
			"auth_time": "<iat>", "nonce": "<nonce>",
		}
	}
	return map[string]any{}
}
