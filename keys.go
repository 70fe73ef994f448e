package signet

import (
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

// keys is all that is made of secrets. It is replaced as a whole, so that no request sees
// half of a change.
type keys struct {
	csrf, device, adopt [][]byte
	attempts, rest      *vault // of browsers that are away, and of rows in a store
	mint                *bearer.Mint

	plain  *wire // cookies on http
	secure *wire // cookies on https

	// then follows at the moment at: the same secrets, in the order for that time.
	then *keys
	at   time.Time
}

// keyDelay is how old a key must be to seal. Other processes that share the sessions need
// the time to hear of it: a cookie that they cannot open would sign its owner out.
const keyDelay = time.Minute

// current gives the keys for a request that begins now.
func (a *Auth) current(now time.Time) *keys {
	k := a.keys.Load()
	for k.then != nil && !now.Before(k.at) {
		a.keys.CompareAndSwap(k, k.then)
		k = a.keys.Load()
	}
	return k
}

// Rekey changes the secrets while requests are served: Secrets or Keys of c, those of the
// formats in c.Session, which must be the same formats as before, and Access.Keys where there
// were some before. Nothing else of c is looked at. A key that was not there before opens at
// once, and seals or signs after a minute, so that several processes can be told one after the
// other; where no older key is left, it does so at once. After an error everything is as it was.
func (a *Auth) Rekey(c Config) error {
	a.rekey.Lock()
	defer a.rekey.Unlock()
	ring, err := ringOf(c)
	if err != nil {
		return err
	}
	formats, err := sameFormats(a.formatList, c.Session)
	if err != nil {
		return err
	}
	now := a.world.Now()
	date(ring, a.ring, now)
	access := slices.Clone(c.Access.Keys)
	if len(access) == 0 || len(a.accessRing) == 0 {
		access = a.accessRing
	}
	date(access, a.accessRing, now)
	next, err := a.makeKeys(ring, access, formats, now)
	if err != nil {
		return err
	}
	a.ring, a.accessRing, a.formatList = ring, access, formats
	a.keys.Store(next)
	return nil
}

// date dates keys that nobody has dated: they are new from the moment they are first seen.
func date(ring, known seal.Ring, now time.Time) {
	for i, k := range ring {
		if !k.Made.IsZero() {
			continue
		}
		ring[i].Made = now
		for _, before := range known {
			if string(before.Secret) == string(k.Secret) {
				ring[i].Made = before.Made
			}
		}
	}
}

// sameFormats takes the keys of other formats over into those that are there.
func sameFormats(have []Format, s SessionConfig) ([]Format, error) {
	list := slices.Clone(have)
	list[0].Keys = s.Format.Keys
	for i := range list[1:] {
		f := &list[1+i]
		at := slices.IndexFunc(s.Accept, func(g Format) bool { return g.Name == f.Name && g.Cookie == f.Cookie })
		if at < 0 && f.Keys != nil {
			return nil, &ConfigError{"Session.Accept", fmt.Sprintf("the format %q is missing", f.Name), "restart to change what is accepted"}
		}
		if at >= 0 {
			f.Keys = s.Accept[at].Keys
			s.Accept = slices.Delete(slices.Clone(s.Accept), at, at+1)
		}
	}
	return list, nil
}

// ringOf gives the secrets of a configuration as keys.
func ringOf(c Config) (seal.Ring, error) {
	ring := slices.Clone(c.Keys)
	field := "Keys"
	if len(c.Keys) == 0 {
		ring, field = seal.Secrets(c.Secrets...), "Secrets"
	}
	const cure = "make one with `signet keys new`, or `openssl rand -base64 33`"
	if len(ring) == 0 {
		return nil, &ConfigError{"Secrets", "there is none", cure}
	}
	if len(c.Keys) > 0 && len(c.Secrets) > 0 {
		return nil, &ConfigError{"Keys", "there are Secrets too", "set one of the two"}
	}
	for i, k := range ring {
		err := CheckSecret(string(k.Secret))
		if c.AllowWeakSecret && len(k.Secret) >= minWeakSecret {
			err = nil
		}
		if err != nil {
			return nil, &ConfigError{fmt.Sprintf("%s[%d]", field, i), err.Error(), cure}
		}
	}
	if err := ring.Check(); err != nil {
		return nil, &ConfigError{field, err.Error(), "give every key an ID of its own"}
	}
	return ring, nil
}

// setKeys makes the keys that a new Auth begins with.
func (a *Auth) setKeys() error {
	var err error
	if a.ring, err = ringOf(a.config); err != nil {
		return err
	}
	if a.formatList, err = a.formats(); err != nil {
		return err
	}
	a.accessRing = slices.Clone(a.config.Access.Keys)
	first, err := a.makeKeys(a.ring, a.accessRing, a.formatList, a.world.Now())
	if err != nil {
		return err
	}
	a.keys.Store(first)
	return nil
}

// makeKeys derives everything from the secrets. As long as the newest is too young, the
// one before it seals.
func (a *Auth) makeKeys(ring, access seal.Ring, formats []Format, now time.Time) (*keys, error) {
	held, until := hold(ring, now)
	heldFormats := slices.Clone(formats)
	for i := range heldFormats {
		keys, t := hold(heldFormats[i].Keys, now)
		heldFormats[i].Keys = keys
		if t.After(until) {
			until = t
		}
	}
	k, err := a.deriveKeys(held, access, heldFormats)
	if err != nil || until.IsZero() {
		return k, err
	}
	k.at = until
	k.then, err = a.makeKeys(ring, access, formats, until) // where another may have to wait on
	return k, err
}

// hold moves keys that are too young to seal behind the newest that is not, and says until
// when. Zero means that the ring is fine as it is.
func hold(ring seal.Ring, now time.Time) (seal.Ring, time.Time) {
	var until time.Time
	for i, k := range ring {
		ready := k.Made.Add(keyDelay)
		if k.Made.IsZero() || !now.Before(ready) || k.Made.After(now.Add(keyDelay)) {
			if i == 0 {
				return ring, time.Time{}
			}
			out := append(seal.Ring{k}, ring[:i]...)
			return append(out, ring[i+1:]...), until
		}
		if until.IsZero() || ready.Before(until) {
			until = ready
		}
	}
	return ring, time.Time{}
}

func (a *Auth) deriveKeys(ring, access seal.Ring, formats []Format) (*keys, error) {
	k := &keys{}
	for _, d := range []struct {
		to    *[][]byte
		label string
	}{{&k.csrf, labelCSRF}, {&k.device, labelDevice}, {&k.adopt, labelAdopt}} {
		var err error
		if *d.to, err = subkeys(ring, d.label); err != nil {
			return nil, err
		}
	}
	for _, d := range []struct {
		to    **vault
		label string
	}{{&k.attempts, labelAttempts}, {&k.rest, labelRest}} {
		derived, err := subkeys(ring, d.label)
		if err != nil {
			return nil, err
		}
		if *d.to, err = newVault(derived, a.world.Rand); err != nil {
			return nil, err
		}
	}
	var err error
	if k.mint, err = a.newMint(ring, access); err != nil {
		return nil, err
	}
	if a.origin == "" || a.origin[:5] == "http:" {
		if k.plain, err = a.newWire(ring, formats, false); err != nil {
			return nil, err
		}
	}
	if a.origin == "" || a.origin[:5] == "https" {
		k.secure, err = a.newWire(ring, formats, true)
	}
	return k, err
}
