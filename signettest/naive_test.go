package signettest_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

const (
	callback = "http://127.0.0.1:9/api/auth/callback/x"
	verifier = "a-verifier-of-at-least-forty-three-characters-0"
)

// naive is a client that believes all it is told.
type naive struct {
	t    *testing.T
	p    *signettest.Provider
	http *http.Client
	real bool // use the names of the real provider
}

func newNaive(t *testing.T, p *signettest.Provider) *naive {
	t.Helper()
	return &naive{t: t, p: p, http: signettest.Client(p)}
}

func (n *naive) url(e signettest.Endpoint) string {
	if n.real {
		return n.p.RealURL(e)
	}
	return n.p.URL(e)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (n *naive) send(method, to string, header http.Header, body string) (answer, error) {
	n.t.Helper()
	r, err := http.NewRequest(method, to, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	res, err := n.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	a := answer{status: res.StatusCode, header: res.Header, text: string(raw)}
	d := json.NewDecoder(strings.NewReader(a.text))
	d.UseNumber()
	d.Decode(&a.json)
	return a, err
}

func (n *naive) must(method, to string, header http.Header, body string) answer {
	n.t.Helper()
	a, err := n.send(method, to, header, body)
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

// question is a request for a code that every provider takes.
func (n *naive) question() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {n.p.ClientID}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"the-state"}, "nonce": {"the-nonce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if list := map[string]string{
		"google": "openid email profile", "github": "read:user user:email", "apple": "name email", "discord": "identify email",
		"microsoft-entra-id": "openid profile email offline_access User.Read", "gitlab": "read_user", "facebook": "public_profile,email",
		"line": "profile openid email", "x": "users.read tweet.read offline.access users.email", "linkedin": "openid profile email",
		"slack": "openid profile email", "twitch": "openid user:read:email", "spotify": "user-read-email", "generic-oidc": "openid profile email",
	}[n.p.ID]; list != "" {
		q.Set("scope", list)
	}
	switch n.p.ID {
	case "google":
		q.Set("access_type", "offline")
	case "apple":
		q.Set("response_mode", "form_post")
	case "twitch":
		q.Set("claims", `{"id_token":{"email":null},"userinfo":{"email":null,"preferred_username":null}}`)
	}
	return q
}

// ask goes to the authorization end point and returns what comes back to the callback.
func (n *naive) ask(q url.Values) url.Values {
	n.t.Helper()
	a := n.must(http.MethodGet, n.url(signettest.Authorization)+"?"+q.Encode(), nil, "")
	if a.status == http.StatusOK && strings.Contains(a.text, "submit()") {
		values := url.Values{}
		for _, input := range strings.Split(a.text, "<input ")[1:] {
			part := strings.Split(input, `"`)
			values.Set(part[3], strings.NewReplacer("&#34;", `"`, "&amp;", "&").Replace(part[5]))
		}
		return values
	}
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusFound || !strings.HasPrefix(u.String(), callback) {
		n.t.Fatalf("authorization: %d %s %s; %q", a.status, a.header.Get("Location"), a.text, n.p.Refused())
	}
	return u.Query()
}

// form signs the client in, as the provider likes it.
func (n *naive) form(values url.Values) (http.Header, string) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	switch n.p.ID {
	case "x", "spotify", "generic-oidc":
		r := http.Request{Header: header}
		r.SetBasicAuth(url.QueryEscape(n.p.ClientID), url.QueryEscape(n.p.ClientSecret))
	case "apple":
		values.Set("client_id", n.p.ClientID)
		values.Set("client_secret", appleSecret(n.t, n.p, time.Now(), nil))
	default:
		values.Set("client_id", n.p.ClientID)
		values.Set("client_secret", n.p.ClientSecret)
	}
	return header, values.Encode()
}

func (n *naive) token(values url.Values) answer {
	n.t.Helper()
	header, body := n.form(values)
	return n.must(http.MethodPost, n.url(signettest.Token), header, body)
}

func (n *naive) exchange(code string) answer {
	n.t.Helper()
	return n.token(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
}

func (n *naive) renew(refresh string) answer {
	n.t.Helper()
	return n.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

// signIn returns the token answer of a whole sign-in.
func (n *naive) signIn() map[string]any {
	n.t.Helper()
	a := n.exchange(n.ask(n.question()).Get("code"))
	if a.json["access_token"] == nil {
		n.t.Fatalf("token: %d %s; %q", a.status, a.text, n.p.Refused())
	}
	return a.json
}

func (n *naive) userinfo(access any) answer {
	n.t.Helper()
	return n.must(http.MethodGet, n.url(signettest.Userinfo), bearer(access), "")
}

func bearer(access any) http.Header {
	token, _ := access.(string)
	return http.Header{"Authorization": {"Bearer " + token}}
}

// revoke takes the tokens back in the provider's way.
func (n *naive) revoke(tokens map[string]any) answer {
	n.t.Helper()
	access, _ := tokens["access_token"].(string)
	switch n.p.ID {
	case "github":
		header, _ := n.form(url.Values{})
		r := http.Request{Header: header}
		r.SetBasicAuth(n.p.ClientID, n.p.ClientSecret)
		header.Set("Content-Type", "application/json")
		return n.must(http.MethodDelete, n.url(signettest.Revocation), header, `{"access_token":"`+access+`"}`)
	case "kakao":
		return n.must(http.MethodPost, n.url(signettest.Unlink), bearer(access), "")
	case "naver":
		return n.token(url.Values{"grant_type": {"delete"}, "access_token": {access}, "service_provider": {"NAVER"}})
	case "facebook":
		return n.must(http.MethodDelete, n.url(signettest.Revocation), bearer(access), "")
	case "slack":
		return n.must(http.MethodPost, n.url(signettest.Revocation), bearer(access), "")
	case "line":
		header, body := n.form(url.Values{"access_token": {access}})
		return n.must(http.MethodPost, n.url(signettest.Revocation), header, body)
	}
	header, body := n.form(url.Values{"token": {access}})
	return n.must(http.MethodPost, n.url(signettest.Revocation), header, body)
}

// claims reads an ID token without checking it.
func claims(t *testing.T, token any) (header, claims map[string]any) {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", text)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// appleSecret makes a client secret; change may spoil it.
func appleSecret(t *testing.T, p *signettest.Provider, now time.Time, change func(header, claims map[string]any)) string {
	t.Helper()
	header := map[string]any{"alg": "ES256", "kid": p.Apple.KeyID}
	body := map[string]any{
		"iss": p.Apple.TeamID, "sub": p.ClientID, "aud": "https://appleid.apple.com", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	if change != nil {
		change(header, body)
	}
	part := func(v any) string {
		raw, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	input := part(header) + "." + part(body)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, p.Apple.Private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}
