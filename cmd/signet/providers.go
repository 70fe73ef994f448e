package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet"
)

// A providerConfig is one entry of `providers`. Its kind says which of the parts below the
// first lines it has.
type providerConfig struct {
	kind, id, name string
	signUp         bool

	oauth   oauthConfig
	social  socialConfig
	backend backendConfig
	mail    mailConfig

	// End points for scripts, beside the base path (ruling 22).
	loginPath, logoutPath string
	loginStatus           int

	refreshAhead time.Duration // 0 is what package signet thinks good

	browserCookie browserCookie
}

// A browserCookie shows the token of a back end to servers beside Signet, as tutorial 2 has
// it; without a name there is none.
type browserCookie struct {
	name   string
	maxAge time.Duration
}

func (b *browserCookie) keys() []key {
	return []key{{"name", text(&b.name)}, {"max_age", duration(&b.maxAge)}}
}

// tokenCookies are those of all providers.
func (c *config) tokenCookies() []signet.TokenCookie {
	var list []signet.TokenCookie
	for _, p := range c.providers {
		if p.browserCookie.name != "" {
			list = append(list, signet.TokenCookie{Provider: p.id, Name: p.browserCookie.name, MaxAge: p.browserCookie.maxAge})
		}
	}
	return list
}

// Types of providers that are not those of one company.
const (
	kindCredentials = "credentials"
	kindBackend     = "backend"
	kindEmail       = "email"
	kindOIDC        = "oidc"
	kindOAuth2      = "oauth2"
)

// kinds are all types of providers.
func kinds() []string {
	return append([]string{kindCredentials, kindBackend, kindEmail, kindOIDC, kindOAuth2}, socialKinds()...)
}

// laterProviders are in the plan. Who writes them is told that they are not there yet,
// rather than that there is no such thing.
var laterProviders = []string{"passkey", "totp"}

// isOAuth tells whether the provider sends visitors to another site.
func (p *providerConfig) isOAuth() bool {
	return p.kind == kindOIDC || p.kind == kindOAuth2 || p.isSocial()
}

func (p *providerConfig) isSocial() bool { return slices.Contains(socialKinds(), p.kind) }

func (c *config) takeProviders(r *reader, n node) {
	c.chosen = true
	sequence(func(r *reader, n node) {
		if p, ok := takeProvider(r, n); ok {
			c.providers = append(c.providers, p)
		}
	})(r, n)
}

// takeProvider takes one entry. ok is false where its type is not clear: what its keys mean
// is then not clear either.
func takeProvider(r *reader, n node) (p providerConfig, ok bool) {
	entries := r.entries(n)
	if entries == nil {
		return p, false
	}
	var kind *ast.MappingValueNode
	for _, e := range entries {
		if name, _ := keyName(e.Key); name == "type" {
			kind = e
			break
		}
	}
	if kind == nil {
		r.wrong(n, "has no type", "add `type: credentials`, or another")
		return p, false
	}
	takeKind(&p.kind)(r, node{kind.Value, n.key + ".type"})
	if p.kind == "" {
		return p, false
	}
	sectionBut(p.keys(), keysOfOthers(&p))(r, n)
	if p.id == "" && p.kind != kindOIDC && p.kind != kindOAuth2 {
		p.id = p.kind
	}
	return p, true
}

// takeKind takes the type of a provider.
func takeKind(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		if word, ok := n.Node.(*ast.StringNode); ok && slices.Contains(laterProviders, word.Value) {
			r.wrong(n, quoted(word.Value)+" is not in this version yet", "remove the entry until then")
			return
		}
		choice(to, kinds()...)(r, n)
	}
}

// keysOfOthers are settings of other types: who writes one here is told where it belongs.
func keysOfOthers(p *providerConfig) []key {
	mine := p.keys()
	var list []key
	for _, kind := range kinds() {
		for _, k := range (&providerConfig{kind: kind}).keys() {
			if find(mine, k.name) != nil || find(list, k.name) != nil {
				continue
			}
			cure := "remove it; it is for type: " + kind
			list = append(list, key{k.name, func(r *reader, n node) {
				r.wrong(n, "is no setting of type: "+p.kind, cure)
			}})
		}
	}
	return list
}

