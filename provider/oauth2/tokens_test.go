package oauth2_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

type sample struct {
	Name        string
	Status      int
	ContentType string `json:"content_type"`
	Body        any
	Good        bool
}

func (s sample) reply(t *testing.T) oauth2.Reply {
	body, isText := s.Body.(string)
	if !isText {
		body = object(t, s.Body)
	}
	return oauth2.Reply{Status: s.Status, Type: s.ContentType, Body: []byte(body)}
}

func samples(t *testing.T) []sample {
	text, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Answers []sample }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Answers) < 80 {
		t.Fatalf("only %d samples", len(file.Answers))
	}
	return file.Answers
}

// Every answer of every provider in the project's vectors.
func TestTokenAnswersOfProviders(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.Name, func(t *testing.T) {
			got, err := oauth2.ReadAnswer(s.reply(t), noon)
			if !s.Good {
				var e *oauth2.Error
				if !errors.As(err, &e) {
					t.Fatalf("error = %v", err)
				}
				if e.Outage() != (s.ContentType == "text/html") {
					t.Errorf("%v: outage %t", e, e.Outage())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, _ := s.Body.(map[string]any)
			if body == nil {
				if !strings.Contains(s.Body.(string), "access_token="+got.Tokens.Access) {
					t.Errorf("access token = %q", got.Tokens.Access)
				}
				return
			}
			if got.Tokens.Access != body["access_token"] || strings.ContainsAny(got.Tokens.Scope, ",[") {
				t.Errorf("tokens = %+v", got)
			}
			if refresh, _ := body["refresh_token"].(string); got.Tokens.Refresh != refresh {
				t.Errorf("refresh token = %q", got.Tokens.Refresh)
			}
			if got.Tokens.Expires.IsZero() != (body["expires_in"] == nil) {
				t.Errorf("expires = %v for %v", got.Tokens.Expires, body["expires_in"])
			}
		})
	}
}

func TestTokenAnswer(t *testing.T) {
	const kind = "application/json"
	hour := noon.Add(time.Hour)
	for _, test := range []struct {
		name, kind, body string
		want             signet.Tokens
	}{
		{"expiry as digits", kind, `{"access_token":"a","expires_in":"3600"}`, signet.Tokens{Access: "a", Expires: hour}},
		{"expiry with a fraction", kind, `{"access_token":"a","expires_in":3600.9}`, signet.Tokens{Access: "a", Expires: hour}},
		{"expiry in the far future", kind, `{"access_token":"a","expires_in":9223372036854775807}`, signet.Tokens{Access: "a", Expires: noon.Add(100 * 365 * 24 * time.Hour)}},
		{"expiry of zero", kind, `{"access_token":"a","expires_in":0}`, signet.Tokens{Access: "a"}},
		{"expiry that is null", kind, `{"access_token":"a","expires_in":null,"refresh_token":null}`, signet.Tokens{Access: "a"}},
		{"end of the refresh token, Kakao", kind, `{"access_token":"a","refresh_token":"r","refresh_token_expires_in":3600}`, signet.Tokens{Access: "a", Refresh: "r", RefreshExpires: hour}},
		{"end of the refresh token, Keycloak", kind, `{"access_token":"a","refresh_token":"r","refresh_expires_in":3600}`, signet.Tokens{Access: "a", Refresh: "r", RefreshExpires: hour}},
		{"scope as a list", kind, `{"access_token":"a","scope":["openid","user:read:email"]}`, signet.Tokens{Access: "a", Scope: "openid user:read:email"}},
		{"scope with commas", kind, `{"access_token":"a","scope":"email,openid, profile"}`, signet.Tokens{Access: "a", Scope: "email openid profile"}},
		{"type in another case", kind, `{"access_token":"a","token_type":"BEARER"}`, signet.Tokens{Access: "a", Type: "BEARER"}},
		{"error that is empty", kind, `{"access_token":"a","error":""}`, signet.Tokens{Access: "a"}},
		{"a form", "application/x-www-form-urlencoded; charset=utf-8", "access_token=a&expires_in=3600&scope=x%2Cy", signet.Tokens{Access: "a", Expires: hour, Scope: "x y"}},
		{"a form that says it is text", "text/plain", "access_token=a", signet.Tokens{Access: "a"}},
		{"JSON that says it is text", "text/plain; charset=UTF-8", ` {"access_token":"a"}`, signet.Tokens{Access: "a"}},
		{"JSON that says nothing", "", `{"access_token":"a"}`, signet.Tokens{Access: "a"}},
		{"JSON as JavaScript", "text/javascript", `{"access_token":"a"}`, signet.Tokens{Access: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := oauth2.ReadAnswer(oauth2.Reply{Status: 200, Type: test.kind, Body: []byte(test.body)}, noon)
			if err != nil || got.Tokens != test.want {
				t.Errorf("tokens = %#v %v %v, error %v", got.Tokens, got.Tokens.Expires, got.Tokens.RefreshExpires, err)
			}
		})
	}
}

