package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBusy says that too many hashes are running and waiting. Nothing was hashed. The
// answer to a browser is 503 with Retry-After.
var ErrBusy = errors.New("password: too many hashes at once")

// A Hasher makes and verifies password hashes. The zero value works: argon2id with
// m=19456 KiB, t=2, p=1, half of the cores, 64 waiting for at most two seconds.
//
// A Hasher is used by pointer, and one Hasher should serve the whole process, since the
// limits are its own. Its methods may be called from several goroutines; its fields must
// not change after the first call. A field with an impossible value makes every method
// return an error.
type Hasher struct {
	// Cost of new hashes. Stored hashes of another cost verify and ask for an upgrade.
	Cost Cost

	// Slots is how many hashes run at once, each on a core of its own and with Cost.Memory
	// of its own. Zero means half of the cores, at least one, so that a flood of sign-ins
	// leaves the other half to those who are signed in already. A stored hash that needs
	// more memory or threads than Cost takes several slots, at most all of them.
	Slots int

	// Waiting is how many callers may wait for a slot. Zero means 64; below zero, none.
	Waiting int

	// Patience is how long a caller waits before it hears ErrBusy. Zero means 2 s.
	Patience time.Duration

	// Peppers, newest first, are keys that a thief of the hashes does not have. The first
	// is used for new hashes, the others verify what they made and ask for an upgrade.
	// A pepper can be removed once no stored hash names it. See [Info.Pepper].
	Peppers []Pepper

	// Rand is where salts come from. Nil means crypto/rand.
	Rand io.Reader

	once     sync.Once
	fault    error // what is wrong with the fields above
	own      argon2Scheme
	door     door
	imitated atomic.Pointer[record]
	hashes   atomic.Uint64
	litter   atomic.Int64 // KiB of tables made and done with since the last tidy
	gate     func(scheme) // for tests: runs before every hash, in its slot
}

// An Outcome is what [Hasher.Verify] found.
type Outcome struct {
	// Match says that the password belongs to the hash.
	Match bool

	// Upgrade says that the hash is not what Hash would write today: another algorithm,
	// cost or pepper, or made over bytes that were not normalised. Never set without Match.
	// The caller hashes the password again and swaps the new hash in if the old one is
	// still stored. Cheaper and dearer hashes are both brought to today's cost, so that all
	// accounts take equally long and none can be told from an unknown one.
	Upgrade bool
}

// Hash makes the hash to be stored for a new password. It refuses only what no hash may be
// made of: an empty password, control characters, invalid UTF-8, more than [MaxLength];
// that error is a [*WeakError]. Whether a password is a good one is a question for [Rules].
//
// The hash is an argon2id string in PHC form that other implementations verify as it is.
// Its salt ends in the text "norm=opaque", which tells [Hasher.Verify] how the password was
// normalised. With a pepper it has one more parameter and only a Hasher verifies it.
//
// Other errors: [ErrBusy], the error of ctx, or a wrong field of h.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.ready(); err != nil {
		return "", err
	}
	text, err := opaque(password)
	if err != nil {
		return "", err
	}
	made := record{scheme: h.own, forms: normalised}
	var key []byte
	if len(h.Peppers) > 0 {
		made.pepper, key = h.Peppers[0].ID, h.Peppers[0].Key
	}
	if made.salt, err = newSalt(h.Rand); err != nil {
		return "", err
	}
	leave, err := h.enter(ctx, made)
	if err != nil {
		return "", err
	}
	defer leave()
	h.step(h.own)
	made.sum = spice(key, h.own.key(text, made.salt, sumSize))
	h.drop(h.own)
	return h.own.encode(made), nil
}

// Verify says whether password belongs to encoded, a hash of ours or of one of the kinds
// that [Parse] knows. A password that may not be hashed at all (see [Hasher.Hash]) matches
// nothing and costs nothing.
//
// A hash from elsewhere is tried with the password as received, as NFC and as NFD if these
// differ; the tries pass the door as one. The work does not depend on how near the password
// came: a password too long for bcrypt is hashed too before the answer is no.
//
// Errors: [ErrFormat], [ErrLimits] and [ErrPepper] for a hash that cannot be used, found
// before any work is done (a caller who wants such an account to look like any other calls
// [Hasher.Decoy] then); [ErrBusy]; the error of ctx.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (Outcome, error) {
	if err := h.ready(); err != nil {
		return Outcome{}, err
	}
	stored, err := parse(encoded)
	if err != nil {
		return Outcome{}, err
	}
	match, err := h.try(ctx, stored, password)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Match: match, Upgrade: match && !h.current(stored)}, nil
}

