package main

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// slots are the bounds that answers are counted under, in seconds; what takes longer than
// the last one is counted beside them.
var slots = [...]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// routes are the end points with a line of their own, in the order of the alphabet.
// Everything else is "other": a stranger must not be able to make new lines.
var routes = [...]string{
	"_log", "account", "callback", "csrf", "error", otherRoute, "providers", "session", "sessions",
	"signin", "signout", "signup", "verify-request",
}

const otherRoute = "other"

// classes are those of status codes.
var classes = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

// A timing measures requests by route and class of status. Requests are counted without a
// lock: one on its way is in its slot and not yet in the sum, or the other way round.
type timing struct {
	base  string
	lines [len(routes)][len(classes)]timingLine
}

// A timingLine is how long the answers of one kind took.
type timingLine struct {
	slots [len(slots) + 1]atomic.Int64
	nanos atomic.Int64
}

func newTiming(base string) *timing { return &timing{base: base} }

func (t *timing) add(r *http.Request, status int, took time.Duration) {
	class := min(max(status/100, 1), len(classes)) - 1
	line := &t.lines[t.route(r.URL.Path)][class]
	slot, _ := slices.BinarySearch(slots[:], took.Seconds()) // the first bound that is not below it
	line.slots[slot].Add(1)
	line.nanos.Add(int64(took))
}

// route is the place in routes of a path.
func (t *timing) route(path string) int {
	name := otherRoute
	if rest, ok := strings.CutPrefix(path, t.base+"/"); ok {
		name, _, _ = strings.Cut(rest, "/")
	}
	if i, ok := slices.BinarySearch(routes[:], name); ok {
		return i
	}
	i, _ := slices.BinarySearch(routes[:], otherRoute)
	return i
}

// write adds the histogram of every kind of answer that there was.
func (t *timing) write(to *metricsText) {
	const name = "signet_http_request_duration_seconds"
	begun := false
	for i := range t.lines {
		for j := range t.lines[i] {
			counts, total := t.lines[i][j].counts()
			if total == 0 {
				continue
			}
			if !begun {
				to.head(name, aHistogram, "Time to answer, by end point and class of status.")
				begun = true
			}
			for k, n := range counts {
				bound := "+Inf"
				if k < len(slots) {
					bound = number(slots[k])
				}
				to.sample(name+"_bucket", float64(n), "route", routes[i], "status", classes[j], "le", bound)
			}
			seconds := time.Duration(t.lines[i][j].nanos.Load()).Seconds()
			to.sample(name+"_sum", seconds, "route", routes[i], "status", classes[j])
			to.sample(name+"_count", float64(total), "route", routes[i], "status", classes[j])
		}
	}
}

// counts are the answers that took no longer than each bound; total is all of them.
func (l *timingLine) counts() (upTo [len(slots) + 1]int64, total int64) {
	for i := range l.slots {
		total += l.slots[i].Load()
		upTo[i] = total
	}
	return upTo, total
}
