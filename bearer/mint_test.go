package bearer_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

func TestMintsAndGuardsOfEachAlgorithm(t *testing.T) {
	for algorithm := range algorithms {
		t.Run(algorithm, func(t *testing.T) {
			m := mintOf(t, algorithm)
			token := sign(t, m, usual)
			w := ask(guard(m).Require(subject), bearing(token))
			if w.Code != http.StatusOK || w.Body.String() != "7" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if algorithm == "HS256" {
				if w := ask(guard(bearer.Shared(another, secret)).Require(subject), bearing(token)); w.Code != http.StatusOK {
					t.Errorf("Shared: %d %s", w.Code, w.Body)
				}
			}
			if w := ask(guard(mintOf(t, "EdDSA")).Require(subject), bearing(token)); (w.Code == http.StatusOK) != (algorithm == "EdDSA") {
				t.Errorf("with the keys of another mint: %d", w.Code)
			}
		})
	}
}

func TestWhatIsSigned(t *testing.T) {
	c := func(c *bearer.MintConfig) { c.Rand = bytes.NewReader(make([]byte, 1024)) }
	for name, test := range map[string]struct {
		change          func(c *bearer.MintConfig)
		token           bearer.Token
		header, payload string
	}{
		"the least": {c, usual,
			`{"alg":"EdDSA","typ":"at+jwt","kid":"AlD2bdU8zHMDX_5DkUoMXsNlUd2cjT_5DSmYWNZICl0"}`,
			`{"iss":"https://app.example","sub":"7","aud":"posts","client_id":"https://app.example","iat":1750000000,"exp":1750000600,"jti":"AAAAAAAAAAAAAAAAAAAAAA"}`},
		"everything": {func(c *bearer.MintConfig) {
			c.Client, c.Rand, c.Algorithm = "web", bytes.NewReader(make([]byte, 16)), "HS256"
		}, bearer.Token{
			Subject: `홍"길동`, Audience: []string{"posts", "mail"}, Scopes: []string{"posts:read", "mail"}, Life: 90*time.Second + time.Millisecond,
			Claims: []byte(`{ "groups": ["a"], "sid":"s1","email":"h@example.com" , "Z":1, "A":9007199254740993 }`),
		},
			`{"alg":"HS256","typ":"at+jwt","kid":"fF01Jegs4FtE8BgPl__4VA"}`,
			`{"iss":"https://app.example","sub":"홍\"길동","aud":["posts","mail"],"client_id":"web","scope":"posts:read mail","groups":["a"],"sid":"s1","email":"h@example.com","Z":1,"A":9007199254740993,"iat":1750000000,"exp":1750000090,"jti":"AAAAAAAAAAAAAAAAAAAAAA"}`},
		"plain, as jsonwebtoken": {func(c *bearer.MintConfig) {
			c.Plain, c.Issuer, c.Life, c.Algorithm = true, "", time.Hour, "HS256"
		}, bearer.Token{Claims: []byte(`{"id":2,"name":"홍길동","email":"hong@example.com"}`)},
			`{"alg":"HS256","typ":"JWT"}`,
			`{"id":2,"name":"홍길동","email":"hong@example.com","iat":1750000000,"exp":1750003600}`},
		"plain with public keys": {func(c *bearer.MintConfig) { c.Plain = true }, bearer.Token{Subject: "7"},
			`{"alg":"EdDSA","typ":"JWT","kid":"AlD2bdU8zHMDX_5DkUoMXsNlUd2cjT_5DSmYWNZICl0"}`,
			`{"iss":"https://app.example","sub":"7","iat":1750000000,"exp":1750000600}`},
		"plain with nothing": {func(c *bearer.MintConfig) { c.Plain, c.Issuer, c.Algorithm = true, "", "HS256" }, bearer.Token{},
			`{"alg":"HS256","typ":"JWT"}`, `{"iat":1750000000,"exp":1750000600}`},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMint(t, test.change)
			text, expires, err := m.Sign(test.token)
			if err != nil {
				t.Fatal(err)
			}
			header, payload := parts(t, text)
			if header != test.header || payload != test.payload {
				t.Errorf("\n%s\n%s, want\n%s\n%s", header, payload, test.header, test.payload)
			}
			if !strings.Contains(payload, fmt.Sprintf(`"exp":%d`, expires.Unix())) {
				t.Errorf("Sign tells %v", expires)
			}
		})
	}
}

