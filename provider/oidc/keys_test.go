package oidc_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/provider/oidc"
)

// rotate makes the issuer sign with another key under a name.
func (i *issuer) rotate(kid string, key any, keep bool) {
	i.set(func() {
		keys := []any{jwkOf(kid, key)}
		if keep {
			keys = append(keys, i.keys...)
		}
		i.keys, i.key = keys, key
		if i.header["kid"] = kid; kid == "" {
			delete(i.header, "kid")
		}
	})
}

// S-72: a rotation costs nobody the sign-in: with the new key beside the old one, in place of
// it, under the old name, without names, and with 20 visitors coming back at once.
func TestS72_RotationFailsNobody(t *testing.T) {
	for name, change := range map[string]func(i *issuer){
		"beside the old key":    func(i *issuer) { i.rotate("k2", rsaKey2, true) },
		"in place of it":        func(i *issuer) { i.rotate("k2", rsaKey2, false) },
		"under its name":        func(i *issuer) { i.rotate("k1", rsaKey2, false) },
		"without a name":        func(i *issuer) { i.rotate("", rsaKey2, false) },
		"just before the login": func(i *issuer) { i.set(func() { i.now = i.now.Add(time.Second) }); i.rotate("k2", rsaKey2, false) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			p := oidc.New(i.config())
			if _, err := i.signIn(p); err != nil {
				t.Fatal(err)
			}
			change(i)
			// They begin one after the other, as the fake knows one nonce at a time.
			i.set(func() { i.claims["nonce"] = nil })
			c := i.config()
			c.NoNonce = true
			many := oidc.New(c)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if _, err := i.signIn(many); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			i.set(func() { delete(i.claims, "nonce") })
			if _, err := i.signIn(p); err != nil {
				t.Error(err)
			}
			if n := i.count("/jwks"); n > 4 {
				t.Errorf("%d key sets fetched", n)
			}
		})
	}
}

// S-72: a token that was signed just before its key left the set is still good, for a while.
func TestS72_KeysOverlap(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	if _, err := i.signIn(p); err != nil {
		t.Fatal(err)
	}
	i.rotate("k2", rsaKey2, false)
	if _, err := i.signIn(p); err != nil {
		t.Fatal(err)
	}
	i.set(func() { i.key, i.header["kid"] = rsaKey, "k1" }) // signed before, comes now
	if _, err := i.signIn(p); err != nil {
		t.Errorf("with the key of a moment ago: %v", err)
	}
	i.set(func() { i.now = i.now.Add(10 * time.Minute) })
	if _, err := i.signIn(p); err == nil {
		t.Error("with the key of ten minutes ago")
	}
}

// S-72: names of keys that nobody has cost one fetch in thirty seconds at most.
func TestS72_TenThousandRandomKids(t *testing.T) {
	i := newIssuer(t)
	c := i.config()
	c.NoNonce = true
	p := oidc.New(c)
	if _, err := i.signIn(p); err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for n := range 100 {
		ids = append(ids, fmt.Sprint("random-", n))
	}
	tokens := map[string]string{}
	for _, kid := range ids {
		tokens[kid] = sign(map[string]any{"alg": "RS256", "kid": kid}, map[string]any{"iss": i.URL}, rsaKey2)
	}
	before := i.count("/jwks")
	for round := range 3 {
		var all sync.WaitGroup
		for w := range 20 {
			all.Go(func() {
				for n := range 500 / 3 {
					if err := oidc.VerifyToken(p, i.world(), tokens[ids[(n+w)%100]]); err == nil {
						t.Error("a token of nobody's key is good")
						return
					}
				}
			})
		}
		all.Wait()
		if n := i.count("/jwks") - before; n != round+1 {
			t.Fatalf("%d key sets fetched in %d times 30 s", n, round+1)
		}
		i.set(func() { i.now = i.now.Add(29 * time.Second) })
		if err := oidc.VerifyToken(p, i.world(), tokens["random-1"]); err == nil || i.count("/jwks")-before != round+1 {
			t.Fatalf("after 29 s: %d fetches, %v", i.count("/jwks")-before, err)
		}
		i.set(func() { i.now = i.now.Add(time.Second) })
	}
}

// S-72: key sets are bounded, and those that cannot be used do not replace those that can.
func TestS72_BadKeySetsReplaceNothing(t *testing.T) {
	many := make([]string, 65)
	for n := range many {
		many[n] = `{"kty":"RSA"}`
	}
	for name, body := range map[string]string{
		"too long": `{"keys":[],"x":"` + strings.Repeat("x", 256<<10) + `"}`, "too many": `{"keys":[` + strings.Join(many, ",") + `]}`,
		"none": `{"keys":[]}`, "HTML": "<h1>", "a secret": `{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0","kid":"k1"},{"kty":"RSA"}]}`,
		"empty": "", "a number": "1",
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			p := oidc.New(i.config())
			if _, err := i.signIn(p); err != nil {
				t.Fatal(err)
			}
			i.set(func() {
				i.handle["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
				i.now = i.now.Add(2 * time.Hour)
			})
			if _, err := i.signIn(p); err != nil {
				t.Errorf("with the old keys: %v", err)
			}
			if _, err := i.signIn(oidc.New(i.config())); kindOf(err) != again {
				t.Errorf("without any: %v", err)
			}
			i.set(func() { i.now = i.now.Add(24 * time.Hour) })
			if _, err := i.signIn(p); kindOf(err) != again {
				t.Errorf("with keys of more than a day ago: %v", err)
			}
		})
	}
}

// An HTTP client that panics ends no program and hangs nobody.
func TestClientThatPanics(t *testing.T) {
	i := newIssuer(t)
	a := i.attempt()
	a.World.HTTP = &http.Client{Transport: panics{}}
	if _, err := oidc.New(i.config()).Begin(t.Context(), a); err == nil {
		t.Error("no error")
	}
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug") }
