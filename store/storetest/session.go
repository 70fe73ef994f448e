package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

func sameSession(t *testing.T, got, want signet.SessionRow) {
	t.Helper()
	times := same(got.Start, want.Start) && same(got.AuthTime, want.AuthTime) &&
		same(got.Seen, want.Seen) && same(got.Expires, want.Expires)
	if got.ID != want.ID || got.Handle != want.Handle || got.Secret != want.Secret || got.UserID != want.UserID ||
		got.Epoch != want.Epoch || got.Provider != want.Provider || got.Agent != want.Agent ||
		got.Network != want.Network || got.Version != want.Version || !bytes.Equal(got.Claims, want.Claims) || !times {
		t.Fatalf("session = %+v\nwant      %+v", got, want)
	}
}

// laptop is a session with something in every field.
func laptop(id signet.SessionID, userID string) signet.SessionRow {
	row := signet.SessionRow{
		ID: id, Handle: fmt.Sprint("handle-", id), UserID: userID, Epoch: 3, Provider: "github",
		Start: minute(0), AuthTime: minute(1), Seen: minute(2), Expires: minute(60),
		Agent: "Browser/1.0 \"quoted\" 한글", Network: "2001:db8::1",
		Claims: []byte(`{"name":"에이다","n":12345678901234567890}`),
	}
	for i := range row.Secret {
		row.Secret[i] = byte(int(id)*7 + i)
	}
	return row
}

func begin(t *testing.T, s signet.Stores, row signet.SessionRow) signet.SessionRow {
	t.Helper()
	ok(t, s.Sessions.CreateSession(t.Context(), row, 0))
	row.Version = 1
	return row
}

func session(t *testing.T, s signet.Stores, id signet.SessionID) signet.SessionRow {
	t.Helper()
	row, err := s.Sessions.Session(t.Context(), id)
	ok(t, err)
	return row
}

func noSession(t *testing.T, s signet.Stores, id signet.SessionID) {
	t.Helper()
	_, err := s.Sessions.Session(t.Context(), id)
	wantErr(t, fmt.Sprintf("Session(%d)", id), err, signet.ErrNotFound)
}

func end(t *testing.T, s signet.Stores, e signet.Ending, want ...signet.SessionID) {
	t.Helper()
	got, err := s.Sessions.EndSessions(t.Context(), e)
	ok(t, err)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("EndSessions(%+v) = %v, want %v", e, got, want)
	}
}

