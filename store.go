package signet

import (
	"context"
	"errors"
	"time"
)

// What stores answer. They may be wrapped.
var (
	// ErrNotFound: there is no such row, or no longer.
	ErrNotFound = errors.New("signet: not found")

	// ErrTaken: the e-mail address or the account belongs to somebody already.
	ErrTaken = errors.New("signet: already taken")

	// ErrStale: the row has changed since it was read.
	ErrStale = errors.New("signet: changed by somebody else meanwhile")

	// ErrSpent: a one-time value was used before, or a counter has run out.
	ErrSpent = errors.New("signet: used up")
)

// Stores are the places where Signet keeps what must outlive a request. Every member may
// be nil; [New] says what does not work without it. One type usually serves all of them.
// All methods may be called from several goroutines.
type Stores struct {
	Users    UserStore
	Accounts AccountStore
	Sessions SessionStore

	// Tickets keep one-time values and must never lose one.
	Tickets TicketStore

	// Counters keep failure budgets; losing them is a pity and no more. Nil means Tickets.
	Counters TicketStore

	// Errands keep what is still to be done at providers: tokens to be given back. Nil means
	// that it is tried once, and never again.
	Errands ErrandStore
}

// A UserStore keeps users.
type UserStore interface {
	// User looks somebody up; ErrNotFound.
	User(ctx context.Context, by By) (User, error)

	// CreateUser stores u and, when not nil, its first account: both or none. It fills in
	// an empty ID and Version 1. ErrTaken when the folded e-mail or the account exists.
	CreateUser(ctx context.Context, u User, first *Account) (User, error)

	// UpdateUser replaces the user where Version still is the stored one, and returns it
	// with its new Version; ErrStale, ErrNotFound, ErrTaken. When Epoch grows, Disabled is
	// set or one of Groups is taken away, the same transaction ends all sessions of the
	// user and feeds a revocation dated u.Updated. Where that is so and Epoch did not grow,
	// the store raises Epoch by one: sealed sessions know nothing else, and carry their
	// groups with them. Groups that are added or put in another order end nothing.
	UpdateUser(ctx context.Context, u User) (User, error)

	// DeleteUser removes the user with accounts and sessions and feeds a revocation, all
	// in one transaction; ErrNotFound.
	DeleteUser(ctx context.Context, id string, at time.Time) error
}

// A UserLister is a UserStore that can list everybody, for administration.
type UserLister interface {
	// Users returns up to limit users in the order of their IDs, starting behind after.
	Users(ctx context.Context, after string, limit int) ([]User, error)
}

// An AccountStore keeps accounts.
type AccountStore interface {
	// Account finds one by its provider and subject; ErrNotFound.
	Account(ctx context.Context, provider, subject string) (Account, error)

	// AccountsOf lists a user's accounts, oldest first.
	AccountsOf(ctx context.Context, userID string) ([]Account, error)

	// SaveAccount inserts where Version is 0 (ErrTaken) and otherwise replaces where
	// Version is the stored one (ErrStale, ErrNotFound). It returns the new Version.
	SaveAccount(ctx context.Context, a Account) (Account, error)

	// DeleteAccount removes one; ErrNotFound.
	DeleteAccount(ctx context.Context, provider, subject string) error
}

// A SessionRow is a session as a store keeps it.
type SessionRow struct {
	ID SessionID

	// Handle is the random name that people see in lists of sessions; it opens nothing.
	Handle string

	// Secret is the SHA-256 of the secret in the cookie. All zero for a stateless
	// session, whose row only serves the list and can not be opened.
	Secret [32]byte

	UserID   string
	Epoch    int64
	Provider string

	// Start is the first sign-in, AuthTime the last, Seen the last renewal, Expires the
	// end of the session if nobody visits again. All in whole seconds or finer.
	Start, AuthTime, Seen, Expires time.Time

	// Agent and Network are shown to the user: the browser's User-Agent and the address
	// it came from, both cut to 256 bytes.
	Agent, Network string

	// Claims is a JSON object.
	Claims []byte

	// Version makes an update compare-and-swap; 1 after Create.
	Version int64
}

// A SessionStore keeps sessions and remembers which were ended.
type SessionStore interface {
	// CreateSession stores row and ends the session old (0: none) in one transaction;
	// ErrTaken when the ID exists.
	CreateSession(ctx context.Context, row SessionRow, old SessionID) error

	// Session returns the row; ErrNotFound. The caller compares the secret and judges
	// the times. The row is the caller's own copy.
	Session(ctx context.Context, id SessionID) (SessionRow, error)

	// UpdateSession replaces Seen, Expires, AuthTime, Epoch, Agent, Network and Claims
	// where Version is the stored one; ErrStale. ErrNotFound once the session has ended:
	// a renewal that comes late cannot bring it back.
	UpdateSession(ctx context.Context, row SessionRow) error

	// EndSessions removes the sessions named and feeds one revocation each, in one
	// transaction that is durable when it returns. Naming a session that has no row still
	// feeds its revocation. Naming a user also feeds one of the user with Epoch 0: sessions
	// that another library sealed may have no row yet, and end by their date. It returns
	// the IDs it ended.
	EndSessions(ctx context.Context, e Ending) ([]SessionID, error)
}

