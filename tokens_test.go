package signet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/signettest"
)

func TestS84_AThousandAskAndOneRefreshIsMade(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup)
			page := h.tokenPage(t)
			h.clock.Advance(2 * time.Hour)
			var served atomic.Int64
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() {
					if visitor(t, page.URL, b.Cookies()).Get("/").Body == "access-2" {
						served.Add(1)
					}
				})
			}
			all.Wait()
			if n.calls.Load() != 1 || served.Load() != 1000 {
				t.Errorf("%d calls of the back end, %d served", n.calls.Load(), served.Load())
			}
		})
	}
}

func TestS84_ProcessesOnOneStoreRefreshOnce(t *testing.T) {
	h, n, b := nested(t)
	second := h.another(t)
	pages := []*httptest.Server{h.tokenPage(t), second.tokenPage(t)}
	h.clock.Advance(2 * time.Hour)
	var served atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if visitor(t, pages[i%2].URL, b.Cookies()).Get("/").Body == "access-2" {
				served.Add(1)
			}
		})
	}
	all.Wait()
	if n.calls.Load() != 1 || served.Load() != 100 {
		t.Errorf("%d calls of the back end, %d served", n.calls.Load(), served.Load())
	}
}

func TestTheBrowserSeesTheRenewedToken(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup)
			for i := 1; i < 4; i++ {
				if got := b.Get("/api/auth/session").Body; !strings.Contains(got, fmt.Sprintf(`"accessToken":"access-%d"`, i)) {
					t.Fatalf("session %d = %s", i, got)
				}
				h.clock.Advance(2 * time.Hour)
			}
			if got := n.calls.Load(); got != 2 {
				t.Errorf("%d refreshes", got)
			}
		})
	}
}

// An answer may get lost on its way to the browser, which then shows the cookie of before.
func TestF09_AnOldCookieGetsTheNewGeneration(t *testing.T) {
	h, n, b := nested(t, setups["jwt without stores"])
	old := b.Cookies()
	h.clock.Advance(2 * time.Hour)
	page := h.tokenPage(t)
	for i := range 3 {
		if got := visitor(t, page.URL, old).Get("/").Body; got != "access-2" {
			t.Errorf("visit %d = %s", i, got)
		}
		h.clock.Advance(20 * time.Second)
	}
	if got := n.calls.Load(); got != 1 {
		t.Errorf("%d refreshes", got)
	}
	fresh := visitor(t, page.URL, old)
	fresh.Get("/")
	if fmt.Sprint(fresh.Cookies()) == fmt.Sprint(old) {
		t.Error("the cookie does not carry the new tokens")
	}
}

func TestTokensOfAnEndedGrantEndTheSessionOfTheFrontEnd(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup)
			n.set(func() { n.dead = true })
			h.clock.Advance(2 * time.Hour)
			for range 2 {
				if got := b.Get("/api/auth/session").Body; got != "null" {
					t.Errorf("session = %s", got) // ruling 17: never {user:{}}
				}
			}
			if got := visitor(t, h.tokenPage(t).URL, b.Cookies()).Get("/").Body; !strings.HasPrefix(got, "lost=true") {
				t.Errorf("token = %s", got)
			}
			if got := n.calls.Load(); got != 1 {
				t.Errorf("%d calls: a grant that is over is asked for again", got)
			}
			byForm("backend", "yuna@example.com", "x")(t, b)
			if got := b.Get("/api/auth/session").Body; !strings.Contains(got, "access-2") {
				t.Errorf("after connecting again: %s", got)
			}
		})
	}
}

func TestS85_AnOutageKeepsTheSession(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup)
			n.set(func() { n.down = true })
			h.clock.Advance(2 * time.Hour)
			got := b.Get("/api/auth/session").Body
			if !strings.Contains(got, "yuna@example.com") || strings.Contains(got, "accessToken") {
				t.Errorf("session while the back end is down = %s", got)
			}
			n.set(func() { n.down = false })
			h.clock.Advance(time.Minute)
			soon(t, "no token after the outage", func() bool {
				return strings.Contains(b.Get("/api/auth/session").Body, "access-2")
			})
		})
	}
}

func TestS85_ALostAnswerIsRetriedOnceAndTold(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			h, n, b := nested(t, setup)
			n.set(func() { n.drop = true })
			h.clock.Advance(2 * time.Hour)
			page := h.tokenPage(t)
			for range 3 {
				if got := visitor(t, page.URL, b.Cookies()).Get("/").Body; !strings.HasPrefix(got, "lost=true") {
					t.Errorf("token = %s", got)
				}
			}
			if got := n.calls.Load(); got > 2 {
				t.Errorf("%d calls with one refresh token", got)
			}
			if got := b.Get("/mine/").Body; !strings.Contains(got, "Yuna") {
				t.Errorf("the session did not live on: %s", got)
			}
		})
	}
}

