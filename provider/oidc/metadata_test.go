package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

const wellKnown = "/.well-known/openid-configuration"

func outOfOrder(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func TestNewAsksNobody(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	_ = p.Info()
	if len(i.calls) != 0 {
		t.Errorf("calls = %v", i.calls)
	}
}

// S-71: fetched once for all who need it, again after an hour, and kept for a day when the
// issuer is out of order.
func TestS71_MetadataIsCached(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := p.Begin(context.Background(), i.attempt()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	begin := func(later time.Duration, want int) {
		t.Helper()
		i.set(func() { i.now = i.now.Add(later) })
		if _, err := p.Begin(context.Background(), i.attempt()); err != nil {
			t.Error(err)
		}
		if n := i.count(wellKnown); n != want {
			t.Errorf("after %v more: %d documents fetched, want %d", later, n, want)
		}
	}
	begin(0, 1)
	begin(59*time.Minute, 1)
	begin(time.Minute, 2)
	i.set(func() { i.handle[wellKnown] = outOfOrder })
	begin(time.Hour, 3)      // fails, and the old one is used
	begin(29*time.Second, 3) // nor is it asked at each sign-in
	begin(22*time.Hour, 4)   // still within the day
	i.set(func() { i.now = i.now.Add(time.Hour) })
	if _, err := p.Begin(context.Background(), i.attempt()); kindOf(err) != again {
		t.Errorf("after more than a day: %v", err)
	}
	i.set(func() { delete(i.handle, wellKnown) })
	begin(0, 6)
}

// S-71: end points have to be https and of the issuer's owner.
func TestS71_EndPointsOfTheSameOwner(t *testing.T) {
	document := func(token string) []byte {
		return fmt.Appendf(nil, `{"issuer":"https://login.corp.co.kr/oidc","authorization_endpoint":"https://login.corp.co.kr/a","jwks_uri":"https://keys.corp.co.kr/k","token_endpoint":%q}`, token)
	}
	c := oidc.Config{ID: "corp", Issuer: "https://login.corp.co.kr/oidc", ClientID: "app", Hosts: []string{"tokens.partner.test"}}
	for token, good := range map[string]bool{
		"https://login.corp.co.kr/t": true, "https://login.corp.co.kr:8443/t": true, "https://api.corp.co.kr/t": true, "https://corp.co.kr/t": true,
		"https://API.CORP.co.kr/t": true, "https://tokens.partner.test/t": true,
		"https://partner.test/t": false, "https://evil.co.kr/t": false, "https://co.kr/t": false, "https://evilcorp.co.kr/t": false,
		"https://login.corp.co.kr.evil.test/t": false, "http://login.corp.co.kr/t": false, "http://localhost/t": false, "https://localhost/t": false,
		"https://127.0.0.1/t": false, "https://[::1]/t": false, "https://169.254.169.254/t": false, "https://2130706433/t": false,
		"https://a:b@login.corp.co.kr/t": false, "https://login.corp.co.kr/t#x": false, "file:///etc/passwd": false, "//login.corp.co.kr/t": false, "": false,
		"javascript:alert(1)": false, "https:login.corp.co.kr": false,
	} {
		ends, err := oidc.ReadMetadata(c, document(token))
		if (err == nil) != good || good && ends.Token != token {
			t.Errorf("%q: %v", token, err)
		}
	}
	// Hosts without an owner do not have the same one.
	for issuer, token := range map[string]string{
		"https://10.1.2.3": "https://169.254.169.254/t", "https://login": "https://metadata/t", "http://localhost:1": "http://127.0.0.1:1/t", "https://co.kr": "https://corp.co.kr/t",
	} {
		lone := oidc.Config{ID: "corp", Issuer: issuer, ClientID: "app"}
		document := fmt.Appendf(nil, `{"issuer":"%[1]s","authorization_endpoint":"%[1]s/a","jwks_uri":"%[1]s/k","token_endpoint":"%[2]s"}`, issuer, token)
		if _, err := oidc.ReadMetadata(lone, document); err == nil {
			t.Errorf("%s may name %s", issuer, token)
		}
	}
	c.Endpoints.Token = "https://elsewhere.test/t"
	if ends, err := oidc.ReadMetadata(c, document("https://evil.test/t")); err != nil || ends.Token != c.Endpoints.Token {
		t.Errorf("a pinned end point: %v, %v", ends, err)
	}
	// An end point that nobody needs is left out, and nobody fails for it.
	ends, err := oidc.ReadMetadata(c, []byte(`{"issuer":"https://login.corp.co.kr/oidc","authorization_endpoint":"https://login.corp.co.kr/a","jwks_uri":"https://keys.corp.co.kr/k","userinfo_endpoint":"https://evil.test/u","revocation_endpoint":3}`))
	if err != nil || ends.UserInfo != "" || ends.Revocation != "" {
		t.Errorf("%+v, %v", ends, err)
	}
}

// S-114, ruling 28: the issuer may be in a private network, what only its document names may
// not, whatever the name of it resolves to.
func TestS114_DiscoveredEndPointsArePublic(t *testing.T) {
	i := newIssuer(t)
	secure := httptest.NewTLSServer(i.Config.Handler)
	t.Cleanup(secure.Close)
	transport := secure.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "example.com" // the name in httptest's certificate
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, secure.Listener.Addr().String())
	}
	for _, test := range []struct {
		name, token string
		hosts       []string
		good        bool
	}{
		{"on the issuer's own host", "https://login.corp.test/token", nil, true},
		{"on another host of the owner's", "https://api.corp.test/token", nil, false},
		{"on another host that is configured", "https://api.corp.test/token", []string{"api.corp.test"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			const name = "https://login.corp.test"
			i.set(func() {
				i.claims["iss"] = name
				i.calls = map[string]int{}
				i.document = map[string]any{"issuer": name, "authorization_endpoint": name + "/a", "token_endpoint": test.token, "jwks_uri": name + "/jwks"}
			})
			c := i.config()
			c.Issuer, c.Hosts = name, test.hosts
			a := i.attempt()
			a.World.HTTP = &http.Client{Transport: transport}
			_, err := i.signInAs(oidc.New(c), a)
			if (err == nil) != test.good {
				t.Errorf("error = %v", err)
			}
			if n := i.count("/token"); (n == 1) != test.good {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestS114_PublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700:4700::1111": true, "127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "255.255.255.255": false, "224.0.0.1": false, "::": false,
		"::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true, "::ffff:100.64.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "fc00::1": false, "fd12::1": false,
		"fe80::1%eth0": false, "fec0::1": false, "2002:7f00:1::": false, "2001:0:1::": false, "198.18.0.1": false, "192.0.0.1": false, "2001:db8::1": false, "ff02::1": false,
	} {
		if got := oidc.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public %t", text, got)
		}
	}
}

// F-08: a dead issuer is not asked more than five times, and then once in ten seconds.
func TestDeadIssuer(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"out of order": outOfOrder,
		"cut off":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"elsewhere":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.handle[wellKnown] = fault
			p := oidc.New(i.config())
			for range 8 {
				if _, err := p.Begin(context.Background(), i.attempt()); kindOf(err) != again {
					t.Fatalf("error = %v", err)
				}
			}
			if n := i.count(wellKnown); n != 5 || i.count("/login") != 0 {
				t.Errorf("calls = %v", i.calls)
			}
			i.set(func() { delete(i.handle, wellKnown); i.now = i.now.Add(10 * time.Second) })
			if _, err := p.Begin(context.Background(), i.attempt()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What an issuer says wrongly is a fault of the configuration, and nobody is sent anywhere.
func TestDocumentThatIsNone(t *testing.T) {
	huge := `{"issuer":"` + strings.Repeat("x", 64<<10) + `"}`
	for name, document := range map[string]string{"HTML": "<h1>hello", "a list": "[]", "nothing": "", "too long": huge, "an issuer twice": `{"issuer":"a","issuer":"b"}`} {
		i := newIssuer(t)
		i.handle[wellKnown] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, document) }
		if _, err := oidc.New(i.config()).Begin(context.Background(), i.attempt()); kindOf(err) != again {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVisitorWhoGoesAwayStopsNoFetch(t *testing.T) {
	i := newIssuer(t)
	p := oidc.New(i.config())
	hold := make(chan struct{})
	asked := make(chan struct{})
	i.handle[wellKnown] = func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-hold
		i.set(func() { delete(i.handle, wellKnown) })
		i.serve(w, r)
	}
	ctx, leave := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() { _, err := p.Begin(ctx, i.attempt()); gone <- err }()
	<-asked
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
	close(hold)
	if _, err := p.Begin(context.Background(), i.attempt()); err != nil {
		t.Errorf("who stayed: %v", err)
	}
}

func TestCheck(t *testing.T) {
	good := oidc.Config{ID: "corp", Issuer: "https://login.corp.test", ClientID: "app", ClientSecret: clientSecret}
	for _, test := range []struct {
		name   string
		change func(*oidc.Config)
		want   string
	}{
		{"no client", func(c *oidc.Config) { c.ClientID = "" }, "client ID"},
		{"no issuer", func(c *oidc.Config) { c.Issuer = "" }, "issuer"},
		{"http away from loopback", func(c *oidc.Config) { c.Issuer = "http://login.corp.test" }, "issuer"},
		{"a query", func(c *oidc.Config) { c.Issuer += "?x" }, "issuer"},
		{"an end point without https", func(c *oidc.Config) { c.Endpoints.Token = "http://login.corp.test/t" }, "token_endpoint: not https"},
		{"a tenant and no list", func(c *oidc.Config) { c.Issuer += "/{tenantid}" }, "tenants"},
		{"a list and no tenant", func(c *oidc.Config) { c.Tenants = []string{"x"} }, "tenants"},
		{"HMAC and no secret", func(c *oidc.Config) { c.Algorithms, c.ClientSecret = []string{"HS256"}, "" }, "needs the client's secret"},
		{"HMAC and a short secret", func(c *oidc.Config) { c.Algorithms, c.ClientSecret = []string{"HS256"}, "short" }, "too short"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			p := oidc.New(c)
			if err := p.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check = %v", err)
			}
			a := &signet.Attempt{ID: state, Callback: callback}
			if _, err := p.Begin(context.Background(), a); err == nil {
				t.Error("Begin works")
			}
			if _, err := p.Finish(context.Background(), a); err == nil {
				t.Error("Finish works")
			}
		})
	}
	if err := oidc.New(good).Check(); err != nil {
		t.Error(err)
	}
}

func FuzzDiscovery(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://login.corp.test","authorization_endpoint":"https://login.corp.test/a","token_endpoint":"https://api.corp.test/t","jwks_uri":"https://login.corp.test/k","token_endpoint_auth_methods_supported":["client_secret_post"]}`))
	f.Add([]byte(`{"issuer":"https://login.corp.test","token_endpoint":"https://login.corp.test@evil.test"}`))
	f.Add([]byte(`{"issuer":"https://login.corp.test","token_endpoint":"https://login.corp.test\\.evil.test/","userinfo_endpoint":"https://[::ffff:127.0.0.1]/"}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		ends, err := oidc.ReadMetadata(oidc.Config{ID: "corp", Issuer: "https://login.corp.test", ClientID: "app"}, document)
		if err != nil {
			if len(err.Error()) > 600 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		for _, address := range []string{ends.Authorization, ends.Token, ends.Keys, ends.UserInfo, ends.Revocation, ends.EndSession} {
			if address == "" {
				continue
			}
			r, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil || r.URL.Scheme != "https" || oauth2.CheckURL(address) != nil {
				t.Fatalf("%q: %v", address, err)
			}
			if h := strings.ToLower(r.URL.Hostname()); h != "corp.test" && !strings.HasSuffix(h, ".corp.test") {
				t.Fatalf("%q is on %q", address, h)
			}
		}
	})
}
