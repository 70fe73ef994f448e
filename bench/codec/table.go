package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// An aim is a figure that a row of ours ought to reach.
type aim struct {
	ns     float64 // at most so long
	limits float64 // at most so many times the limit
	allocs float64 // at most so many; the aim of the zero value

	peer  string  // against the rows whose names begin so
	times float64 // at least so many times cheaper than the cheapest of them
}

// A group is the rows that are compared with each other.
type group []*row

func groups(rows []*row) (all []group) {
	for _, r := range rows {
		last := len(all) - 1
		if last < 0 || all[last][0].format != r.format || all[last][0].work != r.work {
			all = append(all, nil)
			last++
		}
		all[last] = append(all[last], r)
	}
	return all
}

// cheapest is the least time among the rows of one side whose name begins with prefix;
// 0 if there is none.
func (g group) cheapest(s side, prefix string) (least float64) {
	for _, r := range g {
		if ns := median(r.ns); r.side == s && strings.HasPrefix(r.name, prefix) && (least == 0 || ns < least) {
			least = ns
		}
	}
	return least
}

func printTable(rows []*row) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Println("ns: the median; least: the round that was least disturbed.")
	fmt.Println("× limit: of the cost of the limit. Go ×, Node ×: how often ours goes into the cheapest package of that side.")
	for _, g := range groups(rows) {
		// The tabs of the empty line keep the columns of all groups together.
		fmt.Fprintf(w, "\t\t\t\t\t\t\t\t\n%s %s\tns\tleast\tallocs\tB\t× limit\tGo ×\tNode ×\taims\n", g[0].format, g[0].work)
		for _, r := range g {
			fmt.Fprintf(w, "  %s\t%.0f\t%.0f\t%s\t%s\t%s\n", r.name, median(r.ns), slices.Min(r.ns), r.memory(), g.ratios(r), g.judge(r))
		}
	}
}

// memory is empty for another process.
func (r *row) memory() string {
	if r.op == nil {
		return "\t"
	}
	return fmt.Sprintf("%.0f\t%.0f", median(r.allocs), median(r.bytes))
}

func (g group) ratios(r *row) string {
	ns := median(r.ns)
	text := number("%.2f", over(ns, g.cheapest(limit, "")))
	if r.side != ours {
		return text + "\t\t"
	}
	return text + "\t" + number("%.1f", over(g.cheapest(goPeer, ""), ns)) + "\t" + number("%.0f", over(g.cheapest(nodePeer, ""), ns))
}

// over is a/b, and 0 where one of them was not measured.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// number leaves out what was not measured.
func number(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// judge says for each aim of r whether it is met.
func (g group) judge(r *row) string {
	var said []string
	for _, a := range r.aims {
		if text := g.judgeOne(r, a); text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, ", ")
}

func (g group) judgeOne(r *row, a aim) string {
	ns := median(r.ns)
	switch {
	case a.ns > 0:
		return verdict(fmt.Sprintf("≤ %.1f µs", a.ns/1000), ns <= a.ns)
	case a.limits > 0:
		times := over(ns, g.cheapest(limit, ""))
		if times == 0 {
			return ""
		}
		return verdict(fmt.Sprintf("≤ %.1f × limit", a.limits), times <= a.limits)
	case a.times > 0:
		var all []string
		for _, p := range g {
			if strings.HasPrefix(p.name, a.peer) {
				all = append(all, fmt.Sprintf("%.1f", median(p.ns)/ns))
			}
		}
		least := over(max(g.cheapest(goPeer, a.peer), g.cheapest(nodePeer, a.peer)), ns)
		if least == 0 {
			return ""
		}
		return verdict(fmt.Sprintf("≥ %g × %s (%s)", a.times, a.peer, strings.Join(all, "; ")), least >= a.times)
	default:
		return verdict(fmt.Sprintf("≤ %.0f allocs", a.allocs), median(r.allocs) <= a.allocs)
	}
}

func verdict(aim string, met bool) string {
	if met {
		return aim + " met"
	}
	return aim + " MISSED"
}
