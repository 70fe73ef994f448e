package backend

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
)

const (
	maxSubject = 255     // bytes, as in OpenID Connect Core section 2
	maxName    = 256     // bytes; it will be part of a cookie
	maxImage   = 2 << 10 // bytes
	maxGroups  = 64
	maxGroup   = 128 // bytes
)

// answered makes an identity, or a refusal, of the answer to a sign-in.
func (p *Provider) answered(r reply, q question, now time.Time) (signet.Identity, error) {
	c := &p.config
	if err := c.verdict(r, q, now); err != nil {
		return signet.Identity{}, err
	}
	a, nobody, err := c.read(r, now)
	if err != nil {
		return signet.Identity{}, err
	}
	if nobody || a.saysNo() {
		return signet.Identity{}, c.no(r, a, q)
	}
	if q.token != "" && a.tokens.Access == q.token {
		a.inside = nil // an echo: whoever wrote the token could be the visitor
	}
	id := c.identity(&a, q)
	if id.Subject == "" {
		return signet.Identity{}, c.without(r, a, q, now)
	}
	if a.tokens.Access == "" && q.token != "" {
		a.tokens.Access = q.token
		a.tokens.Expires = earlier(a.tokens.Expires, ownEnd(q.token))
	}
	if !a.tokens.IsZero() {
		id.Tokens = &a.tokens
	}
	return id, nil
}

// identity reads who the user is. Without a subject nothing else is read.
func (c *Config) identity(a *answer, q question) signet.Identity {
	subject, home := c.subject(a)
	if subject == "" {
		return signet.Identity{}
	}
	secrets := append([]string{a.tokens.Access, a.tokens.Refresh, a.tokens.ID}, q.secrets...)
	levels := append([]level{home}, a.users...)
	levels = append(levels, a.inside)
	find := func(place string, names []string) string {
		if place != "" {
			return text(a.look(place))
		}
		for _, l := range levels {
			if s := text(l.first(names)); s != "" {
				return s
			}
		}
		return ""
	}
	id := signet.Identity{
		Subject: subject,
		Name:    clip(find(c.Map.Name, nameNames)),
		Image:   image(find(c.Map.Image, imageNames)),
		Profile: json.RawMessage(scrub(nil, home.object(), secrets)),
	}
	if email, err := signet.ParseEmail(find(c.Map.Email, emailNames)); err == nil {
		id.Email = email
		id.EmailVerified = c.EmailVerified || c.Map.EmailVerified != "" && string(a.look(c.Map.EmailVerified)) == "true"
	}
	if !c.ForeignIDs {
		id.UserID = subject
	}
	if c.Exchange == nil {
		id.Methods = []string{"pwd"}
	}
	id.Claims, id.Groups = c.claims(a, secrets), c.groups(a, secrets)
	return id
}

// subject finds the user's ID, and the level that it is in.
func (c *Config) subject(a *answer) (string, level) {
	if c.Map.Subject != "" {
		names := path(c.Map.Subject)
		for _, root := range []*answer{a, {top: a.inside}} {
			if id := subjectOf(root.top.at(names)); id != "" {
				return id, root.above(names)
			}
		}
		return "", nil
	}
	for _, l := range append(a.users[:len(a.users):len(a.users)], a.inside) {
		for _, name := range subjectNames {
			if id := subjectOf(l[name]); id != "" {
				return id, l
			}
		}
	}
	return "", nil
}

// subjectOf reads an ID that can be kept.
func subjectOf(raw []byte) string {
	id := idOf(raw)
	if len(id) > maxSubject || strings.TrimSpace(id) != id || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return ""
	}
	return id
}

// look gives what is at a place of the mapping.
func (a *answer) look(place string) []byte {
	names := path(place)
	if value := a.top.at(names); value != nil {
		return value
	}
	return a.inside.at(names)
}

// claims are the members that the configuration lets into the session.
func (c *Config) claims(a *answer, secrets []string) signet.Claims {
	var claims signet.Claims
	for name, place := range c.Claims {
		value := a.look(place)
		if value == nil || holdsSecret(value, secrets) {
			continue
		}
		// It is JSON, so it can be written.
		_ = claims.Set(name, json.RawMessage(scrub(nil, value, secrets)))
	}
	return claims
}

// groups reads those of the user: texts, or objects with a name (Spring's authorities).
func (c *Config) groups(a *answer, secrets []string) []string {
	if c.Map.Groups == "" {
		return nil
	}
	raw := a.look(c.Map.Groups)
	given := strings.FieldsFunc(text(raw), func(r rune) bool { return r == ',' || r == ' ' })
	for _, value := range elements(raw) {
		if value[0] == '{' {
			value = levelOf(value).first([]string{"name", "authority"})
		}
		given = append(given, text(value))
	}
	var groups []string
	for _, g := range given {
		if g != "" && len(g) <= maxGroup && len(groups) < maxGroups && !strings.ContainsFunc(g, unicode.IsControl) && !holds(g, secrets) {
			groups = append(groups, g)
		}
	}
	return groups
}

// image lets https through, as browsers will fetch it.
func image(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > maxImage {
		return ""
	}
	return address
}

// clip makes a name fit for a session.
func clip(name string) string {
	name = strings.TrimSpace(name)
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}