// checkProviders finds what does not go together in `providers` and `mail`.
func (c *config) checkProviders() []problem {
	var problems []problem
	say := func(at string, what, cure string, args ...any) {
		problems = append(problems, problem{c.places.of(at), fmt.Sprintf(what, args...), cure})
	}
	seen, paths := map[string]bool{}, map[string]string{}
	for i, p := range c.providers {
		at := fmt.Sprintf("providers[%d]", i)
		if seen[p.id] && p.id != "" {
			say(at, "a second provider with the id %q", "give it an `id` of its own", p.id)
		}
		seen[p.id] = true
		for _, end := range []struct{ key, path string }{{"login_path", p.loginPath}, {"logout_path", p.logoutPath}} {
			switch before, base := paths[end.path], c.base(); {
			case end.path == "":
			case end.path == base || strings.HasPrefix(end.path, base+"/"):
				say(at+"."+end.key, "%s.%s: %s is below %s, where everything is spoken for", "choose a path beside it, as /api/login", at, end.key, end.path, base)
			case before != "" && (before != "logout_path" || end.key != "logout_path"):
				say(at+"."+end.key, "%s.%s: %s is there twice", "give each a path of its own", at, end.key, end.path)
			default:
				paths[end.path] = end.key
			}
		}
		problems = append(problems, c.checkProvider(at, p)...)
	}
	return append(problems, c.checkMail()...)
}

// checkProvider finds what is missing in one entry.
func (c *config) checkProvider(at string, p providerConfig) []problem {
	switch {
	case p.kind == kindBackend:
		return p.checkBackend(c.places, at)
	case p.kind == kindEmail:
		return c.checkEmail(at, p)
	case p.isSocial():
		return p.checkSocial(c.places, at)
	case p.isOAuth():
		return p.oauth.check(c.places, at, p)
	}
	return nil
}

// keys are the settings of the provider's type.
func (p *providerConfig) keys() []key {
	keys := []key{{"type", takeKind(&p.kind)}, {"id", text(&p.id)}, {"name", text(&p.name)}}
	switch {
	case p.kind == kindCredentials:
		return append(append(keys, key{"sign_up", flag(&p.signUp)}), p.scriptKeys()...)
	case p.kind == kindBackend:
		keys = append(keys, key{"refresh_ahead", duration(&p.refreshAhead)}, key{"browser_cookie", section(p.browserCookie.keys())})
		return append(append(keys, p.backend.keys()...), p.scriptKeys()...)
	case p.kind == kindEmail:
		return append(append(keys, key{"sign_up", flag(&p.signUp)}), p.mail.keys()...)
	}
	keys = append(keys, key{"refresh_ahead", duration(&p.refreshAhead)})
	switch {
	case p.kind == kindOIDC:
		return append(keys, p.oauth.oidcKeys()...)
	case p.kind == kindOAuth2:
		return append(keys, p.oauth.oauth2Keys()...)
	case p.isSocial():
		return append(keys, p.socialKeys()...)
	}
	return keys
}

// scriptKeys are the end points for scripts.
func (p *providerConfig) scriptKeys() []key {
	return []key{
		{"login_path", exactPath(&p.loginPath)},
		{"login_status", status(&p.loginStatus)},
		{"logout_path", exactPath(&p.logoutPath)},
	}
}

// allProviderKeys are those of all types.
func allProviderKeys() []key {
	var list []key
	for _, kind := range kinds() {
		list = append(list, (&providerConfig{kind: kind}).keys()...)
	}
	return list
}

// exactPath takes a path that is compared as it is.
func exactPath(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if page(&s)(r, n); strings.ContainsAny(s, "?%") {
			r.wrong(n, quoted(s)+" is more than a path", "write it as /api/login")
			return
		}
		*to = s
	}
}
