package bearer

import "crypto/ecdsa"

// Scalar is how a key of P-256 is made of derived bytes.
func Scalar(derive func(label string) ([]byte, error)) (*ecdsa.PrivateKey, error) {
	return scalar(derive)
}

// Labels are those of all derived keys.
var Labels = []string{labelEdDSA, labelES256, labelSecretID}
