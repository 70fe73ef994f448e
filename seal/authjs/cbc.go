package authjs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"sync"
)

const cbcTagSize = 32

// cbcHS512 is AES-256-CBC with HMAC-SHA-512, RFC 7518 section 5.2.5: encrypt, then MAC
// over associated data, IV, ciphertext and the length of the associated data in bits.
type cbcHS512 struct {
	// states holds *cbcState. Keying a MAC anew costs as much as using it.
	states sync.Pool
}

// A cbcState serves one goroutine at a time.
type cbcState struct {
	block    cipher.Block
	enc, dec cipher.BlockMode
	mac      hash.Hash
	sum      [sha512.Size]byte
	bits     [8]byte
}

// newCBCHS512 takes a key of 64 bytes.
func newCBCHS512(raw []byte) (*cbcHS512, error) {
	// RFC 7518 section 5.2.2.1: the MAC key comes first.
	macKey, encKey := raw[:cbcKeySize/2], raw[cbcKeySize/2:]
	block, err := aes.NewCipher(encKey)
	if err != nil {
		return nil, err
	}
	var iv [aes.BlockSize]byte
	return &cbcHS512{states: sync.Pool{New: func() any {
		return &cbcState{
			block: block,
			enc:   cipher.NewCBCEncrypter(block, iv[:]),
			dec:   cipher.NewCBCDecrypter(block, iv[:]),
			mac:   hmac.New(sha512.New, macKey),
		}
	}}}, nil
}

// open decrypts ct in place. It reports false for a wrong tag and for wrong padding
// alike; sizes are the caller's business.
func (c *cbcHS512) open(aad, iv, ct, tag []byte) ([]byte, bool) {
	s := c.states.Get().(*cbcState)
	defer c.states.Put(s)
	// The MAC comes first: no byte is decrypted that we did not write.
	if subtle.ConstantTimeCompare(tag, s.tag(aad, iv, ct)) != 1 {
		return nil, false
	}
	s.decrypter(iv).CryptBlocks(ct, ct)
	return unpad(ct)
}

// seal encrypts plain and appends ciphertext and tag to dst, which must not overlap
// with it.
func (c *cbcHS512) seal(dst, aad, iv, plain []byte) (ctAndTag []byte) {
	s := c.states.Get().(*cbcState)
	defer c.states.Put(s)
	from := len(dst)
	dst = pad(append(dst, plain...), len(plain))
	ct := dst[from:]
	s.encrypter(iv).CryptBlocks(ct, ct)
	return append(dst, s.tag(aad, iv, ct)...)
}

// tag is the first half of the HMAC, RFC 7518 section 5.2.2.1.
func (s *cbcState) tag(aad, iv, ct []byte) []byte {
	s.mac.Reset()
	s.mac.Write(aad)
	s.mac.Write(iv)
	s.mac.Write(ct)
	binary.BigEndian.PutUint64(s.bits[:], uint64(len(aad))*8)
	s.mac.Write(s.bits[:])
	return s.mac.Sum(s.sum[:0])[:cbcTagSize]
}

// ivSetter is what the CBC modes of crypto/aes have beside cipher.BlockMode.
type ivSetter interface{ SetIV(iv []byte) }

func (s *cbcState) decrypter(iv []byte) cipher.BlockMode {
	if m, ok := s.dec.(ivSetter); ok {
		m.SetIV(iv)
		return s.dec
	}
	return cipher.NewCBCDecrypter(s.block, iv)
}

func (s *cbcState) encrypter(iv []byte) cipher.BlockMode {
	if m, ok := s.enc.(ivSetter); ok {
		m.SetIV(iv)
		return s.enc
	}
	return cipher.NewCBCEncrypter(s.block, iv)
}

// pad appends the padding of PKCS #7 to dst, whose last n bytes are the plaintext.
func pad(dst []byte, n int) []byte {
	missing := aes.BlockSize - n%aes.BlockSize
	for range missing {
		dst = append(dst, byte(missing))
	}
	return dst
}

// unpad takes the padding of PKCS #7 off whole, non-empty blocks. Its time does not
// depend on what the padding is: only an owner of the key can get this far, but what
// cannot be measured needs no argument.
func unpad(blocks []byte) ([]byte, bool) {
	last := blocks[len(blocks)-aes.BlockSize:]
	n := int(last[aes.BlockSize-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		inPad := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		same := subtle.ConstantTimeByteEq(b, byte(n))
		good &= subtle.ConstantTimeSelect(inPad, same, 1)
	}
	if good != 1 {
		return nil, false
	}
	return blocks[: len(blocks)-n : len(blocks)-n], true
}
