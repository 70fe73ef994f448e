package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/signet-auth/signet"
)

// check completes what was left open and finds what does not go together. What one value
// must look like was checked where it was read, and what only package signet knows is told
// by it: see [config.explain].
func (c *config) check() []problem {
	if c.listen == "" {
		c.listen = defaultListen
	}
	var problems []problem
	problems = append(problems, c.checkProviders()...)
	if c.places.set("secrets") && len(c.secrets) == 0 && !strings.HasPrefix(c.places["secrets"], "environment") {
		problems = append(problems, problem{c.places["secrets"], "secrets: the list is empty", "add one, or remove the key: `signet serve` then makes one and keeps it in the data folder"})
	}
	problems = append(problems, c.checkGateway()...)
	problems = append(problems, c.access.check(c.places)...)
	problems = append(problems, c.session.check(c.places)...)
	return append(problems, c.session.checkFormats(c)...)
}

// check finds times that do not go together.
func (s *sessionConfig) check(at places) []problem {
	maxAge, absolute := s.maxAge, s.absolute
	if maxAge == 0 {
		maxAge = signet.DefaultMaxAge
	}
	if absolute == 0 {
		absolute = max(signet.DefaultAbsolute, maxAge)
	}
	var problems []problem
	if absolute < maxAge {
		problems = append(problems, problem{at.of("session.absolute"), "session.absolute is shorter than max_age", "make it as long as any session may last at all"})
	}
	if s.updateAge != nil && *s.updateAge >= maxAge {
		problems = append(problems, problem{at.of("session.update_age"), "session.update_age is not shorter than max_age", "leave it out, or make it a small part of max_age"})
	}
	return problems
}

// reachable tells why visitors could not be served at the address that is listened on.
func (c *config) reachable() []problem {
	if c.onLoopback() || c.url != "" || c.trusting() {
		return nil
	}
	return []problem{{c.places.of("listen"), fmt.Sprintf("others can reach %s, and the public URL is not known", c.listen),
		"set `url: https://app.example.com` (or AUTH_URL), or listen on 127.0.0.1"}}
}

// explain puts the place in the file in front of what package signet says about a
// configuration.
func (c *config) explain(err error) error {
	var bad *signet.ConfigError
	if !errors.As(err, &bad) {
		return err
	}
	key := keyOf(bad.Field)
	for _, other := range []struct{ field, key string }{{"keys", "secrets"}, {"access.keys", "access_tokens.key"}, {"access", "access_tokens"}} {
		if rest, ok := strings.CutPrefix(key, other.field); ok && (rest == "" || strings.ContainsAny(rest[:1], ".[")) {
			key = other.key + rest
			break
		}
	}
	p := problem{c.places.of(key), key + ": " + oneLine(bad.What), bad.Cure}
	if key == "session.cookie" && c.noneOnHTTP() {
		p = c.noneProblem()
	}
	if p.where == "" {
		p.where = c.file
	}
	return &configErrors{[]problem{p}}
}

// oneLine is what several errors say, each once: one mistake in the cookies shows in all of
// them.
func oneLine(text string) string {
	var said []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "cookie: ")
		if line != "" && !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, ", and ")
}

// noneOnHTTP tells whether the session cookie could never reach a browser.
func (c *config) noneOnHTTP() bool {
	return c.session.cookie.sameSite == "none" && !c.trusting() && !strings.HasPrefix(strings.ToLower(c.url), "https:")
}

func (c *config) noneProblem() problem {
	return problem{c.places.of("session.cookie.same_site"), "session.cookie.same_site: browsers take none on https only", "use lax, or https"}
}

// keyOf turns a field of signet.Config into the key of the file: "Session.MaxAge" into
// "session.max_age", "URL" into "url".
func keyOf(field string) string {
	var b strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		if unicode.IsUpper(r) {
			begins := i > 0 && unicode.IsLower(runes[i-1])
			if begins {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
