package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

var sessionListCases = []testCase{
	{"a user's sessions are listed, newest first", func(t *testing.T, s signet.Stores) {
		for i, id := range []signet.SessionID{5, -3, 7} {
			row := laptop(id, "u1")
			row.Start = minute([]int{2, 9, 1}[i])
			begin(t, s, row)
			begin(t, s, laptop(100+id, "u2"))
		}
		list, err := s.Sessions.(signet.SessionLister).SessionsOf(t.Context(), "u1")
		ok(t, err)
		var ids []signet.SessionID
		for _, row := range list {
			sameSession(t, row, session(t, s, row.ID))
			ids = append(ids, row.ID)
		}
		if want := []signet.SessionID{-3, 5, 7}; !slices.Equal(ids, want) {
			t.Fatalf("sessions = %v, want %v", ids, want)
		}
	}},
	{"a list shows what has ended, and that nobody has none", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		begin(t, s, laptop(2, "u1"))
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		for userID, want := range map[string]int{"u1": 1, "nobody": 0} {
			list, err := s.Sessions.(signet.SessionLister).SessionsOf(t.Context(), userID)
			ok(t, err)
			if len(list) != want {
				t.Fatalf("%s has %d sessions, want %d", userID, len(list), want)
			}
		}
	}},
}

var sessionFinderCases = []testCase{
	{"a session is found by its handle", func(t *testing.T, s signet.Stores) {
		begin(t, s, signet.SessionRow{ID: 9})
		finder := s.Sessions.(signet.SessionFinder)
		handles := map[signet.SessionID]string{1: "-Abc_1", -2: "abc_1", 3: "ABC_1"}
		for id, handle := range handles {
			row := laptop(id, fmt.Sprint("u", id))
			row.Handle = handle
			want := begin(t, s, row)
			got, err := finder.SessionByHandle(t.Context(), row.Handle)
			ok(t, err)
			sameSession(t, got, want)
		}
		for _, handle := range []string{"", "Abc_1", "-abc_1", "abc_", "abc_1 ", "%", "_bc_1"} {
			_, err := finder.SessionByHandle(t.Context(), handle)
			wantErr(t, fmt.Sprintf("SessionByHandle(%q)", handle), err, signet.ErrNotFound)
		}
		end(t, s, signet.Ending{ID: 3, At: minute(5)}, 3)
		_, err := finder.SessionByHandle(t.Context(), handles[3])
		wantErr(t, "one that has ended", err, signet.ErrNotFound)
	}},
	{"all sessions are listed, page by page, whoever they belong to", func(t *testing.T, s signet.Stores) {
		want := []signet.SessionID{-1 << 62, -3, 1, 2, 5, 7, 1<<63 - 1}
		for i, n := range []int{3, 0, 6, 1, 5, 2, 4} {
			begin(t, s, laptop(want[n], fmt.Sprint("user ", i%3)))
		}
		for _, limit := range []int{1, 2, 3, 7, 100} {
			var ids []signet.SessionID
			for after := signet.SessionID(0); ; {
				page, err := s.Sessions.(signet.SessionFinder).AllSessions(t.Context(), after, limit)
				ok(t, err)
				if len(page) == 0 {
					break
				}
				if len(page) > limit {
					t.Fatalf("%d sessions, limit %d", len(page), limit)
				}
				for _, row := range page {
					sameSession(t, row, session(t, s, row.ID))
					ids = append(ids, row.ID)
				}
				if after = page[len(page)-1].ID; len(ids) > len(want) {
					break
				}
			}
			if !slices.Equal(ids, want) {
				t.Fatalf("limit %d: sessions = %v, want %v", limit, ids, want)
			}
		}
	}},
	{"a page of all sessions shows what has expired and not what has ended", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		row := laptop(2, "u1")
		row.Expires = row.Start.Add(-time.Hour)
		begin(t, s, row)
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		for limit, want := range map[int]int{9: 1, 0: 0, -1: 0} {
			page, err := s.Sessions.(signet.SessionFinder).AllSessions(t.Context(), 0, limit)
			ok(t, err)
			if len(page) != want || want == 1 && page[0].ID != 2 {
				t.Fatalf("limit %d: %+v", limit, page)
			}
		}
	}},
}

var sessionSweepCases = []testCase{
	{"a sweep forgets what has expired, and nothing else", func(t *testing.T, s signet.Stores) {
		for i := range 5 {
			row := laptop(signet.SessionID(i+1), "u1")
			row.Expires = minute(i)
			begin(t, s, row)
		}
		n, err := s.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), minute(2), minute(-99))
		ok(t, err)
		if n != 2 {
			t.Fatalf("removed %d, want 2", n)
		}
		for id := signet.SessionID(1); id <= 5; id++ {
			if id <= 2 {
				noSession(t, s, id)
				continue
			}
			session(t, s, id)
		}
	}},
	{"a sweep spares a session that was renewed", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		row.Expires = minute(1)
		row = begin(t, s, row)
		row.Expires = minute(9)
		ok(t, s.Sessions.UpdateSession(t.Context(), row))
		n, err := s.Sessions.(signet.SessionSweeper).SweepSessions(t.Context(), minute(5), minute(-99))
		ok(t, err)
		if n != 0 {
			t.Fatalf("removed %d, want 0", n)
		}
		session(t, s, 1)
	}},
}
