package signet

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// Whoever mistypes a password need not type the address again: for a minute it is in a sealed
// cookie. In the URL it would stay in histories and logs.

const (
	typedLife = time.Minute
	maxTyped  = 254 // bytes, of an address
)

// rememberTyped keeps the address or user name of a form for our page that comes next. The
// cookie is there and as long whatever was typed: answers to a wrong password are all alike
// (security line S-42).
func (x *exchange) rememberTyped() {
	if x.style != plain || x.a.config.Pages.SignIn != "" {
		return
	}
	var text [8 + maxTyped]byte
	binary.BigEndian.PutUint64(text[:], uint64(x.now.Add(typedLife).Unix()))
	if name := firstOf(x.fields.Get("email"), x.fields.Get("username")); len(name) <= maxTyped {
		copy(text[8:], name)
	}
	sealed, err := x.keys.attempts.seal("typed", text[:])
	if err != nil {
		return // it is typed again
	}
	if line, err := x.wire.typed.Set(x.wire.typedName, base64.RawURLEncoding.EncodeToString(sealed)); err == nil {
		x.guest = append(x.guest, line)
	}
}

// typedBefore is what was kept, "" for nothing. It is shown once.
func (x *exchange) typedBefore() string {
	value, err := x.jar.Get(x.wire.typedName)
	if err != nil {
		return ""
	}
	x.guest = append(x.guest, x.wire.typed.Clear(x.wire.typedName))
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	text, _, err := x.keys.attempts.open("typed", sealed)
	if err != nil || len(text) < 8 || x.now.Unix() >= int64(binary.BigEndian.Uint64(text)) {
		return ""
	}
	return strings.TrimRight(string(text[8:]), "\x00")
}
