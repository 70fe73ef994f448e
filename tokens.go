package signet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/signet-auth/signet/token"
)

// What a back end asks for: the provider's token of who is signed in, renewed once however
// many ask.

var (
	// ErrNoTokens: the provider gave this user no tokens, or they were given back.
	ErrNoTokens = errors.New("signet: the provider gave no tokens")

	// ErrInDoubt: a renewal was begun and its answer lost, so that the refresh token may be
	// spent. The session lives on; the user has to sign in with the provider again.
	ErrInDoubt = token.ErrInDoubt

	// ErrTokenExpired: the access token is over, and there is nothing to renew it with.
	ErrTokenExpired = token.ErrExpired
)

// Lost tells whether tokens are gone for good and the user has to sign in with the provider
// again: a later try will not help.
func Lost(err error) bool {
	return errors.Is(err, ErrEnded) || errors.Is(err, ErrInDoubt) || errors.Is(err, ErrTokenExpired) || errors.Is(err, ErrNoTokens)
}

// Token returns the current tokens that a provider ("" for the one signed in with) gave for
// who is signed in, according to [Auth.Middleware]. Ones about to expire are renewed first,
// once for all who ask at the same time. Where tokens live in the session's cookie, call it
// before the answer is begun.
//
// The error is [ErrNotFound] for nobody. [ErrNoTokens], [ErrEnded], [ErrInDoubt] and
// [ErrTokenExpired] want the user to sign in again ([Lost]); any other may pass.
func (a *Auth) Token(ctx context.Context, provider string) (Tokens, error) {
	v := visitFrom(ctx)
	if v == nil || v.a != a {
		return Tokens{}, ErrNotFound
	}
	return v.Token(ctx, provider)
}

// Token is [Auth.Token] for this visit.
func (v *Visit) Token(ctx context.Context, provider string) (Tokens, error) {
	return v.token(ctx, provider, "")
}

// Transport attaches the current token of who is signed in to requests, as
// "Authorization: Bearer"; As chooses another header or a cookie. After a 401 it asks once
// more with a renewed token. Set Origins to the back ends that may see it.
func (a *Auth) Transport(provider string) *token.Transport {
	return &token.Transport{Source: func(ctx context.Context, dead string) (Tokens, error) {
		v := visitFrom(ctx)
		if v == nil || v.a != a {
			return Tokens{}, ErrNotFound
		}
		return v.token(ctx, provider, dead)
	}}
}

// token finds the grant and asks its keeper. dead is an access token that was refused.
func (v *Visit) token(ctx context.Context, provider, dead string) (Tokens, error) {
	s := v.current()
	if s == nil || v.a.revoked.over(s) { // perhaps since the visit began
		return Tokens{}, ErrNotFound
	}
	if provider == "" {
		provider = s.Provider
	}
	g, ok := v.a.granted[provider]
	if !ok {
		return Tokens{}, fmt.Errorf("signet: no provider %q: %w", provider, ErrNoTokens)
	}
	key := grantKey(provider, s.UserID)
	if !v.a.keepsGrants() {
		if provider != s.Provider || s.grant == "" {
			return Tokens{}, ErrNoTokens
		}
		key = grantKey(provider, s.ID.String())
		if err := v.a.seed(ctx, key, s); err != nil {
			return Tokens{}, err
		}
	}
	record, err := g.ask(ctx, key, dead)
	if errors.Is(err, token.ErrNone) {
		err = ErrNoTokens
	}
	if !v.a.keepsGrants() {
		v.carryOn(ctx, key)
	}
	if v.a.revoked.over(s) { // while the provider was asked
		return Tokens{}, ErrNotFound
	}
	if err == nil && len(v.a.config.TokenCookies) > 0 {
		v.show(provider, record.Set)
	}
	return record.Set, err
}

// current is v.Session, for handlers that run in parallel.
func (v *Visit) current() *Session {
	v.grants.Lock()
	defer v.grants.Unlock()
	return v.Session
}

// seed shows the memory what the cookie carries, where that is newer.
func (a *Auth) seed(ctx context.Context, key string, s *Session) error {
	known, err := a.carriedGrants.Load(ctx, key)
	if err == nil && known.Generation >= s.generation() {
		return nil
	}
	record, err := a.carriedRecord(s)
	if err != nil {
		return ErrNoTokens
	}
	a.carriedGrants.Seed(key, record)
	if a.revoked.over(s) {
		a.carriedGrants.Drop(key)
		return ErrNotFound
	}
	return nil
}

// forgetCarried drops what is in memory of a session that is over.
func (a *Auth) forgetCarried(id SessionID) {
	for provider, g := range a.granted {
		key := grantKey(provider, id.String())
		a.carriedGrants.Drop(key)
		g.keeper.Forget(key)
	}
}

