package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

func TestPending(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	all, err := sqlite.Pending(ctx, path)
	ok(t, err)
	if len(all) == 0 || all[0] != "0001_start" || !slices.IsSorted(all) {
		t.Fatalf("pending for no file = %q", all)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("asking has made a file: %v", err)
	}
	ok(t, os.WriteFile(path, nil, 0o600))
	if got, err := sqlite.Pending(ctx, path); err != nil || !slices.Equal(got, all) {
		t.Fatalf("pending for an empty file = %q, %v", got, err)
	}
	s := open(t, path)
	if got, err := sqlite.Pending(ctx, path); err != nil || len(got) != 0 {
		t.Fatalf("pending while it is open = %q, %v", got, err)
	}
	ok(t, s.Close())
	if got, err := sqlite.Pending(ctx, path); err != nil || len(got) != 0 {
		t.Fatalf("pending after = %q, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		o    sqlite.Options
		want error
	}{
		{"a file that needs a migration, if told so", func(t *testing.T, path string) {}, sqlite.Options{NoMigrate: true}, sqlite.ErrPending},
		{"a file of a newer version", func(t *testing.T, path string) {
			ok(t, open(t, path).Close())
			shell(t, path, "PRAGMA user_version = 999")
		}, sqlite.Options{}, sqlite.ErrNewer},
		{"a database of another program", func(t *testing.T, path string) {
			shell(t, path, "CREATE TABLE users (id)")
		}, sqlite.Options{}, sqlite.ErrForeign},
		{"a database marked by another program", func(t *testing.T, path string) {
			shell(t, path, "PRAGMA application_id = 7")
		}, sqlite.Options{}, sqlite.ErrForeign},
		{"a file that is no database", func(t *testing.T, path string) {
			ok(t, os.WriteFile(path, []byte(strings.Repeat("not a database\n", 500)), 0o600))
		}, sqlite.Options{}, sqlite.ErrForeign},
		{"a folder", func(t *testing.T, path string) { ok(t, os.Mkdir(path, 0o700)) }, sqlite.Options{}, nil},
		{"a place below a file", func(t *testing.T, path string) {
			ok(t, os.WriteFile(filepath.Dir(path), nil, 0o600))
		}, sqlite.Options{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.name == "a place below a file" {
				dir = filepath.Join(dir, "file")
			}
			path := filepath.Join(dir, "signet.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.Open(ctx, path, c.o)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "sqlite: open ") {
				t.Fatalf("error = %v, want %v", err, c.want)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Fatal("the file was changed")
			}
			if c.want != nil && c.want != sqlite.ErrPending {
				if _, err := sqlite.Pending(ctx, path); !errors.Is(err, c.want) {
					t.Fatalf("Pending = %v, want %v", err, c.want)
				}
			}
		})
	}
	if _, err := sqlite.Open(ctx, "", sqlite.Options{}); err == nil {
		t.Error("no path was opened")
	}
}

func TestNoMigrateOpensWhatIsUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	ok(t, open(t, path).Close())
	s, err := sqlite.Open(ctx, path, sqlite.Options{NoMigrate: true})
	ok(t, err)
	ok(t, s.Close())
}

func TestFilesAreTheirOwnersOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such modes
	}
	dir := filepath.Join(t.TempDir(), "new", "data")
	path := filepath.Join(dir, "signet.db")
	s := open(t, path)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
	for name, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Dir(dir): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		info, err := os.Stat(name)
		ok(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
}

func TestPathsOfAllKinds(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{":memory:", "a?mode=memory", "file:x.db?cache=shared", "with space 한글.db", "rel/ative.db"} {
		s := open(t, path)
		ok(t, s.CreateSession(ctx, testRow(1, "u"), 0))
		ok(t, s.Close())
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q is no file: %v", path, err)
		}
		if _, err := open(t, path).Session(ctx, 1); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestSurvivesRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	ok(t, s.CreateSession(ctx, testRow(1, "u"), 99))
	ok(t, s.Issue(ctx, "k", signet.Ticket{Value: []byte("v"), Uses: 1, Expires: noon}))
	_, cursor, err := s.Since(ctx, "")
	ok(t, err)
	ok(t, s.Close())
	s = open(t, path)
	if _, err := s.Session(ctx, 1); err != nil {
		t.Error(err)
	}
	if news, next, err := s.Since(ctx, ""); err != nil || len(news) != 1 || news[0].Session != 99 || next != cursor {
		t.Errorf("news = %+v, %q, %v; cursor was %q", news, next, err, cursor)
	}
	if taken, err := s.Consume(ctx, "k", signet.Use{Now: noon.Add(-1e9)}); err != nil || string(taken.Value) != "v" {
		t.Errorf("ticket = %+v, %v", taken, err)
	}
}
