package backend_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/provider/backend"
)

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		said   string
	}{
		{"tutorial 1: null", 200, "null", ""},
		{"false", 200, " false\n", ""},
		{"Nest", 401, `{"statusCode":401,"message":"Unauthorized"}`, ""},
		{"Nest, in its own words", 401, `{"statusCode":401,"message":"비밀번호가 맞지 않아요","error":"Unauthorized"}`, "비밀번호가 맞지 않아요"},
		{"Nest, a list", 400, `{"statusCode":400,"message":["email must be an email","password is too short"],"error":"Bad Request"}`, "email must be an email, password is too short"},
		{"Spring", 401, `{"timestamp":"2026-01-01T00:00:00Z","status":401,"error":"Unauthorized","path":"/api/login"}`, ""},
		{"Spring, a problem", 403, `{"type":"about:blank","title":"Forbidden","status":403,"detail":"The account is locked","instance":"/api/login"}`, "The account is locked"},
		{"Laravel", 422, `{"message":"These credentials do not match our records.","errors":{"email":["These credentials do not match our records."]}}`, "These credentials do not match our records."},
		{"Laravel, errors alone", 422, `{"errors":{"email":["must be an address"],"password":["too short","too plain"]}}`, "must be an address, too short, too plain"},
		{"Django REST", 401, `{"detail":"No active account found with the given credentials"}`, "No active account found with the given credentials"},
		{"Django REST, non-field errors", 400, `{"non_field_errors":["Unable to log in with provided credentials."]}`, "Unable to log in with provided credentials."},
		{"errors that are objects", 401, `{"errors":[{"status":"401","title":"Wrong password"}]}`, ""},
		{"errors that are objects with a message", 401, `{"errors":[{"message":"Wrong password","code":7}]}`, "Wrong password"},
		{"an error that is an object", 401, `{"error":{"message":"Wrong password","code":7}}`, "Wrong password"},
		{"Strapi", 400, `{"data":null,"error":{"status":400,"name":"ValidationError","message":"Invalid identifier or password","details":{}}}`, "Invalid identifier or password"},
		{"OAuth", 400, `{"error":"invalid_grant","error_description":"Bad user or password"}`, "Bad user or password"},
		{"an error under 200", 200, `{"error":"Wrong password","id":7}`, "Wrong password"},
		{"success is false under 200", 200, `{"success":false,"message":"Wrong password","data":{"id":1}}`, "Wrong password"},
		{"the true status in the body", 200, `{"code":401,"msg":"틀렸어요","data":null}`, "틀렸어요"},
		{"JSend", 200, `{"status":"fail","data":{"message":"Wrong password"}}`, "Wrong password"},
		{"text", 401, "비밀번호가 틀렸어요\n", "비밀번호가 틀렸어요"},
		{"a JSON string", 401, `"Wrong password"`, "Wrong password"},
		{"nothing", 401, "", ""},
		{"HTML under 401", 401, "<html><body>no</body></html>", ""},
		{"a stack trace", 401, "Error: no\n    at login (app.js:7)", ""},
		{"another encoding", 401, "\xba\xf1\xb9\xd0", ""},
		{"broken JSON", 403, `{"message":"a","message":"b"}`, ""},
		{"control characters and turned text", 401, `{"message":"a\u0007\u202e\r\n\tb\u0000"}`, ""},
		{"control characters", 401, `{"message":"a\u0007\u202e\r\n\tb"}`, "a b"},
		{"a book", 401, `{"message":"` + strings.Repeat("가", 300) + `"}`, strings.Repeat("가", 199) + "…"},
		{"what was typed", 401, `{"message":"not ` + typed + `"}`, ""},
		{"markup stays text", 401, `{"message":"<b>no</b>"}`, "<b>no</b>"},
		{"locked", 423, `{"message":"locked"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := (&canned{status: test.status, body: test.body}).signIn(backend.Config{}, form())
			no := refusedBy(t, err)
			if no.Said != test.said || no.Code != "credentials" || no.Kind != "" || no.RetryAfter != 0 {
				t.Errorf("%+v, want said %q", no, test.said)
			}
		})
	}
	config := backend.Config{Map: backend.Mapping{Message: "/result/0/why"}, Refuse: []int{404}}
	_, err := (&canned{status: 404, body: `{"message":"x","result":[{"why":"no such user"}]}`}).signIn(config, form())
	if no := refusedBy(t, err); no.Said != "no such user" {
		t.Errorf("%+v", no)
	}
}

func TestTooManyRequests(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "Thu, 01 Jan 2026 12:05:00 GMT": 5 * time.Minute, "": time.Minute, "soon": time.Minute, "-5": time.Minute,
		"0": time.Second, "Thu, 01 Jan 2015 12:05:00 GMT": time.Second, "999999999": 24 * time.Hour, "99999999999999999999": time.Minute,
	} {
		c := &canned{status: 429, header: http.Header{"Retry-After": {header}}, body: `{"message":"천천히"}`}
		_, err := c.signIn(backend.Config{}, form())
		if no := refusedBy(t, err); no.RetryAfter != want || no.Kind != "TooManyRequests" || no.Said != "천천히" {
			t.Errorf("%q: %+v", header, no)
		}
	}
}

// A fault of the back end is never told as a wrong password.
func TestFaults(t *testing.T) {
	for name, c := range map[string]*canned{
		"500":                       {status: 500, body: `{"message":"Internal server error"}`},
		"502 in HTML":               {status: 502, body: "<html>"},
		"503":                       {status: 503, header: http.Header{"Retry-After": {"5"}}},
		"404: a wrong URL":          {status: 404, body: `{"statusCode":404,"message":"Cannot POST /login"}`},
		"405":                       {status: 405},
		"415: JSON for a form":      {status: 415},
		"302":                       {status: 302, header: http.Header{"Location": {"https://evil.test/"}}},
		"307":                       {status: 307, header: http.Header{"Location": {"https://evil.test/"}}},
		"204":                       {status: 204},
		"200 and nothing":           {},
		"200 in HTML":               {body: "<!doctype html><title>Sign in</title>"},
		"403 in HTML: a firewall":   {status: 403, body: "<html>blocked"},
		"400 in HTML":               {status: 400, body: " <html>plain http to an https port"},
		"names twice":               {body: `{"id":1,"id":2}`},
		"names twice, in case":      {body: `{"id":1,"ID":2}`},
		"names twice, inside":       {body: `{"id":1,"user":{"id":1,"id":2}}`},
		"cut off":                   {body: `{"id":1,"accessToken":"ab`},
		"more behind":               {body: `{"id":1}{"id":2}`},
		"too deep":                  {body: strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)},
		"a list":                    {body: `[{"id":1}]`},
		"a number":                  {body: "<1>"},
		"true":                      {body: `true`},
		"text that is no token":     {body: "welcome back"},
		"a token that names nobody": {body: `{"accessToken":"opaque"}`},
		"an id that is none":        {body: `{"id":1.5,"sub":-1,"uid":true,"_id":[1],"uuid":""}`},
		"an id with a line break":   {body: `{"id":"a\nb"}`},
		"an id in blanks":           {body: `{"id":" a "}`},
		"an id without end":         {body: `{"id":"` + strings.Repeat("1", 300) + `"}`},
		"an id as exponent":         {body: `{"id":1e3}`},
		"another status in it":      {body: `{"code":500,"msg":"x"}`},
		"invalid UTF-8":             {body: "{\"id\":\"\xff\"}"},
		"no words and no user":      {body: `{"message":"hello"}`},
		"too long":                  {body: `{"id":1,"x":"` + strings.Repeat("x", 64<<10) + `"}`},
		"too long, a refusal":       {status: 401, body: strings.Repeat("x", 65<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := c.signIn(backend.Config{}, form())
			if err == nil {
				t.Fatalf("signed in as %+v", id)
			}
			if e := faultOf(t, err); e.Op != "log-in" || len(e.Error()) > 200 {
				t.Errorf("%v", e)
			}
			if len(c.calls) != 1 {
				t.Errorf("%d calls", len(c.calls))
			}
		})
	}
}
