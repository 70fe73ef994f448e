package backend

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
)

const maxSaid = 200 // characters

var (
	messageNames = []string{"message", "error_description", "detail", "msg", "error", "reason", "title", "errors", "non_field_errors"}
	codeNames    = []string{"statusCode", "status", "code"}
)

// verdict judges the status of an answer to a sign-in: nil if it means yes.
func (c *Config) verdict(r reply, q question, now time.Time) error {
	html := bytes.HasPrefix(bytes.TrimSpace(r.body), []byte("<"))
	switch {
	case c.ok(r.status):
		return nil
	case r.status == http.StatusTooManyRequests:
		return c.later(r, q, now)
	case slices.Contains(c.Refuse, r.status) && (!html || r.status == http.StatusUnauthorized):
		a := answer{top: levelOf(r.body)}
		return c.no(r, a, q)
	case r.status/100 == 3:
		return r.fault(errRedirect)
	case html:
		return r.fault(errUnreadable)
	}
	return r.fault(nil)
}

func (c *Config) ok(status int) bool {
	if c.OK == nil {
		return status/100 == 2
	}
	return slices.Contains(c.OK, status)
}

// saysNo tells whether an answer with a good status is a refusal all the same: an error in
// it, success that is false, a status "fail".
func (a *answer) saysNo() bool {
	for _, name := range []string{"success", "ok"} {
		if string(a.top[name]) == "false" {
			return true
		}
	}
	if text(a.top["status"]) == "fail" { // JSend
		return true
	}
	for _, name := range []string{"error", "errors"} {
		switch string(a.top[name]) {
		case "", "null", "false", `""`, "[]", "{}", "0":
		default:
			return true
		}
	}
	return false
}

// without judges a good answer in which nobody is named. Back ends that always answer 200
// put the true status into the body.
func (c *Config) without(r reply, a answer, q question, now time.Time) error {
	if !a.tokens.IsZero() {
		return r.fault(errNoUser)
	}
	code := integer(a.top.first(codeNames))
	switch {
	case code == http.StatusTooManyRequests:
		return c.later(r, q, now)
	case slices.Contains(c.Refuse, code):
		return c.no(r, a, q)
	}
	return r.fault(errNoUser)
}

// no is a refusal, with what the back end said.
func (c *Config) no(r reply, a answer, q question) error {
	return &signet.Refused{Code: "credentials", Said: c.said(r, a, q), Err: r.fault(nil)}
}

// later is a refusal that tells how long to wait.
func (c *Config) later(r reply, q question, now time.Time) error {
	return &signet.Refused{
		Code: "too_many_requests", Kind: "TooManyRequests", RetryAfter: r.retryAfter(now),
		Said: c.said(r, answer{top: levelOf(r.body)}, q), Err: r.fault(nil),
	}
}

// said is what the back end says to people, fit for a page: one line of text, at most 200
// characters, and nothing that the visitor typed in secret. Words that only repeat the
// status are none: our page says that better.
func (c *Config) said(r reply, a answer, q question) string {
	words := ""
	switch {
	case a.top != nil && c.Map.Message != "":
		words = phrase(a.top.at(path(c.Map.Message)), 0)
	case a.top != nil:
		for _, l := range []level{a.top, a.top.in("data"), a.top.in("result")} {
			for _, name := range messageNames {
				if words = tidy(phrase(l[name], 0)); words != "" && !repeatsStatus(words) {
					return unless(words, q.secrets)
				}
			}
		}
	default:
		body := bytes.TrimSpace(r.body)
		if words = text(body); words == "" && isSentence(body) {
			words = string(body)
		}
	}
	if words = tidy(words); repeatsStatus(words) {
		return ""
	}
	return unless(words, q.secrets)
}

// isSentence tells whether a body that is no JSON can be words for people, and no markup,
// stack trace or text in another encoding.
func isSentence(body []byte) bool {
	return utf8.Valid(body) && utf8.RuneCount(body) <= maxSaid && !bytes.ContainsAny(body, "<>{}[]\"\r\n") &&
		string(body) != "null" && string(body) != "false"
}

// unless drops words that give a secret away.
func unless(words string, secrets []string) string {
	if holds(words, secrets) {
		return ""
	}
	return words
}

// phrase joins the texts in a value: NestJS says a list, Laravel and Django REST lists by
// field.
func phrase(raw []byte, depth int) string {
	if len(raw) == 0 || depth > 3 {
		return ""
	}
	var parts []string
	switch raw[0] {
	case '[':
		for _, value := range elements(raw) {
			parts = append(parts, phrase(value, depth+1))
		}
	case '{':
		l := levelOf(raw)
		if message := l.first(messageNames[:4]); message != nil {
			return phrase(message, depth+1)
		}
		for _, name := range slices.Sorted(maps.Keys(l)) {
			if l[name][0] == '[' || l[name][0] == '{' {
				parts = append(parts, phrase(l[name], depth+1))
			}
		}
	default:
		return text(raw)
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts[:min(len(parts), 8)], ", ")
}

// tidy makes one line of a text. Control characters go, and so do the invisible ones that
// turn text round; the zero-width joiner of scripts that need it stays.
func tidy(words string) string {
	words = strings.ToValidUTF8(words, "")
	words = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200c' || r == '\u200d':
			return r
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, words)
	words = strings.Join(strings.Fields(words), " ")
	if runes := []rune(words); len(runes) > maxSaid {
		return string(runes[:maxSaid-1]) + "…"
	}
	return words
}

// repeatsStatus tells whether words are no more than the name of a status: "Unauthorized".
func repeatsStatus(words string) bool {
	for status := 400; status < 512; status++ {
		if name := http.StatusText(status); name != "" && strings.EqualFold(name, words) {
			return true
		}
	}
	return false
}
