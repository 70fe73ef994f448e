package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

func TestRedirectOr401(t *testing.T) {
	h := open(t)
	signIn := publicOrigin + "/auth/signin"
	for _, test := range []struct {
		name, method, target string
		lines                []string
		redirect             bool
	}{
		{"a browser on its way to a page", "GET", "/account/x?y=1", []string{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", page}, true},
		{"a browser that only says what it shows", "GET", "/account/x?y=1", []string{"Accept: application/xhtml+xml,text/HTML;q=0.9,*/*;q=0.8"}, true},
		{"a look at the head of a page", "HEAD", "/account/x", []string{page}, true},
		{"a script that takes HTML", "GET", "/account/x", []string{"Sec-Fetch-Mode: cors", page}, false},
		{"a script of a browser without modes", "GET", "/account/x", []string{"Sec-Fetch-Site: same-origin", page}, false},
		{"a script of old", "GET", "/account/x", []string{"X-Requested-With: XMLHttpRequest", page}, false},
		{"a program", "GET", "/account/x", []string{"Accept: */*"}, false},
		{"nothing said", "GET", "/account/x", nil, false},
		{"a form that a script sends", "POST", "/account/x", []string{"Sec-Fetch-Mode: cors", page}, false},
		{"a form for an API", "POST", "/api/x", []string{"Sec-Fetch-Mode: navigate", page}, false},
		{"an API in the address bar", "GET", "/api/x", []string{"Sec-Fetch-Mode: navigate", page}, false},
		{"the components of a Next.js page", "GET", "/account/x?_rsc=1", []string{"RSC: 1", page}, false},
		{"a prefetch of Next.js", "GET", "/account/x", []string{"Next-Router-Prefetch: 1", page}, false},
		{"a prefetch of a browser", "GET", "/account/x", []string{"Sec-Purpose: prefetch;prerender", "Sec-Fetch-Mode: navigate"}, false},
		{"the data of a Next.js page", "GET", "/_next/data/b/account/x.json", []string{page}, false},
		{"the data of a Next.js page, asked for as such", "GET", "/account/x", []string{"X-Nextjs-Data: 1", page}, false},
		{"an upgrade", "GET", "/account/x", []string{"Connection: Upgrade", "Upgrade: websocket", page}, false},
		{"events", "GET", "/account/x", []string{"Accept: text/event-stream"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := h.send(request(test.method, test.target, test.lines...))
			if n := len(h.upstream.take()); n > 0 {
				t.Errorf("the upstream got %d requests", n)
			}
			if !strings.Contains(w.Header().Get("Cache-Control"), "no-store") || !strings.Contains(strings.Join(w.Header()["Vary"], ","), "Cookie") {
				t.Errorf("a cache may keep it: %v", w.Header())
			}
			if test.redirect {
				want := signIn + "?callbackUrl=" + url.QueryEscape(publicOrigin+test.target)
				if w.Code != 302 || w.Header().Get("Location") != want {
					t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
				}
				return
			}
			var answer map[string]string
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 401 || answer["error"] != "unauthorized" || answer["login_url"] != signIn {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if len(w.Header()["Set-Cookie"]) > 0 {
				t.Errorf("a script gets a cookie: %v", w.Header()["Set-Cookie"])
			}
		})
	}
}

// A form is a person's, too. It is not sent to sign in: it would come back as a GET.
func TestFormsGetPages(t *testing.T) {
	gone := newEcho(t)
	gone.Close()
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/small", Upstream: to, MaxBody: 3},
			gateway.Route{Match: "/read", Upstream: to, Methods: []string{"GET"}}, gateway.Route{Match: "/gone", Upstream: gone.url()})
	})
	alice := "Cookie: " + h.signIn(t, "alice")
	for _, test := range []struct {
		name, target, cookie string
		status               int
		title                string
	}{
		{"nobody", "/account/x", "A: 1", 401, "Please sign in first"},
		{"somebody of another group", "/admin/x", alice, 403, "You may not see this page"},
		{"no page", "/nowhere", alice, 404, "There is no page here"},
		{"a page to read", "/read", alice, 405, "That cannot be done here"},
		{"too much", "/small", alice, 413, "That is too much"},
		{"a server that is gone", "/gone", alice, 502, "The site does not answer"},
	} {
		for _, browser := range []string{"Sec-Fetch-Mode: navigate", "X-Old-Browser: 1"} {
			r := request("POST", test.target, "Content-Type: application/x-www-form-urlencoded", "Origin: "+publicOrigin, page, browser, test.cookie)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("a=12")), 4
			w := h.send(r)
			body := w.Body.String()
			if w.Code != test.status || !strings.Contains(body, "<h1>"+test.title+"</h1>") || w.Header().Get("Location") != "" || w.Header()["Set-Cookie"] != nil {
				t.Errorf("%s, %s: %d %v %s", test.name, browser, w.Code, w.Header(), body)
			}
			if (test.status == 401) != strings.Contains(body, publicOrigin+"/auth/signin") || strings.Contains(body, "callbackUrl") {
				t.Errorf("%s: the way to sign in: %s", test.name, body)
			}
		}
	}
}

