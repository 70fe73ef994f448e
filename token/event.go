package token

import (
	"fmt"
	"log/slog"
	"time"
)

// A Kind is a sort of [Event].
type Kind string

const (
	Refreshed   Kind = "refreshed"    // new tokens came and are stored
	Retried     Kind = "retried"      // a refresh whose answer is not known is tried once more
	Lost        Kind = "lost"         // the record is in doubt from now on
	GrantEnded  Kind = "grant-ended"  // the provider said that the grant is over
	Failed      Kind = "failed"       // the provider could not be asked, or gave an error; nothing is spent
	StaleWrite  Kind = "stale-write"  // a write was refused, as somebody else was faster
	TakenOver   Kind = "taken-over"   // a leader of another process is taken for dead
	Served      Kind = "served"       // a flight has ended; Waiters tells for how many
	WriteFailed Kind = "write-failed" // the place could not be written; it is tried again
)

// An Event is something that happened to one key. It prints without the key, which may be
// worth something where it names a session.
type Event struct {
	Kind    Kind
	Key     string
	Waiters int           // of Served: how many got the result
	Took    time.Duration // of Refreshed and Failed: how long the provider needed
	Err     error         // why, where there is a reason; holds no token
}

// String tells what happened.
func (e Event) String() string {
	s := string(e.Kind)
	if e.Waiters > 0 {
		s += fmt.Sprintf(" (%d waited)", e.Waiters)
	}
	if e.Took > 0 {
		s += fmt.Sprintf(" after %s", e.Took.Round(time.Millisecond))
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// GoString is String.
func (e Event) GoString() string { return e.String() }

// Format writes String for every verb.
func (e Event) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.String()) }

// LogValue is String for log/slog.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

func (k *Keeper) report(e Event) {
	if k.Report != nil {
		k.Report(e)
	}
}
