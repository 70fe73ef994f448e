package main

import "fmt"

// faults tells what of a round is against the plan (spec F-09). Times are not: the machine is
// shared with the client and the back end.
func (o *outcome) faults(c cell) []string {
	// A provider without grace has ended the family at the second call, which nobody can
	// avoid who does not know what became of the first.
	lost := c.breaks() && o.ledger.most > 1 && c.grace == 0
	list := o.faultsOfCalls(c, lost)
	want := served
	if lost {
		want = reconnect
	}
	but := o.struck
	if c.fault == stopped {
		but = nil // what it has begun, it ends
	}
	list = append(list, unlike(want, "at once", o.storm, but)...)
	list = append(list, unlike(want, "afterwards", o.later, but)...)
	if len(list) > 0 {
		for _, line := range ranked(o.complaints) {
			list = append(list, "    log: "+line)
		}
	}
	return list
}

// faultsOfCalls looks at what the provider was asked, and what is left of the sessions.
func (o *outcome) faultsOfCalls(c cell, lost bool) (list []string) {
	wrong := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	least, most := c.sessions, c.sessions
	if c.breaks() {
		least, most = 2*c.sessions, 2*c.sessions
	}
	if c.fault == late {
		least = c.sessions // answers may have been stored just in time
	}
	wrong(least <= o.ledger.calls && o.ledger.calls <= most, "%d calls, not %d", o.ledger.calls, most)
	wrong(o.ledger.most <= 2, "%d calls with one refresh token", o.ledger.most)
	wrong(o.ledger.astray == 0, "%d refresh tokens used again without need", o.ledger.astray)
	ends := 0
	if lost {
		ends = 1
	}
	wrong(o.ledger.killed == ends, "%d families killed, not %d", o.ledger.killed, ends)
	wrong(o.signedOut == 0, "%d sessions are gone", o.signedOut)
	wrong(o.exit == nil, "the process that was stopped %v", o.exit)
	retries := o.ledger.calls - c.sessions
	if c.setup == storeless && o.struck != nil {
		retries = 0 // who knew of the first call had no store to leave word in
	}
	if c.sessions == 1 {
		wrong(o.retried == retries, "%d retries declared, not %d", o.retried, retries)
	} else { // of many calls that were cut off, some had not gone out
		wrong(retries <= o.retried && o.retried <= c.sessions, "%d retries declared, of %d", o.retried, retries)
	}
	return list
}

// unlike tells of answers that are not as wanted.
func unlike(want fate, when string, answers []answer, but *process) []string {
	all, counts := 0, count(answers, but)
	for _, n := range counts {
		all += n
	}
	if counts[want] == all {
		return nil
	}
	list := []string{fmt.Sprintf("%s: %d of %d %s", when, counts[want], all, want)}
	for _, what := range strange(answers, but) {
		list = append(list, "    "+what)
	}
	return list
}
