package backend_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
	"github.com/signet-auth/signet/store/memory"
)

func auth(t *testing.T, p signet.Provider, log *slog.Logger, l signet.Limits) *signet.Auth {
	a, err := signet.New(signet.Config{
		Secrets: []string{"jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"}, Providers: []signet.Provider{p},
		Stores: signet.Stores{Tickets: memory.New()}, Limits: l, World: signet.World{Log: log},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func signIn(a *signet.Auth, fields url.Values) (*signet.Session, *httptest.ResponseRecorder, error) {
	w := httptest.NewRecorder()
	s, err := a.SignIn(w, httptest.NewRequest(http.MethodPost, "http://localhost/login", nil), "backend", fields)
	return s, w, err
}

// S-45: the budget is taken before the back end is asked, so fifty parallel guesses make no
// more calls than there are tries.
func TestS45_ParallelGuessesAreCountedBeforeTheCall(t *testing.T) {
	n := newNest(t)
	a := auth(t, backend.New(n.config()), nil, signet.Limits{AccountFree: 3, AccountHard: 3})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			spelling := []string{"minsu@example.com", " Minsu@Example.com", "MINSU@EXAMPLE.COM "}[i%3]
			_, _, err := signIn(a, url.Values{"email": {spelling}, "password": {fmt.Sprint("guess-", i)}})
			var no *signet.Refused
			if !errors.As(err, &no) {
				t.Errorf("error = %v", err)
			}
		})
	}
	all.Wait()
	if n.logins != 3 {
		t.Errorf("the back end was asked %d times", n.logins)
	}
}

// S-44: a field that the back end ignores does not make every guess another account.
func TestS44_DecoyFields(t *testing.T) {
	for name, test := range map[string]struct {
		config backend.Config
		fields func(i int) url.Values
	}{
		"two usual names": {fields: func(i int) url.Values {
			return url.Values{"username": {"victim"}, "email": {fmt.Sprint("x", i, "@b.example")}}
		}},
		"two usual names in other cases": {fields: func(i int) url.Values {
			return url.Values{"Username": {"victim"}, "EMAIL": {fmt.Sprint("x", i, "@b.example")}}
		}},
		"beside the form's own": {config: backend.Config{Fields: []signet.Field{{Name: "memberNo"}, {Name: "password", Type: "password"}}},
			fields: func(i int) url.Values { return url.Values{"memberNo": {"victim"}, "email": {fmt.Sprint("x", i)}} }},
		"one that is not sent": {config: backend.Config{Send: map[string]string{"user": "username", "password": "password"}},
			fields: func(i int) url.Values { return url.Values{"username": {"victim"}, "email": {fmt.Sprint("x", i)}} }},
		"two that are sent": {config: backend.Config{Send: map[string]string{"user": "username", "mail": "email", "password": "password"}},
			fields: func(i int) url.Values { return url.Values{"username": {"victim"}, "email": {fmt.Sprint("x", i)}} }},
		"the account in another case": {config: backend.Config{Account: "nr"},
			fields: func(i int) url.Values { return url.Values{"NR": {"victim"}, "nr": {fmt.Sprint("x", i)}} }},
		"one that is not the account": {config: backend.Config{Account: "nr"},
			fields: func(i int) url.Values { return url.Values{"nr": {"victim"}, "email": {fmt.Sprint("x", i)}} }},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNest(t)
			test.config.URL = n.URL + "/api/login"
			a := auth(t, backend.New(test.config), nil, signet.Limits{AccountFree: 2, AccountHard: 2})
			for i := range 6 {
				fields := test.fields(i)
				fields.Set("password", "guess")
				if _, _, err := signIn(a, fields); err == nil {
					t.Error("signed in")
				}
			}
			if n.logins > 2 {
				t.Errorf("the back end was asked %d times", n.logins)
			}
		})
	}
}

