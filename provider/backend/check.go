package backend

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// check tells the first thing that is wrong.
func (c *Config) check() error {
	for _, address := range []struct {
		name, value string
		needed      bool
	}{{"URL", c.URL, true}, {"RefreshURL", c.RefreshURL, false}, {"LogoutURL", c.LogoutURL, false}} {
		if address.value == "" && !address.needed {
			continue
		}
		if err := checkURL(address.value, c.InsecureHTTP); err != nil {
			return c.wrong("%s: %w", address.name, err)
		}
	}
	for name := range c.Send {
		if c.Form && strings.HasPrefix(name, "/") {
			return c.wrong("Send: a form has no member of a member, as %q is", name)
		}
	}
	if _, err := c.encode(c.Send); err != nil {
		return err
	}
	if err := c.RefreshWith.check(); err != nil {
		return c.wrong("RefreshWith: %w", err)
	}
	if x := c.Exchange; x != nil {
		if err := x.With.check(); err != nil {
			return c.wrong("Exchange: %w", err)
		}
		if x.Method != http.MethodPost && (x.Method != http.MethodGet || x.With.In == Body) {
			return c.wrong("Exchange: the method is POST, or GET with a token that is not in the body")
		}
	}
	if ch := c.Challenge; ch != nil {
		if err := ch.check(c); err != nil {
			return c.wrong("Challenge: %w", err)
		}
	}
	return c.checkClaims()
}

// checkClaims refuses claims that the session has fields for, and those that a session must
// not hold: tokens go into it by session.expose, passwords never.
func (c *Config) checkClaims() error {
	for _, claim := range slices.Sorted(maps.Keys(c.Claims)) {
		names := path(c.Claims[claim])
		switch {
		case len(names) == 0:
			return c.wrong("Claims: %q needs a place in the answer", claim)
		case slices.Contains(taken, claim):
			return c.wrong("Claims: %q is a member that every session has; see Map", claim)
		case secretName(claim) || slices.ContainsFunc(names, secretName):
			return c.wrong("Claims: %q is a secret; tokens reach a session by its setting expose", claim)
		}
	}
	return nil
}

// taken are the members that package signet writes.
var taken = []string{"", "sub", "name", "email", "picture", "groups", "iat", "exp", "jti", "signet"}

func (c *Config) wrong(format string, a ...any) error {
	return fmt.Errorf("backend: provider %q: %w", c.ID, fmt.Errorf(format, a...))
}

func (c Carry) check() error {
	switch {
	case c.In < Body || c.In > Header:
		return errors.New("no such place")
	case c.Name == "" && c.In != Bearer:
		return errors.New("the header or cookie needs a name")
	case c.In != Body && strings.ContainsFunc(c.Name, notInName):
		return fmt.Errorf("%q is no name of a header or cookie", c.Name)
	}
	return nil
}

// notInName tells what cannot stand in a token of RFC 9110 section 5.6.2.
func notInName(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}

// checkURL tells whether passwords may be sent to an address.
func checkURL(address string, insecure bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Fragment != "" || u.Opaque != "":
		return errors.New("not an absolute URL")
	case u.User != nil:
		return errors.New("a URL with a password in it ends up in logs; use Header")
	case u.Scheme == "https", u.Scheme == "http" && (insecure || private(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return errors.New("not https, and the host does not look private")
	}
	return errors.New("neither https nor http")
}

// private tells whether a host looks like one in the operator's own network.
func private(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return true
	}
	for _, end := range []string{".localhost", ".local", ".internal", ".lan", ".svc", ".home.arpa"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}
