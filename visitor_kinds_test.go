package signet_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/provider/social"
	"github.com/signet-auth/signet/signettest"
)

// Every company and every other kind of provider, with people who say what a test wants.

// somebody is who comes to a provider: one of two people there, with an address.
type somebody struct {
	victim   bool
	email    string
	verified any // the provider's own flag, as it writes it; nil is none
}

// An entrance is one provider and a way through it for a courier on https.
type entrance struct {
	id       string
	provider signet.Provider
	http     *http.Client
	away     bool // to another site, so that it can be added to a user
	address  string
	proves   any // the strongest flag for verified addresses, nil where there is none

	// begin takes c to where the provider asks, with further fields of the form; enter goes
	// on from there as who.
	begin func(c *courier, more ...string) *httptest.ResponseRecorder
	enter func(c *courier, begun *httptest.ResponseRecorder, who somebody) *httptest.ResponseRecorder
}

// signIn is the whole way.
func (e *entrance) signIn(c *courier, who somebody) *httptest.ResponseRecorder {
	return e.enter(c, e.begin(c), who)
}

// companies are those that signettest has a double of.
var companies = []string{
	"google", "github", "kakao", "naver", "apple", "discord", "microsoft-entra-id", "gitlab", "facebook", "line", "x",
	"linkedin", "slack", "twitch", "spotify", "generic-oidc", "generic-oauth2",
}

// entrances makes one of each, in houses of their own.
var entrances = func() map[string]func(*testing.T, *signettest.Clock) *entrance {
	all := map[string]func(*testing.T, *signettest.Clock) *entrance{"backend": backendEntrance}
	for _, id := range companies {
		all[id] = func(t *testing.T, clock *signettest.Clock) *entrance { return companyEntrance(t, id, clock) }
	}
	return all
}()

func companyEntrance(t *testing.T, id string, clock *signettest.Clock) *entrance {
	t.Helper()
	fake := signettest.NewProvider(t, id)
	fake.Now = clock.Now
	base := fake.Person()
	e := &entrance{id: id, provider: companyProvider(t, fake), http: signettest.Client(fake), away: true, address: base.Email, proves: base.EmailVerified}
	if e.address == "" {
		e.address = "victim@example.com"
	}
	e.begin = func(c *courier, more ...string) *httptest.ResponseRecorder {
		form := url.Values{"csrfToken": {c.csrf()}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return c.post("/api/auth/signin/"+id, form)
	}
	e.enter = func(c *courier, begun *httptest.ResponseRecorder, who somebody) *httptest.ResponseRecorder {
		fake.SignIn(dressed(base, who))
		answer := visit(t, e.http, begun.Header().Get("Location"))
		if e.provider.Info().FormPost {
			return c.post("/api/auth/callback/"+id, answer)
		}
		return c.get("/api/auth/callback/" + id + "?" + answer.Encode())
	}
	return e
}

// dressed makes somebody of the sample's person.
func dressed(base signettest.Person, who somebody) signettest.Person {
	p := base
	p.Claims = map[string]any{}
	for name, v := range base.Claims {
		p.Claims[name] = v
	}
	if !who.victim {
		last := p.Subject[len(p.Subject)-1]
		p.Subject = p.Subject[:len(p.Subject)-1] + string('1'+(last-'0'+1)%8)
		p.Name = "Attacker"
		if _, ok := p.Claims["oid"]; ok {
			p.Claims["oid"] = "99999999-2222-3333-4444-555555555555"
		}
	}
	if base.Email != "" {
		p.Email = who.email
	}
	if base.Profile["data"] != nil && !who.victim {
		p.Email = "" // X tells no address but a confirmed one
	}
	if base.EmailVerified != nil {
		p.EmailVerified = who.verified
	}
	return p
}

func companyProvider(t *testing.T, fake *signettest.Provider) signet.Provider {
	t.Helper()
	switch fake.ID {
	case "generic-oidc":
		return oidc.New(oidc.Config{ID: fake.ID, Issuer: fake.Issuer(), ClientID: fake.ClientID, ClientSecret: fake.ClientSecret, TrustEmail: true})
	case "generic-oauth2":
		return oauth2.New(oauth2.Config{
			ID: fake.ID, ClientID: fake.ClientID, ClientSecret: fake.ClientSecret, TrustEmail: true,
			Authorize: fake.URL(signettest.Authorization), Token: fake.URL(signettest.Token), UserInfo: fake.URL(signettest.Userinfo),
			Scopes: []string{"profile"}, Map: oauth2.Mapping{Subject: "/user/uid", Name: "/user/display", Email: "/user/mail"},
		})
	}
	// The least careful settings that there are.
	s := social.Settings{ClientID: fake.ClientID, ClientSecret: fake.ClientSecret, Options: social.Options{TrustEmail: true}}
	switch fake.ID {
	case "apple":
		s.ClientSecret, s.TeamID, s.KeyID = string(fake.Apple.PEM()), fake.Apple.TeamID, fake.Apple.KeyID
	case "microsoft-entra-id":
		s.Tenants = []string{fmt.Sprint(fake.Person().Claims["tid"])}
	case "line":
		s.Scopes = []string{"openid", "profile", "email"}
	case "x":
		s.Scopes = []string{"users.read", "tweet.read", "users.email"}
	}
	p, err := social.New(fake.ID, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var hiddenInput = regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`)

// visit asks a provider and gives what it answers through the browser.
func visit(t *testing.T, client *http.Client, to string) url.Values {
	t.Helper()
	res, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if back, err := res.Location(); err == nil {
		return back.Query()
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(string(body), -1) {
		values.Set(m[1], strings.NewReplacer("&#34;", `"`, "&quot;", `"`, "&amp;", "&", "&#39;", "'").Replace(m[2]))
	}
	if values.Get("state") == "" {
		t.Fatalf("%.80s… answers %d %s", to, res.StatusCode, body)
	}
	return values
}

// backendEntrance: a log-in end point that knows both people, and says of their addresses
// what it is told to.
func backendEntrance(t *testing.T, _ *signettest.Clock) *entrance {
	var now somebody
	nest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, name := 666, "Attacker"
		if now.victim {
			id, name = 7, "Victim"
		}
		out := map[string]any{"id": id, "name": name, "email": now.email, "accessToken": "a-token"}
		if now.verified != nil {
			out["verified"] = now.verified
		}
		json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(nest.Close)
	e := &entrance{
		id: "backend", address: "victim@example.com", proves: true,
		provider: backend.New(backend.Config{URL: nest.URL, ForeignIDs: true, Map: backend.Mapping{EmailVerified: "verified"}}),
	}
	e.begin = func(c *courier, more ...string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder() // the form is posted straight to the callback
		w.Header().Set("Location", url.Values{"more": more}.Encode())
		return w
	}
	e.enter = func(c *courier, begun *httptest.ResponseRecorder, who somebody) *httptest.ResponseRecorder {
		now = who
		form := url.Values{"csrfToken": {c.csrf()}, "email": {who.email}, "password": {"1234"}}
		q, _ := url.ParseQuery(begun.Header().Get("Location"))
		for i := 0; i+1 < len(q["more"]); i += 2 {
			form.Set(q["more"][i], q["more"][i+1])
		}
		return c.post("/api/auth/callback/backend", form)
	}
	return e
}