func TestMintRefuses(t *testing.T) {
	weak := seal.Secrets("sixteen bytes ok")
	for name, c := range map[string]bearer.MintConfig{
		"no keys":             {Issuer: issuer},
		"no issuer":           {Ring: seal.Secrets(secret)},
		"a weak secret":       {Issuer: issuer, Ring: weak},
		"a weak HS256 secret": {Issuer: issuer, Ring: seal.Secrets(tutorial), Algorithm: "HS256"},
		"15 bytes":            {Issuer: issuer, Ring: seal.Secrets("fifteen bytes!!"), Algorithm: "HS256", AllowWeakSecret: true},
		"another algorithm":   {Issuer: issuer, Ring: seal.Secrets(secret), Algorithm: "HS512"},
		"none":                {Issuer: issuer, Ring: seal.Secrets(secret), Algorithm: "none"},
		"RS256 of a secret":   {Issuer: issuer, Ring: seal.Secrets(secret), Algorithm: "RS256"},
		"RSA of 1024 bits":    {Issuer: issuer, Ring: seal.Secrets(rsaPEM(1024)), Algorithm: "RS256"},
		"EdDSA of RSA":        {Issuer: issuer, Ring: seal.Secrets(rsaKey)},
		"ES256 of P-384":      {Issuer: issuer, Ring: seal.Secrets(pkcs8(ecKey(elliptic.P384()))), Algorithm: "ES256"},
		"a public key":        {Issuer: issuer, Ring: seal.Secrets(strings.ReplaceAll(rsaKey, "RSA PRIVATE", "PUBLIC")), Algorithm: "RS256"},
		"two PEM blocks":      {Issuer: issuer, Ring: seal.Secrets(rsaKey + rsaKey), Algorithm: "RS256"},
		"broken PEM":          {Issuer: issuer, Ring: seal.Secrets("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), Algorithm: "RS256"},
		"one secret twice":    {Issuer: issuer, Ring: seal.Secrets(secret, secret)},
		"five secrets": {Issuer: issuer, Algorithm: "HS256", Ring: seal.Secrets(
			secret+"1", secret+"2", secret+"3", secret+"4", secret+"5")},
		"a life of two days":   {Issuer: issuer, Ring: seal.Secrets(secret), Life: 48 * time.Hour},
		"a life below zero":    {Issuer: issuer, Ring: seal.Secrets(secret), Life: -time.Second},
		"an issuer of no text": {Issuer: "\xff", Ring: seal.Secrets(secret)},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := bearer.NewMint(c)
			if err == nil {
				t.Fatalf("it makes %v", m)
			}
			text := err.Error()
			if !strings.HasPrefix(text, "bearer: ") || strings.Contains(text, "horse") || strings.Contains(text, "sixteen") || strings.Contains(text, tutorial) {
				t.Errorf("error: %v", err)
			}
		})
	}
	if _, err := bearer.NewMint(bearer.MintConfig{Issuer: issuer, Ring: weak, AllowWeakSecret: true}); err != nil {
		t.Errorf("a weak secret that is allowed: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	claims := func(text string) bearer.Token {
		t := usual
		t.Claims = []byte(text)
		return t
	}
	for name, token := range map[string]bearer.Token{
		"no subject":           {Audience: []string{audience}},
		"no audience":          {Subject: "7"},
		"an empty audience":    {Subject: "7", Audience: []string{"posts", ""}},
		"a long subject":       {Subject: strings.Repeat("x", 256), Audience: []string{audience}},
		"a subject of no text": {Subject: "\xff", Audience: []string{audience}},
		"NUL in a subject":     {Subject: "a\x00b", Audience: []string{audience}},
		"a scope of two words": {Subject: "7", Audience: []string{audience}, Scopes: []string{"a b"}},
		"an empty scope":       {Subject: "7", Audience: []string{audience}, Scopes: []string{""}},
		"a long life":          {Subject: "7", Audience: []string{audience}, Life: 25 * time.Hour},
		"a life below zero":    {Subject: "7", Audience: []string{audience}, Life: -1},
		"another iss":          claims(`{"iss":"x"}`), "another sub": claims(`{"sub":"8"}`), "another aud": claims(`{"aud":"x"}`),
		"an exp": claims(`{"exp":9999999999}`), "an iat": claims(`{"iat":1}`), "a jti": claims(`{"jti":"1"}`), "an nbf": claims(`{"nbf":1}`),
		"SUB": claims(`{"SUB":"8"}`), "Iss": claims(`{"Iss":"x"}`), "an escaped sub": claims(`{"s\u0075b":"8"}`), "a client": claims(`{"client_id":"x"}`),
		"a nonce": claims(`{"nonce":"1"}`), "at_hash": claims(`{"at_hash":"1"}`), "events": claims(`{"events":{}}`), "signet": claims(`{"signet":{}}`),
		"a name twice": claims(`{"a":1,"a":2}`), "a name twice in another case": claims(`{"a":1,"A":2}`), "a list": claims(`[]`), "cut off": claims(`{"a":1`),
		"no UTF-8": claims("{\"a\":\"\xff\"}"), "more behind it": claims(`{"a":1} x`),
		"too much": claims(`{"a":"` + strings.Repeat("x", 16<<10) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			text, _, err := newMint(t, nil).Sign(token)
			if err == nil || text != "" {
				t.Errorf("it signs %s", text)
			} else if !strings.HasPrefix(err.Error(), "bearer: ") {
				t.Error(err)
			}
		})
	}
	scoped := claims(`{"scope":"admin"}`)
	if _, _, err := newMint(t, nil).Sign(scoped); err != nil {
		t.Errorf("a scope among the claims, where Scopes has none: %v", err)
	}
	scoped.Scopes = []string{"posts:read"}
	if _, _, err := newMint(t, nil).Sign(scoped); err == nil {
		t.Error("two scopes")
	}
}

