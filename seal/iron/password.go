package iron

import (
	"fmt"

	"github.com/signet-auth/signet/seal"
)

// A Password is one entry of the password map of bare seals. It prints as its id alone.
type Password struct {
	// Key holds the id and the password's text. An id has letters, digits and _ only; an
	// empty one is not written, and is looked up as "default".
	seal.Key

	// Integrity, if set, is the password for the MAC; Secret then is for the encryption
	// alone. In @hapi/iron: {id, encryption, integrity}.
	Integrity []byte

	// Raw says that Secret and Integrity are keys of 32 bytes and not passwords: they
	// are used as they are, without salts.
	Raw bool
}

// Bare makes a codec of seals without a suffix, as the seal functions of @hapi/iron and
// iron-webcrypto write them. The first password seals. The id in a seal decides which one
// opens it; a single password without an id opens every seal that it fits, whatever the
// id, as a plain string does in JavaScript.
//
// Claims must be an object here, too. Bare fails for no password, two with one id, ids
// with other characters, and passwords that are too short, not UTF-8 or, if Raw, not of
// 32 bytes.
func Bare(passwords ...Password) (seal.Codec, error) {
	return named(passwords, &codec{format: FormatBare, max: MaxSeal})
}

// BareCTR is [Bare] with AES-128-CTR, which a seal does not tell: it has to be known.
// iron-session never writes it. It takes no Raw password.
func BareCTR(passwords ...Password) (seal.Codec, error) {
	return named(passwords, &codec{format: FormatBare, max: MaxSeal, ctr: true})
}

// noID is the id under which seals without one are looked up.
const noID = "default"

// named gives c the keys of a password map.
func named(passwords []Password, c *codec) (seal.Codec, error) {
	ring := make(seal.Ring, len(passwords))
	for i, p := range passwords {
		ring[i] = p.Key
		if p.ID == "" {
			ring[i].ID = noID
		}
	}
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("iron: %w", err)
	}
	for _, p := range passwords {
		if c.ctr && p.Raw {
			return nil, errRawCTR
		}
		if !isID(p.ID) {
			return nil, fmt.Errorf("iron: password id %q has other characters than letters, digits and _", p.ID)
		}
		made, err := newKey(p)
		if err != nil {
			return nil, err
		}
		c.keys = append(c.keys, made)
	}
	c.anyID = len(passwords) == 1 && passwords[0].ID == ""
	return c, nil
}

// A key is one password, made ready.
type key struct {
	id             string
	encrypt, authn secret
	raw            bool
}

func newKey(p Password) (*key, error) {
	integrity := p.Integrity
	if integrity == nil {
		integrity = p.Secret
	}
	for _, s := range [...][]byte{p.Secret, integrity} {
		if p.Raw && len(s) != keySize {
			return nil, fmt.Errorf("iron: raw key %q has %d bytes, needs %d", p.ID, len(s), keySize)
		}
		if p.Raw {
			continue
		}
		if err := checkPassword(p.ID, s); err != nil {
			return nil, err
		}
	}
	return &key{id: p.ID, encrypt: newSecret(p.Secret, p.Raw), authn: newSecret(integrity, p.Raw), raw: p.Raw}, nil
}

// find gives the key that an id names, nil if there is none.
func (c *codec) find(id string) *key {
	if c.anyID {
		return c.keys[0]
	}
	for _, k := range c.keys {
		if k.id == id {
			return k
		}
	}
	// Only bare seals have passwords of this name, and never together with one of none.
	for _, k := range c.keys {
		if id == "" && k.id == noID || id == noID && k.id == "" {
			return k
		}
	}
	return nil
}
