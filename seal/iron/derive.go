package iron

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding"
	"hash"
	"sync"
)

const (
	keySize  = 32
	saltSize = 64 // characters; the text is the salt, not what it spells in hex
)

// A secret is a password after the first step of HMAC-SHA-1: the states behind the two
// pads, which are the same for every salt.
type secret struct {
	raw          []byte // a key used as it is; the states are nil
	inner, outer []byte
}

// marshaler is what crypto/sha1 promises its hashes to be.
type marshaler interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

func newSecret(text []byte, raw bool) secret {
	if raw {
		return secret{raw: append([]byte(nil), text...)}
	}
	// RFC 2104 section 2: a key longer than a block is hashed first.
	var block [sha1.BlockSize]byte
	if len(text) > len(block) {
		sum := sha1.Sum(text)
		text = sum[:]
	}
	copy(block[:], text)
	return secret{inner: padded(block, innerPad), outer: padded(block, outerPad)}
}

// The pads of RFC 2104.
const (
	innerPad = 0x36
	outerPad = 0x5c
)

// padded is the state of SHA-1 behind a padded key.
func padded(block [sha1.BlockSize]byte, pad byte) []byte {
	for i := range block {
		block[i] ^= pad
	}
	h := newSHA1()
	h.Write(block[:])
	state, _ := h.AppendBinary(nil) // crypto/sha1 knows no error here
	return state
}

func newSHA1() marshaler { return sha1.New().(marshaler) }

// A desk is where one seal at a time is worked on: what cannot stay on the stack,
// because hashes are interfaces, and need not be allocated for every seal.
type desk struct {
	sha1   marshaler
	sha256 hash.Hash
	state  [128]byte // of SHA-1 behind a salt; it needs 96
	salt   [saltSize]byte
	count  [4]byte
	sum    [sha256.Size]byte
	key    [2 * sha1.Size]byte // what derive leaves; 32 bytes are used
	block  [sha256.BlockSize]byte
	mac    [macSize]byte

	text  []byte // the seal, as far as it goes
	data  []byte // what is encrypted
	nonce nonce
}

var desks = sync.Pool{New: func() any { return &desk{sha1: newSHA1(), sha256: sha256.New()} }}

// derive gives the key of a salt: PBKDF2-HMAC-SHA-1 with one round, RFC 8018 section 5.2.
// Both blocks of its output begin with the same 64 characters of salt, so the state
// behind them is made once. The result lies in d until the next derive.
func derive[text string | []byte](d *desk, s *secret, salt text) []byte {
	if s.raw != nil {
		return append(d.key[:0], s.raw...)
	}
	copy(d.salt[:], salt)
	d.sha1.UnmarshalBinary(s.inner) // cannot fail: the state is one of ours
	d.sha1.Write(d.salt[:])
	state, _ := d.sha1.AppendBinary(d.state[:0])
	for i := range 2 {
		d.count[3] = byte(i + 1) // big-endian, from 1
		d.sha1.UnmarshalBinary(state)
		d.sha1.Write(d.count[:])
		inner := d.sha1.Sum(d.sum[:0])
		d.sha1.UnmarshalBinary(s.outer)
		d.sha1.Write(inner)
		d.sha1.Sum(d.key[:i*sha1.Size])
	}
	return d.key[:keySize]
}

// sign gives the MAC of d.text in base64url, under a key of 32 bytes. It is crypto/hmac
// without its allocations: every seal has a key of its own. The result lies in d.
func (d *desk) sign(key []byte) []byte {
	d.pad(key, innerPad)
	d.sha256.Write(d.text)
	inner := d.sha256.Sum(d.sum[:0])
	d.pad(key, outerPad)
	d.sha256.Write(inner)
	sum := d.sha256.Sum(d.sum[:0])
	b64.Encode(d.mac[:], sum)
	return d.mac[:]
}

// pad begins a hash with the padded key.
func (d *desk) pad(key []byte, pad byte) {
	for i := range d.block {
		d.block[i] = pad
	}
	for i, c := range key {
		d.block[i] ^= c
	}
	d.sha256.Reset()
	d.sha256.Write(d.block[:])
}
