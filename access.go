package signet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
	"github.com/signet-auth/signet/token"
)

// Signet signs access tokens of its own: short, for one API each, and verified by it with
// the public keys at the base path plus /jwks. The session stays where it is.

// AccessConfig is about the access tokens that Signet signs. With its zero value the program
// can sign some, by [Auth.Mint], and browsers get none.
type AccessConfig struct {
	// Audiences are the APIs for which whoever is signed in may have a token, at the end
	// point "token" below the base path. The first is meant where none is named. Empty: the
	// end point gives none.
	Audiences []string

	// Issuer is the claim iss. Empty means the public origin, or "signet" where that comes
	// from the request.
	Issuer string

	// Algorithm is EdDSA when empty; ES256, RS256 and HS256 are the others.
	Algorithm string

	// Keys sign instead of keys derived from Secrets: private keys in PEM, which RS256
	// needs, or secrets shared with the APIs, which HS256 needs. Newest first.
	Keys seal.Ring

	// Life of a token; zero means ten minutes, and a day is the most.
	Life time.Duration

	// RefreshLife, if positive, gives a refresh token with each access token that a session
	// asks for, up to Limits.RefreshTokensPerHour. It is replaced whenever it is used, and all
	// that came of one asking end together, so long after it: never later than the session,
	// which refreshing does not prolong. Needs Stores.Tickets.
	RefreshLife time.Duration

	// Claims are those of the session that go into a token: "name", "email", "picture",
	// "groups" and members of Session.Claims. Whoever has the token can read them.
	Claims []string
}

// newMint makes what signs access tokens, for one set of keys.
func (a *Auth) newMint(ring, own seal.Ring) (*bearer.Mint, error) {
	c := a.config.Access
	if len(own) > 0 {
		if c.Algorithm == "HS256" && shares(own, ring) {
			return nil, &ConfigError{"Access.Keys", "one of them is among the secrets of cookies: the API could make sessions", "give the API a secret of its own"}
		}
		ring = own
	} else if c.Algorithm == "RS256" || c.Algorithm == "HS256" {
		return nil, &ConfigError{"Access.Keys", "there are none, and " + c.Algorithm + " does not go with the secrets of cookies", "set keys of its own, or use EdDSA"}
	}
	m, err := bearer.NewMint(bearer.MintConfig{
		Ring: once(ring), Algorithm: c.Algorithm, AllowWeakSecret: a.config.AllowWeakSecret,
		Issuer: a.issuer(), Life: c.Life, Now: a.world.Now, Rand: a.world.Rand,
	})
	if err != nil {
		return nil, &ConfigError{"Access", err.Error(), "see the guide about access tokens"}
	}
	return m, nil
}

// shares tells whether two rings have a secret in common.
func shares(a, b seal.Ring) bool {
	return slices.ContainsFunc(a, func(k seal.Key) bool {
		return slices.ContainsFunc(b, func(o seal.Key) bool { return string(o.Secret) == string(k.Secret) })
	})
}

// once leaves out secrets that are listed again: a set of keys names each once.
func once(ring seal.Ring) seal.Ring {
	var out seal.Ring
	for _, k := range ring {
		if !slices.ContainsFunc(out, func(o seal.Key) bool { return string(o.Secret) == string(k.Secret) }) {
			out = append(out, k)
		}
	}
	return out
}

func (a *Auth) issuer() string { return firstOf(a.config.Access.Issuer, a.origin, "signet") }

// checkAccess finds what cannot be.
func (a *Auth) checkAccess() error {
	c := a.config.Access
	switch {
	case slices.Contains(c.Audiences, ""):
		return &ConfigError{"Access.Audiences", "one of them is empty", "name each API, as its own configuration does"}
	case slices.ContainsFunc(c.Claims, bearer.Reserved):
		return &ConfigError{"Access.Claims", "one of them is for the token itself to say, such as sub, exp or nonce", "leave it out; sub is the user in every token"}
	case c.RefreshLife < 0:
		return &ConfigError{"Access.RefreshLife", "is negative", "leave it out where there are to be no refresh tokens"}
	case c.RefreshLife > 0 && a.config.Stores.Tickets == nil:
		return &ConfigError{"Access.RefreshLife", "refresh tokens need a store for one-time values", "set Stores.Tickets"}
	}
	return nil
}

