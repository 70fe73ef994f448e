package sqlite_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// TestKill is F-01: a process that writes with eight workers is killed at a random moment,
// again and again, on one file. Nothing that it had acknowledged may be missing afterwards,
// and nothing that it had ended may be back. SIGNET_KILL_ROUNDS=200 is the long form.
func TestKill(t *testing.T) {
	rounds := 6
	if text := os.Getenv("SIGNET_KILL_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("SIGNET_KILL_ROUNDS = %q", text)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	random := mathrand.New(mathrand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "signet.db")
	var total int
	var opened []time.Duration
	for round := range rounds {
		facts := churnAndKill(t, path, round, time.Duration(50+random.IntN(350))*time.Millisecond)
		start := time.Now()
		s := open(t, path)
		if _, err := s.Session(ctx, 1); !errors.Is(err, signet.ErrNotFound) {
			t.Fatal(err)
		}
		opened = append(opened, time.Since(start))
		checkFacts(t, s, facts)
		if t.Failed() {
			t.Fatalf("round %d, seed %d", round, seed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		total += facts.count
	}
	integrity(t, path)
	slices.Sort(opened)
	t.Logf("%d rounds, %d acknowledged changes, 0 lost; ready again in %v (median), %v (worst)",
		rounds, total, opened[len(opened)/2], opened[len(opened)-1])
}

// facts are what a child said before it died.
type facts struct {
	count   int
	version map[signet.SessionID]int64 // sessions that were stored, and how often
	ending  map[signet.SessionID]bool  // that it wanted to end: true when it has
	spent   map[string]string          // tickets used, and what their winner left
	users   map[string]bool            // users made: true when disabled
}

func churnAndKill(t *testing.T, path string, round int, after time.Duration) facts {
	t.Helper()
	c := startChild(t, "churn", path)
	if _, err := fmt.Fprintln(c.in, round); err != nil {
		t.Fatal(err)
	}
	f := facts{
		version: map[signet.SessionID]int64{}, ending: map[signet.SessionID]bool{},
		spent: map[string]string{}, users: map[string]bool{},
	}
	for c.out.Scan() {
		if f.count == 0 {
			time.AfterFunc(after, func() { _ = c.cmd.Process.Kill() })
		}
		f.read(t, c.out.Text())
	}
	return f
}

// read takes in one line.
func (f *facts) read(t *testing.T, line string) {
	t.Helper()
	var what, name string
	var n int64
	if _, err := fmt.Sscan(line, &what, &name, &n); err != nil {
		t.Fatalf("child said %q: %v", line, err)
	}
	id, _ := strconv.ParseInt(name, 10, 64)
	switch what {
	case "stored":
		f.version[signet.SessionID(id)] = n
	case "ending":
		f.ending[signet.SessionID(id)] = false
	case "ended":
		f.ending[signet.SessionID(id)] = true
	case "spent":
		f.spent[name] = fmt.Sprint(n)
	case "made":
		f.users[name] = false
	case "disabled":
		f.users[name] = true
	default:
		t.Fatalf("child said %q", line)
	}
	if what != "ending" {
		f.count++
	}
}

func checkFacts(t *testing.T, s *sqlite.Store, f facts) {
	t.Helper()
	if f.count == 0 {
		t.Error("nothing was acknowledged")
	}
	told := map[signet.SessionID]bool{}
	toldUser := map[string]bool{}
	news, _, err := s.Since(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range news {
		told[r.Session], toldUser[r.UserID] = true, true
	}
	for id, version := range f.version {
		ended, meant := f.ending[id]
		row, err := s.Session(ctx, id)
		switch {
		case !meant && err != nil:
			t.Errorf("session %d is lost: %v", id, err)
		case !meant && row.Version < version:
			t.Errorf("session %d lost a renewal: version %d, acknowledged %d", id, row.Version, version)
		case ended && !errors.Is(err, signet.ErrNotFound):
			t.Errorf("session %d was ended and is back: %v", id, err)
		case ended && !told[id]:
			t.Errorf("the end of session %d is not told", id)
		case meant && (err != nil) != told[id]:
			t.Errorf("session %d was ended by half: found %v, told %v", id, err == nil, told[id])
		}
	}
	for key, after := range f.spent {
		taken, err := s.Consume(ctx, key, signet.Use{Now: noon})
		if !errors.Is(err, signet.ErrSpent) || string(taken.After) != after {
			t.Errorf("ticket %s can be used again: %v, after %q", key, err, taken.After)
		}
	}
	for id, disabled := range f.users {
		u, err := s.User(ctx, signet.By{ID: id})
		if err != nil {
			t.Errorf("user %s is lost: %v", id, err)
		}
		if disabled && (!u.Disabled || !toldUser[id]) {
			t.Errorf("user %s is enabled again", id)
		}
	}
	checkWhole(t, s, toldUser)
}

// checkWhole looks for transactions of which only a part is there.
func checkWhole(t *testing.T, s *sqlite.Store, toldUser map[string]bool) {
	t.Helper()
	users, err := s.Users(ctx, "", math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if _, err := s.Account(ctx, "test", u.ID); err != nil {
			t.Errorf("user %s has no account: %v", u.ID, err)
		}
		sessions, err := s.SessionsOf(ctx, u.ID)
		if err != nil || u.Disabled && len(sessions) > 0 || u.Disabled != toldUser[u.ID] {
			t.Errorf("user %s disabled %v, told %v, has %d sessions: %v", u.ID, u.Disabled, toldUser[u.ID], len(sessions), err)
		}
	}
}

// churn is the child's side: it says what it is about to end, and what was acknowledged.
func churn(s *sqlite.Store, in *bufio.Scanner, say func(string, ...any)) {
	in.Scan()
	round, err := strconv.ParseInt(in.Text(), 10, 64)
	if err != nil {
		return
	}
	var group sync.WaitGroup
	for worker := range int64(8) {
		group.Go(func() {
			for n := int64(1); ; n++ {
				if err := churnOnce(s, say, round<<40|worker<<32|n<<8); err != nil {
					say("failed %v 0", err)
					return
				}
			}
		})
	}
	group.Wait()
}

func churnOnce(s *sqlite.Store, say func(string, ...any), base int64) error {
	id := func(n int64) signet.SessionID { return signet.SessionID(base | n) }
	name := fmt.Sprint(base)
	first := signet.Account{Provider: "test", Subject: name}
	u, err := s.CreateUser(ctx, signet.User{ID: name, Email: name + "@example.com"}, &first)
	if err != nil {
		return err
	}
	say("made %s 0", name)
	for n := int64(1); n <= 4; n++ {
		row := testRow(id(n), "u"+name)
		if err := s.CreateSession(ctx, row, 0); err != nil {
			return err
		}
		say("stored %d 1", row.ID)
		for row.Version = 1; row.Version <= n; row.Version++ {
			if err := s.UpdateSession(ctx, row); err != nil {
				return err
			}
			say("stored %d %d", row.ID, row.Version+1)
		}
	}
	say("ending %d 0", id(1))
	if _, err := s.EndSessions(ctx, signet.Ending{ID: id(1), At: noon}); err != nil {
		return err
	}
	say("ended %d 0", id(1))
	say("ending %d 0", id(2))
	if err := s.CreateSession(ctx, testRow(id(5), "u"+name), id(2)); err != nil {
		return err
	}
	say("ended %d 0", id(2))
	say("stored %d 1", id(5))
	fresh := &signet.Ticket{Uses: 1, Expires: noon.Add(time.Hour)}
	if _, err := s.Consume(ctx, name, signet.Use{Now: noon, Fresh: fresh, After: []byte(name)}); err != nil {
		return err
	}
	say("spent %s %s", name, name)
	if err := s.CreateSession(ctx, testRow(id(6), name), 0); err != nil {
		return err
	}
	u.Disabled, u.Updated = true, noon
	if _, err := s.UpdateUser(ctx, u); err != nil {
		return err
	}
	say("disabled %s 0", name)
	return nil
}

// sayer writes lines, each with one write: a line is there whole or not at all.
func sayer(out io.Writer) func(string, ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(out, fmt.Sprintf(format, args...)+"\n")
	}
}

var testHandle atomic.Int64

// testRow is a session with something in most fields.
func testRow(id signet.SessionID, userID string) signet.SessionRow {
	return signet.SessionRow{
		ID: id, Handle: fmt.Sprint(testHandle.Add(1)), UserID: userID, Secret: [32]byte{1, 2, 3},
		Start: noon, AuthTime: noon, Seen: noon, Expires: noon.Add(time.Hour), Claims: []byte(`{"n":1}`),
	}
}
