package backend_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

func TestWhatIsSent(t *testing.T) {
	for _, test := range []struct {
		name   string
		config backend.Config
		fields url.Values
		want   string
		head   http.Header
	}{
		{name: "all fields but those of Auth.js", want: `{"email":"minsu@example.com","password":"` + typed + `"}`, head: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}},
		{name: "a form", config: backend.Config{Form: true}, want: "email=minsu%40example.com&password=" + typed, head: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		{name: "other names, constants, fixed headers",
			config: backend.Config{Send: map[string]string{"username": "email", "password": "password"}, Extra: map[string]string{"grant_type": "password"}, Form: true, Header: http.Header{"X-Api-Key": {"k"}}},
			want:   "grant_type=password&password=" + typed + "&username=minsu%40example.com", head: http.Header{"X-Api-Key": {"k"}}},
		{name: "members of members", config: backend.Config{Send: map[string]string{"/user/email": "email", "/user/password": "password"}}, want: `{"user":{"email":"minsu@example.com","password":"` + typed + `"}}`},
		{name: "a visitor's field that looks like a place", fields: url.Values{"email": {"a"}, "/a/b": {"c"}, "a.b": {"d"}}, want: `{"/a/b":"c","a.b":"d","email":"a"}`},
		{name: "a token in the body", config: backend.Config{Exchange: &backend.Exchange{}}, fields: url.Values{"accessToken": {"abc"}, "csrfToken": {"x"}}, want: `{"accessToken":"abc"}`},
		{name: "a token as Bearer", config: backend.Config{Exchange: &backend.Exchange{With: backend.Carry{In: backend.Bearer}, Method: "GET"}}, fields: url.Values{"accessToken": {"abc"}, "more": {"x"}}, head: http.Header{"Authorization": {"Bearer abc"}, "Content-Type": nil}},
		{name: "a token as a cookie", config: backend.Config{Exchange: &backend.Exchange{Field: "t", With: backend.Carry{In: backend.Cookie, Name: "accessToken"}}, Header: http.Header{"Cookie": {"lb=1"}}}, fields: url.Values{"t": {"abc"}}, want: "{}", head: http.Header{"Cookie": {"lb=1; accessToken=abc"}}},
		{name: "a token in a header", config: backend.Config{Exchange: &backend.Exchange{With: backend.Carry{In: backend.Header, Name: "X-Token"}}}, fields: url.Values{"accessToken": {"abc"}}, want: "{}", head: http.Header{"X-Token": {"abc"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.fields == nil {
				test.fields = form()
			}
			c := &canned{body: `{"id":1}`}
			if _, err := c.signIn(test.config, test.fields); err != nil {
				t.Fatal(err)
			}
			if len(c.sent) != 1 || c.sent[0] != test.want {
				t.Errorf("sent %q, want %q", c.sent, test.want)
			}
			for name, want := range test.head {
				if got := c.calls[0].Header[name]; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestTheVisitorsAddressAndLanguage(t *testing.T) {
	c := &canned{body: `{"id":1}`}
	for forward, want := range map[bool]string{true: "192.0.2.1", false: ""} {
		p := backend.New(backend.Config{URL: "https://api.test/", ForwardIP: forward})
		if _, err := p.Finish(t.Context(), &signet.Attempt{Fields: form(), World: c.world(), Client: signet.Client{IP: "192.0.2.1", Language: "ko"}}); err != nil {
			t.Fatal(err)
		}
		h := c.calls[len(c.calls)-1].Header
		if h.Get("X-Forwarded-For") != want || h.Get("Accept-Language") != "ko" {
			t.Errorf("%v", h)
		}
	}
}

// What cannot be right is refused without a call.
func TestFormsTheBackEndDoesNotSee(t *testing.T) {
	many := url.Values{"email": {"a"}}
	for range 40 {
		many.Set("f"+strings.Repeat("x", len(many)), "1")
	}
	exchange := backend.Config{Exchange: &backend.Exchange{}}
	for name, test := range map[string]struct {
		config backend.Config
		fields url.Values
	}{
		"nothing": {fields: url.Values{}}, "only Auth.js's own": {fields: url.Values{"csrfToken": {"x"}, "json": {"true"}}},
		"an empty password":         {fields: url.Values{"email": {"a"}, "password": {""}}},
		"an empty field of secrets": {config: backend.Config{Fields: []signet.Field{{Name: "nr"}, {Name: "code", Type: "password"}}}, fields: url.Values{"nr": {"a"}, "code": {""}}},
		"too many fields":           {fields: many},
		"no token":                  {config: exchange, fields: form()},
		"a token with a line break": {config: exchange, fields: url.Values{"accessToken": {"a\r\nX: y"}}},
		"a token of two":            {config: exchange, fields: url.Values{"accessToken": {"a; b=c"}}},
		"a token beyond ASCII":      {config: exchange, fields: url.Values{"accessToken": {"토큰"}}},
		"a token without end":       {config: exchange, fields: url.Values{"accessToken": {strings.Repeat("a", 1<<20)}}},
	} {
		c := &canned{body: `{"id":1}`}
		_, err := c.signIn(test.config, test.fields)
		if no := refusedBy(t, err); no.Code != "credentials" || len(c.calls) != 0 {
			t.Errorf("%s: %+v after %d calls", name, no, len(c.calls))
		}
	}
}

func TestExchange(t *testing.T) {
	mine := jwt(`{"sub":"admin","exp":1767272400}`)
	config := backend.Config{ID: "credentials", Exchange: &backend.Exchange{With: backend.Carry{In: backend.Bearer}, Method: "GET"}}
	info := backend.New(config).Info()
	if info.ID != "credentials" || info.Type != "credentials" || info.Fields != nil || info.TrustEmail {
		t.Errorf("%+v", info)
	}
	id, err := (&canned{body: `{"id":7,"name":"민수"}`}).signIn(config, url.Values{"accessToken": {mine}})
	if err != nil || id.Subject != "7" || id.Methods != nil || id.Tokens.Access != mine || id.Tokens.Expires.Unix() != 1767272400 {
		t.Errorf("%+v %v", id, err)
	}
	fresh := jwt(`{"sub":"u7","exp":1767269000}`)
	id, err = (&canned{body: `{"accessToken":"` + fresh + `"}`}).signIn(config, url.Values{"accessToken": {mine}})
	if err != nil || id.Subject != "u7" || id.Tokens.Access != fresh || id.Tokens.Expires.Unix() != 1767269000 {
		t.Errorf("%+v %v", id, err)
	}
	var profile map[string]any
	if err := json.Unmarshal(id.Profile, &profile); err != nil || profile["sub"] != "u7" {
		t.Errorf("%s %v", id.Profile, err)
	}
}
