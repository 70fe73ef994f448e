package jwt

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/seal"
)

const (
	// maxKeys and maxKeySet bound a set of keys: their number, and the bytes of its JSON.
	maxKeys   = 64
	maxKeySet = 256 << 10
)

// A KeySet finds the keys that may have signed a token. Its method may be called from
// several goroutines.
type KeySet interface {
	// Lookup returns the keys that go by kid; for an empty kid those of which a token
	// that names none may have used one, most likely first. kid is text of a stranger,
	// at most 256 bytes long: it may pick from what is there, it may be no path, no
	// address and no part of a query. That there is no such key is an empty answer. An
	// error is a fault that has nothing to do with the token.
	Lookup(ctx context.Context, kid string) ([]*Key, error)
}

var _ KeySet = (*Set)(nil)

// A Set is a set of keys in memory. The zero value is empty. It never changes and may be
// used from several goroutines.
type Set struct {
	keys   []*Key
	named  map[string][]*Key
	others []*Key // for a kid that no key goes by
}

// NewSet makes a set. It refuses secrets beside public keys, two keys of one name, and
// more than 64 keys.
func NewSet(keys ...*Key) (*Set, error) {
	if len(keys) > maxKeys {
		return nil, errors.New("jwt: a set has at most 64 keys")
	}
	s := &Set{named: map[string][]*Key{}}
	for _, k := range keys {
		if k == nil {
			return nil, errors.New("jwt: a key of the set is nil")
		}
		if k.Symmetric() != keys[0].Symmetric() {
			return nil, errors.New("jwt: a set holds either secrets or public keys")
		}
		if !s.add(k) {
			return nil, fmt.Errorf("jwt: two keys of the set are called %q", k.id)
		}
	}
	return s, nil
}

// add tells whether the name was free.
func (s *Set) add(k *Key) bool {
	if k.id == "" {
		s.others = append(s.others, k)
	} else if s.named[k.id] != nil {
		return false
	} else {
		s.named[k.id] = []*Key{k}
	}
	s.keys = append(s.keys, k)
	return true
}

// ParseKeys reads a JSON Web Key Set (RFC 7517 section 5) of at most 64 keys and 256 KiB.
// Keys that [ParseKey] would refuse are left out, as providers publish keys for other
// purposes and other readers beside those for us; so is a second key of one name. Secrets
// beside public keys are left out, too: what is published is no secret, and nobody may
// sign with it. The set may turn out empty.
func ParseKeys(set []byte) (*Set, error) {
	if len(set) > maxKeySet {
		return nil, errors.New("jwt: key set: more than 256 KiB")
	}
	var list [1][]byte
	if err := seal.Pick(set, []string{"keys"}, list[:]); err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	var found []jwk
	count, public := 0, false
	err := seal.Elements(list[0], func(raw []byte) error {
		if count++; count > maxKeys {
			return errors.New("more than 64 keys")
		}
		j, err := readJWK(raw)
		public = public || j.kty != "oct" // also where nobody knows what it is
		if err == nil {
			found = append(found, j)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	s := &Set{named: map[string][]*Key{}}
	for _, j := range found {
		if public && j.kty == "oct" {
			continue
		}
		if k, err := j.key(); err == nil {
			s.add(k)
		}
	}
	return s, nil
}

// Len tells how many keys are in the set.
func (s *Set) Len() int { return len(s.keys) }

// Lookup implements [KeySet]. For a kid that no key goes by it returns the keys without a
// name, for an empty one all keys.
func (s *Set) Lookup(_ context.Context, kid string) ([]*Key, error) {
	if kid == "" {
		return s.keys, nil
	}
	if named := s.named[kid]; named != nil {
		return named, nil
	}
	return s.others, nil
}
