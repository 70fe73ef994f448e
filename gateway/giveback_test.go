package gateway_test

import (
	"encoding/json"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// The memory of a request that has gone is used by the next one: nothing may be left in it.
func TestHeadersOfTheRequestBeforeAreGone(t *testing.T) {
	h := open(t)
	for range 20 {
		if _, sent := h.get("/public/a", "X-Odd-Header: mine", "Cookie: theme=dark"); len(sent) != 1 || len(sent[0].values("x-odd-header")) != 1 {
			t.Fatalf("the first request was not carried: %v", sent)
		}
		_, sent := h.get("/public/a")
		if len(sent) != 1 {
			t.Fatal("the second request was not carried")
		}
		for _, name := range []string{"x-odd-header", "cookie"} {
			if got := sent[0].values(name); len(got) > 0 {
				t.Fatalf("%s of the request before: %s", name, got)
			}
		}
	}
}

func TestRefusalsAreJSONWhateverIsInThem(t *testing.T) {
	for _, page := range []string{"/login", `/log"in`, "/login?a=1&b=<2>", "/로그인"} {
		h := open(t, func(c *signet.Config, g *gateway.Config) { c.Pages.SignIn = page })
		w, _ := h.get("/account/x")
		var answer map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v in %s", page, err, w.Body)
		}
		if want := publicOrigin + page; w.Code != 401 || len(answer) != 2 || answer["error"] != "unauthorized" || answer["login_url"] != want {
			t.Errorf("%d %v, want login_url %s", w.Code, answer, want)
		}
	}
}

func TestTheSignInPageIsOpenHoweverItIsConfigured(t *testing.T) {
	for page, path := range map[string]string{
		"/account/login": "/account/login", "/account/login?lang=ko": "/account/login", "/account/login#form": "/account/login",
		"/account/%6Cogin": "/account/login",
	} {
		h := open(t, func(c *signet.Config, _ *gateway.Config) { c.Pages.SignIn = page })
		if w, _ := h.get(path); w.Code != 200 {
			t.Errorf("%s: %d", page, w.Code)
		}
		if w, _ := h.get(path + "/more"); w.Code != 401 {
			t.Errorf("%s, what lies below it: %d", page, w.Code)
		}
	}
}
