// Package authjs seals and opens the encrypted cookies of Auth.js: those of next-auth
// 4 ([V4]) and those of @auth/core and next-auth 5 ([V5]).
//
// Both are compact JWEs (RFC 7516) with the key management "dir". Version 5 writes
// A256CBC-HS512 under a key made from secret and cookie name, and names that key in the
// header; it reads A256GCM too. Version 4 writes A256GCM under a key made from the
// secret alone. Everything else that a JWE header can ask for is refused: other
// algorithms, compression, critical extensions.
//
// The package owns the bytes and the times written into them. It does not own cookies,
// their chunks, or what the claims mean: a version 4 value sealed before next-auth
// 4.24.5 for another purpose opens as a session, so package signet asks such claims for
// a sub or an email (CVE-2023-48309).
package authjs

import (
	"errors"
	"fmt"

	"github.com/signet-auth/signet/seal"
)

// Names of the formats, as configuration and `signet inspect` use them.
const (
	FormatV5 = "authjs"
	FormatV4 = "authjs-v4"
)

// maxTrials bounds the keys that are tried on a value that names none.
const maxTrials = 4

var (
	_ seal.Make      = V5
	_ seal.Make      = V4
	_ seal.Make      = V4Salted
	_ seal.Inspector = (*codec)(nil)
)

// V5 makes the codec of @auth/core 0.41 and next-auth 5. cookie is the full name of the
// cookie, prefix included; it is the salt of the key, so a value sealed for one cookie
// does not open as another. The error is that of [seal.Ring.Check].
//
// A value that names its key opens with that key only, a value that names none with the
// newest: so does Auth.js.
func V5(ring seal.Ring, cookie string) (seal.Codec, error) {
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("authjs: %w", err)
	}
	c := &codec{format: FormatV5}
	for _, k := range ring {
		made, err := newV5Key(k, cookie)
		if err != nil {
			return nil, fmt.Errorf("authjs: %w", err)
		}
		c.keys = append(c.keys, made)
	}
	return c, nil
}

// V4 makes the codec of next-auth 4 for session cookies. It takes no notice of the
// cookie's name: version 4 seals all sessions of one secret alike. The error is that of
// [seal.Ring.Check], or that there are more than four secrets.
//
// next-auth 4 has one secret and writes no key id. Here each key of the ring is tried,
// always all of them.
func V4(ring seal.Ring, _ string) (seal.Codec, error) {
	return V4Salted(ring, "")
}

// V4Salted is [V4] for the check cookies of next-auth 4 (state, nonce, PKCE), whose salt
// is their full name. The empty salt is that of sessions.
func V4Salted(ring seal.Ring, salt string) (seal.Codec, error) {
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("authjs: %w", err)
	}
	if len(ring) > maxTrials {
		return nil, errors.New("authjs: the format of next-auth 4 names no keys and takes four secrets at most")
	}
	c := &codec{format: FormatV4}
	for _, k := range ring {
		made, err := newV4Key(k, salt)
		if err != nil {
			return nil, fmt.Errorf("authjs: %w", err)
		}
		c.keys = append(c.keys, made)
	}
	return c, nil
}

// A codec is either version. It is read-only once made.
type codec struct {
	format string
	keys   []*key // newest first, never empty
}

func (c *codec) Format() string { return c.format }

// String keeps the keys out of logs.
func (c *codec) String() string { return "authjs codec " + c.format }

// GoString is String.
func (c *codec) GoString() string { return c.String() }