// S-70: an ID is text, one and the same for 1 and "1", whole above 2^53, and never an
// address or a login name.
func TestS70_IdentifiersAreText(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":1}`: "1", `{"id":"1"}`: "1", `{"id":9007199254740993}`: "9007199254740993", `{"id":18446744073709551617}`: "18446744073709551617",
		`{"id":"9007199254740993"}`: "9007199254740993", `{"id":0}`: "0",
	} {
		id, err := (&canned{body: body}).signIn(backend.Config{}, form())
		if err != nil || id.Subject != want {
			t.Errorf("%s: %q %v", body, id.Subject, err)
		}
	}
	for _, body := range []string{`{"email":"a@b.example","username":"a","name":"a","login":"a"}`, `{"id":1.0,"email":"a@b.example"}`, `{"id":1e0}`, `{"id":[1]}`, `{"id":{"a":1}}`, `{"id":true}`} {
		id, err := (&canned{body: body}).signIn(backend.Config{}, form())
		if err == nil {
			t.Errorf("%s: signed in as %q", body, id.Subject)
		}
	}
}

// A token that the visitor brings names nobody: only the back end's answer does, also where
// that repeats the token.
func TestS67_ClaimsOfAVisitorsTokenNameNobody(t *testing.T) {
	forged := jwt(`{"sub":"admin","id":"admin","email":"admin@example.com","email_verified":true,"role":"admin"}`)
	config := backend.Config{Exchange: &backend.Exchange{}, Claims: map[string]string{"role": "role"}, Map: backend.Mapping{EmailVerified: "email_verified"}}
	for _, body := range []string{`{}`, `{"ok":true}`, `{"accessToken":"` + forged + `"}`, forged, `"` + forged + `"`, `{"data":{"token":"Bearer ` + forged + `"}}`} {
		if id, err := (&canned{body: body}).signIn(config, url.Values{"accessToken": {forged}}); err == nil {
			t.Errorf("%s: signed in as %q", body, id.Subject)
		}
	}
	id, err := (&canned{body: `{"id":7,"accessToken":"` + forged + `"}`}).signIn(config, url.Values{"accessToken": {forged}})
	if err != nil || id.Subject != "7" || id.Email != "" || id.EmailVerified || id.Claims.Len() != 0 {
		t.Errorf("%+v %v", id, err)
	}
	config.Map.Subject = "sub"
	if id, err := (&canned{body: `{"x":1}`}).signIn(config, url.Values{"accessToken": {forged}}); err == nil {
		t.Errorf("signed in as %q", id.Subject)
	}
}

// S-74: no token and no password reaches the session, the profile or the browser.
func TestS74_SecretsStayOutOfProfileAndClaims(t *testing.T) {
	body := `{"user":{"id":1,"name":"N","password":"$2b$10$hash","passwordHash":"h","nested":{"refresh_token":"canary-refresh-1","list":["canary-access-1",{"pwd":"x","ok":1},"fine"]},
		"note":"my token is canary-access-1!","echo":"` + typed + `","canary-access-1":1,"other":"` + jwt(`{"a":1}`) + `"},
		"accessToken":"canary-access-1","refreshToken":"canary-refresh-1"}`
	n := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(body)) }))
	defer n.Close()
	config := backend.Config{URL: n.URL, Claims: map[string]string{"all": "user", "nested": "user.nested", "note": "user.note", "echo": "user.echo", "other": "user.other"}}
	id, err := (&canned{body: body}).signIn(config, form())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(id.Profile), `{"id":1,"name":"N","nested":{"list":[null,{"ok":1},"fine"]}}`; got != want {
		t.Errorf("profile = %s\nwant %s", got, want)
	}
	claims := string(id.Claims.Raw("all")) + string(id.Claims.Raw("nested"))
	if id.Claims.Len() != 2 || strings.Contains(claims, "canary") || strings.Contains(claims, "hash") {
		t.Errorf("claims = %s (%d)", claims, id.Claims.Len())
	}
	a := auth(t, backend.New(config), nil, signet.Limits{})
	s, w, err := signIn(a, form())
	if err != nil {
		t.Fatal(err)
	}
	if seen := fmt.Sprintf("%+v %v %s", s, w.Header(), w.Body); strings.Contains(seen, "canary") {
		t.Errorf("seen: %s", seen)
	}
}

