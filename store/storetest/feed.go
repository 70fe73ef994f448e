package storetest

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// since calls the feed when there must be news.
func since(t *testing.T, s signet.Stores, cursor string) ([]signet.Revocation, string) {
	t.Helper()
	list, next, err := feedOf(s).Since(soon(t), cursor)
	ok(t, err)
	return list, next
}

// silent fails unless Since waits at the cursor until its context ends.
func silent(t *testing.T, s signet.Stores, cursor string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	list, _, err := feedOf(s).Since(ctx, cursor)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Since = %+v, %v; want it to wait until the context ends", list, err)
	}
}

var feedCases = []testCase{
	{"the first call returns at once although there is nothing", func(t *testing.T, s signet.Stores) {
		list, cursor := since(t, s, "")
		if len(list) != 0 {
			t.Fatalf("news = %+v", list)
		}
		silent(t, s, cursor)
		end(t, s, signet.Ending{ID: 1, At: minute(1)}, 1)
		if list, _ := since(t, s, cursor); !told(list, 1, minute(1)) {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"the first call tells what was before it", func(t *testing.T, s signet.Stores) {
		for id := signet.SessionID(1); id <= 5; id++ {
			end(t, s, signet.Ending{ID: id, At: minute(int(id))}, id)
		}
		list, cursor := since(t, s, "")
		for id := signet.SessionID(1); id <= 5; id++ {
			if !told(list, id, minute(int(id))) {
				t.Fatalf("session %d is missing: %+v", id, list)
			}
		}
		silent(t, s, cursor)
	}},
	{"a session that ends is told, also one that has no row", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		end(t, s, signet.Ending{ID: -77, At: minute(6)}, -77)
		list := heard(t, s)
		if !told(list, 1, minute(5)) || !told(list, -77, minute(6)) {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"each session of a user that ends is told", func(t *testing.T, s signet.Stores) {
		for id := signet.SessionID(1); id <= 3; id++ {
			begin(t, s, laptop(id, "u1"))
		}
		end(t, s, signet.Ending{UserID: "u1", Except: 2, At: minute(5)}, 1, 3)
		list := heard(t, s)
		if !told(list, 1, minute(5)) || told(list, 2, minute(5)) || !told(list, 3, minute(5)) {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"the end of a user's sessions is told of the user too, whether there are rows or not", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(2, "u1"))
		end(t, s, signet.Ending{UserID: "u1", Except: 2, At: minute(5)})
		end(t, s, signet.Ending{UserID: "nobody", At: minute(6)})
		end(t, s, signet.Ending{ID: 2, UserID: "u2", At: minute(7)}, 2)
		list := heard(t, s)
		for id, at := range map[string]int{"u1": 5, "nobody": 6} {
			if r, found := toldUser(list, id, minute(at)); !found || r.Epoch != 0 {
				t.Fatalf("%s: news = %+v", id, list)
			}
		}
		if len(list) != 3 {
			t.Fatalf("news = %+v, want three", list)
		}
	}},
	{"a session that another replaces is told, with or without a row", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		ok(t, s.Sessions.CreateSession(t.Context(), laptop(2, "u1"), 1))
		ok(t, s.Sessions.CreateSession(t.Context(), laptop(3, "u1"), 99))
		list := heard(t, s)
		if !told(list, 1, laptop(2, "").Seen) || !told(list, 99, laptop(3, "").Seen) || len(list) != 2 {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"what fails is not told", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		begin(t, s, laptop(2, "u1"))
		wantErr(t, "create", s.Sessions.CreateSession(t.Context(), laptop(2, "u1"), 1), signet.ErrTaken)
		end(t, s, signet.Ending{At: minute(5)})
		if list := heard(t, s); len(list) != 0 {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"whoever waits is woken", func(t *testing.T, s signet.Stores) {
		_, cursor := since(t, s, "")
		news := make(chan []signet.Revocation, 3)
		for range cap(news) {
			go func() {
				list, _, err := feedOf(s).Since(soon(t), cursor)
				if err != nil {
					t.Errorf("Since: %v", err)
				}
				news <- list
			}()
		}
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		for range cap(news) {
			if list := <-news; !told(list, 1, minute(5)) {
				t.Errorf("news = %+v", list)
			}
		}
	}},
	{"waiting ends with the context", func(t *testing.T, s signet.Stores) {
		_, cursor := since(t, s, "")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, _, err := feedOf(s).Since(ctx, cursor)
			ended <- err
		}()
		cancel()
		wantErr(t, "Since", <-ended, context.Canceled)
	}},
	{"nothing is left out while many write", func(t *testing.T, s signet.Stores) {
		const writers, each = 8, 15
		_, cursor := since(t, s, "")
		go together(writers, func(i int) {
			for n := range each {
				id := signet.SessionID(1 + i*each + n)
				if _, err := s.Sessions.EndSessions(soon(t), signet.Ending{ID: id, At: minute(0)}); err != nil {
					t.Errorf("end: %v", err)
				}
			}
		})
		seen := map[signet.SessionID]bool{}
		for len(seen) < writers*each {
			var list []signet.Revocation
			list, cursor = since(t, s, cursor)
			for _, r := range list {
				seen[r.Session] = true
			}
		}
	}},
}

var userFeedCases = []testCase{
	{"a larger epoch is told, dated by the update", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Epoch, u.Updated = 8, minute(5)
		_, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		list := heard(t, s)
		if r, found := toldUser(list, u.ID, minute(5)); !found || r.Epoch != 8 {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"disabling is told with an epoch that ends every session made before, and none made later", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		before := u.Epoch
		u.Disabled, u.Updated = true, minute(5)
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		list := heard(t, s)
		r, found := toldUser(list, u.ID, minute(5))
		if !found || r.Epoch <= before || r.Epoch > got.Epoch {
			t.Fatalf("news = %+v; epoch was %d and is %d", list, before, got.Epoch)
		}
		sameUser(t, userByID(t, s, u.ID), got)
	}},
	{"disabling with a larger epoch keeps that epoch", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Disabled, u.Epoch, u.Updated = true, 9, minute(5)
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		if r, _ := toldUser(heard(t, s), u.ID, minute(5)); r.Epoch != 9 || got.Epoch != 9 {
			t.Fatalf("told epoch %d, returned %d, want 9", r.Epoch, got.Epoch)
		}
	}},
	{"a group that is taken away is told with an epoch that ends every session made before", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		before := u.Epoch
		u.Groups, u.Updated = u.Groups[1:], minute(5)
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		if r, found := toldUser(heard(t, s), u.ID, minute(5)); !found || r.Epoch != before+1 || got.Epoch != before+1 {
			t.Fatalf("told %+v; epoch was %d and is %d", r, before, got.Epoch)
		}
		got.Groups, got.Epoch, got.Updated = nil, 9, minute(6)
		got, err = s.Users.UpdateUser(t.Context(), got)
		ok(t, err)
		if r, found := toldUser(heard(t, s), u.ID, minute(6)); !found || r.Epoch != 9 || got.Epoch != 9 {
			t.Fatalf("told %+v; epoch is %d, want the 9 that was asked for", r, got.Epoch)
		}
	}},
	{"a deleted user is told with the largest epoch", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		ok(t, s.Users.DeleteUser(t.Context(), u.ID, minute(6)))
		list := heard(t, s)
		if r, found := toldUser(list, u.ID, minute(6)); !found || r.Epoch != math.MaxInt64 {
			t.Fatalf("news = %+v", list)
		}
	}},
	{"other updates and failures are not told", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Name, u.Updated = "Bea", minute(5)
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		u.Epoch++ // and an old version
		_, err = s.Users.UpdateUser(t.Context(), u)
		wantErr(t, "update", err, signet.ErrStale)
		wantErr(t, "delete", s.Users.DeleteUser(t.Context(), "nobody", minute(6)), signet.ErrNotFound)
		got.Disabled = true
		got, err = s.Users.UpdateUser(t.Context(), got)
		ok(t, err)
		got.Disabled = false
		_, err = s.Users.UpdateUser(t.Context(), got)
		ok(t, err)
		if list := heard(t, s); len(list) != 1 {
			t.Fatalf("news = %+v, want one", list)
		}
	}},
}

var sweptFeedCases = []testCase{
	{"a sweep forgets old revocations and keeps the others", func(t *testing.T, s signet.Stores) {
		for id := signet.SessionID(1); id <= 4; id++ {
			end(t, s, signet.Ending{ID: id, At: minute(int(id))}, id)
		}
		n, err := s.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), minute(-99), minute(3))
		ok(t, err)
		list := heard(t, s)
		if n != 2 || len(list) != 2 || !told(list, 3, minute(3)) || !told(list, 4, minute(4)) {
			t.Fatalf("removed %d, left %+v", n, list)
		}
	}},
	{"a sweep of everything loses nobody's place", func(t *testing.T, s signet.Stores) {
		end(t, s, signet.Ending{ID: 1, At: minute(1)}, 1)
		end(t, s, signet.Ending{ID: 2, At: minute(1)}, 2)
		_, cursor := since(t, s, "")
		_, err := s.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), minute(-99), minute(5))
		ok(t, err)
		silent(t, s, cursor)
		end(t, s, signet.Ending{ID: 3, At: minute(6)}, 3)
		if list, _ := since(t, s, cursor); !told(list, 3, minute(6)) {
			t.Fatalf("news = %+v", list)
		}
	}},
}
