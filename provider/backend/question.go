package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

// maxFields is how many fields of a form are passed on.
const maxFields = 32

// A question is what the back end is asked at a sign-in.
type question struct {
	body    map[string]string // name → value
	token   string            // of an Exchange
	account string            // folded, for the failure budget
	secrets []string          // what no answer may bring into a profile, page or log
	lang    string
	ip      string
}

// own are fields that belong to Auth.js: next-auth v4 posts all options of signIn, v5 keeps
// redirect to itself (next-auth@4.24 and @5.0.0-beta react/index).
var own = []string{"csrfToken", "callbackUrl", "json", "redirect", "redirectTo"}

// question reads the sign-in form.
func (p *Provider) question(a *signet.Attempt) (question, error) {
	c := &p.config
	q := question{body: map[string]string{}, lang: a.Client.Language}
	if c.ForwardIP {
		q.ip = a.Client.IP
	}
	if x := c.Exchange; x != nil {
		q.token = a.Fields.Get(x.Field)
		if !isToken(q.token) {
			return q, wrong("no token in the field of the exchange")
		}
		q.secrets = append(q.secrets, q.token)
	}
	if err := q.fill(c, a.Fields); err != nil {
		return q, err
	}
	if c.Exchange == nil {
		var err error
		if q.account, err = c.account(a.Fields); err != nil {
			return q, err
		}
	}
	return q, q.keepSecrets(c, a.Fields)
}

// keepSecrets notes what must not come back. An empty password is no password, whatever a
// back end may think of it.
func (q *question) keepSecrets(c *Config, fields url.Values) error {
	for name := range fields {
		if !c.isSecret(name) || slices.Contains(own, name) {
			continue
		}
		if fields.Get(name) == "" && c.Exchange == nil {
			return wrong("an empty password")
		}
		q.secrets = append(q.secrets, fields.Get(name))
	}
	for name, value := range q.body {
		if secretName(name) {
			q.secrets = append(q.secrets, value)
		}
	}
	return nil
}

// fill takes over the fields that are sent.
func (q *question) fill(c *Config, fields url.Values) error {
	filled := q.token != ""
	add := func(name, value string) {
		q.body[name] = value
		filled = filled || value != ""
	}
	for name, field := range c.Send {
		add(name, fields.Get(field))
	}
	if c.Send == nil {
		for name := range fields {
			if !slices.Contains(own, name) && (c.Exchange == nil || name != c.Exchange.Field) {
				add(name, fields.Get(name))
			}
		}
	}
	switch {
	case len(q.body) > maxFields:
		return wrong("too many fields")
	case !filled:
		return wrong("an empty form")
	}
	for name, value := range c.Extra {
		q.body[name] = value
	}
	return nil
}

// names are the fields that usually name an account.
var names = []string{"email", "username", "login", "identifier", "userId", "loginId", "phone"}

// account is the folded name by which failures are counted.
func (c *Config) account(fields url.Values) (string, error) {
	usual := names
	if c.Account != "" {
		usual = []string{c.Account}
	}
	for _, f := range c.Fields {
		if c.Account == "" && f.Type != "password" {
			usual = append(slices.Clone(names), f.Name)
			break
		}
	}
	found, value := "", ""
	for name := range fields {
		// Some back ends read names in any case.
		if fields.Get(name) == "" || !slices.ContainsFunc(usual, func(u string) bool { return strings.EqualFold(u, name) }) {
			continue
		}
		if c.Send != nil && !sends(c.Send, name) {
			continue
		}
		if found != "" {
			return "", wrong("two fields that name an account; set Account")
		}
		found, value = name, fields.Get(name)
	}
	return signet.FoldEmail(value), nil
}

func sends(send map[string]string, field string) bool {
	for _, from := range send {
		if from == field {
			return true
		}
	}
	return false
}

// wrong is the answer to a form that the back end need not see.
func wrong(why string) error {
	return &signet.Refused{Code: "credentials", Err: errors.New("backend: " + why)}
}

// request makes the call.
func (q question) request(ctx context.Context, c *Config) (*http.Request, error) {
	method := http.MethodPost
	body := q.body
	carry := Carry{}
	if c.Exchange != nil {
		method, carry = c.Exchange.Method, c.Exchange.With
		if carry.In != Body {
			body = c.Extra
		}
	}
	r, err := newRequest(ctx, c, method, c.URL, body, carry, q.token)
	if err != nil {
		return nil, err
	}
	q.about(r)
	return r, nil
}

// about tells the back end about the visitor.
func (q question) about(r *http.Request) {
	if q.lang != "" {
		r.Header.Set("Accept-Language", q.lang)
	}
	if q.ip != "" {
		r.Header.Set("X-Forwarded-For", q.ip)
	}
}

// newRequest makes a request with a body of texts and, if there is one, a token.
func newRequest(ctx context.Context, c *Config, method, address string, texts map[string]string, carry Carry, token string) (*http.Request, error) {
	body := make(map[string]string, len(texts)+1)
	for name, value := range texts {
		body[name] = value
	}
	if token != "" && carry.In == Body {
		body[carry.Name] = token
	}
	var encoded []byte
	if method != http.MethodGet {
		var err error
		if encoded, err = c.encode(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(encoded))
	if err != nil {
		return nil, errors.New("backend: the URL of an end point cannot be read")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Signet")
	for name, values := range c.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
		if c.Form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if token != "" {
		carry.put(r, token)
	}
	return r, nil
}

// put sets a token that is not in the body. Tokens are visible ASCII ([isToken]).
func (c Carry) put(r *http.Request, token string) {
	switch c.In {
	case Bearer:
		r.Header.Set("Authorization", "Bearer "+token)
	case Header:
		r.Header.Set(c.Name, token)
	case Cookie:
		// By hand: what is in a cookie goes back as it came, without quotes of net/http.
		line := c.Name + "=" + token
		if was := r.Header.Get("Cookie"); was != "" {
			line = was + "; " + line
		}
		r.Header.Set("Cookie", line)
	}
}

// encode writes a body.
func (c *Config) encode(texts map[string]string) ([]byte, error) {
	if c.Form {
		form := url.Values{}
		for name, value := range texts {
			form.Set(name, value)
		}
		return []byte(form.Encode()), nil
	}
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		value := texts[name]
		if c.Send == nil || !strings.HasPrefix(name, "/") {
			root[name] = value // a visitor's field, whatever it is called
			continue
		}
		if err := nest(root, path(name), value); err != nil {
			return nil, fmt.Errorf("backend: Send: %q: %w", name, err)
		}
	}
	return json.Marshal(root)
}

// nest puts a text into an object of objects.
func nest(in map[string]any, names []string, value string) error {
	for _, name := range names[:len(names)-1] {
		next, ok := in[name].(map[string]any)
		if !ok {
			if in[name] != nil {
				return errors.New("a member cannot be both a text and an object")
			}
			next = map[string]any{}
			in[name] = next
		}
		in = next
	}
	last := names[len(names)-1]
	if in[last] != nil {
		return errors.New("there is such a member already")
	}
	in[last] = value
	return nil
}

// isToken tells whether a text can be a token in a header or cookie: visible ASCII without
// blanks, commas, semicolons, quotes and backslashes, as long as a session may be at most.
func isToken(s string) bool {
	if s == "" || len(s) > seal.MaxToken {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == ',' || c == ';' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
