package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// carry gives the browser a cookie that another app has set.
func (v *visitor) carry(name, value string) {
	v.Helper()
	v.Jar.SetCookies(v.site(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (v *visitor) site() *url.URL {
	u, err := url.Parse(v.base)
	if err != nil {
		v.Fatal(err)
	}
	return u
}

// cookieNames lists the cookies of sessions, in the order of their names.
func (v *visitor) cookieNames() string {
	var names []string
	for _, c := range v.Jar.Cookies(v.site()) {
		if !strings.HasSuffix(c.Name, ".csrf-token") && !strings.HasSuffix(c.Name, ".callback-url") && !strings.HasSuffix(c.Name, ".device") {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// cookie is the value of a cookie, or "".
func (v *visitor) cookie(name string) string {
	for _, c := range v.Jar.Cookies(v.site()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// A seen is what the browser sees of a session.
type seen struct {
	User struct{ ID, Name, Email string }
	Role string
}

func (v *visitor) session() (s seen) {
	v.Helper()
	body := v.get("/session")
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		v.Fatalf("session: %s", body)
	}
	return s
}