func TestThePageToSignInIsOpen(t *testing.T) {
	h := open(t, func(c *signet.Config, g *gateway.Config) {
		c.Pages.SignIn = "/account/login"
	})
	for path, status := range map[string]int{"/account/login": 200, "/account/login?error=x": 200, "/account/login/x": 302, "/account/LOGIN": 302, "/account/login.rsc": 401} {
		if w, _ := h.get(path, page); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

func TestALoopIsNamed(t *testing.T) {
	h := open(t)
	jar := ""
	visit := func(path string) *httptest.ResponseRecorder {
		w, _ := h.get(path, page, "Accept-Language: ko", "Cookie: a=1; "+jar)
		for _, line := range w.Header()["Set-Cookie"] {
			jar, _, _ = strings.Cut(line, ";")
		}
		return w
	}
	for range 3 {
		if w := visit("/account/x"); w.Code != 302 {
			t.Fatalf("%d", w.Code)
		}
		h.clock.Advance(5 * time.Second)
	}
	w := visit("/account/x")
	if w.Code != 403 || !strings.Contains(w.Body.String(), `<html lang="ko">`) || !strings.Contains(w.Body.String(), "쿠키") || w.Header().Get("Location") != "" {
		t.Errorf("the fourth time: %d %s", w.Code, w.Body)
	}
	if w := visit("/account/x"); w.Code != 302 {
		t.Errorf("after the page: %d", w.Code)
	}
	for i := range 6 {
		if w := visit(fmt.Sprintf("/account/%d", i)); w.Code != 302 {
			t.Errorf("other pages: %d", w.Code)
		}
	}
	for range 6 {
		h.clock.Advance(20 * time.Second)
		if w := visit("/account/x"); w.Code != 302 {
			t.Errorf("now and then: %d", w.Code)
		}
	}
	for _, nonsense := range []string{"3.x.1", "999.1.1", "-1.1.1", "3", strings.Repeat("1", 3000), "3.99999999999999.1"} {
		jar = "signet.turns=" + nonsense
		if w := visit("/account/x"); w.Code != 302 {
			t.Errorf("%.20s: %d", nonsense, w.Code)
		}
	}
	if _, seen := h.get("/public/x", "Cookie: "+jar+"; a=1"); seen[0].value("cookie") != "a=1" {
		t.Errorf("the upstream got %v", seen[0].fields)
	}
}

func TestTokensThatAreGone(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		carry := &gateway.Carry{Provider: "staff", As: "bearer"}
		g.Routes = append(g.Routes,
			gateway.Route{Match: "/shop/:path*", Upstream: to, Require: gateway.Session, Token: carry},
			gateway.Route{Match: "/maybe", Upstream: to, Token: carry})
	})
	cookie := "Cookie: " + h.signIn(t, "alice")
	h.clock.Advance(2 * time.Hour)
	if _, seen := h.get("/api/x", cookie); len(seen) != 1 || seen[0].value("authorization") != "Bearer AT-alice+" {
		t.Errorf("a token that was renewed: %v", seen)
	}
	h.provider.lost = true
	h.clock.Advance(2 * time.Hour)
	none := "Cookie: " + h.signIn(t, "tokenless")
	for _, cookie := range []string{cookie, none} {
		w, seen := h.get("/api/x", cookie, page)
		if want := `{"error":"reconnect","provider":"staff","login_url":"https://app.example.test/auth/signin"}`; w.Code != 401 || w.Body.String() != want || len(seen) > 0 {
			t.Errorf("a script: %d %s", w.Code, w.Body)
		}
		w, seen = h.get("/shop/x", cookie, page)
		if w.Code != 302 || !strings.HasPrefix(w.Header().Get("Location"), publicOrigin+"/auth/signin?callbackUrl=") || len(seen) > 0 {
			t.Errorf("a person: %d %v", w.Code, w.Header())
		}
		if w := h.send(request("POST", "/shop/x", cookie, page, "Origin: "+publicOrigin)); w.Code != 401 || !strings.Contains(w.Body.String(), "<h1>Please sign in again</h1>") {
			t.Errorf("a person with a form: %d %s", w.Code, w.Body)
		}
		if _, seen := h.get("/maybe", cookie, "Authorization: Bearer mine"); len(seen) != 1 || seen[0].value("authorization") != "" || seen[0].value("x-signet-user") == "" {
			t.Errorf("a route that is open anyway: %v", seen)
		}
		if w, _ := h.get("/account/x", cookie); w.Code != 200 {
			t.Errorf("a route without a token: %d", w.Code)
		}
	}
}

