package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet"
)

func sameAccount(t *testing.T, got, want signet.Account) {
	t.Helper()
	if got.UserID != want.UserID || got.Provider != want.Provider || got.Subject != want.Subject ||
		got.Version != want.Version || !bytes.Equal(got.Data, want.Data) ||
		!same(got.Created, want.Created) || !same(got.Updated, want.Updated) {
		t.Fatalf("account = %+v\nwant      %+v", got, want)
	}
}

// github is an account with something in every field.
func github(userID string) signet.Account {
	return signet.Account{
		UserID: userID, Provider: "github", Subject: "Subject'1\" é",
		Data: []byte("{\"a\":1}\x00\xff\x01"), Created: minute(-5), Updated: minute(-4),
	}
}

func save(t *testing.T, s signet.Stores, a signet.Account) signet.Account {
	t.Helper()
	a, err := s.Accounts.SaveAccount(t.Context(), a)
	ok(t, err)
	return a
}

func account(t *testing.T, s signet.Stores, provider, subject string) signet.Account {
	t.Helper()
	a, err := s.Accounts.Account(t.Context(), provider, subject)
	ok(t, err)
	return a
}

func noAccount(t *testing.T, s signet.Stores, provider, subject string) {
	t.Helper()
	_, err := s.Accounts.Account(t.Context(), provider, subject)
	wantErr(t, fmt.Sprintf("Account(%q, %q)", provider, subject), err, signet.ErrNotFound)
}

var accountCases = []testCase{
	{"a new account is kept with every field and gets version 1", func(t *testing.T, s signet.Stores) {
		a := github("u1")
		saved := save(t, s, a)
		a.Version = 1
		sameAccount(t, saved, a)
		sameAccount(t, account(t, s, a.Provider, a.Subject), a)
	}},
	{"provider and subject both count, to the letter", func(t *testing.T, s signet.Stores) {
		save(t, s, signet.Account{UserID: "u1", Provider: "github", Subject: "abc"})
		noAccount(t, s, "github", "ABC")
		noAccount(t, s, "gitlab", "abc")
		noAccount(t, s, "githuba", "bc")
		save(t, s, signet.Account{UserID: "u2", Provider: "gitlab", Subject: "abc"})
		if a := account(t, s, "github", "abc"); a.UserID != "u1" {
			t.Fatalf("owner = %q", a.UserID)
		}
	}},
	{"an account that exists is taken", func(t *testing.T, s signet.Stores) {
		first := save(t, s, github("u1"))
		_, err := s.Accounts.SaveAccount(t.Context(), github("u2"))
		wantErr(t, "second account", err, signet.ErrTaken)
		sameAccount(t, account(t, s, first.Provider, first.Subject), first)
	}},
	{"a newer version replaces every field", func(t *testing.T, s signet.Stores) {
		a := save(t, s, github("u1"))
		a.UserID, a.Data, a.Created, a.Updated = "u2", []byte("new"), minute(1), minute(2)
		saved := save(t, s, a)
		a.Version = 2
		sameAccount(t, saved, a)
		sameAccount(t, account(t, s, a.Provider, a.Subject), a)
		for userID, want := range map[string]int{"u1": 0, "u2": 1} {
			list, err := s.Accounts.AccountsOf(t.Context(), userID)
			ok(t, err)
			if len(list) != want {
				t.Fatalf("%s has %d accounts, want %d", userID, len(list), want)
			}
		}
	}},
	{"an old version replaces nothing", func(t *testing.T, s signet.Stores) {
		a := save(t, s, github("u1"))
		kept := save(t, s, a)
		for _, version := range []int64{1, 3} {
			a.Version, a.Data = version, []byte("late")
			_, err := s.Accounts.SaveAccount(t.Context(), a)
			wantErr(t, fmt.Sprintf("version %d", version), err, signet.ErrStale)
		}
		sameAccount(t, account(t, s, a.Provider, a.Subject), kept)
	}},
	{"a version of nothing is not found", func(t *testing.T, s signet.Stores) {
		a := github("u1")
		a.Version = 1
		_, err := s.Accounts.SaveAccount(t.Context(), a)
		wantErr(t, "save", err, signet.ErrNotFound)
		noAccount(t, s, a.Provider, a.Subject)
	}},
	{"of parallel saves of one version one wins", func(t *testing.T, s signet.Stores) {
		a := save(t, s, github("u1"))
		var won, stale atomic.Int32
		together(32, func(i int) {
			mine := a
			mine.Data = []byte{byte(i)}
			_, err := s.Accounts.SaveAccount(soon(t), mine)
			count(t, err, &won, signet.ErrStale, &stale)
		})
		if won.Load() != 1 || stale.Load() != 31 {
			t.Fatalf("%d won and %d were stale, want 1 and 31", won.Load(), stale.Load())
		}
	}},
	{"a deleted account is gone and can be made again", func(t *testing.T, s signet.Stores) {
		a := save(t, s, github("u1"))
		ok(t, s.Accounts.DeleteAccount(t.Context(), a.Provider, a.Subject))
		noAccount(t, s, a.Provider, a.Subject)
		wantErr(t, "second deletion", s.Accounts.DeleteAccount(t.Context(), a.Provider, a.Subject), signet.ErrNotFound)
		_, err := s.Accounts.SaveAccount(t.Context(), a)
		wantErr(t, "late save", err, signet.ErrNotFound)
		a.Version = 0
		if again := save(t, s, a); again.Version != 1 {
			t.Fatalf("version = %d, want 1", again.Version)
		}
	}},
	{"a user's accounts are listed, oldest first", func(t *testing.T, s signet.Stores) {
		for i, provider := range []string{"kakao", "apple", "naver"} {
			save(t, s, signet.Account{UserID: "u1", Provider: provider, Subject: "x", Created: minute(10 - i)})
			save(t, s, signet.Account{UserID: "u2", Provider: provider, Subject: "y", Created: minute(i)})
		}
		list, err := s.Accounts.AccountsOf(t.Context(), "u1")
		ok(t, err)
		var got []string
		for _, a := range list {
			sameAccount(t, a, account(t, s, a.Provider, a.Subject))
			got = append(got, a.Provider+a.Subject)
		}
		if want := []string{"naverx", "applex", "kakaox"}; !slices.Equal(got, want) {
			t.Fatalf("accounts = %q, want %q", got, want)
		}
		list, err = s.Accounts.AccountsOf(t.Context(), "nobody")
		ok(t, err)
		if len(list) != 0 {
			t.Fatalf("nobody has %d accounts", len(list))
		}
	}},
	{"what the caller does to its bytes changes nothing", func(t *testing.T, s signet.Stores) {
		a, want := github("u1"), github("u1")
		want.Version = 1
		saved := save(t, s, a)
		a.Data[0]++
		sameAccount(t, account(t, s, a.Provider, a.Subject), want)
		account(t, s, a.Provider, a.Subject).Data[0]++
		sameAccount(t, account(t, s, a.Provider, a.Subject), want)
		saved.Data = bytes.Clone(want.Data)
		again := save(t, s, saved)
		saved.Data[0]++
		again.Data[1]++
		want.Version = 2
		sameAccount(t, account(t, s, a.Provider, a.Subject), want)
	}},
	{"large data is kept", func(t *testing.T, s signet.Stores) {
		a := github("u1")
		a.Data = bytes.Repeat([]byte("0123456789abcde\x00"), 1<<14)
		save(t, s, a)
		if got := account(t, s, a.Provider, a.Subject).Data; !bytes.Equal(got, a.Data) {
			t.Fatalf("%d bytes came back changed", len(got))
		}
	}},
}

