package signet_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

func TestLoopbackAtItsPort(t *testing.T) {
	h := open(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(h.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for host, ok := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "[::1]:" + port: true, "LOCALHOST:" + port: true,
		"localhost": false, "localhost:1": false, "127.0.0.2:" + port: false, "rebound.example:" + port: false, "0.0.0.0:" + port: false,
	} {
		r, err := http.NewRequest(http.MethodGet, h.origin+"/api/auth/session", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		res, _ := do(t, r)
		if (res.StatusCode == http.StatusOK) != ok {
			t.Errorf("Host %s: %d", host, res.StatusCode)
		}
	}
}

func TestConfigOfThePlace(t *testing.T) {
	for _, test := range []struct {
		name      string
		url, base string
		signInURL string // where the sign-in of the provider is; "" for a refusal by New
		trusted   []string
	}{
		{"nothing", "", "", "http://localhost/api/auth/signin/peeper", nil},
		{"origin only", site, "", site + "/api/auth/signin/peeper", nil},
		{"origin with a slash", site + "/", "", site + "/api/auth/signin/peeper", nil},
		{"AUTH_URL with a path", site + "/app/login", "", site + "/app/login/signin/peeper", nil},
		{"AUTH_URL with a path and a slash", site + "/app/login/", "", site + "/app/login/signin/peeper", nil},
		{"a base path", site, "/auth", site + "/auth/signin/peeper", nil},
		{"a base path beats that of AUTH_URL", site + "/a", "/b/c", site + "/b/c/signin/peeper", nil},
		{"default port", "https://APP.example.com:443", "", site + "/api/auth/signin/peeper", nil},
		{"another scheme", "ftp://x", "", "", nil},
		{"no scheme", "app.example.com", "", "", nil},
		{"user in it", "https://a:b@app.example.com", "", "", nil},
		{"query in it", site + "?x", "", "", nil},
		{"not ASCII", "https://예시.example", "", "", nil},
		{"base path with a query", site, "/a?b", "", nil},
		{"base path of slashes", site, "//", "", nil},
		{"base path with two slashes inside", site, "/a//b", "", nil},
		{"trusted origin with a path", site, "", "", []string{"https://x.example/y"}},
		{"trusted origin without scheme", site, "", "", []string{"x.example"}},
		{"trusted origin of everybody", site, "", "", []string{"*"}},
		{"trusted origin with a wildcard", site, "", "", []string{"https://*.example.com"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := signet.New(signet.Config{
				Secrets: []string{secret}, URL: test.url, BasePath: test.base, TrustedOrigins: test.trusted,
				Providers: []signet.Provider{peeper(func(*signet.Attempt) {})},
				World:     quiet,
			})
			if test.signInURL == "" {
				if err == nil {
					t.Error("New took it")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			path, _ := strings.CutSuffix(test.signInURL[strings.Index(test.signInURL[8:], "/")+8:], "/signin/peeper")
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path+"/providers", nil)
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), `"signinUrl":"`+test.signInURL+`"`) {
				t.Errorf("%d %s, want %s", w.Code, w.Body, test.signInURL)
			}
		})
	}
}
