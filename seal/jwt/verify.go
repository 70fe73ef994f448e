package jwt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// A Verifier judges signed tokens by keys and a policy. Its zero value accepts nothing,
// for want of keys; with Keys alone it accepts tokens of no particular kind that have an
// end, no audience, and a signature of [Verifier.Algorithms]. Copy it to set what belongs
// to one sign-in (Nonce, AccessToken); it may be used from several goroutines while
// nobody changes it.
//
// Limits that cannot be set: JSON of 64 levels, a header of 8 KiB, a kid of 256 bytes, a
// sub of 255.
type Verifier struct {
	// Keys are looked up by the token's kid.
	Keys KeySet

	// Algorithms are those that may be used, each only with keys that are for it. Empty
	// means HS256, HS384, HS512, RS256, ES256 and EdDSA; RS384, RS512, PS256, PS384,
	// PS512, ES384 and ES512 have to be named.
	Algorithms []string

	// Issuer must be the token's iss, byte for byte. Empty: any, unless Profile says
	// otherwise.
	Issuer string

	// MatchIssuer judges iss instead of Issuer, for providers who have one name per
	// tenant: compare both with the tenant claim and a list of tenants, and do not derive
	// the one from the other. claims are genuine but not judged further.
	MatchIssuer func(issuer string, claims []byte) bool

	// Audience must be in the token's aud. Empty: the token must have none, as one for
	// others is not for us (RFC 7519 section 4.1.3).
	Audience string

	// Profile says which kind of token it has to be. Empty: of no special kind.
	Profile Profile

	// Typ replaces the header's typ that goes with Profile. It is compared as a media
	// type: without case, "application/" may be left out.
	Typ string

	// Require names claims that must be there and neither null nor empty. "a|b" asks for
	// one of two. exp is always required but by [UserInfo], more by Profile.
	Require []string

	// Nonce must be the token's nonce. An ID token needs it, unless WithoutNonce is set.
	Nonce string

	// WithoutNonce takes ID tokens for which no nonce was asked: those of a refresh, and
	// of providers that cannot send one back. A stolen ID token is then as good as new.
	WithoutNonce bool

	// AccessToken is the one that came with an ID token. If the token has an at_hash it
	// must be that one's (OpenID Connect Core section 3.1.3.8). Empty: not compared.
	AccessToken string

	// MaxAge, if set, demands auth_time, no longer ago than this. For max_age=0 use a
	// nanosecond.
	MaxAge time.Duration

	// MaxIssuedAge, if set, demands iat, no longer ago than this. The default of
	// [LogoutToken] is 2 minutes.
	MaxIssuedAge time.Duration

	// FutureIssued accepts an iat that is still to come, where neither Profile nor
	// MaxIssuedAge is set.
	FutureIssued bool

	// Latest, if set, is the last exp that is accepted. Years end at 9999 in any case.
	Latest time.Time

	// Leeway is how far the clock of the issuer may be from ours, in whole seconds, in
	// all comparisons of times. 60 s are usual for providers, the default is none.
	Leeway time.Duration

	// MaxTokenBytes is the longest token. Zero, or more than that, means [seal.MaxToken].
	MaxTokenBytes int
}

// Verified is what a token says that has passed.
type Verified struct {
	// Claims is the payload exactly as it was signed: one JSON object without
	// ambiguities, to be read with [seal.Members].
	Claims []byte

	// Header is the protected header as sent, decoded. It is part of what was signed.
	Header []byte

	// Life is what iat and exp say; Issued is zero where there is no iat.
	seal.Life

	// Issuer, Subject and ID are iss, sub and jti; empty where there is none.
	Issuer, Subject, ID string

	// Key is the ID of the key that checked the signature, Algorithm the one it used.
	Key, Algorithm string

	input string // what was signed
}

// Verify checks signature, form and policy of a token, in that order, so that only who
// holds a key can learn what the policy asks. now is the time to judge it by.
//
// Its error is an [*seal.OpenError] for every token that must not be accepted: to whom it
// was sent they are all one. Any other error is a fault of our own, in the configuration
// or in looking up keys.
func (v Verifier) Verify(ctx context.Context, token string, now time.Time) (Verified, error) {
	if err := v.configured(); err != nil {
		return Verified{}, err
	}
	s, err := v.authenticate(ctx, token)
	if err != nil {
		return Verified{}, refuse(err)
	}
	c, err := readClaims(s.payload)
	if err != nil {
		return Verified{}, refuse(err)
	}
	out := Verified{Claims: s.payload, Header: s.header, Key: s.key.id, Algorithm: s.alg.name, input: s.input}
	if err := v.judge(&s, &c, &out, now); err != nil {
		return Verified{}, refuse(err)
	}
	return out, nil
}

