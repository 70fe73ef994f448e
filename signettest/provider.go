package signettest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Provider is a company's sign-in server, on loopback. It answers in the shape of the real
// one and is as strict: a code works once and with its own redirect URI, a challenge needs
// its verifier, a client needs its secret. What it refused, and why, is in [Request].
//
// It has two names. Whoever calls it on loopback ([Provider.URL], [Provider.Issuer]) gets
// URLs on loopback. Whoever calls the real hosts through [Client], or a [Browser] that
// reaches it, gets the real issuer: so a site under test needs no other end points.
//
// The fields may be changed until the first request. Methods may be called from several
// goroutines.
type Provider struct {
	// ID is that of the provider, "kakao".
	ID string

	// ClientID and ClientSecret are those of the one client known. Apple's secret is made
	// with Apple instead. An empty secret makes the client of Kakao, of an issuer and of a
	// generic server a public one.
	ClientID, ClientSecret string

	// Apple is the key of the client, at Apple alone.
	Apple *AppleKey

	// RedirectURIs are those registered; none means that any is.
	RedirectURIs []string

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// ConsentPage asks the visitor on a page. Without it every request for a code is
	// answered at once. With it, prompt=none is answered with login_required.
	ConsentPage bool

	// Refresh is what becomes of a refresh token that is used. At GitHub, Slack and
	// LinkedIn, which give none by themselves, setting it makes the client one that gets
	// some: a GitHub App, an app with token rotation, a partner.
	Refresh Rotation

	// Grace is how long a refresh token that was used gives the same answer once more,
	// instead of ending the grant; 0 is not at all.
	Grace time.Duration

	// Lifetime is that of access tokens; 0 means the real one's.
	Lifetime time.Duration

	// Alg signs ID tokens: RS256, ES256 or EdDSA; empty means what the real one does.
	Alg string

	// OpenIDConnect is a switch in Kakao's console; openid without it is KOE205.
	OpenIDConnect bool

	// KakaoScopes are those that the app has been given; others are KOE205.
	KakaoScopes []string

	t      testing.TB
	vector vector
	quirk  quirk
	server *httptest.Server
	real   *http.ServeMux // by host and path
	local  *http.ServeMux // by path
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex // guards what follows
	person  Person
	ledger  ledger
	faults  faults
	grants  []*grant
	codes   map[string]*code
	access  map[string]*accessToken
	refresh map[string]*refreshToken
	reuses  int
	keys    keys
}

// NewProvider starts the provider called id: google, github, kakao, naver, apple, discord,
// microsoft-entra-id, gitlab, facebook, line, x, linkedin, slack, twitch, spotify,
// generic-oidc or generic-oauth2. It ends with the test.
func NewProvider(t testing.TB, id string) *Provider {
	t.Helper()
	v := findVector(t, id)
	p := &Provider{
		ID: v.ID, ClientID: v.ID + "-client", ClientSecret: v.ID + "-client-secret-of-no-use-elsewhere",
		Refresh: rotationOf(v), KakaoScopes: []string{"profile_nickname", "profile_image", "account_email"},
		t: t, vector: v, quirk: quirks[v.ID], closed: make(chan struct{}),
		codes: map[string]*code{}, access: map[string]*accessToken{}, refresh: map[string]*refreshToken{},
	}
	p.ledger.changed = make(chan struct{})
	if p.ID == "apple" {
		p.Apple, p.ClientSecret = newAppleKey(t), ""
	}
	p.person = p.Person()
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.server.Config.ErrorLog = quiet
	// A connection for every call: net/http repeats a GET by itself when a connection that
	// it used before breaks, and a fault would then be over before anybody saw it.
	p.server.Config.SetKeepAlivesEnabled(false)
	p.routes()
	p.server.Start()
	t.Cleanup(p.Close)
	return p
}

// NewGoogle starts a fake Google.
func NewGoogle(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "google") }

// NewGitHub starts a fake GitHub.
func NewGitHub(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "github") }

// NewKakao starts a fake Kakao.
func NewKakao(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "kakao") }

// NewNaver starts a fake Naver.
func NewNaver(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "naver") }

// NewApple starts a fake Apple.
func NewApple(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "apple") }

// NewIssuer starts an OpenID Connect issuer of no company: discovery, a key set with an
// RS256, an ES256 and an EdDSA key, single-use refresh tokens, logout.
func NewIssuer(t testing.TB) *Provider { t.Helper(); return NewProvider(t, "generic-oidc") }

// Close ends the provider, and with it every answer that is still waited for. Later calls
// are refused by the system. It is called when the test ends.
func (p *Provider) Close() {
	p.once.Do(func() {
		close(p.closed)
		p.server.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.keys.giveBack()
	})
}

// An Endpoint is one of a provider's.
type Endpoint string

const (
	Authorization Endpoint = "authorization"
	Token         Endpoint = "token"
	Userinfo      Endpoint = "userinfo"
	OIDCUserinfo  Endpoint = "oidc_userinfo" // Kakao's and GitLab's second one
	Emails        Endpoint = "emails"        // GitHub
	Revocation    Endpoint = "revocation"
	Grant         Endpoint = "grant" // GitHub: ends all tokens of a user
	JWKS          Endpoint = "jwks"
	Discovery     Endpoint = "discovery"
	EndSession    Endpoint = "end_session"
	Logout        Endpoint = "logout"         // Kakao: ends the tokens; Entra ID: a page
	AccountLogout Endpoint = "account_logout" // Kakao: a page that ends its own session
	Unlink        Endpoint = "unlink"         // Kakao
	TokenInfo     Endpoint = "token_info"     // Kakao
	Helix         Endpoint = "helix_users"    // Twitch
	Validate      Endpoint = "validate"       // Twitch
)

