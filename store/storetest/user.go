package storetest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet"
)

func sameUser(t *testing.T, got, want signet.User) {
	t.Helper()
	times := same(got.EmailVerified, want.EmailVerified) && same(got.Created, want.Created) && same(got.Updated, want.Updated)
	if got.ID != want.ID || got.Name != want.Name || got.Email != want.Email || got.Image != want.Image ||
		got.Disabled != want.Disabled || got.Epoch != want.Epoch || got.Version != want.Version ||
		!slices.Equal(got.Groups, want.Groups) || !times {
		t.Fatalf("user = %+v\nwant   %+v", got, want)
	}
}

// ada is a user with something in every field.
func ada() signet.User {
	return signet.User{
		Name: "Ada \"Countess\" 에이다", Email: "Ada@Example.com", Image: "https://example.com/a.png?x=1&y='2'",
		EmailVerified: minute(-7), Groups: []string{"zeta", "admin", "가"}, Epoch: 3,
		Created: minute(-9), Updated: minute(-8),
	}
}

func create(t *testing.T, s signet.Stores, u signet.User) signet.User {
	t.Helper()
	u, err := s.Users.CreateUser(t.Context(), u, nil)
	ok(t, err)
	return u
}

func userByID(t *testing.T, s signet.Stores, id string) signet.User {
	t.Helper()
	u, err := s.Users.User(t.Context(), signet.By{ID: id})
	ok(t, err)
	return u
}

func noUser(t *testing.T, s signet.Stores, by signet.By) {
	t.Helper()
	_, err := s.Users.User(t.Context(), by)
	wantErr(t, fmt.Sprintf("User(%+v)", by), err, signet.ErrNotFound)
}

