package jwt

import (
	"crypto/hmac"
	"crypto/subtle"
	"hash"
	"sync"
)

// A macPool keeps HMAC states that hold one secret, so that the secret is hashed in once
// and not for each token.
type macPool struct{ benches sync.Pool }

// A bench is where one token at a time is signed or checked.
type bench struct {
	mac  hash.Hash
	text []byte // hash.Hash takes bytes, a token is a string
	sum  []byte
}

func newMACPool(alg *algorithm, secret []byte) *macPool {
	p := &macPool{}
	p.benches.New = func() any { return &bench{mac: hmac.New(alg.hash.New, secret)} }
	return p
}

func (b *bench) sign(text []byte) {
	b.mac.Reset()
	b.mac.Write(text) // never fails
	b.sum = b.mac.Sum(b.sum[:0])
}

// verify compares in constant time. It tells 1 for a good MAC and 0 for any other.
func (p *macPool) verify(input string, mac []byte) int {
	b := p.benches.Get().(*bench)
	b.text = append(b.text[:0], input...)
	b.sign(b.text)
	good := subtle.ConstantTimeCompare(b.sum, mac)
	p.benches.Put(b)
	return good
}

// appendMAC appends the MAC of text in base64url to text.
func (p *macPool) appendMAC(text []byte) []byte {
	b := p.benches.Get().(*bench)
	b.sign(text)
	out := b64.AppendEncode(append(text, '.'), b.sum)
	p.benches.Put(b)
	return out
}
