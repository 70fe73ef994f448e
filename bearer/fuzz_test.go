package bearer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

// Whatever a request shows, the answer is 200, 400, 401 or 403, and 200 only for the tokens
// that were signed.
func FuzzGuard(f *testing.F) {
	// The workers are processes of their own, and must know what the others call good.
	m := newMint(f, func(c *bearer.MintConfig) { c.Algorithm, c.Rand = "HS256", bytes.NewReader(make([]byte, 16)) })
	good := sign(f, m, usual)
	plain := sign(f, newMint(f, func(c *bearer.MintConfig) { c.Algorithm, c.Plain = "HS256", true }), usual)
	for _, authorization := range []string{
		"", "Bearer", "Bearer ", "Bearer " + good, "bearer  " + good, good, plain, "Basic dTpw", "Bearer " + good + "," + good, "Bearer %", "\x00", "Bearer \xff",
	} {
		for _, cookie := range []string{"", "accessToken=" + good, "accessToken=" + plain + "; accessToken=x", "accessToken=\""} {
			f.Add(authorization, cookie, "", uint8(0xff))
		}
	}
	f.Add("", "", "access_token="+good, uint8(0))
	f.Add("Bearer "+good, "", "%61ccess_token=%", uint8(1))
	f.Fuzz(func(t *testing.T, authorization, cookie, query string, options uint8) {
		g := guard(m)
		g.AllowBare, g.Plain = options&1 != 0, options&2 != 0
		if options&4 != 0 {
			g.Cookie = "accessToken"
		}
		if options&8 != 0 {
			g.Cache = 4
		}
		if options&16 != 0 {
			g.Refuse = bearer.NoAuthorization
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("Cookie", cookie)
		r.URL.RawQuery = query
		w := ask(g.Require(subject), r)
		switch w.Code {
		case 400, 401, 403:
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s", w.Body)
			}
		case 200:
			if w.Body.String() != "7" || !strings.Contains(authorization+cookie, good) && !strings.Contains(authorization+cookie, plain) {
				t.Errorf("let in: %s", w.Body)
			}
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// Whatever the claims of a genuine token are, they are read or refused; and what Sign takes
// passes a guard.
func FuzzClaims(f *testing.F) {
	for _, claims := range []string{
		`{}`, `{"scope":"a b","id":7}`, `{"scp":["a"]}`, `{"scope":[7]}`, `{"signet":{}}`, `{"nonce":1}`, `{"id":1e5}`, `{"id":-0}`, `{"a":{"b":[1,"\ud834\udd1e"]}}`, `{"active":1,"token_type":[]}`,
	} {
		f.Add([]byte(claims), "7")
	}
	m := newMint(f, func(c *bearer.MintConfig) { c.Algorithm, c.Plain = "HS256", true })
	f.Fuzz(func(t *testing.T, claims []byte, subject string) {
		token, _, err := m.Sign(bearer.Token{Subject: subject, Audience: []string{audience}, Claims: claims})
		if err != nil {
			return
		}
		for _, name := range []string{"", "id"} {
			g := guard(m)
			g.Plain, g.Subject, g.Now = true, name, func() time.Time { return now }
			c, err := g.Verify(t.Context(), token)
			if err != nil {
				var open *seal.OpenError
				if !errors.As(err, &open) {
					t.Errorf("%v", err)
				}
				continue
			}
			if name == "" && c.Subject != subject && !strings.Contains(string(claims), "sub") {
				t.Errorf("subject %q, want %q", c.Subject, subject)
			}
			if !json.Valid(c.JSON) {
				t.Errorf("%s", c.JSON)
			}
		}
	})
}

// A key set of a stranger is read or refused.
func FuzzRemoteKeys(f *testing.F) {
	for algorithm := range algorithms {
		f.Add(ask(mintOf(f, algorithm).JWKS(), request()).Body.String())
	}
	f.Add(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)
	f.Add(`{"keys":7}`)
	p := newPlace(f)
	token := sign(f, newMint(f, func(c *bearer.MintConfig) { c.Ring = seal.Secrets(another) }), usual)
	f.Fuzz(func(t *testing.T, set string) {
		p.serve(set)
		g := guard(bearer.Remote(p.URL, p.Client()))
		if _, err := g.Verify(t.Context(), token); !errors.Is(err, bearer.ErrUnavailable) && !errors.Is(err, bearer.ErrInvalid) {
			t.Errorf("%v", err)
		}
	})
}
