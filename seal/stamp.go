package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// stamped are the members that formats with JSON claims own.
var stamped = [...]string{"iat", "exp", "jti"}

// Stamp appends claims to dst with iat, exp and jti at the end, in that order, in place
// of those that were given. Other members stay as they are, byte for byte; white space
// between members goes. claims has to pass [Members], so that nothing is sealed that
// could not be opened. jti must need no escaping in JSON; where it is empty, none is
// written, for formats whose values have no name.
func Stamp(dst, claims []byte, life Life, jti string) ([]byte, error) {
	issued, expires, err := life.seconds()
	if err != nil {
		return dst, err
	}
	s := scanner{data: claims}
	if err := s.begin(); err != nil {
		return dst, fmt.Errorf("seal: claims: %w", err)
	}
	out := append(dst, '{')
	for {
		ok, err := s.next()
		if err != nil {
			return dst, fmt.Errorf("seal: claims: %w", err)
		}
		if !ok {
			break
		}
		ours, err := isStamped(s.name())
		if err != nil {
			return dst, err
		}
		if !ours {
			out = append(out, claims[s.start:s.pos]...)
			out = append(out, ',')
		}
	}
	if err := s.end(); err != nil {
		return dst, fmt.Errorf("seal: claims: %w", err)
	}
	out = append(out, `"iat":`...)
	out = strconv.AppendInt(out, issued, 10)
	out = append(out, `,"exp":`...)
	out = strconv.AppendInt(out, expires, 10)
	if jti != "" {
		out = append(out, `,"jti":"`...)
		out = append(out, jti...)
		out = append(out, '"')
	}
	return append(out, '}'), nil
}

// isStamped tells whether Stamp writes a member of that name. Another spelling of such a
// name is an error: beside ours it would make the object unreadable.
func isStamped(name []byte) (bool, error) {
	if len(name) != 3 { // no letter of these names has a longer or shorter variant
		return false, nil
	}
	for _, s := range stamped {
		if string(name) == s {
			return true, nil
		}
		if bytes.EqualFold(name, []byte(s)) {
			return false, errors.New("seal: claims: a member is called " + s + " in another case")
		}
	}
	return false, nil
}

// seconds gives both ends in whole seconds since 1970.
func (l Life) seconds() (issued, expires int64, err error) {
	if l.Issued.IsZero() || l.Expires.IsZero() {
		return 0, 0, errors.New("seal: a life needs both of its ends")
	}
	issued, expires = l.Issued.Unix(), l.Expires.Unix()
	for _, t := range [...]int64{issued, expires} {
		if t < firstSecond || t > lastSecond {
			return 0, 0, fmt.Errorf("seal: life outside of the years 1 to 9999: %s", time.Unix(t, 0).UTC().Format(time.DateOnly))
		}
	}
	return issued, expires, nil
}
