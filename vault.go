package signet

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// A vault encrypts what must not be readable in a store or a browser: AES-256-GCM with keys
// of its own, derived from the secrets under one label. The newest key seals, any opens.
// What is sealed is bound to its place, so that it opens nowhere else: a row's tokens in
// another row are worth nothing (security line S-83).
type vault struct {
	keys []vaultKey
	rand io.Reader
}

type vaultKey struct {
	id   [4]byte // begins every value sealed with it; names the key, and tells nothing of it
	aead cipher.AEAD
}

// errVault: not sealed by us for this place.
var errVault = errors.New("signet: not sealed with any of our keys for this place")

func newVault(keys [][]byte, rand io.Reader) (*vault, error) {
	v := &vault{rand: rand}
	for _, k := range keys {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("signet vault key id "), k...))
		v.keys = append(v.keys, vaultKey{[4]byte(sum[:4]), aead})
	}
	return v, nil
}

// vaultVersion begins every sealed value.
const vaultVersion = 1

// seal encrypts plain for a place. It fails only without randomness.
func (v *vault) seal(place string, plain []byte) ([]byte, error) {
	k := v.keys[0]
	out := make([]byte, 0, 1+len(k.id)+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	out = append(out, vaultVersion)
	out = append(out, k.id[:]...)
	nonce := out[len(out) : len(out)+k.aead.NonceSize()]
	if _, err := io.ReadFull(v.rand, nonce); err != nil {
		return nil, fmt.Errorf("signet: no randomness: %w", err)
	}
	out = out[:len(out)+len(nonce)]
	return k.aead.Seal(out, nonce, plain, v.bound(k, place)), nil
}

// open is the way back. stale says that an older key sealed it.
func (v *vault) open(place string, sealed []byte) (plain []byte, stale bool, err error) {
	for i, k := range v.keys {
		head := 1 + len(k.id)
		if len(sealed) < head+k.aead.NonceSize() || sealed[0] != vaultVersion || [4]byte(sealed[1:head]) != k.id {
			continue
		}
		nonce, text := sealed[head:head+k.aead.NonceSize()], sealed[head+k.aead.NonceSize():]
		if plain, err := k.aead.Open(nil, nonce, text, v.bound(k, place)); err == nil {
			return plain, i > 0, nil
		}
	}
	return nil, false, errVault
}

// bound is what a value is bound to beside its text.
func (v *vault) bound(k vaultKey, place string) []byte {
	return append([]byte(place+"\x00"), k.id[:]...)
}
