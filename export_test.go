package signet

import (
	"context"
	"net/http"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/token"
)

// DerivedKeys are the keys that are made of a secret beside those of cookies, by label.
func DerivedKeys(secret string) map[string]string {
	keys := map[string]string{}
	for _, label := range []string{labelCSRF, labelDevice, labelAdopt, labelAttempts, labelRest} {
		k, err := subkeys(seal.Secrets(secret), label)
		if err != nil {
			panic(err)
		}
		keys[label] = string(k[0])
	}
	return keys
}

// CanonicalOrigin is a window for its fuzz test.
var CanonicalOrigin = canonicalOrigin

// ReturnTo is what an Auth makes of a return target.
func (a *Auth) ReturnTo(own, value string) (string, bool) { return a.returnTo(own, value) }

// ParseKey takes the cookie of a stored session apart.
func ParseKey(value string) (SessionID, [32]byte, bool) { return parseKey(value) }

// WatchClock is what runs in the background; each call is one look.
func (a *Auth) WatchClock() (look func()) { return a.watchClock() }

// Spellings is how many values the cookies of one name may have been cut from.
func Spellings(h http.Header, name string) int {
	jar, err := cookie.Read(h)
	if err != nil {
		return 0
	}
	return len(spellings(jar, name))
}

// LookForErrands is what runs in the background; it returns when all that was due was tried.
func (a *Auth) LookForErrands() { a.outbox.look(context.Background()) }

// AccountRecord opens what is kept of an identity.
func (a *Auth) AccountRecord(account Account) (accountRecord, error) { return a.openAccount(account) }

// SwapGrants puts the grant of one session into another, and tells whether it opens there.
func (a *Auth) SwapGrants(from, to []*http.Cookie) bool {
	open := func(list []*http.Cookie) *Session {
		r := &http.Request{Method: "GET", Host: "localhost", Header: http.Header{}}
		for _, c := range list {
			r.AddCookie(c)
		}
		v, err := a.Visit(r)
		if err != nil || v.Session == nil || v.Session.grant == "" {
			panic("no session with a grant")
		}
		return v.Session
	}
	x, y := open(from), open(to)
	if _, err := a.carriedRecord(x); err != nil {
		panic(err)
	}
	y.grant = x.grant
	_, err := a.carriedRecord(y)
	return err == nil
}

// RemembersGrants tells whether the process knows tokens that came in a session's cookie.
func (a *Auth) RemembersGrants(provider string, id SessionID) bool {
	_, err := a.carriedGrants.Load(context.Background(), grantKey(provider, id.String()))
	return err == nil
}

// GrantPlace is where tokens of accounts are kept.
func (a *Auth) GrantPlace() token.Place { return accountGrants{a} }

// SealTokens makes what an account row keeps.
func (a *Auth) SealTokens(provider, subject string, set Tokens) ([]byte, error) {
	return a.sealRecord(provider, subject, accountRecord{Tokens: &set})
}
