// Codec measures what it costs to open a session cookie, and to seal one, in each format
// that Signet has: beside the Go and Node.js packages that do the same, and beside the bare
// cryptography and base64 over the same bytes, which is the limit. All in one run.
//
//	go run ./codec                          the table
//	go run ./codec -rounds 21               more rounds
//	go run ./codec -only 'v5 open signet'   some rows
//	go run ./codec -only 'v4 open signet: bytes' -profile cpu.out
//
// The cookies that are opened were made by the Node packages, and those that Signet makes
// have to open in them, or there is no table.
//
// All runs on one core. Each figure is CPU time of the process that did the work, garbage
// collection and worker threads included; rounds alternate over the rows, and medians are
// shown. What to trust on a shared machine are the ratios.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 9, "rounds per row")
	length := flag.Duration("length", 100*time.Millisecond, "CPU time of a round")
	node := flag.String("node", "node", "the Node.js to run the Node packages with")
	only := flag.String("only", "", "regular expression: measure the rows whose format, work and name match")
	profile := flag.String("profile", "", "write a CPU profile of our own process to this file")
	flag.Parse()

	if err := pin(); err != nil {
		fmt.Fprintln(os.Stderr, "codec: not pinned to one core:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *node, *only, *profile, *rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "codec:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, node, only, profile string, rounds int, length time.Duration) error {
	if rounds < 1 {
		return errors.New("there has to be a round")
	}
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	other, err := startNode(ctx, node)
	if err != nil {
		return err
	}
	defer other.stop()
	rows, err := allRows(other)
	if err != nil {
		return err
	}
	if rows, err = pick(rows, wanted); err != nil {
		return err
	}
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if err := measure(ctx, rows, rounds, length); err != nil {
		return err
	}
	fmt.Printf("claims of %d B, CPU on one core, median of %d rounds; Node.js %s\n", len(claims), rounds, other.hello.Version)
	fmt.Printf("opened are cookies by the Node packages: v5 %d B, v4 %d B, HS256 %d B, iron %d B; what we seal opens in them\n",
		len(other.hello.Values["v5"]), len(other.hello.Values["v4"]), len(other.hello.Values["HS256"]), len(other.hello.Values["iron"]))
	printTable(rows)
	return nil
}

func pick(rows []*row, wanted *regexp.Regexp) ([]*row, error) {
	var picked []*row
	for _, r := range rows {
		if wanted.MatchString(r.String()) {
			picked = append(picked, r)
		}
	}
	if len(picked) == 0 {
		return nil, fmt.Errorf("no row is called like %s", wanted)
	}
	return picked, nil
}

// pin starts the program again, on the first core that it may use and with no other. A
// thread that is there already cannot be pinned from inside.
func pin() error {
	const pinned = "SIGNET_BENCH_PINNED"
	if os.Getenv(pinned) != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return err
	}
	core, err := firstCore()
	if err != nil {
		return err
	}
	args := append([]string{taskset, "-c", core, self}, os.Args[1:]...)
	return syscall.Exec(taskset, args, append(os.Environ(), pinned+"=1", "GOMAXPROCS=1"))
}

// firstCore reads proc(5): Cpus_allowed_list in status, as in "0-3,6".
func firstCore() (string, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(b), "Cpus_allowed_list:")
	line, _, _ := strings.Cut(rest, "\n")
	first, _, _ := strings.Cut(strings.TrimSpace(line), ",")
	first, _, _ = strings.Cut(first, "-")
	return cmp.Or(first, "0"), nil
}