// Mint signs an access token for an API on behalf of who is signed in, according to
// [Auth.Middleware]; [ErrNotFound] for nobody.
func (a *Auth) Mint(ctx context.Context, audience string) (string, error) {
	s, ok := SessionFrom(ctx)
	if !ok {
		return "", ErrNotFound
	}
	signed, _, err := a.mint(s, audience, 0)
	return signed, err
}

// assertionLife is how long an assertion lasts: as long as a request may be on its way.
const assertionLife = time.Minute

// Assert signs who s is for one server, for a minute: what a gateway sends along, so that the
// server need not take its word for it. The server verifies it as it would an access token.
func (a *Auth) Assert(_ context.Context, s *Session, audience string) (string, error) {
	signed, _, err := a.mint(s, audience, assertionLife)
	return signed, err
}

// Internal attaches a fresh access token for an API to requests, on behalf of who is signed
// in: the way to call a service of one's own that has no session. Set Origins to the
// servers that may see it.
func (a *Auth) Internal(audience string) *token.Transport {
	return &token.Transport{Source: func(ctx context.Context, _ string) (Tokens, error) {
		signed, err := a.Mint(ctx, audience)
		return Tokens{Access: signed}, err
	}}
}

// mint signs a token about s. Zero life is the configured one. A token does not outlive the
// session.
func (a *Auth) mint(s *Session, audience string, life time.Duration) (string, time.Time, error) {
	left := s.Expires.Sub(a.world.Now())
	if life == 0 {
		life = a.accessLife()
	}
	life = max(min(life, left), time.Second)
	claims, err := a.accessClaims(s)
	if err != nil {
		return "", time.Time{}, err
	}
	return a.keys.Load().mint.Sign(bearer.Token{Subject: s.UserID, Audience: []string{audience}, Claims: claims, Life: life})
}

func (a *Auth) accessLife() time.Duration {
	if a.config.Access.Life > 0 {
		return a.config.Access.Life
	}
	return bearer.DefaultLife
}

// accessClaims picks what of a session goes into its tokens.
func (a *Auth) accessClaims(s *Session) ([]byte, error) {
	var c Claims
	for _, name := range a.config.Access.Claims {
		if name == "groups" && len(s.Groups) == 0 {
			continue
		}
		if raw := s.claim(name); raw != nil && string(raw) != `""` {
			c.put(name, raw)
		}
	}
	c.put("sid", appendText(nil, s.ID.String()))
	return c.append(nil), nil
}

// ownToken is a token for the first API, as tutorial 1 shows it to its front end; "" where
// there is none.
func (v *Visit) ownToken() string {
	list := v.a.config.Access.Audiences
	if len(list) == 0 || v.Session == nil {
		return ""
	}
	signed, _, err := v.a.mint(v.Session, list[0], 0)
	if err != nil {
		v.a.log.Error("access token not signed", "error", err)
	}
	return signed
}

// RequireToken is a guard for an API of this program: it lets requests pass that show an
// access token of ours for that audience, and gives their claims to [bearer.From]. More of
// the guard can be set before it is used.
func (a *Auth) RequireToken(audience string) *bearer.Guard {
	return &bearer.Guard{Keys: ownKeys{a}, Issuer: a.issuer(), Audience: audience, Now: a.world.Now}
}

// ownKeys are the keys of the mint of the moment, so that a guard outlives a rotation.
type ownKeys struct{ a *Auth }

var _ bearer.Keys = ownKeys{}

func (k ownKeys) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	return k.a.keys.Load().mint.Lookup(ctx, kid)
}

// getJWKS answers the public keys of access tokens.
func (x *exchange) getJWKS(string) {
	h := x.w.Header()
	// The same for everybody: caches may keep it, so it holds nobody's session. What a
	// middleware around us has renewed, the next answer renews again.
	for _, name := range []string{"Cache-Control", "Pragma", "Expires", "Vary", "Set-Cookie"} {
		h.Del(name)
	}
	x.keys.mint.JWKS().ServeHTTP(x.w, x.r)
}