// S-103: without randomness there is no token.
func TestS103_NoRandomnessNoToken(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) { c.Rand = iotest.ErrReader(errors.New("broken")) })
	if text, _, err := m.Sign(usual); err == nil || text != "" {
		t.Errorf("Sign = %q, %v", text, err)
	}
}

// Keys are derived: every process with one secret signs alike. The values were computed by
// Node's crypto from the labels.
func TestDerivedKeysAreTheSameEverywhere(t *testing.T) {
	for algorithm, want := range map[string]string{
		"EdDSA": `{"keys":[{"crv":"Ed25519","kty":"OKP","x":"cfNWYrdy09FTvmDWLbe_XFeRmW91Z9ai8jsXYEz8NAw","kid":"AlD2bdU8zHMDX_5DkUoMXsNlUd2cjT_5DSmYWNZICl0","alg":"EdDSA","use":"sig"}]}`,
		"ES256": `{"keys":[{"crv":"P-256","kty":"EC","x":"vh3qJS33J2gnTqTt08SjezqA9CutljL9REVV7wFgqK4","y":"i6auHsw1Bfhvqdl9OYPowGuzgSnQtqgTFz0bP0RIcqA","kid":"5tDd6qkgFduL7GNXd5ZLe0iu8BoAWX2qYkGCYqMUeO8","alg":"ES256","use":"sig"}]}`,
		"HS256": `{"keys":[]}`,
	} {
		if got := ask(mintOf(t, algorithm).JWKS(), request()).Body.String(); got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

func TestScalarsOutOfRangeAreNotReduced(t *testing.T) {
	n := elliptic.P256().Params().N
	var labels []string
	k, err := bearer.Scalar(func(label string) ([]byte, error) {
		labels = append(labels, label)
		switch len(labels) {
		case 1:
			return make([]byte, 32), nil
		case 2:
			return n.Bytes(), nil
		case 3:
			return new(big.Int).Add(n, big.NewInt(5)).Bytes(), nil
		}
		return new(big.Int).Sub(n, big.NewInt(1)).Bytes(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := k.Bytes(); !bytes.Equal(raw, new(big.Int).Sub(n, big.NewInt(1)).Bytes()) {
		t.Errorf("scalar %x", raw)
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(labels))); len(distinct) != 4 {
		t.Errorf("labels %q", labels)
	}
	if _, err := bearer.Scalar(func(string) ([]byte, error) { return n.Bytes(), nil }); err == nil {
		t.Error("a scalar out of range is a key")
	}
}

func TestPrivateKeysInPEM(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(rsaKey))
	rsa, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ algorithm, text string }{
		"PKCS#1": {"RS256", "\n" + rsaKey + "\n"}, "PKCS#8 of EC": {"ES256", pkcs8(ecKey(elliptic.P256()))}, "PKCS#8 of Ed25519": {"EdDSA", pkcs8(ed)},
		"PKCS#8 of RSA": {"RS256", pkcs8(rsa)},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMint(t, func(c *bearer.MintConfig) { c.Algorithm, c.Ring = test.algorithm, seal.Secrets(test.text) })
			if w := ask(guard(m).Require(subject), bearing(sign(t, m, usual))); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// A new key is published at once, and signs when it is a minute old.
func TestNewKeysWait(t *testing.T) {
	c := &clock{now}
	old := seal.Key{ID: "1", Secret: []byte(secret)}
	fresh := seal.Key{ID: "2", Secret: []byte(another), Made: now}
	idOf := func(m *bearer.Mint) string {
		t.Helper()
		header, _ := parts(t, sign(t, m, usual))
		var h struct{ Kid string }
		if err := json.Unmarshal([]byte(header), &h); err != nil {
			t.Fatal(err)
		}
		return h.Kid
	}
	mint := func(keys ...seal.Key) *bearer.Mint {
		return newMint(t, func(m *bearer.MintConfig) { m.Ring, m.Now = keys, c.Now })
	}
	oldID, newID := idOf(mint(old)), idOf(mint(fresh)) // alone it does not wait
	if oldID == newID {
		t.Fatal("two keys of one name")
	}
	m := mint(fresh, old)
	if !strings.Contains(ask(m.JWKS(), request()).Body.String(), newID) {
		t.Error("the new key is not published")
	}
	before := mint(fresh)
	c.pass(59 * time.Second)
	if idOf(m) != oldID {
		t.Error("it signs after 59 s")
	}
	c.pass(time.Second)
	if idOf(m) != newID {
		t.Error("it does not sign after 60 s")
	}
	g := guard(m)
	g.Now = c.Now
	for name, by := range map[string]*bearer.Mint{"old": mint(old), "new": before} {
		if _, err := g.Verify(t.Context(), sign(t, by, usual)); err != nil {
			t.Errorf("signed with the %s key: %v", name, err)
		}
	}
	later := fresh
	later.Made = now.Add(48 * time.Hour)
	if idOf(mint(later, old)) != newID {
		t.Error("a date of the day after tomorrow holds a key back")
	}
}

func TestJWKSHandler(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) { c.Ring = seal.Secrets(another, secret) })
	w := ask(m.JWKS(), request())
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "public, max-age=60" || h.Get("ETag") == "" {
		t.Errorf("%d %v", w.Code, h)
	}
	if set, err := jwt.ParseKeys(w.Body.Bytes()); err != nil || set.Len() != 2 {
		t.Errorf("%v: %s", err, w.Body)
	}
	if w := ask(m.JWKS(), request("If-None-Match: "+h.Get("ETag"))); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("with its ETag: %d %s", w.Code, w.Body)
	}
	if w := ask(m.JWKS(), httptest.NewRequest("HEAD", "/", nil)); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %s", w.Code, w.Body)
	}
	if w := ask(m.JWKS(), httptest.NewRequest("POST", "/", nil)); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
	if other := ask(mintOf(t, "EdDSA").JWKS(), request()); other.Header().Get("ETag") == h.Get("ETag") {
		t.Error("two key sets have one ETag")
	}
}

