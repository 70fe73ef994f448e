package signet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// An outbox sees to it that tokens are given back although a provider, or this process, is
// down meanwhile (security line S-88). What is promised is stored first, sealed for its own
// row; only then is that done which the promise belongs to: a way to sign in taken away, a
// session ended. Then it is tried at once, and until it has worked by whichever process
// finds it due. A promise can be kept twice, which does no harm, but is never forgotten.
type outbox struct {
	a     *Auth
	store ErrandStore   // nil: everything is tried once
	slots chan struct{} // of attempts that nobody waits for

	mu      sync.Mutex
	missing map[string]bool // what was said to be missing, by provider
	broken  bool            // the store failed at the last look
}

const (
	// revokeWait bounds a call that gives tokens back, settleWait one to the store after it.
	revokeWait, settleWait = 10 * time.Second, 5 * time.Second

	// errandHold is how long an errand is out of everybody else's sight once a process has
	// taken it: longer than a call, its settlement and the wait for both.
	errandHold = time.Minute

	// errandLife is how long it is tried again; errandFirst is the first pause, each is
	// twice the one before, errandLast is the longest.
	errandLife, errandFirst, errandLast = 72 * time.Hour, 30 * time.Second, time.Hour

	// errandLook is how often a process looks for what is due, also of other processes.
	errandLook = 10 * time.Second

	// errandsTogether are under way at once at most, in each look.
	errandsTogether = 8
)

// kindRevoke is the one kind of errand there is. Another comes from a newer version.
const kindRevoke = "revoke"

var (
	errNoSuchProvider = errors.New("signet: no such provider is configured, or it takes no tokens back")
	errNoSuchErrand   = errors.New("signet: an errand of a kind that this version does not know")
	errRevokePanicked = errors.New("signet: the provider panicked")
)

// A promise is an errand, open.
type promise struct {
	row   Errand
	stale bool // sealed with a key that is not the newest

	Provider string `json:"provider"`
	Tokens   Tokens `json:"tokens"`
	Leaving  bool   `json:"leaving,omitempty"` // their owner signs out, and stays a user
}

func newOutbox(a *Auth) *outbox {
	return &outbox{
		a: a, store: a.config.Stores.Errands,
		slots: make(chan struct{}, 2*errandsTogether), missing: map[string]bool{},
	}
}

// start looks for errands, at once and then again and again, until ctx ends.
func (o *outbox) start(ctx context.Context) {
	if o.store != nil {
		o.a.done.Go(func() {
			o.look(ctx)
			o.a.every(ctx, errandLook, func() { o.look(ctx) })
		})
		return
	}
	for _, p := range o.a.providers {
		if _, ok := p.Provider.(Revoker); ok && o.a.config.Stores.Accounts != nil {
			o.a.log.Warn("there is no store for errands: tokens are given back in one try, while this process lives")
			return
		}
	}
}

// promise stores that the tokens of accounts are to be given back: all or none. For the
// time of errandHold the promises are the caller's, to try or to take back.
func (o *outbox) promise(ctx context.Context, accounts ...Account) ([]*promise, error) {
	return o.promiseFor(ctx, false, accounts...)
}

// promiseFor is promise; leaving says that their owner only signs out.
func (o *outbox) promiseFor(ctx context.Context, leaving bool, accounts ...Account) ([]*promise, error) {
	var made []*promise
	for _, account := range accounts {
		p, known := o.a.provider(account.Provider)
		_, can := p.Provider.(Revoker)
		record, err := o.a.openAccount(account)
		// A provider that is not configured may be again before the errand is over.
		if known && !can || !known && o.store == nil || err != nil || record.Tokens == nil || record.Tokens.IsZero() {
			continue
		}
		m, err := o.keep(ctx, &promise{Provider: account.Provider, Tokens: *record.Tokens, Leaving: leaving})
		if err != nil {
			o.takeBack(ctx, made)
			return nil, err
		}
		made = append(made, m)
	}
	return made, nil
}