var sessionCases = []testCase{
	{"a session is kept with every field and gets version 1", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		row.Version = 9
		want := begin(t, s, row)
		sameSession(t, session(t, s, 1), want)
	}},
	{"IDs of any kind are kept apart", func(t *testing.T, s signet.Stores) {
		for _, id := range []signet.SessionID{1, -1, 1 << 62, -1 << 63, 1<<63 - 1, 844424930131968} {
			begin(t, s, laptop(id, "u1"))
		}
		for _, id := range []signet.SessionID{1, -1, 1 << 62, -1 << 63, 1<<63 - 1, 844424930131968} {
			want := laptop(id, "u1")
			want.Version = 1
			sameSession(t, session(t, s, id), want)
		}
		noSession(t, s, 2)
	}},
	{"a session that cannot be opened has a secret of zeros", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		row.Secret = [32]byte{}
		sameSession(t, session(t, s, begin(t, s, row).ID), signet.SessionRow{
			ID: 1, Handle: row.Handle, UserID: "u1", Epoch: 3, Provider: "github", Start: row.Start,
			AuthTime: row.AuthTime, Seen: row.Seen, Expires: row.Expires, Agent: row.Agent,
			Network: row.Network, Claims: row.Claims, Version: 1,
		})
	}},
	{"a session may be empty", func(t *testing.T, s signet.Stores) {
		sameSession(t, session(t, s, begin(t, s, signet.SessionRow{ID: 1}).ID), signet.SessionRow{ID: 1, Version: 1})
	}},
	{"an ID is taken", func(t *testing.T, s signet.Stores) {
		want := begin(t, s, laptop(1, "u1"))
		wantErr(t, "second session", s.Sessions.CreateSession(t.Context(), laptop(1, "u2"), 0), signet.ErrTaken)
		sameSession(t, session(t, s, 1), want)
	}},
	{"a new session ends the old one", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		ok(t, s.Sessions.CreateSession(t.Context(), laptop(2, "u1"), 1))
		noSession(t, s, 1)
		session(t, s, 2)
	}},
	{"a new session that is taken does not end the old one", func(t *testing.T, s signet.Stores) {
		old := begin(t, s, laptop(1, "u1"))
		begin(t, s, laptop(2, "u2"))
		wantErr(t, "create", s.Sessions.CreateSession(t.Context(), laptop(2, "u1"), 1), signet.ErrTaken)
		sameSession(t, session(t, s, 1), old)
	}},
	{"an update replaces what it may, and nothing else", func(t *testing.T, s signet.Stores) {
		row := begin(t, s, laptop(1, "u1"))
		other := begin(t, s, laptop(2, "u1"))
		row.AuthTime, row.Seen, row.Expires = minute(10), minute(11), minute(99)
		row.Epoch, row.Agent, row.Network, row.Claims = 4, "Other/2", "192.0.2.9", []byte(`{"x":2}`)
		want := row
		row.Handle, row.UserID, row.Provider, row.Start, row.Secret = "other", "u2", "other", minute(50), [32]byte{1}
		ok(t, s.Sessions.UpdateSession(t.Context(), row))
		want.Version = 2
		sameSession(t, session(t, s, 1), want)
		sameSession(t, session(t, s, 2), other)
	}},
	{"an update of an old version changes nothing", func(t *testing.T, s signet.Stores) {
		row := begin(t, s, laptop(1, "u1"))
		ok(t, s.Sessions.UpdateSession(t.Context(), row))
		want := session(t, s, 1)
		for _, version := range []int64{0, 1, 3} {
			row.Version, row.Agent = version, "late"
			wantErr(t, fmt.Sprintf("version %d", version), s.Sessions.UpdateSession(t.Context(), row), signet.ErrStale)
		}
		sameSession(t, session(t, s, 1), want)
	}},
	{"of parallel renewals of one version one wins", func(t *testing.T, s signet.Stores) {
		row := begin(t, s, laptop(1, "u1"))
		var won, stale atomic.Int32
		together(32, func(i int) {
			mine := row
			mine.Agent = fmt.Sprint("writer ", i)
			count(t, s.Sessions.UpdateSession(soon(t), mine), &won, signet.ErrStale, &stale)
		})
		if won.Load() != 1 || stale.Load() != 31 {
			t.Fatalf("%d won and %d were stale, want 1 and 31", won.Load(), stale.Load())
		}
	}},
	{"a renewal that comes late cannot bring a session back", func(t *testing.T, s signet.Stores) {
		row := begin(t, s, laptop(1, "u1"))
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		wantErr(t, "late update", s.Sessions.UpdateSession(t.Context(), row), signet.ErrNotFound)
		noSession(t, s, 1)
	}},
	{"renewals that overlap the end never bring a session back", func(t *testing.T, s signet.Stores) {
		for id := signet.SessionID(1); id <= 20; id++ {
			row := begin(t, s, laptop(id, "u1"))
			together(4, func(i int) {
				if i == 0 {
					_, err := s.Sessions.EndSessions(soon(t), signet.Ending{ID: id, At: minute(5)})
					if err != nil {
						t.Errorf("end: %v", err)
					}
					return
				}
				err := s.Sessions.UpdateSession(soon(t), row)
				if err != nil && !isErr(err, signet.ErrStale) && !isErr(err, signet.ErrNotFound) {
					t.Errorf("update: %v", err)
				}
			})
			noSession(t, s, id)
		}
	}},
	{"ending one session leaves the others", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		kept := begin(t, s, laptop(2, "u1"))
		end(t, s, signet.Ending{ID: 1, At: minute(5)}, 1)
		noSession(t, s, 1)
		sameSession(t, session(t, s, 2), kept)
	}},
	{"ending a user's sessions leaves those of others", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		begin(t, s, laptop(2, "u1"))
		kept := begin(t, s, laptop(3, "u2"))
		end(t, s, signet.Ending{UserID: "u1", At: minute(5)}, 1, 2)
		noSession(t, s, 1)
		noSession(t, s, 2)
		sameSession(t, session(t, s, 3), kept)
		end(t, s, signet.Ending{UserID: "u1", At: minute(6)})
	}},
	{"ending all sessions but one keeps that one", func(t *testing.T, s signet.Stores) {
		for id := signet.SessionID(1); id <= 3; id++ {
			begin(t, s, laptop(id, "u1"))
		}
		begin(t, s, laptop(4, "u2"))
		end(t, s, signet.Ending{UserID: "u1", Except: 2, At: minute(5)}, 1, 3)
		session(t, s, 2)
		session(t, s, 4)
		// The session of somebody else is no reason to keep or to end anything.
		end(t, s, signet.Ending{UserID: "u1", Except: 4, At: minute(6)}, 2)
		session(t, s, 4)
	}},
	{"ending nothing ends nothing", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1, "u1"))
		end(t, s, signet.Ending{UserID: "nobody", At: minute(5)})
		end(t, s, signet.Ending{At: minute(5)})
		session(t, s, 1)
	}},
	{"what the caller does to its bytes changes nothing", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		want := laptop(1, "u1")
		want.Version = 1
		begin(t, s, row)
		row.Claims[0] = 'x'
		sameSession(t, session(t, s, 1), want)
		session(t, s, 1).Claims[0] = 'y'
		sameSession(t, session(t, s, 1), want)
		row = session(t, s, 1)
		ok(t, s.Sessions.UpdateSession(t.Context(), row))
		row.Claims[0] = 'z'
		want.Version = 2
		sameSession(t, session(t, s, 1), want)
	}},
	{"large claims are kept", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		row.Claims = bytes.Repeat([]byte("0123456789abcde\x00"), 1<<14)
		begin(t, s, row)
		if got := session(t, s, 1).Claims; !bytes.Equal(got, row.Claims) {
			t.Fatalf("%d bytes came back changed", len(got))
		}
	}},
	{"moments of any year are kept", func(t *testing.T, s signet.Stores) {
		row := laptop(1, "u1")
		row.Start, row.AuthTime = time.Time{}, time.UnixMilli(-1).UTC()
		row.Seen, row.Expires = time.UnixMilli(0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.FixedZone("", 9*3600))
		begin(t, s, row)
		row.Version = 1
		sameSession(t, session(t, s, 1), row)
	}},
	{"sessions can be read while others are written", func(t *testing.T, s signet.Stores) {
		begin(t, s, laptop(1000, "u1"))
		together(8, func(i int) {
			for n := range 25 {
				if i%2 == 0 {
					if _, err := s.Sessions.Session(soon(t), 1000); err != nil {
						t.Errorf("read: %v", err)
					}
					continue
				}
				id := signet.SessionID(1 + i*100 + n)
				if err := s.Sessions.CreateSession(soon(t), laptop(id, "u2"), 0); err != nil {
					t.Errorf("create: %v", err)
				}
				if _, err := s.Sessions.Session(soon(t), id); err != nil {
					t.Errorf("own write not seen: %v", err)
				}
			}
		})
	}},
}

