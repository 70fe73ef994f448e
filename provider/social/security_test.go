package social_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/social"
)

// PKCE goes to everybody but those whose web flow does not have it (ruling 19: the
// provider's table decides), and there state binds alone or with a nonce.
func TestS61_PKCEIsAlwaysSent(t *testing.T) {
	without := map[string]bool{"naver": true, "facebook": true, "linkedin": true, "twitch": true}
	for _, v := range vectors(t) {
		c := newCompany(t, v.ID)
		a := c.attempt()
		a.Extra = url.Values{"code_challenge": {"mine"}, "code_challenge_method": {"plain"}}
		step, err := c.provider().Begin(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		q := must(url.Parse(step.(signet.Redirect).To)).Query()
		if without[v.ID] {
			if q.Has("code_challenge") || strings.HasPrefix(v.PKCE, "S256") && v.ID != "facebook" || strings.HasPrefix(v.PKCE, "required") {
				t.Errorf("%s: %v, and its table says %q", v.ID, q, v.PKCE)
			}
			continue
		}
		if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
			t.Errorf("%s: %v", v.ID, q)
		}
	}
}

// Whoever sent a nonce wants it back.
func TestS63_TheNonceIsCompared(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Nonce != true {
			continue
		}
		for name, nonce := range map[string]any{"another": "another", "none": nil} {
			c := newCompany(t, v.ID)
			c.claims["nonce"] = nonce
			if id, err := c.signIn(c.provider(), nil); err == nil {
				t.Errorf("%s, %s: %+v", v.ID, name, id)
			}
		}
	}
}

func TestS67_IDTokensOfOthers(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Kind != "oidc" {
			continue
		}
		for name, claims := range map[string]map[string]any{
			"ours":             {},
			"another issuer":   {"iss": "https://evil.example"},
			"another audience": {"aud": "another-app"},
			"over":             {"exp": noon.Unix() - 61},
		} {
			c := newCompany(t, v.ID)
			maps.Copy(c.claims, claims)
			if id, err := c.signIn(c.provider(), nil); (err == nil) != (name == "ours") {
				t.Errorf("%s, %s: %+v", v.ID, name, id)
			}
		}
	}
}

