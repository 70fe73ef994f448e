package jwt

import (
	"context"
	"math/big"
)

// Authentic is the part of Verify that judges signatures, for vectors whose payload is no
// object of claims.
func (v Verifier) Authentic(ctx context.Context, token string) (payload []byte, err error) {
	s, err := v.authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	return s.payload, nil
}

// VerifySignature is how Verify checks a signature once it has the key.
func (k *Key) VerifySignature(alg, input string, signature []byte) bool {
	return k.place(alg) >= 0 && k.verify(algorithmByName(alg), input, signature)
}

// IsROCA is what NewKey asks about a modulus.
func IsROCA(n *big.Int) bool { return isROCA(n) }

// SmallOrder are the keys that NewKey refuses.
var SmallOrder = smallOrder
