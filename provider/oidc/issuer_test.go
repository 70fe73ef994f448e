package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

const (
	clientID     = "signet-app"
	clientSecret = "the-secret-of-the-client-in-this-test"
	callback     = "https://app.test/api/auth/callback/corp"
	state        = "8FQnR9k1Yw2vG7sJ0aLxT4bZcD6eH3mPqUiOyVrNtSk"
)

// keys are made once: RSA keys take their time.
var (
	rsaKey, rsaKey2 = mustRSA(), mustRSA()
	ecKey           = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, edKey, _     = ed25519.GenerateKey(rand.Reader)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func mustRSA() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) }

// issuer is a provider of OpenID Connect. Its fields may be changed between calls.
type issuer struct {
	*httptest.Server

	mu       sync.Mutex
	now      time.Time
	calls    map[string]int
	forms    map[string]url.Values
	document map[string]any
	keys     []any
	handle   map[string]http.HandlerFunc // instead of the usual
	key      any                         // that signs
	header   map[string]any
	claims   map[string]any // of the ID token; a nil one is left out
	userinfo map[string]any
	noToken  bool
	nonce    string // of the attempt
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{
		now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), calls: map[string]int{}, forms: map[string]url.Values{},
		handle: map[string]http.HandlerFunc{}, key: rsaKey, header: map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"},
		keys: []any{jwkOf("k1", rsaKey)}, claims: map[string]any{},
	}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	i.document = map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/jwks",
		"userinfo_endpoint": i.URL + "/userinfo", "revocation_endpoint": i.URL + "/revoke", "end_session_endpoint": i.URL + "/logout?x=1",
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	}
	i.userinfo = map[string]any{"sub": "7f0c", "name": "From UserInfo", "email": "g@idp.test", "email_verified": true, "picture": "https://idp.test/p.png", "groups": []string{"a"}}
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	i.mu.Lock()
	i.calls[r.URL.Path]++
	i.forms[r.URL.Path] = r.Form
	handle := i.handle[r.URL.Path]
	i.mu.Unlock()
	if handle != nil {
		handle(w, r)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(i.document)
	case "/jwks":
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
	case "/userinfo":
		_ = json.NewEncoder(w).Encode(i.userinfo)
	case "/revoke":
	case "/token":
		answer := map[string]any{"access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "refresh_token": "rt-1", "scope": "openid profile email"}
		if !i.noToken {
			answer["id_token"] = i.idToken()
		}
		_ = json.NewEncoder(w).Encode(answer)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// idToken signs one with the claims of the moment. mu is held.
func (i *issuer) idToken() string {
	claims := map[string]any{
		"iss": i.URL, "aud": clientID, "sub": "7f0c", "iat": i.now.Unix(), "exp": i.now.Unix() + 300, "nonce": i.nonce,
		"name": "Generic User",
	}
	maps.Copy(claims, i.claims)
	for name, v := range claims {
		if v == nil {
			delete(claims, name)
		}
	}
	return sign(i.header, claims, i.key)
}

func (i *issuer) count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls[path]
}

// set changes the issuer.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) world() signet.World {
	return signet.World{
		Now: func() time.Time { i.mu.Lock(); defer i.mu.Unlock(); return i.now }, Rand: rand.Reader,
		Log: slog.New(slog.DiscardHandler), HTTP: http.DefaultClient,
	}
}

func (i *issuer) config() oidc.Config {
	return oidc.Config{ID: "corp", Issuer: i.URL, ClientID: clientID, ClientSecret: clientSecret}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func sign(header, claims map[string]any, key any) string {
	input := b64(must(json.Marshal(header))) + "." + b64(must(json.Marshal(claims)))
	sum := sha256.Sum256([]byte(input))
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if header["alg"] == "PS256" {
			return input + "." + b64(must(rsa.SignPSS(rand.Reader, k, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: 32})))
		}
		return input + "." + b64(must(rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			panic(err)
		}
		return input + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
	case ed25519.PrivateKey:
		return input + "." + b64(ed25519.Sign(k, []byte(input)))
	case []byte:
		mac := hmac.New(sha256.New, k)
		mac.Write([]byte(input))
		return input + "." + b64(mac.Sum(nil))
	}
	return input + "."
}

func jwkOf(kid string, key any) map[string]any {
	out := map[string]any{"use": "sig"}
	if kid != "" {
		out["kid"] = kid
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		out["kty"], out["n"], out["e"] = "RSA", b64(k.N.Bytes()), b64(big.NewInt(int64(k.E)).Bytes())
	case *ecdsa.PrivateKey:
		point := must(k.PublicKey.Bytes())
		out["kty"], out["crv"], out["x"], out["y"] = "EC", "P-256", b64(point[1:33]), b64(point[33:])
	case ed25519.PrivateKey:
		out["kty"], out["crv"], out["x"] = "OKP", "Ed25519", b64(k.Public().(ed25519.PublicKey))
	}
	return out
}

func (i *issuer) attempt() *signet.Attempt {
	return &signet.Attempt{ID: state, Callback: callback, World: i.world(), Fields: url.Values{}, Extra: url.Values{}}
}

// begin sends the visitor away and gives the query.
func (i *issuer) begin(p signet.Provider, a *signet.Attempt) (url.Values, error) {
	step, err := p.Begin(context.Background(), a)
	if err != nil {
		return nil, err
	}
	to := step.(signet.Redirect)
	a.Keep = to.Keep
	u := must(url.Parse(to.To))
	i.set(func() { i.nonce = u.Query().Get("nonce") })
	return u.Query(), nil
}

// signIn goes all the way.
func (i *issuer) signIn(p signet.Provider) (signet.Identity, error) {
	return i.signInAs(p, i.attempt())
}

func (i *issuer) signInAs(p signet.Provider, a *signet.Attempt) (signet.Identity, error) {
	if _, err := i.begin(p, a); err != nil {
		return signet.Identity{}, err
	}
	a.Fields = url.Values{"code": {"c-1"}, "state": {a.ID}}
	step, err := p.Finish(context.Background(), a)
	id, _ := step.(signet.Identity)
	return id, err
}

func kindOf(err error) string {
	var no *signet.Refused
	switch {
	case err == nil:
		return ""
	case errors.As(err, &no):
		return no.Kind
	}
	return "Configuration"
}

const again = oauth2.Kind // what a visitor may try again after