func TestS68_TenantsThatAreNotOurs(t *testing.T) {
	const other = "99999999-2222-3333-4444-555555555555"
	common := func(id string) map[string]any {
		return map[string]any{"tid": id, "iss": "https://login.microsoftonline.com/" + id + "/v2.0"}
	}
	list := social.EntraOptions{Tenants: []string{tenant, social.PersonalAccounts}}
	for _, test := range []struct {
		name   string
		o      social.EntraOptions
		claims map[string]any
		good   bool
	}{
		{"on the list", list, common(tenant), true},
		{"a personal account on the list", list, common(social.PersonalAccounts), true},
		{"not on the list", list, common(other), false},
		{"another's issuer with our tenant", list, map[string]any{"tid": tenant, "iss": common(other)["iss"]}, false},
		{"no tenant", list, map[string]any{"tid": nil, "iss": common(tenant)["iss"]}, false},
		{"any", social.EntraOptions{AnyTenant: true}, common(other), true},
		{"any, and the issuer as it is written", social.EntraOptions{AnyTenant: true}, map[string]any{"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCompany(t, "microsoft-entra-id")
			maps.Copy(c.claims, test.claims)
			c.Issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
			w := c.world()
			w.HTTP.Transport = moved{c, "/common/v2.0/.well-known/", "/%7Btenantid%7D/v2.0/.well-known/"}
			a := c.attempt()
			a.World = w
			p := social.Entra(clientID, secret, test.o)
			step, err := p.Begin(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			a.Keep = step.(signet.Redirect).Keep
			c.expects = must(url.Parse(step.(signet.Redirect).To)).Query()
			c.nonce = c.expects.Get("nonce")
			a.Fields = url.Values{"code": {"the-code"}, "state": {state}}
			if step, err = p.Finish(t.Context(), a); (err == nil) != test.good {
				t.Errorf("%+v, %v", step, err)
			}
		})
	}
}

// An identity is the number that a company gave, as text, whatever else of the person
// changes.
func TestS70_IdentityIsTheUnchangeableID(t *testing.T) {
	for _, test := range []struct{ company, before, after, subject string }{
		{"github", `{"id":9007199254740993,"login":"hana","name":"Hana","email":"a@h.example"}`, `{"id":9007199254740993,"login":"other","email":"b@h.example"}`, "9007199254740993"},
		{"github", `{"id":1,"login":"x"}`, `{"id":"1","login":"y"}`, "1"},
		{"kakao", `{"id":18446744073709551615}`, `{"id":18446744073709551615,"kakao_account":{"email":"b@k.example","profile":{"nickname":"새 이름"}}}`, "18446744073709551615"},
		{"naver", `{"response":{"id":"abc","nickname":"a"}}`, `{"response":{"id":"abc","nickname":"b","email":"b@n.example"}}`, "abc"},
		{"discord", `{"id":"802345678901234567","username":"haru"}`, `{"id":"802345678901234567","username":"taken-over"}`, "802345678901234567"},
		{"gitlab", `{"id":9007199254740993,"username":"a"}`, `{"id":9007199254740993,"username":"b"}`, "9007199254740993"},
		{"facebook", `{"id":"10220000000000001"}`, `{"id":"10220000000000001","name":"New"}`, "10220000000000001"},
		{"x", `{"data":{"id":"1500000000000000001","username":"a"}}`, `{"data":{"id":"1500000000000000001","username":"b"}}`, "1500000000000000001"},
		{"spotify", `{"id":"fakenari","display_name":"a"}`, `{"id":"fakenari","display_name":"b"}`, "fakenari"},
	} {
		for _, profile := range []string{test.before, test.after} {
			c := newCompany(t, test.company)
			c.user = &sample{200, "application/json", profile}
			if id, err := c.signIn(c.provider(), nil); err != nil || id.Subject != test.subject {
				t.Errorf("%s, %s: %q, %v", test.company, profile, id.Subject, err)
			}
		}
	}
}

// Only a company that says so, and says true, has verified an address. Apple and LinkedIn
// document that they may write it as a text; GitLab writes when.
func TestS78_OnlyTrueIsVerified(t *testing.T) {
	texts := map[string]string{"apple": `true "true"`, "linkedin": `true "true"`, "microsoft-entra-id": `true 1 "1"`, "gitlab": "a time"}
	flags := map[string]string{
		"google": "email_verified", "slack": "email_verified", "twitch": "email_verified", "linkedin": "email_verified", "apple": "email_verified",
		"microsoft-entra-id": "xms_edov", "discord": "verified", "gitlab": "confirmed_at",
		"line": "email_verified", "facebook": "verified", "naver": "verified", "spotify": "verified",
	}
	for _, v := range vectors(t) {
		for _, value := range []string{`true`, `false`, `"true"`, `"false"`, `1`, `0`, `"1"`, `null`, `[true]`, `{}`, "missing"} {
			c := newCompany(t, v.ID)
			var flag any = json.RawMessage(value)
			if value == "missing" {
				flag = nil
			}
			allowed := texts[v.ID]
			switch v.ID {
			case "line", "facebook", "naver", "spotify": // there is no such flag; a new one changes nothing
			case "github", "kakao", "x":
				continue // below
			default:
				if allowed == "" {
					allowed = "true"
				}
			}
			if c.IDToken != nil {
				c.claims[flags[v.ID]] = flag
			}
			if c.user != nil {
				body := maps.Clone(c.user.Body.(map[string]any))
				body[flags[v.ID]] = flag
				if flag == nil {
					delete(body, flags[v.ID])
				}
				c.user = &sample{200, "application/json", body}
			}
			id, err := c.signIn(c.provider(), nil)
			if want := strings.Contains(" "+allowed+" ", " "+value+" "); err != nil || id.EmailVerified != want {
				t.Errorf("%s, %s: verified %t, %v", v.ID, value, id.EmailVerified, err)
			}
		}
	}
}

func TestS78_BothOfKakaosFlags(t *testing.T) {
	values := []string{`true`, `false`, `"true"`, `1`, `null`}
	for _, valid := range values {
		for _, verified := range values {
			c := newCompany(t, "kakao")
			c.user = &sample{200, "application/json", fmt.Sprintf(`{"id":7,"kakao_account":{"email":"a@k.example","is_email_valid":%s,"is_email_verified":%s}}`, valid, verified)}
			id, err := c.signIn(c.provider(), nil)
			if want := valid == "true" && verified == "true"; err != nil || id.EmailVerified != want || id.Email == "" {
				t.Errorf("%s, %s: %t, %v", valid, verified, id.EmailVerified, err)
			}
		}
	}
	for _, value := range append(values, `"false"`) {
		c := newCompany(t, "github")
		c.emails = sample{200, "application/json", `[{"email":"a@h.example","primary":true,"verified":` + value + `}]`}
		if id, err := c.signIn(c.provider(), nil); err != nil || id.EmailVerified != (value == "true") {
			t.Errorf("github, %s: %t, %v", value, id.EmailVerified, err)
		}
	}
}

// Whose addresses may open an account that exists: the column Trust of the table.
func TestS78_WhoIsTrusted(t *testing.T) {
	trusted := map[string]bool{"google": true, "github": true, "kakao": true, "apple": true, "microsoft-entra-id": true, "gitlab": true, "linkedin": true}
	for _, v := range vectors(t) {
		c := newCompany(t, v.ID)
		if got := c.provider().Info().TrustEmail; got != trusted[v.ID] {
			t.Errorf("%s: %t", v.ID, got)
		}
	}
}

// The claims of a directory that we trust count without Microsoft's word, and never against
// it.
func TestS78_OnlyASingleDirectoryIsTrusted(t *testing.T) {
	for _, test := range []struct {
		edov any
		want bool
	}{{nil, true}, {"0", false}, {false, false}, {true, true}} {
		c := newCompany(t, "microsoft-entra-id")
		c.claims["xms_edov"] = test.edov
		id, err := c.signIn(social.Entra(clientID, secret, social.EntraOptions{Tenants: []string{tenant}, TrustDirectory: true}), nil)
		if err != nil || id.EmailVerified != test.want {
			t.Errorf("%v: %t, %v", test.edov, id.EmailVerified, err)
		}
	}
}

// What Apple posts beside the ID token is signed by nobody.
func TestS82_ApplesPostedAddressIsNotBelieved(t *testing.T) {
	for _, user := range []string{
		`{"name":{"firstName":"Sora","lastName":"Kim"},"email":"victim@bank.example","email_verified":true,"sub":"other"}`,
		`{"email":"victim@bank.example"}`, `"victim@bank.example"`, `{`, `[]`, `{"name":[]}`, strings.Repeat("[", 10000),
	} {
		c := newCompany(t, "apple")
		id, err := c.signIn(c.provider(), url.Values{"user": {user}})
		if err != nil || id.Email != "x7fake@privaterelay.appleid.com" || !strings.HasPrefix(id.Subject, "001234.") {
			t.Errorf("%.40s: %+v, %v", user, id, err)
		}
	}
}

func TestS102_SecretsDoNotPrint(t *testing.T) {
	k := social.AppleKey{ClientID: "app", TeamID: "T", KeyID: "K", PEM: applePEM(), Secret: "made-beforehand"}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "k", k, "p", &k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, k)
		fmt.Fprintf(&b, verb, struct{ K social.AppleKey }{k})
	}
	if s := b.String(); strings.Contains(s, "PRIVATE") || strings.Contains(s, "made-") || strings.Contains(s, "-----") {
		t.Errorf("printed: %s", s)
	}
	var broken error
	if _, broken = social.New("apple", social.Settings{ClientID: "a", TeamID: "T", KeyID: "K", ClientSecret: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"}); broken == nil || strings.Contains(broken.Error(), "c2Vj") {
		t.Errorf("%v", broken)
	}
	var e *signet.Refused
	if errors.As(broken, &e) {
		t.Errorf("a fault of the settings is told to visitors: %v", broken)
	}
}
