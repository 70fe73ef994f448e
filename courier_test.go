package signet_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A courier takes requests straight to a handler and keeps cookies by name, whatever their
// attributes say: for houses on https, and for bytes as they are on the wire.
type courier struct {
	t       testing.TB
	handler http.Handler
	origin  string
	cookies []string    // name=value, as sent
	header  http.Header // sent with every request
	peer    string      // the other end, "192.0.2.1:1234" when empty
}

// courier visits the house at its public origin.
func (h *house) courier(t testing.TB) *courier {
	origin := h.config.URL
	if origin == "" {
		origin = "http://localhost"
	}
	return &courier{t: t, handler: h.handler, origin: origin, header: http.Header{"Accept": {"text/html"}}}
}

func (c *courier) get(path string) *httptest.ResponseRecorder {
	return c.send(http.MethodGet, path, "", "")
}

func (c *courier) post(path string, form url.Values) *httptest.ResponseRecorder {
	return c.send(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

func (c *courier) postJSON(path string, v any) *httptest.ResponseRecorder {
	body, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, path, "application/json", string(body))
}

func (c *courier) send(method, path, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, c.origin+path, strings.NewReader(body))
	for k, v := range c.header {
		r.Header[k] = v
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if contentType == "application/json" { // a script
		r.Header.Set("Accept", contentType)
	}
	if len(c.cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(c.cookies, "; "))
	}
	if c.peer != "" {
		r.RemoteAddr = c.peer
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	c.keep(w.Header()["Set-Cookie"])
	return w
}

// keep takes Set-Cookie lines in.
func (c *courier) keep(lines []string) {
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, _, _ := strings.Cut(pair, "=")
		c.drop(name)
		if !strings.Contains(attributes, "Max-Age=0") {
			c.cookies = append(c.cookies, pair)
		}
	}
}

func (c *courier) drop(name string) {
	c.cookies = slices.DeleteFunc(c.cookies, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}

// cookie is the value of a cookie as it is on the wire, "" when there is none.
func (c *courier) cookie(name string) string {
	for _, pair := range c.cookies {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			return v
		}
	}
	return ""
}

// plant puts a cookie in, in the place of any of its name.
func (c *courier) plant(name, value string) {
	c.drop(name)
	c.cookies = append(c.cookies, name+"="+value)
}

// csrf fetches a form token.
func (c *courier) csrf() string {
	var v struct{ CSRFToken string }
	w := c.get("/api/auth/csrf")
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.CSRFToken == "" {
		c.t.Fatalf("csrf: %d %s", w.Code, w.Body)
	}
	return v.CSRFToken
}

// signIn signs Minsu in.
func (c *courier) signIn() *httptest.ResponseRecorder {
	w := c.post("/api/auth/callback/credentials", url.Values{"email": {minsuEmail}, "password": {minsuPassword}, "csrfToken": {c.csrf()}})
	if w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), "error=") {
		c.t.Fatalf("sign-in: %d %s", w.Code, w.Header().Get("Location"))
	}
	return w
}

// who is the session JSON.
func (c *courier) who() string { return c.get("/api/auth/session").Body.String() }

// copied is a thief with the cookies of c.
func (c *courier) copied() *courier {
	thief := *c
	thief.cookies = slices.Clone(c.cookies)
	thief.header = c.header.Clone()
	return &thief
}
