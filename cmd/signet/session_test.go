package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
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
