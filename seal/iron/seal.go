package iron

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/signet-auth/signet/seal"
)

// A nonce is what is random in a seal.
type nonce struct {
	random        [saltSize/2*2 + aes.BlockSize]byte
	salt, macSalt [saltSize]byte
	iv            [aes.BlockSize]byte
}

// draw takes 256 bits for each salt.
func (n *nonce) draw() {
	rand.Read(n.random[:]) // never fails: it ends the program instead
	hex.Encode(n.salt[:], n.random[:saltSize/2])
	hex.Encode(n.macSalt[:], n.random[saltSize/2:saltSize])
	copy(n.iv[:], n.random[saltSize:])
}

// Seal writes claims byte for byte, under new salts. life.Expires counts in milliseconds,
// rounded down; the zero time makes a seal without an end. Issued is not written. It
// fails for claims that Open would refuse, for an end before 1970 or after 9999, and for
// values that are longer than the codec's bound.
func (c *codec) Seal(claims []byte, life seal.Life) (string, error) {
	d := desks.Get().(*desk)
	defer desks.Put(d)
	d.nonce.draw()
	return c.seal(d, claims, life)
}

// seal is Seal with the nonce of d.
func (c *codec) seal(d *desk, claims []byte, life seal.Life) (string, error) {
	if err := seal.PickScript(claims, nil, nil); err != nil {
		return "", fmt.Errorf("iron: claims: %w", err)
	}
	if len(claims) > c.max {
		return "", errTooLarge
	}
	k, n := c.keys[0], &d.nonce
	salt, macSalt := n.salt[:], n.macSalt[:]
	if k.raw {
		salt, macSalt = nil, nil
	}
	if err := c.encrypt(d, derive(d, &k.encrypt, salt), claims); err != nil {
		return "", err
	}
	d.text = append(d.text[:0], prefix...)
	d.field([]byte(k.id))
	d.field(salt)
	d.text = b64.AppendEncode(append(d.text, '*'), n.iv[:])
	d.text = b64.AppendEncode(append(d.text, '*'), d.data)
	var err error
	if d.text, err = appendEnd(append(d.text, '*'), life.Expires); err != nil {
		return "", err
	}
	mac := d.sign(derive(d, &k.authn, macSalt))
	d.field(macSalt)
	d.field(mac)
	if c.suffix {
		d.text = append(d.text, current...)
	}
	if len(d.text) > c.max {
		return "", errTooLarge
	}
	return string(d.text), nil
}

var errTooLarge = errors.New("iron: the claims are too large")

func (d *desk) field(text []byte) { d.text = append(append(d.text, '*'), text...) }

// encrypt leaves the ciphertext of claims in d.data.
func (c *codec) encrypt(d *desk, raw, claims []byte) error {
	d.data = append(d.data[:0], claims...)
	if c.ctr {
		return xorCTR(raw, d.nonce.iv[:], d.data)
	}
	missing := aes.BlockSize - len(claims)%aes.BlockSize // PKCS #7
	for range missing {
		d.data = append(d.data, byte(missing))
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return err
	}
	cipher.NewCBCEncrypter(block, d.nonce.iv[:]).CryptBlocks(d.data, d.data)
	return nil
}

// appendEnd spells the end of a seal. Rounding down matters: the packages write a
// fraction for a ttl that has one, and cannot read it back.
func appendEnd(dst []byte, ends time.Time) ([]byte, error) {
	if ends.IsZero() {
		return dst, nil
	}
	n := ends.UnixMilli()
	if n < 1 || n > lastMilli {
		return dst, errors.New("iron: the end is outside of the years 1970 to 9999")
	}
	return strconv.AppendInt(dst, n, 10), nil
}