// lateRenewal is a visitor who waits for a renewal that the back end holds back until go on.
func lateRenewal(t *testing.T, h *house, n *herd, b *signettest.Browser) (got chan string, goOn func()) {
	t.Helper()
	hold := make(chan struct{})
	n.set(func() { n.hold = hold })
	h.clock.Advance(2 * time.Hour)
	page := h.tokenPage(t)
	got = make(chan string)
	go func() { got <- visitor(t, page.URL, b.Cookies()).Get("/").Body }()
	soon(t, "no refresh", func() bool { return n.calls.Load() == 1 })
	return got, func() { close(hold) }
}

// Somebody signs in anew while a renewal is on its way: the tokens of the sign-in stay.
func TestS84_ASignInWinsOverALateRenewal(t *testing.T) {
	h, n, b := nested(t)
	late, goOn := lateRenewal(t, h, n, b)
	other := h.browser(t)
	byForm("backend", "yuna@example.com", "x")(t, other)
	goOn()
	if got := <-late; got != "access-2" {
		t.Errorf("who waited got %s", got)
	}
	if got := other.Get("/api/auth/session").Body; !strings.Contains(got, "access-2") {
		t.Errorf("session = %s", got)
	}
}

func TestS81_TokensOfAnUnlinkedAccountAreNotRevived(t *testing.T) {
	h, n, b := nested(t)
	late, goOn := lateRenewal(t, h, n, b)
	if err := h.stores.Accounts.DeleteAccount(context.Background(), "backend", "3"); err != nil {
		t.Fatal(err)
	}
	goOn()
	if got := <-late; !strings.HasPrefix(got, "lost=true") {
		t.Errorf("token = %s", got)
	}
	if _, err := h.stores.Accounts.Account(context.Background(), "backend", "3"); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("the account is back: %v", err)
	}
}

// TestS83_CarriedTokensOpenInTheirSessionOnly copies the grant of one session into another.
func TestS83_CarriedTokensOpenInTheirSessionOnly(t *testing.T) {
	h, _, b := nested(t, setups["jwt without stores"])
	other := h.browser(t)
	byForm("backend", "yuna@example.com", "x")(t, other)
	for _, c := range append(b.Cookies(), other.Cookies()...) {
		if strings.Contains(c.Value, "refresh-") {
			t.Error("a token can be read in the cookie")
		}
	}
	if h.SwapGrants(b.Cookies(), other.Cookies()) {
		t.Error("the tokens of one session open in another")
	}
}

// TestS88_CarriedTokensAreGivenBackAtSignOut: they are in no store, and go back all the same.
func TestS88_CarriedTokensAreGivenBackAtSignOut(t *testing.T) {
	var back []string
	nest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logout" {
			back = append(back, r.Header.Get("Authorization"))
			return
		}
		io.WriteString(w, `{"id":3,"name":"Yuna","email":"yuna@example.com","accessToken":"access-1"}`)
	}))
	defer nest.Close()
	h := open(t, setups["jwt without stores"], func(c *signet.Config) {
		c.Providers = []signet.Provider{backend.New(backend.Config{URL: nest.URL + "/login", LogoutURL: nest.URL + "/logout", RevokeAtSignOut: true})}
	})
	b := h.browser(t)
	byForm("backend", "yuna@example.com", "x")(t, b)
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	h.Close() // waits for what is under way
	if len(back) != 1 || back[0] != "Bearer access-1" {
		t.Errorf("given back: %q", back)
	}
}

// TestS13_TokensOfASessionThatIsOverAreForgotten: tokens that came in a cookie are in memory
// too. Nothing renews them after the sign-out, and a request that began before does not bring
// them back.
func TestS13_TokensOfASessionThatIsOverAreForgotten(t *testing.T) {
	h, n, b := nested(t, setups["jwt without stores"])
	var id signet.SessionID
	begun, goOn := make(chan bool, 1), make(chan bool)
	site := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, _ := signet.SessionFrom(r.Context())
		id = s.ID
		if r.URL.Path == "/slow" {
			begun <- true
			<-goOn
		}
		set, err := h.Token(r.Context(), "backend")
		fmt.Fprint(w, set.Access, errors.Is(err, signet.ErrNotFound))
	})))
	defer site.Close()
	v := visitor(t, site.URL, b.Cookies())
	if got := v.Get("/").Body; got != "access-1false" || !h.RemembersGrants("backend", id) {
		t.Fatalf("before: %s", got)
	}
	h.clock.Advance(2 * time.Hour)
	slow := make(chan string)
	go func() { slow <- v.Get("/slow").Body }()
	<-begun
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	if h.RemembersGrants("backend", id) {
		t.Error("they are remembered after the sign-out")
	}
	close(goOn)
	if got := <-slow; got != "true" || h.RemembersGrants("backend", id) || n.calls.Load() > 0 {
		t.Errorf("the late request got %q; %d renewals", got, n.calls.Load())
	}
}

