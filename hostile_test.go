package signet_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/authjs"
)

// badValues are session cookies that are worth nothing, of every format.
func badValues(t *testing.T, good string) []string {
	other := sealed(t, authjs.V5, sessionName, foreignUser, month(noon), "another secret of thirty-two bytes and more")
	expired := sealed(t, authjs.V5, sessionName, foreignUser, month(noon.Add(-days(31))), secret)
	future := handSealed(t, `{"sub":"1","nbf":4000000000,"exp":4100000000}`)
	list := []string{
		"", "x", ".", "..", "....", ".....", "a.b.c.d.e", "null", "undefined", "[object Object]", "true", "0", "%", "%zz", "%00", "\x01", "\xff\xfe", `"`, "'", "{}", "é",
		other, expired, future,
		good + good, good + ".", "." + good, good[:len(good)/2], good[len(good)/2:], strings.ToUpper(good), strings.Replace(good, ".", "..", 1), strings.ReplaceAll(good, ".", ""),
		strings.Repeat("A", 3900), strings.Repeat("A", 15000), strings.Repeat(".", 3000),
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0..AAAA.AAAA.AAAA", "eyJhbGciOiJkaXIifQ..." + good[10:],
		"Fe26.2**0cdd607945dd1dffb7da0b0bf5f1a7daa6218cbae14cac51dcbd91fb077aeb5b*aOZLCKLhCt0D5IU1qLTtYw*g0ilNDlQ3TsdFUqJCqAm9iL7Wa60H7eYcHL_5oP136TOJREkS3BzheDC1dlxz5oJ**05b8943049af490e913bbc3a2485bee2aaf7b823f4c41d0ff0b7c168371a3772*R8yscVdTBRMdsoVbdDiFmUL8zb-c3PQLGJn4Y8C-AqI",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjo0MTAwMDAwMDAwfQ.c2lnbmF0dXJl",
		"AAAAAAAAAAE." + strings.Repeat("A", 43), "AAAAAAAAAAA." + strings.Repeat("A", 43), "//////////8." + strings.Repeat("_", 43), "__________8." + strings.Repeat("_", 42) + "8",
		"550e8400-e29b-41d4-a716-446655440000",
	}
	for i := 0; i < len(good); i += 1 + len(good)/60 { // one character changed
		c := byte('A')
		if good[i] == 'A' {
			c = 'B'
		}
		list = append(list, good[:i]+string(c)+good[i+1:])
	}
	return list
}

func TestBadSessionCookies(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		good := c.cookie(sessionName)
		for _, value := range badValues(t, good) {
			for _, cookies := range [][]string{
				{sessionName + "=" + value},
				{sessionName + ".0=" + value},
				{sessionName + ".0=" + value, sessionName + ".1=" + value},
				{sessionName + ".1=" + value},
				{sessionName + ".4=" + value},
				{"next-auth.session-token=" + value},
				{sessionName + "=" + value, sessionName + "=" + value},
				{sessionName + "=" + value, "authjs.csrf-token=" + value, "authjs.callback-url=" + value, "authjs.device=" + value},
			} {
				if len(value) > 10000 && len(cookies) > 2 {
					continue // beyond what is read at all, see TestS112
				}
				b := h.courier(t)
				b.cookies = cookies
				w := b.get("/api/auth/session")
				if w.Code != http.StatusOK || w.Body.String() != "null" {
					t.Errorf("%.100v: %d %s", cookies, w.Code, w.Body)
				}
				if w := b.copied().get("/mine/"); w.Code != http.StatusFound {
					t.Errorf("%.100v: a protected page answers %d", cookies, w.Code)
				}
				b.cookies = cookies
				if w := b.get("/open"); w.Code != http.StatusOK || w.Body.String() != "nobody" {
					t.Errorf("%.100v: a page for all answers %d %s", cookies, w.Code, w.Body)
				}
			}
		}
		if s := h.Stats(); s.Panics != 0 || s.StoreFaults != 0 || len(s.BadCookies) == 0 {
			t.Errorf("%+v", s)
		}
		if c.who() == "null" {
			t.Error("the good one is dead now")
		}
	})
}

