package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
	"github.com/signet-auth/signet/store/storetest"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

var (
	ctx  = context.Background()
	noon = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) signet.Stores {
		s := openTemp(t)
		ok(t, sqlite.Sync(s, "off"))
		return s.Stores()
	})
}

// open opens a store that is closed at the end of the test at the latest.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openTemp(t testing.TB) *sqlite.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "signet.db"))
}

// shell runs SQL as somebody would with the sqlite3 program, and returns the first column.
func shell(t testing.TB, path, sql string) (column []string) {
	t.Helper()
	c, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite|zombiezen.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetBusyTimeout(10 * time.Second)
	err = sqlitex.ExecuteTransient(c, sql, &sqlitex.ExecOptions{ResultFunc: func(stmt *zombiezen.Stmt) error {
		column = append(column, stmt.ColumnText(0))
		return nil
	}})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return column
}

// soon is a context for calls that would wait for ever if something is wrong.
func soon(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(ctx, 10*time.Second)
	t.Cleanup(cancel)
	return c
}

func integrity(t testing.TB, path string) {
	t.Helper()
	if got := shell(t, path, "PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
		t.Fatalf("integrity_check: %q", got)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("error: %v", err)
	}
}
