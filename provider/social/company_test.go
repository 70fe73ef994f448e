package social_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
)

const (
	clientID = "signet-app"
	secret   = "the-secret-of-the-app-at-that-company"
	state    = "8FQnR9k1Yw2vG7sJ0aLxT4bZcD6eH3mPqUiOyVrNtSk"
	callback = "https://app.test/api/auth/callback/company"
	tenant   = "11111111-2222-3333-4444-555555555555"
)

var (
	noon   = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	rsaKey = must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey  = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sample is an answer of testdata/providers.json.
type sample struct {
	Status int    `json:"status"`
	Type   string `json:"content_type"`
	Body   any    `json:"body"`
}

// vector is one company of testdata/providers.json, a copy of the project's vectors: its
// member "checked" says what it was compared with.
type vector struct {
	ID          string            `json:"id"`
	Kind        string            `json:"kind"`
	Issuer      string            `json:"issuer"`
	Endpoints   map[string]any    `json:"endpoints"`
	Scopes      []string          `json:"scopes"`
	Separator   string            `json:"scope_separator"`
	PKCE        string            `json:"pkce"`
	Nonce       any               `json:"nonce"`
	Auth        []string          `json:"client_auth"`
	Extra       map[string]string `json:"authorize_extra"`
	Token       sample            `json:"token_response"`
	TokenMore   map[string]sample `json:"token_response_variants"`
	TokenError  sample            `json:"token_error"`
	TokenErrors map[string]sample `json:"token_error_variants"`
	Refresh     struct {
		Response   sample  `json:"response"`
		NearExpiry *sample `json:"response_near_expiry"`
		Error      sample  `json:"error"`
	} `json:"refresh"`
	IDToken *struct {
		Header map[string]any `json:"header"`
		Claims map[string]any `json:"claims"`
	} `json:"id_token"`
	IDTokens map[string]map[string]any `json:"id_token_variants"`
	UserInfo *sample                   `json:"userinfo"`
	Users    map[string]sample         `json:"userinfo_variants"`
	More     map[string]sample         `json:"extra"`
	Mapped   map[string]any            `json:"mapped"`
	Variants map[string]map[string]any `json:"mapped_variants"`
}

// vectors are the companies that this package knows.
func vectors(t testing.TB) []vector {
	t.Helper()
	var file struct{ Providers []vector }
	d := json.NewDecoder(bytes.NewReader(must(os.ReadFile("testdata/providers.json"))))
	d.UseNumber() // identifiers are longer than a float is exact
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	list := slices.DeleteFunc(file.Providers, func(v vector) bool { return strings.HasPrefix(v.ID, "generic-") })
	if len(list) != 15 {
		t.Fatalf("%d companies", len(list))
	}
	return list
}

func vectorOf(t testing.TB, id string) vector {
	t.Helper()
	for _, v := range vectors(t) {
		if v.ID == id {
			return v
		}
	}
	t.Fatalf("no company %q", id)
	return vector{}
}

// A call is a request that a company got.
type call struct {
	method, url string
	header      http.Header
	form        url.Values
	body        string
}

// A company answers from its vector in place of the network, under its real addresses, and
// refuses what the real one would.
type company struct {
	vector
	t testing.TB

	now     time.Time
	token   sample
	user    *sample
	emails  sample
	claims  map[string]any // over those of the vector; nil leaves one out
	nonce   string
	expects url.Values // of the authorization request

	mu    sync.Mutex
	calls []call
}

func newCompany(t testing.TB, id string) *company {
	v := vectorOf(t, id)
	return &company{vector: v, t: t, now: noon, token: v.Token, user: v.UserInfo, emails: v.More["GET /user/emails"], claims: map[string]any{}}
}

// provider is ours for this company.
func (c *company) provider(change ...func(*social.Settings)) *social.Provider {
	c.t.Helper()
	s := social.Settings{ClientID: clientID, ClientSecret: secret}
	switch c.ID {
	case "apple":
		s.ClientSecret, s.TeamID, s.KeyID = applePEM(), "TEAMFAKE01", "KEYFAKE001"
	case "microsoft-entra-id":
		s.Tenants = []string{tenant}
	}
	for _, f := range change {
		f(&s)
	}
	p, err := social.New(c.ID, s)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func applePEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(ecKey))}))
}

