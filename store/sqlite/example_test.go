package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// exampleDir stands for the folder where a program keeps its data.
func exampleDir() string {
	dir, err := os.MkdirTemp("", "signet")
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

func ExampleOpen() {
	data := exampleDir()
	defer os.RemoveAll(data)
	ctx := context.Background()

	db, err := sqlite.Open(ctx, filepath.Join(data, "signet.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	// signet.New(signet.Config{Stores: db.Stores(), …}) does the rest.
	stores := db.Stores()
	u, err := stores.Users.CreateUser(ctx, signet.User{Email: "Ada@example.com"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	same, err := stores.Users.User(ctx, signet.By{Email: "ada@example.com"})
	fmt.Println(same.ID == u.ID, err)
	// Output: true <nil>
}

func ExamplePending() {
	data := exampleDir()
	defer os.RemoveAll(data)
	ctx, path := context.Background(), filepath.Join(data, "signet.db")

	pending, err := sqlite.Pending(ctx, path)
	fmt.Println(pending, err)

	// Whoever wants to decide when that happens opens with NoMigrate.
	_, err = sqlite.Open(ctx, path, sqlite.Options{NoMigrate: true})
	fmt.Println(errors.Is(err, sqlite.ErrPending))
	// Output:
	// [0001_start 0002_errands] <nil>
	// true
}

func ExampleStore_Consume() {
	data := exampleDir()
	defer os.RemoveAll(data)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(data, "signet.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	// Three attempts in ten minutes: the first one puts the counter in place.
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	for range 4 {
		taken, err := db.Consume(ctx, "attempts/ada", signet.Use{
			Now:   now,
			Fresh: &signet.Ticket{Uses: 3, Expires: now.Add(10 * time.Minute)},
		})
		fmt.Println(taken.Left, errors.Is(err, signet.ErrSpent), taken.Expires.Sub(now))
	}
	// Output:
	// 2 false 10m0s
	// 1 false 10m0s
	// 0 false 10m0s
	// 0 true 10m0s
}

func ExampleStore_Since() {
	data := exampleDir()
	defer os.RemoveAll(data)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(data, "signet.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	_, cursor, err := db.Since(ctx, "") // what is over already
	if err != nil {
		log.Fatal(err)
	}
	go db.EndSessions(ctx, signet.Ending{ID: 42, At: time.Now()})
	news, _, err := db.Since(ctx, cursor) // waits
	fmt.Println(int64(news[0].Session), err)
	// Output: 42 <nil>
}

func ExampleStore_Healthy() {
	data := exampleDir()
	defer os.RemoveAll(data)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(data, "signet.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(db.Healthy(ctx))
	db.Close()
	fmt.Println(db.Healthy(ctx))
	// Output:
	// <nil>
	// sqlite: store is closed
}