var userCases = []testCase{
	{"a new user gets an ID and version 1", func(t *testing.T, s signet.Stores) {
		u := ada()
		u.Version = 77
		made := create(t, s, u)
		if made.ID == "" {
			t.Fatal("no ID was made")
		}
		u.ID, u.Version = made.ID, 1
		sameUser(t, made, u)
		sameUser(t, userByID(t, s, made.ID), u)
		if other := create(t, s, signet.User{}); other.ID == made.ID {
			t.Fatal("two users have one ID")
		}
	}},
	{"an ID that is given is kept, and taken then", func(t *testing.T, s signet.Stores) {
		create(t, s, signet.User{ID: "app-42", Name: "first"})
		_, err := s.Users.CreateUser(t.Context(), signet.User{ID: "app-42", Name: "second"}, nil)
		wantErr(t, "second user with the ID", err, signet.ErrTaken)
		if u := userByID(t, s, "app-42"); u.Name != "first" {
			t.Fatalf("the second user has replaced the first: %+v", u)
		}
	}},
	{"a user is found by any spelling of the address, which is kept as typed", func(t *testing.T, s signet.Stores) {
		made := create(t, s, ada())
		for _, email := range []string{"Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"} {
			u, err := s.Users.User(t.Context(), signet.By{Email: email})
			ok(t, err)
			sameUser(t, u, made)
		}
		noUser(t, s, signet.By{Email: "adam@example.com"})
		noUser(t, s, signet.By{ID: "Ada@Example.com"})
	}},
	{"the ID comes before the address", func(t *testing.T, s signet.Stores) {
		a, b := create(t, s, ada()), create(t, s, signet.User{Email: "bob@example.com"})
		u, err := s.Users.User(t.Context(), signet.By{ID: b.ID, Email: a.Email})
		ok(t, err)
		sameUser(t, u, b)
	}},
	{"asking for nobody finds nobody", func(t *testing.T, s signet.Stores) {
		create(t, s, signet.User{Name: "no address"})
		noUser(t, s, signet.By{})
		noUser(t, s, signet.By{ID: "nobody"})
		noUser(t, s, signet.By{Email: "nobody@example.com"})
	}},
	{"an address belongs to one user however it is spelled", func(t *testing.T, s signet.Stores) {
		made := create(t, s, ada())
		_, err := s.Users.CreateUser(t.Context(), signet.User{ID: "late", Email: "aDA@example.COM"}, nil)
		wantErr(t, "second user with the address", err, signet.ErrTaken)
		noUser(t, s, signet.By{ID: "late"})
		sameUser(t, userByID(t, s, made.ID), made)
	}},
	{"any number of users have no address", func(t *testing.T, s signet.Stores) {
		a, b := create(t, s, signet.User{Name: "a"}), create(t, s, signet.User{Name: "b"})
		a.Name = "still a"
		a, err := s.Users.UpdateUser(t.Context(), a)
		ok(t, err)
		sameUser(t, userByID(t, s, a.ID), a)
		sameUser(t, userByID(t, s, b.ID), b)
	}},
	{"an update replaces every field and counts the version", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Name, u.Email, u.Image = "Bea", "bea@example.com", ""
		u.EmailVerified, u.Groups = minute(1), []string{"one"}
		u.Created, u.Updated = minute(2), minute(3)
		got, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		u.Version, u.Epoch = 2, u.Epoch+1 // groups were taken away
		sameUser(t, got, u)
		sameUser(t, userByID(t, s, u.ID), u)
		u.EmailVerified, u.Groups = signet.User{}.EmailVerified, nil
		got, err = s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		u.Version, u.Epoch = 3, u.Epoch+1
		sameUser(t, got, u)
		sameUser(t, userByID(t, s, u.ID), u)
	}},
	{"an update frees the old address and takes the new one", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Email = "bea@example.com"
		_, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		noUser(t, s, signet.By{Email: "ada@example.com"})
		create(t, s, signet.User{Email: "ada@example.com"})
		_, err = s.Users.CreateUser(t.Context(), signet.User{Email: "BEA@example.com"}, nil)
		wantErr(t, "new address once more", err, signet.ErrTaken)
	}},
	{"an update may change the spelling of its own address", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		u.Email = "ada@EXAMPLE.com"
		_, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
	}},
	{"an update cannot take somebody else's address", func(t *testing.T, s signet.Stores) {
		a, b := create(t, s, ada()), create(t, s, signet.User{Email: "bob@example.com"})
		wanted := b
		wanted.Email, wanted.Name = "ADA@example.com", "Bob"
		_, err := s.Users.UpdateUser(t.Context(), wanted)
		wantErr(t, "update", err, signet.ErrTaken)
		sameUser(t, userByID(t, s, a.ID), a)
		sameUser(t, userByID(t, s, b.ID), b)
	}},
	{"an update of an old version changes nothing", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		newer := u
		newer.Name = "newer"
		newer, err := s.Users.UpdateUser(t.Context(), newer)
		ok(t, err)
		for _, version := range []int64{0, 1, 3} {
			u.Name, u.Email, u.Version = "older", "old@example.com", version
			_, err = s.Users.UpdateUser(t.Context(), u)
			wantErr(t, fmt.Sprintf("update of version %d", version), err, signet.ErrStale)
		}
		sameUser(t, userByID(t, s, u.ID), newer)
		noUser(t, s, signet.By{Email: "old@example.com"})
	}},
	{"an update of nobody is not found", func(t *testing.T, s signet.Stores) {
		_, err := s.Users.UpdateUser(t.Context(), signet.User{ID: "nobody", Version: 1})
		wantErr(t, "update", err, signet.ErrNotFound)
		noUser(t, s, signet.By{ID: "nobody"})
	}},
	{"of parallel updates of one version one wins", func(t *testing.T, s signet.Stores) {
		u := create(t, s, ada())
		var won, stale atomic.Int32
		together(32, func(i int) {
			mine := u
			mine.Name = fmt.Sprint("writer ", i)
			_, err := s.Users.UpdateUser(soon(t), mine)
			count(t, err, &won, signet.ErrStale, &stale)
		})
		if won.Load() != 1 || stale.Load() != 31 {
			t.Fatalf("%d won and %d were stale, want 1 and 31", won.Load(), stale.Load())
		}
	}},
	{"of parallel sign-ups with one address one wins", func(t *testing.T, s signet.Stores) {
		var won, taken atomic.Int32
		together(32, func(i int) {
			_, err := s.Users.CreateUser(soon(t), signet.User{Email: []string{"one@example.com", "ONE@example.com"}[i%2]}, nil)
			count(t, err, &won, signet.ErrTaken, &taken)
		})
		if won.Load() != 1 || taken.Load() != 31 {
			t.Fatalf("%d won and %d were late, want 1 and 31", won.Load(), taken.Load())
		}
	}},
	{"a deleted user is gone and the address is free", func(t *testing.T, s signet.Stores) {
		a, b := create(t, s, ada()), create(t, s, signet.User{Email: "bob@example.com"})
		ok(t, s.Users.DeleteUser(t.Context(), a.ID, minute(0)))
		noUser(t, s, signet.By{ID: a.ID})
		noUser(t, s, signet.By{Email: a.Email})
		sameUser(t, userByID(t, s, b.ID), b)
		wantErr(t, "second deletion", s.Users.DeleteUser(t.Context(), a.ID, minute(0)), signet.ErrNotFound)
		_, err := s.Users.UpdateUser(t.Context(), a)
		wantErr(t, "late update", err, signet.ErrNotFound)
		create(t, s, signet.User{Email: a.Email})
	}},
	{"what the caller does to its slices changes nothing", func(t *testing.T, s signet.Stores) {
		u, want := ada(), ada()
		made := create(t, s, u)
		want.ID, want.Version = made.ID, 1
		u.Groups[0] = "changed"
		sameUser(t, userByID(t, s, made.ID), want)
		userByID(t, s, made.ID).Groups[0] = "changed"
		sameUser(t, userByID(t, s, made.ID), want)
		u = userByID(t, s, made.ID)
		again, err := s.Users.UpdateUser(t.Context(), u)
		ok(t, err)
		u.Groups[0], again.Groups[1] = "changed", "changed"
		want.Version = 2
		sameUser(t, userByID(t, s, made.ID), want)
	}},
}

