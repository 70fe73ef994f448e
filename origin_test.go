package signet_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

// TestS22_FirstGate crosses every Sec-Fetch-Site with every Origin. What is expected comes
// from the rule as it is written in the checklist, not from the table's own answers.
func TestS22_FirstGate(t *testing.T) {
	for _, place := range []struct {
		name, url, host string // url "" takes the host of the request
		own             []string
		twins           []string
	}{
		{"https", "https://app.example.com", "app.example.com", []string{"https://app.example.com", "https://app.example.com:443"}, nil},
		{"http", "http://app.example.com", "app.example.com", []string{"http://app.example.com", "http://app.example.com:80"}, nil},
		{"https on a port", "https://app.example.com:8443", "app.example.com:8443", []string{"https://app.example.com:8443"}, nil},
		{"loopback", "", "localhost:3000", []string{"http://localhost:3000"}, []string{"http://127.0.0.1:3000", "http://[::1]:3000"}},
		{"loopback by its number", "", "127.0.0.1:3000", []string{"http://127.0.0.1:3000"}, []string{"http://localhost:3000", "http://[::1]:3000"}},
	} {
		t.Run(place.name, func(t *testing.T) {
			h := open(t, func(c *signet.Config) {
				c.URL, c.TrustedOrigins = place.url, []string{"https://admin.example.com"}
			})
			foreign := []string{
				"null", "https://evil.example", "https://app.example.com.evil.example", "https://evil-app.example.com", "https://example.com",
				"https://app.example.com:444", "http://app.example.com:81", "https://app.example.com@evil.example", "https://app.example.com/",
				"app.example.com", "//app.example.com", "https://", "HTTPS://app.example.com", " ", "*", "file://", "http://localhost", "http://localhost:3001",
				"https://localhost:3000", "http://127.0.0.2:3000", "http://localhost:3000.evil.example", "https://app.example.com https://evil.example", "http://[::1]",
			}
			kind := map[string]string{"https://admin.example.com": "trusted", "": "none"}
			for _, o := range foreign {
				kind[o] = "foreign"
			}
			if place.url == "https://app.example.com" {
				kind["https://app.example.com/"] = "lenient" // with a slash it is no Origin, and no harm either
			}
			for _, o := range place.own {
				kind[o] = "own"
			}
			for _, o := range place.twins {
				kind[o] = "trusted"
			}
			for origin, kind := range kind {
				for _, site := range []string{"", "same-origin", "none", "same-site", "cross-site", "Same-Origin", "x"} {
					for _, token := range []bool{true, false} {
						passes := kind == "none" || kind == "own" || kind == "trusted"
						switch site {
						case "":
						case "same-origin", "none":
							passes = true
						default:
							passes = kind == "trusted"
						}
						if kind == "lenient" && site == "" {
							continue
						}
						status := h.gate(t, place.host, origin, site, token)
						want := http.StatusForbidden
						if passes {
							want = http.StatusSeeOther // signed out, or sent back for the token
						}
						if status != want {
							t.Errorf("Origin %q (%s), Sec-Fetch-Site %q, token %v: %d, want %d", origin, kind, site, token, status, want)
						}
					}
				}
			}
		})
	}
}

// gate posts a sign-out and returns the status; a redirect of a post without token must
// not have signed anybody out.
func (h *house) gate(t *testing.T, host, origin, site string, withToken bool) int {
	t.Helper()
	c := h.courier(t)
	if h.config.URL == "" {
		c.origin = "http://" + host
	}
	form := url.Values{}
	if withToken {
		form.Set("csrfToken", c.csrf())
	}
	if origin != "" {
		c.header["Origin"] = []string{origin}
	}
	if site != "" {
		c.header["Sec-Fetch-Site"] = []string{site}
	}
	c.header.Set("Referer", "https://evil.example/") // plays no part
	w := c.post("/api/auth/signout", form)
	if refused := strings.Contains(w.Header().Get("Location"), "MissingCSRF"); w.Code == http.StatusSeeOther && refused == withToken {
		t.Errorf("Origin %q, Sec-Fetch-Site %q, token %v: leads to %s", origin, site, withToken, w.Header().Get("Location"))
	}
	return w.Code
}

func TestS22_HoldsForEveryPost(t *testing.T) {
	h := open(t, https)
	c := h.courier(t)
	c.signIn()
	before := h.stands(t)
	c.header.Set("Origin", "https://evil.example")
	for _, path := range everyRoute {
		if path == "/_log" {
			continue // takes reports of anybody, and drops them
		}
		for _, w := range []*httptest.ResponseRecorder{
			c.post("/api/auth"+path, url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}}),
			c.postJSON("/api/auth"+path, map[string]string{"csrfToken": c.csrf()}),
		} {
			if w.Code != http.StatusForbidden {
				t.Errorf("POST %s from another site: %d", path, w.Code)
			}
		}
	}
	if h.stands(t) != before || h.Stats().RefusedCrossSite == 0 {
		t.Error("something changed, or nothing was counted")
	}
}

