package signet

import (
	"strconv"
	"strings"
)

// Tokens of a provider stay with the account, out of the browser's reach. What
// [SessionConfig.Expose] names by provider and word, "backend.access_token", enters the
// session as a claim of that name.

// tokenWords are what can be exposed. A refresh token cannot.
var tokenWords = map[string]func(Tokens) (any, bool){
	"access_token": func(t Tokens) (any, bool) { return t.Access, t.Access != "" },
	"id_token":     func(t Tokens) (any, bool) { return t.ID, t.ID != "" },
	"token_type":   func(t Tokens) (any, bool) { return t.Type, t.Type != "" },
	"scope":        func(t Tokens) (any, bool) { return t.Scope, t.Scope != "" },
	"expires_at":   func(t Tokens) (any, bool) { return t.Expires.Unix(), !t.Expires.IsZero() },
}

// tokenClaim takes "backend.access_token" apart.
func (a *Auth) tokenClaim(claim string) (provider, word string, ok bool) {
	provider, word, ok = strings.Cut(claim, ".")
	if !ok {
		return "", "", false
	}
	_, known := a.provider(provider)
	return provider, word, known
}

// checkExpose refuses what must not reach a browser.
func (a *Auth) checkExpose() error {
	for member, claim := range a.config.Session.Expose {
		_, word, ok := a.tokenClaim(claim)
		if !ok {
			continue
		}
		if _, known := tokenWords[word]; !known {
			return &ConfigError{"Session.Expose", strconv.Quote(member) + ": there is no " + strconv.Quote(claim) + " that a browser may have", "use access_token, id_token, token_type, scope or expires_at"}
		}
	}
	return nil
}

// exposeTokens puts the exposed tokens of a sign-in into the session, and takes out those
// of before that this sign-in did not bring.
func (a *Auth) exposeTokens(s *Session, in *SignIn) {
	for _, claim := range a.config.Session.Expose {
		provider, word, ok := a.tokenClaim(claim)
		if !ok || provider != in.Provider.ID {
			continue
		}
		s.Claims.Delete(claim)
		if in.Identity.Tokens == nil {
			continue
		}
		if v, ok := tokenWords[word](*in.Identity.Tokens); ok {
			// Texts and numbers can always be written.
			_ = s.Claims.Set(claim, v)
		}
	}
}
