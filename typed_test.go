package signet_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// After a wrong password the page has the address, once, for a minute, in that browser; no URL
// has it, and the cookie cannot be read.
func TestTheAddressStaysAfterAWrongPassword(t *testing.T) {
	h := open(t, https)
	wrong := func(c *courier) string {
		w := c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {"canary-wrong"}})
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || errorOf(t, to) != "CredentialsSignin" || strings.Contains(to, "minsu") {
			t.Fatalf("%d %s", w.Code, to)
		}
		for _, line := range w.Header()["Set-Cookie"] {
			if strings.Contains(line, "minsu") || strings.Contains(line, ".typed=") && !(strings.Contains(line, "HttpOnly") && strings.Contains(line, "Max-Age=60")) {
				t.Errorf("cookie %s", line)
			}
		}
		return strings.TrimPrefix(to, site)
	}
	shown := func(c *courier, page string) bool {
		body := c.get(page).Body.String()
		if strings.Contains(body, "canary") {
			t.Error("the page has the password")
		}
		return strings.Contains(body, `value="`+minsuEmail+`"`)
	}
	c := h.courier(t)
	page := wrong(c)
	if !shown(c, page) {
		t.Error("the page has no address")
	}
	if shown(c, page) || c.cookie("__Host-authjs.typed") != "" {
		t.Error("the page has it a second time")
	}
	late := h.courier(t)
	page = wrong(late)
	h.clock.Advance(time.Minute)
	if shown(late, page) {
		t.Error("the page has it after a minute")
	}
	if shown(h.courier(t), page) {
		t.Error("the page has it in another browser")
	}
	other := h.courier(t)
	page = wrong(other)
	other.plant("__Host-authjs.typed", other.cookie("__Host-authjs.typed")[1:])
	if shown(other, page) {
		t.Error("the page believes a cookie that was changed")
	}
	plain := h.courier(t)
	wrong(plain)
	if shown(plain, "/api/auth/signin") {
		t.Error("the page has it where nothing went wrong")
	}
}

func TestTheAddressIsForOurPageAlone(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Pages.SignIn = "/login" })
	c := h.courier(t)
	c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {c.csrf()}, "email": {minsuEmail}, "password": {"wrong"}})
	if c.cookie("authjs.typed") != "" {
		t.Error("kept for a page of the application")
	}
}
