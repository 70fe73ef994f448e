package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

// doctorReaching runs doctor with a way to providers, and returns what it found by check.
func doctorReaching(t *testing.T, client *http.Client, env ...string) (status int, said map[string][]symptom) {
	t.Helper()
	var out, errs strings.Builder
	status = run(t.Context(), []string{"doctor", "--json", "--listen", "127.0.0.1:0"}, &terminal{
		Out: &out, Err: &errs, Now: time.Now, Env: environment(env...), HTTP: client,
	})
	var d diagnosis
	if err := json.Unmarshal([]byte(out.String()), &d); err != nil {
		t.Fatalf("%v in %s%s", err, out.String(), errs.String())
	}
	said = map[string][]symptom{}
	for _, f := range d.Findings {
		said[f.Check] = append(said[f.Check], f)
	}
	return status, said
}

func TestDoctorAsksProviders(t *testing.T) {
	kakao, github, corp := signettest.NewKakao(t), signettest.NewGitHub(t), signettest.NewIssuer(t)
	box := signettest.NewMailbox(t)
	box.User, box.Password = "me", "right"
	back := httptest.NewServer(http.NotFoundHandler())
	defer back.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	client := signettest.Client(kakao, github, corp)
	fill := strings.NewReplacer("KAKAO_ID", kakao.ClientID, "KAKAO_SECRET", kakao.ClientSecret, "GITHUB_ID", github.ClientID, "GITHUB_SECRET", github.ClientSecret,
		"CORP_ID", corp.ClientID, "CORP_SECRET", corp.ClientSecret, "ISSUER", corp.Issuer(), "MAIL", box.Address(), "BACK", back.URL, "GONE", gone.URL)
	for _, c := range []struct {
		name, yaml, check string
		status            int
		is, said, cure    string
	}{
		{"a client that is known", "[{type: kakao, client_id: KAKAO_ID, client_secret: KAKAO_SECRET}]", "kakao", exitOK, isOK, "kauth.kakao.com knows the client ID and its secret", ""},
		{"where to send visitors back to", "[{type: kakao, client_id: KAKAO_ID, client_secret: KAKAO_SECRET}]", "kakao", exitOK, isNote, "http://localhost:0/api/auth/callback/kakao", "register it there"},
		{"no scopes by default", "[{type: kakao, client_id: KAKAO_ID, client_secret: KAKAO_SECRET}]", "kakao", exitOK, isOK, "asks for no scopes", ""},
		{"a wrong secret", "[{type: kakao, client_id: KAKAO_ID, client_secret: not-it-at-all}]", "kakao", exitNo, isWrong, "refuses the client ID or its secret: invalid_client", "KOE010"},
		{"a secret that is missing", "[{type: kakao, client_id: KAKAO_ID}]", "kakao", exitNo, isNote, "has no client secret", "AUTH_KAKAO_SECRET"},
		{"a key that is another one", "[{type: kakao, client_id: not-mine, client_secret: KAKAO_SECRET}]", "kakao", exitNo, isWrong, "KOE101", "REST API key"},
		{"a scope that the app was not given", "[{type: kakao, client_id: KAKAO_ID, client_secret: KAKAO_SECRET, scopes: [openid]}]", "kakao", exitNo, isWrong, "KOE205", "consent items"},
		{"a secret that GitHub does not know", "[{type: github, client_id: GITHUB_ID, client_secret: other}]", "github", exitNo, isWrong, "refuses the client ID or its secret", "compare both"},
		{"the scopes of GitHub", "[{type: github, client_id: GITHUB_ID, client_secret: GITHUB_SECRET}]", "github", exitOK, isOK, "read:user user:email", ""},
		{"an issuer", "[{type: oidc, id: corp, issuer: ISSUER, client_id: CORP_ID, client_secret: CORP_SECRET}]", "corp", exitOK, isOK, "knows the client ID", ""},
		{"an issuer that calls itself otherwise", "[{type: oidc, id: corp, issuer: ISSUER/, client_id: CORP_ID, client_secret: CORP_SECRET}]", "corp", exitNo, isWrong, "another issuer", "look at its settings"},
		{"an issuer that is not there", "[{type: oidc, id: corp, issuer: GONE, client_id: CORP_ID, client_secret: CORP_SECRET}]", "corp", exitOK, isWarning, "cannot be reached", "ask again later"},
		{"a company that is not there", "[{type: google, client_id: x, client_secret: y}]", "google", exitOK, isWarning, "cannot be reached", "ask again later"},
		{"Apple without https", "[{type: apple, client_id: x, client_secret: y}]", "apple", exitNo, isWrong, "Apple posts its answer", "https"},
		{"a mail server", "[{type: email, server: 'smtp://me:right@MAIL', from: a@example.com}]", "email", exitOK, isOK, "takes letters from us", ""},
		{"a mail server that refuses the password", "[{type: email, server: 'smtp://me:wrong@MAIL', from: a@example.com}]", "email", exitNo, isWrong, "refuses us", "password"},
		{"a back end", "[{type: backend, url: BACK/api/login}]", "backend", exitOK, isOK, "answers at 127.0.0.1", ""},
		{"a back end that is not there", "[{type: backend, url: GONE/api/login}]", "backend", exitOK, isWarning, "does not answer", "start the back end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": "providers: " + fill.Replace(c.yaml) + "\n"})
			status, all := doctorReaching(t, client)
			found := false
			for _, f := range all[c.check] {
				found = found || f.Status == c.is && strings.Contains(f.Said, c.said) && strings.Contains(f.Cure, c.cure) && (f.Cure == "") == (c.is == isOK)
			}
			if !found || status != c.status {
				t.Errorf("exit status %d, want %d; said %+v", status, c.status, all[c.check])
			}
		})
	}
}

// A variable alone switches nothing on, as in Auth.js, and is not passed over in silence.
func TestDoctorSeesVariablesOfProvidersThatAreNotListed(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "providers: [{type: credentials}]\n"})
	_, said := doctorReaching(t, signettest.Client(), "AUTH_NAVER_ID", "x")
	if !isSaid(said["sign-in"], isWarning, "AUTH_NAVER_ID is set") {
		t.Errorf("said %+v", said["sign-in"])
	}
	c, err := load(t, "AUTH_NAVER_ID", "x", "AUTH_NAVER_SECRET", "y")
	if err != nil || len(c.providers) != 1 {
		t.Errorf("%d providers, %v", len(c.providers), err)
	}
}

// https everywhere, and the address that is registered is the public one.
func TestDoctorNamesThePublicRedirectURI(t *testing.T) {
	kakao := signettest.NewKakao(t)
	inFolder(t, map[string]string{"signet.yaml": "url: https://app.example.com/auth\nproviders: [{type: kakao, id: talk, client_id: " + kakao.ClientID + ", client_secret: " + kakao.ClientSecret + "}]\n"})
	_, said := doctorReaching(t, signettest.Client(kakao))
	if !isSaid(said["talk"], isNote, "https://app.example.com/auth/callback/talk") {
		t.Errorf("said %+v", said["talk"])
	}
}
