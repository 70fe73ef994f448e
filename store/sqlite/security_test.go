package sqlite_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// TestS08_TheFileHoldsNoCookie: whoever reads the database file, in any of its parts,
// finds nothing that opens a session, and no part of an ID finds one.
func TestS08_TheFileHoldsNoCookie(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signet.db")
	s := open(t, path)
	var secrets [][32]byte
	for id := signet.SessionID(1 << 40); id < 1<<40+50; id++ {
		var secret [32]byte
		_, _ = rand.Read(secret[:])
		secrets = append(secrets, secret)
		row := testRow(id, "u")
		row.Secret = sha256.Sum256(secret[:])
		ok(t, s.CreateSession(ctx, row, 0))
	}
	for _, id := range []signet.SessionID{1 << 32, 1, 0, 1 << 39, -1 << 40} {
		if _, err := s.Session(ctx, id); !errors.Is(err, signet.ErrNotFound) {
			t.Errorf("part of an ID finds a session: %v", err)
		}
	}
	// The log first, while it is there. The file only when it is closed: opening it beside
	// SQLite and closing it again would drop SQLite's locks.
	log, err := os.ReadFile(path + "-wal")
	ok(t, err)
	ok(t, s.Close())
	file, err := os.ReadFile(path)
	ok(t, err)
	dump := slices.Concat(log, file)
	for _, secret := range secrets {
		hash := sha256.Sum256(secret[:])
		if !bytes.Contains(log, hash[:]) || !bytes.Contains(file, hash[:]) {
			t.Fatal("the test looks in the wrong place: no hash is there")
		}
		for _, form := range []string{
			string(secret[:]), string(secret[:12]), hex.EncodeToString(secret[:]),
			base64.RawURLEncoding.EncodeToString(secret[:]), base64.StdEncoding.EncodeToString(secret[:]),
		} {
			if bytes.Contains(dump, []byte(form)) {
				t.Fatal("a secret is in the file")
			}
		}
		// The hash itself, taken for a secret, opens nothing.
		if again := sha256.Sum256(hash[:]); bytes.Contains(dump, again[:]) {
			t.Fatal("the file opens with what is in it")
		}
	}
}

// TestS14_TheEndOfAUserIsOneTransaction: when the last part of disabling or deleting a user
// cannot be done, none of it is.
func TestS14_TheEndOfAUserIsOneTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	u, err := s.CreateUser(ctx, signet.User{Email: "ada@example.com"}, &signet.Account{Provider: "p", Subject: "s"})
	ok(t, err)
	ok(t, s.CreateSession(ctx, testRow(1, u.ID), 0))
	ok(t, s.CreateSession(ctx, testRow(2, u.ID), 0))
	shell(t, path, "CREATE TRIGGER broken BEFORE INSERT ON revocations BEGIN SELECT RAISE(ABORT, 'broken'); END")

	disabled, larger := u, u
	disabled.Disabled = true
	larger.Epoch++
	for what, do := range map[string]func() error{
		"disabling":       func() error { _, err := s.UpdateUser(ctx, disabled); return err },
		"a larger epoch":  func() error { _, err := s.UpdateUser(ctx, larger); return err },
		"deleting":        func() error { return s.DeleteUser(ctx, u.ID, noon) },
		"ending sessions": func() error { _, err := s.EndSessions(ctx, signet.Ending{UserID: u.ID, At: noon}); return err },
		"a new session":   func() error { return s.CreateSession(ctx, testRow(3, u.ID), 1) },
	} {
		if do() == nil {
			t.Errorf("%s did not fail", what)
		}
		got, err := s.User(ctx, signet.By{ID: u.ID})
		if err != nil || got.Disabled || got.Epoch != u.Epoch || got.Version != u.Version {
			t.Errorf("%s left the user %+v, %v", what, got, err)
		}
		accounts, err := s.AccountsOf(ctx, u.ID)
		sessions, err2 := s.SessionsOf(ctx, u.ID)
		if len(accounts) != 1 || len(sessions) != 2 || err != nil || err2 != nil {
			t.Errorf("%s left %d accounts and %d sessions", what, len(accounts), len(sessions))
		}
	}
	shell(t, path, "DROP TRIGGER broken")
	ok(t, s.DeleteUser(ctx, u.ID, noon))
	if sessions, err := s.SessionsOf(ctx, u.ID); err != nil || len(sessions) != 0 {
		t.Errorf("%d sessions are left, %v", len(sessions), err)
	}
}