func TestBadBodies(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, roomy)
		member, guest := h.courier(t), h.courier(t)
		member.signIn()
		member.csrf()
		guest.csrf()
		forms := []string{
			"", "=", "&", "&&&&", "%", "%zz=1", "a=%zz", "csrfToken", "csrfToken=", "csrfToken=%00", "csrfToken=a&csrfToken=b", "json=true", "json=true&csrfToken=x",
			"callbackUrl=%ff%fe&csrfToken=TOKEN", "email=%00&password=%00&csrfToken=TOKEN", "email=a&email=b&csrfToken=TOKEN", ";;;", "a;b=c", "a=b;c=d", "\x00\x01\x02", "\xff\xfe",
			strings.Repeat("a=1&", 99) + "b=2", strings.Repeat("a", 60000), "session=" + strings.Repeat("x", 60000) + "&csrfToken=TOKEN",
		}
		jsons := []string{
			"", "null", "true", "1", `"x"`, "[]", "[{}]", "{", "}", "{}", `{"csrfToken":`, `{"csrfToken":null}`, `{"csrfToken":1}`, `{"csrfToken":["TOKEN"]}`, `{"csrfToken":{"a":"TOKEN"}}`,
			`{"csrfToken":"TOKEN","csrfToken":"TOKEN"}`, `{"csrfToken":"TOKEN","CSRFTOKEN":"x"}`, `{"csrfToken":"TOKEN"} x`, `{"csrfToken":"TOKEN",}`, `{'csrfToken':'TOKEN'}`, `{"csrfToken":"TOKEN","data":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
			`{"csrfToken":"TOKEN","data":"\ud800"}`, "{\"csrfToken\":\"TOKEN\",\"data\":\"\xff\"}", "{\"csrfToken\":\"TOKEN\",\"data\":\"\\u0000\"}", "\ufeff{}", `{"__proto__":{"a":1},"csrfToken":"TOKEN"}`,
			`{"csrfToken":"TOKEN","email":{"$ne":1},"password":{"$ne":1}}`, `{"csrfToken":"TOKEN","email":["a"],"password":true}`, `{"csrfToken":"TOKEN","callbackUrl":{"a":1}}`, `{"csrfToken":"TOKEN","data":1e999999}`,
			`{"a":"` + strings.Repeat("x", 65000) + `"}`,
		}
		for _, c := range []*courier{member, guest} {
			token, _, _ := strings.Cut(c.cookie("authjs.csrf-token"), "%7C")
			for _, path := range everyRoute {
				if path == "/signout" && c == member {
					continue // a good token does sign out
				}
				for media, bodies := range map[string][]string{"application/x-www-form-urlencoded": forms, "application/json": jsons, "text/plain": {"x", `{"csrfToken":"TOKEN"}`}, "multipart/form-data; boundary=x": {"--x\r\n"}} {
					for _, body := range bodies {
						w := c.copied().send(http.MethodPost, "/api/auth"+path, media, strings.ReplaceAll(body, "TOKEN", token))
						if w.Code >= 500 || w.Code == 0 {
							t.Errorf("POST %s %s %.60q: %d %s", path, media, body, w.Code, w.Body)
						}
						if cookies := fmt.Sprint(w.Header()["Set-Cookie"]); strings.Contains(cookies, sessionName) && c == guest {
							t.Errorf("POST %s %s %.60q sets %s", path, media, body, cookies)
						}
					}
				}
			}
		}
		if s := h.Stats(); s.Panics != 0 || s.StoreFaults != 0 {
			t.Errorf("%+v", s)
		}
		if member.who() == "null" {
			t.Error("signed out by rubbish")
		}
	})
}

func TestBadPathsAndMethods(t *testing.T) {
	h := open(t, roomy)
	c := h.courier(t)
	c.signIn()
	for _, path := range []string{
		"", "/", "//", "/session/", "/session//", "/Session", "/SESSION", "/session.json", "/session;x", "/session%00", "/session%20", "/session%2f", "/%73ession", "/sess%69on",
		"/.", "/..", "/../", "/../../etc/passwd", "/%2e%2e/session", "/session/../csrf", "/_log/x", "/csrf/x", "/signin/", "/signin//", "/signin/x/y", "/callback", "/callback/",
		"/signin/%00", "/signin/%2e%2e", "/signin/<script>", "/signin/" + strings.Repeat("x", 5000), "/sessions/", "/sessions/x", "/sessions/end/x", "/webauthn-options", "/undefined", "/null",
		"/signin/undefined", "/callback/undefined", "/sessions/undefined", "/__proto__", "/constructor", "/toString", "/한글", "/\u202e",
	} {
		for _, method := range []string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "Get", "GETT", "-"} {
			r := httptest.NewRequest("GET", "http://localhost/", nil)
			u, err := url.Parse("/api/auth" + path)
			if err != nil {
				u = &url.URL{Path: "/api/auth" + path}
			}
			r.Method, r.URL, r.RequestURI = method, u, "/api/auth"+path
			r.Header.Set("Cookie", strings.Join(c.cookies, "; "))
			w := httptest.NewRecorder()
			h.Handler().ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
			if method != "GET" && method != "POST" && w.Code != http.StatusBadRequest {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
	if s := h.Stats(); s.Panics != 0 || s.SignOuts != 0 {
		t.Errorf("%+v", s)
	}
}

func TestS112_BoundsOfARequest(t *testing.T) {
	h := open(t, roomy)
	member := h.courier(t)
	member.signIn()
	token := member.csrf()
	cookies := func(n, size int) []string {
		list := slices.Clone(member.cookies)
		for i := range n {
			list = append(list, fmt.Sprintf("c%d=%s", i, strings.Repeat("x", size)))
		}
		return list
	}
	for _, test := range []struct {
		name    string
		cookies []string
		status  int
	}{
		{"as they are", cookies(0, 0), 200},
		{"200 cookies", cookies(200-len(member.cookies), 1), 200},
		{"201 cookies", cookies(201-len(member.cookies), 1), 431},
		{"5,000 cookies", cookies(5000, 1), 431},
		{"32 KiB of cookies", cookies(8, 4000), 431},
		{"30 KiB of cookies", cookies(7, 4000), 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/api/auth/session", "/mine/", "/open", "/api/auth/csrf"} {
				b := h.courier(t)
				b.cookies = test.cookies
				w := b.get(path)
				if w.Code != test.status || w.Body.String() == "null" {
					t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, test.status)
				}
			}
		})
	}
	t.Run("over a real connection", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodGet, h.origin+"/api/auth/session", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", strings.Join(cookies(5000, 1), "; "))
		if res, body := do(t, r); res.StatusCode != 431 {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	for _, test := range []struct {
		name, media, body string
		status            int
	}{
		{"64 KiB", "application/x-www-form-urlencoded", "csrfToken=" + token + "&a=" + strings.Repeat("x", 64<<10-len("csrfToken=&a=")-len(token)), 303},
		{"one byte more", "application/x-www-form-urlencoded", "csrfToken=" + token + "&a=" + strings.Repeat("x", 64<<10-len("csrfToken=&a=")-len(token)+1), 413},
		{"one byte more of JSON", "application/json", `{"csrfToken":"` + token + `","a":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		{"a hundred fields", "application/x-www-form-urlencoded", "csrfToken=" + token + strings.Repeat("&a=1", 99), 303},
		{"one more", "application/x-www-form-urlencoded", "csrfToken=" + token + strings.Repeat("&a=1", 100), 400},
		{"a hundred fields of JSON", "application/json", `{"csrfToken":"` + token + `"` + members(99) + `}`, 303},
		{"one more of JSON", "application/json", `{"csrfToken":"` + token + `"` + members(100) + `}`, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := h.hasher.Counts().Hashes
			// Begins nothing: a provider that has its form elsewhere.
			w := member.copied().send(http.MethodPost, "/api/auth/signin/credentials", test.media, test.body)
			if w.Code != test.status || h.hasher.Counts().Hashes != before {
				t.Errorf("%d %.80s, want %d", w.Code, w.Body, test.status)
			}
			if test.status == 303 && !strings.HasSuffix(w.Header().Get("Location"), "/signin") {
				t.Errorf("leads to %s", w.Header().Get("Location"))
			}
		})
	}
	t.Run("a body without end", func(t *testing.T) {
		read := 0
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/auth/session", endless{&read})
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		if w.Code != 413 || w.Body.String() != "null" || read > 128<<10 {
			t.Errorf("%d %s after %d bytes", w.Code, w.Body, read)
		}
		read = 0
		r = httptest.NewRequest(http.MethodPost, "http://localhost/api/auth/_log", endless{&read})
		w = httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		if w.Code != 200 || read > 128<<10 {
			t.Errorf("_log: %d after %d bytes", w.Code, read)
		}
	})
	for n, status := range map[int]int{100: 200, 101: 400, 1000000: 400} {
		if w := member.get("/api/auth/session?" + strings.Repeat("a=1&", n-1) + "b=2"); w.Code != status {
			t.Errorf("%d query keys: %d, want %d", n, w.Code, status)
		}
	}
	if n := h.Stats().Panics; n != 0 {
		t.Errorf("%d panics", n)
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":1`, i)
	}
	return b.String()
}

// endless is a body that never ends.
type endless struct{ read *int }

func (e endless) Read(b []byte) (int, error) {
	*e.read += len(b)
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}
