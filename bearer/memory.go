package bearer

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// errUnknownKey is the answer of keys that may not be the latest to a name they do not know.
var errUnknownKey = errors.New("bearer: a key that is not known yet")

// memories keep what passed one guard under one set of keys. Each guard has its own, as
// another policy judges otherwise, and other keys begin with an empty one: what an old key
// vouched for is then judged again.
type memories struct {
	size   int
	latest atomic.Pointer[memory]
}

type memory struct {
	keys  Keys
	codec seal.Codec
}

// remembered is open by the memory. known is false where it cannot tell.
func (g *Guard) remembered(ctx context.Context, token string, now time.Time) (opened seal.Opened, known bool, err error) {
	keys, err := g.unchanging(ctx, now)
	if keys == nil || err != nil {
		return seal.Opened{}, false, err
	}
	all := &g.ready.memories
	m := all.latest.Load()
	if m == nil || m.keys != keys {
		m = &memory{keys, seal.Cached(judged{g, keys}, all.size)}
		all.latest.Store(m) // where two begin at once, one of them is forgotten
	}
	opened, err = m.codec.Open(token, now)
	if errors.Is(err, errUnknownKey) {
		return seal.Opened{}, false, nil
	}
	return opened, true, err
}

// unchanging gives keys that stay what they are, nil if there are none.
func (g *Guard) unchanging(ctx context.Context, now time.Time) (Keys, error) {
	switch k := g.Keys.(type) {
	case *remote:
		return k.current(ctx, now)
	case *Mint, *shared, *jwt.Set:
		return k, nil
	}
	return nil, nil
}

// judged is a guard's judgement on signature, typ, names and times as a codec. Between a
// moment at which a token passes and its end it passes, as nothing of the guard changes.
type judged struct {
	g    *Guard
	keys Keys
}

func (j judged) Open(token string, now time.Time) (seal.Opened, error) {
	return j.g.verify(context.Background(), j.keys, token, now)
}

func (judged) Format() string { return "access token" }

func (judged) Seal([]byte, seal.Life) (string, error) {
	return "", errors.New("bearer: a guard signs nothing")
}
