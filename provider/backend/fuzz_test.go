package backend_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

// FuzzAnswer reads answers: nobody gets in without an ID that can be kept, and what comes out
// is fit for a header, a page and a session.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"id":1,"name":"민수","email":"a@b.example","accessToken":"a","refreshToken":"r","expiresIn":"15m"}`,
		jwt(`{"sub":"1","exp":1767272400}`), `"` + jwt(`{"id":1}`) + `"`, "null", "", `{"data":{"user":{"id":1},"tokens":{"access":{"token":"x","expires":1}}}}`,
		`{"message":["a","b"]}`, `{"errors":{"email":["x"]}}`, `{"user":{"roles":[{"name":"a"},"b"],"password":"x"}}`, `{"success":false,"error":{"message":"a\u202e"}}`,
	} {
		for _, status := range []int{200, 401, 429} {
			f.Add(status, body, "t=a; Max-Age=5")
		}
	}
	config := backend.Config{
		URL: "https://api.test/", RefreshURL: "https://api.test/", TokenCookie: "t", TokenHeader: "X-Token",
		Map: backend.Mapping{Groups: "user.roles"}, Claims: map[string]string{"u": "user", "d": "data.0"},
	}
	f.Fuzz(func(t *testing.T, status int, body, header string) {
		if len(body) > 4096 {
			return
		}
		c := &canned{status: status, body: body, header: http.Header{"Set-Cookie": {header}, "X-Token": {header}, "Retry-After": {header}}}
		id, err := c.signIn(config, form())
		if err == nil {
			sound(t, id)
		} else if no := new(signet.Refused); asRefused(err, &no) {
			said := no.Said
			if !utf8.ValidString(said) || utf8.RuneCountInString(said) > 200 || strings.ContainsFunc(said, unicode.IsControl) || strings.Contains(said, typed) {
				t.Errorf("said %q", said)
			}
		}
		if got, err := backend.New(config).Refresh(t.Context(), c.world(), signet.Tokens{Refresh: "r"}); err == nil && (got.Access == "" || got.Refresh == "") {
			t.Errorf("refreshed to %v", got)
		}
	})
}

func asRefused(err error, to **signet.Refused) bool {
	no, ok := err.(*signet.Refused)
	*to = no
	return ok
}

func sound(t *testing.T, id signet.Identity) {
	t.Helper()
	if id.Subject == "" || len(id.Subject) > 255 || !utf8.ValidString(id.Subject) || len(id.Name) > 256 || id.EmailVerified {
		t.Errorf("%+v", id)
	}
	if !json.Valid(id.Profile) || id.Profile[0] != '{' {
		t.Errorf("profile %q", id.Profile)
	}
	for _, name := range []string{"u", "d", "groups"} {
		if raw := id.Claims.Raw(name); raw != nil && !json.Valid(raw) {
			t.Errorf("claim %s: %q", name, raw)
		}
	}
	if id.Tokens == nil {
		return
	}
	for _, token := range []string{id.Tokens.Access, id.Tokens.Refresh, id.Tokens.ID} {
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == ';' || r == ',' }) || token != "" && strings.Contains(string(id.Profile), `"`+token+`"`) {
			t.Errorf("token %q, profile %s", token, id.Profile)
		}
	}
}

// FuzzForm posts fields: what is sent is one JSON object of the fields.
func FuzzForm(f *testing.F) {
	f.Add("email=a&password=b&csrfToken=c")
	f.Add("/a/b=1&a.b=2&%00=3")
	f.Fuzz(func(t *testing.T, query string) {
		fields, err := url.ParseQuery(query)
		if err != nil || len(query) > 4096 {
			return
		}
		c := &canned{body: `{"id":1}`}
		if _, err := c.signIn(backend.Config{}, fields); err != nil {
			return
		}
		var sent map[string]string
		if err := json.Unmarshal([]byte(c.sent[0]), &sent); err != nil || len(sent) > len(fields) || sent["csrfToken"] != "" {
			t.Errorf("%q: sent %s, %v", query, c.sent[0], err)
		}
	})
}
