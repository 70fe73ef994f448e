package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/signettest"
)

// An escort is a back end that asks for a code after the password.
func escort(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/login" && strings.Contains(string(body), `"password":"1234"`):
			io.WriteString(w, `{"data":{"mfaRequired":true,"tempToken":"temp-1"},"message":"We sent a code to 010-****-5678"}`)
		case r.URL.Path == "/2fa" && r.Header.Get("Authorization") == "Bearer temp-1" && string(body) == `{"email":"minsu@example.com","kind":"sms","otp":"123456"}`:
			io.WriteString(w, `{"id":7,"name":"Minsu"}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message":"틀렸습니다"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// A second question by configuration alone: on the page, and at the end point for programs.
func TestSecondQuestion(t *testing.T) {
	back := escort(t)
	inFolder(t, map[string]string{"signet.yaml": `
providers:
  - type: backend
    url: ` + back.URL + `/login
    login_path: /api/login
    challenge:
      when: data.mfaRequired
      token: data.tempToken
      in: bearer
      url: ` + back.URL + `/2fa
      fields: [{name: code, label: Code from the message}]
      send: {otp: code, email: email}
      extra: {kind: sms}
      repeat: [email]
      methods: [otp, sms]
protect: ["/api/:path*"]
`})
	r := serveHere(t)
	b := signettest.NewBrowser(t, r.url)
	b.Header.Set("Accept", "text/html")
	page := b.Follow(b.Post("/api/auth/callback/backend", url.Values{"email": {"minsu@example.com"}, "password": {"1234"}, "csrfToken": {b.CSRF("/api/auth")}}))
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "Code from the message") || !strings.Contains(page.Body, "We sent a code to 010-****-5678") {
		t.Fatalf("the question: %d %s", page.Status, page.Body)
	}
	page = b.Follow(b.SubmitForm(page, url.Values{"code": {"000000"}}))
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "틀렸습니다") {
		t.Fatalf("a wrong code: %d %s", page.Status, page.Body)
	}
	b.SubmitForm(page, url.Values{"code": {"123456"}})
	if got := b.Get("/api/auth/session").Body; !strings.Contains(got, "Minsu") {
		t.Errorf("session = %s", got)
	}

	script := signettest.NewBrowser(t, r.url)
	asked := script.PostJSON("/api/login", map[string]string{"email": "minsu@example.com", "password": "1234"})
	var question struct {
		Attempt string
		Fields  []struct{ Name string }
	}
	asked.JSON(t, &question)
	if asked.Status != http.StatusAccepted || len(question.Fields) != 1 || question.Fields[0].Name != "code" {
		t.Fatalf("to a program: %d %s", asked.Status, asked.Body)
	}
	if p := script.PostJSON("/api/login", map[string]string{"attempt": question.Attempt, "code": "123456"}); p.Status != http.StatusOK || !strings.Contains(p.Body, "Minsu") {
		t.Errorf("the code: %d %s", p.Status, p.Body)
	}
	if log := r.errs.String(); strings.Contains(log, "temp-1") || strings.Contains(log, "123456") || strings.Contains(log, "1234\"") {
		t.Errorf("the log shows a secret: %s", log)
	}
}

func TestSecondQuestionSettings(t *testing.T) {
	const head = "providers:\n  - type: backend\n    url: http://127.0.0.1/login\n    challenge: "
	for _, c := range []struct{ name, yaml, want string }{
		{"what is usual", "true\n", ""},
		{"none", "false\n", ""},
		{"a status that is none", "{status: 7}\n", "is no HTTP status"},
		{"a key with letters swapped", "{whne: x}\n", `did you mean "when"?`},
		{"a password that is kept", "{repeat: [password]}\n", `Challenge: "password" is a secret, and not kept`},
		{"elsewhere without encryption", "{url: 'http://api.example.com/2fa'}\n", "Challenge: URL: not https"},
		{"a header without a name", "{in: header}\n", "needs a name"},
		{"a word", "sometimes\n", "challenge"},
	} {
		inFolder(t, map[string]string{"signet.yaml": head + c.yaml})
		got, err := load(t)
		switch {
		case err == nil && c.want != "", err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		case err == nil:
			if on := got.providers[0].backend.second != nil; on != (c.yaml == "true\n") {
				t.Errorf("%s: %t", c.name, on)
			}
		}
	}
}
