package storetest_test

import (
	"context"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
	"github.com/signet-auth/signet/store/storetest"
)

func Example() {
	// In a file store_test.go beside a store of your own:
	_ = func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) signet.Stores {
			return memory.New().Stores() // yours, with nothing in it
		})
	}
	// Output:
}

// broken are stores with one fault each, and the test of the suite that has to find it.
// A suite that passes everything would be worth nothing.
var broken = map[string]struct {
	finds string
	make  func(s *memory.Store) signet.Stores
}{
	"users: a stale update wins": {
		"users/an_update_of_an_old_version_changes_nothing",
		func(s *memory.Store) signet.Stores { return withUsers(s, staleWins{s}) },
	},
	"users: the address is compared as typed": {
		"users/a_user_is_found_by_any_spelling",
		func(s *memory.Store) signet.Stores { return withUsers(s, exactEmail{s}) },
	},
	"users: the user stays when the account is taken": {
		"users_with_accounts/an_account_that_is_taken_leaves_no_user",
		func(s *memory.Store) signet.Stores { return withUsers(s, halfUser{s}) },
	},
	"users: disabling moves no epoch": {
		"feed_of_users/disabling_is_told_with_an_epoch_that_ends_every_session_made_before",
		func(s *memory.Store) signet.Stores { return withSessions(s, sameEpoch{s}) },
	},
	"users: a group taken away moves no epoch": {
		"users_with_sessions/taking_a_group_away_ends_all_sessions_of_the_user",
		func(s *memory.Store) signet.Stores { return withUsers(s, keepsRights{s}) },
	},
	"sessions: a handle is found in any letter case": {
		"finding_sessions/a_session_is_found_by_its_handle",
		func(s *memory.Store) signet.Stores { return withSessions(s, looseHandles{s}) },
	},
	"sessions: a page begins with the last of the page before": {
		"finding_sessions/all_sessions_are_listed,_page_by_page",
		func(s *memory.Store) signet.Stores { return withSessions(s, stutters{s}) },
	},
	"feed: the end of a user's sessions is not told of the user": {
		"feed/the_end_of_a_user's_sessions_is_told_of_the_user_too",
		func(s *memory.Store) signet.Stores { return withSessions(s, rowByRow{s}) },
	},
	"users: a deleted user's sessions live on": {
		"users_with_sessions/deleting_ends_all_sessions_of_the_user",
		func(s *memory.Store) signet.Stores { return withSessions(s, undead{s, newGraves()}) },
	},
	"sessions: a late renewal brings a session back": {
		"sessions/a_renewal_that_comes_late_cannot_bring_a_session_back",
		func(s *memory.Store) signet.Stores { return withSessions(s, revived{s}) },
	},
	"sessions: the old one outlives the new one": {
		"sessions/a_new_session_ends_the_old_one",
		func(s *memory.Store) signet.Stores { return withSessions(s, keepsOld{s}) },
	},
	"sessions: rows are shared": {
		"sessions/what_the_caller_does_to_its_bytes_changes_nothing",
		func(s *memory.Store) signet.Stores { return withSessions(s, sharing{s, &sync.Map{}}) },
	},
	"sessions: whole seconds only": {
		"sessions/a_session_is_kept_with_every_field",
		func(s *memory.Store) signet.Stores { return withSessions(s, seconds{s}) },
	},
	"feed: an end without a row is not told": {
		"feed/a_session_that_ends_is_told",
		func(s *memory.Store) signet.Stores { return withSessions(s, rowsOnly{s}) },
	},
	"feed: it does not wait": {
		"feed/the_first_call_returns_at_once",
		func(s *memory.Store) signet.Stores { return withSessions(s, hasty{s}) },
	},
	"feed: a place is lost": {
		"swept_feed/a_sweep_of_everything_loses_nobody's_place",
		func(s *memory.Store) signet.Stores { return withSessions(s, forgetful{s, &sync.Map{}}) },
	},
	"tickets: look first, remove later": {
		"tickets/of_500_parallel_uses_of_one_ticket_one_wins",
		func(s *memory.Store) signet.Stores { return withTickets(s, lookFirst{s}) },
	},
	"tickets: every loser hears of himself": {
		"tickets/of_500_parallel_uses_of_one_ticket_one_wins",
		func(s *memory.Store) signet.Stores { return withTickets(s, ownAfter{s}) },
	},
	"tickets: forgotten as soon as they expire": {
		"tickets/a_spent_ticket_is_remembered_until_the_later_of_two_moments",
		func(s *memory.Store) signet.Stores { return withTickets(s, noUntil{s}) },
	},
	"tickets: looking takes a use": {
		"tickets/looking_takes_nothing",
		func(s *memory.Store) signet.Stores { return withTickets(s, greedy{s}) },
	},
	"errands: look first, put off later": {
		"errands/of_40_parallel_takers_each_errand_has_one",
		func(s *memory.Store) signet.Stores { return withErrands(s, shared{s}) },
	},
	"errands: nobody else ever has one that was taken": {
		"errands/an_errand_that_was_taken_is_out_of_sight_until_the_hold_is_over",
		func(s *memory.Store) signet.Stores { return withErrands(s, lost{s}) },
	},
	"errands: the first one stays": {
		"errands/an_errand_takes_the_place_of_the_one_of_its_ID",
		func(s *memory.Store) signet.Stores { return withErrands(s, stubborn{s, &sync.Map{}}) },
	},
	"errands: given up by the store": {
		"errands/an_errand_is_still_there_after_the_moment_to_give_up",
		func(s *memory.Store) signet.Stores { return withErrands(s, impatient{s}) },
	},
}

