package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A load is what came of asking for a while.
type load struct {
	answers int
	late    time.Duration // 99 of 100 answers were faster
}

// press asks with wrk where it is installed: it leaves more of the shared core to the servers
// behind than a Go client does, so the one that is measured has more to do at a time.
func press(ctx context.Context, addr string, q question, conns int, length time.Duration) (load, error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		took, err := ask(ctx, addr, q, conns, length)
		return load{len(took), percentile99(took)}, err
	}
	args := []string{"--latency", "-t1", "-c" + strconv.Itoa(conns), "-d" + strconv.Itoa(max(1, int(length.Seconds())))}
	lines := strings.Split(strings.TrimSpace(q.request), "\r\n")
	for _, field := range lines[1:] {
		args = append(args, "-H", field)
	}
	path := strings.Fields(lines[0])[1]
	if err := once(ctx, addr, q); err != nil { // wrk does not say what is in the answers
		return load{}, err
	}
	out, err := onCore(ctx, othersCore, wrk, append(args, "http://"+addr+path)...).Output()
	if err != nil {
		return load{}, fmt.Errorf("wrk: %w", err)
	}
	return readWrk(string(out), q)
}

// once checks one answer.
func once(ctx context.Context, addr string, q question) error {
	took, err := askOn(ctx, addr, q, time.Now().Add(time.Microsecond))
	if err == nil && len(took) == 0 {
		err = ctx.Err()
	}
	return err
}

var (
	wrkAnswers = regexp.MustCompile(`(\d+) requests in`)
	wrkLate    = regexp.MustCompile(`99%\s+([\d.]+(?:us|ms|s))`)
	wrkRefused = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
	wrkErrors  = regexp.MustCompile(`Socket errors: .*`)
)

func readWrk(out string, q question) (load, error) {
	number := func(of *regexp.Regexp) int {
		n := 0
		if found := of.FindStringSubmatch(out); found != nil {
			n, _ = strconv.Atoi(found[1]) // digits
		}
		return n
	}
	l := load{answers: number(wrkAnswers)}
	refused := number(wrkRefused)
	if found := wrkErrors.FindString(out); found != "" {
		return l, fmt.Errorf("wrk: %s", found)
	}
	if l.answers == 0 || q.status < 400 && refused > 0 || q.status >= 400 && refused != l.answers {
		return l, fmt.Errorf("wrk: %d answers, %d of them no", l.answers, refused)
	}
	found := wrkLate.FindStringSubmatch(out)
	if found == nil {
		return l, fmt.Errorf("wrk does not tell how late the last were")
	}
	var err error
	l.late, err = time.ParseDuration(found[1])
	return l, err
}
