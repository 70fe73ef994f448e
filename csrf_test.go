package signet_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

// stands is everything that a store keeps about Minsu.
func (h *house) stands(t *testing.T) string {
	t.Helper()
	u := h.minsu(t)
	accounts, err := h.stores.Accounts.AccountsOf(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v %+v %+v", u, accounts, rowsOf(t, h, u.ID))
}

func TestS21_ReadingChangesNothing(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		store := newBrittle()
		h := open(t, store.use, strategy)
		c := h.courier(t)
		c.signIn()
		other := h.courier(t)
		other.signIn()
		before := h.stands(t)
		q := url.Values{
			"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {minsuPassword}, "json": {"true"},
			"session": {rowsOf(t, h, h.minsu(t).ID)[0].Handle}, "data": {`{"name":"x"}`}, "_method": {"POST"},
		}
		value := c.cookie(sessionName)
		writes := store.writes.Load()
		for _, path := range everyRoute {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				c.header.Set("X-HTTP-Method-Override", "POST")
				w := c.send(method, "/api/auth"+path+sep+q.Encode(), "application/x-www-form-urlencoded", q.Encode())
				if w.Code >= 500 {
					t.Errorf("%s %s: %d", method, path, w.Code)
				}
				if c.cookie(sessionName) != value {
					t.Errorf("%s %s changed the session cookie", method, path)
				}
			}
		}
		if n := store.writes.Load() - writes; n != 0 || h.stands(t) != before {
			t.Errorf("%d writes", n)
		}
		nobody := h.courier(t)
		for _, path := range everyRoute {
			nobody.get("/api/auth" + path + "?" + q.Encode())
		}
		if nobody.cookie(sessionName) != "" || store.writes.Load() != writes {
			t.Error("a GET signed somebody in, or wrote")
		}
	})
}

func TestS23_TokenBelongsToOneSession(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, https, strategy)
		const name = "__Host-authjs.csrf-token"
		c, other, guest := h.courier(t), h.courier(t), h.courier(t)
		before := c.csrf() // a form that was open before the sign-in
		beforeCookie := c.cookie(name)
		c.signIn()
		other.signIn()
		if c.cookie(name) == beforeCookie || c.csrf() == before {
			t.Error("the sign-in did not renew the token")
		}
		guest.csrf()
		token := c.csrf()
		if again := c.csrf(); again != token {
			t.Error("a token changes without need")
		}
		own := c.cookie(name)
		authJS := sha256.Sum256([]byte(token + secret))
		for _, test := range []struct {
			name, cookie, token string
			ok                  bool
		}{
			{"its own", own, token, true},
			{"its own, with a raw pipe", strings.Replace(own, "%7C", "|", 1), token, true},
			{"from before the sign-in, with its cookie", beforeCookie, before, false},
			{"from before the sign-in, with the cookie of now", own, before, false},
			{"of another session, with its cookie", other.cookie(name), other.csrf(), false},
			{"of another session", own, other.csrf(), false},
			{"of a guest, planted by a sibling host", guest.cookie(name), guest.csrf(), false},
			{"none", own, "", false},
			{"none, without a cookie", "", "", false},
			{"without its cookie", "", token, false},
			{"cut short", own, token[:63], false},
			{"in upper case", own, strings.ToUpper(token), token == strings.ToUpper(token)},
			{"the whole cookie", own, strings.Replace(own, "%7C", "|", 1), false},
			{"with the unbound hash of Auth.js", token + "%7C" + hex.EncodeToString(authJS[:]), token, false},
			{"with an empty hash", token + "%7C", token, false},
			{"with no hash", token, token, false},
			{"an empty pair", "%7C", "", false},
		} {
			t.Run(test.name, func(t *testing.T) {
				b := c.copied()
				b.drop(name)
				if test.cookie != "" {
					b.plant(name, test.cookie)
				}
				w := b.postJSON("/api/auth/session", map[string]string{"csrfToken": test.token})
				if ok := w.Code == http.StatusOK; ok != test.ok {
					t.Errorf("update: %d", w.Code)
				}
				if test.ok {
					return
				}
				w = b.post("/api/auth/signout", url.Values{"csrfToken": {test.token}})
				if w.Header().Get("Location") != site+"/api/auth/signin?error=MissingCSRF" || c.copied().who() == "null" {
					t.Errorf("sign-out: %d %s", w.Code, w.Header().Get("Location"))
				}
			})
		}
		t.Run("after the sign-out it is over", func(t *testing.T) {
			b := c.copied()
			c.post("/api/auth/signout", url.Values{"csrfToken": {token}})
			b.drop("__Secure-authjs.session-token")
			w := b.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {minsuEmail}, "password": {minsuPassword}})
			if !strings.Contains(w.Header().Get("Location"), "MissingCSRF") {
				t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
			}
		})
	})
}

