package jwt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/signet-auth/signet/seal"
)

// A desk is where one value at a time is put together.
type desk struct {
	claims []byte
	value  []byte
}

var desks = sync.Pool{New: func() any { return new(desk) }}

// Seal writes claims with iat, exp and (unless the options say otherwise) a random jti of
// 128 bits at their end, and signs them with the newest key. It fails for claims that
// Open would refuse whatever the time, and for values above [seal.MaxToken].
//
// The claims can be read by whoever holds the value: they are signed, not encrypted.
func (c *codec) Seal(claims []byte, life seal.Life) (string, error) {
	d := desks.Get().(*desk)
	defer desks.Put(d)
	var jti string
	if !c.options.NoJTI {
		var random [16]byte
		rand.Read(random[:]) // never fails: it ends the program instead
		jti = b64.EncodeToString(random[:])
	}
	var err error
	if d.claims, err = seal.Stamp(d.claims[:0], claims, life, jti); err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	if err := c.checkSealed(d.claims); err != nil {
		return "", err
	}
	k := c.keys[0]
	d.value = b64.AppendEncode(append(d.value[:0], k.protected...), d.claims)
	d.value = k.mac.appendMAC(d.value)
	if len(d.value) > seal.MaxToken {
		return "", errors.New("jwt: the claims are too large for a cookie")
	}
	return string(d.value), nil
}

// checkSealed refuses to sign what we would not open.
func (c *codec) checkSealed(claims []byte) error {
	var f found
	if err := f.find(claims); err != nil {
		return fmt.Errorf("jwt: claims: %w", err)
	}
	if err := f.check(c.options); err != nil {
		return errors.New("jwt: claims: sub has to be a text")
	}
	if f.nbf != nil {
		if _, ok := seal.Seconds(f.nbf); !ok {
			return errors.New("jwt: claims: nbf has to be a number of seconds")
		}
	}
	return nil
}
