package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// connections is how many clients ask at once, each over a connection of its own.
const connections = 32

// sessionTable measures GET session.
func sessionTable(ctx context.Context, rounds int, length time.Duration) error {
	children, stop, err := startAll(ctx, targets, "")
	if err != nil {
		return err
	}
	defer stop()
	err = takeTurns(children, rounds, func(c *child, note bool) error {
		return c.measure(ctx, sessionQuestion(c.cookie), connections, length, note)
	})
	if err != nil {
		return err
	}
	fmt.Printf("GET /api/auth/session, %d connections, one core for the server, median of %d\n\n", connections, rounds)
	writeTable(children, targets, "bare")
	return nil
}

func sessionQuestion(cookie string) question {
	return question{
		request: "GET /api/auth/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nCookie: " + cookie + "\r\n\r\n",
		status:  http.StatusOK, least: 10,
	}
}

// startAll starts the servers of a table.
func startAll(ctx context.Context, ts []target, behind string) (children []*child, stop func(), err error) {
	stop = func() {
		for _, c := range children {
			c.stop()
		}
	}
	for _, t := range ts {
		c, err := start(ctx, serverCore, t.name, behind)
		if err != nil {
			stop()
			return nil, nil, err
		}
		children = append(children, c)
	}
	return children, stop, nil
}

// takeTurns measures round after round, all children in each. The first is for warming up.
func takeTurns(children []*child, rounds int, measure func(c *child, note bool) error) error {
	defer fmt.Fprint(os.Stderr, "\r                                        \r")
	for round := range rounds + 1 {
		for _, c := range children {
			fmt.Fprintf(os.Stderr, "\rround %d of %d  %-18s", round, rounds, c.name)
			if err := measure(c, round > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeTable prints the medians. The limit of a line is the last one above it, or itself, of
// which the name begins with limit.
func writeTable(children []*child, ts []target, limit string) {
	fmt.Printf("%-18s  %9s  %8s  %7s  %6s\n", "target", "CPU µs", "req/s", "p99 ms", "×"+limit)
	least := 0.0
	for i, c := range children {
		cpu := median(c.cpu)
		if strings.HasPrefix(c.name, limit) {
			least = cpu
		}
		fmt.Printf("%-18s  %9.1f  %8.0f  %7.2f  %6.2f  %s\n", c.name, cpu, median(c.rate), median(c.late), least/cpu, ts[i].what)
	}
	fmt.Println()
}