// An Ending names the sessions to end: ID alone, or all of a user's but one.
type Ending struct {
	ID     SessionID
	UserID string
	Except SessionID // with UserID: the one to keep, 0 for none
	At     time.Time
}

// A SessionLister is a SessionStore that can list a user's sessions, newest first.
type SessionLister interface {
	SessionsOf(ctx context.Context, userID string) ([]SessionRow, error)
}

// A SessionFinder is a SessionStore that finds sessions without being told whose they are,
// for administration: an application may have users that no UserStore knows. Neither method
// has to be fast, and rows of sessions that have expired are among the answers.
type SessionFinder interface {
	// SessionByHandle returns the row with that handle, spelled exactly so; ErrNotFound,
	// also for "".
	SessionByHandle(ctx context.Context, handle string) (SessionRow, error)

	// AllSessions returns up to limit rows in the order of their IDs, adopted sessions
	// (negative IDs) first, starting behind after. After 0, which is no session's ID, it
	// starts at the beginning.
	AllSessions(ctx context.Context, after SessionID, limit int) ([]SessionRow, error)
}

// A SessionSweeper is a SessionStore that can forget: rows that expired before expired,
// and revocations dated before revoked. It returns how many it removed.
type SessionSweeper interface {
	SweepSessions(ctx context.Context, expired, revoked time.Time) (int, error)
}

// A Revocation is the news that one session, or every session of a user up to an epoch,
// is over.
type Revocation struct {
	Session SessionID // 0 when it is about a user
	UserID  string

	// Epoch: sessions of the user made in an earlier epoch are over. A deleted user has
	// the largest value there is.
	Epoch int64

	// At is when. A session that another library sealed for the user, and that has not
	// been written back since, knows no epoch: one from before At is over.
	At time.Time
}

// A Feed tells of revocations, also those that other processes made in the same store.
type Feed interface {
	// Since returns what happened after cursor ("" for the beginning of what is kept)
	// and the next cursor. With nothing new it blocks until there is, or until ctx ends;
	// the first call with an empty cursor returns at once. It may repeat itself but never
	// omits. News of another process arrives within a second.
	Since(ctx context.Context, cursor string) ([]Revocation, string, error)
}

// A Ticket is a value that can be used a number of times until it expires.
type Ticket struct {
	Value   []byte
	Uses    int
	Expires time.Time
}

// A Use is one attempt to consume a ticket.
type Use struct {
	Now time.Time

	// Fresh, if set, is put in place first when the key has no ticket, or an expired one.
	Fresh *Ticket

	// Look reads without consuming.
	Look bool

	// Back gives a use back that was taken before: what a counter of failures does after
	// a success. Without a live ticket it does nothing, and answers ErrNotFound. It would
	// bring a one-time value back to life.
	Back bool

	// After is stored by whoever takes the last use and handed to all who come too late, at
	// least until the moment Until, and for as long as the ticket is remembered.
	After []byte
	Until time.Time
}

// Taken is what a use found.
type Taken struct {
	Value   []byte
	Left    int // uses left after this one
	Expires time.Time
	After   []byte // with ErrSpent: what the last winner left
}

// A TicketStore keeps one-time values and counters. Consume is its one move: nothing is
// ever checked first and removed later.
type TicketStore interface {
	// Issue stores t under key, in place of any other.
	Issue(ctx context.Context, key string, t Ticket) error

	// Consume takes one use. A ticket is expired from exactly its Expires on. ErrNotFound when there is none, or only an expired one, and
	// Fresh is nil; ErrSpent when no use is left, with Value, Expires and After filled in.
	// Of parallel calls exactly as many succeed as there are uses, in all processes that
	// share the store. A spent ticket is remembered until the later of Expires and Until.
	Consume(ctx context.Context, key string, u Use) (Taken, error)

	// Sweep forgets what expired before the moment given and returns how many it forgot.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// An Errand is something to be done elsewhere, sooner or later.
type Errand struct {
	ID     string // random
	Kind   string
	Sealed []byte // what is to be done; opens for this ID and Kind only
	Tries  int    // so far

	// Due is when to try next, Until when to give up. Stores need not look at Until.
	Due, Until time.Time
}

// An ErrandStore keeps errands until they are done. No method needs to be fast.
type ErrandStore interface {
	// PutErrand stores e, in place of any other of the same ID. It is durable when it
	// returns: what the errand belongs to happens next.
	PutErrand(ctx context.Context, e Errand) error

	// TakeErrands returns up to limit errands that are due at now, or have been, those that
	// are due longest before others, and makes them due at now plus hold. It does both at
	// once: of parallel calls, in all processes that share the store, one has an errand.
	// Nobody else then has it within hold, and whoever takes one and stops loses nothing.
	TakeErrands(ctx context.Context, now time.Time, limit int, hold time.Duration) ([]Errand, error)

	// DropErrand forgets one. That there is none is no error.
	DropErrand(ctx context.Context, id string) error
}
