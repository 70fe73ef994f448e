package backend_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

// A twice is a back end that answers each call with the next of its answers.
type twice struct {
	answers []answer
	calls   []*http.Request
	sent    []string
}

type answer struct {
	status int
	body   string
}

func (b *twice) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := ""
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent = string(body)
	}
	next := b.answers[min(len(b.calls), len(b.answers)-1)]
	b.calls, b.sent = append(b.calls, r), append(b.sent, sent)
	return &http.Response{StatusCode: next.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(next.body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

func (b *twice) world() signet.World {
	w := (&canned{}).world()
	w.HTTP = &http.Client{Transport: b}
	return w
}

// asked takes the first step and returns the question.
func (b *twice) asked(t *testing.T, p *backend.Provider) signet.Form {
	t.Helper()
	step, err := p.Finish(t.Context(), &signet.Attempt{Fields: form(), World: b.world()})
	f, ok := step.(signet.Form)
	if err != nil || !ok {
		t.Fatalf("step %T, %v", step, err)
	}
	return f
}

// told takes the answer to a question.
func (b *twice) told(p *backend.Provider, f signet.Form, fields url.Values) (signet.Step, error) {
	return p.Finish(context.Background(), &signet.Attempt{Fields: fields, Keep: f.Keep, World: b.world(), Client: signet.Client{Language: "ko", IP: "192.0.2.7"}})
}

const known = `{"id":7,"name":"Minsu","accessToken":"a1"}`

// Back ends as they are.
func TestChallenge(t *testing.T) {
	for _, test := range []struct {
		name      string
		challenge backend.Challenge
		form      bool
		first     answer
		url, sent string // of the second call
		bearer    string
		said      string
	}{
		{
			name:  "202 with a token that goes back by its own name",
			first: answer{202, `{"challengeToken":"c-1","message":"We sent a code to 010-****-5678"}`},
			url:   "https://api.test/login", sent: `{"challengeToken":"c-1","code":"123456"}`, said: "We sent a code to 010-****-5678",
		},
		{
			name:  "202 and nothing more",
			first: answer{202, ``}, url: "https://api.test/login", sent: `{"code":"123456"}`,
		},
		{
			name:      "a flag, a token for the Authorization header, another end point",
			challenge: backend.Challenge{When: "data.mfaRequired", Token: "data.tempToken", URL: "https://api.test/2fa", With: backend.Carry{In: backend.Bearer}},
			first:     answer{200, `{"success":true,"data":{"mfaRequired":true,"tempToken":"t.t.t"}}`},
			url:       "https://api.test/2fa", sent: `{"code":"123456"}`, bearer: "Bearer t.t.t",
		},
		{
			name: "Okta: a status in words, another name for the answer",
			challenge: backend.Challenge{
				When: "status=MFA_REQUIRED", URL: "https://api.test/verify", Send: map[string]string{"passCode": "code"},
			},
			first: answer{200, `{"stateToken":"00xyz","status":"MFA_REQUIRED","_embedded":{"user":{"id":"7"}}}`},
			url:   "https://api.test/verify", sent: `{"passCode":"123456","stateToken":"00xyz"}`,
		},
		{
			name: "OAuth: 403 and a form",
			challenge: backend.Challenge{
				Status: 403, When: "error=mfa_required", Send: map[string]string{"otp": "code"}, Extra: map[string]string{"grant_type": "mfa-otp"},
			},
			form:  true,
			first: answer{403, `{"error":"mfa_required","error_description":"Multifactor authentication required","mfa_token":"Fe26 no"}`},
			url:   "https://api.test/login", sent: "grant_type=mfa-otp&otp=123456", said: "Multifactor authentication required",
		},
		{
			name:      "a number for a token, and the address once more",
			challenge: backend.Challenge{Token: "/id", Repeat: []string{"email"}, With: backend.Carry{Name: "challenge"}},
			first:     answer{202, `{"id":9007199254740993}`},
			url:       "https://api.test/login", sent: `{"challenge":"9007199254740993","code":"123456","email":"minsu@example.com"}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &twice{answers: []answer{test.first, {200, known}}}
			p := backend.New(backend.Config{URL: "https://api.test/login", Challenge: &test.challenge, Form: test.form, ForwardIP: true})
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			f := b.asked(t, p)
			if len(f.Fields) != 1 || f.Fields[0].Name != "code" || f.Said != test.said || f.Code != "" || len(f.Keep) == 0 {
				t.Errorf("question = %+v", f)
			}
			step, err := b.told(p, f, url.Values{"code": {"123456"}, "csrfToken": {"c"}})
			if err != nil {
				t.Fatal(err)
			}
			id := step.(signet.Identity)
			if id.Subject != "7" || id.Tokens.Access != "a1" || !slices.Equal(id.Methods, []string{"pwd", "otp"}) {
				t.Errorf("identity = %+v", id)
			}
			r := b.calls[1]
			if r.URL.String() != test.url || b.sent[1] != test.sent || r.Header.Get("Authorization") != test.bearer ||
				r.Header.Get("Accept-Language") != "ko" || r.Header.Get("X-Forwarded-For") != "192.0.2.7" {
				t.Errorf("second call: %s %s %v", r.URL, b.sent[1], r.Header)
			}
		})
	}
}

// Answers that are no question are what they were.
func TestAnswersThatAreNoQuestion(t *testing.T) {
	for name, test := range map[string]struct {
		challenge *backend.Challenge
		answer    answer
	}{
		"no challenge is configured":  {nil, answer{202, known}},
		"another status":              {&backend.Challenge{}, answer{200, known}},
		"a flag that is false":        {&backend.Challenge{When: "mfa"}, answer{200, `{"mfa":false,` + known[1:]}},
		"a flag that is null":         {&backend.Challenge{When: "mfa"}, answer{200, `{"mfa":null,` + known[1:]}},
		"a flag that is not there":    {&backend.Challenge{When: "mfa"}, answer{202, known}},
		"another word":                {&backend.Challenge{When: "status=MFA"}, answer{200, `{"status":"OK",` + known[1:]}},
		"the word, another status":    {&backend.Challenge{Status: 202, When: "status=MFA"}, answer{200, `{"status":"MFA",` + known[1:]}},
		"a word where a flag is told": {&backend.Challenge{When: "status=true"}, answer{200, `{"status":"trues",` + known[1:]}},
	} {
		b := &twice{answers: []answer{test.answer}}
		step, err := backend.New(backend.Config{URL: "https://api.test/login", Challenge: test.challenge}).Finish(t.Context(), &signet.Attempt{Fields: form(), World: b.world()})
		if id, ok := step.(signet.Identity); err != nil || !ok || id.Subject != "7" || !slices.Equal(id.Methods, []string{"pwd"}) {
			t.Errorf("%s: %+v, %v", name, step, err)
		}
	}
}

// A wrong answer is a refusal in the back end's own words; another question is one more form.
func TestSecondAnswers(t *testing.T) {
	challenge := backend.New(backend.Config{URL: "https://api.test/login", Challenge: &backend.Challenge{}})
	b := &twice{answers: []answer{{202, `{"challengeToken":"c-1"}`}, {401, `{"message":"That code is wrong"}`}, {202, `{"message":"And your birthday?"}`}, {202, `{"challengeToken":"c-2"}`}, {200, known}}}
	f := b.asked(t, challenge)
	code := url.Values{"code": {"123456"}}
	_, err := b.told(challenge, f, code)
	if no := refusedBy(t, err); no.Said != "That code is wrong" || no.Kind != "" || no.Code != "credentials" {
		t.Errorf("refusal = %+v", no)
	}
	for _, want := range []string{`{"challengeToken":"c-1","code":"123456"}`, `{"challengeToken":"c-1","code":"123456"}`, `{"challengeToken":"c-2","code":"123456"}`} {
		step, err := b.told(challenge, f, code)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.sent[len(b.sent)-1]; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
		if next, ok := step.(signet.Form); ok {
			f = next
		} else if step.(signet.Identity).Subject != "7" {
			t.Errorf("step = %+v", step)
		}
	}
	calls := len(b.calls)
	if _, err := b.told(challenge, f, url.Values{}); refusedBy(t, err).Code != "credentials" || len(b.calls) != calls {
		t.Errorf("an empty answer: %v, %d calls", err, len(b.calls)-calls)
	}
}

// TestS45_SecondAnswersCountForTheSameAccount: guesses at the code, in whatever attempts, run
// into the budget of the account whose password is known.
func TestS45_SecondAnswersCountForTheSameAccount(t *testing.T) {
	guesses := 0
	nest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "code") {
			guesses++
			say(w, 401, map[string]any{"message": "wrong code"})
			return
		}
		say(w, 202, map[string]any{"challengeToken": "c-1"})
	}))
	defer nest.Close()
	a := auth(t, backend.New(backend.Config{URL: nest.URL + "/login", Challenge: &backend.Challenge{}}), nil, signet.Limits{AccountFree: 6, AccountHard: 6})
	for range 5 {
		_, w, err := signIn(a, form())
		var asked *signet.Asked
		for i := 0; errors.As(err, &asked) && i < 10; i++ {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
			for _, c := range w.Result().Cookies() {
				r.AddCookie(c)
			}
			w = httptest.NewRecorder()
			_, err = a.SignIn(w, r, "backend", url.Values{"attempt": {asked.Attempt}, "code": {"000000"}})
		}
	}
	if guesses == 0 || guesses > 6 {
		t.Errorf("%d guesses", guesses)
	}
}

// TestS74_NothingOfAQuestionLeaksOut: what is kept holds no password, and no answer brings
// code or token back.
func TestS74_NothingOfAQuestionLeaksOut(t *testing.T) {
	p := backend.New(backend.Config{URL: "https://api.test/login", Challenge: &backend.Challenge{}, Claims: map[string]string{"echo": "echo"}})
	b := &twice{answers: []answer{
		{202, `{"challengeToken":"canary-token","message":"token canary-token for you"}`},
		{401, `{"message":"123456 is not the code of canary-token"}`},
		{200, `{"id":7,"name":"Minsu","note":"123456","more":"canary-token","echo":"123456"}`},
	}}
	f := b.asked(t, p)
	if f.Said != "" || strings.Contains(string(f.Keep), typed) {
		t.Errorf("said %q, kept %s", f.Said, f.Keep)
	}
	_, err := b.told(p, f, url.Values{"code": {"123456"}})
	if no := refusedBy(t, err); no.Said != "" || strings.Contains(no.Err.Error(), "123456") {
		t.Errorf("refusal = %+v", no)
	}
	step, err := b.told(p, f, url.Values{"code": {"123456"}})
	if err != nil {
		t.Fatal(err)
	}
	if id := step.(signet.Identity); strings.Contains(string(id.Profile), "123456") || strings.Contains(string(id.Profile), "canary") || id.Claims.Len() != 0 {
		t.Errorf("profile %s, claims %v", id.Profile, id.Claims)
	}
}

func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	for _, body := range []string{`{}`, `{"t":""}`, `{"t":"a b"}`, `{"t":{"x":1}}`, `{"t":"` + strings.Repeat("x", 20<<10) + `"}`, `<html>`, ``} {
		b := &twice{answers: []answer{{202, body}}}
		p := backend.New(backend.Config{URL: "https://api.test/login", Challenge: &backend.Challenge{Token: "t"}})
		_, err := p.Finish(t.Context(), &signet.Attempt{Fields: form(), World: b.world()})
		if faultOf(t, err).Status != 202 {
			t.Errorf("%.20s: %v", body, err)
		}
	}
	for _, keep := range []string{"", "{", `[]`, "null!"} {
		b := &twice{answers: []answer{{200, known}}}
		p := backend.New(backend.Config{URL: "https://api.test/login"})
		step, err := b.told(p, signet.Form{Keep: []byte(keep)}, form())
		if _, signedIn := step.(signet.Identity); signedIn || err == nil || len(b.calls) > 0 {
			t.Errorf("an answer without a question, kept %q: %v, %v", keep, step, err)
		}
	}
}

func TestChallengesThatCannotWork(t *testing.T) {
	for name, ch := range map[string]backend.Challenge{
		"plain http":                  {URL: "http://api.example.com/2fa"},
		"no URL":                      {URL: "2fa"},
		"no fields":                   {Fields: []signet.Field{}},
		"a field without a name":      {Fields: []signet.Field{{Label: "Code"}}},
		"a field that is ours":        {Fields: []signet.Field{{Name: "csrfToken"}}},
		"the handle for a field":      {Fields: []signet.Field{{Name: "attempt"}}},
		"a password that is kept":     {Repeat: []string{"password"}},
		"a secret of the form":        {Repeat: []string{"geheim"}},
		"a header without a name":     {With: backend.Carry{In: backend.Header}},
		"a member that is two things": {Send: map[string]string{"/a": "code", "/a/b": "code"}},
	} {
		c := backend.Config{URL: "https://api.test/login", Challenge: &ch, Fields: []signet.Field{{Name: "email"}, {Name: "geheim", Type: "password"}}}
		if err := backend.New(c).Check(); err == nil || !strings.Contains(err.Error(), "Challenge") && !strings.Contains(err.Error(), "Send") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzChallenge reads questions: what is asked fits into what package signet keeps.
func FuzzChallenge(f *testing.F) {
	for _, body := range []string{`{"challengeToken":"c-1"}`, `{"data":{"mfa_token":9007199254740993}}`, `{"status":"MFA","message":["a","b"]}`, ``, `null`, `[1]`, `{"a":`} {
		f.Add(202, body, "status=MFA", "data.token")
		f.Add(403, body, "", "")
	}
	f.Fuzz(func(t *testing.T, status int, body, when, place string) {
		if len(body) > 4096 {
			return
		}
		p := backend.New(backend.Config{URL: "https://api.test/login", Challenge: &backend.Challenge{When: when, Token: place}})
		b := &twice{answers: []answer{{status, body}, {200, known}}}
		step, err := p.Finish(t.Context(), &signet.Attempt{Fields: form(), World: b.world()})
		asked, ok := step.(signet.Form)
		if !ok {
			return
		}
		if err != nil || len(asked.Keep) == 0 || strings.Contains(string(asked.Keep), typed) || utf8.RuneCountInString(asked.Said) > 200 {
			t.Errorf("question = %+v, %v", asked, err)
		}
		if step, err := b.told(p, asked, url.Values{"code": {"1"}}); err == nil {
			if _, again := step.(signet.Form); !again && step.(signet.Identity).Subject != "7" {
				t.Errorf("step = %+v", step)
			}
		}
	})
}