// A signed token is genuine: one of our keys has signed it. Nothing else is known of it.
type signed struct {
	header, payload []byte
	parsed          header
	key             *Key
	alg             *algorithm
	input           string
}

// authenticate checks form and signature.
func (v Verifier) authenticate(ctx context.Context, token string) (signed, error) {
	if v.Keys == nil {
		return signed{}, &seal.OpenError{Reason: seal.ErrNoKey}
	}
	if v.MaxTokenBytes > 0 && len(token) > v.MaxTokenBytes {
		return signed{}, malformed("token too long")
	}
	parts, err := seal.Split(token, 3)
	if err != nil {
		return signed{}, err
	}
	head, payload, signature := parts[0], parts[1], parts[2]
	s := signed{header: head[:len(head):len(head)], payload: payload[:len(payload):len(payload)]}
	if s.parsed, err = readHeader(s.header); err != nil {
		return signed{}, err
	}
	if s.parsed.extended {
		return signed{}, unsupported("header extension")
	}
	if !v.allows(s.parsed.alg) {
		return signed{}, unsupported("algorithm")
	}
	s.alg = algorithmByName(s.parsed.alg)
	keys, err := v.Keys.Lookup(ctx, s.parsed.kid)
	if err != nil {
		return signed{}, fmt.Errorf("jwt: looking for keys: %w", err)
	}
	s.input = token[:strings.LastIndexByte(token, '.')]
	return s, s.check(keys, signature)
}

// allows tells whether the list has an algorithm.
func (v Verifier) allows(alg string) bool {
	if len(v.Algorithms) == 0 {
		return slices.Contains(defaultAlgorithms, alg)
	}
	return slices.Contains(v.Algorithms, alg)
}

// check finds the key that signed. Of several public keys that a token may mean the first
// is taken: with more than one, OpenID Connect Core section 10.1 asks for a kid. Of
// secrets four are tried, always all, so that the time does not tell which one is in use.
func (s *signed) check(keys []*Key, signature []byte) error {
	if len(keys) == 0 {
		return foreign("")
	}
	trials := 0
	for _, k := range keys {
		if k.place(s.alg.name) < 0 {
			continue
		}
		if trials++; trials > maxTrials || trials > 1 && s.alg.family != familyHMAC {
			break
		}
		if k.verify(s.alg, s.input, signature) && s.key == nil {
			s.key = k
		}
	}
	switch {
	case trials == 0:
		return unsupported("algorithm that the key is not for")
	case s.key == nil:
		return foreign("")
	}
	return nil
}

// configured reports a policy that makes no sense or asks for less than its profile must.
func (v Verifier) configured() error {
	r, ok := profiles[v.Profile]
	switch {
	case !ok:
		return fmt.Errorf("jwt: there is no profile %q", string(v.Profile))
	case r.named && (v.Issuer == "" && v.MatchIssuer == nil || v.Audience == ""):
		return fmt.Errorf("jwt: profile %s needs an issuer and an audience", v.Profile)
	case v.Profile == IDToken && v.Nonce == "" && !v.WithoutNonce:
		return errors.New("jwt: an id token is compared with its nonce")
	case v.Leeway < 0 || v.MaxAge < 0 || v.MaxIssuedAge < 0:
		return errors.New("jwt: a time span of the verifier is negative")
	}
	for _, name := range v.Algorithms {
		if algorithmByName(name) == nil {
			return fmt.Errorf("jwt: there is no algorithm %q", name)
		}
	}
	return nil
}

// Print names a token by a hash of what was signed, header and claims. Two signatures on
// one content have one print, as ECDSA makes of each a second that is valid. Whoever
// keeps verdicts by it keeps them apart by verifier, too: another policy judges otherwise.
func (v Verified) Print() string {
	sum := sha256.Sum256([]byte(v.input))
	return b64.EncodeToString(sum[:])
}

// Text gives a claim that is a text, and "" for one of any other type or none.
func (v Verified) Text(name string) string {
	text, _ := seal.String(v.claim(name))
	return text
}

// True tells whether a claim is true itself: not "true", not 1. A missing email_verified
// means unverified.
func (v Verified) True(name string) bool { return string(v.claim(name)) == "true" }

func (v Verified) claim(name string) []byte {
	var value [1][]byte
	if seal.Pick(v.Claims, []string{name}, value[:]) != nil {
		return nil // the claims of a zero Verified
	}
	return value[0]
}
