package token

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// maxTries is how many calls may be made with one refresh token of which nobody knows the
// answer: the first, and the declared retry.
const maxTries = 2

// lead asks the provider, if it is this attempt that may. r is live, or its leader is dead. The
// error wraps ErrStale where somebody else wrote the record: then it has to be read again.
//
// It goes on when the flight has no more time: each of its steps has an end of its own.
func (k *Keeper) lead(ctx context.Context, f *flight, r Record) (Record, error) {
	ctx = context.WithoutCancel(ctx)
	by := rand.Text()
	f.by = ""
	var cause error
	for r.Tries < maxTries {
		asked := r
		asked.State, asked.By = Asked, by
		asked.Tries++
		asked.Beat++
		var err error
		if r, err = k.claim(ctx, f, asked); err != nil {
			return asked, err
		}
		f.by = by
		if r.Tries > 1 { // told once the claim is won: who lost it calls nobody
			k.report(Event{Kind: Retried, Key: f.key, Err: cause})
		}
		o := k.call(ctx, f, &r)
		switch o.fate {
		case came:
			return k.take(ctx, f, r, o)
		case over:
			return k.finish(ctx, f, r, o)
		case untouched:
			return k.giveBack(ctx, f, r, o)
		}
		cause = o.err
	}
	return k.lose(ctx, f, r, cause)
}

// claim marks the record before the call is made. A write of which nobody knows whether it
// succeeded is looked up: taken for a failure it would look like a leader that died, and cost
// the one retry there is.
func (k *Keeper) claim(ctx context.Context, f *flight, asked Record) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	r, err := k.Place.Save(ctx, f.key, asked)
	if err == nil || errors.Is(err, ErrStale) || errors.Is(err, ErrNone) {
		return r, err
	}
	r, again := k.Place.Load(ctx, f.key)
	if again == nil && r.State == Asked && r.By == asked.By && r.Tries == asked.Tries {
		return r, nil
	}
	return asked, err
}

// An outcome is how a call went.
type outcome struct {
	fate fate
	set  Set
	err  error
	took time.Duration
}

// call asks the provider once. While that takes long the record shows that the leader lives;
// r follows it.
func (k *Keeper) call(ctx context.Context, f *flight, r *Record) outcome {
	begun := time.Now()
	answer := make(chan outcome, 1)
	go func(old Set) { answer <- k.try(ctx, f.how, old) }(r.Set)
	beat := time.NewTicker(min(time.Second, k.lease()/4))
	defer beat.Stop()
	// One who does not heed the end of his context is left alone.
	late := time.NewTimer(k.timeout() + time.Second)
	defer late.Stop()
	lost := false
	for {
		select {
		case o := <-answer:
			o.took = time.Since(begun)
			return o
		case <-late.C:
			return outcome{fate: unknown, err: context.DeadlineExceeded, took: time.Since(begun)}
		case <-beat.C:
			lost = lost || !k.beat(ctx, f, r)
		}
	}
}

// beat shows that the leader lives. It is false when another leads now, or the row is gone; a
// place that is out of order may be back for the next beat.
func (k *Keeper) beat(ctx context.Context, f *flight, r *Record) bool {
	ctx, cancel := context.WithTimeout(ctx, k.lease())
	defer cancel()
	next := *r
	next.Beat++
	saved, err := k.Place.Save(ctx, f.key, next)
	switch {
	case err == nil:
		*r = saved
	case errors.Is(err, ErrStale):
		saved, mine := k.mine(ctx, f)
		if mine {
			*r = saved
		}
		return mine
	}
	return !errors.Is(err, ErrNone)
}

// mine tells whether this flight leads still, though the version is another: a place may keep
// more in its row than the record.
func (k *Keeper) mine(ctx context.Context, f *flight) (Record, bool) {
	r, err := k.Place.Load(ctx, f.key)
	return r, err == nil && r.State == Asked && r.By == f.by
}

// try runs how with a deadline and a trace, and judges what came of it.
func (k *Keeper) try(ctx context.Context, how Refresh, old Set) (o outcome) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	ctx, traced := withTrace(ctx)
	defer func() {
		// It runs in a goroutine of ours, where a panic would end the process instead of
		// one request. What it was about may hold a token.
		if v := recover(); v != nil {
			o = outcome{fate: unknown, err: fmt.Errorf("token: the refresh function panicked (%T)", v)}
		} else if o.fate == 0 { // runtime.Goexit
			o = outcome{fate: unknown, err: errGone}
		}
	}()
	set, err := how(ctx, old)
	switch {
	case err == nil && set.Access == "":
		return outcome{fate: untouched, err: errEmpty}
	case err == nil:
		return outcome{fate: came, set: old.Merge(set)}
	case errors.Is(err, ErrEnded):
		return outcome{fate: over, err: &failure{err, old}}
	}
	return outcome{fate: traced.fate(err), err: &failure{err, old}}
}

var (
	errEmpty     = errors.New("token: the answer to the refresh has no access token")
	errStillborn = errors.New("token: the new access token had expired when it came")
)

