package authjs

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/signet-auth/signet/seal"
)

// A desk is where one value at a time is put together.
type desk struct {
	random [16 + 16]byte // for the jti, and for an IV
	claims []byte
	sealed []byte // ciphertext and tag
	value  []byte
}

var desks = sync.Pool{New: func() any { return new(desk) }}

// Seal writes claims with iat, exp and jti of its own at their end, as Auth.js does, and
// encrypts them with the newest key. The jti is a random UUID. It fails for claims that
// Open would refuse whatever the time, and for values above [seal.MaxToken].
//
// GCM takes its 96-bit nonces from crypto/rand: one key is good for 2^32 values.
func (c *codec) Seal(claims []byte, life seal.Life) (string, error) {
	d := desks.Get().(*desk)
	defer desks.Put(d)
	rand.Read(d.random[:]) // never fails: it ends the program instead
	var err error
	if d.claims, err = seal.Stamp(d.claims[:0], claims, life, newUUID(d.random[:16])); err != nil {
		return "", fmt.Errorf("authjs: %w", err)
	}
	if err := checkSealed(d.claims); err != nil {
		return "", err
	}
	k := c.keys[0]
	var iv []byte
	var ctSize int
	if k.cbc != nil {
		iv = d.random[16:32]
		d.sealed = k.cbc.seal(d.sealed[:0], k.protected, iv, d.claims)
		ctSize = len(d.sealed) - cbcTagSize
	} else {
		iv = d.random[16 : 16+k.gcm.NonceSize()]
		d.sealed = k.gcm.Seal(d.sealed[:0], iv, d.claims, k.protected)
		ctSize = len(d.sealed) - k.gcm.Overhead()
	}
	// RFC 7516 section 7.1; the empty second part is the encrypted key of "dir".
	out := append(d.value[:0], k.protected...)
	out = append(out, '.', '.')
	out = b64.AppendEncode(out, iv)
	out = append(out, '.')
	out = b64.AppendEncode(out, d.sealed[:ctSize])
	out = append(out, '.')
	out = b64.AppendEncode(out, d.sealed[ctSize:])
	d.value = out
	if len(out) > seal.MaxToken {
		return "", errors.New("authjs: the claims are too large for a cookie")
	}
	return string(out), nil
}

// checkSealed refuses to seal an nbf that Open cannot read. One that is still to come may
// be meant so.
func checkSealed(claims []byte) error {
	// Next to no claims have one, and only an escape spells the name without its letters.
	if !bytes.Contains(claims, []byte("nbf")) && bytes.IndexByte(claims, '\\') < 0 {
		return nil
	}
	t, err := findTimes(claims)
	if err != nil {
		return fmt.Errorf("authjs: claims: %w", err)
	}
	if t.nbf != nil {
		if _, ok := seal.Seconds(t.nbf); !ok {
			return errors.New("authjs: claims: nbf has to be a number of seconds")
		}
	}
	return nil
}

// newUUID spells a version 4 UUID, RFC 9562 section 5.4, out of 16 random bytes.
func newUUID(random []byte) string {
	random[6] = random[6]&0x0f | 0x40
	random[8] = random[8]&0x3f | 0x80
	var text [36]byte
	at := 0
	for i, size := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			text[at] = '-'
			at++
		}
		hex.Encode(text[at:], random[:size])
		random = random[size:]
		at += 2 * size
	}
	return string(text[:])
}
