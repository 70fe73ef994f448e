package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// envName is the name that Auth.js gives a variable of a provider: AUTH_KAKAO_ID,
// AUTH_MICROSOFT_ENTRA_ID_SECRET (@auth/core@0.41.3 lib/utils/env.js).
func envName(id, word string) string {
	return "AUTH_" + strings.ToUpper(strings.ReplaceAll(id, "-", "_")) + "_" + word
}

// completeProviders fills in from the environment what the entries left open. What is only
// in the environment switches nothing on, as in Auth.js: a provider is listed, or is not
// there.
func (c *config) completeProviders(env func(string) string) []problem {
	var problems []problem
	for i := range c.providers {
		p := &c.providers[i]
		if p.isOAuth() && p.id != "" {
			p.completeClient(env)
		}
		if p.kind == kindEmail && (p.mail.said() || c.mail == nil) {
			p.mail.complete(env)
		}
		problems = append(problems, fillSecrets(p.secrets(), c.keyOfProvider(i), env)...)
	}
	if c.mail != nil {
		c.mail.complete(env)
		problems = append(problems, fillSecrets(c.mail.secrets(), "mail", env)...)
	}
	return problems
}

func (c *config) keyOfProvider(i int) string { return fmt.Sprintf("providers[%d]", i) }

// completeClient takes over what Auth.js looks for.
func (p *providerConfig) completeClient(env func(string) string) {
	fill := func(to *string, word string) {
		if *to == "" {
			*to = env(envName(p.id, word))
		}
	}
	fill(&p.oauth.clientID, "ID")
	if p.kind == kindOIDC || p.takesIssuer() {
		fill(&p.oauth.issuer, "ISSUER")
	}
	if p.kind == "apple" {
		fill(&p.social.teamID, "TEAM_ID")
		fill(&p.social.keyID, "KEY_ID")
	}
	if name := envName(p.id, "SECRET"); p.oauth.clientSecret.text == nil && env(name) != "" {
		p.oauth.clientSecret = newSecret(env(name), "environment: "+name, "")
	}
}

// secrets are all of the provider that may name a variable.
func (p *providerConfig) secrets() []*secret {
	list := []*secret{&p.oauth.clientSecret}
	list = append(list, secretsIn(p.oauth.header)...)
	list = append(list, p.backend.secrets()...)
	return append(list, p.mail.secrets()...)
}

func (m *mailConfig) secrets() []*secret { return []*secret{&m.server, &m.password} }

func secretsIn(fields map[string]*secret) []*secret { return slices.Collect(maps.Values(fields)) }

// fillSecrets puts in the texts of those that only name a variable.
func fillSecrets(list []*secret, at string, env func(string) string) []problem {
	var problems []problem
	for _, s := range list {
		name, ok := strings.CutPrefix(s.from, "environment: ")
		if !ok || s.plain() != "" {
			continue
		}
		text := env(name)
		if text == "" {
			problems = append(problems, problem{"environment", name + " is not set", "set it, or change " + at})
		}
		s.text = func() string { return text }
	}
	return problems
}

// comparable are copies that are equal where the settings are: functions never are.
func comparable(providers []providerConfig) []providerConfig {
	list := slices.Clone(providers)
	for i := range list {
		p := &list[i]
		p.oauth.header, p.backend.header = copied(p.oauth.header), copied(p.backend.header)
		for _, s := range p.secrets() {
			*s = s.sum()
		}
	}
	return list
}

func (m *mailConfig) comparable() *mailConfig {
	if m == nil {
		return nil
	}
	c := *m
	c.server, c.password = c.server.sum(), c.password.sum()
	return &c
}

func copied(fields map[string]*secret) map[string]*secret {
	fields = maps.Clone(fields)
	for name, s := range fields {
		c := *s
		fields[name] = &c
	}
	return fields
}

// sum is a secret by its hash.
func (s secret) sum() secret {
	return secret{id: fmt.Sprintf("%x", sha256.Sum256([]byte(s.plain())))}
}
