package signet_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

// fuzzed is an Auth for many requests.
func fuzzed(f *testing.F, change ...func(*signet.Config)) *signet.Auth {
	f.Helper()
	c := signet.Config{
		Secrets: []string{secret}, URL: "http://localhost:3000", Stores: memory.New().Stores(), World: quiet,
		Providers: []signet.Provider{credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: cheapHasher()})},
	}
	roomy(&c)
	for _, g := range change {
		g(&c)
	}
	a, err := signet.New(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { a.Close() })
	return a
}

// FuzzReturnTo: what is accepted leads a browser to an origin of ours, and stays as it is
// when it is read again.
func FuzzReturnTo(f *testing.F) {
	a := fuzzed(f, func(c *signet.Config) { c.TrustedOrigins = []string{"https://admin.example.com:8443"} })
	for _, c := range browserTargets(f) {
		f.Add(site, c.Input)
	}
	f.Add("http://localhost:3000", "http://localhost:3000/x")
	f.Add("http://[::1]:3000", "http://[::1]:3000/x")
	f.Fuzz(func(t *testing.T, own, value string) {
		origin, ok := signet.CanonicalOrigin(own)
		if !ok || origin != own {
			t.Skip("not an origin that we could have")
		}
		to, ok := a.ReturnTo(own, value)
		if !ok {
			return
		}
		if got := browserOrigin(to, own+"/x"); got != own && got != "https://admin.example.com:8443" {
			t.Errorf("%q from %s leads to %q, which is at %s", value, own, to, got)
		}
		for i := range len(to) {
			if c := to[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"'<>\\^`{|}", c) >= 0 {
				t.Fatalf("%q becomes %q, with %q in it", value, to, c)
			}
		}
		if again, ok := a.ReturnTo(own, to); !ok && len(to) <= 2048 || ok && again != to {
			t.Errorf("%q becomes %q, and then %q %v", value, to, again, ok)
		}
	})
}

// FuzzParseEmail: what is accepted is one recipient, on one line, and stays as it is.
func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{
		"minsu@example.com", " a@b.example ", "민수@예시.한국", "a@xn--bcher-kva.example", `"a"@b.example`, "a@b@c.example", "a@b..c", "a@[1.2.3.4]", "K@example.com",
		"a@e\u0301.example", "a＠example.com", "a@b.example\r\nRCPT TO:<x@y.example>", strings.Repeat("a", 65) + "@b.example", "a@localhost", "a@0x7f.1", "\xff@b.example",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := signet.ParseEmail(typed)
		if err != nil {
			if got != "" {
				t.Errorf("refused, and yet %q", got)
			}
			return
		}
		if strings.Count(got, "@") != 1 || strings.ContainsAny(got, " \t\r\n\x00<>\"(),;:\\[]") || len(got) > 320 {
			t.Errorf("%q becomes %q", typed, got)
		}
		local, domain, _ := strings.Cut(got, "@")
		if local == "" || len(local) > 64 || domain != strings.ToLower(domain) || strings.ContainsFunc(domain, func(r rune) bool { return r > 0x7e }) {
			t.Errorf("%q becomes %q", typed, got)
		}
		if again, err := signet.ParseEmail(got); err != nil || again != got {
			t.Errorf("%q becomes %q, and then %q, %v", typed, got, again, err)
		}
		if folded := signet.FoldEmail(got); signet.FoldEmail(folded) != folded || len(folded) != len(got) {
			t.Errorf("%q folds to %q", got, folded)
		}
	})
}