// TestS14_SQLByHandEndsSessionsToo: an administrator who writes to the tables ends the
// sessions as the API does, and running processes hear of it.
func TestS14_SQLByHandEndsSessionsToo(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		epoch     int64
	}{
		{"disable", "UPDATE users SET disabled = 1", 6},
		{"epoch", "UPDATE users SET epoch = epoch + 3", 8},
		{"both", "UPDATE users SET disabled = 1, epoch = 7", 7},
		{"delete", "DELETE FROM users", math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signet.db")
			s := open(t, path)
			u, err := s.CreateUser(ctx, signet.User{Epoch: 5, Updated: noon.AddDate(-20, 0, 0)}, &signet.Account{Provider: "p", Subject: "s"})
			ok(t, err)
			ok(t, s.CreateSession(ctx, testRow(1, u.ID), 0))
			ok(t, s.CreateSession(ctx, testRow(2, "other"), 0))
			_, cursor, err := s.Since(ctx, "")
			ok(t, err)
			start := time.Now()
			shell(t, path, c.sql)
			news, _, err := s.Since(soon(t), cursor)
			ok(t, err)
			if len(news) != 1 || news[0].UserID != u.ID || news[0].Epoch != c.epoch || news[0].Session != 0 {
				t.Fatalf("news = %+v", news)
			}
			// Nobody passed a moment in; the row's own would be swept as old.
			if at := news[0].At; at.Before(start.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
				t.Errorf("dated %v", at)
			}
			if _, err := s.Session(ctx, 1); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("the session is alive: %v", err)
			}
			if _, err := s.Session(ctx, 2); err != nil {
				t.Errorf("somebody else's session: %v", err)
			}
			got, err := s.User(ctx, signet.By{ID: u.ID})
			if c.name == "delete" {
				if _, err := s.Account(ctx, "p", "s"); !errors.Is(err, signet.ErrNotFound) {
					t.Errorf("the account is there: %v", err)
				}
			} else if err != nil || got.Epoch != c.epoch {
				t.Errorf("user = %+v, %v", got, err)
			}
		})
	}
}

// TestS16_OnlyOwnSessions: what names a user touches that user's sessions only, even when
// another's session is named beside it.
func TestS16_OnlyOwnSessions(t *testing.T) {
	s := openTemp(t)
	for id, user := range map[signet.SessionID]string{1: "ada", 2: "ada", 3: "bob"} {
		ok(t, s.CreateSession(ctx, testRow(id, user), 0))
	}
	list, err := s.SessionsOf(ctx, "ada")
	ok(t, err)
	for _, row := range list {
		if row.UserID != "ada" {
			t.Errorf("ada sees a session of %s", row.UserID)
		}
	}
	ended, err := s.EndSessions(ctx, signet.Ending{UserID: "ada", Except: 3, At: noon})
	ok(t, err)
	slices.Sort(ended)
	if len(list) != 2 || !slices.Equal(ended, []signet.SessionID{1, 2}) {
		t.Errorf("listed %d, ended %v", len(list), ended)
	}
	if _, err := s.Session(ctx, 3); err != nil {
		t.Errorf("bob's session: %v", err)
	}
	for _, user := range []string{"", "%", "ada' OR '1'='1", "ADA", "ada\x00"} {
		if ended, err := s.EndSessions(ctx, signet.Ending{UserID: user, At: noon}); err != nil || len(ended) != 0 {
			t.Errorf("user %q: ended %v, %v", user, ended, err)
		}
	}
}

// TestCommitsAreSynced: an acknowledged change is on disk, not only with the system.
func TestCommitsAreSynced(t *testing.T) {
	const full = 2 // SQLite's number for synchronous = FULL
	if got := synchronous(t, openTemp(t)); got != full {
		t.Fatalf("synchronous = %d, want %d", got, full)
	}
}
