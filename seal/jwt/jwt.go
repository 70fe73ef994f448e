// Package jwt reads and writes signed tokens: compact JWS (RFC 7515) whose payload is a
// JSON object of claims (RFC 7519).
//
// Two readers stand side by side. A session codec, made by [HS256] or [Options.New],
// seals and opens our own cookies under the secrets of a [seal.Ring]: the cookie that an
// app signs with jose's SignJWT or with jsonwebtoken is one. A [Verifier] judges tokens of
// others, such as ID tokens, by a [KeySet] and a policy. Both decide by their own list of
// algorithms and by what a key is for; a token's header only picks from these.
//
// A header may bring a key or an address along (jwk, jku, x5c, x5u). These are ignored,
// and nothing is ever fetched: a key set that lives at an address is another package's,
// behind [KeySet]. crit, b64 and zip are refused.
//
// Each ECDSA signature has a second form that is valid, too, so nothing here names a token
// by its text: see [seal.Opened] and [Verified.Print].
package jwt

import (
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal"
)

// Format is the name of the format, as configuration and `signet inspect` use it.
const Format = "jwt"

// maxTrials bounds the secrets that are tried on a token that names none.
const maxTrials = 4

var (
	_ seal.Make      = HS256
	_ seal.Make      = HS384
	_ seal.Make      = HS512
	_ seal.Inspector = (*codec)(nil)
)

// HS256 makes the codec of sessions signed with HMAC and SHA-256: [Options] as they are.
func HS256(ring seal.Ring, cookie string) (seal.Codec, error) {
	return Options{}.New(ring, cookie)
}

// HS384 is [HS256] with SHA-384.
func HS384(ring seal.Ring, cookie string) (seal.Codec, error) {
	return Options{Algorithm: "HS384"}.New(ring, cookie)
}

// HS512 is [HS256] with SHA-512.
func HS512(ring seal.Ring, cookie string) (seal.Codec, error) {
	return Options{Algorithm: "HS512"}.New(ring, cookie)
}

// Options say how a session codec writes, and the little that may differ in what it
// opens. The zero value writes the header {"alg":"HS256"} and a random jti.
type Options struct {
	// Algorithm is HS256 (also if empty), HS384 or HS512. Tokens with another one do
	// not open.
	Algorithm string

	// Typ is written as the header's typ, which jose leaves out and jsonwebtoken writes
	// as "JWT". Tokens with that typ, with "JWT" or without any open; others are tokens
	// for another purpose. It must need no escaping in JSON.
	Typ string

	// KeyID writes the ID of the key as the header's kid. Without it a ring may have
	// four secrets at most, because all are tried.
	KeyID bool

	// NoJTI writes no jti, for apps that expect their own claims, iat and exp and nothing
	// else. The print of a value is then made from its MAC.
	NoJTI bool

	// NumericSubject lets a sub be a number, against RFC 7519 section 4.1.2. Some apps
	// sign the key of a table row.
	NumericSubject bool

	// Leeway is how far the clock of who signed may be from ours. The default is none,
	// as in jose and jsonwebtoken: some of these sessions last ten seconds. Whole
	// seconds count; more than 10 minutes is refused.
	Leeway time.Duration
}

// New makes a codec. The name of the cookie is of no importance to this format: give two
// kinds of cookies two secrets. The error is that of [seal.Ring.Check], or tells which
// option cannot be.
//
// A token that names a key of the ring by kid opens with that key only. With any other
// kid, or none, the four newest are tried, always all of them.
func (o Options) New(ring seal.Ring, _ string) (seal.Codec, error) {
	if err := ring.Check(); err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	if o.Algorithm == "" {
		o.Algorithm = "HS256"
	}
	alg := algorithmByName(o.Algorithm)
	if alg == nil || alg.family != familyHMAC {
		return nil, fmt.Errorf("jwt: sessions are signed with HS256, HS384 or HS512, not with %q", o.Algorithm)
	}
	if !o.KeyID && len(ring) > maxTrials {
		return nil, errors.New("jwt: without key ids in the tokens a ring has four secrets at most")
	}
	if o.Leeway < 0 || o.Leeway > maxSessionLeeway {
		return nil, errors.New("jwt: a leeway is between 0 and 10 minutes")
	}
	c := &codec{options: o, alg: alg}
	for _, k := range ring {
		made, err := newSessionKey(o, alg, k)
		if err != nil {
			return nil, err
		}
		c.keys = append(c.keys, made)
	}
	return c, nil
}

// maxSessionLeeway bounds Options.Leeway: more is no clock that is wrong but a longer life.
const maxSessionLeeway = 10 * time.Minute

// A codec is read-only once made.
type codec struct {
	options Options
	alg     *algorithm
	keys    []*sessionKey // newest first, never empty
}

// A sessionKey is one secret of the ring, made ready.
type sessionKey struct {
	id  string
	mac *macPool

	// header is what this key writes, protected the same in base64url with the dot
	// behind it.
	header, protected []byte
	written           header
}

func newSessionKey(o Options, alg *algorithm, k seal.Key) (*sessionKey, error) {
	h := header{alg: alg.name, typ: o.Typ}
	text := `{"alg":"` + alg.name + `"`
	if o.Typ != "" {
		text += `,"typ":"` + o.Typ + `"`
	}
	if o.KeyID {
		h.kid = k.ID
		text += `,"kid":"` + k.ID + `"`
	}
	made := &sessionKey{id: k.ID, mac: newMACPool(alg, k.Secret), header: []byte(text + "}"), written: h}
	// What is written into the header has to come out of it again.
	if read, err := readHeader(made.header); err != nil || read != h {
		return nil, fmt.Errorf("jwt: typ %q and key id %q cannot stand in a header", o.Typ, k.ID)
	}
	made.protected = append(b64.AppendEncode(nil, made.header), '.')
	return made, nil
}

func (c *codec) Format() string { return Format }

// String keeps the keys out of logs.
func (c *codec) String() string { return "jwt codec " + c.alg.name }

// GoString is String.
func (c *codec) GoString() string { return c.String() }
