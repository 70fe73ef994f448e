package bearer_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

func TestIntrospection(t *testing.T) {
	m := newMint(t, func(c *bearer.MintConfig) { c.Rand = strings.NewReader(strings.Repeat("\x00", 64)) })
	token := usual
	token.Scopes, token.Claims = []string{"a", "b"}, []byte(`{"email":"h@example.com","active":false,"groups":["x"]}`)
	good := sign(t, m, token)
	form := func(values url.Values) *http.Request {
		r := httptest.NewRequest("POST", "/introspect", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		return r
	}
	one := func(token string) *http.Request {
		return form(url.Values{"token": {token}, "token_type_hint": {"access_token"}})
	}
	g := guard(m)
	g.Scopes = []string{"others"} // the answer names scopes, who asks may look
	everybody := func(*http.Request) bool { return true }
	inQuery := form(url.Values{"token": {good}})
	inQuery.URL.RawQuery = "token=" + good
	asJSON := one(good)
	asJSON.Header.Set("Content-Type", "application/json")
	get := one(good)
	get.Method = "GET"
	for name, test := range map[string]struct {
		allow   func(*http.Request) bool
		request *http.Request
		status  int
		body    string
	}{
		"a good token": {everybody, one(good), 200,
			`{"active":true,"token_type":"Bearer","scope":"a b","iss":"https://app.example","sub":"7","aud":"posts","client_id":"https://app.example","email":"h@example.com","groups":["x"],"iat":1750000000,"exp":1750000600,"jti":"AAAAAAAAAAAAAAAAAAAAAA"}`},
		"a changed one":    {everybody, one(good + "x"), 200, `{"active":false}`},
		"no token at all":  {everybody, one("undefined"), 200, `{"active":false}`},
		"nobody may":       {nil, one(good), 401, `{"error":"invalid_client"}`},
		"this one may not": {func(r *http.Request) bool { return false }, one(good), 401, `{"error":"invalid_client"}`},
		"nothing asked":    {everybody, form(nil), 400, `{"error":"invalid_request"}`},
		"two":              {everybody, form(url.Values{"token": {good, good}}), 400, `{"error":"invalid_request"}`},
		"in the query":     {everybody, inQuery, 400, `{"error":"invalid_request"}`},
		"as JSON":          {everybody, asJSON, 400, `{"error":"invalid_request"}`},
		"a GET":            {everybody, get, 405, `{"error":"invalid_request"}`},
		"a megabyte":       {everybody, form(url.Values{"token": {strings.Repeat("x", 1<<20)}}), 400, `{"error":"invalid_request"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(g.Introspection(test.allow), test.request)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json" {
				t.Errorf("%v", h)
			}
		})
	}
	late := guard(m)
	late.Now = func() time.Time { return now.Add(time.Hour) }
	if w := ask(late.Introspection(everybody), one(good)); w.Body.String() != `{"active":false}` {
		t.Errorf("an hour later: %s", w.Body)
	}
	away := guard(bearer.Remote("https://a.example", &http.Client{Transport: panics{}}))
	if w := ask(away.Introspection(everybody), one(good)); w.Code != 503 {
		t.Errorf("without keys: %d %s", w.Code, w.Body)
	}
}

// Errors that are no refusals are answered as bad tokens, never as something to come in by.
func TestAnswersToOddErrors(t *testing.T) {
	for _, err := range []error{nil, errors.New("odd"), &bearer.Refusal{}, &bearer.Refusal{Status: 200}, &bearer.Refusal{Err: seal.ErrExpired}} {
		for _, answer := range []func(http.ResponseWriter, *http.Request, error){bearer.RFC6750, bearer.NoAuthorization} {
			w := httptest.NewRecorder()
			answer(w, request(), err)
			if w.Code != 401 {
				t.Errorf("%v: %d", err, w.Code)
			}
		}
	}
	if text := (&bearer.Refusal{}).Error(); text != "bearer: refused" {
		t.Error(text)
	}
}