var ownedSessionCases = []testCase{
	{"a larger epoch ends all sessions of the user", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		begin(t, s, laptop(1, u.ID))
		begin(t, s, laptop(2, u.ID))
		kept := begin(t, s, laptop(3, "other"))
		u.Epoch++
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		if got.Epoch != u.Epoch {
			t.Fatalf("epoch = %d, want %d", got.Epoch, u.Epoch)
		}
		noSession(t, s, 1)
		noSession(t, s, 2)
		sameSession(t, session(t, s, 3), kept)
	}},
	{"disabling ends all sessions of the user", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		begin(t, s, laptop(1, u.ID))
		kept := begin(t, s, laptop(2, "other"))
		u.Disabled = true
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		noSession(t, s, 1)
		sameSession(t, session(t, s, 2), kept)
		sameUser(t, userByID(t, s, u.ID), got)
		if !got.Disabled {
			t.Fatal("user is not disabled")
		}
	}},
	{"taking a group away ends all sessions of the user", func(t *testing.T, s signet.Stores) {
		for i, groups := range [][]string{nil, {"zeta", "가"}, {"zeta", "가", "administrator"}, {"zeta", "가", "Admin", "new"}} {
			u := ada()
			u.Email = fmt.Sprintf("ada%d@example.com", i)
			u = create(t, s, u)
			id := signet.SessionID(10 * (i + 1))
			begin(t, s, laptop(id, u.ID))
			kept := begin(t, s, laptop(id+1, "other"))
			before := u.Epoch
			u.Groups = groups
			got, err := s.Users.UpdateUser(t.Context(), u)
			ok(t, err)
			if got.Epoch != before+1 {
				t.Fatalf("groups %q: epoch is %d and was %d", groups, got.Epoch, before)
			}
			sameUser(t, userByID(t, s, u.ID), got)
			noSession(t, s, id)
			sameSession(t, session(t, s, id+1), kept)
		}
	}},
	{"any other update leaves the sessions alone", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		begin(t, s, laptop(1, u.ID))
		u.Name, u.Email, u.Groups = "Bea", "bea@example.com", []string{"가", "new", "admin", "zeta", "zeta"}
		_, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		session(t, s, 1)
		u = create(t, s, signet.User{Name: "no groups"})
		begin(t, s, laptop(2, u.ID))
		u.Groups = []string{"first"}
		_, err = s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		session(t, s, 2)
	}},
	{"an update that fails ends nothing", func(t *testing.T, s signet.Stores) {
		u, other := create(t, s, ada()), create(t, s, signet.User{Email: "bob@example.com"})
		begin(t, s, laptop(1, u.ID))
		late := u
		late.Version, late.Disabled, late.Epoch, late.Groups = 7, true, 99, nil
		_, err := s.Users.UpdateUser(t.Context(), late)
		wantErr(t, "stale update", err, signet.ErrStale)
		greedy := u
		greedy.Email, greedy.Disabled, greedy.Epoch = other.Email, true, 99
		_, err = s.Users.UpdateUser(t.Context(), greedy)
		wantErr(t, "update with a taken address", err, signet.ErrTaken)
		session(t, s, 1)
	}},
	{"deleting ends all sessions of the user", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		row := begin(t, s, laptop(1, u.ID))
		kept := begin(t, s, laptop(2, "other"))
		ok(t, s.Users.DeleteUser(t.Context(), u.ID, minute(5)))
		noSession(t, s, 1)
		wantErr(t, "late update", s.Sessions.UpdateSession(t.Context(), row), signet.ErrNotFound)
		sameSession(t, session(t, s, 2), kept)
	}},
}
