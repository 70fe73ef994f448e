package bearer_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

// A keyServer publishes a key set and counts who asks.
type keyServer struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	count  int
}

func newKeyServer(t testing.TB) *keyServer {
	s := &keyServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.count++
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *keyServer) serve(body string) {
	s.set(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
}

func (s *keyServer) fail() {
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
}

func (s *keyServer) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// A place is an issuer far away, and a guard that knows it by its address only.
type place struct {
	*keyServer
	*clock
	guard *bearer.Guard
}

func newPlace(t testing.TB) place {
	p := place{newKeyServer(t), &clock{now}, nil}
	p.guard = guard(bearer.Remote(p.URL+"/keys", nil))
	p.guard.Now = p.clock.Now
	return p
}

// publish serves the keys of secrets, newest first, and gives the mint that signs with them.
func (p place) publish(t testing.TB, secrets ...string) *bearer.Mint {
	t.Helper()
	m := newMint(t, func(c *bearer.MintConfig) { c.Ring, c.Now = seal.Secrets(secrets...), p.clock.Now })
	p.set(m.JWKS().ServeHTTP)
	return m
}

// settle waits for what goes on in the background: the next look finds it done, or joins it.
func (p place) settle(t testing.TB, want int) {
	t.Helper()
	for range 500 {
		if p.asked() >= want {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRemote(t *testing.T) {
	p := newPlace(t)
	m := p.publish(t, secret)
	token := sign(t, m, usual)
	for range 5 {
		if w := ask(p.guard.Require(subject), bearing(token)); w.Code != 200 || w.Body.String() != "7" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if n := p.asked(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

// S-72: a rotation refuses nobody: the new key is asked for when it is first seen.
func TestS72_RotationRefusesNobody(t *testing.T) {
	for _, cache := range []int{0, 16} {
		p := newPlace(t)
		p.guard.Cache = cache
		before := sign(t, p.publish(t, secret), usual)
		if _, err := p.guard.Verify(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		p.pass(31 * time.Second)
		after := sign(t, p.publish(t, another), usual) // in place of the old one
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for _, token := range []string{after, before} { // the old one counts for a while
					if _, err := p.guard.Verify(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if n := p.asked(); n != 2 {
			t.Errorf("%d fetches", n)
		}
		p.pass(4 * time.Minute)
		if _, err := p.guard.Verify(t.Context(), before); err != nil {
			t.Errorf("with the key of four minutes ago: %v", err)
		}
	}
}

// S-72: a key that has left the set counts for ten minutes and no longer, remembered or not.
func TestS72_OldKeysEnd(t *testing.T) {
	for _, cache := range []int{0, 16} {
		p := newPlace(t)
		p.guard.Cache = cache
		long := usual
		long.Life = 2 * time.Hour
		before := sign(t, p.publish(t, secret), long)
		if _, err := p.guard.Verify(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		p.pass(31 * time.Second)
		after := sign(t, p.publish(t, another), long)
		for _, token := range []string{after, before, before} {
			if _, err := p.guard.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		p.pass(10 * time.Minute)
		if _, err := p.guard.Verify(t.Context(), before); !errors.Is(err, seal.ErrForeign) {
			t.Errorf("cache %d: with the key of ten minutes ago: %v", cache, err)
		}
		if _, err := p.guard.Verify(t.Context(), after); err != nil {
			t.Errorf("cache %d: with the key of now: %v", cache, err)
		}
	}
}

// S-72: names of keys that nobody has cost one fetch in thirty seconds at most.
func TestS72_TenThousandRandomKids(t *testing.T) {
	p := newPlace(t)
	m := p.publish(t, secret)
	token := sign(t, m, usual)
	if _, err := p.guard.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	p.pass(30 * time.Second)
	for round := range 3 {
		var all sync.WaitGroup
		for w := range 20 {
			all.Go(func() {
				for n := range 170 {
					random := resign(t, token, fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":"%d-%d"}`, w, n))
					if _, err := p.guard.Verify(t.Context(), random); !errors.Is(err, seal.ErrForeign) {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if n := p.asked() - 1; n != round+1 {
			t.Fatalf("%d fetches in %d times 30 s", n, round+1)
		}
		p.pass(30 * time.Second)
	}
}

// S-72: key sets are bounded, and one that cannot be used replaces none that can.
func TestS72_BadKeySets(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{"kty":"RSA"},`, 65), ",")
	for name, answer := range map[string]http.HandlerFunc{
		"too long":           body(`{"keys":[],"x":"` + strings.Repeat("x", 256<<10) + `"}`),
		"too many":           body(`{"keys":[` + many + `]}`),
		"none":               body(`{"keys":[]}`),
		"HTML":               body("<h1>"),
		"empty":              body(""),
		"a secret":           body(`{"keys":[{"kty":"oct","k":"` + b64.EncodeToString([]byte(secret)) + `","alg":"HS256"}]}`),
		"a private key":      body(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"cfNWYrdy09FTvmDWLbe_XFeRmW91Z9ai8jsXYEz8NAw","d":"cfNWYrdy09FTvmDWLbe_XFeRmW91Z9ai8jsXYEz8NAw"}]}`),
		"a failure":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"a redirect":         func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) },
		"a hang-up":          func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"another media type": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			long := usual
			long.Life = 24 * time.Hour
			m := p.publish(t, secret)
			token := sign(t, m, long)
			if _, err := p.guard.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			p.set(answer)
			p.pass(11 * time.Minute)
			if _, err := p.guard.Verify(t.Context(), token); err != nil {
				t.Errorf("with the old keys: %v", err)
			}
			p.pass(24 * time.Hour)
			fresh := sign(t, m, long)
			if _, err := p.guard.Verify(t.Context(), fresh); !errors.Is(err, bearer.ErrUnavailable) {
				t.Errorf("with those of a day ago: %v", err)
			}
			cold := guard(bearer.Remote(p.URL, nil))
			cold.Now = p.clock.Now
			w := ask(cold.Require(subject), bearing(fresh))
			if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
				t.Errorf("without any: %d %v %s", w.Code, w.Header(), w.Body)
			}
			cold.Refuse = bearer.NoAuthorization
			if w := ask(cold.Require(subject), bearing(fresh)); w.Code != 503 {
				t.Errorf("NoAuthorization: %d", w.Code)
			}
			hmac := sign(t, newMint(t, func(c *bearer.MintConfig) { c.Algorithm, c.Now = "HS256", p.clock.Now }), long)
			if _, err := cold.Verify(t.Context(), hmac); err == nil {
				t.Error("signed with a secret that was published")
			}
		})
	}
}

// S-72: of a key set without an end no more is read than one may have.
func TestS72_EndlessKeySet(t *testing.T) {
	p := newPlace(t)
	over := make(chan int, 1)
	p.set(func(w http.ResponseWriter, _ *http.Request) {
		chunk, sent := make([]byte, 64<<10), 0
		for sent < 32<<20 {
			n, err := w.Write(chunk)
			if sent += n; err != nil {
				break
			}
		}
		over <- sent
	})
	if _, err := p.guard.Verify(t.Context(), sign(t, mintOf(t, "EdDSA"), usual)); !errors.Is(err, bearer.ErrUnavailable) {
		t.Error(err)
	}
	if sent := <-over; sent >= 32<<20 {
		t.Errorf("%d bytes were taken", sent) // what is in the buffers of sockets is far less
	}
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// Keys that cannot be used stand beside those that can.
func TestS72_OddKeysAreLeftOut(t *testing.T) {
	p := newPlace(t)
	m := p.publish(t, secret)
	good := ask(m.JWKS(), request()).Body.String()
	p.serve(strings.Replace(good, `[`, `[7,{"kty":"RSA"},{"kty":"oct","k":"AAAA"},{"kty":"AKP"},`, 1))
	if _, err := p.guard.Verify(t.Context(), sign(t, m, usual)); err != nil {
		t.Error(err)
	}
}

// While the issuer is away one call is made now and then, not one for each request.
func TestIssuerAway(t *testing.T) {
	p := newPlace(t)
	m := p.publish(t, secret)
	p.fail()
	token := sign(t, m, usual)
	verify := func(want bool) {
		t.Helper()
		if _, err := p.guard.Verify(t.Context(), token); (err == nil) != want {
			t.Errorf("%v", err)
		}
	}
	for range 10 {
		verify(false)
	}
	if n := p.asked(); n != 1 {
		t.Errorf("%d fetches at once", n)
	}
	p.publish(t, secret)
	p.pass(4 * time.Second)
	verify(false)
	p.pass(time.Second)
	verify(true)
	if n := p.asked(); n != 2 {
		t.Errorf("%d fetches", n)
	}
	// After five minutes they are asked for again, and nobody waits for it.
	p.fail()
	p.pass(5 * time.Minute)
	verify(true)
	p.settle(t, 3)
	for range 10 {
		verify(true)
	}
	if n := p.asked(); n != 3 {
		t.Errorf("%d fetches", n)
	}
}

// S-114: an address that sends on to another is not followed.
func TestS114_RedirectsAreNotFollowed(t *testing.T) {
	p, other := newPlace(t), newKeyServer(t)
	m := p.publish(t, secret)
	other.set(m.JWKS().ServeHTTP)
	p.set(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	following := guard(bearer.Remote(p.URL, &http.Client{})) // also by a client that would
	following.Now = p.clock.Now
	for _, g := range []*bearer.Guard{p.guard, following} {
		if _, err := g.Verify(t.Context(), sign(t, m, usual)); !errors.Is(err, bearer.ErrUnavailable) {
			t.Error(err)
		}
	}
	if other.asked() != 0 {
		t.Error("it was followed")
	}
}

// A client that panics ends no program.
func TestClientThatPanics(t *testing.T) {
	g := guard(bearer.Remote("https://a.example", &http.Client{Transport: panics{}}))
	if _, err := g.Verify(t.Context(), sign(t, mintOf(t, "EdDSA"), usual)); !errors.Is(err, bearer.ErrUnavailable) {
		t.Error(err)
	}
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug") }
