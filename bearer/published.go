package bearer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal/jwt"
)

// maxFormer bounds how many former sets are remembered.
const maxFormer = 4

// published is a key set as an issuer has it, and those it had a moment ago. It does not
// change.
type published struct {
	source []byte
	set    *jwt.Set
	former []former // the latest first
}

type former struct {
	set *jwt.Set
	end time.Time
}

// next is what follows p, which may be nil, when a key set was read.
func (p *published) next(source []byte, now time.Time) (*published, error) {
	if p != nil && bytes.Equal(p.source, source) {
		return p, nil
	}
	set, err := jwt.ParseKeys(source)
	if err != nil {
		// Not wrapped: that a key set is malformed must not pass for a malformed token.
		return nil, fmt.Errorf("bearer: %v", err)
	}
	all, err := set.Lookup(context.Background(), "")
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("bearer: no key of the set can check signatures")
	}
	if all[0].Symmetric() {
		return nil, errors.New("bearer: a secret that is published is none")
	}
	out := &published{source: source, set: set}
	if p == nil {
		return out, nil
	}
	out.former = append(out.former, former{p.set, now.Add(overlap)})
	for _, f := range p.former {
		if len(out.former) < maxFormer && now.Before(f.end) {
			out.former = append(out.former, f)
		}
	}
	return out, nil
}

// without gives p, or the same without former sets that are over.
func (p *published) without(now time.Time) *published {
	n := len(p.former)
	for n > 0 && !now.Before(p.former[n-1].end) {
		n--
	}
	if n == len(p.former) {
		return p
	}
	return &published{p.source, p.set, p.former[:n:n]}
}

// Lookup implements [Keys]. That a key is not there may mean that there are newer ones:
// errUnknownKey.
func (p *published) Lookup(ctx context.Context, kid string) ([]*jwt.Key, error) {
	found, err := p.set.Lookup(ctx, kid)
	if err != nil || kid == "" {
		return found, err
	}
	if len(found) > 0 && found[0].ID() == kid {
		return found, nil
	}
	for _, f := range p.former {
		if old, err := f.set.Lookup(ctx, kid); err == nil && len(old) > 0 && old[0].ID() == kid {
			return old, nil
		}
	}
	if len(found) > 0 {
		return found, nil // keys without a name
	}
	return nil, errUnknownKey
}
