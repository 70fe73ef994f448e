package main

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

// An accessConfig is the section `access_tokens`: tokens that Signet signs for your APIs.
type accessConfig struct {
	audiences         []string
	issuer, algorithm string
	key               secret
	life, refreshLife time.Duration
	claims            []string
	introspection     secret // what an API shows that asks about a token
}

var accessAlgorithms = []string{"EdDSA", "ES256", "RS256", "HS256"}

func (a *accessConfig) keys() []key {
	return []key{
		{"audiences", words(&a.audiences)},
		{"issuer", text(&a.issuer)},
		{"algorithm", choice(&a.algorithm, accessAlgorithms...)},
		{"key", oneSecret(&a.key)},
		{"life", duration(&a.life)},
		{"refresh_life", duration(&a.refreshLife)},
		{"claims", words(&a.claims)},
		{"introspection_secret", oneSecret(&a.introspection)},
	}
}

func (a *accessConfig) make() signet.AccessConfig {
	c := signet.AccessConfig{
		Audiences: a.audiences, Issuer: a.issuer, Algorithm: a.algorithm,
		Life: a.life, RefreshLife: a.refreshLife, Claims: a.claims,
	}
	if !a.key.none() {
		c.Keys = seal.Ring{{ID: "1", Secret: []byte(a.key.plain())}}
	}
	return c
}

// forDemo lets the demo's API have tokens, which last an hour as in the tutorial.
func (a *accessConfig) forDemo() {
	a.audiences = append(a.audiences, demoAudience)
	for _, name := range []string{"name", "email"} {
		if !slices.Contains(a.claims, name) {
			a.claims = append(a.claims, name)
		}
	}
	if a.life == 0 {
		a.life = time.Hour
	}
}

// secrets are those of the section that somebody may try to guess, also from a token.
func (a *accessConfig) secrets() []secret {
	var list []secret
	for _, s := range []secret{a.key, a.introspection} {
		if !s.none() && !isPEM(s.plain()) {
			list = append(list, s)
		}
	}
	return list
}

// comparable is the section with the print of its secrets in their place.
func (a accessConfig) comparable() accessConfig {
	a.key, a.introspection = a.key.sum(), a.introspection.sum()
	return a
}

// check finds what is missing.
func (a *accessConfig) check(at places) []problem {
	var problems []problem
	if (a.algorithm == "RS256" || a.algorithm == "HS256") && a.key.none() {
		problems = append(problems, problem{at.of("access_tokens.algorithm"), "access_tokens.algorithm: " + a.algorithm + " needs a key of its own",
			"add `key: {file: access.pem}`, or use EdDSA, whose keys are made of `secrets`"})
	}
	if len(a.audiences) == 0 && (a.refreshLife > 0 || !a.introspection.none()) {
		problems = append(problems, problem{at.of("access_tokens"), "access_tokens: names no API", "add `audiences: [posts]`, the name that the API knows itself by"})
	}
	return problems
}

// introspectionAt is the end point below the base path where APIs ask about tokens.
const introspectionAt = "/introspect"

// introspection answers APIs that show the secret as their password (RFC 6749 section 2.3.1).
func (a *accessConfig) introspectionHandler(auth *signet.Auth) http.Handler {
	secret := []byte(a.introspection.plain())
	return auth.Introspection(func(r *http.Request) bool {
		_, shown, ok := r.BasicAuth()
		return ok && subtle.ConstantTimeCompare([]byte(shown), secret) == 1
	})
}
