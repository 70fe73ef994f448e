package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A setup is where sessions and tokens live.
type setup string

const (
	database  setup = "database"  // session and tokens in SQLite
	jwt       setup = "jwt"       // the session in the cookie, tokens in SQLite
	storeless setup = "storeless" // both in the cookie; for one process only
)

// A fault is what goes wrong while the provider is being asked for new tokens.
type fault string

const (
	none    fault = "none"
	stopped fault = "stopped" // the process that asks is told to stop, in order
	killed  fault = "killed"  // it is killed with SIGKILL
	late    fault = "late"    // it is killed at about the moment when the answer comes
	dropped fault = "dropped" // the new tokens are made, and their answer is lost
)

// A cell is one combination of everything that is varied.
type cell struct {
	setup     setup
	processes int
	delay     time.Duration // of the provider
	fault     fault
	grace     time.Duration // for how long the provider gives the same answer again
	sessions  int           // that all expire at once
	each      int           // requests of each session
}

const (
	requests = 1000 // of one session

	manySessions = 200
	manyEach     = 50
)

// words describe the cell, one for each thing that is varied, in the order of kinds.
func (c cell) words() []string {
	many := "one"
	if c.sessions > 1 {
		many = "many"
	}
	return []string{
		string(c.setup), fmt.Sprintf("p%d", c.processes), fmt.Sprintf("%dms", c.delay.Milliseconds()),
		string(c.fault), fmt.Sprintf("grace%.0f", c.grace.Seconds()), many,
	}
}

func (c cell) String() string { return strings.Join(c.words(), " ") }

// breaks tells whether the answer of the provider may get lost.
func (c cell) breaks() bool { return c.fault == killed || c.fault == late || c.fault == dropped }

// limit is what a request may take at the 99th percentile in the plan, where nothing breaks
// (spec F-09); 0 where the plan says nothing.
func (c cell) limit() time.Duration {
	switch {
	case c.fault != none || c.sessions > 1:
		return 0
	case c.processes == 1:
		return c.delay + 150*time.Millisecond
	}
	return c.delay + 400*time.Millisecond
}

func allCells() (all []cell) {
	for _, s := range []setup{database, jwt, storeless} {
		for _, n := range []int{1, 3, 8} {
			if s == storeless && n > 1 {
				continue
			}
			for _, ms := range []time.Duration{1, 300, 2500, 8000} {
				all = append(all, cellsWith(cell{setup: s, processes: n, delay: ms * time.Millisecond, sessions: 1, each: requests})...)
			}
			many := cell{setup: s, processes: n, delay: 300 * time.Millisecond, fault: none, sessions: manySessions, each: manyEach}
			all = append(all, many)
			if n > 1 {
				many.fault, many.grace = late, 10*time.Second
				all = append(all, many)
			}
		}
	}
	return all
}

// cellsWith varies what goes wrong. A provider's grace makes a difference only where it is
// asked twice.
func cellsWith(c cell) (all []cell) {
	for _, f := range []fault{none, stopped, killed, late, dropped} {
		c.fault, c.grace = f, 0
		all = append(all, c)
		if c.breaks() {
			c.grace = 10 * time.Second
			all = append(all, c)
		}
	}
	return all
}

// shortCells have each set-up, each number of processes and the faults in them, and take less
// than 40 s.
func shortCells() []cell {
	const quick = 300 * time.Millisecond
	return []cell{
		{database, 8, quick, none, 0, 1, requests},
		{database, 8, quick, killed, 10 * time.Second, 1, requests},
		{jwt, 3, 1 * time.Millisecond, none, 0, 1, requests},
		{jwt, 3, quick, stopped, 0, 1, requests},
		{jwt, 3, quick, dropped, 0, 1, requests},
		{jwt, 3, quick, none, 0, manySessions, manyEach / 5},
		{storeless, 1, quick, none, 0, 1, requests},
		{storeless, 1, quick, dropped, 10 * time.Second, 1, requests},
	}
}

// filter keeps the cells that have, of each kind that is named, one of the words.
func filter(cells []cell, words []string) ([]cell, error) {
	wanted := map[int][]string{}
	for _, word := range words {
		kind := -1
		for _, c := range allCells() {
			if kind = slices.Index(c.words(), word); kind >= 0 {
				break
			}
		}
		if kind < 0 {
			return nil, fmt.Errorf("no cell is called %q", word)
		}
		wanted[kind] = append(wanted[kind], word)
	}
	var kept []cell
	for _, c := range cells {
		all := c.words()
		fits := true
		for kind, choice := range wanted {
			fits = fits && slices.Contains(choice, all[kind])
		}
		if fits {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no cell is all of %s", strings.Join(words, " "))
	}
	return kept, nil
}
