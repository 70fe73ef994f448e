package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A row is what the rounds of a cell have come to.
type row struct {
	cell
	rounds     int
	bad        int
	least      int // calls of a round
	most       int
	requests   int
	later      map[fate]int
	counts     map[fate]int // over all rounds
	killed     int
	signedOut  int
	retried    int
	p50, p99   []time.Duration
	complaints []string // each once
}

func (r *row) add(o *outcome) {
	if r.counts == nil {
		r.counts, r.later, r.least = map[fate]int{}, map[fate]int{}, o.ledger.calls
	}
	r.rounds++
	r.least, r.most = min(r.least, o.ledger.calls), max(r.most, o.ledger.calls)
	r.requests += len(o.storm)
	for f, n := range count(o.storm, nil) {
		r.counts[f] += n
	}
	for f, n := range count(o.later, nil) {
		r.later[f] += n
	}
	r.killed += o.ledger.killed
	r.signedOut += o.signedOut
	r.retried += o.retried
	var took []time.Duration
	for _, a := range o.storm {
		if a.fate != cut {
			took = append(took, a.took)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		r.p50 = append(r.p50, took[len(took)/2])
		r.p99 = append(r.p99, took[(len(took)-1)*99/100])
	}
	faults := o.faults(r.cell)
	if len(faults) == 0 {
		return
	}
	r.bad++
	for _, f := range faults {
		fmt.Fprintln(os.Stderr, "  !", f)
		if !slices.Contains(r.complaints, f) && len(r.complaints) < 20 {
			r.complaints = append(r.complaints, f)
		}
	}
}

// peers are the measurements of others: spec/faults.md, F-09, one run each on a machine like
// this; the provider answers in 300 ms, rotates, and kills the family on reuse.
var peers = []string{
	"@auth/core 0.41.3, refresh in the jwt callback\t1,000\t1,000\t1\tyes\tyes, token lost",
	"better-auth 1.6.14, memory adapter\t1,000\t1,000\t1\tyes\tnot looked at",
	"oauth2-proxy 14af295, cookie store\t1,000\t1,999\t1\tyes\tno",
	"oauth2-proxy 14af295, Redis store\t1,000\t1\t102\tno\tno",
	"oauth2-proxy 14af295, Redis store, provider 2.5 s\t200\t3\t199\tyes\tno",
}

func printTable(rows []*row) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Println("One storm a round. Calls: per round, least to most. Other columns count over all rounds; cut: requests on a killed process;\nafterwards: requests when it was over, with the cookies of before.")
	fmt.Println("p99 is the median of the rounds and the worst; aim is the provider's time and 150 ms, or 400 ms for several processes.")
	fmt.Fprintln(w, "\nsessions\tprocesses\tprovider\tfault\tgrace\trounds\trequests\tcalls\tserved\treconnect\tcut\tother\tafterwards\tfamilies killed\tsigned out\tretries\tp50 ms\tp99 ms\taim ms\t")
	for _, r := range rows {
		if r.rounds > 0 {
			fmt.Fprintln(w, r)
		}
	}
	w.Flush()
	fmt.Println("\nOthers, as measured in spec/faults.md F-09 (provider 300 ms, no fault):")
	fmt.Fprintln(w, "set-up\trequests\tcalls\tserved\tfamily killed\tsigned in after")
	for _, p := range peers {
		fmt.Fprintln(w, p)
	}
	w.Flush()
}

// String is the row, with tabs between its columns.
func (r *row) String() string {
	calls := fmt.Sprint(r.least)
	if r.most != r.least {
		calls += fmt.Sprintf("–%d", r.most)
	}
	name := string(r.setup)
	if r.sessions > 1 {
		name = fmt.Sprintf("%s × %d", r.setup, r.sessions)
	}
	grace, aim, verdict := "", "", "ok"
	if r.breaks() {
		grace = fmt.Sprintf("%.0f s", r.grace.Seconds())
	}
	if limit := r.limit(); limit > 0 {
		aim = fmt.Sprint(limit.Milliseconds())
	}
	if r.bad > 0 {
		verdict = fmt.Sprintf("FAILED in %d", r.bad)
	}
	other := r.requests - r.counts[served] - r.counts[reconnect] - r.counts[cut]
	columns := []any{
		name, r.processes, fmt.Sprintf("%d ms", r.delay.Milliseconds()), r.fault, grace, r.rounds, r.requests, calls,
		r.counts[served], r.counts[reconnect], r.counts[cut], other, listed(r.later), r.killed, r.signedOut, r.retried,
		milliseconds(r.p50, false), milliseconds(r.p99, true), aim, verdict,
	}
	return strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%v\t", len(columns)), columns...), "\t")
}

// listed tells how many answers there were of each kind.
func listed(counts map[fate]int) string {
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[f], f))
	}
	return strings.Join(parts, ", ")
}

// milliseconds is the median, and the worst where there are several.
func milliseconds(took []time.Duration, worst bool) string {
	if len(took) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(took))
	text := fmt.Sprint(sorted[len(sorted)/2].Milliseconds())
	if worst && len(took) > 1 {
		text += fmt.Sprintf(" (%d)", sorted[len(sorted)-1].Milliseconds())
	}
	return text
}

// broken is an error that tells of everything that went wrong.
func broken(rows []*row) error {
	var b strings.Builder
	for _, r := range rows {
		if r.bad == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s: %d of %d rounds", r.cell, r.bad, r.rounds)
		for _, f := range r.complaints {
			b.WriteString("\n  " + f)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return fmt.Errorf("the plan does not hold:%s", b.String())
}
