package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
)

// sealCmd writes a token, offline.
type sealCmd struct {
	Format string `required:"" enum:"authjs,authjs-v4,iron,jwt" placeholder:"FORMAT" help:"authjs (Auth.js v5), authjs-v4 (next-auth 4), iron (iron-session 6 to 9) or jwt."`
	secretFlags
	Salt *string `placeholder:"COOKIE" help:"Full name of the cookie that it is for, prefix included. Default: authjs.session-token for authjs, and \"\", a session, for authjs-v4."`
	Alg  string  `enum:",HS256,HS384,HS512" default:"" placeholder:"ALG" help:"Signature of a jwt: HS256 (default), HS384 or HS512."`
	TTL  string  `name:"ttl" default:"30d" placeholder:"TIME" help:"How long it is good for: 10s, 15m, 12h, 30d. 0 is without an end, in iron only. Default: ${default}."`
	At   *int64  `placeholder:"UNIX" help:"Begin at this moment, in Unix seconds, and not now."`
	outputFlags
}

// maxClaims bounds the claims that are read, in bytes. No cookie holds as much.
const maxClaims = 64 << 10

// Run is the verb. The newest secret seals: of those without an id the first, of those
// with one the highest number, as in iron-session.
func (c *sealCmd) Run(io *terminal) error {
	life, err := c.life(io)
	if err != nil {
		return err
	}
	codec, key, err := c.codec(io)
	if err != nil {
		return err
	}
	claims, err := c.claims(io)
	if err != nil {
		return err
	}
	token, err := codec.Seal(claims, life)
	if err != nil {
		return &usageError{"seal: " + plainWords(err), "change the claims"}
	}
	// A token that nobody would open is better not written.
	if _, err := codec.Open(token, life.Issued); err != nil && !errors.Is(err, seal.ErrNotYet) {
		return &usageError{"seal: with these claims nobody would open it: " + plainWords(err), "change the claims"}
	}
	if !c.JSON {
		fmt.Fprintln(io.Out, token)
		return nil
	}
	return writeJSON(io.Out, struct {
		Token     string          `json:"token"`
		Format    string          `json:"format"`
		Key       string          `json:"key"`
		IssuedAt  int64           `json:"issued_at"`
		ExpiresAt json.RawMessage `json:"expires_at"`
	}{token, c.Format, keyID(key), life.Issued.Unix(), json.RawMessage(secondsOf(life.Expires))})
}

// life is from --at to the end that --ttl gives it.
func (c *sealCmd) life(io *terminal) (seal.Life, error) {
	from, err := moment("seal", c.At, io.Now())
	if err != nil {
		return seal.Life{}, err
	}
	ttl, err := parseDuration(c.TTL)
	switch {
	case err != nil:
		return seal.Life{}, &usageError{fmt.Sprintf("seal: --ttl %q %v", visible(c.TTL), err), "write it like 10s, 15m, 12h or 30d"}
	case ttl == 0 && c.Format != iron.Format:
		return seal.Life{}, &usageError{"seal: --ttl 0 is for --format iron only", "Signet opens no other token without an end; give it one, such as 30d"}
	case ttl == 0:
		return seal.Life{Issued: from}, nil
	}
	return seal.Life{Issued: from, Expires: from.Add(ttl)}, nil
}

// codec is that of the format, and the name of the secret that it seals with.
func (c *sealCmd) codec(io *terminal) (seal.Codec, string, error) {
	if c.Alg != "" && c.Format != jwt.Format {
		return nil, "", &usageError{"seal: --alg is for --format jwt only", "leave it out"}
	}
	if c.Salt != nil && (c.Format == iron.Format || c.Format == jwt.Format) {
		return nil, "", &usageError{"seal: --salt is for the formats of Auth.js only", "leave it out: " + c.Format + " seals all cookies of one secret alike"}
	}
	ring, err := c.ring(io)
	if err != nil {
		return nil, "", err
	}
	salt := ""
	if c.Salt != nil {
		salt = *c.Salt
	} else if c.Format == authjs.FormatV5 {
		salt = sessionCookies[0]
	}
	var codec seal.Codec
	key := ring[0].ID
	switch c.Format {
	case authjs.FormatV5:
		codec, err = authjs.V5(ring, salt)
	case authjs.FormatV4:
		codec, err = authjs.V4Salted(ring[:1], salt)
	case iron.Format:
		codec, key, err = ironSealer(ring)
	default:
		codec, key, err = jwtSealer(ring, c.Alg)
	}
	if err != nil {
		return nil, "", &usageError{"seal: " + plainWords(err), "look at the secrets"}
	}
	return codec, key, nil
}