// TestS128_OneRequestAsksInParallel: what a renewal changes about the session, other goroutines
// of the same request may read. It fails under the race detector only.
func TestS128_OneRequestAsksInParallel(t *testing.T) {
	h, n, b := nested(t, setups["jwt without stores"])
	site := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hold, read := make(chan struct{}), make(chan bool)
		n.set(func() { n.hold = hold })
		var all sync.WaitGroup
		all.Go(func() { h.Token(r.Context(), "backend") })
		all.Go(func() {
			for i := range 1000 {
				if s, ok := signet.SessionFrom(r.Context()); !ok || h.Session(r).ID != s.ID {
					t.Error("no session")
				}
				if i == 0 {
					close(read)
				}
			}
		})
		<-read
		close(hold)
		all.Wait()
		if set, err := h.Token(r.Context(), "backend"); err != nil || set.Access != "access-2" {
			t.Errorf("%s %v", set.Access, err)
		}
	})))
	defer site.Close()
	h.clock.Advance(2 * time.Hour)
	visitor(t, site.URL, b.Cookies()).Get("/")
}

func TestTransportRenewsAfterA401(t *testing.T) {
	h, n, b := nested(t)
	h.clock.Advance(time.Minute) // a younger token than that is not the reason for a 401
	var seen []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") == "Bearer access-1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer api.Close()
	client := &http.Client{Transport: h.Transport("backend")}
	page := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, api.URL, nil)
		answer, err := client.Do(out)
		if err != nil {
			fmt.Fprint(w, err)
			return
		}
		answer.Body.Close()
		fmt.Fprint(w, answer.StatusCode)
	})))
	defer page.Close()
	if got := visitor(t, page.URL, b.Cookies()).Get("/").Body; got != "200" {
		t.Errorf("answer %s after %q", got, seen)
	}
	if n.calls.Load() != 1 || len(seen) != 2 || seen[1] != "Bearer access-2" {
		t.Errorf("%d refreshes, requests with %q", n.calls.Load(), seen)
	}
	if got := signettest.NewBrowser(t, page.URL).Get("/").Body; !strings.Contains(got, "not found") {
		t.Errorf("nobody's call = %s", got)
	}
}

func TestS87_ARefreshedIDTokenIsOfTheSamePerson(t *testing.T) {
	fake := signettest.NewIssuer(t)
	fake.Lifetime = time.Hour
	var clock *signettest.Clock
	h := open(t, func(c *signet.Config) {
		clock = signettest.NewClock(noon)
		fake.Now, c.World.Now = clock.Now, clock.Now
		c.Providers = []signet.Provider{oidc.New(oidc.Config{ID: "corp", Issuer: fake.Issuer(), ClientID: fake.ClientID, ClientSecret: fake.ClientSecret, Scopes: []string{"openid", "offline_access"}})}
		c.Session.Expose = map[string]string{"accessToken": "corp.access_token"}
	})
	b := h.browser(t)
	byFake(fake, "corp")(t, b)
	clock.Advance(2 * time.Hour)
	fake.Next(signettest.Token, signettest.IDToken(func(_, claims map[string]any) { claims["sub"] = "somebody-else" }))
	if got := b.Get("/api/auth/session").Body; strings.Contains(got, "accessToken") {
		t.Errorf("session = %s", got)
	}
}

func ExampleAuth_Token() {
	auth, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet})
	if err != nil {
		panic(err)
	}
	defer auth.Close()
	page := auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := auth.Token(r.Context(), "kakao")
		fmt.Println("nobody:", errors.Is(err, signet.ErrNotFound))
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost:3000/", nil))
	// Output: nobody: true
}

func ExampleAuth_Transport() {
	auth, err := signet.New(signet.Config{Secrets: []string{secret}, World: quiet})
	if err != nil {
		panic(err)
	}
	defer auth.Close()
	transport := auth.Transport("backend")
	transport.Origins = []string{"http://127.0.0.1:8080"} // nobody else sees the token
	client := &http.Client{Transport: transport}
	page := auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ask, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://127.0.0.1:8080/posts", nil)
		answer, err := client.Do(ask)
		if err != nil {
			http.Error(w, "sign in again", http.StatusUnauthorized)
			return
		}
		defer answer.Body.Close()
		io.Copy(w, answer.Body)
	}))
	rec := httptest.NewRecorder()
	page.ServeHTTP(rec, httptest.NewRequest("GET", "http://localhost:3000/posts", nil))
	fmt.Println(rec.Code)
	// Output: 401
}