const which = "SIGNET_STORETEST_BROKEN"

// TestSuiteFindsFaults runs the suite on each broken store in a process of its own, since a
// failed test cannot be taken back.
func TestSuiteFindsFaults(t *testing.T) {
	for name, c := range broken {
		t.Run(name, func(t *testing.T) {
			group, test, _ := strings.Cut(c.finds, "/")
			cmd := exec.Command(os.Args[0], "-test.run=^TestBroken$/^"+group+"$/^"+test, "-test.v")
			cmd.Env = append(os.Environ(), which+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+c.finds) {
				t.Fatalf("not found: %v\n%s", err, out)
			}
		})
	}
}

// TestBroken is the suite for [TestSuiteFindsFaults], and without it for the store that
// the broken ones are made of.
func TestBroken(t *testing.T) {
	storetest.Run(t, func(*testing.T) signet.Stores {
		s := memory.New()
		if c, is := broken[os.Getenv(which)]; is {
			return c.make(s)
		}
		return s.Stores()
	})
}

// TestPartsAreOptional: stores that do little are tested for what they do.
func TestPartsAreOptional(t *testing.T) {
	for name, part := range map[string]func(signet.Stores) signet.Stores{
		"nothing":  func(signet.Stores) signet.Stores { return signet.Stores{} },
		"users":    func(s signet.Stores) signet.Stores { return signet.Stores{Users: plainUsers{s.Users}} },
		"sessions": func(s signet.Stores) signet.Stores { return signet.Stores{Sessions: plainSessions{s.Sessions}} },
		"counters": func(s signet.Stores) signet.Stores { return signet.Stores{Counters: s.Counters} },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(*testing.T) signet.Stores { return part(memory.New().Stores()) })
		})
	}
}

// plainUsers and plainSessions hide what is optional.
type (
	plainUsers    struct{ signet.UserStore }
	plainSessions struct{ signet.SessionStore }
)

func withUsers(s *memory.Store, u signet.UserStore) signet.Stores {
	all := s.Stores()
	all.Users = u
	return all
}

func withSessions(s *memory.Store, x signet.SessionStore) signet.Stores {
	all := s.Stores()
	all.Sessions = x
	return all
}

func withTickets(s *memory.Store, x signet.TicketStore) signet.Stores {
	all := s.Stores()
	all.Tickets = x
	return all
}

type staleWins struct{ *memory.Store }

func (s staleWins) UpdateUser(ctx context.Context, u signet.User) (signet.User, error) {
	if now, err := s.User(ctx, signet.By{ID: u.ID}); err == nil {
		u.Version = now.Version
	}
	return s.Store.UpdateUser(ctx, u)
}

type exactEmail struct{ *memory.Store }

func (s exactEmail) User(ctx context.Context, by signet.By) (signet.User, error) {
	u, err := s.Store.User(ctx, by)
	if err == nil && by.ID == "" && u.Email != by.Email {
		return signet.User{}, signet.ErrNotFound
	}
	return u, err
}

type halfUser struct{ *memory.Store }

func (s halfUser) CreateUser(ctx context.Context, u signet.User, first *signet.Account) (signet.User, error) {
	u, err := s.Store.CreateUser(ctx, u, nil)
	if err == nil && first != nil {
		a := *first
		a.UserID, a.Version = u.ID, 0
		_, err = s.SaveAccount(ctx, a)
	}
	return u, err
}

// sameEpoch tells the truth about everything but the epoch that disabling needs.
type sameEpoch struct{ *memory.Store }

func (s sameEpoch) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	news, next, err := s.Store.Since(ctx, cursor)
	for i := range news {
		if news[i].Epoch > 0 && news[i].Epoch < math.MaxInt64 {
			news[i].Epoch--
		}
	}
	return news, next, err
}

// keepsRights forgets for a moment that the user had other groups.
type keepsRights struct{ *memory.Store }

func (s keepsRights) UpdateUser(ctx context.Context, u signet.User) (signet.User, error) {
	old, err := s.User(ctx, signet.By{ID: u.ID})
	if err != nil || old.Version != u.Version {
		return s.Store.UpdateUser(ctx, u)
	}
	wanted := u.Groups
	u.Groups = append(wanted[:len(wanted):len(wanted)], old.Groups...)
	return s.Store.UpdateUser(ctx, u)
}

type looseHandles struct{ *memory.Store }

