package sqlite_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
	"github.com/signet-auth/signet/store/sqlite"
)

// How many sessions a store holds when it is measured. The plan's figures are for a
// million: SIGNET_BENCH_SESSIONS=1000000.
func benchSessions(b *testing.B) int {
	text := os.Getenv("SIGNET_BENCH_SESSIONS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("SIGNET_BENCH_SESSIONS = %q", text)
	}
	return n
}

var benchID atomic.Int64

// benchRow is a session as a server makes them: an ID that grows, 300 bytes of claims.
func benchRow() signet.SessionRow {
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	row := signet.SessionRow{
		ID:     signet.SessionID(benchID.Add(1)<<22 | mathrand.Int64N(1<<22)),
		Handle: rand.Text()[:22], UserID: rand.Text(), Provider: "credentials",
		Start: now, AuthTime: now, Seen: now, Expires: now.Add(720 * time.Hour),
		Network: "198.51.100.17", Claims: []byte(`{"x":"` + strings.Repeat("c", 292) + `"}`),
	}
	rand.Read(row.Secret[:])
	return row
}

// fill stores n sessions and returns their IDs.
func fill(b *testing.B, s signet.SessionStore, n int) []signet.SessionID {
	b.Helper()
	if db, is := s.(*sqlite.Store); is {
		ok(b, sqlite.Sync(db, "off"))
		defer func() { ok(b, errors.Join(sqlite.Sync(db, "full"), sqlite.Checkpoint(db))) }()
	}
	ids := make([]signet.SessionID, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for range 256 {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				row := benchRow()
				ids[i] = row.ID
				if err := s.CreateSession(ctx, row, 0); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
	return ids
}

// lockedMap is the limit: nothing is stored, nothing shared, nothing copied twice.
type lockedMap struct {
	mu sync.RWMutex
	m  map[signet.SessionID]signet.SessionRow
	signet.SessionStore
}

func (l *lockedMap) Session(_ context.Context, id signet.SessionID) (signet.SessionRow, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.m[id], nil
}

func (l *lockedMap) CreateSession(_ context.Context, row signet.SessionRow, _ signet.SessionID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m[row.ID] = row
	return nil
}

// stores runs a benchmark for the limit, for memory and for SQLite, each filled.
func stores(b *testing.B, run func(b *testing.B, s signet.SessionStore, ids []signet.SessionID)) {
	n := benchSessions(b)
	for _, c := range []struct {
		name string
		make func(b *testing.B) signet.SessionStore
	}{
		{"map", func(*testing.B) signet.SessionStore {
			return &lockedMap{m: map[signet.SessionID]signet.SessionRow{}}
		}},
		{"memory", func(*testing.B) signet.SessionStore { return memory.New() }},
		{"sqlite", func(b *testing.B) signet.SessionStore {
			s := open(b, filepath.Join(b.TempDir(), "signet.db"))
			return s
		}},
	} {
		b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
			s := c.make(b)
			run(b, s, fill(b, s, n))
		})
	}
}

// BenchmarkLookUp is one caller after sessions at random.
func BenchmarkLookUp(b *testing.B) {
	stores(b, func(b *testing.B, s signet.SessionStore, ids []signet.SessionID) {
		find := func(id signet.SessionID) {
			if _, err := s.Session(ctx, id); err != nil {
				b.Fatal(err)
			}
		}
		for _, id := range ids {
			find(id) // so that the system has the file in memory
		}
		b.ReportAllocs()
		measured(b, func() {
			for range b.N {
				find(ids[mathrand.IntN(len(ids))])
			}
		})
	})
}

// BenchmarkCreate is 64 callers at a time, each of whom waits until its session is on disk.
func BenchmarkCreate(b *testing.B) {
	stores(b, func(b *testing.B, s signet.SessionStore, _ []signet.SessionID) { createAll(b, s, 64) })
}

// BenchmarkCreateAlone is one caller who waits for the disk each time.
func BenchmarkCreateAlone(b *testing.B) {
	stores(b, func(b *testing.B, s signet.SessionStore, _ []signet.SessionID) { createAll(b, s, 1) })
}

func createAll(b *testing.B, s signet.SessionStore, atOnce int) {
	rows := make([]signet.SessionRow, b.N)
	for i := range rows {
		rows[i] = benchRow()
	}
	measured(b, func() {
		callers(b, atOnce, func(i int) error { return s.CreateSession(ctx, rows[i], 0) })
	})
}

// measured reports what do costs of all processors.
func measured(b *testing.B, do func()) {
	before := cpuTime()
	b.ResetTimer()
	do()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

// callers calls do b.N times from n goroutines.
func callers(b *testing.B, n int, do func(i int) error) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// BenchmarkRenew is 64 callers who renew sessions at random.
func BenchmarkRenew(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "signet.db"))
	ids := fill(b, s, benchSessions(b))
	measured(b, func() {
		callers(b, 64, func(int) error {
			row, err := s.Session(ctx, ids[mathrand.IntN(len(ids))])
			if err != nil {
				return err
			}
			row.Expires = row.Expires.Add(time.Hour)
			if err := s.UpdateSession(ctx, row); err != signet.ErrStale {
				return err
			}
			return nil
		})
	})
}

// BenchmarkMixed is 64 callers of whom one in sixteen creates a session and the others look
// one up: what a commit costs those who only read.
func BenchmarkMixed(b *testing.B) {
	stores(b, func(b *testing.B, s signet.SessionStore, ids []signet.SessionID) {
		rows := make([]signet.SessionRow, b.N/16+1)
		for i := range rows {
			rows[i] = benchRow()
		}
		measured(b, func() {
			callers(b, 64, func(i int) error {
				if i%16 == 0 {
					return s.CreateSession(ctx, rows[i/16], 0)
				}
				_, err := s.Session(ctx, ids[mathrand.IntN(len(ids))])
				return err
			})
		})
	})
}

// BenchmarkConsume is 64 callers, each with a one-time value of its own.
func BenchmarkConsume(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "signet.db"))
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	measured(b, func() {
		callers(b, 64, func(i int) error {
			_, err := s.Consume(ctx, rand.Text(), signet.Use{
				Now: now, Fresh: &signet.Ticket{Uses: 1, Expires: now.Add(time.Minute)},
			})
			return err
		})
	})
}

// BenchmarkOpen is what the store adds to the start of a program.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "signet.db")
	fill(b, open(b, path), benchSessions(b))
	for b.Loop() {
		s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Session(b.Context(), 1); err != signet.ErrNotFound {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDisk reports the size of a session on disk.
func BenchmarkDisk(b *testing.B) {
	n := benchSessions(b)
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "signet.db")
		s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		fill(b, s, n)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/float64(n), "bytes/session")
	}
}
