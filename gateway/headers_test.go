package gateway_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// TestS105_ForwardedHeadersAreRebuilt lies about where a request comes from, directly and
// through a trusted proxy.
func TestS105_ForwardedHeadersAreRebuilt(t *testing.T) {
	h := open(t)
	spoofs := []string{
		"X-Forwarded-Proto: http", "X-Forwarded-Host: evil.test", "X-Forwarded-Port: 1", "X-Forwarded-Server: evil", "X-Forwarded-Prefix: /evil", "X-Forwarded-Uri: /public",
		"Forwarded: for=6.6.6.6", "X-Real-Ip: 6.6.6.6", "X-Client-Ip: 6.6.6.6", "True-Client-Ip: 6.6.6.6", "Cf-Connecting-Ip: 6.6.6.6", "X-Forwarded-Scheme: http", "X_forwarded_for: 6.6.6.6",
	}
	for _, test := range []struct {
		name, peer, chain, want string
	}{
		{"nobody in between", "127.0.0.1:1", "", "127.0.0.1"},
		{"a stranger who names others", "127.0.0.1:1", "6.6.6.6, 7.7.7.7", "127.0.0.1"},
		{"a stranger who names a trusted proxy", "127.0.0.1:1", "127.0.0.9", "127.0.0.1"},
		{"a trusted proxy", "127.0.0.9:1", "192.0.2.7", "192.0.2.7, 127.0.0.9"},
		{"a trusted proxy and a stranger's lie", "127.0.0.9:1", "6.6.6.6, 192.0.2.7", "192.0.2.7, 127.0.0.9"},
		{"two trusted proxies", "127.0.0.9:1", "6.6.6.6, 192.0.2.7, 127.0.0.9", "192.0.2.7, 127.0.0.9, 127.0.0.9"},
		{"a trusted proxy that says nothing", "127.0.0.9:1", "", "127.0.0.9"},
		{"a trusted proxy that says nonsense", "127.0.0.9:1", "192.0.2.7, nonsense", "127.0.0.9"},
		{"an address of IPv6", "[2001:db8::1]:1", "6.6.6.6", "2001:db8::1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request("GET", "/public/x", spoofs...)
			r.RemoteAddr = test.peer
			if test.chain != "" {
				r.Header.Set("X-Forwarded-For", test.chain)
			}
			h.send(r)
			got := h.upstream.take()[0]
			if got.value("x-forwarded-for") != test.want {
				t.Errorf("X-Forwarded-For: %s, want %s", got.value("x-forwarded-for"), test.want)
			}
			if is := got.value("x-forwarded-proto") + "://" + got.value("x-forwarded-host") + ":" + got.value("x-forwarded-port"); is != publicOrigin+":443" {
				t.Errorf("forwarded as %s", is)
			}
			if got.value("host") != "app.example.test" {
				t.Errorf("Host: %s", got.value("host"))
			}
			for _, f := range got.fields {
				if strings.Contains(f, "6.6.6.6") || strings.Contains(f, "evil") || strings.Contains(f, "7.7.7.7") {
					t.Errorf("the upstream got %s", f)
				}
			}
		})
	}
}

// spellings are ways to claim to be somebody.
var spellings = []string{
	"X-Signet-User", "x-signet-user", "X-SIGNET-USER", "X_Signet_User", "x_signet-user", "X-Signet_User", "X.Signet.User", "x.signet-user", "X-Signet.User", "X-Signet-Email", "X_Signet_Email",
	"X-Signet-Groups", "x_signet_groups", "X.Signet.Groups", "X-Signet-Name", "X-Signet-Access-Token", "X-Signet-Assertion", "X_Signet_Assertion", "X-Forwarded-User", "X_Forwarded_User", "X.Forwarded.User",
	"X-Forwarded-Groups", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "X-Auth-Request-User", "X_Auth_Request_User", "X-Auth-Request-Groups", "X-Auth-Request-Access-Token",
	"Remote-User", "REMOTE_USER", "Remote.User", "Remote-Groups", "Remote-Email", "Remote-Name", "X-Remote-User", "X-Remote-Group", "X-WebAuth-User", "X-Pomerium-Jwt-Assertion", "X-Vouch-User", "X-User-Id",
	"X-Authentik-Username", "X-Authenticated-User", "X-Goog-Authenticated-User-Email", "X-Ms-Client-Principal-Name", "Cf-Access-Authenticated-User-Email", "Ssl-Client-S-Dn", "X-Client-Cert", "Impersonate-User",
}