func (c *company) world() signet.World {
	return signet.World{
		Now: func() time.Time { return c.now }, Rand: rand.Reader,
		Log: slog.New(slog.DiscardHandler), HTTP: &http.Client{Transport: c},
	}
}

func (c *company) attempt() *signet.Attempt {
	return &signet.Attempt{ID: state, Callback: callback, World: c.world(), Fields: url.Values{}, Extra: url.Values{}}
}

// signIn walks through a sign-in. more goes into the answer that the visitor brings.
func (c *company) signIn(p *social.Provider, more url.Values) (signet.Identity, error) {
	c.t.Helper()
	a := c.attempt()
	step, err := p.Begin(c.t.Context(), a)
	if err != nil {
		c.t.Fatalf("Begin: %v", err)
	}
	to := step.(signet.Redirect)
	a.Keep = to.Keep
	c.expects = must(url.Parse(to.To)).Query()
	c.nonce = c.expects.Get("nonce")
	a.Fields = url.Values{"code": {"the-code"}, "state": {state}}
	maps.Copy(a.Fields, more)
	step, err = p.Finish(c.t.Context(), a)
	id, _ := step.(signet.Identity)
	return id, err
}

func (c *company) endpoint(name string) string {
	u, _ := c.Endpoints[name].(string)
	if name == "jwks" && u == "" && c.ID == "microsoft-entra-id" {
		u = "https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys" // not in the vectors
	}
	return strings.NewReplacer("{base}", c.Issuer, "{tenant}", tenant, "{client_id}", clientID).Replace(u)
}

func (c *company) issuer() string { return strings.ReplaceAll(c.Issuer, "{tid}", tenant) }

// RoundTrip answers a call.
func (c *company) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body = must(io.ReadAll(r.Body))
	}
	form, _ := url.ParseQuery(string(body))
	c.mu.Lock()
	c.calls = append(c.calls, call{r.Method, r.URL.String(), r.Header.Clone(), form, string(body)})
	c.mu.Unlock()
	bare := *r.URL
	bare.RawQuery = ""
	where := func(name string) bool {
		u, _, _ := strings.Cut(c.endpoint(name), "?")
		return u != "" && bare.String() == u
	}
	switch {
	case bare.String() == c.issuer()+"/.well-known/openid-configuration":
		return reply(sample{200, "application/json", c.document()})
	case where("jwks"):
		n := base64.RawURLEncoding.EncodeToString(rsaKey.N.Bytes())
		return reply(sample{200, "application/json", map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "use": "sig", "n": n, "e": "AQAB"}}}})
	case where("token") && form.Get("grant_type") != "delete":
		return c.answerToken(r, form)
	case where("userinfo") && c.user != nil:
		c.wantBearer(r)
		return reply(*c.user)
	case where("emails"):
		c.wantBearer(r)
		return reply(c.emails)
	}
	return reply(sample{200, "application/json", map[string]any{"ok": true, "result": "success"}}) // a revocation
}

// document is that of discovery.
func (c *company) document() map[string]any {
	doc := map[string]any{"issuer": c.issuer()}
	for name, as := range map[string]string{
		"authorization": "authorization_endpoint", "token": "token_endpoint", "userinfo": "userinfo_endpoint",
		"jwks": "jwks_uri", "revocation": "revocation_endpoint", "logout": "end_session_endpoint",
	} {
		if u := c.endpoint(name); u != "" {
			doc[as] = u
		}
	}
	return doc
}

// answerToken is strict about what a real token end point needs.
func (c *company) answerToken(r *http.Request, form url.Values) (*http.Response, error) {
	user, pass, basic := r.BasicAuth()
	how := "none"
	switch {
	case basic && form.Get("client_secret") == "":
		how = "client_secret_basic"
	case form.Get("client_secret") != "":
		how, user, pass = "client_secret_post", form.Get("client_id"), form.Get("client_secret")
	}
	if !slices.Contains(c.Auth, how) || user != clientID || pass != secret && c.ID != "apple" {
		c.t.Errorf("%s: the client proves itself by %s", c.ID, how)
	}
	if c.ID == "apple" {
		c.checkApple(pass)
	}
	if r.Method != http.MethodPost || r.Header.Get("Accept") != "application/json" {
		c.t.Errorf("%s: %s with Accept %q", c.ID, r.Method, r.Header.Get("Accept"))
	}
	if form.Get("grant_type") == "authorization_code" {
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		challenge := c.expects.Get("code_challenge")
		if form.Get("code") != "the-code" || form.Get("redirect_uri") != callback ||
			challenge != "" && challenge != base64.RawURLEncoding.EncodeToString(sum[:]) || challenge == "" && form.Has("code_verifier") {
			c.t.Errorf("%s: exchange %v", c.ID, form)
		}
		if c.ID == "naver" && form.Get("state") != state {
			c.t.Errorf("naver: no state at the token end point")
		}
	}
	return reply(c.withIDToken(c.token))
}

