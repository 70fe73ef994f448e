package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A State tells how far a refresh has come.
type State string

const (
	Live    State = ""         // the tokens are the newest that anybody knows of
	Asked   State = "asked"    // the provider is being asked for new ones, or whoever asked has died
	InDoubt State = "in-doubt" // the provider may have given new tokens, and nobody has them
	Ended   State = "ended"    // the provider said that the grant is over, or we did
)

// A Record is what a [Place] keeps of one grant. It prints without its tokens.
type Record struct {
	// Version is the place's own and grows with each Save; zero means that nothing is stored.
	Version int64

	// Ref is the place's own name of the row, handed back to it by Save. Nobody else reads it.
	Ref string

	Set        Set
	Since      time.Time // when Set came: with Set.Expires it tells the life of the access token
	Generation int64     // grows by one with each new Set

	State State

	// Tries counts the calls made with this refresh token of which nobody knows the answer.
	Tries int

	// By is the random name of the attempt that leads while State is [Asked]; Beat grows while
	// it lives.
	By   string
	Beat int64
}

// String tells what there is, and none of the tokens.
func (r Record) String() string {
	state := r.State
	if state == Live {
		state = "live"
	}
	return fmt.Sprintf("record (version %d, generation %d, %s, tries %d, %s)", r.Version, r.Generation, state, r.Tries, r.Set)
}

// GoString is String.
func (r Record) GoString() string { return r.String() }

// Format writes String for every verb.
func (r Record) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }

// LogValue is String for log/slog.
func (r Record) LogValue() slog.Value { return slog.StringValue(r.String()) }

// alive tells whether the access token has not expired yet. One without a named end has not.
func (r *Record) alive(now time.Time) bool {
	return r.Set.Access != "" && (r.Set.Expires.IsZero() || now.Before(r.Set.Expires))
}

// renewable tells whether there is something to ask for new tokens with.
func (r *Record) renewable(now time.Time, how Refresh) bool {
	return how != nil && r.Set.Refresh != "" && (r.Set.RefreshExpires.IsZero() || now.Before(r.Set.RefreshExpires))
}

// A Place keeps records. Its methods are called from several goroutines, and several
// processes may share what is behind it.
//
// Compare-and-swap is all that is asked of it. A lease would need a clock that every process
// trusts; here who waits counts by its own clock how long a record has stood still, so that
// processes whose clocks differ cannot cut each other short.
type Place interface {
	// Load returns the record of a key, or an error that wraps [ErrNone].
	Load(ctx context.Context, key string) (Record, error)

	// Save writes r where r.Version is the version stored, and returns it with its new
	// Version. A zero Version stores it where nothing is. The error wraps [ErrStale] where
	// another version is stored, and [ErrNone] where the row is gone: a late refresh must not
	// bring back what was unlinked or deleted. When Save returns, r is durable.
	Save(ctx context.Context, key string, r Record) (Record, error)
}

// A Refresh asks the provider for new tokens. Its error wraps [ErrEnded] where the provider
// says that the grant is over (invalid_grant). It uses old.Refresh in one request at most, and
// passes ctx on to it: its deadline, and the trace that finds out whether the request went out.
//
// It may be called after whoever gave it to a [Keeper] has gone, so it holds nothing that ends
// with a request.
type Refresh func(ctx context.Context, old Set) (Set, error)

var (
	// ErrEnded: the grant is over, and only the user can give another.
	ErrEnded = errors.New("token: the grant is over")

	// ErrInDoubt: the provider may have given new tokens that never arrived. The session is as
	// good as before; the user has to connect the provider again.
	ErrInDoubt = errors.New("token: the grant may be lost, the provider has to be connected again")

	// ErrExpired: the access token is over, and there is nothing to get another with.
	ErrExpired = errors.New("token: the access token is over and cannot be renewed")

	// ErrNone: there is no record under this key.
	ErrNone = errors.New("token: nothing is kept under this key")

	// ErrStale: the record was written by somebody else meanwhile.
	ErrStale = errors.New("token: the record has changed meanwhile")

	// ErrClosed: the keeper begins no more refreshes.
	ErrClosed = errors.New("token: the keeper is closed")
)