// hostile are headers by which somebody may try to name another host.
var hostile = []http.Header{
	{"X-Forwarded-Host": {"evil.example"}},
	{"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}},
	{"X-Forwarded-Proto": {"https"}},
	{"Forwarded": {"host=evil.example;proto=https;for=192.0.2.43"}},
	{"X-Original-Host": {"evil.example"}},
	{"X-Host": {"evil.example"}},
	{"X-Forwarded-Server": {"evil.example"}},
	{"X-Rewrite-Url": {"https://evil.example/"}},
	{"X-Original-Url": {"https://evil.example/"}},
	{"X-Forwarded-Port": {"1"}},
	{"X-Http-Host-Override": {"evil.example"}},
}

func TestS56_HostNeverComesFromTheRequest(t *testing.T) {
	for _, place := range []struct {
		name string
		url  string
		want string // the origin in everything we write; "" for a refusal
		host string
	}{
		{"URL configured, hostile Host", site, site, "evil.example"},
		{"URL configured, its own Host", site, site, "app.example.com"},
		{"URL configured, Host with a port", site, site, "app.example.com:1"},
		{"nothing configured, hostile Host", "", "", "evil.example"},
		{"nothing configured, a Host that begins like ours", "", "", "localhost.evil.example"},
		{"nothing configured, user in Host", "", "", "localhost@evil.example"},
		{"nothing configured, empty Host", "", "", ""},
		{"nothing configured, path in Host", "", "", "localhost/evil"},
		{"nothing configured, loopback", "", "http://localhost:3000", "localhost:3000"},
	} {
		t.Run(place.name, func(t *testing.T) {
			h := open(t, func(c *signet.Config) { c.URL = place.url })
			for _, header := range hostile {
				for _, path := range append([]string{"/session", "/signin?callbackUrl=/x", "/signup", "/signout"}, everyRoute...) {
					r := httptest.NewRequest(http.MethodGet, "http://localhost/api/auth"+path, nil)
					r.Host = place.host
					for k, v := range header {
						r.Header[k] = v
					}
					r.Header.Set("Accept", "text/html")
					w := httptest.NewRecorder()
					h.handler.ServeHTTP(w, r)
					all := fmt.Sprint(w.Header()) + w.Body.String()
					if place.want == "" && (w.Code != http.StatusBadRequest || len(w.Header()["Set-Cookie"]) > 0) && path != "/_log" {
						t.Errorf("%s with %v: %d", path, header, w.Code)
					}
					if strings.Contains(all, "evil") {
						t.Errorf("%s with %v: %s", path, header, all)
					}
					if place.want != "" && path == "/providers" && !strings.Contains(all, place.want+"/api/auth/callback/credentials") {
						t.Errorf("%s with %v: %d %s", path, header, w.Code, w.Body)
					}
					for _, u := range absoluteURLs(all) {
						if !strings.HasPrefix(u, place.want) {
							t.Errorf("%s with %v names %s", path, header, u)
						}
					}
				}
			}
		})
	}
	t.Run("absolute form of the request line", func(t *testing.T) {
		h := open(t)
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.origin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET http://evil.example/mine/x HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nConnection: close\r\n\r\n", strings.TrimPrefix(h.origin, "http://"))
		answer := make([]byte, 4096)
		n, err := conn.Read(answer)
		if err != nil || strings.Contains(string(answer[:n]), "evil") {
			t.Errorf("%s %v", answer[:n], err)
		}
	})
}

// absoluteURLs finds what looks like one, without the names of XML and fonts.
func absoluteURLs(text string) []string {
	var found []string
	text, _ = url.QueryUnescape(strings.ReplaceAll(text, "%", "%25"))
	for _, scheme := range []string{"http://", "https://"} {
		rest := text
		for {
			i := strings.Index(rest, scheme)
			if i < 0 {
				break
			}
			rest = rest[i:]
			end := strings.IndexAny(rest, "\"' <>\\)]")
			if end < 0 {
				end = len(rest)
			}
			if !strings.Contains(rest[:end], "www.w3.org") {
				found = append(found, rest[:end])
			}
			rest = rest[len(scheme):]
		}
	}
	return found
}

func TestS105_ForwardedHeaders(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*signet.Config)
		peer    string
		forward string
		ip      string
	}{
		{"direct", nil, "198.51.100.9:1", "", "198.51.100.9"},
		{"direct, forged", nil, "198.51.100.9:1", "203.0.113.5", "198.51.100.9"},
		{"a proxy that is not trusted", proxies("10.0.0.0/8"), "192.0.2.1:1", "203.0.113.5", "192.0.2.1"},
		{"a trusted proxy", proxies("10.0.0.0/8"), "10.1.2.3:1", "203.0.113.5", "203.0.113.5"},
		{"a trusted proxy, forged in front", proxies("10.0.0.0/8"), "10.1.2.3:1", "1.1.1.1, 203.0.113.5", "203.0.113.5"},
		{"two trusted proxies", proxies("10.0.0.0/8"), "10.1.2.3:1", "1.1.1.1, 203.0.113.5, 10.9.9.9", "203.0.113.5"},
		{"all are proxies", proxies("10.0.0.0/8"), "10.1.2.3:1", "10.4.4.4, 10.5.5.5", "10.4.4.4"},
		{"rubbish on the right", proxies("10.0.0.0/8"), "10.1.2.3:1", "203.0.113.5, x", "10.1.2.3"},
		{"rubbish on the left", proxies("10.0.0.0/8"), "10.1.2.3:1", "<script>, 203.0.113.5", "203.0.113.5"},
		{"nothing forwarded", proxies("10.0.0.0/8"), "10.1.2.3:1", "", "10.1.2.3"},
		{"a single address trusted", proxies("10.1.2.3"), "10.1.2.3:1", "203.0.113.5", "203.0.113.5"},
		{"its neighbour is not", proxies("10.1.2.3"), "10.1.2.4:1", "203.0.113.5", "10.1.2.4"},
		{"an IPv4 proxy in IPv6 clothes", proxies("10.0.0.0/8"), "[::ffff:10.1.2.3]:1", "::ffff:203.0.113.5", "203.0.113.5"},
		{"IPv6", proxies("fd00::/8"), "[fd00::1]:1", "2001:DB8:0:0::1", "2001:db8::1"},
		{"with a zone", proxies("fe80::/10"), "[fe80::1%eth0]:1", "203.0.113.5", "203.0.113.5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := make(chan string, 1)
			h := open(t, func(c *signet.Config) {
				if test.change != nil {
					test.change(c)
				}
				c.Stores = signet.Stores{}
				c.Providers = []signet.Provider{peeper(func(a *signet.Attempt) { seen <- a.Client.IP })}
			})
			c := h.courier(t)
			c.peer = test.peer
			if test.forward != "" {
				c.header.Set("X-Forwarded-For", test.forward)
			}
			c.header.Set("X-Real-Ip", "6.6.6.6")
			c.header.Set("Forwarded", "for=6.6.6.6")
			c.header.Set("True-Client-Ip", "6.6.6.6")
			c.post("/api/auth/callback/peeper", url.Values{"csrfToken": {c.csrf()}})
			if got := <-seen; got != test.ip {
				t.Errorf("client is %s, want %s", got, test.ip)
			}
		})
	}
	t.Run("host and scheme", func(t *testing.T) {
		for _, test := range []struct {
			name   string
			change func(*signet.Config)
			peer   string
			want   string // origin, "" for a refusal
		}{
			{"no proxy", nil, "10.1.2.3:1", ""},
			{"a proxy, but no host may be trusted", proxies("10.0.0.0/8"), "10.1.2.3:1", ""},
			{"a proxy and TrustHost", func(c *signet.Config) { proxies("10.0.0.0/8")(c); c.TrustHost = true }, "10.1.2.3:1", "https://public.example"},
			{"TrustHost, but not the peer", func(c *signet.Config) { proxies("10.0.0.0/8")(c); c.TrustHost = true }, "192.0.2.1:1", "http://inner.example"},
			{"TrustHost alone", func(c *signet.Config) { c.TrustHost = true }, "10.1.2.3:1", "http://inner.example"},
			{"URL", func(c *signet.Config) { proxies("10.0.0.0/8")(c); c.TrustHost, c.URL = true, site }, "10.1.2.3:1", site},
		} {
			t.Run(test.name, func(t *testing.T) {
				h := open(t, func(c *signet.Config) {
					if test.change != nil {
						test.change(c)
					}
				})
				c := h.courier(t)
				c.origin, c.peer = "http://inner.example", test.peer
				c.header.Set("X-Forwarded-Host", "public.example")
				c.header.Set("X-Forwarded-Proto", "https")
				w := c.get("/api/auth/providers")
				got := ""
				if urls := absoluteURLs(w.Body.String()); len(urls) > 0 {
					got = strings.TrimSuffix(urls[0], "/api/auth/signin/credentials")
				}
				if got != test.want || test.want == "" && w.Code != http.StatusBadRequest {
					t.Errorf("%d, origin %q, want %q", w.Code, got, test.want)
				}
			})
		}
	})
	for _, bad := range []string{"10.0.0.0/33", "proxy", "", "10.0.0", "1.2.3.4:80"} {
		if _, err := signet.New(signet.Config{Secrets: []string{secret}, TrustedProxies: []string{bad}}); err == nil {
			t.Errorf("New took the proxy %q", bad)
		}
	}
}

func proxies(list ...string) func(*signet.Config) {
	return func(c *signet.Config) { c.TrustedProxies = list }
}

// A peeper is a provider that shows its attempts to a test and lets nobody in.
type peeper func(*signet.Attempt)

func (peeper) Info() signet.Info {
	return signet.Info{ID: "peeper", Type: "credentials", Name: "Peeper"}
}

func (peeper) Begin(context.Context, *signet.Attempt) (signet.Step, error) { return signet.Form{}, nil }

func (p peeper) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	p(a)
	return nil, &signet.Refused{Code: "credentials"}
}