func (c *sealCmd) ring(io *terminal) (seal.Ring, error) {
	list, err := c.typed("seal")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		list = fromEnvironment(io)
	}
	if len(list) == 0 {
		return nil, &usageError{"seal: there is no secret", "give the one of the program that is to read it: --secret S, --secret-file FILE, or AUTH_SECRET in the environment"}
	}
	return ringOf("seal", list)
}

// ironSealer has the one password that seals: that of the highest number.
func ironSealer(ring seal.Ring) (seal.Codec, string, error) {
	list, refused := passwords(ring)
	if len(refused) > 0 {
		return nil, "", fmt.Errorf("iron: passwords have %d characters and more, and %s has fewer", iron.MinPassword, secretName(refused[0]))
	}
	for _, p := range list {
		if p.number() < 0 {
			return nil, "", fmt.Errorf("iron: the passwords of iron-session have numbers, and %q is none", visible(p.id))
		}
	}
	p := list[0]
	codec, err := iron.New(seal.Ring{{ID: p.id, Secret: p.text}}, "")
	return codec, p.name, err
}

// jwtSealer names the key in the header if it came with an id.
func jwtSealer(ring seal.Ring, alg string) (seal.Codec, string, error) {
	k := ring[0]
	id, named := wireID(k)
	codec, err := jwt.Options{Algorithm: alg, KeyID: named}.New(seal.Ring{{ID: id, Secret: k.Secret}}, "")
	return codec, k.ID, err
}

// claims reads one JSON object from standard input. White space between its members goes.
func (c *sealCmd) claims(from *terminal) ([]byte, error) {
	const example = `write one JSON object to standard input, such as echo '{"sub":"7"}' | signet seal …`
	raw, err := io.ReadAll(io.LimitReader(from.In, maxClaims+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("seal: read standard input: %w", err)
	case len(raw) > maxClaims:
		return nil, &usageError{fmt.Sprintf("seal: the claims have more than %d bytes", maxClaims), "no cookie holds as much"}
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, &usageError{"seal: there are no claims", example}
	}
	check := seal.Pick
	if c.Format == iron.Format {
		check = seal.PickScript
	}
	if err := check(raw, nil, nil); err != nil {
		return nil, &usageError{"seal: the claims are not one strict JSON object: " + notStrict(raw, err), example}
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, &usageError{"seal: the claims are not JSON", example}
	}
	return b.Bytes(), nil
}

// notStrict says why claims are refused, and where, if a decoder can tell.
func notStrict(raw []byte, err error) string {
	var syntax *json.SyntaxError
	if e := json.Unmarshal(raw, new(any)); errors.As(e, &syntax) {
		return fmt.Sprintf("%v, at byte %d", syntax, syntax.Offset)
	}
	if detail := detailOf(err); detail != "" {
		return detail
	}
	return seal.Reason(err)
}

// plainWords takes the names of packages off an error.
func plainWords(err error) string {
	var e *seal.OpenError
	if errors.As(err, &e) {
		return strings.TrimPrefix(seal.Reason(err)+": "+e.Detail, ": ")
	}
	text := err.Error()
	for _, p := range []string{"authjs: ", "iron: ", "jwt: ", "seal: ", "claims: "} {
		text = strings.TrimPrefix(text, p)
	}
	return text
}
