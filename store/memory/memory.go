// Package memory keeps users, accounts, sessions, tickets, errands and revocations in memory.
//
// It serves tests, trials and programs that may forget everything when they stop. Nothing
// is written anywhere and nothing is shared between processes: two of them would not see
// each other's sign-outs. Package store/sqlite is the one that remembers.
//
// Everything grows until it is swept; the package starts no goroutine of its own.
package memory

import (
	"sync"

	"github.com/signet-auth/signet"
)

// A Store keeps everything in memory. Its methods may be called from several goroutines.
// It hands out copies and keeps copies: what a caller does to a slice afterwards changes
// nothing here. Contexts are looked at before anything is done; no call but
// [Store.Since] waits.
type Store struct {
	mu      sync.Mutex // guards all but sessions, which it guards against other writers
	users   map[string]signet.User
	byEmail map[string]string // folded address → ID
	account map[accountKey]signet.Account
	ofUser  map[string]map[signet.SessionID]bool
	news    feed

	// sessions is read without a lock: each request asks for one session, and must not
	// queue behind a sign-in. Rows in it are never changed, only replaced.
	sessions sync.Map // SessionID → *signet.SessionRow

	tickets tickets
	errands errands
}

var (
	_ signet.UserStore      = (*Store)(nil)
	_ signet.UserLister     = (*Store)(nil)
	_ signet.AccountStore   = (*Store)(nil)
	_ signet.SessionStore   = (*Store)(nil)
	_ signet.SessionLister  = (*Store)(nil)
	_ signet.SessionFinder  = (*Store)(nil)
	_ signet.SessionSweeper = (*Store)(nil)
	_ signet.Feed           = (*Store)(nil)
	_ signet.TicketStore    = (*Store)(nil)
	_ signet.ErrandStore    = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	return &Store{
		users:   map[string]signet.User{},
		byEmail: map[string]string{},
		account: map[accountKey]signet.Account{},
		ofUser:  map[string]map[signet.SessionID]bool{},
		news:    feed{changed: make(chan struct{})},
		tickets: tickets{m: map[string]*ticket{}},
		errands: errands{m: map[string]signet.Errand{}},
	}
}

// Stores returns s in every part.
func (s *Store) Stores() signet.Stores {
	return signet.Stores{Users: s, Accounts: s, Sessions: s, Tickets: s, Counters: s, Errands: s}
}
