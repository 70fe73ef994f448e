package signet

import (
	"net/http"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
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

// AccountRecord opens what is kept of an identity.
func (a *Auth) AccountRecord(account Account) (accountRecord, error) { return a.openAccount(account) }
