package signet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

func TestS16_OwnSessions(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		h.addUser(t, "eve@example.com", "eves own passphrase")
		laptop, phone, eve := h.courier(t), h.courier(t), h.courier(t)
		laptop.header.Set("User-Agent", "Laptop/1")
		phone.header.Set("User-Agent", strings.Repeat("Phone/1 ", 100))
		phone.peer = "198.51.100.7:4444"
		laptop.signIn()
		h.clock.Advance(time.Second)
		phone.signIn()
		eve.post("/api/auth/callback/credentials", url.Values{
			"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {eve.csrf()},
		})
		list := listed(t, laptop)
		if len(list) != 2 || list[0].Current || !list[1].Current || list[0].Network != "198.51.100.7" ||
			len(list[0].Agent) != 256 || list[1].Agent != "Laptop/1" || list[1].Provider != "credentials" {
			t.Fatalf("list = %+v", list)
		}
		t.Run("a handle opens nothing", func(t *testing.T) {
			b := h.courier(t)
			b.plant(sessionName, list[0].ID)
			if b.who() != "null" {
				t.Error("it does")
			}
		})
		t.Run("of somebody else: 404, and nothing changes", func(t *testing.T) {
			before := len(listed(t, phone))
			for _, foreign := range []string{list[0].ID, list[1].ID, "", "x", "AAAAAAAAAAE", "' or 1=1 --"} {
				w := eve.postJSON("/api/auth/sessions/end", map[string]string{"csrfToken": eve.csrf(), "session": foreign})
				if w.Code != http.StatusNotFound || w.Body.String() != `{"error":"NotFound"}` {
					t.Errorf("%q: %d %s", foreign, w.Code, w.Body)
				}
			}
			if len(listed(t, phone)) != before || laptop.who() == "null" || phone.who() == "null" || eve.who() == "null" {
				t.Error("somebody is signed out")
			}
		})
		t.Run("without a token nothing ends", func(t *testing.T) {
			for _, path := range []string{"/end", "/others"} {
				w := laptop.postJSON("/api/auth/sessions"+path, map[string]string{"session": list[0].ID})
				if w.Code != http.StatusForbidden || phone.who() == "null" {
					t.Errorf("%s: %d", path, w.Code)
				}
			}
		})
		t.Run("nobody has none", func(t *testing.T) {
			b := h.courier(t)
			token := b.csrf()
			for _, path := range []string{"/end", "/others"} {
				if w := b.postJSON("/api/auth/sessions"+path, map[string]string{"csrfToken": token, "session": list[0].ID}); w.Code != http.StatusUnauthorized {
					t.Errorf("%s: %d", path, w.Code)
				}
			}
		})
		t.Run("one's own ends at once", func(t *testing.T) {
			w := laptop.postJSON("/api/auth/sessions/end", map[string]string{"csrfToken": laptop.csrf(), "session": list[0].ID})
			if w.Code != http.StatusOK || w.Body.String() != `{"done":"SessionEnded"}` {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if phone.who() != "null" || laptop.who() == "null" {
				t.Error("the wrong one is over")
			}
		})
		t.Run("the current one signs out", func(t *testing.T) {
			w := laptop.post("/api/auth/sessions/end", url.Values{"csrfToken": {laptop.csrf()}, "session": {list[1].ID}})
			if w.Code != http.StatusSeeOther && w.Code != http.StatusOK || laptop.cookie(sessionName) != "" || laptop.who() != "null" {
				t.Errorf("%d, cookie %.20s", w.Code, laptop.cookie(sessionName))
			}
		})
	})
}

func listed(t *testing.T, c *courier) []signet.ListedSession {
	t.Helper()
	w := c.get("/api/auth/sessions")
	var list []signet.ListedSession
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return list
}

func TestS15_EndTheOthers(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		h.addUser(t, "eve@example.com", "eves own passphrase")
		mine, thief, eve := h.courier(t), h.courier(t), h.courier(t)
		mine.signIn()
		thief.signIn()
		eve.post("/api/auth/callback/credentials", url.Values{
			"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {eve.csrf()},
		})
		w := mine.postJSON("/api/auth/sessions/others", map[string]string{"csrfToken": mine.csrf()})
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if mine.who() == "null" || eve.who() == "null" {
			t.Error("more than the others ended")
		}
		if got := thief.who(); got != "null" {
			t.Errorf("the other browser is %s", got)
		}
	})
}

// TestS117_TwoUsers takes every route with the cookies of one user and the handles of
// another: what belongs to the other must not show and not change.
func TestS117_TwoUsers(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		eveUser := h.addUser(t, "eve@example.com", "eves own passphrase")
		minsu := h.minsu(t)
		victim, eve := h.courier(t), h.courier(t)
		victim.signIn()
		victim.header.Set("User-Agent", "victims own agent")
		eve.post("/api/auth/callback/credentials", url.Values{
			"email": {"eve@example.com"}, "password": {"eves own passphrase"}, "csrfToken": {eve.csrf()},
		})
		handle := rowsOf(t, h, minsu.ID)[0].Handle
		before := fmt.Sprint(rowsOf(t, h, minsu.ID), h.minsu(t))
		ids := url.Values{
			"id": {minsu.ID}, "userId": {minsu.ID}, "user": {minsu.ID}, "sub": {minsu.ID}, "session": {handle},
			"email": {minsuEmail}, "sid": {rowsOf(t, h, minsu.ID)[0].ID.String()},
		}
		for _, path := range everyRoute {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				form := url.Values{"csrfToken": {eve.csrf()}}
				for k, v := range ids {
					form[k] = v
				}
				if path == "/signout" && method == http.MethodPost {
					continue // ends her own, which is right
				}
				w := eve.send(method, "/api/auth"+path+"?"+ids.Encode(), "application/x-www-form-urlencoded", form.Encode())
				if path == "/session" && !strings.Contains(w.Body.String(), "eve@example.com") && w.Code == 200 {
					t.Errorf("%s %s: not Eve: %s", method, path, w.Body)
				}
				for _, secret := range []string{minsu.ID, handle, "victims own agent"} {
					if strings.Contains(w.Body.String(), secret) {
						t.Errorf("%s %s shows %s", method, path, secret)
					}
				}
			}
		}
		if after := fmt.Sprint(rowsOf(t, h, minsu.ID), h.minsu(t)); after != before {
			t.Errorf("the victim's rows changed from %s to %s", before, after)
		}
		if got := victim.who(); !strings.Contains(got, minsuEmail) {
			t.Errorf("the victim is %s", got)
		}
		if !strings.Contains(eve.who(), "eve@example.com") || len(rowsOf(t, h, eveUser.ID)) == 0 {
			t.Error("Eve lost her session")
		}
	})
}

// everyRoute is each end point there is.
var everyRoute = []string{
	"/providers", "/csrf", "/session", "/signin", "/signin/credentials", "/callback/credentials", "/callback/nobody",
	"/signout", "/error", "/error?error=AccessDenied", "/verify-request", "/_log", "/signup", "/account",
	"/sessions", "/sessions/end", "/sessions/others", "/step", "/step?attempt=x",
}