func (s looseHandles) SessionByHandle(ctx context.Context, handle string) (signet.SessionRow, error) {
	all, _ := s.AllSessions(ctx, 0, 1000)
	for _, row := range all {
		if strings.EqualFold(row.Handle, handle) {
			return row, nil
		}
	}
	return signet.SessionRow{}, signet.ErrNotFound
}

type stutters struct{ *memory.Store }

func (s stutters) AllSessions(ctx context.Context, after signet.SessionID, limit int) ([]signet.SessionRow, error) {
	if after != 0 {
		after--
	}
	return s.Store.AllSessions(ctx, after, limit)
}

// rowByRow ends what it finds, and what it does not find lives on.
type rowByRow struct{ *memory.Store }

func (s rowByRow) EndSessions(ctx context.Context, e signet.Ending) ([]signet.SessionID, error) {
	if e.ID != 0 {
		return s.Store.EndSessions(ctx, e)
	}
	rows, err := s.SessionsOf(ctx, e.UserID)
	var ended []signet.SessionID
	for _, row := range rows {
		if row.ID != e.Except {
			ended = append(ended, row.ID)
			_, err = s.Store.EndSessions(ctx, signet.Ending{ID: row.ID, At: e.At})
		}
	}
	return ended, err
}

// undead keeps rows that were taken away behind its back.
type undead struct {
	*memory.Store
	rows *sync.Map
}

func newGraves() *sync.Map { return &sync.Map{} }

func (s undead) CreateSession(ctx context.Context, row signet.SessionRow, old signet.SessionID) error {
	err := s.Store.CreateSession(ctx, row, old)
	if err == nil {
		s.rows.Store(row.ID, row)
	}
	return err
}

func (s undead) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	if row, found := s.rows.Load(id); found {
		return row.(signet.SessionRow), nil
	}
	return s.Store.Session(ctx, id)
}

type revived struct{ *memory.Store }

func (s revived) UpdateSession(ctx context.Context, row signet.SessionRow) error {
	if _, err := s.Session(ctx, row.ID); err != nil {
		return s.CreateSession(ctx, row, 0)
	}
	return s.Store.UpdateSession(ctx, row)
}

type keepsOld struct{ *memory.Store }

func (s keepsOld) CreateSession(ctx context.Context, row signet.SessionRow, _ signet.SessionID) error {
	return s.Store.CreateSession(ctx, row, 0)
}

type sharing struct {
	*memory.Store
	rows *sync.Map
}

func (s sharing) CreateSession(ctx context.Context, row signet.SessionRow, old signet.SessionID) error {
	s.rows.Store(row.ID, row.Claims)
	return s.Store.CreateSession(ctx, row, old)
}

func (s sharing) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	row, err := s.Store.Session(ctx, id)
	if claims, found := s.rows.Load(id); found && row.Version == 1 {
		row.Claims = claims.([]byte)
	}
	return row, err
}

type seconds struct{ *memory.Store }

func (s seconds) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	row, err := s.Store.Session(ctx, id)
	row.Expires = row.Expires.Truncate(time.Second)
	return row, err
}

type rowsOnly struct{ *memory.Store }

func (s rowsOnly) EndSessions(ctx context.Context, e signet.Ending) ([]signet.SessionID, error) {
	if e.ID != 0 {
		if _, err := s.Session(ctx, e.ID); err != nil {
			return []signet.SessionID{e.ID}, nil
		}
	}
	return s.Store.EndSessions(ctx, e)
}

type hasty struct{ *memory.Store }

func (s hasty) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	now, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	news, next, err := s.Store.Since(now, cursor)
	if now.Err() != nil && ctx.Err() == nil {
		return nil, cursor, nil
	}
	return news, next, err
}

// forgetful numbers the news anew after a sweep.
type forgetful struct {
	*memory.Store
	swept *sync.Map
}

func (s forgetful) SweepSessions(ctx context.Context, expired, revoked time.Time) (int, error) {
	s.swept.Store("swept", true)
	return s.Store.SweepSessions(ctx, expired, revoked)
}

func (s forgetful) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	news, next, err := s.Store.Since(ctx, cursor)
	if _, swept := s.swept.Load("swept"); swept && cursor != "" {
		news = nil // their numbers were given out before
	}
	return news, next, err
}

// lookFirst is the mistake that Consume exists to prevent.
type lookFirst struct{ *memory.Store }

func (s lookFirst) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	look := u
	look.Look = true
	taken, err := s.Store.Consume(ctx, key, look)
	if err != nil || u.Look {
		return taken, err
	}
	time.Sleep(time.Millisecond)
	_, _ = s.Store.Consume(ctx, key, u)
	taken.Left--
	return taken, nil
}

type ownAfter struct{ *memory.Store }

func (s ownAfter) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	taken, err := s.Store.Consume(ctx, key, u)
	if err != nil {
		taken.After = u.After
	}
	return taken, err
}

type noUntil struct{ *memory.Store }

func (s noUntil) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	u.Until = time.Time{}
	return s.Store.Consume(ctx, key, u)
}

type greedy struct{ *memory.Store }

func (s greedy) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	u.Look = false
	return s.Store.Consume(ctx, key, u)
}