// carryOn puts a newer generation into the session, and into the cookie of the answer where
// that was decided already. An answer that is lost does no harm: until its cookie comes
// back, the memory gives the old one the new generation.
func (v *Visit) carryOn(ctx context.Context, key string) {
	v.grants.Lock()
	defer v.grants.Unlock()
	record, err := v.a.carriedGrants.Load(ctx, key)
	if err != nil || v.Session == nil || record.Generation <= v.Session.generation() {
		return
	}
	s := *v.Session
	if err := v.a.carryRecord(&s, record); err != nil {
		v.a.log.Error("tokens cannot be carried on", "error", err)
		return
	}
	s.stale = true
	v.Session = &s
	if v.header != nil {
		// A store that asks for the session would wait for us for ever.
		v.Commit(context.WithValue(ctx, visitKey{}, nil), v.header)
	}
}

// A shownToken waits for the answer's headers.
type shownToken struct {
	provider string
	set      Tokens
}

// show puts a token into its cookie: now where the answer has headers, else with Commit.
func (v *Visit) show(provider string, set Tokens) {
	v.grants.Lock()
	defer v.grants.Unlock()
	if v.header != nil {
		v.showToken(v.header, provider, &set)
		return
	}
	v.shown = &shownToken{provider, set}
}

// showLate shows what has waited for the headers.
func (v *Visit) showLate(h http.Header) {
	if v.shown != nil {
		v.showToken(h, v.shown.provider, &v.shown.set)
	}
}

// A granter renews the tokens of one provider.
type granter struct {
	keeper  token.Keeper
	refresh token.Refresh // nil where the provider cannot
}

func (g *granter) ask(ctx context.Context, key, dead string) (token.Record, error) {
	if dead != "" {
		return g.keeper.Again(ctx, key, dead, g.refresh)
	}
	return g.keeper.Fresh(ctx, key, g.refresh)
}

// setGrants makes the keepers of tokens.
func (a *Auth) setGrants() error {
	var place token.Place = &a.carriedGrants
	if a.keepsGrants() {
		place = accountGrants{a}
	}
	a.granted = map[string]*granter{}
	carries := false
	for _, p := range a.providers {
		if p.info.RefreshAhead < 0 {
			return &ConfigError{"Providers", "the refresh margin of " + p.info.ID + " is negative", "leave it out, or make it shorter than the life of a token"}
		}
		g := &granter{keeper: token.Keeper{Place: place, Now: a.world.Now, Early: p.info.RefreshAhead, Report: a.grantReport(p.info.ID)}}
		if r, ok := p.Provider.(Refresher); ok {
			g.refresh = func(ctx context.Context, old Tokens) (Tokens, error) { return r.Refresh(ctx, a.world, old) }
			carries = carries || !a.keepsGrants()
		}
		a.granted[p.info.ID] = g
	}
	if carries {
		a.log.Info("tokens of providers live in the session's cookie, since there is no store for users and accounts: each is renewed once in this process; several processes need a store")
	}
	return nil
}

// closeGrants waits for renewals that are under way: their answer must not get lost.
func (a *Auth) closeGrants() {
	ctx, cancel := context.WithTimeout(context.Background(), grantPatience)
	defer cancel()
	for id, g := range a.granted {
		if err := g.keeper.Close(ctx); err != nil {
			a.log.Error("a renewal of tokens did not finish", "provider", id, "error", err)
		}
	}
}

// grantPatience is how long Close waits for a provider that is renewing tokens.
const grantPatience = 10 * time.Second

// forgetGrant makes the keeper read an account's tokens anew.
func (a *Auth) forgetGrant(account Account) {
	if g, ok := a.granted[account.Provider]; ok {
		g.keeper.Forget(grantKey(account.Provider, account.UserID))
	}
}

// Hop forwards the session of who is signed in with requests to ourselves: a handler that
// calls another route of the same site does not lose it. origins are further ones that may
// have the cookies, "http://127.0.0.1:3000"; our own always may. What the other route does
// to the session, a renewal or a sign-out, reaches the browser with the answer that is
// being made. base nil means http.DefaultTransport.
// It panics on an origin that is none.
func (a *Auth) Hop(base http.RoundTripper, origins ...string) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	h := &hop{a: a, base: base, to: map[string]bool{}}
	for _, o := range origins {
		canonical, ok := canonicalOrigin(o)
		if !ok {
			panic("signet: Hop wants origins as http://127.0.0.1:3000, not " + strconv.Quote(o))
		}
		h.to[canonical] = true
	}
	return h
}

// grantReport counts and logs what becomes of a provider's tokens, and names nobody.
func (a *Auth) grantReport(provider string) func(token.Event) {
	return func(e token.Event) {
		if e.Kind == token.Served {
			return
		}
		a.stats.renewed(string(e.Kind))
		switch e.Kind {
		case token.Lost:
			a.log.Warn("tokens may be lost: their renewal was not answered; the user has to connect again", "provider", provider)
		case token.GrantEnded:
			a.log.Info("the provider ended a grant", "provider", provider)
		case token.Failed, token.WriteFailed:
			a.log.Warn("tokens not renewed", "provider", provider, "what", string(e.Kind), "error", e.Err)
		}
	}
}