// withIDToken fills an ID token in.
func (c *company) withIDToken(s sample) sample {
	body, ok := s.Body.(map[string]any)
	if !ok || body["id_token"] != "<id_token>" || c.IDToken == nil {
		return s
	}
	body = maps.Clone(body)
	body["id_token"] = c.idToken(fmt.Sprint(body["access_token"]))
	s.Body = body
	return s
}

func (c *company) idToken(access string) string {
	sum := sha256.Sum256([]byte(access))
	claims := maps.Clone(c.IDToken.Claims)
	for name, v := range claims {
		text, _ := v.(string)
		switch text {
		case "<client_id>":
			claims[name] = clientID
		case "<nonce>":
			if claims[name] = c.nonce; c.nonce == "" {
				delete(claims, name)
			}
		case "<at_hash>":
			claims[name] = base64.RawURLEncoding.EncodeToString(sum[:16])
		case "<iat>":
			claims[name] = c.now.Unix()
		default:
			var life int64
			if _, err := fmt.Sscanf(text, "<iat+%d>", &life); err == nil {
				claims[name] = c.now.Unix() + life
			}
		}
	}
	maps.Copy(claims, c.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return signed(fmt.Sprint(c.IDToken.Header["alg"]), claims)
}

func signed(alg string, claims map[string]any) string {
	head := map[string]any{"alg": alg, "typ": "JWT"}
	if alg == "RS256" {
		head["kid"] = "k"
	}
	enc := base64.RawURLEncoding.EncodeToString
	input := enc(must(json.Marshal(head))) + "." + enc(must(json.Marshal(claims)))
	sum := sha256.Sum256([]byte(input))
	if alg == "HS256" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(input))
		return input + "." + enc(mac.Sum(nil))
	}
	return input + "." + enc(must(rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, sum[:])))
}

// checkApple judges a client secret.
func (c *company) checkApple(text string) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		c.t.Fatal("apple: the client secret is no JWT")
	}
	head := string(must(base64.RawURLEncoding.DecodeString(parts[0])))
	claims := string(must(base64.RawURLEncoding.DecodeString(parts[1])))
	sig := must(base64.RawURLEncoding.DecodeString(parts[2]))
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if head != `{"alg":"ES256","kid":"KEYFAKE001","typ":"JWT"}` ||
		claims != fmt.Sprintf(`{"aud":"https://appleid.apple.com","exp":%d,"iat":%d,"iss":"TEAMFAKE01","sub":"signet-app"}`, c.now.Unix()+300, c.now.Unix()) ||
		len(sig) != 64 || !ecdsa.Verify(&ecKey.PublicKey, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		c.t.Errorf("apple: client secret %s %s", head, claims)
	}
}

// wantBearer judges a call with an access token.
func (c *company) wantBearer(r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || r.Method != http.MethodGet || r.Header.Get("User-Agent") == "" {
		c.t.Errorf("%s: %s with %v", c.ID, r.Method, r.Header)
	}
	want := must(url.Parse(c.endpoint("userinfo"))).Query()
	if c.ID == "facebook" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(token))
		want.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
	}
	if got := r.URL.Query(); got.Encode() != want.Encode() {
		c.t.Errorf("%s: user info with %v, want %v", c.ID, got, want)
	}
}

func reply(s sample) (*http.Response, error) {
	body, ok := s.Body.(string)
	if !ok {
		body = string(must(json.Marshal(s.Body)))
	}
	return &http.Response{
		StatusCode: s.Status, Header: http.Header{"Content-Type": {s.Type}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}