// keep stores one promise.
func (o *outbox) keep(ctx context.Context, p *promise) (*promise, error) {
	if o.store == nil {
		return p, nil
	}
	var id [16]byte
	if _, err := io.ReadFull(o.a.world.Rand, id[:]); err != nil {
		return nil, fmt.Errorf("signet: no randomness: %w", err)
	}
	now := o.a.world.Now()
	p.row = Errand{
		ID: base64.RawURLEncoding.EncodeToString(id[:]), Kind: kindRevoke,
		Due: now.Add(errandHold), Until: now.Add(errandLife),
	}
	if err := o.seal(p); err != nil {
		return nil, err
	}
	return p, fromStore(o.store.PutErrand(ctx, p.row))
}

// takeBack forgets promises whose reason has not come about. Where ctx has ended nobody
// knows whether it has: then tokens are rather given back once too often.
func (o *outbox) takeBack(ctx context.Context, made []*promise) {
	if ctx.Err() != nil {
		return
	}
	for _, p := range made {
		o.drop(ctx, p)
	}
}

// runLater tries promises at once, and nobody waits for it. When too many are under way
// they are left to the looks that follow.
func (o *outbox) runLater(made []*promise) {
	for _, p := range made {
		if o.store == nil {
			o.a.done.Go(func() { _ = o.try(context.Background(), p) })
			continue
		}
		select {
		case o.slots <- struct{}{}:
			o.a.done.Go(func() {
				defer func() { <-o.slots }()
				_ = o.try(context.Background(), p)
			})
		default:
		}
	}
}

// tryAll tries promises at once and waits for that. The error says what was not given back.
func (o *outbox) tryAll(ctx context.Context, made []*promise) error {
	failed := make([]error, len(made))
	var done sync.WaitGroup
	for i, p := range made {
		done.Go(func() { failed[i] = o.try(ctx, p) })
	}
	done.Wait()
	return errors.Join(failed...)
}

// look takes what is due and tries it, until nothing is due any more.
func (o *outbox) look(ctx context.Context) {
	for ctx.Err() == nil {
		rows, err := o.store.TakeErrands(ctx, o.a.world.Now(), errandsTogether, errandHold)
		if err != nil {
			if ctx.Err() == nil && o.first(&o.broken) {
				o.a.log.Warn("errands cannot be read", "error", err)
			}
			return
		}
		o.mu.Lock()
		o.broken = false
		o.mu.Unlock()
		var done sync.WaitGroup
		for _, row := range rows {
			done.Go(func() {
				p, err := o.open(row)
				if err != nil {
					_ = o.settle(ctx, p, err)
					return
				}
				_ = o.try(ctx, p)
			})
		}
		done.Wait()
		if len(rows) < errandsTogether {
			return
		}
	}
}

// first sets a flag, and tells whether it was not.
func (o *outbox) first(flag *bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := *flag
	*flag = true
	return !was
}

// seal encrypts a promise for its row and no other (security line S-83).
func (o *outbox) seal(p *promise) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("signet: errand for %s: %w", p.Provider, err)
	}
	p.row.Sealed, err = o.a.current(o.a.world.Now()).rest.seal(errandPlace(p.row), plain)
	p.stale = false
	return err
}

// open is the way back. With an error there is a promise of which only the row is known.
func (o *outbox) open(row Errand) (*promise, error) {
	p := &promise{row: row}
	if row.Kind != kindRevoke {
		return p, errNoSuchErrand
	}
	plain, stale, err := o.a.current(o.a.world.Now()).rest.open(errandPlace(row), row.Sealed)
	if err != nil {
		return p, err
	}
	p.stale = stale
	return p, json.Unmarshal(plain, p)
}

func errandPlace(row Errand) string { return "errand\x00" + row.Kind + "\x00" + row.ID }

// try gives the tokens of a promise back, once.
func (o *outbox) try(ctx context.Context, p *promise) error {
	return o.settle(ctx, p, o.revoke(ctx, p))
}

