package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A rig is what rounds are played with: the back end, and the processes that are running.
type rig struct {
	back        *provider
	binary, dir string
	chance      *rand.Rand

	setup     setup
	processes []*process // the place of each is its number; one that has ended is started again
	folders   int        // made so far, one for each database
	people    int        // signed in so far
}

// end ends the processes.
func (r *rig) end() {
	for _, p := range r.processes {
		p.kill()
	}
	r.processes = nil
}

// gather makes the processes of a cell run. They have a new database where the set-up or
// their number is another.
func (r *rig) gather(ctx context.Context, c cell) error {
	if r.setup != c.setup || len(r.processes) != c.processes {
		r.end()
		r.setup = c.setup
		r.folders++
	}
	dir := filepath.Join(r.dir, fmt.Sprintf("run-%d", r.folders))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for number := range c.processes {
		if number < len(r.processes) && r.processes[number].alive() {
			continue
		}
		p, err := start(ctx, dir, r.binary, c.setup, number, r.back.url)
		if err != nil {
			return err
		}
		if number == len(r.processes) {
			r.processes = append(r.processes, p)
		} else {
			r.processes[number] = p
		}
	}
	return nil
}

// signIn signs the visitors of a cell in, and returns when their tokens have expired.
func (r *rig) signIn(ctx context.Context, c cell) ([]*visitor, error) {
	visitors := make([]*visitor, c.sessions)
	errs := make([]error, c.sessions)
	var all sync.WaitGroup
	few := make(chan struct{}, 8)
	for i := range visitors {
		r.people++
		email := fmt.Sprintf("user-%d@example.com", r.people)
		few <- struct{}{}
		all.Go(func() {
			defer func() { <-few }()
			visitors[i], errs[i] = signIn(ctx, r.processes[i%c.processes], email)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	select {
	case <-time.After(brief + 200*time.Millisecond):
	case <-ctx.Done():
	}
	return visitors, ctx.Err()
}

// An outcome is how a round went.
type outcome struct {
	storm      []answer // of the requests at once
	later      []answer // of those that came when it was over, with the cookies of before
	ledger     ledger
	struck     *process // was stopped or killed
	exit       error    // of one that was stopped
	signedOut  int      // visitors who lost their session
	retried    int      // declared in-doubt retries
	complaints map[string]int
}

// round plays a cell once.
func (r *rig) round(ctx context.Context, c cell) (*outcome, error) {
	turn := r.back.begin(c)
	if err := r.gather(ctx, c); err != nil {
		return nil, err
	}
	visitors, err := r.signIn(ctx, c)
	if err != nil {
		return nil, err
	}
	before, err := r.retries(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := r.dialAll(c, visitors)
	if err != nil {
		return nil, err
	}
	defer func() { hangUp(lines) }()

	o := &outcome{complaints: map[string]int{}}
	fired, struck := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(struck)
		r.strike(ctx, c, turn, fired, o)
	}()
	o.storm = volley(lines, c.each*c.sessions/len(lines), func() { close(fired) })
	<-struck
	if err := r.afterwards(ctx, c, lines, visitors, o); err != nil {
		return nil, err
	}
	o.ledger = r.back.ledger(o.struck)
	after, err := r.retries(ctx)
	if err != nil {
		return nil, err
	}
	// A process that was struck has taken its counts with it, and one in its place begins anew.
	for p, n := range after {
		if p != o.struck {
			o.retried += n - before[p]
		}
	}
	for _, p := range r.processes {
		for _, line := range p.lines() {
			o.complaints[line]++
		}
	}
	return o, nil
}

// mostLines is how many connections there are at once: each costs a file in this program, in a
// server, there again for the back end, and here for that.
const mostLines = 5000

// dialAll opens the connections. Each visitor has some at every process.
func (r *rig) dialAll(c cell, visitors []*visitor) ([]*line, error) {
	n := c.each
	for n*c.sessions > mostLines {
		n /= 2
	}
	lines := make([]*line, n*len(visitors))
	errs := make([]error, len(lines))
	var all sync.WaitGroup
	few := make(chan struct{}, 8)
	for i := range lines {
		few <- struct{}{}
		all.Go(func() {
			defer func() { <-few }()
			nth, whose := i/len(visitors), i%len(visitors)
			lines[i], errs[i] = dial(r.processes[(nth+whose)%c.processes], visitors[whose])
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			hangUp(lines)
			return nil, err
		}
	}
	return lines, nil
}

// strike waits for the process that asks the provider, and does to it what the cell says, when
// all requests are on their way and half of the provider's time is over, or about all of it.
func (r *rig) strike(ctx context.Context, c cell, turn *turn, fired <-chan struct{}, o *outcome) {
	if c.fault == none || c.fault == dropped {
		return
	}
	<-fired
	select {
	case number := <-turn.led:
		o.struck = r.processes[number]
	case <-time.After(patience):
		return // nobody asked, which the ledger shows
	case <-ctx.Done():
		return
	}
	if c.fault == late {
		time.Sleep(c.delay + time.Duration(r.chance.Int64N(int64(30*time.Millisecond))) - 5*time.Millisecond)
	} else {
		time.Sleep(c.delay / 2)
	}
	if c.fault != stopped {
		o.struck.kill()
		return
	}
	// The provider answers when the process no longer listens.
	time.AfterFunc(drain+100*time.Millisecond, func() { close(turn.struck) })
	o.exit = o.struck.stop()
}

// afterwards asks once more with the old cookies, over connections that are open where there
// are some, and looks whether the visitors are signed in. A process that stood alone and was
// struck is started again.
func (r *rig) afterwards(ctx context.Context, c cell, lines []*line, visitors []*visitor, o *outcome) error {
	if c.processes == 1 {
		if err := r.gather(ctx, c); err != nil {
			return err
		}
	}
	if c.setup == storeless && o.struck != nil {
		// What the process knew of the new tokens is gone; they are in the cookie that it set.
		visitors = renewed(visitors, lines)
	}
	var again []*line
	for _, l := range lines {
		if len(again) < 100 && !l.closed && l.process.alive() {
			again = append(again, l)
		}
	}
	var fresh []*line
	defer func() { hangUp(fresh) }()
	if c.processes == 1 && (c.fault == killed || c.fault == late) { // everybody comes back
		var err error
		if fresh, err = r.dialAll(c, visitors); err != nil {
			return err
		}
	}
	for _, p := range r.processes {
		if !p.alive() {
			continue
		}
		for _, v := range visitors[:min(len(visitors), 20)] {
			l, err := dial(p, v)
			if err != nil {
				return err
			}
			fresh = append(fresh, l)
		}
	}
	o.later = volley(slices.Concat(again, fresh), 1, nil)
	for _, v := range visitors {
		for _, p := range r.processes {
			if !p.alive() {
				continue
			}
			in, err := v.signedIn(ctx, p)
			if err != nil {
				return err
			}
			if !in {
				o.signedOut++
			}
			if c.sessions > 1 {
				break
			}
		}
	}
	return nil
}

// renewed are the visitors with the cookies of the answers, where there were any.
func renewed(visitors []*visitor, lines []*line) (list []*visitor) {
	for _, v := range visitors {
		same := *v
		for _, l := range lines {
			if l.visitor == v && l.cookies != nil {
				same.take(&http.Response{Header: http.Header{"Set-Cookie": l.cookies}})
				break
			}
		}
		list = append(list, &same)
	}
	return list
}

// retries are the declared in-doubt retries so far, by process.
func (r *rig) retries(ctx context.Context) (counts map[*process]int, err error) {
	counts = map[*process]int{}
	for _, p := range r.processes {
		if !p.alive() {
			continue
		}
		if counts[p], err = p.retries(ctx); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// count counts the answers by what became of them.
func count(answers []answer, but *process) map[fate]int {
	counts := map[fate]int{}
	for _, a := range answers {
		if but == nil || a.process != but {
			counts[a.fate]++
		}
	}
	return counts
}

// strange lists what came back that nobody wanted, the most frequent first.
func strange(answers []answer, but *process) []string {
	counts := map[string]int{}
	for _, a := range answers {
		if a.what != "" && (but == nil || a.process != but) {
			counts[string(a.fate)+": "+a.what]++
		}
	}
	return ranked(counts)
}

func ranked(counts map[string]int) (list []string) {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] })
	for _, key := range keys[:min(len(keys), 5)] {
		list = append(list, fmt.Sprintf("%d × %s", counts[key], key))
	}
	return list
}
