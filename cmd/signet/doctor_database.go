package main

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
	raw "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Free space at which doctor worries, and at which nothing will work for long.
const (
	littleSpace = 500 << 20
	noSpace     = 20 << 20
)

// database looks at the file, its place and what is in it.
func (d *diagnosis) database(ctx context.Context, c *config) {
	const check = "database"
	d.space(c)
	if _, err := os.Stat(c.database); isMissing(err) {
		d.noDatabase(c)
		return
	}
	if mode, open := tooOpen(c.database); open {
		d.warn(check, "`chmod 600 "+c.database+"`", "%s has mode %04o: others can read it", c.database, mode)
	}
	pending, err := sqlite.Pending(ctx, c.database)
	switch {
	case errors.Is(err, sqlite.ErrForeign):
		d.wrong(check, "name another file under `store`, or another folder with --data", "%s is not a Signet database", c.database)
		return
	case err != nil:
		d.wrong(check, "see the file and who may read it", "%v", err)
		return
	case len(pending) > 0:
		d.warn(check, "`signet migrate`, or the next start of `signet serve`, brings it up to date", "pending: %s", strings.Join(pending, ", "))
		return
	}
	if err := sound(ctx, c.database); err != nil {
		d.wrong(check, "stop Signet, keep a copy of the file and put a backup in its place", "%s: %v", c.database, err)
		return
	}
	if err := writable(ctx, c.database); err != nil {
		d.wrong(check, "let the user that runs Signet write to the file and its folder", "%s cannot be written: %v", c.database, err)
		return
	}
	d.ok(check, "%s is sound and can be written", c.database)
	d.users(ctx, c)
}

// noDatabase tells whether one can be made.
func (d *diagnosis) noDatabase(c *config) {
	folder := filepath.Dir(c.database)
	for isMissingFile(folder) {
		folder = filepath.Dir(folder)
	}
	probe, err := os.CreateTemp(folder, ".signet-doctor-*")
	if err != nil {
		d.wrong("database", "let the user that runs Signet write there, or choose another folder with --data", "cannot be made: %v", err)
		return
	}
	probe.Close()
	os.Remove(probe.Name())
	d.ok("database", "none yet; `signet serve` makes %s", c.database)
}

// asked is how many users are looked at to find accounts that nobody can sign in with: a
// provider that is not configured any more shows early.
const asked = 1000

// users tells whether anybody can sign in.
func (d *diagnosis) users(ctx context.Context, c *config) {
	store, err := sqlite.Open(ctx, c.database, sqlite.Options{NoMigrate: true})
	if err != nil {
		d.wrong("database", "see the file and who may read it", "%v", err)
		return
	}
	defer store.Close()
	users, err := store.Users(ctx, "", asked)
	if err != nil {
		d.wrong("users", "see the file and who may read it", "%v", err)
		return
	}
	if len(users) == 0 && !c.opensAccounts() {
		d.warn("users", "`signet user add you@example.com`", "there are none, and visitors cannot open accounts")
	}
	lost, err := c.lostAccounts(ctx, store, users)
	if err != nil {
		d.wrong("users", "see the file and who may read it", "%v", err)
	}
	for _, provider := range slices.Sorted(maps.Keys(lost)) {
		d.warn("users", "give the provider that they signed in with the id it had: `id: "+provider+"`; or set new passwords with `signet user password`",
			"%s of a provider %q, which is not configured: nobody can sign in with that", counted(lost[provider], "account"), provider)
	}
}

// lostAccounts counts the accounts of users whose provider is not configured, by provider.
func (c *config) lostAccounts(ctx context.Context, store *sqlite.Store, users []signet.User) (map[string]int, error) {
	lost := map[string]int{}
	for _, u := range users {
		accounts, err := store.AccountsOf(ctx, u.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			if !slices.ContainsFunc(c.providers, func(p providerConfig) bool { return p.id == a.Provider }) {
				lost[a.Provider]++
			}
		}
	}
	return lost, nil
}

// signUpOpen tells whether there is a form to open an account with.
func (c *config) signUpOpen() bool {
	return slices.ContainsFunc(c.providers, func(p providerConfig) bool { return p.kind == kindCredentials && p.signUp })
}

// opensAccounts tells whether somebody new can come in at all: whom another site or a back
// end knows has an account here at the first sign-in.
func (c *config) opensAccounts() bool {
	return slices.ContainsFunc(c.providers, func(p providerConfig) bool { return p.signUp || p.isOAuth() || p.kind == kindBackend })
}

// sound lets SQLite check the file.
func sound(ctx context.Context, path string) error {
	conn, err := dial(ctx, path)
	if err != nil {
		return err
	}
	defer conn.Close()
	said := ""
	err = sqlitex.ExecuteTransient(conn, "PRAGMA quick_check(1)", &sqlitex.ExecOptions{
		ResultFunc: func(row *raw.Stmt) error { said = row.ColumnText(0); return nil },
	})
	if err == nil && said != "ok" {
		err = errors.New("damaged: " + said)
	}
	return err
}

// writable takes the lock that every change takes, and gives it back.
func writable(ctx context.Context, path string) error {
	conn, err := dial(ctx, path)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Not by sqlitex.ExecuteScript: it opens a savepoint first, in which BEGIN fails, and
	// rolling back to a savepoint before anything was read makes SQLite
	// write the first page of a new database over that of the old (seen with 3.40.1 and 3.49.2).
	if err := sqlitex.ExecuteTransient(conn, "BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(conn, "ROLLBACK", nil)
}

func dial(ctx context.Context, path string) (*raw.Conn, error) {
	conn, err := raw.OpenConn(path, raw.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(5 * time.Second)
	return conn, nil
}

// space tells how much room there is for the database.
func (d *diagnosis) space(c *config) {
	folder := filepath.Dir(c.database)
	for isMissingFile(folder) {
		folder = filepath.Dir(folder)
	}
	free, known := freeSpace(folder)
	switch {
	case !known:
	case free < noSpace:
		d.wrong("disk", "make room there", "%d MiB are left in %s", free>>20, folder)
	case free < littleSpace:
		d.warn("disk", "make room there", "%d MiB are left in %s", free>>20, folder)
	default:
		d.ok("disk", "%d MiB are left", free>>20)
	}
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func isMissingFile(path string) bool {
	_, err := os.Stat(path)
	return isMissing(err) && path != filepath.Dir(path)
}

func isInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
