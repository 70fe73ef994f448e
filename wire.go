package signet

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// A wire is the names, attributes and codecs of our cookies for one scheme: the prefixes
// differ between http and https, and with them the keys of Auth.js v5.
type wire struct {
	formats []cookieFormat // the first is written, all are read
	beside  bool           // others are written as well

	session cookie.Attributes
	guest   cookie.Attributes // csrf and callback URL: never shared with other hosts
	device  cookie.Attributes
	away    cookie.Attributes // of attempts
	posted  cookie.Attributes // of those whose answer another site posts
	typed   cookie.Attributes // of an address for the next page

	csrfName, callbackName, deviceName, awayName, postedName, typedName string
}

type cookieFormat struct {
	Format
	name  string     // of the cookie
	codec seal.Codec // nil where Find is set
}

func (a *Auth) newWire(ring seal.Ring, formats []Format, secure bool) (*wire, error) {
	c := a.config.Session.Cookie
	w := &wire{
		session: cookie.Attributes{Secure: secure, Domain: c.Domain, SameSite: c.SameSite},
		guest:   cookie.Attributes{Secure: secure},
		device:  cookie.Attributes{Secure: secure, MaxAge: int(deviceLife.Seconds())},
		away:    cookie.Attributes{Secure: secure, MaxAge: int(attemptLife.Seconds())},
		posted:  cookie.Attributes{Secure: secure, MaxAge: int(attemptLife.Seconds())},
		typed:   cookie.Attributes{Secure: secure, MaxAge: int(typedLife.Seconds())},
	}
	if secure { // browsers take None on https only
		w.posted.SameSite = http.SameSiteNoneMode
	}
	for i, f := range formats {
		own := cookieFormat{Format: f, name: f.Cookie}
		if own.name == "" {
			own.name = cookieName(f.Stem+".session-token", secure, c.Native && i == 0)
		}
		if i == 0 && c.Name != "" {
			own.name = c.Name
		}
		if f.Make != nil {
			if err := own.makeCodec(ring, a.cacheFor(i, f)); err != nil {
				return nil, err
			}
		}
		w.formats = append(w.formats, own)
	}
	w.beside = slices.ContainsFunc(formats, func(f Format) bool { return f.Beside })
	stem := formats[0].Stem
	w.csrfName = hostCookie(stem+".csrf-token", secure)
	w.callbackName = cookieName(stem+".callback-url", secure, c.Native)
	w.deviceName = hostCookie(stem+".device", secure)
	w.awayName = hostCookie(stem+".attempts", secure)
	w.postedName = hostCookie(stem+".attempts-posted", secure)
	w.typedName = hostCookie(stem+".typed", secure)
	return w, w.check()
}

// cacheFor is how many values of a format are worth remembering: none where each is shown
// once or twice, because the next answer replaces it.
func (a *Auth) cacheFor(i int, f Format) int {
	if a.updateAge == 0 || i > 0 && !f.Beside {
		return 0
	}
	return cmp.Or(a.config.Session.Cache, DefaultCache)
}

func (f *cookieFormat) makeCodec(ring seal.Ring, cache int) error {
	if f.Keys != nil {
		ring = f.Keys
	}
	codec, err := f.Make(ring, f.name)
	if err != nil {
		return &ConfigError{"Session.Format", err.Error(), "check the secrets of the format " + f.Name}
	}
	f.codec = seal.Cached(codec, cache)
	return nil
}

func (w *wire) check() error {
	err := errors.Join(w.guest.Check(w.csrfName), w.guest.Check(w.callbackName), w.device.Check(w.deviceName),
		w.away.Check(w.awayName), w.posted.Check(w.postedName), w.typed.Check(w.typedName))
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
func (k *keys) wireFor(origin string) *wire {
	if origin[:5] == "https" {
		return k.secure
	}
	return k.plain
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
	kept := slices.DeleteFunc(slices.Clone(lines), w.ofSession)
	if len(kept) == 0 {
		h.Del("Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

// ofSession tells whether a Set-Cookie line is about the session, in any of our formats.
func (w *wire) ofSession(line string) bool {
	return slices.ContainsFunc(w.formats, func(f cookieFormat) bool { return isOfFamily(line, f.name) })
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
