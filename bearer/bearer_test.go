package bearer_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

const (
	issuer   = "https://app.example"
	audience = "posts"
	secret   = "correct horse battery staple, three times over"
	another  = "another horse, another battery, another staple"
	tutorial = "dkasdhfjahsdfjhskdfhaksdhfakjs" // SECRET_KEY of tutorial 1: 30 bytes
)

var (
	b64 = base64.RawURLEncoding
	now = time.Unix(1750000000, 0)
)

// A clock stands still until it is set.
type clock struct{ time.Time }

func (c *clock) Now() time.Time       { return c.Time }
func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

func rsaPEM(bits int) string {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

func pkcs8(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

var rsaKey = rsaPEM(2048)

// algorithms are all that a mint signs with, and what their keys are made of here.
var algorithms = map[string]string{"EdDSA": secret, "ES256": secret, "RS256": rsaKey, "HS256": secret}

func newMint(t testing.TB, change func(c *bearer.MintConfig)) *bearer.Mint {
	t.Helper()
	c := bearer.MintConfig{Ring: seal.Secrets(secret), Issuer: issuer, Now: func() time.Time { return now }}
	if change != nil {
		change(&c)
	}
	m, err := bearer.NewMint(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mintOf(t testing.TB, algorithm string) *bearer.Mint {
	t.Helper()
	return newMint(t, func(c *bearer.MintConfig) {
		c.Algorithm, c.Ring = algorithm, seal.Secrets(algorithms[algorithm])
	})
}

func sign(t testing.TB, m *bearer.Mint, token bearer.Token) string {
	t.Helper()
	text, _, err := m.Sign(token)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// usual is a token that guard lets in.
var usual = bearer.Token{Subject: "7", Audience: []string{audience}}

func guard(keys bearer.Keys) *bearer.Guard {
	return &bearer.Guard{Keys: keys, Issuer: issuer, Audience: audience, Now: func() time.Time { return now.Add(time.Second) }}
}

// request makes a GET with header lines "Name: value".
func request(lines ...string) *http.Request {
	r := httptest.NewRequest("GET", "/api/user/7", nil)
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func bearing(token string) *http.Request { return request("Authorization: Bearer " + token) }

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// subject answers with who came in.
var subject = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	c, ok := bearer.From(r.Context())
	if !ok {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	w.Write([]byte(c.Subject))
})

// header and payload of a token.
func parts(t testing.TB, token string) (header, payload string) {
	t.Helper()
	p := strings.Split(token, ".")
	if len(p) != 3 {
		t.Fatalf("%d parts", len(p))
	}
	h, err1 := b64.DecodeString(p[0])
	c, err2 := b64.DecodeString(p[1])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return string(h), string(c)
}

func readFile(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func ecKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}