// count adds up successes and failures of a kind; any other failure is an error.
func count(t *testing.T, err error, won *atomic.Int32, kind error, lost *atomic.Int32) {
	switch {
	case err == nil:
		won.Add(1)
	case isErr(err, kind):
		lost.Add(1)
	default:
		t.Errorf("error = %v, want %v", err, kind)
	}
}

var userListCases = []testCase{
	{"users are listed in the order of their IDs, page by page", func(t *testing.T, s signet.Stores) {
		for _, id := range []string{"d", "b", "가", "a", "c", "B"} {
			create(t, s, signet.User{ID: id, Groups: []string{id}})
		}
		list := s.Users.(signet.UserLister)
		var ids []string
		for after := ""; ; {
			page, err := list.Users(t.Context(), after, 4)
			ok(t, err)
			if len(page) == 0 {
				break
			}
			if len(page) > 4 {
				t.Fatalf("%d users, limit 4", len(page))
			}
			for _, u := range page {
				sameUser(t, u, userByID(t, s, u.ID))
				ids = append(ids, u.ID)
			}
			after = page[len(page)-1].ID
		}
		if want := []string{"B", "a", "b", "c", "d", "가"}; !slices.Equal(ids, want) {
			t.Fatalf("IDs = %q, want %q", ids, want)
		}
	}},
	{"a limit of nothing lists nobody", func(t *testing.T, s signet.Stores) {
		create(t, s, ada())
		for _, limit := range []int{0, -1} {
			page, err := s.Users.(signet.UserLister).Users(t.Context(), "", limit)
			ok(t, err)
			if len(page) > 0 {
				t.Fatalf("limit %d: %d users", limit, len(page))
			}
		}
	}},
}