var ownedAccountCases = []testCase{
	{"a user comes with its first account", func(t *testing.T, s signet.Stores) {
		first := github("somebody else")
		first.Version = 9
		u, err := s.Users.CreateUser(t.Context(), ada(), &first)
		ok(t, err)
		if first.UserID != "somebody else" || first.Version != 9 {
			t.Fatalf("the caller's account was written to: %+v", first)
		}
		want := github(u.ID)
		want.Version = 1
		sameAccount(t, account(t, s, first.Provider, first.Subject), want)
	}},
	{"an account that is taken leaves no user", func(t *testing.T, s signet.Stores) {
		save(t, s, github("u1"))
		u, first := ada(), github("")
		u.ID = "late"
		_, err := s.Users.CreateUser(t.Context(), u, &first)
		wantErr(t, "CreateUser", err, signet.ErrTaken)
		noUser(t, s, signet.By{ID: "late"})
		noUser(t, s, signet.By{Email: u.Email})
		create(t, s, u)
	}},
	{"an address that is taken leaves no account", func(t *testing.T, s signet.Stores) {
		create(t, s, ada())
		first := github("")
		_, err := s.Users.CreateUser(t.Context(), ada(), &first)
		wantErr(t, "CreateUser", err, signet.ErrTaken)
		noAccount(t, s, first.Provider, first.Subject)
	}},
	{"a deleted user takes its accounts along", func(t *testing.T, s signet.Stores) {
		first := github("")
		u, err := s.Users.CreateUser(t.Context(), ada(), &first)
		ok(t, err)
		save(t, s, signet.Account{UserID: u.ID, Provider: "kakao", Subject: "1"})
		other := save(t, s, signet.Account{UserID: "other", Provider: "kakao", Subject: "2"})
		ok(t, s.Users.DeleteUser(t.Context(), u.ID, minute(0)))
		noAccount(t, s, first.Provider, first.Subject)
		noAccount(t, s, "kakao", "1")
		sameAccount(t, account(t, s, "kakao", "2"), other)
	}},
}