// postToken gives whoever is signed in an access token, or takes a refresh token for the
// next (RFC 6749 section 6). Other grants are not ours.
func (x *exchange) postToken(string) {
	switch grant := x.fields.Get("grant_type"); {
	case grant == "refresh_token" && x.a.config.Access.RefreshLife > 0:
		x.refreshAccess()
	case grant == "":
		x.giveAccess()
	default:
		x.oauthError(http.StatusBadRequest, "unsupported_grant_type")
	}
}

// audience is the API that a token is asked for.
func (x *exchange) audience() (string, bool) {
	list := x.a.config.Access.Audiences
	asked := x.fields.Get("audience")
	if asked == "" && x.fields.Has("audience") {
		var raw [1][]byte
		if seal.Pick(x.body, []string{"audience"}, raw[:]); string(raw[0]) != "null" && string(raw[0]) != `""` {
			return "", false // a list, say: not the name of one API
		}
	}
	if asked == "" && len(list) > 0 {
		return list[0], true
	}
	return asked, slices.Contains(list, asked)
}

// giveAccess answers whoever is signed in. That their own page asks is shown by a JSON body,
// which no form of another site can send.
func (x *exchange) giveAccess() {
	audience, ok := x.audience()
	switch {
	case x.Visit.fault != nil:
		x.fault(x.Visit.fault)
	case x.a.revoked.blind(x.now):
		x.fault(errBlind)
	case x.body == nil:
		x.oauthError(http.StatusForbidden, "invalid_request")
	case x.Session == nil:
		x.oauthError(http.StatusUnauthorized, "invalid_client")
	case !ok:
		x.oauthError(http.StatusBadRequest, "invalid_target") // RFC 8707 section 2
	default:
		x.Commit(x.context(), x.w.Header())
		if x.Session == nil { // ended while we looked
			x.oauthError(http.StatusUnauthorized, "invalid_client")
			return
		}
		refresh, err := x.a.newFamily(x.context(), x.Session, audience, x.now)
		if err != nil && !isThrottled(err) { // a browser, which asks again and again, needs none
			x.fault(err)
			return
		}
		x.grantAccess(x.Session, audience, refresh)
	}
}

// noAccess answers that no token can be given now.
func (x *exchange) noAccess(err error) {
	var no *Refused
	if !errors.As(err, &no) {
		x.fault(err)
		return
	}
	x.w.Header().Set("Retry-After", strconv.Itoa(int(no.RetryAfter.Seconds())+1))
	x.oauthError(http.StatusTooManyRequests, "temporarily_unavailable")
}

// grantAccess answers with a token (RFC 6749 section 5.1).
func (x *exchange) grantAccess(s *Session, audience, refresh string) {
	signed, expires, err := x.a.mint(s, audience, 0)
	if err != nil {
		x.fault(fmt.Errorf("signet: access token: %w", err))
		return
	}
	var c Claims
	c.put("access_token", appendText(nil, signed))
	c.put("token_type", appendText(nil, "Bearer"))
	_ = c.Set("expires_in", int(expires.Sub(x.now)/time.Second))
	if refresh != "" {
		c.put("refresh_token", appendText(nil, refresh))
	}
	noStore(x.w.Header())
	x.json(http.StatusOK, c.append(nil))
}

// oauthError answers as RFC 6749 section 5.2 has it.
func (x *exchange) oauthError(status int, code string) {
	noStore(x.w.Header())
	x.json(status, []byte(`{"error":"`+code+`"}`))
}

// refreshAccess takes a refresh token of ours for a new pair.
func (x *exchange) refreshAccess() {
	s, audience, next, err := x.a.spendRefresh(x.context(), x.fields.Get("refresh_token"), x.now)
	switch {
	case errors.Is(err, errNoGrant):
		x.oauthError(http.StatusBadRequest, "invalid_grant")
	case err != nil:
		x.noAccess(err)
	default:
		x.grantAccess(s, audience, next)
	}
}
