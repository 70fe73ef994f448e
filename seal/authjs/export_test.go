package authjs

// OpenCBC opens with A256CBC-HS512 as Open does.
func OpenCBC(raw, iv, aad, ct, tag []byte) ([]byte, error) {
	cbc, err := newCBCHS512(raw)
	if err != nil {
		return nil, err
	}
	return newEnvelope(iv, aad, ct, tag).openCBC(cbc)
}

// SealCBC encrypts with A256CBC-HS512 as Seal does.
func SealCBC(raw, iv, aad, plain []byte) (ctAndTag []byte, err error) {
	cbc, err := newCBCHS512(raw)
	if err != nil {
		return nil, err
	}
	return cbc.seal(nil, aad, iv, plain), nil
}

// OpenGCM opens with A256GCM as Open does.
func OpenGCM(raw, iv, aad, ct, tag []byte) ([]byte, error) {
	gcm, err := newGCM(raw)
	if err != nil {
		return nil, err
	}
	e := newEnvelope(iv, aad, ct, tag)
	return e.openGCM(gcm, e.ct[:0])
}

// newEnvelope takes ct as it is, so that a test can see what becomes of it.
func newEnvelope(iv, aad, ct, tag []byte) *envelope {
	all := append(ct, tag...)
	return &envelope{protected: aad, iv: iv, ct: ct, tag: tag, ctAndTag: all}
}
