package jwt

import (
	"time"

	"github.com/signet-auth/signet/seal"
)

// A Profile is a kind of token with rules of its own. A token of one profile never passes
// for one of another. The empty profile takes tokens whose typ is "JWT" or missing.
type Profile string

const (
	// IDToken: OpenID Connect Core section 3.1.3.7. iss, aud, sub and iat are required,
	// iat is not in the future, azp is checked, and typ is "JWT" or missing.
	IDToken Profile = "oidc-id-token"

	// AccessToken: RFC 9068. typ is at+jwt; iss, aud, sub, iat, jti and client_id are
	// required.
	AccessToken Profile = "at+jwt"

	// LogoutToken: OpenID Connect Back-Channel Logout section 2.6. typ is logout+jwt;
	// iss, aud, iat, jti, the event, and sub or sid are required; a nonce is refused.
	// That a jti comes once is for the caller to watch.
	LogoutToken Profile = "logout+jwt"

	// UserInfo: a signed answer of a userinfo end point, OpenID Connect Core section 5.3.2.
	// iss, aud and sub are required. It need not have an exp, since it comes straight from
	// the issuer and is used at once.
	UserInfo Profile = "oidc-userinfo"
)

// rules are what a profile asks of every token.
type rules struct {
	typ       string
	bare      bool // typ may be missing
	named     bool // issuer and audience have to be configured
	require   []string
	undated   bool // exp may be missing
	issuedAge time.Duration
}

var profiles = map[Profile]rules{
	"":          {typ: "JWT", bare: true},
	IDToken:     {typ: "JWT", bare: true, named: true, require: []string{"iss", "aud", "sub", "iat"}},
	UserInfo:    {typ: "JWT", bare: true, named: true, undated: true, require: []string{"iss", "aud", "sub"}},
	AccessToken: {typ: "at+jwt", named: true, require: []string{"iss", "aud", "sub", "iat", "jti", "client_id"}},
	LogoutToken: {
		typ: "logout+jwt", named: true, require: []string{"iss", "aud", "iat", "jti", "events", "sub|sid"},
		issuedAge: 2 * time.Minute,
	},
}

// logoutEvent is the member of events that makes a log-out token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// judgeKind tells kinds of tokens apart: by typ, and by the event of a log-out token, which
// older providers sign with typ "JWT".
func (v Verifier) judgeKind(typ string, c *claims) error {
	r := profiles[v.Profile]
	if v.Typ != "" {
		r.typ, r.bare = v.Typ, false
	}
	if typ == "" && !r.bare || typ != "" && !isTyp(typ, r.typ) {
		return unsupported("typ of another kind of token")
	}
	if v.Profile != LogoutToken {
		if c.events != nil && c.events[0] == '{' && hasClaim(c.events, logoutEvent) {
			return unsupported("a log-out token")
		}
		return nil
	}
	var event [1][]byte
	if c.events == nil || seal.Pick(c.events, []string{logoutEvent}, event[:]) != nil || event[0] == nil || event[0][0] != '{' {
		return malformed("events")
	}
	if c.nonce != nil {
		return malformed("a nonce in a log-out token")
	}
	if _, ok := seal.String(c.sid); c.sid != nil && !ok {
		return malformed("sid")
	}
	return nil
}

// judgeSignIn checks what binds a token to one sign-in: nonce, at_hash and auth_time.
func (v Verifier) judgeSignIn(alg *algorithm, c *claims, clock int64) error {
	if v.Nonce != "" {
		if nonce, ok := seal.String(c.nonce); !ok || nonce != v.Nonce {
			return foreign("nonce")
		}
	}
	if v.AccessToken != "" && c.atHash != nil {
		// OpenID Connect Core section 3.1.3.6: the left half of the hash that goes with alg.
		sum := digest(alg, v.AccessToken)
		if hash, ok := seal.String(c.atHash); !ok || hash != b64.EncodeToString(sum[:len(sum)/2]) {
			return foreign("at_hash")
		}
	}
	if v.MaxAge == 0 {
		return nil
	}
	at, ok := seal.Seconds(c.authTime)
	leeway := seconds(v.Leeway)
	switch {
	case !ok:
		return malformed("auth_time") // also where there is none
	case at.After(time.Unix(clock+leeway, 0)):
		return &seal.OpenError{Reason: seal.ErrNotYet, Detail: "signed in in the future"}
	case at.Before(time.Unix(clock-leeway-seconds(v.MaxAge), 0)):
		return &seal.OpenError{Reason: seal.ErrExpired, Detail: "signed in too long ago"}
	}
	return nil
}
