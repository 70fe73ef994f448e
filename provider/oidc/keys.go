package oidc

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/jwt"
)

const (
	// maxKeySet is the longest key set, in bytes.
	maxKeySet = 256 << 10

	// overlap is how long a key still counts after it was gone from the key set: tokens
	// signed just before are on their way.
	overlap = 10 * time.Minute

	// maxFormer bounds how many former sets are remembered.
	maxFormer = 4
)

// keyRing is the provider's key set, and those it had a moment ago.
type keyRing struct {
	source []byte // the text of set
	set    *jwt.Set
	former []formerSet // the latest first
}

type formerSet struct {
	set *jwt.Set
	end time.Time
}

// next is the ring after a new key set was read.
func (r *keyRing) next(source []byte, now time.Time) (*keyRing, error) {
	set, err := jwt.ParseKeys(source)
	if err != nil {
		return nil, err
	}
	if set.Len() == 0 {
		return nil, errors.New("no key of the set can check signatures")
	}
	out := &keyRing{source: source, set: set}
	if r == nil {
		return out, nil
	}
	if bytes.Equal(r.source, source) {
		out.former = r.former
		return out, nil
	}
	out.former = append(out.former, formerSet{r.set, now.Add(overlap)})
	for _, f := range r.former {
		if len(out.former) < maxFormer && now.Before(f.end) {
			out.former = append(out.former, f)
		}
	}
	return out, nil
}

// lookup is one look into the provider's keys, as [jwt.KeySet].
type lookup struct {
	cache   *cached[*keyRing] // nil: the provider signs with our secret alone
	secrets *jwt.Set          // nil: it never does
	world   signet.World
}

// Lookup gives the keys for kid. Public keys and secrets may stand side by side: a key
// checks nothing but algorithms of its own kind.
func (l lookup) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	var found []*jwt.Key
	if l.cache != nil {
		ring, err := l.cache.get(ctx, l.world)
		if err != nil {
			return nil, err
		}
		if found, err = ring.lookup(ctx, kid, l.world.Now()); err != nil {
			return nil, err
		}
	}
	if l.secrets == nil {
		return found, nil
	}
	secrets, err := l.secrets.Lookup(ctx, kid)
	return append(append([]*jwt.Key{}, found...), secrets...), err
}

func (r *keyRing) lookup(ctx context.Context, kid string, now time.Time) ([]*jwt.Key, error) {
	found, err := r.set.Lookup(ctx, kid)
	if err != nil || kid == "" || len(found) > 0 && found[0].ID() == kid {
		return found, err
	}
	for _, f := range r.former {
		if !now.Before(f.end) {
			continue
		}
		if old, err := f.set.Lookup(ctx, kid); err == nil && len(old) > 0 && old[0].ID() == kid {
			return old, nil
		}
	}
	return found, nil
}
