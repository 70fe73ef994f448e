package sqlite_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// synchronous reads the setting of the connection that writes.
func synchronous(t *testing.T, s *sqlite.Store) int64 {
	t.Helper()
	n, err := sqlite.Setting(s, "PRAGMA synchronous")
	ok(t, err)
	return n
}

// TestTextOfAnyBytes: what SQL, C strings or UTF-8 could trip over comes back as it was.
func TestTextOfAnyBytes(t *testing.T) {
	s := openTemp(t)
	for i, text := range []string{
		"nul\x00inside", "\x00", "\xff\xfe not UTF-8", "'; DROP TABLE users; --", "?1 :a @b $c", "🦊 e\u0301 é",
		strings.Repeat("x", 100_000), "\ufeff", " ", "\n",
	} {
		row := testRow(signet.SessionID(1+i), text)
		row.Handle, row.Provider, row.Agent, row.Network = text, text, text, text
		ok(t, s.CreateSession(ctx, row, 0))
		got, err := s.Session(ctx, row.ID)
		ok(t, err)
		if got.UserID != text || got.Handle != text || got.Provider != text || got.Agent != text || got.Network != text {
			t.Errorf("%.20q: session %+v", text, got)
		}
		if list, err := s.SessionsOf(ctx, text); err != nil || len(list) != 1 {
			t.Errorf("%.20q: %d sessions, %v", text, len(list), err)
		}
		u, err := s.CreateUser(ctx, signet.User{ID: text, Email: "a" + text + "@example.com", Name: text, Image: text},
			&signet.Account{Provider: text, Subject: text, Data: []byte(text)})
		ok(t, err)
		if u, err = s.User(ctx, signet.By{Email: u.Email}); err != nil || u.ID != text || u.Name != text || u.Image != text {
			t.Errorf("%.20q: user %+v, %v", text, u, err)
		}
		if a, err := s.Account(ctx, text, text); err != nil || a.UserID != text || string(a.Data) != text {
			t.Errorf("%.20q: account %+v, %v", text, a, err)
		}
		ok(t, s.Issue(ctx, text, signet.Ticket{Value: []byte(text), Uses: 1, Expires: noon}))
		taken, err := s.Consume(ctx, text, signet.Use{Now: noon.Add(-time.Hour)})
		if err != nil || string(taken.Value) != text {
			t.Errorf("%.20q: ticket %+v, %v", text, taken, err)
		}
	}
}

// TestGroupsByHand: what an administrator writes into the column is read if it is an array
// of texts, and gives no rights otherwise.
func TestGroupsByHand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	_, err := s.CreateUser(ctx, signet.User{ID: "u", Groups: []string{"first"}}, nil)
	ok(t, err)
	for text, want := range map[string][]string{
		`["admin","staff"]`: {"admin", "staff"}, `admin`: nil, `{"admin":true}`: nil, `["admin",1]`: nil, `"admin"`: nil, `null`: nil, `[]`: nil, ``: nil,
	} {
		shell(t, path, "UPDATE users SET groups = '"+text+"'")
		within(t, time.Second, func() bool {
			u, err := s.User(ctx, signet.By{ID: "u"})
			ok(t, err)
			return slices.Equal(u.Groups, want)
		})
	}
}

// TestSweepOfManyRows walks several windows of each table.
func TestSweepOfManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	for _, sql := range []string{
		"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3500) ",
	} {
		shell(t, path, sql+`INSERT INTO sessions SELECT i - 1000, 1, 0, 0, 0, 0, i, x'', '', '', '', '', '', x'' FROM n`)
		shell(t, path, sql+`INSERT INTO revocations (session, user_id, epoch, at) SELECT i, '', 0, i FROM n`)
		shell(t, path, sql+`INSERT INTO tickets SELECT printf('key-%05d', i), 1, i, i, x'', x'' FROM n`)
	}
	within(t, time.Second, func() bool { list, err := s.SessionsOf(ctx, ""); return err == nil && len(list) == 3500 })
	see(t, s, 1, 1)
	see(t, s, 2499, 1)
	n, err := s.SweepSessions(ctx, time.UnixMilli(3000), time.UnixMilli(2001))
	ok(t, err)
	see(t, s, 1, 0)
	see(t, s, 2499, 1)
	if n != 2999+2000 {
		t.Errorf("removed %d sessions and revocations, want %d", n, 2999+2000)
	}
	n, err = s.Sweep(ctx, time.UnixMilli(1501))
	ok(t, err)
	if n != 1500 {
		t.Errorf("forgot %d tickets, want 1500", n)
	}
	for table, want := range map[string]string{"sessions": "501", "revocations": "1500", "tickets": "2000"} {
		if got := shell(t, path, "SELECT count(*) FROM "+table); got[0] != want {
			t.Errorf("%s: %s rows are left, want %s", table, got[0], want)
		}
	}
}

func TestCursorsOfAllKinds(t *testing.T) {
	s := openTemp(t)
	_, err := s.EndSessions(ctx, signet.Ending{ID: 7, At: noon})
	ok(t, err)
	for _, cursor := range []string{"", "2", "99999999999999999999", "-1", "+0", "00", "1 ", "x", "0x1", "9223372036854775807", "\x00"} {
		news, next, err := s.Since(soon(t), cursor)
		if err != nil || len(news) != 1 || next != "1" {
			t.Errorf("Since(%q) = %+v, %q, %v; want all from the beginning", cursor, news, next, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	s := openTemp(f)
	for id := signet.SessionID(1); id <= 3; id++ {
		_, err := s.EndSessions(ctx, signet.Ending{ID: id, At: noon})
		ok(f, err)
	}
	for _, cursor := range []string{"", "0", "1", "2", "4", "-1", "1e3", "９"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		if cursor == "3" {
			return // the end: it would wait
		}
		news, next, err := s.Since(soon(t), cursor)
		want := map[string]int{"1": 2, "2": 1}[cursor]
		if want == 0 {
			want = 3
		}
		if err != nil || next != "3" || len(news) != want {
			t.Fatalf("Since(%q) = %d, %q, %v", cursor, len(news), next, err)
		}
	})
}

// TestEverySessionIsFound: the first ID there can be, the last, and more rows between them
// than are looked at together.
func TestEverySessionIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	shell(t, path, `WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
		INSERT INTO sessions SELECT i, 1, 0, 0, 0, 0, 9, x'', 'h' || i, 'u', '', '', '', x'' FROM n`)
	ids := map[string]signet.SessionID{"h1": 1, "h1000": 1000, "h1001": 1001, "h2500": 2500, "first": math.MinInt64, "last": math.MaxInt64}
	for _, handle := range []string{"first", "last"} {
		row := testRow(ids[handle], "u")
		row.Handle = handle
		ok(t, s.CreateSession(ctx, row, 0))
	}
	for handle, id := range ids {
		if row, err := s.SessionByHandle(ctx, handle); err != nil || row.ID != id {
			t.Errorf("%s is session %d, %v; want %d", handle, int64(row.ID), err, int64(id))
		}
	}
	if _, err := s.SessionByHandle(ctx, "h2501"); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("a handle that nobody has: %v", err)
	}
	for after, want := range map[signet.SessionID]int{0: 2502, math.MinInt64: 2501, 2500: 1, math.MaxInt64: 0} {
		if list, err := s.AllSessions(ctx, after, 5000); err != nil || len(list) != want {
			t.Errorf("behind %d are %d sessions, %v; want %d", int64(after), len(list), err, want)
		}
	}
}
