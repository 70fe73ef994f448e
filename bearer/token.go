package bearer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/seal"
)

// A Token is what a [Mint] is to sign.
type Token struct {
	// Subject is written as sub, at most 255 bytes. Required, unless the mint is Plain.
	Subject string

	// Audience is written as aud: one name as a text, several as a list. These are the
	// APIs that the token is for. Required, unless the mint is Plain.
	Audience []string

	// Scopes are written as scope, with blanks between them.
	Scopes []string

	// Claims is a JSON object of more members: groups, sid, name. They are written in
	// their order, behind the ones above. Whoever holds the token can read them. A member
	// that the mint writes itself, or by which a guard would take the token for something
	// else (nbf, nonce, at_hash, c_hash, events, signet), is an error. Empty means none.
	Claims []byte

	// Life is how long the token lasts. Zero means the mint's; more than 24 hours is an
	// error.
	Life time.Duration
}

// reserved are members that Token.Claims may not have. client_id and jti are free in Plain
// tokens, where the mint does not write them.
var reserved = map[string]bool{
	"iss": true, "aud": true, "iat": true, "exp": true, "jti": true, "client_id": true,
	"nbf": true, "nonce": true, "at_hash": true, "c_hash": true, "events": true, "signet": true,
}

// Reserved tells whether Token.Claims may not have a member of that name, in any case: it is
// said by the mint, or would mean something else.
func Reserved(name string) bool {
	folded := strings.ToLower(name)
	return reserved[folded] || folded == "sub" || folded == "scope"
}

// Sign makes a token that is good from now on, and tells its end. What is signed is JSON in
// one order: iss, sub, aud, client_id, scope, the claims, iat, exp, jti.
func (m *Mint) Sign(t Token) (token string, expires time.Time, err error) {
	now := m.config.Now()
	if t.Life == 0 {
		t.Life = m.config.Life
	}
	if t.Life < time.Second || t.Life > maxLife {
		return "", time.Time{}, errors.New("bearer: a token lasts between 1 second and 24 hours")
	}
	// Whole seconds, so that what is told is what is written.
	issued := time.Unix(now.Unix(), 0)
	life := seal.Life{Issued: issued, Expires: issued.Add(t.Life.Truncate(time.Second))}
	claims, err := m.claims(t)
	if err != nil {
		return "", time.Time{}, err
	}
	jti, err := m.newID()
	if err != nil {
		return "", time.Time{}, err
	}
	payload, err := seal.Stamp(nil, claims, life, jti)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("bearer: %w", err)
	}
	k := m.signer(now)
	out := b64.AppendEncode([]byte(m.headers[k]), payload)
	signature, err := k.sign(out)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("bearer: signing: %w", err)
	}
	out = b64.AppendEncode(append(out, '.'), signature)
	if len(out) > seal.MaxToken {
		return "", time.Time{}, errors.New("bearer: the claims are too large for a token")
	}
	return string(out), life.Expires, nil
}

// newID is a random jti, or "" where none is written. Without randomness there is no token.
func (m *Mint) newID() (string, error) {
	if m.config.Plain {
		return "", nil
	}
	var random [16]byte
	if _, err := io.ReadFull(m.config.Rand, random[:]); err != nil {
		return "", fmt.Errorf("bearer: no randomness: %w", err)
	}
	return b64.EncodeToString(random[:]), nil
}

// claims writes all members but iat, exp and jti.
func (m *Mint) claims(t Token) ([]byte, error) {
	if err := m.checkToken(t); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	client := m.config.Client
	if m.config.Plain {
		client = ""
	}
	for _, member := range [...]struct {
		name   string
		values []string
	}{
		{"iss", some(m.config.Issuer)}, {"sub", some(t.Subject)}, {"aud", t.Audience},
		{"client_id", some(client)}, {"scope", some(strings.Join(t.Scopes, " "))},
	} {
		if len(member.values) == 0 {
			continue
		}
		value, err := quote(member.values...)
		if err != nil {
			return nil, fmt.Errorf("bearer: %s: %w", member.name, err)
		}
		out = append(append(out, `"`+member.name+`":`...), value...)
		out = append(out, ',')
	}
	out, err := m.appendOwn(out, t)
	if err != nil {
		return nil, err
	}
	if out[len(out)-1] == ',' {
		out = out[:len(out)-1]
	}
	return append(out, '}'), nil
}

func (m *Mint) checkToken(t Token) error {
	switch {
	case len(t.Subject) > maxSubject:
		return errors.New("bearer: the subject is longer than 255 bytes")
	case m.config.Plain:
	case t.Subject == "":
		return errors.New("bearer: a token needs a subject")
	case len(t.Audience) == 0:
		return errors.New("bearer: a token needs an audience")
	}
	for _, a := range t.Audience {
		if a == "" {
			return errors.New("bearer: an audience is empty")
		}
	}
	for _, s := range t.Scopes {
		if !isScope(s) {
			return fmt.Errorf("bearer: %q is not a scope", s)
		}
	}
	return nil
}

// appendOwn appends the members of Token.Claims, each with a comma behind it. That no name
// comes twice is checked when the token is stamped.
func (m *Mint) appendOwn(out []byte, t Token) ([]byte, error) {
	if len(t.Claims) == 0 {
		return out, nil
	}
	err := seal.Members(t.Claims, func(name string, value []byte) error {
		switch folded := strings.ToLower(name); {
		case m.config.Plain && (folded == "jti" || folded == "client_id"):
		case reserved[folded], folded == "sub" && !m.config.Plain, folded == "scope" && t.Scopes != nil:
			return fmt.Errorf("%q is not for the claims to say", name)
		}
		quoted, err := quote(name)
		if err != nil {
			return err
		}
		out = append(append(append(out, quoted...), ':'), value...)
		out = append(out, ',')
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("bearer: claims: %w", err)
	}
	return out, nil
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// quote writes one text as a JSON string, several as a list. A text that we would not read
// is an error.
func quote(texts ...string) ([]byte, error) {
	for _, t := range texts {
		if !utf8.ValidString(t) || strings.IndexByte(t, 0) >= 0 {
			return nil, errors.New("not a text")
		}
	}
	if len(texts) == 1 {
		return json.Marshal(texts[0])
	}
	return json.Marshal(texts)
}
