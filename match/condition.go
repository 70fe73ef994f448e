package match

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// test is a compiled condition.
type test struct {
	Condition
	root  *node
	value *expression // nil if any value will do
}

func newTests(p Pattern, conditions []Condition, list string) ([]test, error) {
	tests := make([]test, 0, len(conditions))
	for i, c := range conditions {
		t, err := newTest(c)
		if err != nil {
			return nil, &PatternError{p.Source, -1, list + "[" + strconv.Itoa(i) + "]: " + err.Error()}
		}
		tests = append(tests, t)
	}
	return tests, nil
}

func newTest(c Condition) (test, error) {
	switch {
	case c.Type != "header" && c.Type != "cookie" && c.Type != "query" && c.Type != "host":
		return test{}, &fault{-1, "type " + strconv.Quote(c.Type) + " is not header, cookie, query or host"}
	case c.Type == "host" && c.Key != "":
		return test{}, &fault{-1, "a host takes no key"}
	case c.Type == "host" && c.Value == "":
		return test{}, &fault{-1, "a host needs a value"}
	case c.Type != "host" && c.Key == "":
		return test{}, &fault{-1, "the key is missing"}
	case c.Value == "":
		return test{Condition: c}, nil
	case !utf8.ValidString(c.Value):
		return test{}, &fault{-1, "the value is not valid UTF-8"}
	}
	if _, err := parseRegex(c.Value); err != nil {
		return test{}, &fault{-1, "value " + strconv.Quote(c.Value) + ": " + err.Error()}
	}
	root, err := parseRegex("^" + c.Value + "$")
	if err != nil {
		return test{}, &fault{-1, "value " + strconv.Quote(c.Value) + ": " + err.Error()}
	}
	e, err := newExpression(root, false)
	if err != nil {
		return test{}, &fault{-1, "value " + strconv.Quote(c.Value) + ": " + err.Error()}
	}
	return test{Condition: c, root: root, value: &e}, nil
}

// failing returns the first condition that keeps the item from counting, or nil.
func (it *item) failing(r *Request) *test {
	for i := range it.has {
		if !it.has[i].holds(r) {
			return &it.has[i]
		}
	}
	for i := range it.missing {
		if it.missing[i].holds(r) {
			return &it.missing[i]
		}
	}
	return nil
}

// holds reports whether the condition holds. An absent or empty value never does.
// next@16.4.6 shared/lib/router/utils/prepare-destination.js matchHas.
func (t *test) holds(r *Request) bool {
	value, present := t.lookUp(r)
	if !present {
		return false
	}
	return t.value == nil || t.value.match(value, false)
}

// lookUp returns the value that the condition looks at. present means what JavaScript takes
// for true: an empty value is not, a list is, even of empty values.
func (t *test) lookUp(r *Request) (value string, present bool) {
	switch t.Type {
	case "header":
		return headerValue(r, t.Key)
	case "cookie":
		value = cookieValue(latin1(strings.Join(r.Header.Values("Cookie"), "; ")), t.Key)
	case "query":
		return queryValue(r.Target, t.Key)
	case "host":
		value, _, _ = strings.Cut(r.host(), ":")
		value = strings.ToLower(latin1(value))
	}
	return value, value != ""
}

func (r *Request) host() string {
	if r.Host != "" {
		return r.Host
	}
	return r.Header.Get("Host")
}

// headerValue returns a header the way Node's http module shows it: repeated lines are joined,
// except for those of which only the first counts.
func headerValue(r *Request, key string) (value string, present bool) {
	lines := r.Header.Values(key)
	switch http.CanonicalHeaderKey(key) {
	case "Host":
		value = r.host()
	case "Set-Cookie":
		if len(lines) == 0 {
			return "", false
		}
		return latin1(lines[len(lines)-1]), true
	case "Cookie":
		value = strings.Join(lines, "; ")
	case "Age", "Authorization", "Content-Length", "Content-Type", "Etag", "Expires", "From",
		"If-Modified-Since", "If-Unmodified-Since", "Last-Modified", "Location", "Max-Forwards",
		"Proxy-Authorization", "Referer", "Retry-After", "Server", "User-Agent":
		if len(lines) > 0 {
			value = lines[0]
		}
	default:
		value = strings.Join(lines, ", ")
	}
	return latin1(value), value != ""
}

// cookieValue reads the first cookie of that name, as the npm package cookie@0.4 does.
func cookieValue(header, name string) string {
	for pair := range strings.SplitSeq(header, ";") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || strings.TrimFunc(key, isSpace) != name {
			continue
		}
		value = strings.TrimFunc(value, isSpace)
		if strings.HasPrefix(value, `"`) {
			value = value[1:max(1, len(value)-1)]
		}
		value, _ = decodeComponent(value)
		return value
	}
	return ""
}

// isSpace tells what String.prototype.trim removes.
func isSpace(r rune) bool {
	for _, s := range spaceSpans {
		if rune(s.lo) <= r && r <= rune(s.hi) {
			return true
		}
	}
	return false
}

// queryValue returns the last value of a query parameter, as URLSearchParams reads it. One
// that occurs several times is a list, and present even if all its values are empty.
func queryValue(target, name string) (value string, present bool) {
	target, _, _ = strings.Cut(target, "#")
	_, query, _ := strings.Cut(target, "?")
	times := 0
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		key, v, _ := strings.Cut(pair, "=")
		if formValue(key) == name {
			value = formValue(v)
			times++
		}
	}
	return value, value != "" || times > 1
}

func formValue(s string) string {
	s, _ = unescape(strings.ReplaceAll(s, "+", " "))
	return strings.ToValidUTF8(s, "\uFFFD")
}

// latin1 reads bytes as Node reads header lines: each byte is a character.
func latin1(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			runes := make([]rune, len(s))
			for j := range len(s) {
				runes[j] = rune(s[j])
			}
			return string(runes)
		}
	}
	return s
}
