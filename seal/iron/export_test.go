package iron

import (
	"encoding/hex"

	"github.com/signet-auth/signet/seal"
)

// SealWith seals with what Seal draws at random.
func SealWith(c seal.Codec, salt, ivHex, macSalt string, claims []byte, life seal.Life) (string, error) {
	d := desks.Get().(*desk)
	defer desks.Put(d)
	copy(d.nonce.salt[:], salt)
	copy(d.nonce.macSalt[:], macSalt)
	if _, err := hex.Decode(d.nonce.iv[:], []byte(ivHex)); err != nil {
		return "", err
	}
	return c.(*codec).seal(d, claims, life)
}
