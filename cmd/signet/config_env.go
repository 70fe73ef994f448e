package main

import (
	"slices"
	"strings"
)

// complete fills in from the environment what the file left open, with the names of Auth.js
// and of NextAuth v4.
func (c *config) complete(env func(string) string) []problem {
	var problems []problem
	c.secrets = fillIn(c.secrets, env)
	for i := range c.session.accept {
		c.session.accept[i].secrets = fillIn(c.session.accept[i].secrets, env)
	}
	if !c.places.set("secrets") {
		// @auth/core@0.41.3 lib/utils/env.js: the highest number seals, all of them open.
		for _, name := range []string{"AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET"} {
			c.secrets = append(c.secrets, fromEnv(env, name)...)
		}
		if len(c.secrets) == 0 {
			c.secrets = fromEnv(env, "NEXTAUTH_SECRET")
		}
	}
	for _, s := range slices.Concat(c.secrets, c.foreignSecrets()) {
		if name, ok := strings.CutPrefix(s.from, "environment: "); ok && s.text() == "" {
			problems = append(problems, problem{"environment", name + " is not set", "set it to the secret, or change `secrets`"})
		}
	}
	problems = append(problems, c.completeProviders(env)...)
	problems = append(problems, fillSecrets(c.access.named(), "access_tokens", env)...)
	if c.url == "" {
		for _, name := range []string{"AUTH_URL", "NEXTAUTH_URL"} {
			if v := env(name); v != "" {
				c.url, c.places["url"] = v, "environment: "+name
				break
			}
		}
	}
	if v := env("AUTH_TRUST_HOST"); v != "" && c.trustHost == nil {
		c.places["trust_host"] = "environment: AUTH_TRUST_HOST"
		trust := false
		switch strings.ToLower(v) {
		case "1", "true", "yes", "on":
			trust = true
		case "0", "false", "no", "off":
		default:
			problems = append(problems, problem{"environment: AUTH_TRUST_HOST", quoted(v) + " is neither true nor false", "write true or false"})
		}
		c.trustHost = &trust
	}
	return problems
}

func fromEnv(env func(string) string, name string) []secret {
	if v := env(name); v != "" {
		return []secret{newSecret(v, "environment: "+name, "")}
	}
	return nil
}

// fillIn replaces secrets that only name a variable.
func fillIn(list []secret, env func(string) string) []secret {
	for i, s := range list {
		if name, ok := strings.CutPrefix(s.from, "environment: "); ok && s.text() == "" {
			text := env(name)
			list[i].text = func() string { return text }
		}
	}
	return list
}

func (c *config) foreignSecrets() []secret {
	var list []secret
	for _, a := range c.session.accept {
		list = append(list, a.secrets...)
	}
	return list
}

// set tells whether the file says something under key.
func (p places) set(key string) bool {
	_, ok := p[key]
	return ok
}