// TestS106_IdentityComesFromUsAlone sends claims of identity in every spelling, once and
// twice, and as headers of the connection.
func TestS106_IdentityComesFromUsAlone(t *testing.T) {
	h := open(t)
	cookie := "Cookie: " + h.signIn(t, "alice")
	for _, name := range spellings {
		for _, lines := range [][]string{
			{name + ": root"}, {name + ": root", name + ": admin"}, {name + ": ", "Connection: " + name}, {name + ": root", "Connection: keep-alive, " + name, "Keep-Alive: 1"},
		} {
			_, seen := h.get("/public/x", lines...)
			for _, f := range seen[0].fields {
				if strings.Contains(f, "root") || strings.Contains(f, "admin") || foldName(f[:len(f)-len(f[strings.Index(f, ":"):])]) == foldName(name) {
					t.Errorf("%v: the upstream got %s", lines, f)
				}
			}
			_, seen = h.get("/account/x", append(lines, cookie)...)
			got := seen[0]
			if got.value("x-signet-user") != "alice" || got.value("x-signet-groups") != "staff" || got.value("x-signet-email") != "alice@example.test" {
				t.Errorf("%v: the upstream saw %q %q %q", lines, got.value("x-signet-user"), got.value("x-signet-groups"), got.value("x-signet-email"))
			}
			for _, f := range got.fields {
				if strings.Contains(f, "root") || strings.ContainsAny(strings.Split(f, ":")[0], "_.") {
					t.Errorf("%v: the upstream got %s", lines, f)
				}
			}
		}
	}
	if len(spellings) < 40 {
		t.Error("too few spellings")
	}
}

// TestS110_WhatDoesNotGoUpstream counts what stays at the gate.
func TestS110_WhatDoesNotGoUpstream(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes,
			gateway.Route{Match: "/key", Upstream: to, Require: gateway.Session, Token: &gateway.Carry{As: "header:X-Token"}},
			gateway.Route{Match: "/jar", Upstream: to, Require: gateway.Session, Token: &gateway.Carry{Provider: "staff", As: "cookie:accessToken"}},
			gateway.Route{Match: "/maybe", Upstream: to, Token: &gateway.Carry{As: "bearer"}})
	})
	own := h.signIn(t, "alice")
	both := "Cookie: theme=\"da rk\"; " + own + ";lang=ko ; __Host-authjs.csrf-token=x; __Secure-authjs.session-token.3=x; odd; =nameless; accessToken=mine"
	for _, test := range []struct {
		name, path    string
		lines         []string
		authorization string
		cookie, token string
	}{
		{"a bearer token takes the place of the client's", "/api/x", []string{both, "Authorization: Basic mine"}, "Bearer AT-alice", `theme="da rk"; lang=ko; odd; =nameless; accessToken=mine`, ""},
		{"a token in a header", "/key", []string{both, "X-Token: mine", "Authorization: Basic mine"}, "Basic mine", `theme="da rk"; lang=ko; odd; =nameless; accessToken=mine`, "AT-alice"},
		{"a token in a cookie", "/jar", []string{both}, "", `theme="da rk"; lang=ko; odd; =nameless; accessToken=AT-alice`, ""},
		{"a token in the only cookie", "/jar", []string{"Cookie: " + own}, "", "accessToken=AT-alice", ""},
		{"nobody's token", "/maybe", []string{"Authorization: Bearer mine"}, "", "", ""},
		{"no token asked for", "/account/x", []string{both, "Authorization: Basic mine"}, "Basic mine", `theme="da rk"; lang=ko; odd; =nameless; accessToken=mine`, ""},
		{"cookies without ours, byte for byte", "/public/x", []string{"Cookie: a=1;b=2;  c"}, "", "a=1;b=2;  c", ""},
		{"nothing but ours", "/account/x", []string{"Cookie: " + own}, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, seen := h.get(test.path, test.lines...)
			if len(seen) != 1 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			r := seen[0]
			if r.value("authorization") != test.authorization || r.value("cookie") != test.cookie || r.value("x-token") != test.token {
				t.Errorf("Authorization %q, Cookie %q, X-Token %q", r.value("authorization"), r.value("cookie"), r.value("x-token"))
			}
		})
	}
	t.Run("headers of the connection", func(t *testing.T) {
		_, seen := h.get("/public/x", "Connection: keep-alive, X-Mine, upgrade", "Keep-Alive: 5", "X-Mine: 1", "Te: trailers", "Trailer: X", "Proxy-Authorization: x", "Proxy: http://evil", "Upgrade: h2c", "Http2-Settings: x", "Proxy-Connection: x")
		for _, f := range seen[0].fields {
			name := strings.ToLower(strings.Split(f, ":")[0])
			if slices.Contains([]string{"keep-alive", "x-mine", "te", "trailer", "proxy-authorization", "proxy", "upgrade", "http2-settings", "proxy-connection"}, name) {
				t.Errorf("the upstream got %s", f)
			}
		}
	})
	t.Run("headers that mean nothing to us", func(t *testing.T) {
		_, seen := h.get("/public/x", "X-Custom: 1", "X-Custom: 2", "Accept-Language: ko", "Traceparent: 00-1", "X-Csrf-Token: t")
		r := seen[0]
		if r.value("x-custom") != "1|2" || r.value("accept-language") != "ko" || r.value("traceparent") != "00-1" || r.value("x-csrf-token") != "t" {
			t.Errorf("the upstream got %v", r.fields)
		}
	})
}

