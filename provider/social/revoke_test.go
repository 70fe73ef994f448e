package social_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

// last is the last call whose form has a member.
func (c *company) last(member string) call {
	for _, k := range slices.Backward(c.calls) {
		if member == "" || k.form.Has(member) {
			return k
		}
	}
	return call{}
}

// Every way to give a grant back, as a whole.
func TestRevoke(t *testing.T) {
	var all strings.Builder
	for _, v := range vectors(t) {
		c := newCompany(t, v.ID)
		tokens := signet.Tokens{Access: "the-access", Refresh: "the-refresh", Expires: noon.Add(time.Hour)}
		if err := c.provider().Revoke(t.Context(), c.world(), tokens); err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		k := c.last("")
		if k.method == "" || strings.HasSuffix(k.url, "/openid-configuration") {
			fmt.Fprintf(&all, "%s\n  nobody is asked\n", v.ID)
			continue
		}
		fmt.Fprintf(&all, "%s\n  %s %s\n", v.ID, k.method, k.url)
		for _, name := range []string{"Authorization", "Content-Type"} {
			if value := k.header.Get(name); value != "" {
				fmt.Fprintf(&all, "  %s: %s\n", name, value)
			}
		}
		body := k.body
		if len(k.form.Get("client_secret")) > len(secret) {
			body = strings.Replace(body, k.form.Get("client_secret"), "<jwt>", 1)
		}
		fmt.Fprintf(&all, "  %s\n", body)
	}
	golden(t, "revoke.txt", all.String())
}

// A grant is given back with a token that lives: a dead one is renewed first.
func TestRevokeRenewsFirst(t *testing.T) {
	for _, id := range []string{"kakao", "naver", "github", "slack", "line", "twitch"} {
		c := newCompany(t, id)
		before := old(c)
		before.Expires = noon
		c.token = c.Refresh.Response
		if err := c.provider().Revoke(t.Context(), c.world(), before); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		k := c.last("")
		if fresh := c.token.Body.(map[string]any)["access_token"].(string); !strings.Contains(k.body+k.header.Get("Authorization"), fresh) {
			t.Errorf("%s: %+v", id, k)
		}
		c.token = c.Refresh.Error
		if err := c.provider().Revoke(t.Context(), c.world(), before); !errors.Is(err, signet.ErrEnded) {
			t.Errorf("%s, over: %v", id, err)
		}
		asked := len(c.calls)
		if err := c.provider().Revoke(t.Context(), c.world(), signet.Tokens{}); err != nil || len(c.calls) != asked {
			t.Errorf("%s, nothing to give back: %v", id, err)
		}
	}
}

func TestRevocationsThatFail(t *testing.T) {
	for _, test := range []struct {
		id     string
		answer sample
		code   string // of the error; "-" is none
	}{
		{"kakao", sample{401, "application/json", `{"msg":"this access token does not exist","code":-401}`}, ""},
		{"naver", sample{200, "application/json", `{"error":"invalid_request","error_description":"the-access"}`}, "invalid_request"},
		{"naver", sample{200, "application/json", `{}`}, "no_success"},
		{"slack", sample{200, "application/json", `{"ok":false,"error":"invalid_auth"}`}, "invalid_auth"},
		{"slack", sample{200, "application/json", `{"ok":false}`}, ""},
		{"facebook", sample{400, "application/json", `{"error":{"code":190,"message":"the-access"}}`}, "190"},
		{"line", sample{500, "text/html", "<html>"}, ""},
		{"twitch", sample{400, "application/json", `{"error":"a line\nmore","status":400}`}, ""},
		{"github", sample{422, "application/json", `{"message":"Validation Failed"}`}, "-"},
		{"github", sample{401, "application/json", `{"message":"Bad credentials"}`}, ""},
		{"google", sample{400, "application/json", `{"error":"invalid_token"}`}, "invalid_token"},
	} {
		c := newCompany(t, test.id)
		w := c.world()
		w.HTTP = &http.Client{Transport: answers(test.answer)}
		err := c.provider().Revoke(t.Context(), w, signet.Tokens{Access: "the-access"})
		var e *oauth2.Error
		switch {
		case test.code == "-" && err == nil:
		case !errors.As(err, &e) || e.Code != test.code || e.Op != "revocation" || strings.Contains(err.Error(), "the-access"):
			t.Errorf("%s, %v: %v", test.id, test.answer, err)
		}
	}
}

// answers is a network that always says the same.
type answers sample

func (a answers) RoundTrip(*http.Request) (*http.Response, error) { return reply(sample(a)) }

func TestEndSession(t *testing.T) {
	for id, want := range map[string]string{
		"kakao":              "https://kauth.kakao.com/oauth/logout?client_id=signet-app&logout_redirect_uri=https%3A%2F%2Fapp.test%2Fbye&state=s",
		"microsoft-entra-id": "https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/logout?client_id=signet-app&post_logout_redirect_uri=https%3A%2F%2Fapp.test%2Fbye&state=s",
		"naver":              "", "google": "",
	} {
		c := newCompany(t, id)
		got, err := c.provider().EndSession(t.Context(), c.world(), "", "https://app.test/bye", "s")
		if err != nil || got != want {
			t.Errorf("%s: %s, %v", id, got, err)
		}
	}
}
