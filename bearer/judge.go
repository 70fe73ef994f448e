package bearer

import (
	"context"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// ahead is how far iat may be in the future: clocks of two machines differ.
const ahead = time.Minute

// memberNames are the members of a payload that read looks at, beside what a jwt.Verifier
// does. Members of the last group make a token something else than an access token.
var memberNames = []string{
	memberSubject: "sub", memberIssuer: "iss", memberID: "jti", memberScope: "scope", memberScp: "scp",
	memberSession: "signet", memberNonce: "nonce", memberATHash: "at_hash", memberCHash: "c_hash",
}

const (
	memberSubject = iota
	memberIssuer
	memberID
	memberScope
	memberScp
	memberSession
	memberNonce
	memberATHash
	memberCHash
	members
)

// maxSubject is the longest subject, in bytes. OpenID Connect Core section 2.
const maxSubject = 255

// Verify judges a token by itself; scopes are not looked at. Its error is a [*Refusal].
func (g *Guard) Verify(ctx context.Context, token string) (Claims, error) {
	if err := g.Check(); err != nil {
		return Claims{}, unavailable(err)
	}
	now := g.now()
	opened, err := g.open(ctx, token, now)
	if err != nil {
		return Claims{}, invalid(err)
	}
	c, err := g.read(opened, now)
	if err != nil {
		return Claims{}, invalid(err)
	}
	return c, nil
}

// open checks form, signature, typ, names and times, unless the token is remembered.
func (g *Guard) open(ctx context.Context, token string, now time.Time) (seal.Opened, error) {
	var keys Keys = g.Keys
	if g.Cache > 0 {
		opened, known, err := g.remembered(ctx, token, now)
		if known || err != nil {
			return opened, err
		}
	}
	if r, ok := keys.(*remote); ok {
		keys = remoteAt{r, now}
	}
	return g.verify(ctx, keys, token, now)
}

func (g *Guard) verify(ctx context.Context, keys Keys, token string, now time.Time) (seal.Opened, error) {
	v := g.ready.access
	if g.Plain && !isAccessToken(token) {
		v = g.ready.plain
	}
	v.Keys = keys
	ok, err := v.Verify(ctx, token, now)
	if err != nil {
		return seal.Opened{}, err
	}
	return seal.Opened{Claims: ok.Claims, Life: ok.Life, Key: ok.Key}, nil
}

// isAccessToken tells by typ which of two rules a token is to be judged by. The rule then
// looks at the typ itself.
func isAccessToken(token string) bool {
	_, header, ok := jwt.Detect(token)
	var typ [1][]byte
	if !ok || seal.Pick(header, []string{"typ"}, typ[:]) != nil {
		return false
	}
	text, _ := seal.String(typ[0])
	return strings.TrimPrefix(strings.ToLower(text), "application/") == "at+jwt"
}

// read makes claims of a payload, and refuses what is no access token.
func (g *Guard) read(o seal.Opened, now time.Time) (Claims, error) {
	var m [members][]byte
	if err := seal.Pick(o.Claims, g.ready.names, m[:]); err != nil {
		return Claims{}, err
	}
	for _, foreign := range m[memberSession:] {
		if foreign != nil {
			return Claims{}, unsupported("a session or an id token")
		}
	}
	if o.Issued.After(now.Add(ahead + g.Leeway)) {
		return Claims{}, &seal.OpenError{Codec: "jwt", Reason: seal.ErrNotYet, Detail: "issued in the future"}
	}
	c := Claims{Life: o.Life, JSON: o.Claims, Key: o.Key}
	c.Issuer, _ = seal.String(m[memberIssuer]) // the verifier has seen that it is a text
	c.ID, _ = seal.String(m[memberID])
	var ok bool
	if c.Subject, ok = subjectText(m[memberSubject], g.Subject != ""); !ok {
		return Claims{}, malformed("the subject")
	}
	if c.Subject == "" && !(g.Plain && g.Subject == "") {
		return Claims{}, malformed("a required claim is missing")
	}
	granted := m[memberScope]
	if granted == nil {
		granted = m[memberScp] // as Okta and Entra call it
	}
	if c.Scopes, ok = scopes(granted); !ok {
		return Claims{}, malformed("scope")
	}
	return c, nil
}

// subjectText gives the subject, "" where there is none. Where the operator named the
// member, it may be an integer: the key of a row.
func subjectText(raw []byte, integers bool) (string, bool) {
	switch {
	case raw == nil:
		return "", true
	case raw[0] == '"':
		text, ok := seal.String(raw)
		return text, ok && text != "" && len(text) <= maxSubject
	case !integers || len(raw) > maxSubject || string(raw) == "-0":
		return "", false
	}
	// As it is written, so that 2^53+1 is not 2^53; JSON allows no leading zero.
	digits := strings.TrimPrefix(string(raw), "-")
	return string(raw), digits != "" && strings.Trim(digits, "0123456789") == ""
}

// scopes reads words with blanks between them, or a list of words.
func scopes(raw []byte) ([]string, bool) {
	if raw == nil {
		return nil, true
	}
	if text, ok := seal.String(raw); ok {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }), true
	}
	var list []string
	err := seal.Elements(raw, func(value []byte) error {
		one, ok := seal.String(value)
		if !ok {
			return malformed("scope")
		}
		list = append(list, one)
		return nil
	})
	return list, err == nil
}