func TestS24_LoginCSRF(t *testing.T) {
	h := open(t, https)
	attacker := h.courier(t)
	theirs := attacker.csrf()
	form := url.Values{"csrfToken": {theirs}, "email": {minsuEmail}, "password": {minsuPassword}}
	for _, test := range []struct {
		name   string
		plant  bool // the attacker managed to plant his cookie
		origin string
		site   string
	}{
		{"the attacker's form in the victim's browser", false, "https://evil.example", "cross-site"},
		{"from an old browser", false, "https://evil.example", ""},
		{"from a browser that says nothing", false, "", ""},
		{"with his cookie planted, from another site", true, "https://evil.example", "cross-site"},
		{"with his cookie planted, from a sibling host", true, "https://blog.example.com", "same-site"},
		{"with his cookie planted, from an old browser", true, "https://evil.example", ""},
		{"with his cookie planted, from a sandboxed frame", true, "null", "cross-site"},
		{"with his cookie planted, from a sandboxed frame of an old browser", true, "null", ""},
		{"with his cookie planted, from our host without https", true, "http://app.example.com", "cross-site"},
	} {
		t.Run(test.name, func(t *testing.T) {
			victim := h.courier(t)
			victim.csrf()
			if test.plant {
				victim.plant("__Host-authjs.csrf-token", attacker.cookie("__Host-authjs.csrf-token"))
			}
			for key, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site} {
				if value != "" {
					victim.header.Set(key, value)
				}
			}
			for _, path := range []string{"/callback/credentials", "/signup"} {
				victim.post("/api/auth"+path, form)
			}
			if got := victim.copied().who(); got != "null" || victim.cookie("__Secure-authjs.session-token") != "" {
				t.Errorf("the victim is %s", got)
			}
		})
	}
}

func TestS25_OnlyTheTypesOfOurClients(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		for _, test := range []struct {
			media string
			form  bool // form text instead of JSON
			taken bool
		}{
			{"application/json", false, true},
			{"application/json; charset=utf-8", false, true},
			{"Application/JSON", false, true},
			{"application/x-www-form-urlencoded", true, true},
			{"application/x-www-form-urlencoded; charset=UTF-8", true, true},
			{"", false, false},
			{"", true, false},
			{"text/plain", false, false},
			{"text/plain", true, false},
			{"text/plain; x=application/json", false, false},
			{"text/json", false, false},
			{"application/json+x", false, false},
			{"application/jsonx", false, false},
			{"application/json, text/plain", false, false},
			{"multipart/form-data; boundary=x", false, false},
			{"multipart/form-data; boundary=x", true, false},
			{"application/x-www-form-urlencoded", false, false}, // a form whose text is JSON
			{"application/json", true, false},
			{"application/json/", false, false},
			{"application/json; charset", false, false},
			{"/", false, false},
		} {
			t.Run(fmt.Sprintf("%s form %v", test.media, test.form), func(t *testing.T) {
				h := open(t, strategy)
				c := h.courier(t)
				c.signIn()
				body := mustJSON(t, map[string]string{"csrfToken": c.csrf()})
				if test.form {
					body = url.Values{"csrfToken": {c.csrf()}}.Encode()
				}
				c.send(http.MethodPost, "/api/auth/signout", test.media, body)
				if signedOut := c.who() == "null"; signedOut != test.taken {
					t.Errorf("signed out: %v", signedOut)
				}
				if !test.form || !test.taken {
					return
				}
				c.signIn()
				w := c.send(http.MethodPost, "/api/auth/session", test.media, "csrfToken="+c.csrf()+"&data=x")
				if w.Code != http.StatusBadRequest || w.Body.String() != "null" {
					t.Errorf("update by a form: %d %s", w.Code, w.Body)
				}
			})
		}
	})
}

func TestS26_NoCORS(t *testing.T) {
	h := open(t, https, func(c *signet.Config) { c.TrustedOrigins = []string{"https://admin.example.com"} })
	c := h.courier(t)
	c.signIn()
	for _, origin := range []string{
		site, "null", "", "*", "https://evil.example", "https://app.example.com.evil.example", "https://evilapp.example.com",
		"http://app.example.com", "https://app.example.com:444", "https://admin.example.com", "HTTPS://APP.EXAMPLE.COM",
	} {
		for _, path := range everyRoute {
			for _, method := range []string{http.MethodGet, http.MethodOptions, http.MethodPost} {
				b := c.copied()
				b.header["Origin"] = []string{origin}
				b.header["Access-Control-Request-Method"] = []string{"POST"}
				b.header["Access-Control-Request-Headers"] = []string{"content-type"}
				w := b.send(method, "/api/auth"+path, "", "")
				for name := range w.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s from %q: %s: %s", method, path, origin, name, w.Header().Get(name))
					}
				}
			}
		}
	}
}

// TestTokenOfAuthJS: the shape that the unmodified client and other servers know.
func TestTokenOfAuthJS(t *testing.T) {
	h := open(t)
	c := h.courier(t)
	w := c.get("/api/auth/csrf")
	var v map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || len(v) != 1 {
		t.Fatalf("%s: %v", w.Body, err)
	}
	token, hash, ok := strings.Cut(c.cookie("authjs.csrf-token"), "%7C")
	for _, part := range []string{token, hash} {
		if raw, err := hex.DecodeString(part); err != nil || len(raw) != 32 {
			t.Errorf("%q is not 64 hex characters", part)
		}
	}
	if !ok || v["csrfToken"] != token {
		t.Errorf("%v beside the cookie %s", v, c.cookie("authjs.csrf-token"))
	}
	if w := c.get("/api/auth/csrf"); len(w.Header()["Set-Cookie"]) != 0 {
		t.Errorf("a token that is good is set again: %v", w.Header()["Set-Cookie"])
	}
}
