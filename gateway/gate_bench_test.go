package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// BenchmarkGate carries 1 KB through the gate, with and without a session and its token.
// The peer is the proxy of the standard library in the same place, which asks nobody.
func BenchmarkGate(b *testing.B) {
	body := strings.Repeat("x", 1024)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(body)) }))
	defer server.Close()
	h := open(b, openTo(func(string) []gateway.Route {
		return []gateway.Route{
			{Match: "/assets/:path*", Upstream: server.URL, Anonymous: true},
			{Match: "/api/:path*", Upstream: server.URL, Require: gateway.Session, API: true, Token: &gateway.Carry{As: "bearer"}},
			{Match: "/:path*", Upstream: server.URL},
		}
	}))
	cookie := h.signIn(b, "alice")
	to, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	peer := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.SetXForwarded() }}
	for _, test := range []struct {
		name    string
		handler http.Handler
		path    string
		cookie  string
	}{
		{"ReverseProxy without auth", peer, "/api/x", cookie},
		{"anonymous", h.gate, "/assets/x", ""},
		{"open, by nobody", h.gate, "/x", ""},
		{"session and token", h.gate, "/api/x", cookie},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				test.handler.ServeHTTP(w, browserRequest(test.path, test.cookie))
				if w.Code != 200 || w.Body.Len() != 1024 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkForward answers Caddy's question, beside a handler that only answers.
func BenchmarkForward(b *testing.B) {
	h := open(b)
	cookie := h.signIn(b, "alice")
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for _, test := range []struct {
		name    string
		handler http.Handler
		cookie  string
		status  int
	}{
		{"a bare handler", bare, cookie, 200}, {"yes", h.gate, cookie, 200}, {"no", h.gate, "", 401},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := browserRequest("/auth/forward/caddy", test.cookie)
				r.RemoteAddr = trustedPeer
				r.Header["X-Forwarded-Method"], r.Header["X-Forwarded-Proto"] = []string{"GET"}, []string{"https"}
				r.Header["X-Forwarded-Host"], r.Header["X-Forwarded-Uri"] = []string{"app.example.test"}, []string{"/account/x"}
				w := httptest.NewRecorder()
				test.handler.ServeHTTP(w, r)
				if w.Code != test.status {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkExplain finds the route of paths with one reading and with several.
func BenchmarkExplain(b *testing.B) {
	h := open(b)
	for name, path := range map[string]string{"a plain path": "/account/settings/profile", "a Korean path": "/public/%ED%95%9C%EA%B8%80/%EB%AC%B8%EC%84%9C"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.gate.Explain("GET", path, nil, &signet.Session{UserID: "alice"})
			}
		})
	}
}

// browserRequest is a request with the headers that a browser sends.
func browserRequest(path, cookie string) *http.Request {
	r := request("GET", path)
	r.Header = http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate, br, zstd"}, "Accept-Language": {"ko-KR,ko;q=0.9"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64)"},
		"Referer": {publicOrigin + "/"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-origin"},
	}
	if cookie != "" {
		r.Header["Cookie"] = []string{cookie}
	}
	return r
}
