package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
	"github.com/signet-auth/signet/store/sqlite"
)

// An application may keep its users itself: their sessions are here, and they are not.
func TestSessionsOfStrangersAreSeen(t *testing.T) {
	store, now := memory.New(), time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	if _, err := store.CreateUser(t.Context(), signet.User{ID: "u-1", Email: "hana@example.com"}, nil); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 2*pageSize + 10 {
		row := signet.SessionRow{
			ID: signet.SessionID(i + 1), Handle: fmt.Sprintf("handle-%d", i), UserID: "app-user", Provider: "app",
			Start: now, Seen: now, Expires: now.Add(time.Hour), Claims: []byte("{}"),
		}
		switch {
		case i%3 == 0:
			row.UserID = "u-1" // listed with the users
		case i >= pageSize && i < 2*pageSize, i == 7: // also a whole page of those that are over
			row.Expires = now
		default:
			want = append(want, row.Handle+" app-user ")
		}
		if err := store.CreateSession(t.Context(), row, 0); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := eachStranger(t.Context(), store, store, now, func(some []listedSession) error {
		if len(some) == 0 || len(some) > pageSize {
			t.Errorf("%d at once", len(some))
		}
		for _, l := range some {
			got = append(got, l.ID+" "+l.User+" "+l.Email)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d sessions, %v; want %d", len(got), err, len(want))
	}
}

// What the lists print is taken, also where it begins with a dash or two.
func TestIDsThatBeginWithADash(t *testing.T) {
	now := time.Now()
	handles := []string{"-0VB_EKbt8WPn3Ive4QYzg", "--VB_EKbt8WPn3Ive4QYzg", "-jVB_EKbt8WPn3Ive4QYzg", "---B_EKbt8WPn3Ive4QYzg"}
	inFolder(t, nil)
	const user = "-u0B_EKbt8WPn3Ive4QYzg"
	store, err := sqlite.Open(t.Context(), "signet-data/signet.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.CreateUser(t.Context(), signet.User{ID: user, Email: "hana@example.com"}, nil); err != nil {
		t.Fatal(err)
	}
	for i, handle := range handles {
		row := signet.SessionRow{ID: signet.SessionID(i + 1), Handle: handle, UserID: user, Provider: "credentials", Start: now, AuthTime: now, Seen: now, Expires: now.Add(time.Hour), Claims: []byte("{}")}
		if err := store.CreateSession(t.Context(), row, 0); err != nil {
			t.Fatal(err)
		}
	}
	store.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"user", "show", user}, "hana@example.com"},
		{[]string{"session", "list", "--user", user}, "0VB_EKbt8WPn3Ive4QYzg"},
		{[]string{"session", "revoke", handles[0]}, "Ended 1 session."},
		{[]string{"session", "revoke", handles[1], "--data", "signet-data", handles[2], "--json"}, handles[2]},
		{[]string{"session", "revoke", "--", handles[3]}, "Ended 1 session."},
	} {
		if status, out, errs := typed(t, environment(), c.args...); status != exitOK || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit status %d\n%s%s", c.args, status, out, errs)
		}
	}
	var left []listedSession
	if _, out, _ := typed(t, environment(), "session", "list", "--json"); json.Unmarshal([]byte(out), &left) != nil || len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	if status, _, errs := typed(t, environment(), "session", "revoke", "-x"); status != exitUsage || !strings.Contains(errs, "unknown flag -x") {
		t.Errorf("a flag that is not there: exit status %d, %s", status, errs)
	}
}