// S-101, S-98: one key, one purpose. What is derived here is no key of another algorithm and
// none of the rest of Signet, whose labels begin otherwise.
func TestS101_LabelsAreApart(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range bearer.Labels {
		if seen[l] || !strings.HasPrefix(l, "signet access token ") {
			t.Errorf("label %q", l)
		}
		seen[l] = true
	}
	var ed, ec string
	for algorithm, into := range map[string]*string{"EdDSA": &ed, "ES256": &ec} {
		var set struct{ Keys []struct{ X string } }
		if err := json.Unmarshal(ask(mintOf(t, algorithm).JWKS(), request()).Body.Bytes(), &set); err != nil {
			t.Fatal(err)
		}
		*into = set.Keys[0].X
	}
	// The secret itself is not the key, nor is one derived key that of the other algorithm.
	sum := sha256.Sum256([]byte(secret))
	for name, seed := range map[string][]byte{"the secret": []byte(secret)[:32], "its hash": sum[:]} {
		if b64.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)) == ed {
			t.Errorf("the Ed25519 key is %s", name)
		}
		if k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed); err == nil {
			point, _ := k.PublicKey.Bytes()
			if b64.EncodeToString(point[1:33]) == ec {
				t.Errorf("the P-256 key is %s", name)
			}
		}
	}
}

// S-102: keys are in no print of what holds them.
func TestS102_NothingPrintsKeys(t *testing.T) {
	for name, v := range map[string]any{
		"mint": mintOf(t, "HS256"), "config": bearer.MintConfig{Ring: seal.Secrets(secret)}, "shared": bearer.Shared(secret),
		"guard": &bearer.Guard{Keys: bearer.Shared(secret)}, "guard of a mint": guard(mintOf(t, "EdDSA")),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "horse") || strings.Contains(text, "99, 111, 114, 114") || strings.Contains(text, "99 111 114 114") || strings.Contains(text, "0x63, 0x6f") {
				t.Errorf("%s with %s: %s", name, verb, text)
			}
		}
	}
	if body := ask(mintOf(t, "RS256").JWKS(), request()).Body.String(); strings.Contains(body, `"d"`) || strings.Contains(body, `"p"`) {
		t.Errorf("the key set: %s", body)
	}
}
