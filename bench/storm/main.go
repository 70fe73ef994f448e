// Storm shows that an access token that has expired is renewed once, however many ask for it:
// it sends a thousand requests at once through the gateway of real `signet serve` processes to
// a back end whose refresh tokens work once, and breaks things meanwhile.
//
//	go run ./storm [flags] [ROUNDS] [FILTER…]
//
//	go run ./storm                      every cell, 20 rounds each: hours
//	go run ./storm 3 p8 300ms killed    3 rounds of the cells of which all of this is true
//	go run ./storm -short               a few cells, one round each
//
// A filter is a word of a cell: database, jwt or storeless; p1, p3 or p8 (processes); 1ms,
// 300ms, 2500ms or 8000ms (the back end); none, stopped, killed, late or dropped; grace0 or grace10;
// one or many (sessions). Words about the same thing widen the choice.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

func main() {
	var (
		seed      = flag.Uint64("seed", rand.Uint64(), "moments at which processes are killed")
		short     = flag.Bool("short", false, "a few cells, one round each")
		binary    = flag.String("signet", os.Getenv("SIGNET_BIN"), "the binary to try; empty builds it")
		storeless = flag.String("storeless", "", "be a server without a store for the back end at this URL (used by the program itself)")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *storeless, *binary, *seed, *short, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, storeless, binary string, seed uint64, short bool, args []string) error {
	if storeless != "" {
		return serveStoreless(ctx, storeless)
	}
	rounds := 20
	if short {
		rounds = 1
	}
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil {
			if n < 1 {
				return fmt.Errorf("%d rounds are none", n)
			}
			rounds, args = n, args[1:]
		}
	}
	cells := allCells()
	if short {
		cells = shortCells()
	}
	cells, err := filter(cells, args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "signet-storm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if binary == "" {
		binary = filepath.Join(dir, "signet")
		if err := build(ctx, binary); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "seed", seed)
	return play(ctx, cells, rounds, &rig{binary: binary, dir: dir, chance: rand.New(rand.NewPCG(seed, 0))})
}

// build makes the binary in the way that the tests make it too, so that the cache has it.
func build(ctx context.Context, path string) error {
	fmt.Fprintln(os.Stderr, "building signet")
	c := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/signet-auth/signet/cmd/signet")
	c.Dir, c.Stderr = "..", os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("building signet: %w", err)
	}
	return nil
}

// play plays all cells and prints what came of them.
func play(ctx context.Context, cells []cell, rounds int, rig *rig) error {
	back, err := newProvider()
	if err != nil {
		return err
	}
	defer back.close()
	rig.back = back
	defer rig.end()
	var rows []*row
	for i, c := range cells {
		r := &row{cell: c}
		rows = append(rows, r)
		for n := range rounds {
			fmt.Fprintf(os.Stderr, "cell %d of %d  round %d of %d  %s\n", i+1, len(cells), n+1, rounds, c)
			o, err := rig.round(ctx, c)
			if ctx.Err() != nil {
				printTable(rows)
				return context.Cause(ctx)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
			r.add(o)
		}
	}
	printTable(rows)
	return broken(rows)
}
