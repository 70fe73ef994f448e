package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Who does the work of a row.
type side int

const (
	limit    side = iota // cryptography and base64, nothing else
	ours                 // Signet
	goPeer               // a Go package for the same format
	nodePeer             // a Node package for the same format
	other                // like work in another format
)

// A row is one thing that is measured.
type row struct {
	format, work string // rows with both equal are compared
	name         string
	side         side
	aims         []aim

	// op does the work once, in this process; nil is for the Node package called name.
	op func(*result) error

	node *nodeProcess

	ns, allocs, bytes []float64 // of one operation, per round
	n                 int       // operations in a round
}

// A result is what an operation leaves behind, so that it can be seen that it worked.
type result struct {
	claims []byte // opened
	email  string // out of what was opened
	value  string // sealed
}

func (r *row) String() string { return r.format + " " + r.work + " " + r.name }

// check does the operation once and looks at the result.
func (r *row) check() error {
	if r.op == nil {
		return nil // the Node side looks at its own
	}
	var got result
	if err := r.op(&got); err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	switch {
	case r.side == limit:
		return nil
	case got.value != "":
		if r.side == other {
			return nil
		}
		if err := r.node.open(r.format, got.value); err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		return nil
	case got.claims != nil:
		var s session
		if err := json.Unmarshal(got.claims, &s); err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		got.email = s.Email
	}
	if got.email != email {
		return fmt.Errorf("%s: opened to the email %q", r, got.email)
	}
	return nil
}

// measure fills the rows.
func measure(ctx context.Context, rows []*row, rounds int, length time.Duration) error {
	for _, r := range rows {
		if err := r.check(); err != nil {
			return err
		}
		if err := r.calibrate(length); err != nil {
			return err
		}
	}
	for round := range rounds {
		for _, r := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "\rround %d of %d  %-50s", round+1, rounds, r)
			if err := r.round(); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(os.Stderr, "\r%70s\r", "")
	return nil
}

// calibrate finds how many operations make a round, and warms up meanwhile: the Node
// packages are compiled as they run.
func (r *row) calibrate(length time.Duration) error {
	for r.n = 1; ; {
		spent, err := r.spend()
		if err != nil {
			return err
		}
		if spent >= length/2 {
			r.n = max(1, int(float64(r.n)*float64(length)/float64(spent)))
			return nil
		}
		r.n *= 2
	}
}

func (r *row) round() error {
	var before, after runtime.MemStats
	if r.op != nil {
		runtime.GC() // what the others have left
		runtime.ReadMemStats(&before)
	}
	spent, err := r.spend()
	if err != nil {
		return err
	}
	n := float64(r.n)
	r.ns = append(r.ns, float64(spent.Nanoseconds())/n)
	if r.op != nil {
		runtime.ReadMemStats(&after)
		r.allocs = append(r.allocs, math.Round(float64(after.Mallocs-before.Mallocs)/n))
		r.bytes = append(r.bytes, float64(after.TotalAlloc-before.TotalAlloc)/n)
	}
	return nil
}

// spend does n operations and tells the CPU time that they took.
func (r *row) spend() (time.Duration, error) {
	if r.op == nil {
		return r.node.spend(r.format+" "+r.work+" "+r.name, r.n)
	}
	var got result
	begin, err := cpu()
	if err != nil {
		return 0, err
	}
	for range r.n {
		if err := r.op(&got); err != nil {
			return 0, fmt.Errorf("%s: %w", r, err)
		}
	}
	end, err := cpu()
	return end - begin, err
}

// cpu is the CPU time of this process, all threads.
func cpu() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}