func TestAnswersLoseWhatOnlyWeMaySay(t *testing.T) {
	h := open(t)
	h.upstream.answer = func(record) string {
		return answers(200, "hi", "X-Signet-User: root", "x_signet_groups: admin", "X-Middleware-Rewrite: /x", "Alt-Svc: h3=\":1\"", "Connection: X-Hop", "X-Hop: 1", "X-Kept: 1",
			"Set-Cookie: theme=dark; Path=/", "Set-Cookie: __Secure-authjs.session-token=evil; Secure", "Set-Cookie: __Secure-authjs.session-token.0=evil", "Set-Cookie:  __Host-authjs.csrf-token =evil",
			"Set-Cookie: =__Secure-authjs.session-token=evil", "Cache-Control: public, max-age=60", "Vary: Accept")
	}
	w, _ := h.get("/public/x")
	for _, name := range []string{"X-Signet-User", "X_signet_groups", "X-Middleware-Rewrite", "Alt-Svc", "X-Hop"} {
		if v := w.Header()[name]; v != nil {
			t.Errorf("%s: %s", name, v)
		}
	}
	if got := w.Header()["Set-Cookie"]; len(got) != 1 || got[0] != "theme=dark; Path=/" {
		t.Errorf("Set-Cookie: %q", got)
	}
	if h := w.Header(); h.Get("X-Kept") != "1" || h.Get("Cache-Control") != "public, max-age=60" || strings.Join(h["Vary"], ", ") != "Accept, Cookie" || h.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v", h)
	}

	h.clock.Advance(48 * time.Hour)
	w, _ = h.get("/account/x", "Cookie: "+h.signIn(t, "alice"))
	if got := w.Header().Get("Cache-Control"); got != "private, no-cache, no-store" {
		t.Errorf("an answer for one visitor has Cache-Control: %s", got)
	}
	if got := w.Header()["Set-Cookie"]; len(got) != 1 {
		t.Errorf("Set-Cookie: %q", got)
	}
}

func TestSessionsAreRenewedOnTheWay(t *testing.T) {
	h := open(t)
	cookie := h.signIn(t, "alice")
	h.clock.Advance(48 * time.Hour)
	for _, path := range []string{"/account/x", "/public/x"} {
		w, _ := h.get(path, "Cookie: "+cookie)
		if got := w.Header()["Set-Cookie"]; len(got) != 1 || !strings.HasPrefix(got[0], "__Secure-authjs.session-token=") {
			t.Errorf("%s: Set-Cookie: %q", path, got)
		}
		if got := w.Header().Get("Cache-Control"); got != "private, no-cache, no-store" {
			t.Errorf("%s: Cache-Control: %s", path, got)
		}
	}
}

func TestAnonymousRoutesAskNobody(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{{Match: "/assets/:path*", Upstream: to, Anonymous: true}}
	}))
	cookie := h.signIn(t, "alice")
	h.clock.Advance(48 * time.Hour)
	w, seen := h.get("/assets/a.css", "Cookie: "+cookie+"; a=1")
	if w.Code != 200 || w.Header()["Set-Cookie"] != nil || w.Header()["Vary"] != nil || w.Header()["Cache-Control"] != nil {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if seen[0].value("x-signet-user") != "" || seen[0].value("cookie") != "a=1" || seen[0].value("x-forwarded-proto") != "https" {
		t.Errorf("the upstream got %v", seen[0].fields)
	}
}

