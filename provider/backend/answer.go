package backend

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// An answer is what a back end said, taken apart.
type answer struct {
	top    level   // the object, nil if it is none
	users  []level // where the user may be, in order
	keys   []keys  // where tokens may be, in order
	inside level   // the claims of the access token in the answer, nil without
	tokens signet.Tokens
}

// keys is a level that may hold tokens. That of a user has times which are not theirs.
type keys struct {
	level
	user bool
}

// The usual names; their order is part of the contract, and told at [Mapping].
var (
	subjectNames = []string{"id", "_id", "userId", "user_id", "memberId", "uid", "uuid", "pk", "sub"}
	nameNames    = []string{"name", "displayName", "display_name", "nickname", "fullName", "full_name", "username", "userName"}
	emailNames   = []string{"email", "mail", "emailAddress", "email_address"}
	imageNames   = []string{"image", "picture", "avatar", "avatarUrl", "avatar_url", "profileImage", "profile_image"}

	accessNames  = []string{"accessToken", "access_token", "access", "token", "jwt"}
	refreshNames = []string{"refreshToken", "refresh_token", "refresh"}
	idNames      = []string{"idToken", "id_token"}

	expiresNames        = []string{"expiresIn", "expires_in", "accessTokenExpiresIn", "accessTokenExpires", "accessTokenExpiresAt", "expiresAt", "expires_at", "expires", "expiry", "exp"}
	refreshExpiresNames = []string{"refreshTokenExpiresIn", "refresh_token_expires_in", "refreshExpiresIn", "refresh_expires_in", "refreshTokenExpiresAt", "refreshExpiresAt"}
)

// read takes an answer with a good status apart. nobody tells that it is the empty answer of
// a back end without a word for no: null or false (tutorial 1's log-in says null).
func (c *Config) read(r reply, now time.Time) (a answer, nobody bool, err error) {
	body := bytes.TrimSpace(r.body)
	bare := ""
	switch {
	case len(body) == 0:
	case body[0] == '{':
		if a.top = levelOf(body); a.top == nil {
			return a, false, r.fault(errUnreadable)
		}
	case string(body) == "null" || string(body) == "false" || string(body) == `""`:
		return a, true, nil
	default:
		// A token alone, as text or as a JSON string. Express sends a string as text/html,
		// so the type says nothing.
		bare = string(body)
		if body[0] == '"' {
			bare = text(body)
		}
		if bare = withoutScheme(bare); !isToken(bare) || strings.ContainsAny(bare, "<>{}[]") {
			return a, false, r.fault(errUnreadable)
		}
	}
	a.spread()
	c.readTokens(&a, r, bare, now)
	a.inside = claimsOf(a.tokens.Access)
	return a, false, nil
}

// spread finds the levels in which things usually are.
func (a *answer) spread() {
	for _, l := range []level{a.top, a.top.in("data"), a.top.in("result")} {
		if l == nil {
			continue
		}
		user := l.in("user")
		a.users = append(a.users, l)
		a.keys = append(a.keys, keys{level: l})
		for _, name := range []string{"tokens", "token"} {
			if tokens := l.in(name); tokens != nil {
				a.keys = append(a.keys, keys{level: tokens})
			}
		}
		if user != nil {
			a.users = append(a.users, user)
			a.keys = append(a.keys, keys{level: user, user: true})
		}
	}
}

// A found is a token and where it was.
type found struct {
	token string
	near  level
	alone bool // in an object of its own: {"token", "expires"}
}

// readTokens reads what tokens there are.
func (c *Config) readTokens(a *answer, r reply, bare string, now time.Time) {
	access := a.token(c.Map.Access, accessNames)
	refresh := a.token(c.Map.Refresh, refreshNames)
	t := &a.tokens
	t.Access, t.Refresh, t.ID = access.token, refresh.token, a.token(c.Map.ID, idNames).token
	if bare != "" {
		t.Access = bare
	}
	for _, from := range []struct {
		to    *string
		value string
	}{
		{&t.Access, withoutScheme(r.header.Get(c.TokenHeader))},
		{&t.Access, r.cookie(c.TokenCookie)},
		{&t.Refresh, r.cookie(c.RefreshCookie)},
	} {
		if isToken(from.value) {
			*from.to = from.value
		}
	}
	t.Type = word(access.near.first([]string{"token_type", "tokenType"}))
	t.Scope = word(access.near.first([]string{"scope"}))
	if t.Access != "" {
		t.Expires = life(a.end(c.Map.Expires, access, expiresNames, now), ownEnd(t.Access), now)
	}
	if t.Refresh != "" {
		t.RefreshExpires = life(a.end(c.Map.RefreshExpires, refresh, refreshExpiresNames, now), ownEnd(t.Refresh), now)
	}
}

// token finds one.
func (a *answer) token(place string, names []string) found {
	if place != "" {
		names := path(place)
		if token := withoutScheme(text(a.top.at(names))); isToken(token) {
			return found{token: token, near: a.above(names)}
		}
		return found{}
	}
	for _, l := range a.keys {
		for _, name := range names {
			if token := withoutScheme(text(l.level[name])); isToken(token) {
				return found{token: token, near: l.level}
			}
			inner := l.in(name)
			if token := withoutScheme(text(inner["token"])); isToken(token) {
				return found{token: token, near: inner, alone: true}
			}
		}
	}
	return found{}
}

// above is the level that holds a place.
func (a *answer) above(names []string) level {
	if len(names) == 1 {
		return a.top
	}
	return levelOf(a.top.at(names[:len(names)-1]))
}

// end finds when a token ends: near it first.
func (a *answer) end(place string, of found, names []string, now time.Time) time.Time {
	if place != "" {
		return ending(a.top.at(path(place)), now)
	}
	if of.alone {
		return ending(of.near.first(expiresNames), now)
	}
	if end := ending(of.near.first(names), now); !end.IsZero() {
		return end
	}
	for _, l := range a.keys {
		if l.user {
			continue // the end of a membership, say
		}
		if end := ending(l.first(names), now); !end.IsZero() {
			return end
		}
	}
	return time.Time{}
}

// first gives the first of some members that is there.
func (l level) first(names []string) []byte {
	for _, name := range names {
		if raw := l[name]; raw != nil && string(raw) != "null" {
			return raw
		}
	}
	return nil
}

// withoutScheme takes the word Bearer off a token.
func withoutScheme(token string) string {
	const scheme = "bearer "
	token = strings.TrimSpace(token)
	if len(token) > len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
		return strings.TrimSpace(token[len(scheme):])
	}
	return token
}

// word reads a short text of visible ASCII and blanks.
func word(raw []byte) string {
	s := text(raw)
	if len(s) > 1024 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return s
}

// integer reads a whole number, also as text; 0 for anything else.
func integer(raw []byte) int {
	n, err := strconv.ParseUint(idOf(raw), 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