// Decoy does the work of a Verify that says no, for sign-ins that have no hash to verify:
// the user is unknown, locked, disabled or has no password. Without it such answers would
// come sooner than others and tell who has an account. What it imitates is a hash that Hash
// would write today, or what [Hasher.Imitate] was given. Errors as of [Hasher.Verify].
func (h *Hasher) Decoy(ctx context.Context, password string) error {
	if err := h.ready(); err != nil {
		return err
	}
	_, err := h.try(ctx, *h.imitated.Load(), password)
	return err
}

// Imitate makes [Hasher.Decoy] cost what verifying the median of the stored hashes costs.
// It wants some of them, or one to be imitated as it is; those that cannot be read are
// passed over, and if none is left the error is ErrFormat. Call it at start and after an
// import of users. No salt or hash is kept.
func (h *Hasher) Imitate(stored ...string) error {
	if err := h.ready(); err != nil {
		return err
	}
	median, err := medianOf(stored)
	if err != nil {
		return err
	}
	if _, err := h.pepper(median.pepper); err != nil {
		return err
	}
	h.imitated.Store(&median)
	return nil
}

// Counts are a Hasher's numbers so far.
type Counts struct {
	Hashes  uint64 // hash functions run, every try of a Verify and every Decoy included
	Refused uint64 // callers who heard ErrBusy
	Running int    // callers in a slot now
	Waiting int    // callers in the queue now
}

// Counts returns the numbers of h, for metrics and for tests: that an unknown user costs
// as much as a wrong password is seen in Hashes, without a clock.
func (h *Hasher) Counts() Counts {
	if h.ready() != nil {
		return Counts{}
	}
	c := h.door.counts()
	c.Hashes = h.hashes.Load()
	return c
}

// try reports whether any form of password belongs to r. All forms pass the door as one.
func (h *Hasher) try(ctx context.Context, r record, password string) (bool, error) {
	key, err := h.pepper(r.pepper)
	if err != nil {
		return false, err
	}
	forms, err := r.forms.of(password)
	if err != nil {
		return false, nil // nobody's password, and refused alike for every account
	}
	leave, err := h.enter(ctx, r)
	if err != nil {
		return false, err
	}
	defer leave()
	for _, s := range r.schemes() {
		for _, form := range forms {
			h.step(s)
			match, err := s.matches(r, form, key)
			h.drop(s)
			if err != nil {
				return false, fmt.Errorf("password: verify %s: %w", s.name(), err)
			}
			if match {
				return true, nil
			}
		}
	}
	return false, nil
}

// current reports whether r is what Hash would write today.
func (h *Hasher) current(r record) bool {
	pepper := ""
	if len(h.Peppers) > 0 {
		pepper = h.Peppers[0].ID
	}
	return r.scheme == scheme(h.own) && r.forms == normalised && r.pepper == pepper && len(r.sum) == sumSize
}

// enter waits for the slots that r needs. Memory and threads in use are then never more
// than those of Slots hashes of our own cost, or of one hash that is larger than that.
func (h *Hasher) enter(ctx context.Context, r record) (leave func(), err error) {
	memory, threads := r.scheme.needs()
	n := max(ceilDiv(memory, h.own.memory), ceilDiv(threads, h.own.threads))
	n = min(max(n, 1), h.door.slots)
	if err := h.door.enter(ctx, n); err != nil {
		return nil, err
	}
	return func() { h.door.leave(n) }, nil
}

// step counts one hash that is about to run. No lock is held here or while it runs.
func (h *Hasher) step(s scheme) {
	h.hashes.Add(1)
	h.tidy()
	if h.gate != nil {
		h.gate(s)
	}
}

// ready works out the settings once and says what is wrong with them.
func (h *Hasher) ready() error {
	h.once.Do(func() {
		h.own, h.fault = h.Cost.scheme()
		if h.fault == nil {
			h.fault = checkPeppers(h.Peppers)
		}
		if h.Rand == nil {
			h.Rand = rand.Reader
		}
		h.door.set(h.Slots, h.Waiting, h.Patience)
		decoy := record{scheme: h.own, forms: normalised, salt: make([]byte, saltSize+len(normMark)), sum: make([]byte, sumSize)}
		if len(h.Peppers) > 0 {
			decoy.pepper = h.Peppers[0].ID
		}
		h.imitated.Store(&decoy)
	})
	return h.fault
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
