package main

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"time"

	"github.com/signet-auth/signet"
)

// An accessConfig is the section `access_tokens`: tokens that Signet signs for your APIs.
type accessConfig struct {
	audiences         []string
	issuer, algorithm string
	ring              []secret // of the key `key`: sign, newest first
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
		{"key", oneOrMore(&a.ring)},
		{"life", duration(&a.life)},
		{"refresh_life", duration(&a.refreshLife)},
		{"claims", words(&a.claims)},
		{"introspection_secret", oneSecret(&a.introspection)},
	}
}

func (a *accessConfig) make() signet.AccessConfig {
	return signet.AccessConfig{
		Audiences: a.audiences, Issuer: a.issuer, Algorithm: a.algorithm, Keys: ringFrom(a.ring),
		Life: a.life, RefreshLife: a.refreshLife, Claims: a.claims,
	}
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
	for _, s := range append(slices.Clone(a.ring), a.introspection) {
		if !s.none() && !isPEM(s.plain()) {
			list = append(list, s)
		}
	}
	return list
}

// named are those that may name a variable.
func (a *accessConfig) named() []*secret {
	list := []*secret{&a.introspection}
	for i := range a.ring {
		list = append(list, &a.ring[i])
	}
	return list
}

// comparable is the section with the print of its secret in its place. Of the keys, which are
// taken over while serving, only whether there are any.
func (a accessConfig) comparable() accessConfig {
	a.introspection = a.introspection.sum()
	a.ring = make([]secret, min(len(a.ring), 1))
	return a
}

// check finds what is missing.
func (a *accessConfig) check(at places) []problem {
	var problems []problem
	if (a.algorithm == "RS256" || a.algorithm == "HS256") && len(a.ring) == 0 {
		problems = append(problems, problem{at.of("access_tokens.algorithm"), "access_tokens.algorithm: " + a.algorithm + " needs a key of its own",
			"add `key: {file: access.pem}`, or use EdDSA, whose keys are made of `secrets`"})
	}
	for _, s := range a.ring {
		if line, err := readSecretLine(s.plain()); a.algorithm == "HS256" && err == nil && line.text() != s.plain() {
			problems = append(problems, problem{s.from, "access_tokens.key: is a line of a file of `secrets`, with an id or a date in front", "write the secret alone, one that only the APIs have"})
		}
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