// A failure is the error of a Refresh. Its text has neither URL nor token in it.
type failure struct {
	cause error
	old   Set
}

func (e *failure) Error() string {
	text := e.cause.Error()
	var u *url.Error
	if errors.As(e.cause, &u) { // some send their secrets in the query
		text = strings.ReplaceAll(text, u.URL, "…")
	}
	for _, secret := range []string{e.old.Refresh, e.old.Access, e.old.ID} {
		if secret != "" {
			text = strings.NewReplacer(secret, "…", url.QueryEscape(secret), "…").Replace(text)
		}
	}
	return "token: refresh: " + text
}

func (e *failure) Unwrap() error { return e.cause }

// Format keeps the old tokens out of %+v and the like.
func (e *failure) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.Error()) }

// take stores the new tokens.
func (k *Keeper) take(ctx context.Context, f *flight, r Record, o outcome) (Record, error) {
	next := r
	next.Set, next.Since, next.State = o.set, k.now(), Live
	next.Generation++
	next.Tries, next.By, next.Beat = 0, "", 0
	saved, err := k.persist(ctx, f, next)
	if errors.Is(err, ErrStale) {
		saved, err = k.rescue(ctx, f, r, next)
	}
	if err != nil {
		return r, err
	}
	f.renewed = true
	k.report(Event{Kind: Refreshed, Key: f.key, Took: o.took})
	if !saved.alive(k.now()) {
		// Its end is by another clock. Each caller would ask for another one.
		f.renewed = false
		k.rest(f.key, errStillborn)
	}
	return saved, nil
}

// rescue is for new tokens that came while the leader was taken for dead. Whoever took over has
// the word: what he brings is used, and this answer is refused. But where he too has died, or
// ended in doubt, this is the answer that everybody missed. The error is ErrStale unless it was
// written.
func (k *Keeper) rescue(ctx context.Context, f *flight, old, next Record) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	for {
		r, err := k.load(ctx, f)
		for moved := true; moved && err == nil && r.State == Asked && r.Generation == old.Generation; {
			r, moved, err = k.watch(ctx, f, r)
		}
		switch {
		case err != nil:
			return old, err
		case r.State == Ended, r.Generation != old.Generation,
			r.Set.Refresh != old.Set.Refresh, r.Set.Access != old.Set.Access:
			return r, ErrStale
		}
		next.Version, next.Ref = r.Version, r.Ref
		if r, err = k.persist(ctx, f, next); !errors.Is(err, ErrStale) {
			return r, err
		}
	}
}

// finish is for a provider that says the grant is over. On a retry that may be the answer to a
// refresh token used up by the first call, whose answer is lost.
func (k *Keeper) finish(ctx context.Context, f *flight, r Record, o outcome) (Record, error) {
	if r.Tries > 1 {
		return k.lose(ctx, f, r, o.err)
	}
	r.State, r.By, r.Beat = Ended, "", 0
	// Where somebody has written newer tokens meanwhile, this is refused and those are used.
	saved, err := k.persist(ctx, f, r)
	if err != nil {
		return r, err
	}
	k.report(Event{Kind: GrantEnded, Key: f.key, Err: o.err})
	return saved, o.err
}

// giveBack is for a call that spent nothing: the record is live as before.
func (k *Keeper) giveBack(ctx context.Context, f *flight, r Record, o outcome) (Record, error) {
	k.report(Event{Kind: Failed, Key: f.key, Took: o.took, Err: o.err})
	k.rest(f.key, o.err)
	r.State, r.By, r.Beat = Live, "", 0
	r.Tries--
	saved, err := k.persist(ctx, f, r)
	if err != nil {
		return r, err
	}
	return saved, o.err
}

// lose says that nobody knows whether the grant lives. The record stays, and so does the
// session.
func (k *Keeper) lose(ctx context.Context, f *flight, r Record, cause error) (Record, error) {
	r.State, r.By, r.Beat = InDoubt, "", 0
	saved, err := k.persist(ctx, f, r)
	if err != nil {
		return r, err
	}
	k.report(Event{Kind: Lost, Key: f.key, Err: cause})
	if cause == nil {
		return saved, ErrInDoubt
	}
	// The cause may be ErrEnded, which this is not.
	return saved, fmt.Errorf("%w (%v)", ErrInDoubt, cause)
}

// persist writes what the provider answered, again and again while the place is out of order:
// what it says is nowhere else.
func (k *Keeper) persist(ctx context.Context, f *flight, r Record) (Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.timeout())
	defer cancel()
	for wait := firstPoll; ; wait = min(2*wait, time.Second) {
		f.read = time.Now()
		saved, err := k.Place.Save(ctx, f.key, r)
		if errors.Is(err, ErrStale) {
			now, mine := k.mine(ctx, f)
			if !mine {
				return r, err
			}
			r.Version, r.Ref = now.Version, now.Ref
			continue
		}
		if err == nil || errors.Is(err, ErrNone) {
			return saved, err
		}
		k.report(Event{Kind: WriteFailed, Key: f.key, Err: err})
		if sleep(ctx, wait) != nil {
			return r, err
		}
	}
}