// URL is where an end point is on loopback; empty where the provider has none.
func (p *Provider) URL(e Endpoint) string { return p.url(e, false) }

// RealURL is where an end point is at the real provider; [Client] leads it here.
func (p *Provider) RealURL(e Endpoint) string { return p.url(e, true) }

func (p *Provider) url(e Endpoint, real bool) string {
	u := p.realURL(e)
	if u == "" || p.handler(e) == nil {
		return ""
	}
	u = strings.NewReplacer("{tenant}", p.tenant(), "{client_id}", url.PathEscape(p.ClientID)).Replace(u)
	if real {
		return u
	}
	return p.onLoopback(u)
}

// Issuer is the provider's name on loopback, as in ID tokens and in discovery.
func (p *Provider) Issuer() string { return p.issuer(false) }

// RealIssuer is the name of the real provider.
func (p *Provider) RealIssuer() string { return p.issuer(true) }

func (p *Provider) issuer(real bool) string {
	u := strings.ReplaceAll(p.vector.Issuer, "{tid}", p.tenant())
	if u == "" {
		u = p.origin(Authorization)
	}
	if real {
		return u
	}
	return p.onLoopback(u)
}

// tenant is Entra's, as in the sample.
func (p *Provider) tenant() string {
	tid, _ := p.sampleClaims()["tid"].(string)
	return tid
}

// onLoopback puts this server in the place of the host.
func (p *Provider) onLoopback(real string) string {
	_, rest, _ := strings.Cut(real, "://")
	_, path, slash := strings.Cut(rest, "/")
	if !slash {
		return p.server.URL
	}
	return p.server.URL + "/" + path
}

func (p *Provider) origin(e Endpoint) string {
	u, err := url.Parse(p.realURL(e))
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// realURL is the end point as in the file, with {places}.
func (p *Provider) realURL(e Endpoint) string {
	switch p.ID {
	case "generic-oidc":
		name := map[Endpoint]string{JWKS: "jwks_uri"}[e]
		if name == "" {
			name = string(e) + "_endpoint"
		}
		if u, ok := p.vector.DiscoveryDocument[name].(string); ok {
			return u
		}
	case "generic-oauth2":
		path := map[Endpoint]string{Authorization: "/authorize", Token: "/token", Userinfo: "/userinfo", Revocation: "/revoke"}[e]
		if path != "" {
			return "https://oauth.example" + path
		}
	}
	if e == Discovery {
		if p.vector.Discovery != true {
			return ""
		}
		return strings.ReplaceAll(p.vector.Issuer, "{tid}", "{tenant}") + "/.well-known/openid-configuration"
	}
	u, _ := p.vector.Endpoints[string(e)].(string)
	if e == JWKS && p.ID == "microsoft-entra-id" { // not in the vectors, and no token can be judged without
		u = "https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys"
	}
	u = strings.ReplaceAll(u, "{base}", p.vector.Issuer)
	if !strings.HasPrefix(u, "https://") {
		return ""
	}
	return u
}

// now is the provider's clock.
func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// handler answers an end point; nil where this provider has none.
func (p *Provider) handler(e Endpoint) func(*call) reply {
	switch e {
	case Authorization:
		return p.authorize
	case Token:
		return p.token
	case Userinfo, Helix:
		return p.userinfo
	case OIDCUserinfo:
		return p.oidcUserinfo
	case Emails:
		return p.emails
	case Revocation, Grant:
		return p.revoke
	case JWKS:
		return p.keySet
	case Discovery:
		return p.discovery
	case EndSession, AccountLogout:
		return p.goodbye
	case Logout:
		if p.ID != "kakao" {
			return p.goodbye
		}
		return p.kakaoBye(false)
	case Unlink:
		return p.kakaoBye(true)
	case TokenInfo:
		return p.kakaoTokenInfo
	case Validate:
		return p.validate
	}
	return nil
}

// routes finds the paths of this provider's end points, below its hosts and below none.
func (p *Provider) routes() {
	p.real, p.local = http.NewServeMux(), http.NewServeMux()
	all := []Endpoint{Discovery, Authorization, Token, EndSession, JWKS}
	for name := range p.vector.Endpoints {
		all = append(all, Endpoint(name))
	}
	slices.Sort(all)
	for _, e := range slices.Compact(all) {
		u, err := url.Parse(p.realURL(e))
		answer := p.handler(e)
		if err != nil || u.Host == "" || answer == nil || e == Revocation && p.ID == "naver" {
			continue
		}
		serve := func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, e, answer) }
		for _, path := range pathsOf(p.ID, u.Path) {
			p.real.HandleFunc(u.Host+path, serve)
			p.local.HandleFunc(path, serve)
		}
	}
}

// pathsOf: Facebook's paths begin with a version, which a client may set or leave out.
func pathsOf(id, path string) []string {
	if id != "facebook" {
		return []string{path}
	}
	if _, rest, ok := strings.Cut(path, "/v24.0"); ok {
		path = rest
	}
	return []string{path, "/{version}" + path}
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler {
				p.t.Errorf("signettest: %s panicked at %s: %v", p.ID, r.URL.Path, v)
			}
			panic(http.ErrAbortHandler)
		}
	}()
	mux := p.real
	if !p.isReal(r) {
		mux = p.local
	}
	if _, pattern := mux.Handler(r); pattern == "" {
		p.answer(w, r, "", func(*call) reply {
			return textReply(http.StatusNotFound, "text/plain", "no such page").because("no such path at this host")
		})
		return
	}
	mux.ServeHTTP(w, r)
}

// isReal tells whether the caller used the real host's name.
func (p *Provider) isReal(r *http.Request) bool { return r.Host != p.server.Listener.Addr().String() }
