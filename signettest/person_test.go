package signettest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

func TestAnotherPersonSignsIn(t *testing.T) {
	for _, test := range all {
		t.Run(test.id, func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			n := newNaive(t, p)
			person := p.Person()
			person.Subject, person.Name, person.Email = "9007199254740993", "Nari 나리", "nari@else.example"
			p.SignIn(person)
			tokens := n.signIn()
			if tokens["id_token"] != nil {
				_, c := claims(t, tokens["id_token"])
				if c["sub"] != person.Subject || c["email"] != nil && c["email"] != person.Email || c["name"] != nil && c["name"] != person.Name {
					t.Errorf("claims %v", c)
				}
			}
			if test.subject == "" {
				return
			}
			info := n.userinfo(tokens["access_token"])
			if at(info.json, test.subject) != person.Subject || !strings.Contains(info.text, person.Name) || test.email != "" && at(info.json, test.email) != person.Email {
				t.Errorf("%s", info.text)
			}
			person.Email, person.Name = "", ""
			p.SignIn(person)
			tokens = n.signIn()
			if info := n.userinfo(tokens["access_token"]); strings.Contains(info.text, "nari@") || strings.Contains(info.text, "나리") {
				t.Errorf("what was not agreed to: %s", info.text)
			}
		})
	}
}

func TestFlagsOfAddresses(t *testing.T) {
	for _, flag := range []any{true, false, "true", "false", json.Number("1"), nil} {
		for _, id := range []string{"google", "apple", "linkedin", "discord", "kakao", "github", "generic-oidc", "microsoft-entra-id"} {
			t.Run(fmt.Sprint(id, " ", flag), func(t *testing.T) {
				p := signettest.NewProvider(t, id)
				n := newNaive(t, p)
				person := p.Person()
				person.EmailVerified = flag
				p.SignIn(person)
				tokens := n.signIn()
				var got any
				switch id {
				case "apple", "microsoft-entra-id":
					_, c := claims(t, tokens["id_token"])
					got = c[map[string]string{"apple": "email_verified", "microsoft-entra-id": "xms_edov"}[id]]
				case "github":
					var list []map[string]any
					json.Unmarshal([]byte(n.must(http.MethodGet, p.URL(signettest.Emails), bearer(tokens["access_token"]), "").text), &list)
					got = list[2]["verified"]
				case "kakao":
					account, _ := n.userinfo(tokens["access_token"]).json["kakao_account"].(map[string]any)
					got = account["is_email_verified"]
				case "discord":
					got = n.userinfo(tokens["access_token"]).json["verified"]
				default:
					got = n.userinfo(tokens["access_token"]).json["email_verified"]
				}
				if number, ok := got.(float64); ok {
					got = json.Number(jsonText(number))
				}
				if got != flag {
					t.Errorf("%s: %#v, want %#v", id, got, flag)
				}
			})
		}
	}
	p := signettest.NewProvider(t, "gitlab")
	n := newNaive(t, p)
	person := p.Person()
	for _, flag := range []any{true, false} {
		person.EmailVerified = flag
		p.SignIn(person)
		if a := n.userinfo(n.signIn()["access_token"]); (a.json["confirmed_at"] != nil) != flag {
			t.Errorf("GitLab, %v: %s", flag, a.text)
		}
	}
	r := &recorder{TB: t}
	naver := signettest.NewNaver(r)
	person = naver.Person()
	person.EmailVerified = true
	if !r.fails(func() { naver.SignIn(person) }) {
		t.Error("Naver has a flag")
	}
}

func jsonText(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

func TestSamples(t *testing.T) {
	for _, test := range []struct {
		id, name string
		check    func(info map[string]any, claims map[string]any) bool
	}{
		{"google", "workspace account", func(i, c map[string]any) bool {
			return i["hd"] == "corp.example" && c["hd"] == "corp.example" && c["sub"] == i["sub"] && c["email"] == "work@corp.example" && c["given_name"] == nil
		}},
		{"kakao", "no e-mail permission, no business app", func(i, _ map[string]any) bool { return at(i, "kakao_account.email") == "" && i["properties"] == nil }},
		{"kakao", "unverified address", func(i, _ map[string]any) bool {
			return i["kakao_account"].(map[string]any)["is_email_verified"] == false
		}},
		{"naver", "only the identifier agreed", func(i, _ map[string]any) bool { return len(i["response"].(map[string]any)) == 1 }},
		{"linkedin", "no address", func(i, c map[string]any) bool {
			return i["email"] == nil && c["email"] == nil && c["email_verified"] == nil && c["sub"] == "783FAKEsub" && c["locale"] == "ko_KR"
		}},
		{"microsoft-entra-id", "claimed address, owner not verified", func(i, c map[string]any) bool {
			return c["xms_edov"] == "0" && c["email"] == "victim@bank.example" && i["email"] == "victim@bank.example"
		}},
		{"microsoft-entra-id", "no xms_edov", func(_, c map[string]any) bool { _, has := c["xms_edov"]; return !has }},
		{"gitlab", "unconfirmed", func(i, _ map[string]any) bool { at, has := i["confirmed_at"]; return has && at == nil }},
		{"spotify", "no picture, no name", func(i, _ map[string]any) bool { name, has := i["display_name"]; return has && name == nil }},
	} {
		t.Run(test.id+": "+test.name, func(t *testing.T) {
			p := signettest.NewProvider(t, test.id)
			n := newNaive(t, p)
			p.SignIn(p.Sample(test.name))
			tokens := n.signIn()
			var c map[string]any
			if tokens["id_token"] != nil {
				_, c = claims(t, tokens["id_token"])
			}
			if info := n.userinfo(tokens["access_token"]); !test.check(info.json, c) {
				t.Errorf("%s %v", info.text, c)
			}
		})
	}
}
