package cookie

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Attributes are what a cookie is written with. The zero value is what Auth.js gives its
// cookies over plain http: Path=/; HttpOnly; SameSite=Lax. Attributes are not changed by
// their methods and may be shared.
type Attributes struct {
	// Path limits the cookie to a part of the site. Empty means "/".
	Path string

	// Domain shares the cookie with all hosts below it. Empty means this host only.
	Domain string

	// MaxAge is the cookie's life in seconds. 0 writes no Max-Age; to end a cookie use
	// Clear.
	MaxAge int

	// Expires is the end of the cookie's life, written in whole seconds, rounded down.
	// The zero time writes no Expires. With neither Expires nor MaxAge the cookie ends
	// with the browser.
	Expires time.Time

	// ScriptReadable drops HttpOnly, so that any script on the page can read the cookie.
	ScriptReadable bool

	// Secure keeps the cookie to https.
	Secure bool

	// SameSite says whether requests from other sites carry the cookie. 0 means Lax;
	// http.SameSiteDefaultMode writes no SameSite and leaves it to the browser;
	// http.SameSiteNoneMode needs Secure.
	SameSite http.SameSite
}

// Check tells whether a browser would take a cookie called name with these attributes as
// they are written: the name is a token of at most MaxName octets, a name with the prefix
// __Secure- has Secure, one with __Host- has Secure, Path=/ and no Domain, SameSite=None
// has Secure, and Path, Domain and life are well-formed. A constructor calls it for each
// name in its configuration: what it passes, Clear can write and Set can but for size.
func (a Attributes) Check(name string) error {
	if len(name) > MaxName {
		return fmt.Errorf("cookie: name of %d octets is longer than %d", len(name), MaxName)
	}
	return a.check(name)
}

// check is Check without the room for a chunk.
func (a Attributes) check(name string) error {
	if !isToken(name) {
		return fmt.Errorf("cookie: name %q is not a token", name)
	}
	if err := a.checkPrefix(name); err != nil {
		return err
	}
	switch a.SameSite {
	case 0, http.SameSiteDefaultMode, http.SameSiteLaxMode, http.SameSiteStrictMode:
	case http.SameSiteNoneMode:
		if !a.Secure {
			return errors.New("cookie: SameSite=None needs Secure")
		}
	default:
		return fmt.Errorf("cookie: SameSite %d is unknown", a.SameSite)
	}
	if !isPath(a.path()) {
		return fmt.Errorf("cookie: path %.40q does not start with / or has characters that end it", a.Path)
	}
	if a.Domain != "" && !isDomain(a.Domain) {
		return fmt.Errorf("cookie: domain %.40q is not a host name", a.Domain)
	}
	if a.MaxAge < 0 {
		return errors.New("cookie: MaxAge is negative")
	}
	// RFC 6265bis section 5.1.1: a date before 1601 is no date, and a year has 4 digits.
	if y := a.Expires.UTC().Year(); !a.Expires.IsZero() && (y < 1601 || y > 9999) {
		return errors.New("cookie: Expires is outside the years that browsers read")
	}
	return nil
}

// checkPrefix judges prefixes in any letter case, as browsers do, and wants them spelt
// the usual way, since older browsers only know that one. RFC 6265bis section 5.7.
func (a Attributes) checkPrefix(name string) error {
	switch {
	case hasPrefixFold(name, securePrefix):
		if !strings.HasPrefix(name, securePrefix) {
			return fmt.Errorf("cookie: prefix of %q must be spelt %s", name, securePrefix)
		}
		if !a.Secure {
			return fmt.Errorf("cookie: %q needs Secure", name)
		}
	case hasPrefixFold(name, hostPrefix):
		if !strings.HasPrefix(name, hostPrefix) {
			return fmt.Errorf("cookie: prefix of %q must be spelt %s", name, hostPrefix)
		}
		if !a.Secure || a.Domain != "" || a.path() != "/" {
			return fmt.Errorf("cookie: %q needs Secure, Path=/ and no Domain", name)
		}
	}
	return nil
}

// Set returns the Set-Cookie line that gives the cookie name this value, encoded as by
// JavaScript's encodeURIComponent; octets that are not UTF-8 become U+FFFD. The order of
// attributes is that of Auth.js.
//
// ErrTooLarge means that name and encoded value together are over MaxPair octets. A
// browser would drop such a cookie, so there is no line. Other errors are those of Check
// and mean a fault in the configuration.
func (a Attributes) Set(name, value string) (string, error) {
	if err := a.check(name); err != nil {
		return "", err
	}
	value = encode(value)
	if len(name)+len(value) > MaxPair {
		return "", ErrTooLarge
	}
	maxAge := ""
	if a.MaxAge > 0 {
		maxAge = strconv.Itoa(a.MaxAge)
	}
	return a.line(name, value, maxAge), nil
}

// Clear returns the Set-Cookie line that removes the cookie: an empty value, Max-Age=0 and
// no Expires, with the other attributes as they were when it was set, since a browser
// tells cookies apart by domain and path. For a name or attributes that Set would refuse
// the line is empty.
func (a Attributes) Clear(name string) string {
	line, _ := a.clear(name)
	return line
}

func (a Attributes) clear(name string) (string, error) {
	a.MaxAge, a.Expires = 0, time.Time{}
	if err := a.check(name); err != nil {
		return "", err
	}
	return a.line(name, "", "0"), nil
}

// Lines returns the Set-Cookie lines of a plan in its order. It is all or nothing: half a
// set of chunks would leave the browser with a value that does not open.
func (a Attributes) Lines(plan []Write) ([]string, error) {
	lines := make([]string, 0, len(plan))
	for _, w := range plan {
		line, err := a.apply(w)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (a Attributes) apply(w Write) (string, error) {
	if w.Clear {
		return a.clear(w.Name)
	}
	return a.Set(w.Name, w.Value)
}

// line writes name, value and attributes, all of them checked.
// @auth/core@0.41.3: Max-Age, Domain, Path, Expires, HttpOnly, Secure, SameSite.
func (a Attributes) line(name, value, maxAge string) string {
	var b strings.Builder
	b.Grow(len(name) + len(value) + len(a.Domain) + len(a.Path) + 128)
	b.WriteString(name)
	b.WriteByte('=')
	b.WriteString(value)
	attribute := func(key, value string) {
		if value != "" {
			b.WriteString(key)
			b.WriteString(value)
		}
	}
	attribute("; Max-Age=", maxAge)
	attribute("; Domain=", a.Domain)
	attribute("; Path=", a.path())
	if !a.Expires.IsZero() {
		var room [len(http.TimeFormat)]byte
		b.WriteString("; Expires=")
		b.Write(a.Expires.UTC().AppendFormat(room[:0], http.TimeFormat))
	}
	if !a.ScriptReadable {
		b.WriteString("; HttpOnly")
	}
	if a.Secure {
		b.WriteString("; Secure")
	}
	switch a.SameSite {
	case 0, http.SameSiteLaxMode:
		b.WriteString("; SameSite=Lax")
	case http.SameSiteStrictMode:
		b.WriteString("; SameSite=Strict")
	case http.SameSiteNoneMode:
		b.WriteString("; SameSite=None")
	}
	return b.String()
}

func (a Attributes) path() string {
	if a.Path == "" {
		return "/"
	}
	return a.Path
}
