package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A visitor is a browser with a session.
type visitor struct {
	email  string
	cookie string // the Cookie header of after the sign-in
}

// browser keeps no cookies and follows nothing.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends one request to a process and adds the cookies of the answer to those sent.
func (v *visitor) ask(ctx context.Context, p *process, method, path string, form url.Values) (int, []byte, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Host = site
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := browser.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	v.take(answer)
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// take merges the cookies of an answer into those that are sent.
func (v *visitor) take(answer *http.Response) {
	r := http.Request{Header: http.Header{"Cookie": {v.cookie}}}
	jar := map[string]string{}
	var names []string
	for _, c := range append(r.Cookies(), answer.Cookies()...) {
		if _, known := jar[c.Name]; !known {
			names = append(names, c.Name)
		}
		jar[c.Name] = c.Value
		if c.MaxAge < 0 {
			jar[c.Name] = ""
		}
	}
	var pairs []string
	for _, name := range names {
		if jar[name] != "" {
			pairs = append(pairs, name+"="+jar[name])
		}
	}
	v.cookie = strings.Join(pairs, "; ")
}

// signIn signs somebody in.
func signIn(ctx context.Context, p *process, email string) (*visitor, error) {
	v := &visitor{email: email}
	_, text, err := v.ask(ctx, p, http.MethodGet, "/api/auth/csrf", nil)
	if err != nil {
		return nil, err
	}
	var guest struct{ CSRFToken string }
	if err := json.Unmarshal(text, &guest); err != nil {
		return nil, err
	}
	form := url.Values{"csrfToken": {guest.CSRFToken}, "email": {email}, "password": {"gamja"}}
	status, _, err := v.ask(ctx, p, http.MethodPost, "/api/auth/callback/backend", form)
	if err != nil {
		return nil, err
	}
	if in, err := v.signedIn(ctx, p); err != nil || !in {
		return nil, fmt.Errorf("the sign-in was answered with %d, and nobody is signed in: %w", status, err)
	}
	return v, nil
}

// signedIn asks whether the session lives. It leaves the cookies as they are.
func (v *visitor) signedIn(ctx context.Context, p *process) (bool, error) {
	same := *v
	status, text, err := same.ask(ctx, p, http.MethodGet, "/api/auth/session", nil)
	if err != nil {
		return false, err
	}
	if status != http.StatusOK {
		return false, fmt.Errorf("GET session answers %d", status)
	}
	var session struct{ User struct{ Email string } }
	if err := json.Unmarshal(text, &session); err != nil {
		return false, err
	}
	return session.User.Email == v.email, nil
}