// S-75, S-102: errors, logs and refusals hold nothing of what was typed, sent or answered.
func TestS75_NoSecretInErrorsAndLogs(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	said := &bytes.Buffer{}
	status, body := 0, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/?p="+typed)
		w.Header().Set("X-Echo", typed)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	defer s.Close()
	p := backend.New(backend.Config{URL: s.URL + "/canary-path?key=canary-query", RefreshURL: s.URL, LogoutURL: s.URL, Header: http.Header{"X-Api-Key": {"canary-api-key"}}})
	a := auth(t, p, logger, signet.Limits{AccountFree: 1000, AccountHard: 1001, NetworkPerMinute: 1000})
	for _, status = range []int{200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503} {
		for _, body = range []string{
			`{"message":"` + typed + `"}`, `{"error":"canary-access-9 is wrong"}`, typed, `"` + typed + `"`, `{"accessToken":"canary-access-9"}`, `{"id":1,"id":"` + typed + `"}`,
			"<p>" + typed, `{"errors":{"password":["` + typed + ` is short"]}}`, `{"detail":["a","` + typed + `"]}`, `{"` + typed + `":1}`,
		} {
			_, _, err := signIn(a, form())
			tokens := signet.Tokens{Access: "canary-access-9", Refresh: "canary-refresh-9"}
			_, refreshed := p.Refresh(t.Context(), signet.World{}, tokens)
			revoked := p.Revoke(t.Context(), signet.World{}, tokens)
			for _, err := range []error{err, refreshed, revoked} {
				fmt.Fprintf(said, "%v|%+v\n", err, err)
				var no *signet.Refused
				if errors.As(err, &no) && strings.Contains(no.Said, typed) {
					t.Errorf("%d %s: the page says %q", status, body, no.Said)
				}
				logger.Info("x", "error", err)
			}
		}
	}
	for _, text := range []string{said.String(), log.String()} {
		if i := strings.Index(text, "canary"); i >= 0 {
			t.Errorf("… %s …", text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// S-82: a form fills in nothing but what the back end is asked with.
func TestS82_FormFillsInNothing(t *testing.T) {
	fields := form()
	for _, name := range []string{"id", "sub", "groups", "roles", "emailVerified", "email_verified", "image"} {
		fields.Set(name, "admin")
	}
	config := backend.Config{Map: backend.Mapping{Groups: "groups", EmailVerified: "emailVerified"}, Claims: map[string]string{"roles": "roles"}}
	id, err := (&canned{body: `{"id":"u1"}`}).signIn(config, fields)
	if err != nil || id.Subject != "u1" || id.Email != "" || id.Image != "" || id.EmailVerified || id.Claims.Len() != 0 || id.UserID != "u1" {
		t.Errorf("%+v %v", id, err)
	}
	if backend.New(backend.Config{URL: "https://api.test/"}).Info().TrustEmail {
		t.Error("its addresses are trusted")
	}
}

// S-87: a renewed access token of another user ends the grant instead of changing who is
// signed in.
func TestS87_RefreshDoesNotChangeTheUser(t *testing.T) {
	old := signet.Tokens{Access: jwt(`{"sub":1}`), Refresh: "r"}
	for claims, ended := range map[string]bool{`{"sub":1}`: false, `{"sub":"1"}`: false, `{"sub":2}`: true, `{"sub":"10"}`: true, `{"id":2}`: false} {
		_, err := (&canned{body: `{"accessToken":"` + jwt(claims) + `"}`}).refresh(backend.Config{}, old)
		if errors.Is(err, signet.ErrEnded) != ended {
			t.Errorf("%s: %v", claims, err)
		}
	}
}

// S-114 where it applies to an address that the operator typed (it may be private): no
// redirect is followed, so no credentials go elsewhere.
func TestS114_NoCredentialsOnRedirects(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := at(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		w := signet.World{HTTP: &http.Client{}} // one that would follow
		faultOf(t, try(t.Context(), p, w))
		_, err := p.Refresh(t.Context(), w, signet.Tokens{Refresh: "r"})
		faultOf(t, err)
	}
	if elsewhere != 0 {
		t.Errorf("%d calls elsewhere", elsewhere)
	}
}
