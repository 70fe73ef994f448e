package pages

import (
	"net/http"
	"strings"
	"time"
)

// A trait is what is known of a code besides its words.
type trait struct {
	status int
	field  string // the input that it is about, or all those of a type of provider; "" for none
	calm   bool   // a request to do something, not a failure
}

// codes are all that pages have words for, in lower case: those that Auth.js v4 and v5
// put into a URL, then our own, then the reasons why a password is refused.
// Each is answered with 4xx, also Configuration: monitors must not take a visitor's bad
// link for an outage.
var codes = map[string]trait{
	"accessdenied":              {status: http.StatusForbidden},
	"accountnotlinked":          {status: http.StatusForbidden},
	"callback":                  {status: http.StatusBadRequest},
	"configuration":             {status: http.StatusBadRequest},
	"credentialssignin":         {status: http.StatusUnauthorized, field: "type:credentials"},
	"emailcreateaccount":        {status: http.StatusBadRequest},
	"emailsignin":               {status: http.StatusBadRequest, field: "type:email"},
	"missingcsrf":               {status: http.StatusForbidden},
	"oauthaccountnotlinked":     {status: http.StatusForbidden},
	"oauthcallback":             {status: http.StatusBadRequest},
	"oauthcallbackerror":        {status: http.StatusBadRequest},
	"oauthcreateaccount":        {status: http.StatusBadRequest},
	"oauthsignin":               {status: http.StatusBadRequest},
	"sessionrequired":           {status: http.StatusUnauthorized, calm: true},
	"signin":                    {status: http.StatusBadRequest},
	"verification":              {status: http.StatusForbidden},
	"webauthnverificationerror": {status: http.StatusUnauthorized},

	"lastway":     {status: http.StatusConflict},
	"signinagain": {status: http.StatusUnauthorized, calm: true},
	"waytaken":    {status: http.StatusConflict},
	"wrongcode":   {status: http.StatusForbidden, field: "code"},

	"badrequest":       {status: http.StatusBadRequest},
	"busy":             {status: http.StatusTooManyRequests},
	"emailtaken":       {status: http.StatusConflict, field: "email"},
	"invalidemail":     {status: http.StatusBadRequest, field: "email"},
	"invalidname":      {status: http.StatusBadRequest, field: "name"},
	"notfound":         {status: http.StatusNotFound},
	"passwordmismatch": {status: http.StatusBadRequest, field: "passwordAgain"},
	"signupclosed":     {status: http.StatusForbidden},
	"toomanyrequests":  {status: http.StatusTooManyRequests},

	"weakpassword": {status: http.StatusBadRequest, field: "password"},
	"common":       {status: http.StatusBadRequest, field: "password"},
	"control":      {status: http.StatusBadRequest, field: "password"},
	"encoding":     {status: http.StatusBadRequest, field: "password"},
	"too-long":     {status: http.StatusBadRequest, field: "password"},
	"too-short":    {status: http.StatusBadRequest, field: "password"},
	"yours":        {status: http.StatusBadRequest, field: "password"},
}

// ErrorStatus is the HTTP status that goes with the page of an error code, always 4xx:
// 400 for codes that pages have no words for. Codes are those of Auth.js (v4 and v5), in
// any case, and
//
//	BadRequest Busy EmailTaken InvalidEmail InvalidName LastWay NotFound PasswordMismatch
//	SignInAgain SignUpClosed TooManyRequests WayTaken WeakPassword WrongCode
//
// and the reasons against a password: too-short, too-long, common, yours, control,
// encoding.
func ErrorStatus(code string) int {
	if t, ok := codes[known(code)]; ok {
		return t.status
	}
	return http.StatusBadRequest
}

// known is the code as in the table, or "" for one that is not there. Case is folded:
// v4 compares without case, v4 itself sends "configuration", v5 "Configuration".
func known(code string) string {
	if len(code) > 32 { // longer than all of ours
		return ""
	}
	code = strings.ToLower(code)
	if _, ok := codes[code]; !ok {
		return ""
	}
	return code
}

// A problem is an error as a page shows it.
type problem struct {
	Title, Text, Wait, Said string
	Calm                    bool
	field                   string
}

// problem puts a code in words. Nothing of an unknown code is shown: a page must not say
// what somebody wrote into a link.
func (w *words) problem(code, said string, wait time.Duration) *problem {
	said = plain(said, saidLimit)
	if code == "" && said == "" && wait <= 0 {
		return nil
	}
	code = known(code)
	says := w.Sayings[code]
	return &problem{
		Title: says.Title,
		Text:  says.Text,
		Wait:  w.wait(wait),
		Said:  said,
		Calm:  codes[code].calm,
		field: codes[code].field,
	}
}

// alarms tells whether the title of the page has to say that something is wrong.
func (p *problem) alarms() bool { return p != nil && !p.Calm }

// about tells whether the problem lies with the named input.
func (p *problem) about(field string) bool { return p != nil && p.field == field }
