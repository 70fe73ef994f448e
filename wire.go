package signet

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// A wire is the names, attributes and codecs of our cookies for one scheme: the prefixes
// differ between http and https, and with them the keys of Auth.js v5.
type wire struct {
	formats []cookieFormat // the first is written, all are read
	chunk   int

	session cookie.Attributes
	guest   cookie.Attributes // csrf and callback URL: never shared with other hosts
	device  cookie.Attributes

	csrfName, callbackName, deviceName string
}

type cookieFormat struct {
	name  string // of the cookie
	codec seal.Codec
}

// setCookies builds the wires that can be needed: one where the URL is known, else both.
func (a *Auth) setCookies() error {
	formats, err := a.formats()
	if err != nil {
		return err
	}
	if a.origin == "" || a.origin[:5] == "http:" {
		if a.plain, err = a.newWire(formats, false); err != nil {
			return err
		}
	}
	if a.origin == "" || a.origin[:5] == "https" {
		a.secure, err = a.newWire(formats, true)
	}
	return err
}

// formats lists what is read: the format written, then those accepted.
func (a *Auth) formats() ([]Format, error) {
	s := a.config.Session
	if s.Format.Make == nil {
		s.Format = AuthJS
	}
	list := []Format{s.Format}
	accept := s.Accept
	if accept == nil && s.Strategy == JWT {
		accept = []Format{AuthJS, AuthJSv4}
	}
	for i, f := range accept {
		if f.Make == nil || f.Stem == "" {
			return nil, &ConfigError{fmt.Sprintf("Session.Accept[%d]", i), "not a format", "use signet.AuthJS, signet.AuthJSv4, or a Format with all its fields"}
		}
		// The format that is written is read anyway, unless this one has other secrets.
		if f.Name != s.Format.Name || f.Secrets != nil {
			list = append(list, f)
		}
	}
	a.config.Session.Format = s.Format
	a.onlyV4 = len(list) == 1 && s.Format.Name == AuthJSv4.Name
	return list, nil
}

func (a *Auth) newWire(formats []Format, secure bool) (*wire, error) {
	c := a.config.Session.Cookie
	w := &wire{
		chunk:   formats[0].Chunk,
		session: cookie.Attributes{Secure: secure, Domain: c.Domain, SameSite: c.SameSite},
		guest:   cookie.Attributes{Secure: secure},
		device:  cookie.Attributes{Secure: secure, MaxAge: int(deviceLife.Seconds())},
	}
	for i, f := range formats {
		name := cookieName(f.Stem+".session-token", secure, c.Native && i == 0)
		if i == 0 && c.Name != "" {
			name = c.Name
		}
		secrets := f.Secrets
		if secrets == nil {
			secrets = a.config.Secrets
		}
		codec, err := f.Make(seal.Secrets(secrets...), name)
		if err != nil {
			return nil, &ConfigError{"Session.Format", err.Error(), "check the secrets of the format " + f.Name}
		}
		w.formats = append(w.formats, cookieFormat{name, codec})
	}
	stem := formats[0].Stem
	w.csrfName = hostCookie(stem+".csrf-token", secure)
	w.callbackName = cookieName(stem+".callback-url", secure, c.Native)
	w.deviceName = hostCookie(stem+".device", secure)
	return w, w.check()
}

func (w *wire) check() error {
	err := errors.Join(w.guest.Check(w.csrfName), w.guest.Check(w.callbackName), w.device.Check(w.deviceName))
	for _, f := range w.formats {
		err = errors.Join(err, w.session.Check(f.name))
	}
	if err != nil {
		return &ConfigError{"Session.Cookie", err.Error(), "on https all names work; __Host- forbids a domain, and on http no name may have a prefix"}
	}
	return nil
}

// cookieName puts the prefix of Auth.js in front on https, or __Host- for native names.
func cookieName(name string, secure, native bool) string {
	if native {
		return hostCookie(name, secure)
	}
	if secure {
		return cookie.SecureName(name)
	}
	return name
}

func hostCookie(name string, secure bool) string {
	if secure {
		return cookie.HostName(name)
	}
	return name
}

// wireFor picks the cookies for an origin.
func (a *Auth) wireFor(origin string) *wire {
	if origin[:5] == "https" {
		return a.secure
	}
	return a.plain
}

// family lists every session cookie that a request brought, in any of our formats: what a
// sign-out has to clear.
func (w *wire) family(jar cookie.Jar) []string {
	var names []string
	for i, f := range w.formats {
		if !w.named(f.name, i) {
			names = append(names, jar.Family(f.name)...)
		}
	}
	return names
}

// named tells whether one of the first n formats has the same cookie: the same format, with
// the secrets of another app.
func (w *wire) named(name string, n int) bool {
	return slices.ContainsFunc(w.formats[:n], func(f cookieFormat) bool { return f.name == name })
}

// dropSession removes what was decided about the session cookie so far, so that there is
// one decision per answer and the last one wins.
func (w *wire) dropSession(h http.Header) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		for _, f := range w.formats {
			if isOfFamily(line, f.name) {
				return true
			}
		}
		return false
	})
	if len(kept) == 0 {
		h.Del("Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

// isOfFamily tells whether a Set-Cookie line is for name, or for name.0, name.1, …
func isOfFamily(line, name string) bool {
	if len(line) <= len(name) || line[:len(name)] != name {
		return false
	}
	rest := line[len(name):]
	if rest[0] == '.' {
		rest = rest[1:]
		for len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9' {
			rest = rest[1:]
		}
	}
	return len(rest) > 0 && rest[0] == '='
}
