package signet

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/signet-auth/signet/seal"
)

// Claims are the members of a JSON object, kept in order and as they were written: what
// Signet does not know, a big number or a member of another library, survives a read and
// a write unchanged. The zero value is empty. Claims may be read by several goroutines,
// but not while one of them changes them.
type Claims struct {
	members []member
}

type member struct {
	name string
	raw  []byte
}

// ParseClaims reads one JSON object, as strictly as [seal.Members] does.
func ParseClaims(object []byte) (Claims, error) {
	c := Claims{members: make([]member, 0, 12)}
	err := seal.Members(object, func(name string, raw []byte) error {
		c.members = append(c.members, member{name, raw})
		return nil
	})
	if err != nil {
		return Claims{}, err
	}
	return c, nil
}

// Len is the number of members.
func (c Claims) Len() int { return len(c.members) }

// Raw returns the JSON of a member, or nil. It must not be changed.
func (c Claims) Raw(name string) json.RawMessage {
	for i := range c.members {
		if c.members[i].name == name {
			return c.members[i].raw
		}
	}
	return nil
}

// Get decodes a member into v, as encoding/json does, and tells whether it was there and
// fitted.
func (c Claims) Get(name string, v any) bool {
	raw := c.Raw(name)
	return raw != nil && json.Unmarshal(raw, v) == nil
}

// Text returns a member that is a string, and "" for every other.
func (c Claims) Text(name string) string {
	s, _ := seal.String(c.Raw(name))
	return s
}

// Set puts v under name, in the place of the old member or at the end. The error is
// encoding/json's and names the claim.
func (c *Claims) Set(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("signet: claim %q: %w", name, err)
	}
	c.put(name, raw)
	return nil
}

func (c *Claims) put(name string, raw []byte) {
	for i := range c.members {
		if c.members[i].name == name {
			c.members[i].raw = raw
			return
		}
	}
	c.members = append(c.members, member{name, raw})
}

// Delete removes a member.
func (c *Claims) Delete(name string) {
	for i := range c.members {
		if c.members[i].name == name {
			c.members = append(c.members[:i:i], c.members[i+1:]...)
			return
		}
	}
}

// All yields the members in order.
func (c Claims) All() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for _, m := range c.members {
			if !yield(m.name, m.raw) {
				return
			}
		}
	}
}

// clone copies the list of members; the JSON behind them is shared and never written to.
func (c Claims) clone() Claims {
	return Claims{members: append([]member(nil), c.members...)}
}

// MarshalJSON writes the members in order.
func (c Claims) MarshalJSON() ([]byte, error) { return c.append(nil), nil }

// UnmarshalJSON reads an object, as [ParseClaims] does.
func (c *Claims) UnmarshalJSON(object []byte) (err error) {
	*c, err = ParseClaims(append([]byte(nil), object...))
	return err
}

func (c Claims) append(b []byte) []byte {
	b = append(b, '{')
	for i, m := range c.members {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, m.name)
		b = append(b, ':')
		b = append(b, m.raw...)
	}
	return append(b, '}')
}

// appendText writes a JSON string. Unlike encoding/json it leaves < > & and other scripts
// as they are, as JSON.stringify does.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// A Claim is the typed name of a member that an application keeps in sessions:
//
//	const Role = signet.Claim[string]("role")
type Claim[T any] string

// Get returns the value in s and whether it is there and of this type. A nil session has
// no claims.
func (c Claim[T]) Get(s *Session) (T, bool) {
	var v T
	if s == nil || !s.Claims.Get(string(c), &v) {
		return v, false
	}
	return v, true
}

// Set puts v into s. What is set in the Claims callback is kept with the session.
func (c Claim[T]) Set(s *Session, v T) error { return s.Claims.Set(string(c), v) }
