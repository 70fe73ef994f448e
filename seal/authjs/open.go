package authjs

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"time"

	"github.com/signet-auth/signet/seal"
)

// printSize is how many bytes of the tag make a print. Whoever can make two values with
// one print has the key.
const printSize = 16

// An envelope is a value that has been split.
type envelope struct {
	header, wrapped, iv, ct, tag []byte

	ctAndTag []byte // both in one piece; it shares memory with them

	protected []byte // the header's text, which the tag covers
}

// Open reads a value. A value without exp is refused, though Auth.js takes it as one
// that never ends; exp and nbf have a tolerance of 15 s and may have fractions, iat must
// be a number if it is there, but is not judged (jose: validateClaimsSet).
//
// Print is made from the first 16 bytes of the tag.
func (c *codec) Open(value string, now time.Time) (opened seal.Opened, err error) {
	times, err := c.read(value, &opened)
	if err == nil {
		opened.Life, err = times.judge(now)
	}
	if err != nil {
		return seal.Opened{}, c.refuse(err)
	}
	return opened, nil
}

// Inspect reads a value as Open does, but judges no times.
func (c *codec) Inspect(value string) (opened seal.Opened, err error) {
	times, err := c.read(value, &opened)
	if err != nil {
		return seal.Opened{}, c.refuse(err)
	}
	opened.Issued, _ = seal.Seconds(times.iat)
	opened.Expires, _ = seal.Seconds(times.exp)
	return opened, nil
}

// read opens a value into out, but for its life, and finds its times.
func (c *codec) read(value string, out *seal.Opened) (times, error) {
	var e envelope
	if err := e.unwrap(value); err != nil {
		return times{}, err
	}
	k, claims, err := c.decrypt(value, &e)
	if err != nil {
		return times{}, err
	}
	found, err := findTimes(claims)
	if err != nil {
		return times{}, err
	}
	newest := c.keys[0]
	out.Claims = claims[:len(claims):len(claims)]
	out.Print = printOf(e.tag)
	out.Key = k.id
	out.Stale = k != newest || !bytes.Equal(e.header, newest.header)
	out.Header = e.header
	return found, nil
}

// unwrap splits a value into e.
func (e *envelope) unwrap(value string) error {
	parts, err := seal.Split(value, 5)
	if err != nil {
		return err
	}
	header := parts[0]
	e.header = header[:len(header):len(header)]
	e.wrapped, e.iv, e.ct, e.tag = parts[1], parts[2], parts[3], parts[4]
	size := len(e.ct) + len(e.tag)
	e.ctAndTag = e.ct[:size:size]
	return nil
}

// decrypt finds the key and gives the plaintext, which takes the place of e.ct.
func (c *codec) decrypt(value string, e *envelope) (*key, []byte, error) {
	h, err := c.header(value, e)
	if err != nil {
		return nil, nil, err
	}
	if len(e.wrapped) != 0 { // RFC 7516 section 5.2: dir has no encrypted key
		return nil, nil, malformed("encrypted key")
	}
	if c.format == FormatV4 {
		return c.decryptV4(h, e)
	}
	return c.decryptV5(h, e)
}

// header reads and checks the protected header and keeps its text in e.
func (c *codec) header(value string, e *envelope) (header, error) {
	// Nearly every value has the header that one of our keys writes. base64url is
	// canonical, so equal headers have equal texts.
	for _, k := range c.keys {
		if bytes.Equal(e.header, k.header) {
			e.protected = k.protected
			return k.written, nil
		}
	}
	h, err := readHeader(e.header)
	if err != nil {
		return h, err
	}
	e.protected = protectedOf(value)
	return h, h.check()
}

// decryptV5 lets the kid decide, and takes the newest key if there is none.
// @auth/core@0.41.3 jwt.ts, decode.
func (c *codec) decryptV5(h header, e *envelope) (*key, []byte, error) {
	k := c.keys[0]
	if h.named {
		if k = c.byID(h); k == nil {
			return nil, nil, foreign()
		}
	}
	if h.enc == encGCM {
		plain, err := e.openGCM(k.gcm, e.ct[:0])
		return k, plain, err
	}
	plain, err := e.openCBC(k.cbc)
	return k, plain, err
}

func (c *codec) byID(h header) *key {
	for _, k := range c.keys {
		if h.enc == encCBC && h.kid == k.cbcID || h.enc == encGCM && h.kid == k.gcmID {
			return k
		}
	}
	return nil
}

// decryptV4 tries every key, also after one has opened the value: the time it takes must
// not tell which one is in use.
func (c *codec) decryptV4(h header, e *envelope) (*key, []byte, error) {
	if h.enc != encGCM {
		return nil, nil, unsupported("content encryption")
	}
	if len(c.keys) == 1 {
		plain, err := e.openGCM(c.keys[0].gcm, e.ct[:0])
		return c.keys[0], plain, err
	}
	var found *key
	var plain []byte
	var last error
	trial := make([]byte, 0, len(e.ct)) // a key that does not fit wipes what it wrote on
	keep := make([]byte, len(e.ct))
	for _, k := range c.keys {
		got, err := e.openGCM(k.gcm, trial)
		if err != nil {
			last = err
		} else if found == nil {
			found, plain = k, keep[:copy(keep, got)]
		}
	}
	if found == nil {
		return nil, nil, last
	}
	return found, plain, nil
}

// printOf names a value by its tag.
func printOf(tag []byte) string {
	var text [(printSize*8 + 5) / 6]byte
	b64.Encode(text[:], tag[:printSize])
	return string(text[:])
}

// openGCM checks sizes (RFC 7518 section 5.3; a shorter tag would be easier to guess)
// and writes the plaintext into dst.
func (e *envelope) openGCM(gcm cipher.AEAD, dst []byte) ([]byte, error) {
	if len(e.iv) != gcm.NonceSize() || len(e.tag) != gcm.Overhead() {
		return nil, malformed("iv or tag size")
	}
	plain, err := gcm.Open(dst, e.iv, e.ctAndTag, e.protected)
	if err != nil {
		return nil, foreign()
	}
	return plain, nil
}

// openCBC checks sizes (RFC 7518 section 5.2: whole blocks, at least one for the
// padding) and writes the plaintext in the place of the ciphertext.
func (e *envelope) openCBC(cbc *cbcHS512) ([]byte, error) {
	if len(e.iv) != aes.BlockSize || len(e.tag) != cbcTagSize {
		return nil, malformed("iv or tag size")
	}
	if len(e.ct) == 0 || len(e.ct)%aes.BlockSize != 0 {
		return nil, malformed("ciphertext size")
	}
	plain, ok := cbc.open(e.protected, e.iv, e.ct, e.tag)
	if !ok {
		return nil, foreign()
	}
	return plain, nil
}