func TestIdentityHeaders(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		g.Identity = gateway.Identity{User: "X-Auth-Sub", Email: "-", Groups: "x-auth-groups", Name: "X-Auth-Name"}
	})
	for _, test := range []struct {
		name    string
		session signet.Session
		want    http.Header
	}{
		{"plain text", signet.Session{UserID: "u 1", Name: "Kim Minsu", Groups: []string{"a", "b c"}},
			http.Header{"X-Auth-Sub": {"u 1"}, "X-Auth-Name": {"Kim Minsu"}, "X-Auth-Groups": {"a,b c"}}},
		{"Hangul", signet.Session{UserID: "김", Name: "김 민수", Groups: []string{"운영", "b"}},
			http.Header{"X-Auth-Sub": {"UTF-8''%EA%B9%80"}, "X-Auth-Name": {"UTF-8''%EA%B9%80%20%EB%AF%BC%EC%88%98"}, "X-Auth-Groups": {"UTF-8''%EC%9A%B4%EC%98%81,b"}}},
		{"line breaks", signet.Session{UserID: "a\r\nX-Auth-Groups: admin", Groups: []string{"\n"}},
			http.Header{"X-Auth-Sub": {"UTF-8''a%0D%0AX-Auth-Groups%3A%20admin"}, "X-Auth-Groups": {"UTF-8''%0A"}}},
		{"a comma in a group", signet.Session{UserID: "u", Groups: []string{"a,admin"}},
			http.Header{"X-Auth-Sub": {"u"}, "X-Auth-Groups": {"UTF-8''a%2Cadmin"}}},
		{"what looks encoded", signet.Session{UserID: "UTF-8''root"}, http.Header{"X-Auth-Sub": {"UTF-8''UTF-8%27%27root"}}},
		{"blanks at the ends", signet.Session{UserID: " u "}, http.Header{"X-Auth-Sub": {"UTF-8''%20u%20"}}},
		{"nobody in particular", signet.Session{}, http.Header{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := h.gate.Explain("GET", "/public/x", http.Header{"X-Auth-Sub": {"root"}, "X-Auth-Groups": {"root"}}, &test.session)
			for _, name := range []string{"X-Auth-Sub", "X-Auth-Name", "X-Auth-Groups", "X-Signet-User", "X-Signet-Email"} {
				if !slices.Equal(e.Header[name], test.want[name]) {
					t.Errorf("%s: %q, want %q", name, e.Header[name], test.want[name])
				}
			}
		})
	}
}

func FuzzIdentityValues(f *testing.F) {
	for _, s := range []string{"alice", "김", "a\r\nb", "UTF-8''", " ", ",", "\x00\xff", "%41"} {
		f.Add(s, s)
	}
	h := open(f)
	f.Fuzz(func(t *testing.T, user, group string) {
		header := h.gate.Explain("GET", "/public/x", nil, &signet.Session{UserID: user, Groups: []string{group, "b"}}).Header
		for _, name := range []string{"X-Signet-User", "X-Signet-Groups"} {
			for _, v := range header[name] {
				for i := range len(v) {
					if v[i] < ' ' || v[i] >= 0x7F {
						t.Errorf("%s: %q", name, v)
					}
				}
			}
		}
		if v := header.Get("X-Signet-User"); user != "" && decodeText(v) != user {
			t.Errorf("%q arrives as %q", user, decodeText(v))
		}
		if list := strings.Split(header.Get("X-Signet-Groups"), ","); group != "" && (len(list) != 2 || decodeText(list[0]) != group) {
			t.Errorf("the group %q arrives as %q", group, list)
		}
	})
}

// decodeText is what a server does with an identity header.
func decodeText(v string) string {
	if encoded, ok := strings.CutPrefix(v, "UTF-8''"); ok {
		return unescapeBytes(encoded)
	}
	return v
}

// TestS112_AConnectionListsAFewNames: each is looked for among all headers, and a request of
// 32 KiB can have thousands of both.
func TestS112_AConnectionListsAFewNames(t *testing.T) {
	h := open(t)
	for n, want := range map[int]int{32: 200, 33: 400, 8000: 400} {
		r := request("GET", "/public/x", "X-A: 1")
		for i := range n {
			r.Header.Add("Connection", "x-"+strconv.Itoa(i))
		}
		if w := h.send(r); w.Code != want {
			t.Errorf("%d names: %d", n, w.Code)
		}
	}
}
