package signettest

import (
	"encoding/json"
	"html"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
)

// quiet swallows what net/http says about connections that a fault has cut.
var quiet = log.New(io.Discard, "", 0)

const formType = "application/x-www-form-urlencoded"

// A call is one request at an end point.
type call struct {
	r                *http.Request
	w                http.ResponseWriter
	form             url.Values // query and body, the body first
	real             bool       // by the real name
	clientID, secret string     // as sent
	entry            *Request
	fault            Fault
}

// A reply is what an end point answers.
type reply struct {
	status      int
	contentType string
	header      http.Header
	body        any    // text, or JSON
	why         string // why it is a no; for the test
}

func (a reply) because(why string) reply { a.why = why; return a }

func jsonReply(status int, body any) reply {
	return reply{status: status, contentType: "application/json", body: body}
}

func textReply(status int, contentType, body string) reply {
	return reply{status: status, contentType: contentType, body: body}
}

func sampleReply(s sample) reply {
	return reply{status: s.Status, contentType: s.ContentType, body: clone(s.Body)}
}

func redirectReply(to string) reply {
	return reply{status: http.StatusFound, header: http.Header{"Location": {to}}, body: ""}
}

// errorPage is one of the provider's own, without a way back to the site.
func errorPage(status int, what string) reply {
	page := "<!doctype html><title>Error</title><h1>" + html.EscapeString(what) + "</h1>"
	return textReply(status, "text/html; charset=utf-8", page).because(what)
}

// bytes are the body as sent.
func (a reply) bytes() []byte {
	if s, ok := a.body.(string); ok && !strings.Contains(a.contentType, "json") {
		return []byte(s)
	}
	if a.body == nil || a.body == "" {
		return nil
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		panic("signettest: " + err.Error()) // a fault put something in that is no JSON
	}
	return raw
}

// head writes all but the body.
func (a reply) head(w http.ResponseWriter) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
}

func (a reply) send(w http.ResponseWriter) {
	a.head(w)
	w.Write(a.bytes())
}

// problem is an error in the provider's own shape.
func (p *Provider) problem(status int, code, text string) reply {
	if p.quirk.problem != nil {
		return p.quirk.problem(status, code, text).because(text)
	}
	answer := jsonReply(status, map[string]any{"error": code, "error_description": text})
	if status == http.StatusUnauthorized && code == "invalid_token" {
		answer.header = http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}} // RFC 6750 section 3
	}
	return answer.because(text)
}
