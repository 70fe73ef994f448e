package jwt

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// maxSubject is the longest sub, in bytes. OpenID Connect Core section 2.
const maxSubject = 255

// claims are the members of a payload that a verifier looks at, as they are written; nil
// where one is missing.
type claims struct {
	iss, sub, aud, jti, sid []byte
	exp, nbf, iat, authTime []byte
	nonce, azp, atHash      []byte
	events                  []byte
}

var claimNames = []string{
	"iss", "sub", "aud", "jti", "sid", "exp", "nbf", "iat", "auth_time", "nonce", "azp", "at_hash", "events",
}

// readClaims checks that a payload is one JSON object.
func readClaims(payload []byte) (claims, error) {
	var v [13][]byte
	if err := seal.Pick(payload, claimNames, v[:]); err != nil {
		return claims{}, err
	}
	return claims{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12]}, nil
}

// judge holds a genuine token against the policy and fills in out.
func (v Verifier) judge(s *signed, c *claims, out *Verified, now time.Time) error {
	if err := v.judgeKind(s.parsed.typ, c); err != nil {
		return err
	}
	if err := v.required(s.payload); err != nil {
		return err
	}
	if err := v.judgeNames(c, out); err != nil {
		return err
	}
	if err := v.judgeTimes(c, out, now.Unix()); err != nil {
		return err
	}
	return v.judgeSignIn(s.alg, c, now.Unix())
}

// required looks for the claims that must be there.
func (v Verifier) required(payload []byte) error {
	for _, names := range [...][]string{profiles[v.Profile].require, v.Require} {
		for _, name := range names {
			if !hasClaim(payload, name) {
				return malformed("a required claim is missing")
			}
		}
	}
	return nil
}

// hasClaim tells whether one of the alternatives, "a|b", is there and says something.
func hasClaim(payload []byte, alternatives string) bool {
	for name := range strings.SplitSeq(alternatives, "|") {
		var value [1][]byte
		if seal.Pick(payload, []string{name}, value[:]) != nil {
			return false
		}
		if text := string(value[0]); text != "" && text != "null" && text != `""` {
			return true
		}
	}
	return false
}

// judgeNames checks who wrote the token, about whom and for whom.
func (v Verifier) judgeNames(c *claims, out *Verified) error {
	for _, t := range [...]struct {
		raw  []byte
		into *string
		name string
	}{{c.iss, &out.Issuer, "iss"}, {c.sub, &out.Subject, "sub"}, {c.jti, &out.ID, "jti"}} {
		if t.raw == nil {
			continue
		}
		var ok bool
		if *t.into, ok = seal.String(t.raw); !ok {
			return malformed(t.name)
		}
	}
	if c.sub != nil && (out.Subject == "" || len(out.Subject) > maxSubject) {
		return malformed("sub")
	}
	switch {
	case v.MatchIssuer != nil:
		if !v.MatchIssuer(out.Issuer, out.Claims) {
			return foreign("issuer")
		}
	case v.Issuer != "" && out.Issuer != v.Issuer:
		return foreign("issuer")
	}
	return v.judgeAudience(c)
}

// judgeAudience checks aud, and azp in ID tokens. OpenID Connect Core section 3.1.3.7:
// with several audiences azp must say that the token was made for us.
func (v Verifier) judgeAudience(c *claims) error {
	if c.aud == nil {
		if v.Audience != "" {
			return foreign("audience")
		}
		return nil
	}
	list, err := audiences(c.aud)
	if err != nil {
		return err
	}
	if v.Audience == "" || !slices.Contains(list, v.Audience) {
		return foreign("audience")
	}
	if v.Profile != IDToken || c.azp == nil && len(list) == 1 {
		return nil
	}
	if azp, ok := seal.String(c.azp); !ok || azp != v.Audience {
		return foreign("authorized party")
	}
	return nil
}

// audiences reads aud: one text, or a list of texts. RFC 7519 section 4.1.3.
func audiences(raw []byte) ([]string, error) {
	if one, ok := seal.String(raw); ok {
		return []string{one}, nil
	}
	var list []string
	err := seal.Elements(raw, func(value []byte) error {
		one, ok := seal.String(value)
		if !ok {
			return errors.New("not a text")
		}
		list = append(list, one)
		return nil
	})
	if err != nil {
		return nil, malformed("aud")
	}
	return list, nil
}

// judgeTimes checks exp, nbf and iat against the clock, which counts whole seconds.
func (v Verifier) judgeTimes(c *claims, out *Verified, clock int64) error {
	leeway := seconds(v.Leeway)
	var ok bool
	dated := c.exp != nil || !profiles[v.Profile].undated
	if out.Expires, ok = seal.Seconds(c.exp); dated && !ok || !v.Latest.IsZero() && out.Expires.After(v.Latest) {
		return malformed("exp") // also where there is none
	}
	if c.nbf != nil {
		begins, ok := seal.Seconds(c.nbf)
		if !ok {
			return malformed("nbf")
		}
		if begins.After(time.Unix(clock+leeway, 0)) {
			return &seal.OpenError{Reason: seal.ErrNotYet}
		}
	}
	if c.iat != nil {
		if out.Issued, ok = seal.Seconds(c.iat); !ok {
			return malformed("iat")
		}
	}
	if dated && !out.Expires.After(time.Unix(clock-leeway, 0)) {
		return &seal.OpenError{Reason: seal.ErrExpired}
	}
	return v.judgeIssued(c, out.Issued, clock)
}

// judgeIssued checks that iat is neither to come nor too long ago.
func (v Verifier) judgeIssued(c *claims, issued time.Time, clock int64) error {
	age := v.MaxIssuedAge
	if age == 0 {
		age = profiles[v.Profile].issuedAge
	}
	if c.iat == nil {
		if age > 0 {
			return malformed("a required claim is missing")
		}
		return nil
	}
	free := v.FutureIssued && v.Profile == "" && age == 0
	if !free && issued.After(time.Unix(clock+seconds(v.Leeway), 0)) {
		return &seal.OpenError{Reason: seal.ErrNotYet, Detail: "issued in the future"}
	}
	if age > 0 && issued.Before(time.Unix(clock-seconds(v.Leeway)-seconds(age), 0)) {
		return &seal.OpenError{Reason: seal.ErrExpired, Detail: "issued too long ago"}
	}
	return nil
}
