package signet

import (
	"bytes"
	"context"
	"errors"
	"slices"
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
		a.exposesID = a.exposesID || word == "id_token"
		if _, known := tokenWords[word]; !known {
			return &ConfigError{"Session.Expose", strconv.Quote(member) + ": there is no " + strconv.Quote(claim) + " that a browser may have", "use access_token, id_token, token_type, scope or expires_at"}
		}
	}
	a.exposed = a.exposedProviders()
	return nil
}

// exposeTokens puts the exposed tokens of a provider into the session, and takes out those
// of before that are no more. It tells whether anything has changed.
func (a *Auth) exposeTokens(s *Session, provider string, set *Tokens) (changed bool) {
	for _, claim := range a.config.Session.Expose {
		from, word, ok := a.tokenClaim(claim)
		if !ok || from != provider {
			continue
		}
		before := s.Claims.Raw(claim)
		s.Claims.Delete(claim)
		if set != nil {
			if v, ok := tokenWords[word](*set); ok {
				// Texts and numbers can always be written.
				_ = s.Claims.Set(claim, v)
			}
		}
		changed = changed || !bytes.Equal(before, s.Claims.Raw(claim))
	}
	return changed
}

// exposedProviders are those of which browsers see tokens.
func (a *Auth) exposedProviders() []string {
	var list []string
	for _, claim := range a.config.Session.Expose {
		if provider, _, ok := a.tokenClaim(claim); ok && !slices.Contains(list, provider) {
			list = append(list, provider)
		}
	}
	return list
}

// refreshExposed brings the tokens that the browser sees up to date. It returns false where
// the session is of no use any more to a front end that needs them: the grant that the
// session began with is over. Tokens that cannot be renewed at the moment are left out.
func (v *Visit) refreshExposed(ctx context.Context) bool {
	for _, provider := range v.a.exposed {
		if v.Session == nil {
			return true
		}
		set, err := v.Token(ctx, provider)
		switch {
		case err != nil && isStoreFault(err):
			v.a.log.Error("tokens cannot be read", "provider", provider, "error", err)
			continue
		case err != nil && Lost(err) && !errors.Is(err, ErrNoTokens) && v.Session.Provider == provider:
			return false
		}
		shown := &set
		if err != nil {
			shown = nil
		}
		s := *v.Session
		s.Claims = s.Claims.clone()
		if v.a.exposeTokens(&s, provider, shown) {
			s.stale = true
			v.Session = &s
		}
	}
	return true
}
