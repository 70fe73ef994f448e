package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A question is what is asked of a server again and again.
type question struct {
	request string // whole
	status  int    // of the answer
	least   int    // bytes that the answer has at least
}

// ask sends a question over and over on so many connections, and returns how long each
// answer took. The client is as simple as can be: it shares the machine with the server.
func ask(ctx context.Context, addr string, q question, conns int, length time.Duration) ([]time.Duration, error) {
	var (
		mu      sync.Mutex
		took    []time.Duration
		failure error
		all     sync.WaitGroup
	)
	end := time.Now().Add(length)
	for range conns {
		all.Go(func() {
			mine, err := askOn(ctx, addr, q, end)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			if err != nil {
				failure = err
			}
		})
	}
	all.Wait()
	if failure == nil {
		failure = ctx.Err()
	}
	return took, failure
}

func askOn(ctx context.Context, addr string, q question, end time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	request := []byte(q.request)
	for begin := time.Now(); begin.Before(end) && ctx.Err() == nil; {
		if _, err := conn.Write(request); err != nil {
			return took, err
		}
		if err := skipAnswer(r, q); err != nil {
			return took, err
		}
		now := time.Now()
		took = append(took, now.Sub(begin))
		begin = now
	}
	return took, nil
}

// skipAnswer reads one answer with a Content-Length.
func skipAnswer(r *bufio.Reader, q question) error {
	length, err := skipHead(r, q.status)
	if err != nil {
		return err
	}
	if length < q.least {
		return fmt.Errorf("answered %d bytes where %d are due: is nobody signed in?", length, q.least)
	}
	_, err = r.Discard(length)
	return err
}

// skipHead reads the head of an answer and returns its Content-Length, 0 for none.
func skipHead(r *bufio.Reader, want int) (length int, err error) {
	status, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if fields := strings.Fields(status); len(fields) < 2 || fields[1] != strconv.Itoa(want) {
		return 0, fmt.Errorf("answered %q, not %d", status, want)
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			return length, nil
		}
		if v, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return 0, err
			}
		}
	}
}

// percentile99 is what 99 of 100 answers were faster than.
func percentile99(took []time.Duration) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}