func TestTokenAnswerThatIsNone(t *testing.T) {
	const kind = "application/json"
	for _, test := range []struct {
		name       string
		status     int
		kind, body string
		code       string
		outage     bool
	}{
		{"error in a 200", 200, kind, `{"error":"bad_verification_code","access_token":"a"}`, "bad_verification_code", false},
		{"error in a form in a 200", 200, "application/x-www-form-urlencoded", "error=incorrect_client_credentials", "incorrect_client_credentials", false},
		{"error object", 400, kind, `{"error":{"message":"used","type":"OAuthException","code":190}}`, "190", false},
		{"error object without a number", 200, kind, `{"error":{"type":"OAuthException"}}`, "OAuthException", false},
		{"status and message", 400, kind, `{"status":400,"message":"Invalid authorization code"}`, "", false},
		{"status and message in a 200", 200, kind, `{"status":400,"message":"Invalid authorization code"}`, "", false},
		{"ok is false", 200, kind, `{"ok":false,"error":"invalid_code"}`, "invalid_code", false},
		{"ok is false and nothing else", 200, kind, `{"ok":false,"access_token":"a"}`, "", false},
		{"error that is true", 200, kind, `{"error":true,"access_token":"a"}`, "", false},
		{"busy", 429, kind, `{"error":"slow_down"}`, "slow_down", true},
		{"out of order", 503, "text/html", "<h1>sorry", "", true},
		{"out of order in JSON", 500, kind, `{"error":"invalid_grant"}`, "invalid_grant", true},
		{"moved", 302, "text/html", "", "", true},
		{"HTML in a 200", 200, "text/html", `{"access_token":"a"}`, "", true},
		{"no content", 204, "", "", "", true},
		{"no page", 404, "text/html", "<h1>", "", false},
		{"a tokens of a good answer under a bad status", 400, kind, `{"access_token":"a"}`, "", false},
		{"no access token", 200, kind, `{"token_type":"bearer"}`, "", true},
		{"an empty access token", 200, kind, `{"access_token":""}`, "", true},
		{"a number for an access token", 200, kind, `{"access_token":1}`, "", true},
		{"an access token with a line break", 200, kind, `{"access_token":"a\r\nX: y"}`, "", true},
		{"a list for a refresh token", 200, kind, `{"access_token":"a","refresh_token":["r"]}`, "", true},
		{"an access token twice", 200, kind, `{"access_token":"a","access_token":"b"}`, "", true},
		{"an access token twice, in another case", 200, kind, `{"access_token":"a","Access_Token":"b"}`, "", true},
		{"an access token twice in a form", 200, "application/x-www-form-urlencoded", "access_token=a&access_token=b", "", true},
		{"a token that must be proved", 200, kind, `{"access_token":"a","token_type":"DPoP"}`, "", true},
		{"expiry in words", 200, kind, `{"access_token":"a","expires_in":"soon"}`, "", true},
		{"expiry as an object", 200, kind, `{"access_token":"a","expires_in":{}}`, "", true},
		{"expiry without end", 200, kind, `{"access_token":"a","expires_in":1e400}`, "", true},
		{"scope of numbers", 200, kind, `{"access_token":"a","scope":[1]}`, "", true},
		{"a list", 200, kind, `[{"access_token":"a"}]`, "", true},
		{"half an object", 200, kind, `{"access_token":"a"`, "", true},
		{"two objects", 200, kind, `{"access_token":"a"}{}`, "", true},
		{"a form with a broken escape", 200, "application/x-www-form-urlencoded", "access_token=%zz", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := oauth2.ReadAnswer(oauth2.Reply{Status: test.status, Type: test.kind, Body: []byte(test.body)}, noon)
			var e *oauth2.Error
			if !errors.As(err, &e) || e.Code != test.code || e.Outage() != test.outage || e.Op != "token" || e.Status != test.status {
				t.Errorf("error = %+v (%v)", e, err)
			}
		})
	}
}

func FuzzTokenAnswer(f *testing.F) {
	for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain", ""} {
		for _, body := range []string{
			`{"access_token":"a","expires_in":"3600","scope":["x","y"],"token_type":"bearer","refresh_token":"r"}`,
			`{"error":{"message":"m","type":"t","code":190}}`, `{"ok":false}`, `{"status":400,"message":"m"}`,
			"access_token=a&scope=x%2Cy", "error=x&error_description=y", `{"access_token":"a","expires_in":1e9}`,
		} {
			f.Add(200, kind, body)
			f.Add(400, kind, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		got, err := oauth2.ReadAnswer(oauth2.Reply{Status: status, Type: kind, Body: []byte(body)}, noon)
		if err != nil {
			var e *oauth2.Error
			if !errors.As(err, &e) || got.Tokens.Access != "" {
				t.Fatalf("%v with %v", err, got)
			}
			if len(e.Text) > 200 || strings.ContainsAny(err.Error(), "\r\n\x1b") {
				t.Fatalf("text for the log: %q", err)
			}
			return
		}
		if got.Tokens.Access == "" || strings.ContainsAny(got.Tokens.Access, "\r\n\x00") || status < 200 || status > 299 {
			t.Fatalf("access token %q with status %d", got.Tokens.Access, status)
		}
		if end := got.Tokens.Expires; !end.IsZero() && (end.Before(noon) || end.Year() > 2127) {
			t.Fatalf("expires %v", end)
		}
	})
}
