// Bench measures what a running server costs, beside a bare net/http handler that writes
// the same bytes or beside another proxy, in one run.
//
//	go run .                    all tables
//	go run . gateway            those of the gateway and of forward-auth
//	go run . -rounds 9 gateway  more rounds
//
// Each target is a process of its own with one core. The figure to trust on a shared machine
// is the server's CPU per request; rounds alternate over the targets, and medians are shown.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	serve := flag.String("serve", "", "be the server of this target (used by the program itself)")
	behind := flag.String("behind", "", "the upstream of this target (used by the program itself)")
	rounds := flag.Int("rounds", 5, "rounds per target")
	length := flag.Duration("length", 2*time.Second, "length of a round")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *serve, *behind, *rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, serve, behind string, rounds int, length time.Duration) error {
	if serve != "" {
		return serveTarget(ctx, serve, behind)
	}
	tables := map[string][]func(context.Context, int, time.Duration) error{
		"":        {sessionTable, startTable, gatewayTables},
		"gateway": {gatewayTables},
	}[flag.Arg(0)]
	if tables == nil {
		return fmt.Errorf("there are no tables called %q", flag.Arg(0))
	}
	for _, table := range tables {
		if err := table(ctx, rounds, length); err != nil {
			return err
		}
	}
	return nil
}
