package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
)

func ExampleNew() {
	ctx := context.Background()
	stores := memory.New().Stores() // for signet.Config.Stores

	u, _ := stores.Users.CreateUser(ctx, signet.User{Email: "Ada@example.com"}, nil)
	_, err := stores.Users.CreateUser(ctx, signet.User{Email: "ada@example.com"}, nil)
	fmt.Println(u.Version, errors.Is(err, signet.ErrTaken))
	// Output: 1 true
}

func ExampleStore_Consume() {
	ctx := context.Background()
	s := memory.New()
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)

	// A one-time value: whoever comes too late hears what the first one left.
	_ = s.Issue(ctx, "reset/1", signet.Ticket{Value: []byte("ada"), Uses: 1, Expires: now.Add(time.Hour)})
	for _, after := range []string{"first", "second"} {
		taken, err := s.Consume(ctx, "reset/1", signet.Use{Now: now, After: []byte(after)})
		fmt.Printf("%s %q %v\n", taken.Value, taken.After, errors.Is(err, signet.ErrSpent))
	}
	// Output:
	// ada "" false
	// ada "first" true
}

func ExampleStore_Since() {
	ctx := context.Background()
	s := memory.New()
	_, cursor, _ := s.Since(ctx, "") // what is over already

	go s.EndSessions(ctx, signet.Ending{ID: 42, At: time.Now()})
	news, _, err := s.Since(ctx, cursor) // waits
	fmt.Println(int64(news[0].Session), err)
	// Output: 42 <nil>
}
