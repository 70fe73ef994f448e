package signet_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
)

// BenchmarkGetSession is the work of GET session without the network: cookie in, JSON out.
// `./dev bench` measures it over real connections, beside a bare handler.
func BenchmarkGetSession(b *testing.B) {
	always := time.Duration(0)
	for _, c := range []struct {
		name   string
		config signet.SessionConfig
	}{
		{"jwt", signet.SessionConfig{}},
		{"jwt renewed at each read", signet.SessionConfig{UpdateAge: &always}},
		{"database in memory", signet.SessionConfig{Strategy: signet.Database}},
	} {
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			auth, cookies := signedInForBench(b, c.config)
			handler := auth.Handler()
			r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/session", nil)
			r.Header.Set("Cookie", cookies)
			b.ReportAllocs()
			for b.Loop() {
				w := sink{http.Header{}}
				handler.ServeHTTP(w, r)
			}
		})
	}
}

// sink is a ResponseWriter that keeps headers only.
type sink struct{ h http.Header }

func (s sink) Header() http.Header         { return s.h }
func (s sink) Write(b []byte) (int, error) { return len(b), nil }
func (s sink) WriteHeader(int)             {}

func signedInForBench(b *testing.B, session signet.SessionConfig) (*signet.Auth, string) {
	b.Helper()
	stores := memory.New().Stores()
	auth, err := signet.New(signet.Config{
		Secrets: []string{secret}, URL: "http://localhost", Stores: stores, Session: session,
		Providers: []signet.Provider{anybody},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { auth.Close() })
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil)
	guest, w := httptest.NewRecorder(), httptest.NewRecorder()
	auth.Handler().ServeHTTP(guest, r)
	if _, err := auth.SignIn(w, r, "anybody", map[string][]string{"name": {"Kim Minsu"}}); err != nil {
		b.Fatal(err)
	}
	jar := map[string]string{}
	for _, c := range append(guest.Result().Cookies(), w.Result().Cookies()...) {
		jar[c.Name] = c.Value
	}
	var pairs []string
	for k, v := range jar {
		pairs = append(pairs, k+"="+v)
	}
	cookies := strings.Join(pairs, "; ")
	r.Header.Set("Cookie", cookies)
	if auth.Session(r) == nil {
		b.Fatal("not signed in")
	}
	return auth, cookies
}