// FuzzForm: no body makes a 5xx, a panic or a session.
func FuzzForm(f *testing.F) {
	a := fuzzed(f)
	handler := a.Handler()
	for _, media := range []string{"application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data; boundary=x", "application/json; charset=\xff", ""} {
		for _, body := range []string{"csrfToken=TOKEN&email=a@b.example&password=x", `{"csrfToken":"TOKEN","data":{"a":[1]}}`, "csrfToken=TOKEN;a=b", "%", "{", "", "json=true&csrfToken=TOKEN&callbackUrl=//evil.example"} {
			for _, path := range []string{"/callback/credentials", "/session", "/signup", "/signout", "/sessions/end", "/signin/credentials"} {
				f.Add(path, media, body)
			}
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:3000/api/auth/csrf", nil))
	cookie, _, _ := strings.Cut(w.Header()["Set-Cookie"][0], ";")
	token := strings.TrimPrefix(cookie, "authjs.csrf-token=")[:64]
	f.Fuzz(func(t *testing.T, path, media, body string) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/", strings.NewReader(strings.ReplaceAll(body, "TOKEN", token)))
		r.URL = &url.URL{Path: "/api/auth" + path}
		r.Header["Content-Type"] = []string{media}
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 || a.Stats().Panics != 0 {
			t.Fatalf("%s: %d", path, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" && browserOrigin(to, "http://localhost:3000/x") != "http://localhost:3000" {
			t.Errorf("%s leads to %s", path, to)
		}
		if setCookie(w.Header(), sessionName) != "" && path != "/signup" {
			t.Errorf("%s signs somebody in", path)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s answers %s", path, w.Body)
		}
	})
}

// FuzzCookieHeader: no Cookie header makes a 5xx, a panic or somebody.
func FuzzCookieHeader(f *testing.F) {
	jwt := fuzzed(f)
	database := fuzzed(f, database)
	for _, s := range []string{
		"", "a=b", ";;;", "=", "authjs.session-token=x", "authjs.session-token=x; authjs.session-token=y", "authjs.session-token.0=a; authjs.session-token.1=b",
		"authjs.session-token.1=b", "authjs.session-token.99999999999999999999=b", "authjs.session-token=%zz", `authjs.session-token="x"`, "authjs.csrf-token=a|b", "authjs.csrf-token=%7C",
		"authjs.callback-url=//evil.example", "authjs.callback-url=http%3A%2F%2Flocalhost%3A3000%2Fx", "next-auth.session-token=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA",
		"authjs.session-token=AAAAAAAAAAE." + strings.Repeat("A", 43), "authjs.device=AAAAAAAAAAAAAAAAAAAAAA.x", "\x00\xff", strings.Repeat("a=b;", 300),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, a := range []*signet.Auth{jwt, database} {
			for _, path := range []string{"/session", "/csrf", "/signout", "/account", "/sessions"} {
				r := httptest.NewRequest(http.MethodGet, "http://localhost:3000/api/auth"+path, nil)
				r.Header["Cookie"] = []string{header}
				w := httptest.NewRecorder()
				a.Handler().ServeHTTP(w, r)
				body, err := io.ReadAll(w.Body)
				if err != nil || w.Code >= 500 || a.Stats().Panics != 0 {
					t.Fatalf("%s: %d %v", path, w.Code, err)
				}
				if path == "/session" && w.Code == http.StatusOK && string(body) != "null" {
					t.Errorf("somebody: %s", body)
				}
				for _, line := range w.Header()["Set-Cookie"] {
					if strings.ContainsAny(line, "\r\n\x00") {
						t.Errorf("Set-Cookie: %q", line)
					}
				}
			}
		}
	})
}

// FuzzParseSessionID: there is one spelling of an ID.
func FuzzParseSessionID(f *testing.F) {
	for _, s := range []string{"AAAAAAAAAAE", "AAAAAAAAAAA", "__________8", "__________9", "", "AAAAAAAAAA=", "AAAAAAAAAAE\n", strings.Repeat("A", 12)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := signet.ParseSessionID(s)
		if ok != (id != 0) || ok && id.String() != s {
			t.Errorf("%q is %d %v, which is written %q", s, id, ok, id)
		}
	})
}

// FuzzParseKey: there is one spelling of the cookie of a stored session.
func FuzzParseKey(f *testing.F) {
	f.Add("AAAAAAAAAAE." + strings.Repeat("A", 43))
	f.Add("AAAAAAAAAAE." + strings.Repeat("A", 42) + "B")
	f.Add("AAAAAAAAAAE.." + strings.Repeat("A", 42))
	f.Add("AAAAAAAAAAE.\n" + strings.Repeat("A", 43))
	f.Add(".")
	seen := map[[32]byte]string{}
	f.Fuzz(func(t *testing.T, s string) {
		id, hash, ok := signet.ParseKey(s)
		if !ok {
			if id != 0 || hash != [32]byte{} {
				t.Errorf("%q is refused, and yet %d", s, id)
			}
			return
		}
		secret := s[12:]
		if len(s) != 11+1+43 || s[:11] != id.String() {
			t.Errorf("%q is %d", s, id)
		}
		if other, known := seen[hash]; known && other != secret {
			t.Errorf("%q and %q are one secret", other, secret)
		}
		seen[hash] = secret
	})
}

// FuzzParseClaims: what is read is written back with the same members, and what
// encoding/json finds in it is the same.
func FuzzParseClaims(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1}`, ` { "a" : [ 1 , {"b":null} ] } `, `{"a":12345678901234567890,"b":1e400}`, `{"a":"\u00e9\ud83d\ude00"}`, `{"\u0061":1}`,
		`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `[]`, `{"a":1}x`, `{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		c, err := signet.ParseClaims(object)
		if err != nil {
			return
		}
		var want, got map[string]json.RawMessage
		if err := json.Unmarshal(object, &want); err != nil {
			t.Fatalf("%s is no JSON: %v", object, err)
		}
		written, err := c.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &got); err != nil || len(got) != len(want) || len(got) != c.Len() {
			t.Fatalf("%s becomes %s: %v", object, written, err)
		}
		for name, raw := range want {
			if !bytes.Equal(got[name], raw) {
				t.Errorf("%s becomes %s", object, written)
			}
		}
		again, err := signet.ParseClaims(written)
		if err != nil {
			t.Fatalf("%s becomes %s: %v", object, written, err)
		}
		if twice, err := again.MarshalJSON(); err != nil || !bytes.Equal(twice, written) {
			t.Errorf("%s becomes %s and then %s", object, written, twice)
		}
	})
}

// FuzzOrigin: an origin is written in one way, and a URL parser agrees with it.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{
		"https://app.example.com", "http://localhost:3000", "http://[::1]:80", "HTTPS://x", "https://X:443/", "https://x:443:443", "https://a@b", "https://a/b", "http://[::1", "http://a:b", "https://", "http://:80",
		"https://x:80", "http://x:", "http://x..", "http://%41", "http://a b", "null",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		origin, ok := signet.CanonicalOrigin(s)
		if !ok {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" || u.User != nil || u.Path != "" || u.Host != strings.ToLower(u.Host) {
			t.Errorf("%q becomes %q: %+v %v", s, origin, u, err)
		}
		if again, ok := signet.CanonicalOrigin(origin); !ok || again != origin {
			t.Errorf("%q becomes %q, and then %q %v", s, origin, again, ok)
		}
		if got := browserOrigin(s, "https://other.example/"); got != origin {
			t.Errorf("%q becomes %q, a browser says %q", s, origin, got)
		}
	})
}
