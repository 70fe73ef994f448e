package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// obey is a child that does what it is told, one line at a time.
func obey(s *sqlite.Store, in *bufio.Scanner, say func(string, ...any)) {
	for in.Scan() {
		verb, arg, _ := strings.Cut(in.Text(), " ")
		n, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			say("%v", err)
			continue
		}
		id := signet.SessionID(n)
		switch verb {
		case "create":
			err = s.CreateSession(ctx, testRow(id, "u"), 0)
		case "end":
			_, err = s.EndSessions(ctx, signet.Ending{ID: id, At: noon})
		case "find":
			_, err = s.Session(ctx, id)
		}
		say("%v", err)
	}
}

// TestTwoProcesses is ruling 27: each process on one file sees the other's commits within
// a second, although both hold snapshots, and neither is refused.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	other := startChild(t, "obey", path)
	_, cursor, err := s.Since(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for id := signet.SessionID(1); id <= 3; id++ {
		// Both take a snapshot without the session.
		if _, err := s.Session(ctx, id); !errors.Is(err, signet.ErrNotFound) {
			t.Fatal(err)
		}
		if said := other.ask(t, fmt.Sprintf("create %d", id)); said != "<nil>" {
			t.Fatal(said)
		}
		within(t, time.Second, func() bool { _, err := s.Session(ctx, id); return err == nil })

		if said := other.ask(t, fmt.Sprintf("end %d", id)); said != "<nil>" {
			t.Fatal(said)
		}
		start := time.Now()
		var news []signet.Revocation
		if news, cursor, err = s.Since(soon(t), cursor); err != nil || len(news) != 1 || news[0].Session != id {
			t.Fatalf("news = %+v, %v", news, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("news took %v", took)
		}
		if _, err := s.Session(ctx, id); !errors.Is(err, signet.ErrNotFound) {
			t.Fatalf("session %d is still there: %v", id, err)
		}

		// And the other way round.
		if err := s.CreateSession(ctx, testRow(100+id, "u"), 0); err != nil {
			t.Fatal(err)
		}
		within(t, time.Second, func() bool { return other.ask(t, fmt.Sprintf("find %d", 100+id)) == "<nil>" })
	}
	other.finish(t)
}

// within asks until it is so, and fails if that takes longer than d.
func within(t *testing.T, d time.Duration, so func() bool) {
	t.Helper()
	for start := time.Now(); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > d {
			t.Fatalf("not seen within %v", d)
		}
	}
}

const uses = 170 // by each of three processes: a little more than 500

// consumeAll is a child that uses the tickets named, many times at once.
func consumeAll(s *sqlite.Store, in *bufio.Scanner, say func(string, ...any)) {
	for in.Scan() {
		useTicket(s, in.Text(), say)
		say("done")
	}
}

func useTicket(s *sqlite.Store, key string, say func(string, ...any)) {
	var group sync.WaitGroup
	for i := range uses {
		group.Go(func() {
			mine := fmt.Sprintf("%d-%d", testHandle.Add(1), i)
			taken, err := s.Consume(ctx, key, signet.Use{Now: noon, After: []byte(mine), Until: noon.Add(time.Hour)})
			switch {
			case err == nil:
				say("won %s", mine)
			case errors.Is(err, signet.ErrSpent):
				say("heard %s", taken.After)
			default:
				say("failed %v", err)
			}
		})
	}
	group.Wait()
}

// TestS51_OneRedemptionOfThreeProcesses: 510 parallel uses of one value by three processes
// end in one success, and everybody else hears what the winner left.
func TestS51_OneRedemptionOfThreeProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	s := open(t, path)
	others := []*child{startChild(t, "consume", path), startChild(t, "consume", path)}
	for round := range 3 {
		key := fmt.Sprint("key", round)
		if err := s.Issue(ctx, key, signet.Ticket{Uses: 1, Expires: noon.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		for _, c := range others {
			if _, err := fmt.Fprintln(c.in, key); err != nil {
				t.Fatal(err)
			}
		}
		said := make(chan string, uses)
		useTicket(s, key, func(format string, args ...any) { said <- fmt.Sprintf(format, args...) })
		close(said)
		var lines []string
		for line := range said {
			lines = append(lines, line)
		}
		for _, c := range others {
			for c.out.Scan() && c.out.Text() != "done" {
				lines = append(lines, c.out.Text())
			}
		}
		checkRedemption(t, lines)
	}
}

func checkRedemption(t *testing.T, lines []string) {
	t.Helper()
	kinds, heard, winner := map[string]int{}, map[string]int{}, ""
	for _, line := range lines {
		kind, arg, _ := strings.Cut(line, " ")
		kinds[kind]++
		switch kind {
		case "won":
			winner = arg
		case "heard":
			heard[arg]++
		default:
			t.Errorf("somebody said %q", line)
		}
	}
	if kinds["won"] != 1 || heard[winner] != 3*uses-1 {
		t.Fatalf("%d won, and %d of %d heard of it", kinds["won"], heard[winner], 3*uses-1)
	}
}

// TestManyProcessesOpenANewFile: whoever is first makes the tables, nobody fails.
func TestManyProcessesOpenANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "signet.db")
	errs := make(chan error)
	for range 8 {
		go func() {
			s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
			if err == nil {
				err = errors.Join(s.CreateSession(ctx, testRow(signet.SessionID(testHandle.Add(1)), "u"), 0), s.Close())
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		return
	}
	list, err := open(t, path).SessionsOf(ctx, "u")
	if err != nil || len(list) != 8 {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
}
