package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

func TestProviderProblems(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a type with a letter missing", "providers:\n  - type: kako\n", `signet.yaml:2:11: providers[0].type: "kako" is not known; did you mean "kakao"?`},
		{"a key with letters swapped", "providers:\n  - type: kakao\n    cleint_id: x\n    client_id: x\n", `signet.yaml:3:5: unknown key "cleint_id"; did you mean "client_id"?`},
		{"a key of another type", "providers:\n  - type: credentials\n    issuer: https://a.test\n", `signet.yaml:3:13: providers[0].issuer: is no setting of type: credentials; remove it; it is for type: oidc`},
		{"a type that comes behind its keys", "providers:\n  - login_path: /api/login\n    type: kakao\n    client_id: x\n", `signet.yaml:2:17: providers[0].login_path: is no setting of type: kakao; remove it; it is for type: credentials`},
		{"a renewal ahead of nothing", "providers:\n  - {type: kakao, client_id: x, client_secret: y, refresh_ahead: 0s}\n", `signet.yaml:2:66: providers[0].refresh_ahead: has to be longer than 0; write it as 10s, 15m, 12h or 30d`},
		{"no client ID", "providers:\n  - type: kakao\n", "signet.yaml:2:5: providers[0]: has no client ID; set AUTH_KAKAO_ID, or write `client_id`"},
		{"no client secret", "providers:\n  - {type: microsoft-entra-id, client_id: x}\n", "signet.yaml:2:5: providers[0]: has no client secret; set AUTH_MICROSOFT_ENTRA_ID_SECRET, or write `client_secret: {env: NAME}`"},
		{"neither, under an id of its own", "providers:\n  - {type: github, id: work}\n", "signet.yaml:2:5: providers[0]: has no client ID; set AUTH_WORK_ID, or write `client_id`\n" +
			"signet.yaml:2:5: providers[0]: has no client secret; set AUTH_WORK_SECRET, or write `client_secret: {env: NAME}`"},
		{"a secret in a variable that is not set", "providers:\n  - {type: kakao, client_id: x, client_secret: {env: NOPE}}\n", "environment: NOPE is not set; set it, or change providers[0]"},
		{"a tenant is needed", "providers:\n  - {type: microsoft-entra-id, client_id: x, client_secret: y}\n", "signet.yaml:2:5: providers[0]: Entra needs to know who may come in: tenants by their IDs, or an issuer; see what the guide says about microsoft-entra-id (docs/guide/providers.md)"},
		{"an issuer without id", "providers:\n  - {type: oidc, issuer: 'https://a.test', client_id: x, client_secret: y}\n", "signet.yaml:2:5: providers[0]: has no id; add `id: corp`: it stands in URLs, in the names of variables and beside each account"},
		{"no issuer", "providers:\n  - {type: oidc, id: corp, client_id: x, auth: none}\n", "signet.yaml:2:5: providers[0]: has no issuer; set AUTH_CORP_ISSUER, or write `issuer: https://…` as it stands in the discovery document"},
		{"an issuer without encryption", "providers:\n  - {type: oidc, id: corp, issuer: 'http://a.test', client_id: x, auth: none}\n", "signet.yaml:2:36: providers[0].issuer: is not https; write it as https://login.example.com/…; http is for this machine only"},
		{"OAuth 2 without addresses", "providers:\n  - {type: oauth2, id: club, client_id: x, client_secret: y, map: {name: /n}, token: 'https://a.test/t'}\n",
			"signet.yaml:2:5: providers[0]: has no authorize; write the address that visitors are sent to\n" +
				"signet.yaml:2:5: providers[0]: has no userinfo; write the address that tells who a token belongs to\n" +
				"signet.yaml:2:5: providers[0]: has no map.id; write `map: {id: /id}`: where the answer of userinfo has the user's unchangeable ID"},
		{"a place with dots", "providers:\n  - {type: oauth2, id: club, client_id: x, client_secret: y, map: {id: user.id}}\n", `signet.yaml:2:72: providers[0].map.id: "user.id" does not begin with a slash; write it as /user/id`},
		{"a back end without address", "providers:\n  - type: backend\n", "signet.yaml:2:5: providers[0]: has no url; write the address of the log-in end point that you have: `url: http://127.0.0.1:8080/api/login`"},
		{"a back end elsewhere without encryption", "providers:\n  - type: backend\n    url: http://api.example.com/login\n", "signet.yaml:2:5: providers[0]: provider \"backend\": URL: not https, and the host does not look private; correct the settings of the provider"},
		{"a header that is none", "providers:\n  - {type: backend, url: 'http://127.0.0.1', header: {'X Key': y}}\n", "signet.yaml:2:64: providers[0].header.X Key: is no name of a header; write it as X-Api-Key"},
		{"a status that is none", "providers:\n  - {type: backend, url: 'http://127.0.0.1', ok: [999]}\n", "signet.yaml:2:51: providers[0].ok[0]: is no HTTP status; write a number as 401"},
		{"an end point below the base path", "providers:\n  - {type: credentials, login_path: /api/auth/login}\n", "signet.yaml:2:37: providers[0].login_path: /api/auth/login is below /api/auth, where everything is spoken for; choose a path beside it, as /api/login"},
		{"a path with a query", "providers:\n  - {type: credentials, login_path: '/in?x=1'}\n", `signet.yaml:2:37: providers[0].login_path: "/in?x=1" is more than a path; write it as /api/login`},
		{"one path for two things", "providers:\n  - {type: credentials, login_path: /api/login, logout_path: /api/login}\n", "signet.yaml:2:62: providers[0].logout_path: /api/login is there twice; give each a path of its own"},
		{"one way in for two", "providers:\n  - {type: credentials, login_path: /in}\n  - {type: backend, url: 'http://127.0.0.1', login_path: /in}\n", "signet.yaml:3:58: providers[1].login_path: /in is there twice; give each a path of its own"},
		{"letters without a server", "providers:\n  - type: email\n", "signet.yaml:2:5: providers[0]: has no mail server; set EMAIL_SERVER, or write `server: smtp://user@smtp.example.com:587`; `server: outbox` shows letters on a page, on this machine"},
		{"letters without a sender", "mail:\n  server: smtp://smtp.example.com\n", "signet.yaml:2:3: mail: has no sender; set EMAIL_FROM, or write `from: hello@example.com`"},
		{"a server that is none", "mail: {server: smtp.example.com, from: a@example.com}\n", `signet.yaml:1:16: mail.server: not a mail server; write "smtp://user:password@smtp.example.com:587"; look at the mail server's own page for host, port and user`},
		{"a sender who is none", "mail: {server: 'smtp://smtp.example.com', from: hello}\n", `signet.yaml:1:49: mail.from: is no e-mail address in ASCII; give the address that letters come from, "hello@example.com"`},
		{"a word for mail that is not known", "mail: outbx\n", "signet.yaml:1:7: mail: is neither a group of settings nor outbox; write `mail: {server: …, from: …}`, or `mail: outbox` to see letters on a page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			_, err := load(t)
			if err == nil {
				t.Fatal("taken without a word")
			}
			if got := err.Error(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// Several providers may share the way out, and the order is that of the page.
func TestProvidersInTheirOrder(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": `
providers:
  - {type: github, client_id: x, client_secret: y}
  - {type: credentials, logout_path: /out}
  - {type: backend, id: nest, url: "http://127.0.0.1:1/login", logout_path: /out, name: Nest}
  - {type: azure-ad, client_id: x, client_secret: y, issuer: "https://login.microsoftonline.com/common/v2.0"}
`})
	r := serveHere(t)
	body := signettest.NewBrowser(t, r.url).Get("/api/auth/providers").Body
	last := -1
	for _, id := range []string{`"github":`, `"credentials":`, `"nest":`, `"azure-ad":`} {
		at := strings.Index(body, id)
		if at <= last {
			t.Errorf("%s is out of order in %s", id, body)
		}
		last = at
	}
}

// A key of Apple's is a file of several lines, for its owner only.
func TestAppleKeyFile(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p8 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	yaml := "providers:\n  - type: apple\n    client_id: com.example.web\n    client_secret: {file: AuthKey_ABC.p8}\n    team_id: TEAM\n    key_id: ABC\n"
	inFolder(t, map[string]string{"signet.yaml": yaml, "AuthKey_ABC.p8": p8})
	if _, err := load(t); err != nil {
		t.Error(err)
	}
	inFolder(t, map[string]string{"signet.yaml": strings.Replace(yaml, "    key_id: ABC\n", "", 1), "AuthKey_ABC.p8": p8})
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "needs its key ID and the team ID") {
		t.Errorf("without key_id: %v", err)
	}
	if _, err := load(t, "AUTH_APPLE_KEY_ID", "ABC"); err != nil {
		t.Errorf("key_id of the environment: %v", err)
	}
	inFolder(t, map[string]string{"signet.yaml": yaml, "AuthKey_ABC.p8": "one\ntwo\n"})
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "more than one line") {
		t.Errorf("two lines: %v", err)
	}
}
