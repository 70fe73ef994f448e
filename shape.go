package signet

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// A Shape says where a payload keeps what a [Session] has fields for: each is the name of
// a member, or a path with dots ("user.id"), or empty where the payload has none. The zero
// value is the shape of Auth.js: sub, name, email and picture.
type Shape struct {
	UserID, Name, Email, Image string

	// Expires is a member that gets the end of the session as text, as the first tutorial
	// has it. It is never read: the end is what the codec checked.
	Expires string

	// Numeric writes a user ID of digits as a number.
	Numeric bool
}

// A field is one place in a payload and what belongs there.
type field struct {
	path  string
	value *string
}

// fields pairs the places of a shape with those of s.
func (sh *Shape) fields(s *Session) [4]field {
	return [4]field{{sh.UserID, &s.UserID}, {sh.Name, &s.Name}, {sh.Email, &s.Email}, {sh.Image, &s.Image}}
}

// own tells whether the shape is that of Auth.js, which [readSession] reads in one pass.
func (sh *Shape) own() bool { return *sh == Shape{} }

// read makes a session of a payload. What the shape does not name stays in the claims, and
// so does what it names inside of other members.
func (sh *Shape) read(payload []byte) (*Session, error) {
	if sh.own() {
		return readSession(payload)
	}
	all, err := ParseClaims(payload)
	if err != nil {
		return nil, err
	}
	s := &Session{Claims: Claims{members: make([]member, 0, len(all.members))}}
	for _, f := range sh.fields(s) {
		*f.value = claimText(dig(all, f.path))
	}
	var own []byte
	for _, m := range all.members {
		switch {
		case m.name == memberName:
			own = m.raw
		case m.name == "iat" || m.name == "exp" || m.name == "jti" || sh.names(m.name):
		default:
			s.Claims.members = append(s.Claims.members, m)
		}
	}
	if own == nil {
		return s, nil
	}
	if err := s.readOwn(own); err != nil {
		return nil, err
	}
	if s.whose != claimText(dig(all, sh.whose())) {
		// Another application signed somebody else in and kept our member, as it keeps all
		// that it does not know. That is a session of its own.
		return sh.read(without(all, memberName))
	}
	return s, nil
}

// whose is the path of what tells users apart.
func (sh *Shape) whose() string {
	if sh.UserID != "" {
		return sh.UserID
	}
	return sh.Email
}

// names tells whether a member as a whole is one of the shape's.
func (sh *Shape) names(member string) bool {
	return member == sh.UserID || member == sh.Name || member == sh.Email || member == sh.Image || member == sh.Expires
}

// write makes the payload of s: base are the members that the shape knows nothing of.
func (sh *Shape) write(s *Session, base Claims, undated bool) []byte {
	var more []member
	if undated {
		more = append(more, member{"iat", strconv.AppendInt(nil, s.issued.Unix(), 10)})
	}
	if sh.own() {
		t := *s
		t.Claims = base
		return t.payload(more...)
	}
	out := Claims{members: make([]member, 0, len(base.members)+6)}
	for _, m := range base.members {
		if !slices.Contains([]string{"iat", "exp", "jti", memberName}, m.name) {
			out.members = append(out.members, m)
		}
	}
	for _, f := range sh.fields(s) {
		if f.path != "" {
			bury(&out, f.path, sh.raw(f, dig(out, f.path)))
		}
	}
	if sh.Expires != "" {
		bury(&out, sh.Expires, appendText(nil, s.Expires.UTC().Format(jsTime)))
	}
	more = append(more, member{"whose", appendText(nil, claimText(dig(out, sh.whose())))})
	more = append(more, sh.hidden(s, out)...)
	out.put(memberName, s.appendOwn(nil, more...))
	return out.append(make([]byte, 0, 512))
}

// jsTime is how toISOString of JavaScript writes a time.
const jsTime = "2006-01-02T15:04:05.000Z"

// raw is the JSON of a field. One that says the same already stays as it is written: the
// other application may want a number.
func (sh *Shape) raw(f field, old []byte) []byte {
	switch {
	case old != nil && claimText(old) == *f.value && *f.value != "":
		return old
	case *f.value == "":
		return []byte("null")
	case sh.Numeric && f.path == sh.UserID && isDigits(*f.value):
		return []byte(*f.value)
	}
	return appendText(nil, *f.value)
}

// isDigits tells whether s is a number as JSON writes it and JavaScript keeps it.
func isDigits(s string) bool {
	return s != "" && len(s) < 16 && (s[0] != '0' || s == "0") && strings.Trim(s, "0123456789") == ""
}

// dig finds the value at a path, nil when there is none.
func dig(c Claims, path string) []byte {
	if path == "" {
		return nil
	}
	if raw := c.Raw(path); raw != nil {
		return raw
	}
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return nil
	}
	inner, err := ParseClaims(c.Raw(name))
	if err != nil {
		return nil
	}
	return dig(inner, rest)
}

// bury puts a value at a path and leaves everything beside it as it is.
func bury(c *Claims, path string, raw []byte) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper || c.Raw(path) != nil {
		c.put(path, raw)
		return
	}
	inner, err := ParseClaims(c.Raw(name))
	if err != nil {
		inner = Claims{}
	}
	bury(&inner, rest, raw)
	c.put(name, inner.append(nil))
}

func without(c Claims, name string) []byte {
	c = c.clone()
	c.Delete(name)
	return c.append(nil)
}

// hidden lists what the payload does not say, because the shape has no place for it or one
// place for two: it goes into the member "signet", so that a session reads back as it was
// written.
func (sh *Shape) hidden(s *Session, payload Claims) []member {
	var list []member
	for i, f := range sh.fields(s) {
		if *f.value != "" && claimText(dig(payload, f.path)) != *f.value {
			list = append(list, member{standardNames[i], appendText(nil, *f.value)})
		}
	}
	return list
}

// standardNames are those of Auth.js, in the order of [Shape.fields].
var standardNames = [...]string{"sub", "name", "email", "picture"}

// readHidden reads what hidden wrote, and tells whether it was that.
func (s *Session) readHidden(name string, raw []byte) (ok bool) {
	var shape Shape
	for i, f := range shape.fields(s) {
		if name == standardNames[i] {
			*f.value, ok = seal.String(raw)
			return ok
		}
	}
	return true // of a newer Signet
}