// Somebody who is signed in and gets no token for it is not told about cookies.
func TestALoopForATokenIsNamed(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		g.Routes = append(g.Routes, gateway.Route{Match: "/shop", Upstream: g.Routes[0].Upstream, Require: gateway.Session, Token: &gateway.Carry{Provider: "staff"}})
	})
	signedIn, turns := h.signIn(t, "tokenless"), ""
	for lang, title := range map[string]string{"en": "This page gets no access", "ko": "이 페이지에 필요한 접근 권한이 없습니다"} {
		for i := range 4 {
			w, _ := h.get("/shop", page, "Accept-Language: "+lang, "Cookie: "+signedIn+turns)
			for _, line := range w.Header()["Set-Cookie"] {
				turns, _, _ = strings.Cut("; "+line, "; Path")
			}
			if i < 3 && w.Code != 302 {
				t.Fatalf("turn %d: %d", i, w.Code)
			}
			if body := w.Body.String(); i == 3 && (w.Code != 403 || !strings.Contains(body, "<h1>"+title+"</h1>") || strings.Contains(body, "cookie") || strings.Contains(body, "쿠키")) {
				t.Errorf("%d %s", w.Code, body)
			}
		}
	}
}

func TestBodiesAndMethods(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/small", Upstream: to, MaxBody: 10, Methods: []string{"GET", "POST"}},
			gateway.Route{Match: "/any", Upstream: to, MaxBody: -1})
	})
	address := h.serve(t)
	for _, test := range []struct {
		name, method, path, body string
		chunked                  bool
		status                   int
	}{
		{"as much as may be", "POST", "/small", "0123456789", false, 200},
		{"a byte more", "POST", "/small", "0123456789a", false, 413},
		{"as much as may be, in chunks", "POST", "/small", "0123456789", true, 200},
		{"a byte more, in chunks", "POST", "/small", "0123456789a", true, 413},
		{"much more, in chunks", "POST", "/small", strings.Repeat("a", 1<<20), true, 413},
		{"without a limit", "POST", "/any", strings.Repeat("a", 11<<20), false, 200},
		{"above the usual limit", "POST", "/public/x", strings.Repeat("a", 11<<20), false, 413},
		{"a method not taken", "PUT", "/small", "x", false, 405},
		{"the head of a page", "HEAD", "/small", "", false, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequest(test.method, "http://"+address+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.chunked {
				r.ContentLength = -1
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				if test.status == 413 {
					return // the connection is closed while the rest is being sent
				}
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != test.status {
				t.Errorf("%d, want %d", res.StatusCode, test.status)
			}
			if test.status == 405 && res.Header.Get("Allow") != "GET, POST" {
				t.Errorf("Allow: %s", res.Header.Get("Allow"))
			}
			if test.chunked && test.status == 200 && !res.Close {
				t.Error("the connection goes on after a body in chunks")
			}
			for _, r := range h.upstream.take() {
				if test.status == 200 && r.body != test.body {
					t.Errorf("the upstream got %d bytes", len(r.body))
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	h := open(t, openTo(func(to string) []gateway.Route {
		return []gateway.Route{{Match: "/slow/:path*", Upstream: to, Limit: gateway.Limit{PerMinute: 60, Burst: 3}}, {Match: "/:path*", Upstream: to}}
	}))
	from := func(peer string) int {
		r := request("GET", "/slow/x")
		r.RemoteAddr = peer
		w := h.send(r)
		if w.Code == 429 && w.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
		}
		return w.Code
	}
	for i, want := range []int{200, 200, 200, 429, 429} {
		if got := from("192.0.2.1:1"); got != want {
			t.Errorf("request %d: %d", i+1, got)
		}
	}
	if got := from("192.0.2.2:1"); got != 200 {
		t.Errorf("another client: %d", got)
	}
	h.clock.Advance(time.Second)
	for i, want := range []int{200, 429} {
		if got := from("192.0.2.1:2"); got != want {
			t.Errorf("a second later, request %d: %d", i+1, got)
		}
	}
	for i := range 4 {
		if got := from(fmt.Sprintf("[2001:db8::%d]:1", i)); (got == 429) != (i == 3) {
			t.Errorf("address %d of one network: %d", i, got)
		}
	}
	if w, _ := h.get("/fast"); w.Code != 200 {
		t.Errorf("another route: %d", w.Code)
	}
	for i := range 10_000 { // more than are told apart; the memory stays as it is
		from(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255))
	}
}

func TestServersThatFail(t *testing.T) {
	gone := newEcho(t)
	gone.Close()
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		to := g.Routes[0].Upstream
		g.Routes = append(g.Routes, gateway.Route{Match: "/gone", Upstream: gone.url()}, gateway.Route{Match: "/late", Upstream: to, Timeout: 30 * time.Millisecond})
	})
	release := make(chan struct{})
	defer close(release)
	h.upstream.answer = func(r record) string {
		switch r.target() {
		case "/late":
			<-release
		case "/public/nonsense":
			return "nonsense\r\n\r\n"
		}
		return ""
	}
	for path, want := range map[string]int{"/gone": 502, "/late": 504, "/public/nonsense": 502} {
		w, _ := h.get(path, page)
		if w.Code != want || !strings.Contains(w.Body.String(), "<h1>The site") || strings.Contains(w.Body.String(), "127.0.0.1") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		w, _ = h.get(path)
		if w.Code != want || !strings.HasPrefix(w.Body.String(), `{"error":"`) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAServerThatIsLeftAloneIsOneThatDoesNotAnswer(t *testing.T) {
	gone := newEcho(t)
	gone.Close()
	h := open(t, openTo(func(string) []gateway.Route { return []gateway.Route{{Match: "/:path*", Upstream: gone.url()}} }))
	for range 5 {
		if w, _ := h.get("/x"); w.Code != 502 || w.Header().Get("Retry-After") != "" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
	}
	w, _ := h.get("/x", page)
	if w.Code != 502 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "<h1>The site does not answer</h1>") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w, _ := h.get("/x"); w.Code != 502 || w.Body.String() != `{"error":"upstream"}` || h.gate.Upstreams()[0].Dials != 5 {
		t.Errorf("%d %s, %+v", w.Code, w.Body, h.gate.Upstreams())
	}
}

func TestPagesHaveNothingOfTheRequest(t *testing.T) {
	h := open(t)
	w, _ := h.get("/nowhere/<script>?<script>", page, "Accept-Language: ko-KR,ko;q=0.9", "User-Agent: <script>")
	body := w.Body.String()
	if w.Code != 404 || strings.Contains(body, "script") || strings.Contains(body, "nowhere") || !strings.Contains(body, `<html lang="ko">`) || !strings.Contains(body, "<h1>페이지가 없습니다</h1>") {
		t.Errorf("%d %s", w.Code, body)
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-cache, no-store"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'nonce-") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy: %s", csp)
	}
}