// revoke asks the provider. A panic in there is an error: stored, it would stop every
// process that finds it.
func (o *outbox) revoke(ctx context.Context, p *promise) (err error) {
	r, _ := o.a.provider(p.Provider)
	revoker, ok := r.Provider.(Revoker)
	if !ok {
		return errNoSuchProvider
	}
	defer func() {
		if recover() != nil {
			o.a.stats.panics.Add(1)
			err = errRevokePanicked
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, revokeWait)
	defer cancel()
	if d, ok := revoker.(Departer); ok && p.Leaving {
		return d.SignedOut(ctx, o.a.world, p.Tokens)
	}
	return revoker.Revoke(ctx, o.a.world, p.Tokens)
}

// settle does with a promise what follows from an attempt. It returns err, told.
func (o *outbox) settle(ctx context.Context, p *promise, err error) error {
	ended := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWait)
	defer cancel()
	who := []any{"provider", p.Provider}
	switch {
	case err == nil:
		o.drop(ctx, p)
		return nil
	case isFinal(err):
		o.a.log.Warn("tokens not revoked: the provider does not take them", append(who, "error", loggable(err))...)
		o.drop(ctx, p)
	case o.store == nil:
		o.a.log.Warn("tokens not revoked", append(who, "error", loggable(err))...)
	case ended:
		// It was cut short, so nothing is known. After errandHold it is anybody's.
	case !o.a.world.Now().Before(p.row.Until):
		o.a.log.Error("tokens not revoked: given up", who...)
		o.drop(ctx, p)
	default:
		o.postpone(ctx, p, err)
		return fmt.Errorf("signet: tokens of %s not revoked, and tried again until %s: %w",
			p.Provider, p.row.Until.UTC().Format(time.DateTime+" MST"), err)
	}
	return fmt.Errorf("signet: tokens of %s not revoked: %w", p.Provider, err)
}

// postpone puts a promise back for another try, with the newest key.
func (o *outbox) postpone(ctx context.Context, p *promise, err error) {
	p.row.Tries++
	p.row.Due = o.a.world.Now().Add(errandPause(p.row.Tries))
	if p.row.Due.After(p.row.Until) {
		p.row.Due = p.row.Until // the last try
	}
	o.tell(p, err)
	if p.stale {
		err = o.seal(p)
	} else {
		err = nil
	}
	if err == nil {
		err = o.store.PutErrand(ctx, p.row)
	}
	if err != nil {
		o.a.log.Warn("an errand cannot be put off, and will be tried sooner", "error", err)
	}
}

// tell logs why a promise has to wait: what is missing here once, a failure the first time.
func (o *outbox) tell(p *promise, err error) {
	switch {
	case errors.Is(err, errNoSuchProvider), errors.Is(err, errNoSuchErrand), errors.Is(err, errVault):
		o.mu.Lock()
		said := o.missing[p.Provider]
		o.missing[p.Provider] = true
		o.mu.Unlock()
		if !said {
			o.a.log.Warn("errands wait for what is not configured here", "provider", p.Provider, "error", err)
		}
	case p.row.Tries == 1:
		o.a.log.Warn("tokens not revoked, trying again", "provider", p.Provider, "error", loggable(err))
	default:
		o.a.log.Debug("tokens not revoked, trying again", "provider", p.Provider, "tries", p.row.Tries)
	}
}

func (o *outbox) drop(ctx context.Context, p *promise) {
	if o.store == nil {
		return
	}
	if err := o.store.DropErrand(ctx, p.row.ID); err != nil {
		o.a.log.Warn("an errand cannot be forgotten, and will be done again", "provider", p.Provider, "error", err)
	}
}

// errandPause is how long to wait after so many tries.
func errandPause(tries int) time.Duration {
	pause := errandFirst
	for range min(tries, 16) - 1 {
		pause = min(2*pause, errandLast)
	}
	return pause
}

// isFinal tells whether a provider would say the same again: the grant is over, or it has
// refused. An error that cannot tell is of an outage (RFC 7009 section 2.2.1).
func isFinal(err error) bool {
	var said interface{ Outage() bool }
	return errors.Is(err, ErrEnded) || errors.As(err, &said) && !said.Outage()
}

// loggable is what a log may show of an error. Those that tell an outage hold no token;
// what others hold, the address of a call for one, nobody knows.
func loggable(err error) string {
	var said interface {
		error
		Outage() bool
	}
	switch {
	case errors.As(err, &said):
		return said.Error()
	case errors.Is(err, ErrEnded):
		return ErrEnded.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded.Error()
	case errors.Is(err, errRevokePanicked):
		return errRevokePanicked.Error()
	}
	return "not shown, it may hold a secret"
}
